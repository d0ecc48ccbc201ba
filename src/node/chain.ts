import { createExclusiveRunner } from "../concurrency/index.ts";
import { executeBlock } from "../execution/index.ts";
import type { BlockExecution, ExecutionEngine } from "../execution/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import { createEvents } from "../primitives/index.ts";
import type { Hash, Instruments } from "../primitives/index.ts";
import { genesisBlock, initializeState } from "../rollup/index.ts";
import type { Block, RollupConfig } from "../rollup/index.ts";
import type { ChainStore, InboxStore } from "../storage/index.ts";
import type { Chain, ChainEvents, ChainWriter } from "./types.ts";

export interface ChainOptions {
  readonly config: RollupConfig;
  /** Over the state of the same store. */
  readonly engine: ExecutionEngine;
  readonly store: ChainStore;
  readonly inbox: InboxStore;
}

/**
 * The chain in a store, which gets its genesis block if it is new.
 * @throws Error if the configuration's genesis does not give its `genesisHash`
 */
export async function createChain(options: ChainOptions, { logger, metrics }: Instruments): Promise<Chain> {
  const { config, engine, store, inbox } = options;
  await storeGenesis(config, store);

  const events = createEvents<ChainEvents>("chain", { logger });
  const runExclusively = createExclusiveRunner();
  /** Inbox messages of the blocks this process executed, for storage; a block itself names only the deposits. */
  const consumed = new WeakMap<Block, readonly Hash[]>();
  let latest = readLatest(store);
  let announced = store.getHeads();

  const { reorgs, head: headGauge } = registerMetrics(metrics, "chain");
  headGauge.collectWith((gauge) => {
    for (const [head, number] of Object.entries(store.getHeads())) gauge.set({ head }, number);
  });

  /** Also finds what the Inbox store changed when L1 took batches back. */
  function announceHeads(): void {
    const previous = announced;
    announced = store.getHeads();
    const { safe, finalized } = announced;
    if (safe !== previous.safe) events.emit("safe", safe);
    if (finalized !== previous.finalized) events.emit("finalized", finalized);
  }

  function messageHashesOf(block: Block): readonly Hash[] {
    const known = consumed.get(block) ?? store.getMessageHashes(block.hash);
    if (known !== undefined) return known;
    if (block.nextMessage === block.firstMessage) return [];
    throw new Error(
      `block ${block.header.number} ${block.hash} was not executed by this chain: its messages are not known`,
    );
  }

  async function appendAll(blocks: readonly Block[]): Promise<void> {
    await store.appendBlocks(blocks.map((block) => ({ block, messageHashes: messageHashesOf(block) })));
    latest = blocks.at(-1) ?? latest;
    for (const block of blocks) events.emit("block", block);
  }

  const append = (block: Block): Promise<void> => appendAll([block]);

  async function rewindTo(number: number): Promise<readonly Block[]> {
    const removed = await store.rewindTo(number);
    if (removed.length === 0) return removed;
    latest = readLatest(store);
    reorgs.inc();
    logger.warn({ latest: number, hash: latest.hash, removed: removed.length }, "blocks left the L2 chain");
    events.emit("reorg", removed);
    announceHeads();
    return removed;
  }

  async function openBlock(attributes: { readonly timestamp: number }): Promise<BlockExecution> {
    const execution = await engine.openBlock(latest, attributes);
    const messageHashes: Hash[] = [];
    return {
      environment: execution.environment,
      get gasUsed() {
        return execution.gasUsed;
      },
      get gasLeft() {
        return execution.gasLeft;
      },
      paysForListing: (length) => execution.paysForListing(length),
      chargeSkipped: (length) => execution.chargeSkipped(length),
      async executeMessage(message) {
        const receipt = await execution.executeMessage(message);
        messageHashes.push(message.hash);
        return receipt;
      },
      executeTransaction: (transaction) => execution.executeTransaction(transaction),
      async seal() {
        const block = await execution.seal();
        consumed.set(block, messageHashes);
        return block;
      },
    };
  }

  const executeOn: ChainWriter["executeOn"] = async (parent, input) => {
    const executed = await executeBlock(engine, parent, input, config.genesis.chainId);
    consumed.set(
      executed.block,
      input.messages.map(({ hash }) => hash),
    );
    return executed;
  };

  const putDerivedBatches: ChainWriter["putDerivedBatches"] = async (derived, rewindCount) => {
    await store.putDerivedBatches(derived, rewindCount);
    announceHeads();
  };

  const writer: ChainWriter = {
    openBlock,
    append,
    appendAll,
    executeOn,
    async execute(input) {
      const { block } = await executeOn(latest, input);
      await append(block);
      return block;
    },
    rewindTo,
    putDerivedBatch: (derived, rewindCount) => putDerivedBatches([derived], rewindCount),
    putDerivedBatches,
    async setFinalized(number) {
      await store.setFinalized(number);
      announceHeads();
    },
  };

  return {
    config,
    engine,
    store,
    inbox,
    events,
    latest: () => latest,
    exclusive: (task) =>
      runExclusively(async () => {
        announceHeads();
        return task(writer);
      }),
  };
}

function readLatest(store: ChainStore): Block {
  const { latest } = store.getHeads();
  const block = store.getBlock(latest);
  if (block === undefined) throw new Error(`corrupt database: the latest block ${latest} is missing`);
  return block;
}

async function storeGenesis({ genesis, genesisHash }: RollupConfig, store: ChainStore): Promise<void> {
  if (store.getBlockHash(0) === genesisHash) return;
  const { hash } = genesisBlock(genesis);
  if (hash !== genesisHash) {
    throw new Error(
      `the rollup configuration contradicts itself: expected genesis hash ${genesisHash}, its genesis gives ${hash}`,
    );
  }
  await store.appendBlock(await initializeState(genesis, store.state));
}
