import { readFile } from "node:fs/promises";
import type { Hex } from "../primitives/index.ts";
import type { PredeployCode } from "./genesis.ts";

const ARTIFACTS = new URL("../../artifacts/contracts/l2/", import.meta.url);

/** Runtime code of the L2 contracts from the compiler's artifacts. Throws if they were not built. */
export async function loadPredeployCode(artifacts: URL = ARTIFACTS): Promise<PredeployCode> {
  const [l1Context, outbox, feeVault] = await Promise.all(
    (["L1Context", "Outbox", "FeeVault"] as const).map((name) => loadRuntimeCode(artifacts, name)),
  );
  return { l1Context, outbox, feeVault } as PredeployCode;
}

async function loadRuntimeCode(artifacts: URL, name: string): Promise<Hex> {
  const file = new URL(`${name}.sol/${name}.json`, artifacts);
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
  // A predeploy runs no constructor, so nothing would fill in immutables.
  if (Object.keys(immutableReferences ?? {}).length > 0)
    throw new Error(`expected no immutables in the predeploy ${name}`);
  return deployedBytecode as Hex;
}
