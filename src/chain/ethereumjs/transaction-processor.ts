import type { EVM } from "@ethereumjs/evm";
import { EVMError } from "@ethereumjs/evm";
import { RLP } from "@ethereumjs/rlp";
import { createAddressFromString } from "@ethereumjs/util";
import {
  bigintToBytes32,
  bytesToBigint,
  bytesToHex,
  concatBytes,
  equalBytes,
  hexToBytes,
  keccak256Bytes,
} from "../../primitives/index.ts";
import type { Address } from "../../primitives/index.ts";
import { EMPTY_ACCOUNT, hasCode, minimalBytes } from "../account.ts";
import { TRANSACTION_GAS_CAP } from "../constants.ts";
import type {
  AuthorizationRequest,
  BlockEnvironment,
  ExecutionObserver,
  ObservedState,
  SkipReason,
} from "../execution-engine.ts";
import { dataGas as dataGasOf } from "../fees.ts";
import { EXISTING_AUTHORITY_REFUND, intrinsicGas } from "../intrinsic-gas.ts";
import { decodeAuthorization, recoverAuthority } from "../authorization.ts";
import type { SignedTransaction } from "../signed-transaction.ts";
import type { Log } from "../types.ts";
import type { EvmBlock, EvmExecutor } from "./evm-executor.ts";
import type { JournaledState } from "./journaled-state.ts";

/** What the rules of a transaction need to know of it, signed or not. */
export interface TransactionMessage {
  readonly sender: Address;
  /** Undefined creates a contract. */
  readonly to: Address | undefined;
  /** Undefined takes the sender's current one. */
  readonly nonce: bigint | undefined;
  /** Data gas included. */
  readonly gasLimit: bigint;
  /** Data gas (specification §4). */
  readonly dataGas: bigint;
  readonly value: bigint;
  readonly data: Uint8Array;
  /** Wei per gas the sender must be able to afford. */
  readonly maxFeePerGas: bigint;
  /** Wei per gas the sender pays. */
  readonly gasPrice: bigint;
  /** Wei per gas of `gasPrice` that the coinbase gets. */
  readonly tip: bigint;
  readonly accessList: readonly (readonly [address: Uint8Array, slots: readonly Uint8Array[]])[];
  readonly authorizations: readonly AuthorizationRequest[];
}

export interface ProcessingContext {
  readonly environment: BlockEnvironment;
  readonly block: EvmBlock;
  readonly chainId: number;
  /** Gas the block has left. */
  readonly availableGas: bigint;
  /**
   * Nobody signed this and nothing of it is kept: the sender may have code (EIP-3607), gas may exceed the cap (EIP-7825),
   * and a gas price of 0 runs without fees.
   */
  readonly isSimulation: boolean;
  /** Sees the transaction; its EVM callbacks are attached already (`observe`). */
  readonly observer: ExecutionObserver | undefined;
}

export type ProcessingResult =
  | { readonly kind: "skipped"; readonly reason: SkipReason }
  | {
      readonly kind: "executed";
      /** Undefined on success, else why the outermost frame failed. */
      readonly error: string | undefined;
      readonly isRevert: boolean;
      /** Data gas included. */
      readonly gasUsed: bigint;
      readonly output: Uint8Array;
      readonly logs: readonly Log[];
      readonly contractAddress: Address | undefined;
      /** The sender's nonce before. */
      readonly nonce: bigint;
    };

const MAX_NONCE = 2n ** 64n - 1n;
const MAX_REFUND_QUOTIENT = 5n;
const DELEGATION_PREFIX = Uint8Array.of(0xef, 0x01, 0x00);
const DELEGATION_LENGTH = 23;
const ZERO_ADDRESS_BYTES = new Uint8Array(20);

/** The message of a signed transaction at the prices of a block. */
export function messageOfSigned(transaction: SignedTransaction, environment: BlockEnvironment): TransactionMessage {
  const { inner, maxFeePerGas, maxPriorityFeePerGas } = transaction;
  const { baseFeePerGas, dataPrice } = environment;
  const room = maxFeePerGas - baseFeePerGas;
  const tip = room < maxPriorityFeePerGas ? room : maxPriorityFeePerGas;
  return {
    sender: transaction.sender,
    to: inner.to === undefined ? undefined : bytesToHex(inner.to.bytes),
    nonce: transaction.nonce,
    gasLimit: transaction.gasLimit,
    dataGas: dataPrice === 0n ? 0n : dataGasOf(transaction.tokens, dataPrice, baseFeePerGas),
    value: transaction.value,
    data: inner.data,
    maxFeePerGas,
    gasPrice: baseFeePerGas + tip,
    tip,
    accessList: "accessList" in inner ? inner.accessList : [],
    authorizations: "authorizationList" in inner ? inner.authorizationList.map(decodeAuthorization) : [],
  };
}

/**
 * Runs a transaction under Osaka rules with data gas (specification §4), or says why it is invalid, in which case the state
 * is as before. Must not overlap with anything else on the same executor.
 */
export async function processTransaction(
  executor: EvmExecutor,
  message: TransactionMessage,
  context: ProcessingContext,
): Promise<ProcessingResult> {
  const { evm, state } = executor;
  const { sender, to, gasLimit, dataGas, value, data, gasPrice } = message;

  const account = state.account(sender) ?? EMPTY_ACCOUNT;
  const { intrinsic, floor } = intrinsicGas({
    isCreation: to === undefined,
    data,
    accessListAddresses: message.accessList.length,
    accessListSlots: message.accessList.reduce((sum, [, slots]) => sum + slots.length, 0),
    authorizations: message.authorizations.length,
  });
  const reason = findInvalidity(executor, message, context, intrinsic > floor ? intrinsic : floor);
  if (reason !== undefined) return { kind: "skipped", reason };

  const { observer } = context;
  const { coinbase } = context.environment;
  observer?.onTransactionStart?.({ from: sender, to, coinbase, state: observedState(state) });
  state.openCheckpoint();
  try {
    state.setAccount(sender, { ...account, nonce: account.nonce + 1n, balance: account.balance - gasLimit * gasPrice });
    const authorizationRefund = applyAuthorizations(executor, message.authorizations, context.chainId);

    const executed =
      observer === undefined && to !== undefined && isPlainTransfer(executor, to)
        ? transfer(executor, sender, to, value)
        : await runMessage(executor, message, context, gasLimit - dataGas - intrinsic);

    let gasUsed = intrinsic + executed.gasUsed;
    const refund = authorizationRefund + executed.refund;
    const maxRefund = gasUsed / MAX_REFUND_QUOTIENT;
    gasUsed -= refund < maxRefund ? refund : maxRefund;
    if (gasUsed < floor) gasUsed = floor;
    gasUsed += dataGas;

    state.addBalance(sender, (gasLimit - gasUsed) * gasPrice);
    state.addBalance(coinbase, message.tip * gasUsed);
    for (const address of executed.destroyed) state.removeAccount(address);
    state.commitCheckpoint();
    state.endTransaction();
    observer?.onTransactionEnd?.({ state: observedState(state) });
    return {
      kind: "executed",
      error: executed.error,
      isRevert: executed.error === EVMError.errorMessages.REVERT,
      gasUsed,
      output: executed.output,
      logs: executed.logs,
      contractAddress: to === undefined ? createAddress(sender, account.nonce) : undefined,
      nonce: account.nonce,
    };
  } finally {
    cleanUp(evm);
  }
}

function observedState(state: JournaledState): ObservedState {
  return {
    getAccount: (address) => {
      const account = state.account(address);
      return account === undefined
        ? undefined
        : { nonce: account.nonce, balance: account.balance, code: state.code(address) };
    },
    getStorageAt: (address, slot) => bytesToHex(bigintToBytes32(bytesToBigint(state.slot(address, slot)))),
  };
}

function cleanUp(evm: EVM): void {
  evm.journal.cleanJournal();
  evm.transientStorage.clear();
}

function findInvalidity(
  { state }: EvmExecutor,
  message: TransactionMessage,
  { environment, availableGas, isSimulation }: ProcessingContext,
  minimumGas: bigint,
): SkipReason | undefined {
  const { sender, nonce, gasLimit, dataGas, value, maxFeePerGas } = message;
  const account = state.account(sender) ?? EMPTY_ACCOUNT;
  if (gasLimit > TRANSACTION_GAS_CAP && !isSimulation) {
    return { kind: "invalid", message: `gas limit ${gasLimit} is above the cap of ${TRANSACTION_GAS_CAP} (EIP-7825)` };
  }
  const isFree = isSimulation && message.gasPrice === 0n;
  if (maxFeePerGas < environment.baseFeePerGas && !isFree) {
    return { kind: "fee-below-base-fee", maxFeePerGas, baseFee: environment.baseFeePerGas };
  }
  if (gasLimit < minimumGas + dataGas) return { kind: "gas-below-intrinsic", gasLimit, required: minimumGas + dataGas };
  if (gasLimit > availableGas) return { kind: "block-gas-exceeded", gasLimit, available: availableGas };
  if (nonce !== undefined && nonce < account.nonce)
    return { kind: "nonce-too-low", expected: account.nonce, actual: nonce };
  if (nonce !== undefined && nonce > account.nonce)
    return { kind: "nonce-too-high", expected: account.nonce, actual: nonce };
  if (account.nonce >= MAX_NONCE) return { kind: "invalid", message: `the nonce of ${sender} is exhausted (EIP-2681)` };
  if (!isSimulation && hasCode(account) && !isDelegation(state.code(sender)))
    return { kind: "sender-has-code", sender };
  const required = gasLimit * maxFeePerGas + value;
  if (account.balance < required) return { kind: "insufficient-funds", balance: account.balance, required };
  return undefined;
}

interface MessageOutcome {
  readonly gasUsed: bigint;
  readonly refund: bigint;
  readonly error: string | undefined;
  readonly output: Uint8Array;
  readonly logs: readonly Log[];
  readonly destroyed: readonly Address[];
}

const NO_BYTES = new Uint8Array();

/** Whether a call of `to` runs nothing, so that only the value moves. */
function isPlainTransfer({ evm, state }: EvmExecutor, to: Address): boolean {
  const account = state.account(to);
  return (account === undefined || !hasCode(account)) && !evm.precompiles.has(to.slice(2));
}

function transfer({ state }: EvmExecutor, sender: Address, to: Address, value: bigint): MessageOutcome {
  state.addBalance(sender, -value);
  state.addBalance(to, value);
  return { gasUsed: 0n, refund: 0n, error: undefined, output: NO_BYTES, logs: [], destroyed: [] };
}

async function runMessage(
  { evm }: EvmExecutor,
  message: TransactionMessage,
  { environment, block }: ProcessingContext,
  gasLimit: bigint,
): Promise<MessageOutcome> {
  const { sender, to, value, data, gasPrice, accessList } = message;
  const { journal } = evm;
  for (const precompile of evm.precompiles.keys()) journal.addAlwaysWarmAddress(precompile);
  journal.addAlwaysWarmAddress(sender);
  if (to !== undefined) journal.addAlwaysWarmAddress(to);
  journal.addAlwaysWarmAddress(environment.coinbase);
  for (const [address, slots] of accessList) {
    const unprefixed = bytesToHex(address).slice(2);
    journal.addAlwaysWarmAddress(unprefixed);
    for (const slot of slots) journal.addAlwaysWarmSlot(unprefixed, bytesToHex(slot).slice(2));
  }

  const { execResult } = await evm.runCall({
    block,
    gasPrice,
    caller: createAddressFromString(sender),
    gasLimit,
    ...(to === undefined ? {} : { to: createAddressFromString(to) }),
    value,
    data,
    skipNonceIncrement: true,
  });

  const destroyed: Address[] = [];
  for (const address of execResult.selfdestruct?.keys() ?? []) {
    // EIP-6780: only what the same transaction created.
    if (execResult.createdAddresses?.has(address) === true) destroyed.push(address);
  }
  return {
    gasUsed: execResult.executionGasUsed,
    refund: execResult.gasRefund ?? 0n,
    error: execResult.exceptionError?.error,
    output: execResult.returnValue,
    logs: (execResult.logs ?? []).map(([address, topics, logData]) => ({
      address: bytesToHex(address),
      topics: topics.map((topic) => bytesToHex(topic)),
      data: logData,
    })),
    destroyed,
  };
}

/** Sets the delegations of EIP-7702 authorizations; invalid ones are passed over. Returns the gas refund. */
function applyAuthorizations(
  { evm, state }: EvmExecutor,
  authorizations: readonly AuthorizationRequest[],
  chainId: number,
): bigint {
  let refund = 0n;
  for (const authorization of authorizations) {
    const { nonce, address } = authorization;
    if (authorization.chainId !== 0n && authorization.chainId !== BigInt(chainId)) continue;
    if (nonce >= MAX_NONCE) continue;
    const authority = recoverAuthority(authorization);
    if (authority === undefined) continue;
    evm.journal.addAlwaysWarmAddress(authority);
    const account = state.account(authority);
    if (account !== undefined && hasCode(account) && !isDelegation(state.code(authority))) continue;
    if ((account?.nonce ?? 0n) !== nonce) continue;
    if (account !== undefined) refund += EXISTING_AUTHORITY_REFUND;
    const target = hexToBytes(address);
    state.setCode(
      authority,
      equalBytes(target, ZERO_ADDRESS_BYTES) ? NO_BYTES : concatBytes([DELEGATION_PREFIX, target]),
    );
    const updated = state.account(authority) ?? EMPTY_ACCOUNT;
    state.setAccount(authority, { ...updated, nonce: updated.nonce + 1n });
  }
  return refund;
}

function isDelegation(code: Uint8Array): boolean {
  return code.length === DELEGATION_LENGTH && equalBytes(code.subarray(0, 3), DELEGATION_PREFIX);
}

/** Address of the contract a CREATE by `sender` with `nonce` makes. */
export function createAddress(sender: Address, nonce: bigint): Address {
  return bytesToHex(keccak256Bytes(RLP.encode([hexToBytes(sender), minimalBytes(nonce)])).subarray(12));
}
