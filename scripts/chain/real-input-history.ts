import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mnemonicToAccount } from "viem/accounts";
import { encodePayload } from "../../src/batch/index.ts";
import type { EncodedBlock } from "../../src/batch/index.ts";
import { hexToBytes } from "../../src/primitives/index.ts";
import type { Address } from "../../src/primitives/index.ts";
import { CHAIN_ID, ETHER } from "../../test/execution/harness.ts";
import { L1_TIME } from "../../test/machine/chain/history.ts";
import type { BatchFields, HistoryOptions } from "../../test/machine/chain/history.ts";
import { TEST_MNEMONIC } from "../../test/real-input/client.ts";
import { startPlayingDevnet } from "./playing-devnet.ts";

/** Bytes of a payload that an Inbox takes as calldata. */
const MOST_CALLDATA = 65_536;
const BLOCKS_PER_BATCH = 40;
/** Those of the client, and those it does without. */
const ACCOUNTS = 10;

/**
 * The blocks of a devnet on which all scenarios of `test/real-input` were played, as batches of two histories: one of calldata (and
 * of blobs where a batch is too long for that), one of blobs.
 */
export async function recordRealInput(): Promise<{
  readonly calldata: HistoryOptions;
  readonly blobs: HistoryOptions;
}> {
  const blocks = await playScenarios();
  const payloads: Uint8Array[] = [];
  for (let first = 0; first < blocks.length; first += BLOCKS_PER_BATCH) {
    payloads.push(encodePayload(blocks.slice(first, first + BLOCKS_PER_BATCH)));
  }
  const balances = Object.fromEntries(
    Array.from({ length: ACCOUNTS }, (_, addressIndex) => [
      mnemonicToAccount(TEST_MNEMONIC, { addressIndex }).address.toLowerCase() as Address,
      10_000n * ETHER,
    ]),
  );
  const historyOf = (kindOf: (payload: Uint8Array) => "calldata" | "blobs"): HistoryOptions => ({
    balances,
    gasPerSecond: 1_000_000_000n,
    batches: payloads.map((payload): BatchFields => ({ payload, kind: kindOf(payload), elapsed: BLOCKS_PER_BATCH })),
  });
  return {
    calldata: historyOf(({ length }) => (length > MOST_CALLDATA ? "blobs" : "calldata")),
    blobs: historyOf(() => "blobs"),
  };
}

async function playScenarios(): Promise<EncodedBlock[]> {
  const folder = mkdtempSync(join(tmpdir(), "onestep-chain-campaign-"));
  const devnet = await startPlayingDevnet({ folder, flags: ["--l2-chain-id", String(CHAIN_ID)] });
  try {
    await devnet.playScenarios();
    const { reader } = devnet;
    const last = await reader.getBlockNumber({ cacheTime: 0 });
    const blocks: EncodedBlock[] = [];
    for (let blockNumber = 1n; blockNumber <= last; blockNumber++) {
      const { transactions } = await reader.getBlock({ blockNumber, includeTransactions: true });
      // Deposits have no raw form, and none of the scenarios needs one.
      const signed = transactions.filter(({ typeHex }) => typeHex !== "0x7e");
      if (signed.length === 0) continue;
      const raws = await Promise.all(
        signed.map(async ({ hash }) => {
          const raw: unknown = await reader.request({
            method: "eth_getRawTransactionByHash" as never,
            params: [hash] as never,
          });
          return hexToBytes(raw as `0x${string}`);
        }),
      );
      blocks.push({ timestamp: L1_TIME + blocks.length, messages: 0, transactions: raws });
    }
    return blocks;
  } finally {
    await devnet.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
