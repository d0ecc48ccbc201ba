import type { Hex } from "../primitives/index.ts";
import { CONTRACT_ARTIFACTS, loadCompiledContract } from "./compiled-contract.ts";
import type { PredeployCode } from "./genesis.ts";

/** Runtime code of the L2 contracts from the compiler's artifacts. Throws if they were not built. */
export async function loadPredeployCode(artifacts: URL = new URL("l2/", CONTRACT_ARTIFACTS)): Promise<PredeployCode> {
  const [l1Context, outbox, feeVault] = await Promise.all([
    loadRuntimeCode(artifacts, "L1Context"),
    loadRuntimeCode(artifacts, "Outbox"),
    loadRuntimeCode(artifacts, "FeeVault"),
  ]);
  return { l1Context, outbox, feeVault };
}

async function loadRuntimeCode(artifacts: URL, name: string): Promise<Hex> {
  const { runtimeCode, hasImmutables } = await loadCompiledContract(artifacts, name);
  // A predeploy runs no constructor, so nothing would fill in immutables.
  if (hasImmutables) throw new Error(`expected no immutables in the predeploy ${name}`);
  return runtimeCode;
}
