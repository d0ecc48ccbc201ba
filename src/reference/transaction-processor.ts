import type { EVM } from "@ethereumjs/evm";
import { createAddressFromString } from "@ethereumjs/util";
import {
  EMPTY_ACCOUNT,
  EXISTING_AUTHORITY_REFUND,
  FRAME_ERROR,
  MAX_NONCE,
  createAddress,
  delegationOf,
  delegationTo,
  hasCode,
} from "../ethereum/index.ts";
import type { Log } from "../ethereum/index.ts";
import { observedState } from "../execution/index.ts";
import type { ProcessingContext, ProcessingResult, TransactionMessage } from "../execution/index.ts";
import { ZERO_ADDRESS, bytesToHex } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";
import { frameError, observe, toEvmBlock } from "./evm-executor.ts";
import type { EvmExecutor, EvmObservation } from "./evm-executor.ts";
import { findSkipReason, readTransaction } from "./reference-transaction.ts";
import type { ReferenceTransaction } from "./reference-transaction.ts";

const MAX_REFUND_QUOTIENT = 5n;

/**
 * Runs a transaction under Osaka rules with data gas (specification §4), or says why it is invalid, in which case the state
 * is as before. Must not overlap with anything else on the same executor.
 */
export async function processTransaction(
  executor: EvmExecutor,
  message: TransactionMessage,
  context: ProcessingContext,
): Promise<ProcessingResult> {
  const { observer } = context;
  executor.usePrecompiles(context.precompiles);
  const observation = observer === undefined ? undefined : observe(executor, observer);
  try {
    return await run(executor, message, context, observation);
  } finally {
    observation?.stop();
  }
}

async function run(
  executor: EvmExecutor,
  message: TransactionMessage,
  context: ProcessingContext,
  observation: EvmObservation | undefined,
): Promise<ProcessingResult> {
  const { evm, state } = executor;
  const read = readTransaction(message, context);
  if (read === undefined)
    return { kind: "skipped", reason: { kind: "invalid", message: "ethereumjs does not decode the transaction" } };
  const { sender, to, gasLimit, value, intrinsic, floor } = read;
  const { dataGas } = message;

  const account = state.account(sender) ?? EMPTY_ACCOUNT;
  const reason = findSkipReason(read, message, context, state);
  if (reason !== undefined) return { kind: "skipped", reason };
  const { gasPrice, tip } = read.pricesAt(context.environment.baseFeePerGas);

  const { observer } = context;
  const { coinbase } = context.environment;
  observer?.onTransactionStart?.({
    from: sender,
    to,
    coinbase,
    authorities: read.authorizations.flatMap(({ authority }) => authority ?? []),
    refundTo: undefined,
    state: observedState(state),
  });
  state.openCheckpoint();
  try {
    state.setAccount(sender, { ...account, nonce: account.nonce + 1n, balance: account.balance - gasLimit * gasPrice });
    const authorizationRefund = applyAuthorizations(executor, read.authorizations, context.chainId);
    if (observation !== undefined) observation.refund = authorizationRefund;

    const executed =
      observer === undefined && to !== undefined && isPlainTransfer(executor, to)
        ? transfer(executor, sender, to, value)
        : await runMessage(executor, { ...read, gasPrice }, context, gasLimit - dataGas - intrinsic);

    let gasUsed = intrinsic + executed.gasUsed;
    const maxGasUsed = (gasUsed > floor ? gasUsed : floor) + dataGas;
    const refund = authorizationRefund + executed.refund;
    const maxRefund = gasUsed / MAX_REFUND_QUOTIENT;
    gasUsed -= refund < maxRefund ? refund : maxRefund;
    if (gasUsed < floor) gasUsed = floor;
    gasUsed += dataGas;

    state.addBalance(sender, (gasLimit - gasUsed) * gasPrice);
    state.addBalance(coinbase, tip * gasUsed);
    for (const address of executed.destroyed) state.removeAccount(address);
    state.commitCheckpoint();
    state.endTransaction();
    observer?.onTransactionEnd?.({ state: observedState(state) });
    return {
      kind: "executed",
      error: executed.error,
      isRevert: executed.error === FRAME_ERROR.reverted,
      gasUsed,
      maxGasUsed,
      output: executed.output,
      logs: executed.logs,
      contractAddress: to === undefined ? createAddress(sender, account.nonce) : undefined,
      nonce: account.nonce,
    };
  } finally {
    cleanUp(evm);
  }
}

function cleanUp(evm: EVM): void {
  evm.journal.cleanJournal();
  evm.transientStorage.clear();
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
  { evm, precompileAddresses }: EvmExecutor,
  message: ReferenceTransaction & { readonly gasPrice: bigint },
  { environment, blobBaseFee }: ProcessingContext,
  gasLimit: bigint,
): Promise<MessageOutcome> {
  const { sender, to, value, data, gasPrice, accessList } = message;
  const { journal } = evm;
  for (const precompile of precompileAddresses) journal.addAlwaysWarmAddress(precompile);
  journal.addAlwaysWarmAddress(sender);
  if (to !== undefined) journal.addAlwaysWarmAddress(to);
  journal.addAlwaysWarmAddress(environment.coinbase);
  for (const { address, storageKeys } of accessList) {
    const unprefixed = address.slice(2);
    journal.addAlwaysWarmAddress(unprefixed);
    for (const key of storageKeys) journal.addAlwaysWarmSlot(unprefixed, key.slice(2));
  }

  const { execResult } = await evm.runCall({
    block: toEvmBlock(environment, blobBaseFee),
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
    error: execResult.exceptionError && frameError(execResult.exceptionError, execResult.runState?.opCode),
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
  authorizations: ReferenceTransaction["authorizations"],
  chainId: number,
): bigint {
  let refund = 0n;
  for (const authorization of authorizations) {
    const { nonce, address, authority } = authorization;
    if (authorization.chainId !== 0n && authorization.chainId !== BigInt(chainId)) continue;
    if (nonce >= MAX_NONCE) continue;
    if (authority === undefined) continue;
    evm.journal.addAlwaysWarmAddress(authority);
    const account = state.account(authority);
    if (account !== undefined && hasCode(account) && delegationOf(state.code(authority)) === undefined) continue;
    if ((account?.nonce ?? 0n) !== nonce) continue;
    if (account !== undefined) refund += EXISTING_AUTHORITY_REFUND;
    state.setCode(authority, address === ZERO_ADDRESS ? NO_BYTES : delegationTo(address));
    const updated = state.account(authority) ?? EMPTY_ACCOUNT;
    state.setAccount(authority, { ...updated, nonce: updated.nonce + 1n });
  }
  return refund;
}
