import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { RLP } from "@ethereumjs/rlp";
import {
  EMPTY_ACCOUNT,
  EMPTY_TRIE_ROOT,
  MAX_TRANSACTION_SIZE,
  createMemoryStateDatabase,
  openStateView,
  withoutLeadingZeros,
} from "../../src/ethereum/index.ts";
import type { AccountRecord, Log, StateDatabase, StateView } from "../../src/ethereum/index.ts";
import type { BlockState } from "../../src/execution/index.ts";
import type { Environment } from "../../src/machine/index.ts";
import { bigintToBytes32, bytesToHex, hexToBytes, keccak256, keccak256Bytes } from "../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../src/primitives/index.ts";
import type { BlockEnvironment } from "../../src/rollup/index.ts";

/** An Ethereum state test: one pre-state and environment, and some transactions, each run on its own. */
export interface StateTest {
  readonly name: string;
  readonly env: Readonly<Record<string, Hex>>;
  readonly pre: Readonly<
    Record<
      Address,
      { readonly nonce: Hex; readonly balance: Hex; readonly code: Hex; readonly storage: Readonly<Record<Hex, Hex>> }
    >
  >;
  readonly config: {
    readonly chainid?: Hex;
    readonly blobSchedule?: { readonly Osaka?: { readonly baseFeeUpdateFraction: Hex } };
  };
  /** Of the Osaka rules. */
  readonly post: readonly StateTestPost[];
}

export interface StateTestPost {
  /** State root. */
  readonly hash: Hash;
  /** keccak256 of the RLP of the logs. */
  readonly logs: Hash;
  readonly txbytes: Hex;
  /** What is wrong with the transaction, which must not change anything then. */
  readonly expectException?: string;
}

export type StateTestOutcome =
  | { readonly kind: "passed" }
  /** A transaction that this chain rejects (`inapplicability`). */
  | { readonly kind: "not-applicable" }
  | { readonly kind: "failed"; readonly why: string };

/** Chain of state tests that name none. */
export const STATE_TEST_CHAIN_ID = 1;

const FORK = "Osaka";
const BLOB_TRANSACTION = 3;

/**
 * The Osaka tests of a file, gzipped or not: one JSON object a line, or a file of an execution-spec-tests release, which is one
 * JSON object keyed by test name. `post` is a list, or keyed by fork; tests without an Osaka outcome are passed over. Throws an
 * Error that names the test or line that is none.
 */
export function* readStateTests(path: string | URL): Generator<StateTest> {
  const bytes = readFileSync(path);
  const text = (String(path).endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  for (const [place, value] of /\.(ndjson|jsonl)(\.gz)?$/.test(String(path)) ? lines(text) : members(text)) {
    if (!isObject(value) || !["env", "pre", "post"].every((key) => isObject(value[key])))
      throw new Error(`expected a state test: ${place}`);
    const test = value as unknown as ReadTest;
    const post = isList(test.post) ? test.post : test.post[FORK];
    if (post !== undefined) yield { ...test, name: test.name ?? place, config: test.config ?? {}, post };
  }
}

type ReadTest = Pick<StateTest, "env" | "pre"> &
  Partial<Pick<StateTest, "name" | "config">> & {
    readonly post: readonly StateTestPost[] | Readonly<Record<string, readonly StateTestPost[] | undefined>>;
  };

function lines(text: string): [string, unknown][] {
  const entries = text.split("\n").map((line, index): [string, string] => [`line ${index + 1}`, line]);
  return entries.filter(([, line]) => line !== "").map(([place, line]) => [place, JSON.parse(line)]);
}

function members(text: string): [string, unknown][] {
  const tests = JSON.parse(text) as unknown;
  if (!isObject(tests) || Array.isArray(tests)) throw new Error("expected state tests keyed by name");
  return Object.entries(tests);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}

/** The test's pre-state, with its nodes and codes in `database`. */
export function openPreState(
  { pre }: Pick<StateTest, "pre">,
  database: StateDatabase = createMemoryStateDatabase(),
): StateView {
  const accounts = new Map<Address, AccountRecord>();
  const storage = new Map<Address, { cleared: boolean; slots: Map<Hash, Uint8Array> }>();
  const codes = new Map<Hash, Uint8Array>();
  for (const [key, { nonce, balance, code, storage: slots }] of Object.entries(pre)) {
    const address = key.toLowerCase() as Address;
    const codeHash = keccak256Bytes(hexToBytes(code));
    codes.set(bytesToHex(codeHash), hexToBytes(code));
    accounts.set(address, { ...EMPTY_ACCOUNT, nonce: BigInt(nonce), balance: BigInt(balance), codeHash });
    const entries = Object.entries(slots) as [Hex, Hex][];
    storage.set(address, {
      cleared: false,
      slots: new Map(entries.map(([slot, value]) => [word(slot), withoutLeadingZeros(hexToBytes(word(value)))])),
    });
  }
  const { root, entries } = openStateView(database, bytesToHex(EMPTY_TRIE_ROOT)).advance({ accounts, storage, codes });
  void database.putMany(entries);
  return openStateView(database, root);
}

/** The block a test's transactions run in; its data price is 0. */
export function environmentOf({ env }: Pick<StateTest, "env">): BlockEnvironment {
  return {
    number: Number(env["currentNumber"]),
    timestamp: Number(env["currentTimestamp"]),
    coinbase: (env["currentCoinbase"] as Address).toLowerCase() as Address,
    gasLimit: BigInt(env["currentGasLimit"] as Hex),
    baseFeePerGas: BigInt(env["currentBaseFee"] ?? "0x0"),
    prevRandao: word(env["currentRandom"] ?? "0x0"),
    dataPrice: 0n,
  };
}

/** The same block as a machine knows it, its numbers exact; its data price is 0. */
export function machineEnvironmentOf(test: Pick<StateTest, "env" | "config">): Environment {
  const { baseFeePerGas, ...environment } = environmentOf(test);
  return {
    ...environment,
    number: exact(test.env["currentNumber"] as Hex),
    timestamp: exact(test.env["currentTimestamp"] as Hex),
    baseFee: baseFeePerGas,
    chainId: BigInt(test.config.chainid ?? STATE_TEST_CHAIN_ID),
    blobBaseFee: blobBaseFee(test),
  };
}

function exact(value: Hex): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}

/** EIP-4844's fake exponential of the excess blob gas: wei per blob gas. */
export function blobBaseFee({ env, config }: Pick<StateTest, "env" | "config">): bigint {
  const excess = BigInt(env["currentExcessBlobGas"] ?? "0x0");
  const denominator = BigInt(config.blobSchedule?.Osaka?.baseFeeUpdateFraction ?? "0x4c6964");
  let output = 0n;
  let term = denominator;
  for (let index = 1n; term > 0n; index++) {
    output += term;
    term = (term * excess) / (denominator * index);
  }
  return output / denominator;
}

/** Why this chain rejects the transaction of a post entry (docs/differences.md), so that whatever is expected of it does not apply. */
export function inapplicability({ txbytes }: StateTestPost): string | undefined {
  const raw = hexToBytes(txbytes);
  if (raw[0] === BLOB_TRANSACTION) return "blob transaction";
  return raw.length > MAX_TRANSACTION_SIZE ? `transaction of more than ${MAX_TRANSACTION_SIZE} bytes` : undefined;
}

/** What came of the transaction of a post entry. */
export interface StateTestResult {
  /** Why it was skipped; undefined if it ran. */
  readonly skipped: string | undefined;
  /** Of a transaction that succeeded. */
  readonly logs: readonly Log[];
}

/** Whether a result, and the state it has left, are what a post entry expects. */
export function judge(post: StateTestPost, result: StateTestResult, state: BlockState): StateTestOutcome {
  const { skipped, logs } = result;
  if (skipped !== undefined && post.expectException === undefined) {
    return inapplicability(post) === undefined
      ? { kind: "failed", why: `skipped: ${skipped}` }
      : { kind: "not-applicable" };
  }
  if (skipped === undefined && post.expectException !== undefined)
    return { kind: "failed", why: `expected ${post.expectException}` };
  const { root } = state.view().advance(state.changes());
  if (root !== post.hash) return { kind: "failed", why: `state root ${root}, expected ${post.hash}` };
  const actual = keccak256(
    RLP.encode(logs.map(({ address, topics, data }) => [hexToBytes(address), topics.map(hexToBytes), data])),
  );
  if (actual !== post.logs) return { kind: "failed", why: `logs ${actual}, expected ${post.logs}` };
  return { kind: "passed" };
}

function word(value: Hex): Hash {
  return bytesToHex(bigintToBytes32(BigInt(value)));
}
