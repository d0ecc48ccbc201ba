import { readFile } from "node:fs/promises";
import type { Hex } from "../primitives/index.ts";

/** Folder of the compiler's artifacts of contracts/. */
export const CONTRACT_ARTIFACTS = new URL("../../artifacts/contracts/", import.meta.url);

/** A contract of this build. */
export interface CompiledContract {
  readonly name: string;
  /** Code once it is deployed, with zeros wherever an immutable stands. */
  readonly runtimeCode: Hex;
  readonly hasImmutables: boolean;
}

/** A contract from its artifact, by its source file. Throws if it was not built. */
export async function loadCompiledContract(folder: URL, name: string): Promise<CompiledContract> {
  const file = new URL(`${name}.sol/${name}.json`, folder);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    throw new Error(
      `expected the compiled contract ${name} at ${file.pathname}; build the contracts first (npm run build)`,
    );
  }
  const { deployedBytecode, immutableReferences } = JSON.parse(text) as {
    readonly deployedBytecode?: string;
    readonly immutableReferences?: object;
  };
  if (deployedBytecode === undefined || !/^0x([0-9a-f]{2})+$/.test(deployedBytecode)) {
    throw new Error(`expected runtime code in ${file.pathname}`);
  }
  return {
    name,
    runtimeCode: deployedBytecode as Hex,
    hasImmutables: Object.keys(immutableReferences ?? {}).length > 0,
  };
}
