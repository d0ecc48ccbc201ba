import { parseGwei } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createBlobSidecar, wrapBlobTransaction } from "../../../src/l1/transactions/sidecar.ts";
import { bytesToHex, hexToBytes, loadKzg } from "../../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../../src/primitives/index.ts";
import type { RollupFixture } from "./rollup-fixture.ts";

/** Private key of a funded account of its own, so that the network's nonces and ours do not mix. */
export const BLOB_SENDER_KEY: Hex = `0x${"b1".repeat(32)}`;
export const blobSender = privateKeyToAccount(BLOB_SENDER_KEY);

/** Sends a blob transaction (type 3) from `blobSender`; resolves with its receipt's essentials. Throws if it reverts. */
export async function sendBlobTransaction(
  { provider, ethers }: Pick<RollupFixture, "provider" | "ethers">,
  { to, data, blobs }: { readonly to: string; readonly data: string; readonly blobs: readonly Uint8Array[] },
): Promise<{ readonly gasUsed: bigint; readonly hash: Hash; readonly versionedHashes: readonly Hash[] }> {
  const { chainId } = await ethers.provider.getNetwork();
  const sidecar = await createBlobSidecar(await loadKzg(), blobs, 0);
  const signed = await blobSender.signTransaction({
    type: "eip4844",
    chainId: Number(chainId),
    nonce: await ethers.provider.getTransactionCount(blobSender.address),
    to: to as Address,
    data: data as Hex,
    gas: 1_000_000n,
    maxFeePerGas: parseGwei("20"),
    maxPriorityFeePerGas: parseGwei("1"),
    maxFeePerBlobGas: parseGwei("20"),
    blobVersionedHashes: [...sidecar.versionedHashes],
  });
  const hash = (await provider.request({
    method: "eth_sendRawTransaction",
    params: [bytesToHex(wrapBlobTransaction(hexToBytes(signed), sidecar))],
  })) as Hash;
  const receipt = await ethers.provider.getTransactionReceipt(hash);
  if (receipt?.status !== 1) throw new Error(`blob transaction ${hash} failed`);
  return { gasUsed: receipt.gasUsed, hash, versionedHashes: sidecar.versionedHashes };
}
