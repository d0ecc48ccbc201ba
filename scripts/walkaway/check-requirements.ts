import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { matchesTitle, readRepository } from "../check-docs/repository.ts";
import type { Repository } from "../check-docs/repository.ts";
import type { Requirement } from "./requirements.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Where the contracts stand that requirements name. */
const FOLDERS: Readonly<Record<string, string>> = { OneStepProver: "machine" };

interface AbiEntry {
  readonly type: string;
  readonly name?: string;
}

/** What requirements name that is not there, in words: tests, contracts and their functions. */
export function problemsOf(
  requirements: readonly Requirement[],
  repository: Repository = readRepository(ROOT),
): readonly string[] {
  return requirements.flatMap(({ asks, tests, heldBy }) => [
    ...tests.flatMap(({ file, titles }) =>
      titles
        .filter((title) => !matchesTitle(repository, file, title))
        .map((title) => `“${asks}”: ${file} has no test “${title}”`),
    ),
    ...heldBy.flatMap(({ contract, functions }) => {
      const known = functionsOf(contract);
      return functions
        .filter((name) => !known.has(name))
        .map((name) => `“${asks}”: ${contract} has no function ${name}`);
    }),
  ]);
}

function functionsOf(contract: string): ReadonlySet<string> {
  const path = `${ROOT}artifacts/contracts/${FOLDERS[contract] ?? "l1"}/${contract}.sol/${contract}.json`;
  const { abi } = JSON.parse(readFileSync(path, "utf8")) as { readonly abi: readonly AbiEntry[] };
  return new Set(abi.flatMap(({ type, name }) => (type === "function" && name !== undefined ? [name] : [])));
}
