import { createAddressFromString } from "@ethereumjs/util";
import { createExecutingCommon } from "../../src/reference/osaka-common.ts";
import {
  EMPTY_ACCOUNT,
  EMPTY_CODE_HASH_HEX,
  EMPTY_TRIE_ROOT,
  createMemoryStateDatabase,
  openStateView,
  withoutLeadingZeros,
} from "../../src/ethereum/index.ts";
import type { AccountRecord, Log, StateView } from "../../src/ethereum/index.ts";
import { createMachine, step } from "../../src/machine/driver.ts";
import { beginFrame } from "../../src/machine/frame.ts";
import { runFrames } from "../../src/machine/frames.ts";
import type { Machine, TransactionContext } from "../../src/machine/machine.ts";
import { Phase } from "../../src/machine/phase.ts";
import { prepareMachine } from "../../src/machine/precompiles.ts";
import { EMPTY_SLICE } from "../../src/machine/slice.ts";
import { markJournal } from "../../src/machine/state-access.ts";
import { bigintToBytes32, bytesToBigint, bytesToHex, keccak256, keccak256Bytes } from "../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../src/primitives/index.ts";
import { createEvmExecutor, toEvmBlock } from "../../src/reference/evm-executor.ts";
import type { EvmExecutor } from "../../src/reference/evm-executor.ts";
import { CHAIN_ID } from "../execution/harness.ts";

export const CALLER: Address = `0x${"ca".repeat(20)}`;
const COINBASE: Address = `0x${"c0".repeat(20)}`;

export interface WorldAccount {
  readonly nonce?: bigint;
  readonly balance?: bigint;
  readonly code?: Uint8Array;
  readonly storage?: Readonly<Record<number, bigint>>;
}

/** State that a call runs on. The caller has ether. */
export type World = Readonly<Record<Address, WorldAccount>>;

export interface WorldCall {
  readonly to: Address;
  readonly gas: number;
  readonly value?: bigint;
  readonly data?: Uint8Array;
}

/** What a call from outside comes to. `state` has every account that exists and was touched. */
export interface Outcome {
  readonly isSuccess: boolean;
  readonly gasLeft: number;
  readonly output: Hex;
  readonly refund: number;
  readonly logs: readonly Log[];
  readonly state: Readonly<
    Record<Address, { nonce: bigint; balance: bigint; codeHash: Hash; slots: Record<Hash, bigint> }>
  >;
}

const ENVIRONMENT = {
  number: 1_000,
  timestamp: 1_800_000_000,
  coinbase: COINBASE,
  gasLimit: 60_000_000n,
  baseFeePerGas: 1n,
  prevRandao: `0x${"a5".repeat(32)}`,
  dataPrice: 0n,
} as const;

const CALLER_ACCOUNT: WorldAccount = { nonce: 1n, balance: 10n ** 20n };

export function slotKey(slot: number | bigint): Hash {
  return bytesToHex(bigintToBytes32(BigInt(slot)));
}

function openWorld(world: World): StateView {
  const accounts = new Map<Address, AccountRecord>();
  const storage = new Map<Address, { cleared: boolean; slots: Map<Hash, Uint8Array> }>();
  const codes = new Map<Hash, Uint8Array>();
  const all: World = { [CALLER]: CALLER_ACCOUNT, ...world };
  for (const [address, account] of Object.entries(all) as [Address, WorldAccount][]) {
    const { nonce = 0n, balance = 0n, code = new Uint8Array(), storage: slots = {} } = account;
    codes.set(keccak256(code), code);
    accounts.set(address, { ...EMPTY_ACCOUNT, nonce, balance, codeHash: keccak256Bytes(code) });
    const entries = Object.entries(slots).map(
      ([slot, value]) => [slotKey(Number(slot)), withoutLeadingZeros(bigintToBytes32(value))] as const,
    );
    storage.set(address, { cleared: false, slots: new Map(entries) });
  }
  const database = createMemoryStateDatabase();
  const { root, entries } = openStateView(database, bytesToHex(EMPTY_TRIE_ROOT)).advance({ accounts, storage, codes });
  void database.putMany(entries);
  return openStateView(database, root);
}

/** A machine at the `EnterFrame` of the outermost frame, caller and callee warm. */
export async function machineFor(world: World, call: WorldCall, isProving: boolean): Promise<Machine> {
  await prepareMachine();
  const machine = createMachine({
    environment: {
      ...ENVIRONMENT,
      baseFee: ENVIRONMENT.baseFeePerGas,
      chainId: BigInt(CHAIN_ID),
      blobBaseFee: 1n,
    },
    state: openWorld(world),
    isProving,
  });
  const { overlay } = machine;
  // Frames look at no more of it.
  machine.transaction = { sender: CALLER, gasPrice: 1n } as TransactionContext;
  for (const address of new Set([CALLER, call.to])) {
    overlay.writeAccount(address, { ...overlay.loadAccount(address), isWarm: true });
  }
  const delegation = overlay.account(call.to)?.delegation;
  if (delegation !== undefined && overlay.account(delegation) === undefined) {
    overlay.writeAccount(delegation, { ...overlay.loadAccount(delegation), isWarm: true });
  }
  const { data = new Uint8Array(), value = 0n } = call;
  beginFrame(
    machine,
    {
      parent: undefined,
      savedJournal: markJournal(machine),
      kind: 0xf1,
      isStatic: false,
      depth: 0,
      self: call.to,
      caller: CALLER,
      value,
      codeAddress: delegation ?? call.to,
      isDelegated: delegation !== undefined,
      input: data.length === 0 ? EMPTY_SLICE : { bytes: data, tree: undefined, offset: 0 },
      outOffset: 0,
      outLength: 0,
    },
    call.gas,
  );
  return machine;
}

export async function runFast(world: World, call: WorldCall): Promise<Outcome> {
  const machine = await machineFor(world, call, false);
  runFrames(machine);
  return outcomeOf(machine);
}

/** Step by step, with faults, loads and micro-steps. */
export async function runStepwise(world: World, call: WorldCall): Promise<Outcome> {
  const machine = await machineFor(world, call, true);
  while (machine.phase !== Phase.Settle) step(machine);
  return outcomeOf(machine);
}

function outcomeOf(machine: Machine): Outcome {
  const transaction = machine.transaction as TransactionContext;
  const state: Record<Address, Outcome["state"][Address] & object> = {};
  for (const item of machine.overlay.keys) {
    if (item.kind === 0) {
      const { nonce, balance, codeHash, isDestroyed } = item.entry;
      if (isDestroyed || (nonce === 0n && balance === 0n && codeHash === EMPTY_CODE_HASH_HEX)) continue;
      state[item.address] = { nonce, balance, codeHash, slots: {} };
    } else if (item.kind === 1) {
      const account = state[item.address];
      if (account !== undefined && item.entry.current !== 0n) account.slots[item.slot] = item.entry.current;
    }
  }
  const isSuccess = transaction.status === 1;
  return {
    isSuccess,
    gasLeft: transaction.gas,
    output: bytesToHex(machine.exit?.output.bytes ?? new Uint8Array()),
    refund: isSuccess ? machine.refund : 0,
    logs: machine.logs.map((log) => ({ ...log })),
    state,
  };
}

let executor: Promise<EvmExecutor> | undefined;

/** The same in ethereumjs. Of the state: the accounts and slots of `outcome`. */
export async function runReference(world: World, call: WorldCall, outcome: Outcome): Promise<Outcome> {
  const { evm, state, reset } = await (executor ??= createExecutingCommon(CHAIN_ID).then(createEvmExecutor));
  const view = openWorld(world);
  reset(() => view);
  for (const precompile of evm.precompiles.keys()) evm.journal.addAlwaysWarmAddress(precompile);
  for (const address of [CALLER, call.to]) evm.journal.addAlwaysWarmAddress(address);
  const { execResult } = await evm.runCall({
    block: toEvmBlock(ENVIRONMENT),
    gasPrice: 1n,
    caller: createAddressFromString(CALLER),
    to: createAddressFromString(call.to),
    gasLimit: BigInt(call.gas),
    value: call.value ?? 0n,
    data: call.data ?? new Uint8Array(),
    skipNonceIncrement: true,
  });
  for (const address of execResult.selfdestruct?.keys() ?? []) {
    if (execResult.createdAddresses?.has(address) === true) state.removeAccount(address);
  }
  const accounts: Record<Address, Outcome["state"][Address] & object> = {};
  for (const key of Object.keys(outcome.state)) {
    const address = key as Address;
    const account = state.account(address);
    if (account === undefined) continue;
    const slots: Record<Hash, bigint> = {};
    for (const slot of Object.keys(outcome.state[address]?.slots ?? {}) as Hash[]) {
      slots[slot] = bytesToBigint(state.slot(address, slot));
    }
    accounts[address] = {
      nonce: account.nonce,
      balance: account.balance,
      codeHash: bytesToHex(account.codeHash),
      slots,
    };
  }
  // Whatever else the reference has changed must be in the outcome, too.
  const changes = state.changes();
  for (const [address, account] of changes.accounts) {
    const isEmpty =
      account === undefined ||
      (account.nonce === 0n && account.balance === 0n && bytesToHex(account.codeHash) === EMPTY_CODE_HASH_HEX);
    if (isEmpty || accounts[address] !== undefined) continue;
    accounts[address] = {
      nonce: account.nonce,
      balance: account.balance,
      codeHash: bytesToHex(account.codeHash),
      slots: {},
    };
  }
  for (const [address, { slots }] of changes.storage) {
    const account = accounts[address];
    if (account === undefined) continue;
    for (const [slot, value] of slots) if (value.length > 0) account.slots[slot] = bytesToBigint(value);
  }
  const error = execResult.exceptionError?.error;
  const isSuccess = error === undefined;
  return {
    isSuccess,
    gasLeft: call.gas - Number(execResult.executionGasUsed),
    output: isSuccess || error === "revert" ? bytesToHex(execResult.returnValue) : "0x",
    refund: isSuccess ? Number(execResult.gasRefund ?? 0n) : 0,
    logs: (isSuccess ? (execResult.logs ?? []) : []).map(([address, topics, data]) => ({
      address: bytesToHex(address),
      topics: topics.map((topic) => bytesToHex(topic)),
      data,
    })),
    state: accounts,
  };
}
