import {
  MAXIMUM_BLOCKS,
  MAXIMUM_CONTENT_SIZE,
  compressContent,
  encodePayload,
  payloadToBlobs,
} from "../../src/batch/index.ts";
import type { EncodedBlock } from "../../src/batch/index.ts";
import { DEPLOYMENT_PRESETS } from "../../src/deployment/index.ts";
import { MIN_TRANSACTION_SIZE, TRANSACTION_GAS_CAP } from "../../src/ethereum/index.ts";
import { bigintToBytes32, bytesToHex, concatBytes } from "../../src/primitives/index.ts";
import type { Address } from "../../src/primitives/index.ts";
import { BLOCK_CHARGE } from "../../src/rollup/index.ts";
import { PRECOMPILE_CASES } from "../../benchmarks/precompile-cases.ts";
import { accountAt } from "../../benchmarks/worst-case/large-state.ts";
import { CODE_SIZE, copyCodes, loop } from "../../benchmarks/worst-case/programs.ts";
import { nestedLists, sign } from "../../benchmarks/worst-case/workloads.ts";
import { TINY_DYNAMIC, bitsOf, repeated, stored } from "../../test/batch/deflate-bits.ts";
import type { InboxAction } from "../../test/l1/simulated-l1.ts";
import { L1_BLOCK_TIME, both, fillBlock, gasOf } from "./l1-block.ts";
import { LONGEST_DATA } from "./posting-costs.ts";
import type { PostingCosts } from "./posting-costs.ts";

/** What one L1 block has of a flood. */
export interface FloodBlock {
  readonly actions: readonly InboxAction[];
  /** Of batches, messages or L2 gas. */
  readonly units: number;
  /** Gas of the L1 block that it takes. */
  readonly gas: number;
  readonly blobs: number;
}

export interface FloodContext {
  readonly costs: PostingCosts;
  /** Gas of an L1 block. */
  readonly gas: number;
  /** Counts the L1 blocks of all floods: no two are the same. */
  readonly run: number;
  /** Messages that the Inbox has. */
  readonly messages: number;
  /** Of the next transaction of the sender on L2. */
  readonly nonce: number;
}

export interface Flood {
  readonly name: string;
  /** What is counted. */
  readonly unit: "batches" | "messages" | "L2 gas";
  /** Before work was bounded: CPU seconds of a unit, at least and at most, and its L1 gas then. */
  readonly before?: { readonly seconds: readonly [number, number]; readonly gas: number };
  readonly post: (context: FloodContext) => FloodBlock | Promise<FloodBlock>;
}

/** The L2 gas per second of deposits that burn none on L1, and of the chain. */
const { depositGasPerSecond, gasPerSecond } = DEPLOYMENT_PRESETS.production;
/** L2 gas that one L1 block is worth. */
const LISTED_GAS = Number(gasPerSecond) * L1_BLOCK_TIME;
const DEPOSIT_GAS = Number(depositGasPerSecond) * L1_BLOCK_TIME;
/** Seconds: beyond all that derivation grants, so that blocks have all the time there is. */
const FAR_AHEAD = 2 ** 50;
/** Most blobs of an L1 block (BPO 2), and how many a long stream takes: so that four transactions have one each. */
const BLOCK_BLOBS = 21;
const STREAM_BLOBS = 5;
/** Bytes of a block's head in a payload, and of a transaction's length (specification §3 rule 2). */
const BLOCK_HEAD_SIZE = 16;
const LENGTH_SIZE = 3;
const ADDRESSES = 0xf100dn << 128n;

/** All floods, with the codes that they need at genesis. */
export function createFloods(): {
  readonly floods: readonly Flood[];
  readonly codes: Readonly<Record<Address, Uint8Array>>;
} {
  const codes: Record<Address, Uint8Array> = {};
  const deploy = (code: Uint8Array): Address => {
    const address = bytesToHex(bigintToBytes32(ADDRESSES + BigInt(Object.keys(codes).length)).subarray(12));
    codes[address] = code;
    return address;
  };
  const cheap = deploy(loop([], ["ADDRESS POP CALLER POP ORIGIN POP COINBASE POP"], { reserve: 0 }));
  const precompiles = ["KZG point evaluation", "BLS12-381 G2 multiplication, 128"].map((name) => {
    const found = PRECOMPILE_CASES.find((each) => each.name === name);
    if (found === undefined) throw new Error(`expected a case of ${name}`);
    const { input, address } = found;
    const parts = [];
    for (let start = 0; start < input.length; start += CODE_SIZE) {
      const part = input.subarray(start, start + CODE_SIZE);
      parts.push({ address: deploy(part), size: part.length });
    }
    // Until the gas is used up.
    const body = ["PUSH0 PUSH0", input.length, "PUSH0", address, "GAS STATICCALL POP"];
    return { name, program: deploy(loop([copyCodes(parts)], body, { reserve: 0 })) };
  });
  const floods = [
    ...repeatedPayloads(),
    ...listedTransactions(),
    ...messages(),
    burnedGas("burned gas: cheap instructions", cheap, { listed: false }),
    ...precompiles.flatMap(({ name, program }) => [
      burnedGas(`burned gas: ${name}`, program, { listed: false }),
      burnedGas(`burned gas and full blocks: ${name}`, program, { listed: true }),
    ]),
  ];
  return { floods, codes };
}

// ── Batches ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Payloads that cost little to post, in as many batches as fit. */
function repeatedPayloads(): readonly Flood[] {
  const emptyBlocks = () =>
    encodePayload(Array.from({ length: MAXIMUM_BLOCKS }, () => ({ ...EMPTY_BLOCK, timestamp: FAR_AHEAD })));
  const noLengths = () => {
    const content = Buffer.alloc(MAXIMUM_CONTENT_SIZE);
    content.writeBigUInt64BE(BigInt(FAR_AHEAD));
    content.writeUInt32BE(2 ** 32 - 1, 12);
    return compressContent(content);
  };
  /** A block of as many copies of a transaction as a content holds. */
  const listed = (make: () => Uint8Array | Promise<Uint8Array>) => async () => {
    const raw = await make();
    const length = Math.floor((MAXIMUM_CONTENT_SIZE - BLOCK_HEAD_SIZE) / (LENGTH_SIZE + raw.length));
    const transactions = Array.from({ length }, () => raw);
    return encodePayload([{ ...EMPTY_BLOCK, timestamp: FAR_AHEAD, transactions }]);
  };
  const wrongNonce = () => sign({ nonce: 2 ** 40, to: accountAt(0), gas: TRANSACTION_GAS_CAP });
  const undecodable = () => new Uint8Array(MIN_TRANSACTION_SIZE).fill(2);
  const repeatedBatch = (
    name: string,
    make: () => Uint8Array | Promise<Uint8Array>,
    before?: Flood["before"],
  ): Flood => {
    let blobs: readonly Uint8Array[] | undefined;
    return {
      name,
      unit: "batches",
      ...(before === undefined ? {} : { before }),
      post: async (context) => {
        blobs ??= payloadToBlobs(await make());
        return inEachTransaction(context, blobs.length, () => blobs ?? []);
      },
    };
  };
  // Each transaction has other blobs: none of their contents is known from before.
  const noContent = (name: string, unit: string, between?: "forced"): Flood => ({
    name,
    unit: "batches",
    post: (context) => {
      const make = (index: number) =>
        payloadToBlobs(
          concatBytes([
            Uint8Array.of(1),
            repeated(unit, STREAM_BLOBS * 126_976 - 100),
            bigintToBytes32(BigInt(context.run * 16 + index)),
          ]),
        );
      return between === "forced" ? betweenForced(context, make(0)) : inEachTransaction(context, STREAM_BLOBS, make);
    },
  });
  return [
    repeatedBatch("4,096 empty blocks", emptyBlocks, { seconds: [2.8, 3.6], gas: 27_900 }),
    repeatedBatch("1.4 million transactions of no bytes", noLengths, { seconds: [13, 15], gas: 71_522 }),
    repeatedBatch("36,000 transactions of a wrong nonce", listed(wrongNonce), {
      seconds: [5.5, 7],
      gas: 27_900,
    }),
    repeatedBatch("undecodable transactions of 65 bytes", listed(undecodable)),
    repeatedBatch("undecodable transactions of 131,072 bytes", listed(nestedLists)),
    noContent("streams without content: dynamic heads", TINY_DYNAMIC),
    noContent("streams without content: stored blocks", bitsOf(stored(new Uint8Array(0)))),
    noContent("dynamic heads between forced batches", TINY_DYNAMIC, "forced"),
    repeatedBatch("empty batches", () => new Uint8Array()),
  ];
}

const EMPTY_BLOCK: EncodedBlock = { timestamp: 0, messages: 0, transactions: [] };

/** As many batches as fit, in transactions with so many blobs each, as long as there are any. */
function inEachTransaction(
  { costs, gas }: FloodContext,
  blobs: number,
  blobsOf: (transaction: number) => readonly Uint8Array[],
): FloodBlock {
  const cost = costs.repeatedBatches(blobs);
  const transactions = fillBlock(cost, gas).slice(0, Math.floor(BLOCK_BLOBS / blobs));
  return {
    actions: transactions.map((times, index) => ({
      kind: "blob-batch",
      blobs: blobsOf(index),
      times,
      messagesUpTo: 0,
    })),
    units: transactions.reduce((sum, times) => sum + times, 0),
    gas: gasOf(cost, transactions),
    blobs: blobs * transactions.length,
  };
}

/** One batch of the blobs after each forced one: what was read of the blobs is not what was read last. */
function betweenForced({ costs, gas, messages }: FloodContext, blobs: readonly Uint8Array[]): FloodBlock {
  const cost = both(both(costs.deposits, costs.forcedBatches), costs.repeatedBatches(blobs.length));
  const transactions = fillBlock(cost, gas).slice(0, Math.floor(BLOCK_BLOBS / blobs.length));
  const pairs = transactions.reduce((sum, count) => sum + count, 0);
  const deposits = Array.from({ length: pairs }, (_, index) => deposit(index));
  const batches = Array.from({ length: pairs }, (_, index): readonly InboxAction[] => {
    const messagesUpTo = messages + index + 1;
    return [
      { kind: "force-include", messagesUpTo },
      { kind: "blob-batch", blobs, messagesUpTo },
    ];
  });
  return {
    actions: [...deposits, ...batches.flat()],
    units: 2 * pairs,
    gas: gasOf(cost, transactions),
    blobs: blobs.length * transactions.length,
  };
}

// ── Transactions ──────────────────────────────────────────────────────────────────────────────────────────────────────

function listedTransactions(): readonly Flood[] {
  return [
    {
      name: "full blocks of transfers to new accounts",
      unit: "batches",
      post: async ({ costs, run, nonce }) => {
        const count = Math.floor((LISTED_GAS - Number(BLOCK_CHARGE)) / 21_000);
        const transactions: Uint8Array[] = [];
        for (let index = 0; index < count; index++) {
          const to = accountAt((BigInt(run + 1) << 90n) + BigInt(index));
          transactions.push(await sign({ nonce: nonce + index, to, gas: 21_000n, value: 1n }));
        }
        return inOneBatch(costs, [{ timestamp: FAR_AHEAD, messages: 0, transactions }]);
      },
    },
  ];
}

function inOneBatch(costs: PostingCosts, blocks: readonly EncodedBlock[]): FloodBlock {
  const blobs = payloadToBlobs(encodePayload(blocks));
  return {
    actions: [{ kind: "blob-batch", blobs }],
    units: 1,
    gas: gasOf(costs.repeatedBatches(blobs.length), [1]),
    blobs: blobs.length,
  };
}

// ── Messages ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function messages(): readonly Flood[] {
  /** Messages, read by one batch of these blocks. */
  const readAtOnce = (
    name: string,
    data: Uint8Array,
    costOf: (costs: PostingCosts) => PostingCosts["deposits"],
    blocks: readonly EncodedBlock[],
  ): Flood => ({
    name,
    unit: "messages",
    post: ({ costs, gas, run }) => {
      const batch = inOneBatch(costs, blocks);
      const transactions = fillBlock(costOf(costs), gas - batch.gas);
      const units = transactions.reduce((sum, count) => sum + count, 0);
      const all = Array.from({ length: units }, (_, index) =>
        deposit(index, { to: accountAt((BigInt(run + 1) << 90n) + BigInt(index)), data }),
      );
      return {
        actions: [...all, ...batch.actions],
        units,
        gas: batch.gas + gasOf(costOf(costs), transactions),
        blobs: batch.blobs,
      };
    },
  });
  /** Messages, each read by a batch of its own. */
  const readOneByOne = (
    name: string,
    costOf: (costs: PostingCosts) => PostingCosts["deposits"],
    read: (messagesUpTo: number) => InboxAction,
    blobs: number,
  ): Flood => ({
    name,
    unit: "messages",
    post: ({ costs, gas, messages: before }) => {
      const cost = both(costs.deposits, costOf(costs));
      const transactions = fillBlock(cost, gas);
      const units = transactions.reduce((sum, count) => sum + count, 0);
      const all = Array.from({ length: units }, (_, index) => deposit(index));
      const batches = Array.from({ length: units }, (_, index) => read(before + index + 1));
      return {
        actions: [...all, ...batches],
        units,
        gas: gasOf(cost, transactions),
        blobs: blobs * transactions.length,
      };
    },
  });
  const oneEach = Array.from({ length: MAXIMUM_BLOCKS }, () => ({ ...EMPTY_BLOCK, timestamp: FAR_AHEAD, messages: 1 }));
  const empty = payloadToBlobs(new Uint8Array());
  return [
    readAtOnce("deposits of ETH to new accounts", new Uint8Array(), ({ deposits }) => deposits, []),
    readAtOnce("messages with 65,536 bytes", new Uint8Array(LONGEST_DATA), ({ longMessages }) => longMessages, []),
    readAtOnce("deposits, each in a block of its own", new Uint8Array(), ({ deposits }) => deposits, oneEach),
    readOneByOne(
      "batches that read one deposit each",
      ({ readingBatches }) => readingBatches,
      (messagesUpTo) => ({ kind: "blob-batch", blobs: empty, messagesUpTo }),
      1,
    ),
    readOneByOne(
      "forced batches of one deposit each",
      ({ forcedBatches }) => forcedBatches,
      (messagesUpTo) => ({ kind: "force-include", messagesUpTo }),
      0,
    ),
  ];
}

/**
 * Messages that ask for all gas there is: what the bucket of deposits' gas gets in the time of a block, and what L1 gas buys
 * by being burned. If `listed`, transactions take the chain's own bucket beside them.
 */
function burnedGas(name: string, to: Address, { listed }: { readonly listed: boolean }): Flood {
  return {
    name,
    unit: "L2 gas",
    post: async ({ costs, gas, nonce }) => {
      const transactions: Uint8Array[] = [];
      let left = listed ? LISTED_GAS - Number(BLOCK_CHARGE) : 0;
      for (let index = 0; left > 100_000; index++) {
        const most = BigInt(Math.min(left, Number(TRANSACTION_GAS_CAP)));
        transactions.push(await sign({ nonce: nonce + index, to, gas: most }));
        left -= Number(most);
      }
      const batch = inOneBatch(costs, listed ? [{ timestamp: FAR_AHEAD, messages: 0, transactions }] : []);
      const cost = costs.burnedGas;
      const burned = fillBlock(cost, gas - batch.gas - cost.perTransaction);
      const gasLimits = [Math.min(DEPOSIT_GAS, Number(TRANSACTION_GAS_CAP)), ...burned];
      return {
        actions: [
          ...gasLimits.map((gasLimit, index) => deposit(index, { to, gasLimit: BigInt(gasLimit), mint: 10n ** 18n })),
          ...batch.actions,
        ],
        units: gasLimits.reduce((sum, each) => sum + each, listed ? LISTED_GAS : 0),
        gas: batch.gas + cost.perTransaction + gasOf(cost, burned),
        blobs: batch.blobs,
      };
    },
  };
}

function deposit(index: number, fields: Extract<InboxAction, { kind: "deposit" }>["deposit"] = {}): InboxAction {
  return { kind: "deposit", deposit: { sender: accountAt(index), refundTo: accountAt(index), mint: 1n, ...fields } };
}
