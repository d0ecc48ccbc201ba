import { machineEnvironmentOf, openPreState } from "../../../scripts/conformance/state-tests.ts";
import type { StateTest, StateTestPost } from "../../../scripts/conformance/state-tests.ts";
import { createMemoryStateDatabase } from "../../../src/ethereum/index.ts";
import { createMachine, rawSlice, createProver, createStateTries } from "../../../src/machine/index.ts";
import type { Environment, Prover } from "../../../src/machine/index.ts";
import { ZERO_HASH, appendLeaf, bigintToBytes32, bytesToHex, hexToBytes } from "../../../src/primitives/index.ts";
import type { Address, Hex } from "../../../src/primitives/index.ts";
import { CHAIN_ID, ETHER, GWEI, signRaw, wallet } from "../../execution/harness.ts";

/** Where the code of a program is. */
export const PROGRAM: Address = "0x00000000000000000000000000000000c0de0001";
export const SENDER = wallet(0);

/** The begin of the unit that runs one post entry of an official state test. */
export function beginStateTest(test: StateTest, post: StateTestPost): Prover {
  return begin(test.pre, hexToBytes(post.txbytes), machineEnvironmentOf(test), 0);
}

export interface ProgramOptions {
  readonly data?: Uint8Array;
  /** Gas limit of the transaction; all it can have unless said otherwise. */
  readonly gas?: number;
  /** Transactions that the block has included already. */
  readonly included?: number;
}

/** The begin of a transaction that calls `code`. */
export function beginProgram(
  code: Uint8Array,
  { data = new Uint8Array(), gas = 2 ** 24, included = 0 }: ProgramOptions = {},
): Prover {
  const pre: Record<Address, StateTest["pre"][Address]> = {
    [PROGRAM]: { nonce: "0x1", balance: "0x0", code: bytesToHex(code), storage: {} },
    [SENDER.address]: { nonce: "0x0", balance: hexOf(ETHER), code: "0x", storage: {} },
  };
  const raw = signRaw(SENDER, { to: PROGRAM, gasLimit: BigInt(gas), data, maxPriorityFeePerGas: 1n });
  const environment: Environment = {
    number: 100,
    timestamp: 1_700_000_000,
    coinbase: wallet(1).address,
    gasLimit: 60_000_000n,
    baseFee: GWEI / 2n,
    prevRandao: ZERO_HASH,
    chainId: BigInt(CHAIN_ID),
    blobBaseFee: 1n,
    dataPrice: 0n,
  };
  return begin(pre, raw, environment, included);
}

function begin(pre: StateTest["pre"], raw: Uint8Array, environment: Environment, included: number): Prover {
  const database = createMemoryStateDatabase();
  const view = openPreState({ pre }, database);
  const machine = createMachine({ environment, state: view, isProving: true });
  const { block } = machine;
  block.raw = rawSlice(raw);
  block.transactionCount = included;
  for (let leaf = 1; leaf <= included; leaf++) {
    block.transactions = appendLeaf(block.transactions, bytesToHex(bigintToBytes32(BigInt(leaf))));
    block.receipts = appendLeaf(block.receipts, bytesToHex(bigintToBytes32(BigInt(leaf + 1_000))));
  }
  return createProver({ machine, tries: createStateTries(database), stateRoot: view.root() });
}

function hexOf(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}

/** `iterations` < 2^24 rounds of 61 instructions: arithmetic, memory, keccak256 and storage in a mix as contracts have it. */
export function mixedLoop(iterations: number): Uint8Array {
  const loop = 4;
  const arithmetic = [0x80, 0x80, 0x02, 0x60, 7, 0x01, 0x81, 0x18, 0x60, 3, 0x1c, 0x50];
  return Uint8Array.from([
    ...[0x62, iterations >> 16, (iterations >> 8) & 255, iterations & 255],
    0x5b,
    // memory[0] = i; h = keccak256(memory[0..64]); memory[32] = h
    ...[0x80, 0x60, 0, 0x52, 0x60, 64, 0x60, 0, 0x20, 0x80, 0x60, 32, 0x52],
    // storage[0] += h
    ...[0x60, 0, 0x54, 0x01, 0x60, 0, 0x55],
    ...[...arithmetic, ...arithmetic, ...arithmetic, ...arithmetic],
    // i -= 1; again unless 0
    ...[0x60, 1, 0x90, 0x03, 0x80, 0x60, loop, 0x57, 0x00],
  ]);
}
