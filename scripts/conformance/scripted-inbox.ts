import type { network } from "hardhat";
import type { Address, Hash } from "../../src/primitives/index.ts";

type Connection = Awaited<ReturnType<typeof network.create>>;

/** Hashes by index, as steps of a chain read them. */
export interface InboxHashes {
  readonly chainId: number;
  readonly batchHashes: readonly Hash[];
  readonly messageHashes: readonly Hash[];
}

/** Deploys an Inbox that has these hashes on a simulated L1; its address. */
export async function deployScriptedInbox(
  { ethers }: Connection,
  { chainId, batchHashes, messageHashes }: InboxHashes,
): Promise<Address> {
  const inbox = await ethers.deployContract("ScriptedInbox", [chainId]);
  for (const [index, hash] of batchHashes.entries()) await inbox.setBatch(index, hash);
  for (const [index, hash] of messageHashes.entries()) await inbox.setMessage(index, hash);
  return (await inbox.getAddress()).toLowerCase() as Address;
}
