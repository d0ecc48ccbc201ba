import { z } from "zod";
import { createReadWriteLock } from "../concurrency/index.ts";
import type { Hex } from "../primitives/index.ts";
import type { L1Journal, L1JournalEntry } from "./l1-journal.ts";

/** Sends a request to the Hardhat network itself. */
export type L1Request = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** Makes the state of an in-memory Hardhat L1 survive its process. */
export interface L1Recorder {
  /** Handles a client's request: runs `forward` and records what it changed before anyone can see it. */
  handle(method: string, params: readonly unknown[], forward: () => Promise<unknown>): Promise<unknown>;
  /** Repeats the journal on a fresh network. Throws if a block comes out with another hash. */
  replay(): Promise<{ readonly blocks: number }>;
}

/** Requests that leave no block but change what later blocks are. */
const RECORDED_REQUESTS: ReadonlySet<string> = new Set([
  "evm_setBlockGasLimit",
  "hardhat_impersonateAccount",
  "hardhat_setBalance",
  "hardhat_setCode",
  "hardhat_setCoinbase",
  "hardhat_setMinGasPrice",
  "hardhat_setNextBlockBaseFeePerGas",
  "hardhat_setNonce",
  "hardhat_setPrevRandao",
  "hardhat_setStorageAt",
  "hardhat_stopImpersonatingAccount",
]);

const BLOCK_MAKING_REQUESTS: ReadonlySet<string> = new Set([
  "eth_sendRawTransaction",
  "eth_sendTransaction",
  "evm_mine",
  "evm_setAutomine",
]);

const quantity = z.string().transform(Number);
const hex = z.templateLiteral(["0x", z.string()]);
const transactionSchema = z.looseObject({ hash: hex, from: hex, type: z.string() });
const blockSchema = z.object({
  number: quantity,
  hash: hex,
  timestamp: quantity,
  transactions: z.array(transactionSchema),
});

const toQuantity = (value: number): Hex => `0x${value.toString(16)}`;

/** @param clock wall clock in seconds */
export function createL1Recorder(options: {
  readonly journal: L1Journal;
  readonly request: L1Request;
  readonly clock: () => number;
}): L1Recorder {
  const { journal, request, clock } = options;
  const lock = createReadWriteLock();
  // Blob contents are part of the raw transaction only, so raw bytes are kept until the block that includes them.
  const rawTransactions = new Map<string, Hex>();
  const snapshots = new Map<string, { readonly journalLength: number; readonly head: number }>();
  let recordedHead: number | undefined;

  const head = async (): Promise<number> => quantity.parse(await request("eth_blockNumber", []));

  async function recordNewBlocks(): Promise<void> {
    const to = await head();
    recordedHead ??= to;
    for (let number = recordedHead + 1; number <= to; number++) {
      const block = blockSchema.parse(await request("eth_getBlockByNumber", [toQuantity(number), true]));
      const transactions = block.transactions.map((transaction) => {
        const raw = rawTransactions.get(transaction.hash);
        rawTransactions.delete(transaction.hash);
        return raw === undefined ? { request: toRequest(transaction) } : { raw };
      });
      const { hash, timestamp } = block;
      journal.append({ kind: "block", number, hash, timestamp, clock: clock(), transactions });
      recordedHead = number;
    }
  }

  async function makeBlocks(method: string, params: readonly unknown[], forward: () => Promise<unknown>) {
    recordedHead ??= await head();
    const raw = method === "eth_sendRawTransaction" ? z.tuple([hex]).safeParse(params).data?.[0] : undefined;
    try {
      const result = await forward();
      if (raw !== undefined && typeof result === "string") rawTransactions.set(result, raw);
      return result;
    } finally {
      await recordNewBlocks();
    }
  }

  async function mine(params: readonly unknown[]): Promise<unknown> {
    const [count, interval] = z.tuple([quantity.default(1), quantity.default(1)]).parse([params[0], params[1]]);
    recordedHead ??= await head();
    for (let mined = 0; mined < count; mined++) {
      if (mined > 0) {
        const latest = blockSchema.parse(await request("eth_getBlockByNumber", ["latest", true]));
        await request("evm_setNextBlockTimestamp", [latest.timestamp + interval]);
      }
      await request("evm_mine", []);
      await recordNewBlocks();
    }
    return true;
  }

  async function revert(params: readonly unknown[], forward: () => Promise<unknown>): Promise<unknown> {
    const result = await forward();
    const snapshot = snapshots.get(String(params[0]));
    if (result === true && snapshot !== undefined) {
      journal.append({ kind: "revert", to: snapshot.journalLength });
      recordedHead = snapshot.head;
    }
    return result;
  }

  return {
    async handle(method, params, forward) {
      if (method === "hardhat_reset") {
        throw new Error(
          "hardhat_reset is not available on an L1 whose state is kept; remove the data directory instead",
        );
      }
      if (BLOCK_MAKING_REQUESTS.has(method)) return lock.exclusive(() => makeBlocks(method, params, forward));
      if (method === "hardhat_mine") return lock.exclusive(() => mine(params));
      if (method === "evm_revert") return lock.exclusive(() => revert(params, forward));
      if (method === "evm_snapshot") {
        return lock.exclusive(async () => {
          const id = await forward();
          snapshots.set(String(id), { journalLength: journal.length(), head: await head() });
          return id;
        });
      }
      if (RECORDED_REQUESTS.has(method)) {
        return lock.exclusive(async () => {
          const result = await forward();
          journal.append({ kind: "request", method, params: [...params] });
          return result;
        });
      }
      return lock.shared(forward);
    },

    async replay() {
      let automine = true;
      const setAutomine = async (wanted: boolean): Promise<void> => {
        if (wanted !== automine) await request("evm_setAutomine", [wanted]);
        automine = wanted;
      };
      let blocks = 0;
      let last: Extract<L1JournalEntry, { kind: "block" }> | undefined;
      for (const entry of journal.entries) {
        if (entry.kind === "request") await request(entry.method, entry.params);
        if (entry.kind !== "block") continue;
        await request("evm_setNextBlockTimestamp", [entry.timestamp]);
        // A blob transaction is only taken while automine is on, and then has a block of its own.
        const alone = entry.transactions.length === 1;
        await setAutomine(alone);
        for (const transaction of entry.transactions) {
          if ("raw" in transaction) await request("eth_sendRawTransaction", [transaction.raw]);
          else await request("eth_sendTransaction", [transaction.request]);
        }
        if (!alone) await request("evm_mine", []);
        const block = blockSchema.parse(await request("eth_getBlockByNumber", ["latest", true]));
        if (block.hash !== entry.hash) {
          throw new Error(
            `the recorded L1 cannot be restored: block ${entry.number} came out as ${block.hash}, recorded was ` +
              `${entry.hash}; the data directory was written by another version or another genesis`,
          );
        }
        blocks += 1;
        last = entry;
      }
      if (last !== undefined) {
        // The replay has set the network's clock to the last block's time: move it on by the time since.
        const elapsed = clock() - last.clock;
        if (elapsed > 0) await request("evm_increaseTime", [elapsed]);
      }
      await setAutomine(true);
      recordedHead = await head();
      return { blocks };
    },
  };
}

/** The request that makes the same transaction again from an account whose key the network holds, or impersonates. */
function toRequest(transaction: z.output<typeof transactionSchema>): Record<string, unknown> {
  const dynamicFee = transaction.type !== "0x0" && transaction.type !== "0x1";
  const names = [
    ...["from", "to", "gas", "value", "nonce", "accessList", "authorizationList"],
    ...(dynamicFee ? ["maxFeePerGas", "maxPriorityFeePerGas"] : ["gasPrice"]),
  ];
  const fields = names.map((name) => [name, transaction[name]] as const);
  return Object.fromEntries([
    ...fields.filter(([, value]) => value !== null && value !== undefined),
    ["data", transaction["input"]],
  ]);
}
