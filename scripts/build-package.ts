/**
 * Writes what the npm package has besides the repository's own files: JavaScript in `dist/`, ABIs in `abi/`, and in `verification/`
 * what block explorers verify contracts with. Runs before `npm pack`, from the artifacts of the last build.
 */
import { fileURLToPath } from "node:url";
import { emitJavaScript } from "./package/emit-javascript.ts";
import { removeStaleArtifacts, writeAbis, writeVerificationInputs } from "./package/write-contracts.ts";

const folder = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

removeStaleArtifacts();
await writeAbis(folder("abi"));
await writeVerificationInputs(folder("verification"));
emitJavaScript(folder("dist"));
