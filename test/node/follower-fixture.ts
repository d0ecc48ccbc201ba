import { privateKeyToAccount } from "viem/accounts";
import { encodePayload } from "../../src/batch/index.ts";
import type { EncodedBlock } from "../../src/batch/index.ts";
import { createSenderRecovery } from "../../src/ethereum/index.ts";
import type { ExecutionEngine } from "../../src/execution/index.ts";
import { createInboxReader } from "../../src/l1/index.ts";
import type { InboxReaderOptions } from "../../src/l1/index.ts";
import { createChain, createFollower } from "../../src/node/index.ts";
import { hexToBytes, toAddress } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { Block } from "../../src/rollup/index.ts";
import { createTestEngine } from "../engine.ts";
import { readerConfig } from "../l1/simulated-l1.ts";
import type { InboxAction, SimulatedL1 } from "../l1/simulated-l1.ts";
import { SIMULATED_CHAIN_ID, simulatedRollupConfig } from "../l1/simulated-rollup-config.ts";
import { openTestDatabase, silentInstruments, temporaryFolder } from "../storage/fixtures.ts";

const account = privateKeyToAccount(`0x${"42".repeat(32)}`);

/** A rollup on the simulated L1 on which the account of `transfer` has ETH; fast unless told otherwise. */
export const configOf = (gasPerSecond?: bigint) =>
  readerConfig(simulatedRollupConfig({ [toAddress(account.address)]: 10n ** 24n }, gasPerSecond));
export const config = configOf();

/** A signed transfer of the account that has ETH at genesis. */
export async function transfer(
  nonce: number,
  fields: { readonly value?: bigint; readonly chainId?: number; readonly gas?: bigint } = {},
): Promise<Uint8Array> {
  return hexToBytes(
    await account.signTransaction({
      type: "eip1559",
      chainId: fields.chainId ?? SIMULATED_CHAIN_ID,
      nonce,
      to: `0x${"70".repeat(20)}`,
      value: fields.value ?? 1n,
      gas: fields.gas ?? 200_000n,
      maxFeePerGas: 10n ** 12n,
      maxPriorityFeePerGas: 1n,
    }),
  );
}

/** A batch of these blocks. */
export function batchOf(blocks: readonly Partial<EncodedBlock>[], messagesUpTo?: number): InboxAction {
  const payload = encodePayload(blocks.map((block) => ({ timestamp: 0, messages: 0, transactions: [], ...block })));
  return { kind: "batch", payload, ...(messagesUpTo === undefined ? {} : { messagesUpTo }) };
}

export interface TestNodeOptions {
  readonly config?: typeof config;
  readonly folder?: string;
  readonly reader?: Partial<InboxReaderOptions>;
  readonly wrapEngine?: (engine: ExecutionEngine) => ExecutionEngine;
}

/** A node that follows a simulated L1 when a test says so; its parts are the real ones. */
export async function createTestNode(l1: SimulatedL1, options: TestNodeOptions = {}) {
  const { config: ownConfig = config } = options;
  const instruments = silentInstruments();
  const own = options.folder === undefined ? temporaryFolder() : undefined;
  const folder = options.folder ?? own?.path ?? "";
  const database = await openTestDatabase(folder, ownConfig.genesisHash);
  const { chain: store, inbox } = database;
  let executed = 0;
  const plain = createTestEngine({ chainId: SIMULATED_CHAIN_ID, state: store.state }, instruments);
  const engine = (options.wrapEngine ?? ((same) => same))({
    ...plain,
    openBlock: (parent, attributes) => {
      executed++;
      return plain.openBlock(parent, attributes);
    },
  });
  const chain = await createChain({ config: ownConfig, engine, store, inbox }, instruments);
  const reader = createInboxReader(
    {
      config: ownConfig,
      client: l1.client,
      inbox,
      blobs: l1.blobs,
      finality: { kind: "confirmations", depth: 3 },
      ...options.reader,
    },
    instruments,
  );
  const recovery = createSenderRecovery({ chainId: SIMULATED_CHAIN_ID, workers: 1 }, instruments);
  let recovered = 0;
  const counted: typeof recovery = {
    ...recovery,
    recover: (raws) => {
      recovered += raws.length;
      return recovery.recover(raws);
    },
  };
  const follower = createFollower({ chain, reader, recovery: counted, retryDelay: 0.01 }, instruments);
  return {
    folder,
    database,
    chain,
    reader,
    follower,
    instruments,
    /** Blocks executed since the last call. */
    takeExecuted(): number {
      const count = executed;
      executed = 0;
      return count;
    },
    /** Transactions whose senders it was asked to recover. */
    recovered: () => recovered,
    hashes: (): Hash[] =>
      Array.from({ length: store.getHeads().latest + 1 }, (_, number) => store.getBlockHash(number)!),
    /** Builds the next block as a sequencer would, with the first unread messages. */
    build: (block: {
      readonly timestamp: number;
      readonly messages?: number;
      readonly transactions?: readonly Uint8Array[];
    }): Promise<Block> =>
      chain.exclusive((writer) => {
        const first = chain.latest().nextMessage;
        const messages = Array.from({ length: block.messages ?? 0 }, (_, index) => inbox.getMessage(first + index)!);
        return writer.execute({ timestamp: block.timestamp, messages, transactions: block.transactions ?? [] });
      }),
    async close(): Promise<void> {
      await Promise.all([reader.stop(), follower.stop()]);
      await recovery.close();
      await database.close();
      own?.remove();
    },
  };
}
export type TestNode = Awaited<ReturnType<typeof createTestNode>>;
