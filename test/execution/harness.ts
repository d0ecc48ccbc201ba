import { createTx } from "@ethereumjs/tx";
import type { TypedTxData } from "@ethereumjs/tx";
import { privateToAddress } from "@ethereumjs/util";
import pino from "pino";
import { Registry } from "prom-client";
import { createMemoryStateDatabase, decodeTransaction } from "../../src/ethereum/index.ts";
import type { SignedTransaction, StateDatabase } from "../../src/ethereum/index.ts";
import type { BlockExecution, ExecutionEngine } from "../../src/execution/index.ts";
import { createOsakaCommon } from "../../src/reference/osaka-common.ts";
import { bigintToBytes32, bytesToHex, keccak256Bytes } from "../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../src/primitives/index.ts";
import { createGenesis, hashMessage, initializeState, loadPredeployCode } from "../../src/rollup/index.ts";
import type { Block, ContextMessage, DepositMessage, Genesis, Receipt } from "../../src/rollup/index.ts";
import { createTestEngine } from "../engine.ts";
import { L1_BRIDGES } from "../predeploys.ts";

export const CHAIN_ID = 4242;
export const ETHER = 10n ** 18n;
export const GWEI = 10n ** 9n;
export const GENESIS_TIMESTAMP = 1_700_000_000;

export interface Wallet {
  readonly privateKey: Uint8Array;
  readonly address: Address;
}

export function wallet(index: number): Wallet {
  const privateKey = keccak256Bytes(bigintToBytes32(BigInt(index) + 1_000n));
  return { privateKey, address: bytesToHex(privateToAddress(privateKey)) };
}

export function instruments() {
  return { logger: pino({ level: "silent" }), metrics: new Registry() };
}

/** Signs a transaction for the test chain; type 2 at 1 gwei and 100,000 gas unless said otherwise. */
export function sign(from: Wallet, fields: Partial<TypedTxData> & Record<string, unknown>): SignedTransaction {
  return decodeTransaction(signRaw(from, fields), CHAIN_ID);
}

export function signRaw(from: Wallet, fields: Partial<TypedTxData> & Record<string, unknown>): Uint8Array {
  const type = Number(fields["type"] ?? 2);
  const fees = type >= 2 ? { maxFeePerGas: GWEI, maxPriorityFeePerGas: 0n } : { gasPrice: GWEI };
  const common = createOsakaCommon(CHAIN_ID);
  return createTx({ nonce: 0n, gasLimit: 100_000n, ...fees, ...fields, type }, { common })
    .sign(from.privateKey)
    .serialize();
}

export interface TestChain {
  readonly genesis: Genesis;
  readonly state: StateDatabase;
  readonly engine: ExecutionEngine;
  latest(): Block;
  /** The child of the latest block, `seconds` after it; 2 by default. */
  open(seconds?: number): Promise<BlockExecution>;
  /** Opens a block, lets `fill` use it, seals it and makes it the latest. */
  block(fill?: (execution: BlockExecution) => Promise<void>, seconds?: number): Promise<Block>;
  /** A block with one transaction, which must be included. */
  include(transaction: SignedTransaction): Promise<Receipt>;
  deposit(fields: Partial<Omit<DepositMessage, "kind" | "hash">>): DepositMessage;
  context(fields: Partial<Omit<ContextMessage, "kind" | "hash">>): ContextMessage;
  balance(address: Address): Promise<bigint>;
  nonce(address: Address): Promise<bigint>;
  slot(address: Address, slot: bigint): Promise<bigint>;
}

export interface TestChainOptions {
  readonly balances?: Readonly<Record<Address, bigint>>;
  /** Unlimited in effect by default. */
  readonly gasPerSecond?: bigint;
  /** Runtime code by address. */
  readonly code?: Readonly<Record<Address, Hex>>;
  /** Slots and their values by address. */
  readonly storage?: Readonly<Record<Address, Readonly<Record<Hash, Hash>>>>;
}

export async function createTestChain(options: TestChainOptions = {}): Promise<TestChain> {
  const genesis = createGenesis({
    chainId: CHAIN_ID,
    timestamp: GENESIS_TIMESTAMP,
    gasPerSecond: options.gasPerSecond ?? 1_000_000_000n,
    feeRecipient: wallet(999).address,
    l1Bridges: L1_BRIDGES,
    predeployCode: await loadPredeployCode(),
    balances: options.balances ?? {},
  });
  for (const [address, storage] of Object.entries(options.storage ?? {})) {
    genesis.alloc[address as Address] = { ...genesis.alloc[address as Address], storage };
  }
  for (const [address, code] of Object.entries(options.code ?? {})) {
    genesis.alloc[address as Address] = { ...genesis.alloc[address as Address], nonce: 1, code };
  }
  const state = createMemoryStateDatabase();
  const engine = createTestEngine({ chainId: CHAIN_ID, state }, instruments());
  let latest = await initializeState(genesis, state);

  const open = (seconds = 2) => engine.openBlock(latest, { timestamp: latest.header.timestamp + seconds });
  const block: TestChain["block"] = async (fill, seconds) => {
    const execution = await open(seconds);
    await fill?.(execution);
    return (latest = await execution.seal());
  };
  const include = async (transaction: SignedTransaction) => {
    let receipt: Receipt | undefined;
    await block(async (execution) => {
      const outcome = await execution.executeTransaction(transaction);
      if (outcome.kind === "skipped") throw new Error(`skipped: ${outcome.reason.kind}`);
      receipt = outcome.receipt;
    });
    return receipt as Receipt;
  };
  const deposit: TestChain["deposit"] = (fields) => {
    const sender = fields.sender ?? wallet(0).address;
    const body = {
      kind: "deposit",
      index: latest.nextMessage,
      enqueuedAt: GENESIS_TIMESTAMP,
      sender,
      to: sender,
      mint: 0n,
      value: 0n,
      gasLimit: 0n,
      refundTo: sender,
      data: new Uint8Array(),
      ...fields,
    } as const;
    return { ...body, hash: hashMessage(body) };
  };
  const context: TestChain["context"] = (fields) => {
    const body = {
      kind: "context",
      index: latest.nextMessage,
      enqueuedAt: GENESIS_TIMESTAMP,
      number: 1,
      timestamp: GENESIS_TIMESTAMP,
      baseFee: GWEI,
      blobBaseFee: 1n,
      parentHash: hash(7),
      ...fields,
    } as const;
    return { ...body, hash: hashMessage(body) };
  };
  const root = () => latest.header.stateRoot;
  return {
    genesis,
    state,
    engine,
    latest: () => latest,
    open,
    block,
    include,
    deposit,
    context,
    balance: async (address) => (await engine.getAccount(root(), address))?.balance ?? 0n,
    nonce: async (address) => (await engine.getAccount(root(), address))?.nonce ?? 0n,
    slot: async (address, slot) => BigInt(await engine.getStorageAt(root(), address, hash(slot))),
  };
}

export function hash(value: bigint | number): Hash {
  return bytesToHex(bigintToBytes32(BigInt(value)));
}

/** An address without code or key, for recipients. */
export function account(index: number): Address {
  return `0x${(0xabc000000000000000000000000000000000000n + BigInt(index)).toString(16).padStart(40, "0")}`;
}

// Small programs, one instruction group a line.
export const PROGRAMS = {
  /** Reverts without data. */
  revert: "0x60006000fd",
  /** INVALID: takes all gas. */
  invalid: "0xfe",
  /** Stores CALLER in slot 0, ORIGIN in 1, CALLVALUE in 2 and GASPRICE in 3. */
  remember: "0x3360005532600155346002553a60035500",
  /** Logs its calldata under the topic CALLER. */
  log: "0x36600060003733366000a100",
  /** Destroys itself for the first calldata word. */
  selfDestruct: "0x600035ff",
  /** Stores BLOCKHASH of the first calldata word in slot 0. */
  blockHash: "0x6000354060005500",
  /** Stores 1 in slot 5 and reverts. */
  storeAndRevert: "0x600160055560006000fd",
  /** Adds 1 to slot 0 for every call. */
  count: "0x60005460010160005500",
} as const satisfies Record<string, Hex>;
