import type { Hex } from "../primitives/index.ts";
import { CONTRACT_ARTIFACTS, loadCompiledContract } from "./compiled-contract.ts";
import type { PredeployCode } from "./genesis.ts";

/** The contracts by what `PredeployCode` calls them. */
const PREDEPLOY_NAMES: Readonly<Record<keyof PredeployCode, string>> = {
  l1Context: "L1Context",
  outbox: "Outbox",
  feeVault: "FeeVault",
  messenger: "L2Messenger",
  erc20Bridge: "L2ERC20Bridge",
  erc721Bridge: "L2ERC721Bridge",
  erc1155Bridge: "L2ERC1155Bridge",
  wrappedEther: "WrappedEther",
};

/** Runtime code of the L2 contracts from the compiler's artifacts. Throws if they were not built. */
export async function loadPredeployCode(artifacts: URL = new URL("l2/", CONTRACT_ARTIFACTS)): Promise<PredeployCode> {
  const names = Object.entries(PREDEPLOY_NAMES);
  const codes = await Promise.all(names.map(async ([key, name]) => [key, await loadRuntimeCode(artifacts, name)]));
  return Object.fromEntries(codes) as PredeployCode;
}

async function loadRuntimeCode(artifacts: URL, name: string): Promise<Hex> {
  const { runtimeCode, hasImmutables } = await loadCompiledContract(artifacts, name);
  // A predeploy runs no constructor, so nothing would fill in immutables.
  if (hasImmutables) throw new Error(`expected no immutables in the predeploy ${name}`);
  return runtimeCode;
}
