import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { artifactOf, contracts, outputOf, runOf, verifiers } from "../export-abi.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Everything that is deployed, or stands in genesis. */
const DEPLOYED: readonly { readonly name: string; readonly folder: string; readonly code?: string }[] = [
  ...contracts,
  ...["OneStepProver", ...Object.values(verifiers)].map((name) => ({ name, folder: "machine" })),
];

/** Folders of artifacts that are in the package: what is deployed, and the interfaces that others are written against. */
const PACKED_ARTIFACTS =
  "artifacts/contracts/{l1,l2,machine,l1/interfaces,l2/interfaces,bridges/interfaces,bridges/tokens}/*.sol";

/** How to have a block explorer verify a contract: `index.json` beside the inputs. */
export interface VerificationIndex {
  /** As block explorers ask for it, without the `v`. */
  readonly compilerVersion: string;
  readonly contracts: Readonly<Record<string, VerificationInput>>;
}

export interface VerificationInput {
  /** File with the compiler's standard JSON input. A contract that another creates is compiled with it. */
  readonly input: string;
  /** `source:name`, as the input names it. */
  readonly contract: string;
}

/** Writes the ABI of every contract that is deployed, each as JSON of its own. */
export async function writeAbis(folder: string): Promise<void> {
  emptyFolder(folder);
  for (const { name, folder: source } of DEPLOYED) {
    const { abi } = await artifactOf(source, name);
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(abi, null, 2)}\n`);
  }
}

/** Writes what the compiler was given for every contract that is deployed, and which of it is whose. */
export async function writeVerificationInputs(folder: string): Promise<void> {
  emptyFolder(folder);
  const rollup = await artifactOf("l1", "Rollup");
  const inputs = new Map<string, string>();
  const index: Record<string, VerificationInput> = {};
  const versions = new Set<string>();
  for (const { name, folder: source, code } of DEPLOYED) {
    // Those that the Rollup creates have the code that they have beside it.
    const { buildInfoId } = code === "by Rollup" ? rollup : await artifactOf(source, name);
    const file = inputs.get(buildInfoId) ?? `${name}.json`;
    if (!inputs.has(buildInfoId)) {
      const { solcLongVersion, input } = await runOf({ buildInfoId });
      versions.add(solcLongVersion);
      inputs.set(buildInfoId, file);
      writeFileSync(join(folder, file), `${JSON.stringify(input)}\n`);
    }
    if (source === "bridges/tokens") await requireCodeOfBridges(name);
    index[name] = { input: file, contract: `project/contracts/${source}/${name}.sol:${name}` };
  }
  const [compilerVersion, another] = versions;
  if (compilerVersion === undefined || another !== undefined) {
    throw new Error(`expected one compiler for all contracts, got ${[...versions].join(" and ")}`);
  }
  const text = JSON.stringify({ compilerVersion, contracts: index } satisfies VerificationIndex, null, 2);
  writeFileSync(join(folder, "index.json"), `${text}\n`);
}

/** Throws unless a token has the same code alone as beside the bridges that create it. */
async function requireCodeOfBridges(token: string): Promise<void> {
  const { bytecode } = await artifactOf("bridges/tokens", token);
  for (const layer of ["l1", "l2"]) {
    const bridge = token.replace(/^Bridged(.*)$/, `${layer.toUpperCase()}$1Bridge`);
    const { contracts: compiled } = await outputOf(await artifactOf(layer, bridge));
    const created = compiled[`project/contracts/bridges/tokens/${token}.sol`]?.[token]?.evm.bytecode.object;
    if (`0x${created}` !== bytecode) throw new Error(`${token} has other code beside ${bridge}, which creates it`);
  }
}

/** Removes artifacts of contracts that are no more, which a build of some files leaves. */
export function removeStaleArtifacts(): void {
  for (const folder of globSync(PACKED_ARTIFACTS, { cwd: ROOT })) {
    const source = folder.slice("artifacts/".length);
    if (existsSync(join(ROOT, source))) continue;
    rmSync(join(ROOT, folder), { recursive: true });
  }
}

function emptyFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
