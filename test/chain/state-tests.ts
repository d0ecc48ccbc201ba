import { readFileSync, readdirSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { RLP } from "@ethereumjs/rlp";
import { EMPTY_ACCOUNT, withoutLeadingZeros } from "../../src/chain/account.ts";
import type { AccountRecord } from "../../src/chain/account.ts";
import { createOsakaCommon } from "../../src/chain/ethereumjs-common.ts";
import { createEvmExecutor, toEvmBlock } from "../../src/chain/ethereumjs/evm-executor.ts";
import type { EvmExecutor } from "../../src/chain/ethereumjs/evm-executor.ts";
import { messageOfSigned, processTransaction } from "../../src/chain/ethereumjs/transaction-processor.ts";
import { InvalidTransactionError, createMemoryStateDatabase, decodeTransaction } from "../../src/chain/index.ts";
import type { BlockEnvironment, Log } from "../../src/chain/index.ts";
import { EMPTY_TRIE_ROOT } from "../../src/chain/merkle-patricia-trie.ts";
import { openStateView } from "../../src/chain/state-view.ts";
import { bigintToBytes32, bytesToHex, hexToBytes, keccak256, keccak256Bytes } from "../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../src/primitives/index.ts";

/** An Ethereum state test as `vectors/state` holds it: one JSON object a line. */
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
  readonly post: readonly StateTestPost[];
}

export interface StateTestPost {
  readonly hash: Hash;
  readonly logs: Hash;
  readonly txbytes: Hex;
  readonly expectException?: string;
}

export const STATE_TESTS = new URL("../../../shared/vectors/state/", import.meta.url);

/** Names of the files of state tests in a folder. */
export function stateTestFiles(folder: URL): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ndjson.gz"))
    .sort();
}

export function* readStateTests(file: URL): Generator<StateTest> {
  for (const line of gunzipSync(readFileSync(file)).toString("utf8").split("\n")) {
    if (line !== "") yield JSON.parse(line) as StateTest;
  }
}

export type StateTestOutcome =
  | { readonly kind: "passed" }
  /** A transaction this chain has no type for. */
  | { readonly kind: "not-applicable" }
  | { readonly kind: "failed"; readonly why: string };

const CHAIN_ID = 1;

export function createStateTestExecutor(): Promise<EvmExecutor> {
  return createEvmExecutor(createOsakaCommon(CHAIN_ID));
}

/** Runs one post entry through the rules of a transaction, with data price 0. */
export async function runStateTest(
  executor: EvmExecutor,
  test: StateTest,
  post: StateTestPost,
): Promise<StateTestOutcome> {
  const view = openPreState(test);
  executor.reset(() => view);
  const raw = hexToBytes(post.txbytes);
  const environment = environmentOf(test);
  let logs: readonly Log[] = [];
  try {
    const transaction = decodeTransaction(raw, CHAIN_ID);
    const result = await processTransaction(executor, messageOfSigned(transaction, environment), {
      environment,
      block: toEvmBlock(environment, blobBaseFee(test)),
      chainId: CHAIN_ID,
      availableGas: environment.gasLimit,
      isSimulation: false,
      observer: undefined,
    });
    if (result.kind === "skipped" && post.expectException === undefined)
      return { kind: "failed", why: `skipped: ${JSON.stringify(result.reason, printBigint)}` };
    if (result.kind === "executed" && post.expectException !== undefined)
      return { kind: "failed", why: `expected ${post.expectException}` };
    if (result.kind === "executed" && result.error === undefined) logs = result.logs;
  } catch (error) {
    if (!(error instanceof InvalidTransactionError)) throw error;
    if (post.expectException === undefined) {
      return raw[0] === 3 ? { kind: "not-applicable" } : { kind: "failed", why: `rejected: ${error.message}` };
    }
  }
  const { root } = view.advance(executor.state.changes());
  if (root !== post.hash) return { kind: "failed", why: `state root ${root}, expected ${post.hash}` };
  const logsRlp = keccak256(
    RLP.encode(logs.map(({ address, topics, data }) => [hexToBytes(address), topics.map(hexToBytes), data])),
  );
  if (logsRlp !== post.logs) return { kind: "failed", why: `logs ${logsRlp}, expected ${post.logs}` };
  return { kind: "passed" };
}

function openPreState({ pre }: StateTest) {
  const database = createMemoryStateDatabase();
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

function environmentOf({ env }: StateTest): BlockEnvironment {
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

/** EIP-4844's fake exponential of the excess blob gas. */
function blobBaseFee({ env, config }: StateTest): bigint {
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

function word(value: Hex): Hash {
  return bytesToHex(bigintToBytes32(BigInt(value)));
}

function printBigint(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
