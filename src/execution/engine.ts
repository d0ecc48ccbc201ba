import {
  decodeAccount,
  EMPTY_ACCOUNT,
  createMemoryStateDatabase,
  openTrie,
  trieProof,
  loadPrecompiles,
  decodeUnrecovered,
  describeSkip,
  openStateView,
  createAddress,
} from "../ethereum/index.ts";
import type { AccountRecord, StateDatabase, StateView } from "../ethereum/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import { bytesToBigint, bytesToHex, hexToBytes, keccak256Bytes } from "../primitives/index.ts";
import type { Address, Hash, Instruments } from "../primitives/index.ts";
import { environmentAfter, headerHash } from "../rollup/index.ts";
import type { BlockEnvironment, BlockHeader } from "../rollup/index.ts";
import { beginBlock, contextOf, slotKey, writeParentHash } from "./block-execution.ts";
import type { BlockState } from "./block-state.ts";
import type {
  AccountProof,
  AccountState,
  BlockExecution,
  CallOptions,
  CallOutcome,
  CallRequest,
  ExecutionEngine,
  ReplayPoint,
  Simulation,
} from "./execution-engine.ts";
import type { ExecutionObserver } from "./observer.ts";
import { applyStateOverrides } from "./state-overrides.ts";
import type { TransactionExecutor } from "./transaction-executor.ts";

/** What every engine needs. */
export interface EngineOptions {
  readonly chainId: number;
  readonly state: StateDatabase;
}

/** Executors kept for the next call. */
const IDLE_EXECUTORS = 8;

/**
 * An execution engine around an executor of transactions. Reads of any stored state root may run at any time beside an open block; any
 * number of engines may share one state database.
 */
export function createEngine(
  options: EngineOptions & {
    readonly name: ExecutionEngine["name"];
    readonly createExecutor: () => Promise<TransactionExecutor>;
  },
  { logger, metrics }: Instruments,
): ExecutionEngine {
  const { name, chainId, state: database, createExecutor } = options;
  const idle: TransactionExecutor[] = [];
  const { sealSeconds, gasUsed } = registerMetrics(metrics, "execution");
  // The view of the last sealed state, with its caches; everybody at its root shares it.
  let latest: StateView | undefined;
  // The last other state that was asked for, since it is mostly asked for again.
  let recent: StateView | undefined;

  const viewAt = (root: Hash): StateView => {
    const known = [latest, recent].find((view) => view?.root() === root);
    if (known === undefined) return (recent = openStateView(database, root));
    known.trim();
    return known;
  };

  // A view may move on to the next block's state while somebody still needs this one.
  const viewStayingAt = (root: Hash): (() => StateView) => {
    let view = viewAt(root);
    return () => {
      if (view.root() !== root) view = openStateView(database, root);
      return view;
    };
  };

  const acquire = async (root: Hash) => {
    const executor = idle.pop() ?? (await createExecutor());
    const view = viewStayingAt(root);
    executor.reset(view);
    return { executor, view };
  };

  const release = (executor: TransactionExecutor): void => {
    if (idle.length < IDLE_EXECUTORS) idle.push(executor);
  };

  const commit = async (state: BlockState, view: StateView): Promise<Hash> => {
    latest = undefined;
    if (recent === view) recent = undefined;
    const { root, entries } = view.advance(state.changes());
    await database.putMany(entries);
    latest = view;
    return root;
  };

  const openBlock: ExecutionEngine["openBlock"] = async (parent, attributes) => {
    if (!Number.isSafeInteger(attributes.timestamp) || attributes.timestamp < parent.header.timestamp) {
      throw new RangeError(
        `expected a timestamp of at least the parent's ${parent.header.timestamp}, got ${attributes.timestamp}`,
      );
    }
    const { executor, view } = await acquire(parent.header.stateRoot);
    const environment = environmentAfter(
      parent.header,
      contextOf((address, slot) => executor.state.slot(address, slot)),
      attributes.timestamp,
    );
    const execution = beginBlock({
      chainId,
      executor,
      parent,
      environment,
      observer: () => undefined,
      commit: (state) => commit(state, view()),
    });
    return withMetrics(execution, executor);
  };

  const withMetrics = (execution: BlockExecution, executor: TransactionExecutor): BlockExecution => ({
    environment: execution.environment,
    get gasUsed() {
      return execution.gasUsed;
    },
    executeMessage: execution.executeMessage,
    executeTransaction: execution.executeTransaction,
    seal: async () => {
      const stop = sealSeconds.startTimer();
      const block = await execution.seal();
      stop();
      release(executor);
      gasUsed.inc(Number(block.header.gasUsed));
      logger.debug(
        {
          block: block.header.number,
          hash: block.hash,
          transactions: block.transactions.length,
          gasUsed: block.header.gasUsed.toString(),
        },
        "block sealed",
      );
      return block;
    },
  });

  /**
   * Goes through the transactions of a stored block in order, on an executor at the parent's state: `visit` runs one, or does
   * not, and says whether it was the last.
   */
  const replayBlock = async (
    executor: TransactionExecutor,
    { parent, block, messages }: Omit<ReplayPoint, "transactionHash">,
    visit: (hash: Hash, run: () => Promise<unknown>) => Promise<boolean>,
    observer: () => ExecutionObserver | undefined,
  ): Promise<void> => {
    const execution = beginBlock({
      chainId,
      executor,
      parent: { ...parent, nextMessage: block.firstMessage },
      environment: environmentAfter(
        parent.header,
        contextOf((address, slot) => executor.state.slot(address, slot)),
        block.header.timestamp,
      ),
      observer,
      commit: () => Promise.reject(new Error("a replay is not sealed")),
    });
    for (const message of messages) {
      if (message.index < block.firstMessage || message.index >= block.nextMessage) continue;
      if (message.kind !== "deposit") await execution.executeMessage(message);
      else if (await visit(message.hash, () => execution.executeMessage(message))) return;
    }
    for (const transaction of block.transactions) {
      if (transaction.kind === "deposit") continue;
      const signed = { ...decodeUnrecovered(transaction.raw, chainId).transaction, sender: transaction.sender };
      if (await visit(transaction.hash, () => execution.executeTransaction(signed))) return;
    }
    throw new RangeError(
      `expected the messages of block ${block.hash} from ${block.firstMessage} to ${block.nextMessage}, and a transaction of it`,
    );
  };

  const call: ExecutionEngine["call"] = async (request, callOptions) => {
    const { before, at } = callOptions;
    const { executor } = await acquire((before?.parent.header ?? at).stateRoot);
    try {
      if (before !== undefined)
        await replayBlock(
          executor,
          before,
          async (hash, run) => {
            if (hash === before.transactionHash) return true;
            await run();
            return false;
          },
          () => undefined,
        );
      return await runCall(executor, chainId, request, callOptions);
    } finally {
      release(executor);
    }
  };

  const simulate: ExecutionEngine["simulate"] = async (base) => {
    const standard = await loadPrecompiles();
    const executor = idle.pop() ?? (await createExecutor());
    const { state } = executor;
    // What simulated blocks write lies over the database, and goes with them.
    const added = createMemoryStateDatabase();
    const view = openStateView(
      { get: (hash) => added.get(hash) ?? database.get(hash), putMany: added.putMany },
      base.header.stateRoot,
    );
    let parent: typeof base = base;
    const openNext: Simulation["openBlock"] = async ({ timestamp, environment, blobBaseFee, stateOverrides }) => {
      executor.reset(() => view);
      const context = contextOf((address, slot) => state.slot(address, slot));
      const precompiles =
        stateOverrides === undefined ? undefined : applyStateOverrides(state, stateOverrides, standard);
      const execution = beginBlock({
        chainId,
        executor,
        parent,
        environment: { ...environmentAfter(parent.header, context, timestamp), ...environment },
        observer: () => undefined,
        commit: async (changed) => {
          const { root, entries } = view.advance(changed.changes());
          await added.putMany(entries);
          return root;
        },
        simulated: { blobBaseFee, precompiles },
      });
      return {
        environment: execution.environment,
        get gasUsed() {
          return execution.gasUsed;
        },
        nonce: (address) => state.account(address)?.nonce ?? 0n,
        call: execution.executeCall,
        seal: async () => {
          const block = await execution.seal();
          parent = block;
          return block;
        },
      };
    };
    return { openBlock: openNext, close: () => release(executor) };
  };

  const replay: ExecutionEngine["replay"] = async ({ parent, block, through, messages, observe }) => {
    if (!block.transactions.some(({ hash }) => hash === through))
      throw new RangeError(`transaction ${through} is not in block ${block.hash}`);
    const { executor } = await acquire(parent.header.stateRoot);
    let observer: ExecutionObserver | undefined;
    await replayBlock(
      executor,
      { parent, block, messages },
      async (hash, run) => {
        observer = await observe(hash);
        await run();
        return hash === through;
      },
      () => observer,
    );
    release(executor);
  };

  const recordAt = (stateRoot: Hash, address: Address): AccountRecord | undefined =>
    viewAt(stateRoot).getAccount(address);

  const getAccount: ExecutionEngine["getAccount"] = (stateRoot, address) =>
    promised(() => {
      const record = recordAt(stateRoot, address);
      return record === undefined ? undefined : toAccountState(record);
    });

  const getCode: ExecutionEngine["getCode"] = (stateRoot, address) =>
    promised(() => {
      const view = viewAt(stateRoot);
      return view.getCode((view.getAccount(address) ?? EMPTY_ACCOUNT).codeHash);
    });

  const getStorageAt: ExecutionEngine["getStorageAt"] = (stateRoot, address, slot) =>
    promised(() => slotKey(bytesToBigint(viewAt(stateRoot).getSlot(address, slot))));

  const getProof: ExecutionEngine["getProof"] = (stateRoot, address, slots) =>
    promised((): AccountProof => {
      const root = hexToBytes(stateRoot);
      const key = keccak256Bytes(hexToBytes(address));
      const encoded = openTrie(database, root).get(key);
      const account = encoded === undefined ? EMPTY_ACCOUNT : decodeAccount(encoded);
      const storage = openTrie(database, account.storageRoot);
      return {
        account: toAccountState(account),
        accountProof: trieProof(database, root, key).map(bytesToHex),
        storageProof: slots.map((slot) => {
          const slotHash = keccak256Bytes(hexToBytes(slot));
          const value = storage.get(slotHash);
          return {
            key: slot,
            value: value === undefined ? 0n : decodeSlot(value),
            proof: trieProof(database, account.storageRoot, slotHash).map(bytesToHex),
          };
        }),
      };
    });

  return { name, openBlock, call, simulate, replay, getAccount, getCode, getStorageAt, getProof };
}

async function runCall(
  executor: TransactionExecutor,
  chainId: number,
  request: CallRequest,
  options: CallOptions,
): Promise<CallOutcome> {
  const { state } = executor;
  const { at } = options;
  const environment = environmentOf(at, options.environment);
  if (environment.number === at.number + 1) writeParentHash(state, environment.number, headerHash(at));
  const overrides = options.stateOverrides;
  const precompiles =
    overrides === undefined ? undefined : applyStateOverrides(state, overrides, await loadPrecompiles());
  const nonce = state.account(request.from)?.nonce ?? 0n;
  const result = await executor.process(
    {
      raw: undefined,
      sender: request.from,
      to: request.to,
      nonce: undefined,
      gasLimit: request.gas,
      dataGas: 0n,
      value: request.value,
      data: request.data,
      maxFeePerGas: request.gasPrice,
      gasPrice: request.gasPrice,
      tip: request.gasPrice > environment.baseFeePerGas ? request.gasPrice - environment.baseFeePerGas : 0n,
      accessList: request.accessList ?? [],
      authorizations: request.authorizationList ?? [],
    },
    {
      environment,
      chainId,
      availableGas: request.gas,
      isSimulation: true,
      blobBaseFee: options.blobBaseFee,
      precompiles,
      observer: options.observer,
    },
  );
  if (result.kind === "skipped") return { kind: "refused", gasUsed: 0n, error: describeSkip(result.reason) };
  const { gasUsed, output, logs } = result;
  if (result.error === undefined) {
    return {
      kind: "success",
      gasUsed,
      output,
      logs,
      contractAddress: request.to === undefined ? createAddress(request.from, nonce) : undefined,
    };
  }
  return result.isRevert ? { kind: "revert", gasUsed, output } : { kind: "halt", gasUsed, error: result.error };
}

/** The environment calls at a stored block see: the block's own. */
function environmentOf(header: BlockHeader, changes: Partial<BlockEnvironment> | undefined): BlockEnvironment {
  const { number, timestamp, coinbase, gasLimit, baseFeePerGas, prevRandao } = header;
  return { number, timestamp, coinbase, gasLimit, baseFeePerGas, prevRandao, dataPrice: 0n, ...changes };
}

function toAccountState(record: AccountRecord): AccountState {
  return {
    nonce: record.nonce,
    balance: record.balance,
    codeHash: bytesToHex(record.codeHash),
    storageRoot: bytesToHex(record.storageRoot),
  };
}

// A slot's trie value is the RLP of at most 32 bytes: one byte below 0x80, or a length prefix and the bytes.
function decodeSlot(encoded: Uint8Array): bigint {
  return bytesToBigint(encoded.length === 1 ? encoded : encoded.subarray(1));
}

/** Failures of a synchronous read as a rejection. */
async function promised<T>(read: () => T): Promise<T> {
  return read();
}
