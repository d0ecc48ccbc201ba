import type { EVM } from "@ethereumjs/evm";
import { createAddressFromString } from "@ethereumjs/util";
import {
  EMPTY_ACCOUNT,
  hasCode,
  authoritiesOf,
  delegationOf,
  recoverAuthority,
  FRAME_ERROR,
  EXISTING_AUTHORITY_REFUND,
  intrinsicGas,
  createAddress,
  MAX_NONCE,
  findInvalidity,
} from "../ethereum/index.ts";
import type { AuthorizationRequest, Log } from "../ethereum/index.ts";
import { observedState } from "../execution/index.ts";
import type { ProcessingContext, ProcessingResult, TransactionMessage } from "../execution/index.ts";
import { bytesToHex, concatBytes, equalBytes, hexToBytes } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";
import { frameError, observe, toEvmBlock } from "./evm-executor.ts";
import type { EvmExecutor, EvmObservation } from "./evm-executor.ts";

const MAX_REFUND_QUOTIENT = 5n;
const DELEGATION_PREFIX = Uint8Array.of(0xef, 0x01, 0x00);
const ZERO_ADDRESS_BYTES = new Uint8Array(20);

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
  const { sender, to, gasLimit, dataGas, value, data, gasPrice } = message;

  const account = state.account(sender) ?? EMPTY_ACCOUNT;
  const { intrinsic, floor } = intrinsicGas({
    isCreation: to === undefined,
    data,
    accessListAddresses: message.accessList.length,
    accessListSlots: message.accessList.reduce((sum, [, slots]) => sum + slots.length, 0),
    authorizations: message.authorizations.length,
  });
  const reason = findInvalidity({
    sender,
    account,
    hasForeignCode: hasCode(account) && delegationOf(state.code(sender)) === undefined,
    nonce: message.nonce,
    gasLimit,
    minimumGas: (intrinsic > floor ? intrinsic : floor) + dataGas,
    availableGas: context.availableGas,
    maxFeePerGas: message.maxFeePerGas,
    baseFee: context.environment.baseFeePerGas,
    value,
    initcodeLength: to === undefined ? data.length : 0,
    isSimulation: context.isSimulation,
    validatesFees: context.validatesFees,
  });
  if (reason !== undefined) return { kind: "skipped", reason };

  const { observer } = context;
  const { coinbase } = context.environment;
  observer?.onTransactionStart?.({
    from: sender,
    to,
    coinbase,
    authorities: authoritiesOf(message.authorizations),
    refundTo: undefined,
    state: observedState(state),
  });
  state.openCheckpoint();
  try {
    state.setAccount(sender, { ...account, nonce: account.nonce + 1n, balance: account.balance - gasLimit * gasPrice });
    const authorizationRefund = applyAuthorizations(executor, message.authorizations, context.chainId);
    if (observation !== undefined) observation.refund = authorizationRefund;

    const executed =
      observer === undefined && to !== undefined && isPlainTransfer(executor, to)
        ? transfer(executor, sender, to, value)
        : await runMessage(executor, message, context, gasLimit - dataGas - intrinsic);

    let gasUsed = intrinsic + executed.gasUsed;
    const maxGasUsed = (gasUsed > floor ? gasUsed : floor) + dataGas;
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
  message: TransactionMessage,
  { environment, blobBaseFee }: ProcessingContext,
  gasLimit: bigint,
): Promise<MessageOutcome> {
  const { sender, to, value, data, gasPrice, accessList } = message;
  const { journal } = evm;
  for (const precompile of precompileAddresses) journal.addAlwaysWarmAddress(precompile);
  journal.addAlwaysWarmAddress(sender);
  if (to !== undefined) journal.addAlwaysWarmAddress(to);
  journal.addAlwaysWarmAddress(environment.coinbase);
  for (const [address, slots] of accessList) {
    const unprefixed = bytesToHex(address).slice(2);
    journal.addAlwaysWarmAddress(unprefixed);
    for (const slot of slots) journal.addAlwaysWarmSlot(unprefixed, bytesToHex(slot).slice(2));
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
    error: execResult.exceptionError && frameError(execResult.exceptionError),
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
    if (account !== undefined && hasCode(account) && delegationOf(state.code(authority)) === undefined) continue;
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
