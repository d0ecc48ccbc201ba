import { TRANSACTION_GAS_CAP } from "../../ethereum/index.ts";
import type { Authorization } from "../../ethereum/index.ts";
import { InvalidOverrideError } from "../../execution/index.ts";
import type {
  AccountOverride,
  CallOutcome,
  CallRequest,
  ExecutionObserver,
  ReplayPoint,
  StateOverrides as EngineStateOverrides,
} from "../../execution/index.ts";
import type { ReadableChain } from "../../node/index.ts";
import { bytesToHex, equalBytes, ZERO_ADDRESS } from "../../primitives/index.ts";
import type { Address } from "../../primitives/index.ts";
import type { BlockEnvironment } from "../../rollup/index.ts";
import type { ViewedState } from "../chain-view.ts";
import type { BlockOverride, BlockOverrides, CallParameter, StateOverrides } from "../parameters/call-parameter.ts";
import { invalidParams, RPC_ERROR, rejected, RpcError } from "../protocol/errors.ts";
import { revertReason } from "./revert-reason.ts";

/** What no transaction can do with less of. */
export const TRANSFER_GAS = 21_000n;

/** A call as asked for, and all it is to see. */
export interface Simulation {
  readonly call: CallParameter;
  readonly view: ViewedState;
  /** In place of the state of `view`, the state before a transaction of its block. */
  readonly before?: ReplayPoint;
  readonly stateOverrides: StateOverrides;
  readonly blockOverrides: BlockOverrides;
}

/** Runs a simulation with at most `gasLimit` gas. Throws {@link RpcError} for one that could not be a transaction. */
export async function simulate(
  chain: ReadableChain,
  simulation: Simulation,
  { gasLimit, observer }: { readonly gasLimit: bigint; readonly observer?: ExecutionObserver },
): Promise<CallOutcome> {
  const request = await prepareCall(chain, simulation, gasLimit);
  return runCall(chain, simulation, request, observer);
}

export async function runCall(
  chain: ReadableChain,
  simulation: Simulation,
  request: CallRequest,
  observer?: ExecutionObserver,
): Promise<CallOutcome> {
  const stateOverrides = toStateOverrides(simulation.stateOverrides);
  const blobBaseFee = simulation.blockOverrides?.blobBaseFee;
  try {
    return await chain.engine.call(request, {
      at: simulation.view.header,
      environment: environmentOf(simulation),
      ...(simulation.before === undefined ? {} : { before: simulation.before }),
      ...(blobBaseFee === undefined ? {} : { blobBaseFee }),
      ...(stateOverrides === undefined ? {} : { stateOverrides }),
      ...(observer === undefined ? {} : { observer }),
    });
  } catch (error) {
    throw error instanceof InvalidOverrideError ? rejected(error.message) : error;
  }
}

/**
 * Checks a call object and turns it into what the engine runs. Gas left open is what the limit allows, and has to be paid
 * for in full if there is a gas price, as in go-ethereum; without one the call runs without fees.
 */
export async function prepareCall(
  chain: ReadableChain,
  simulation: Simulation,
  gasLimit: bigint,
): Promise<CallRequest> {
  const { call } = simulation;
  const from = call.from ?? ZERO_ADDRESS;
  const value = call.value ?? 0n;
  checkChainId(call, BigInt(chain.config.genesis.chainId));
  const cap = gasLimit < TRANSACTION_GAS_CAP ? gasLimit : TRANSACTION_GAS_CAP;
  const { gasPrice, feeCap } = callFees(call, baseFeeOf(simulation));
  const gas = call.gas === undefined || call.gas > cap ? cap : call.gas;
  // What an account has in the middle of a block only execution tells, which checks it by itself.
  if (simulation.before === undefined) {
    const balance = await balanceOf(chain, simulation, from);
    const required = gas * feeCap + value;
    if (balance < required) {
      throw rejected(`insufficient funds for gas * price + value: address ${from} have ${balance} want ${required}`);
    }
  }
  return {
    from,
    to: call.to,
    data: callData(call),
    value,
    gas,
    gasPrice,
    ...(call.accessList === undefined
      ? {}
      : {
          accessList: call.accessList.map(({ address, storageKeys }) => ({ address, storageKeys: storageKeys ?? [] })),
        }),
    ...(call.authorizationList === undefined ? {} : { authorizationList: authorizationsOf(call) }),
  };
}

export function authorizationsOf({ authorizationList = [] }: CallParameter): Authorization[] {
  return authorizationList.map(({ yParity, v, ...rest }) => ({ ...rest, yParity: Number(yParity ?? v ?? 0n) }));
}

export function callData({ data, input }: CallParameter): Uint8Array {
  if (data !== undefined && input !== undefined && !equalBytes(data, input)) {
    throw invalidParams(
      'both "data" and "input" are set and not equal. Please use "input" to pass transaction call data',
    );
  }
  return input ?? data ?? new Uint8Array();
}

/** Effective gas price and the most that may be paid, in wei per gas; 0 for a call that names no fees. */
export function callFees(call: CallParameter, baseFee: bigint): { readonly gasPrice: bigint; readonly feeCap: bigint } {
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = call;
  if (gasPrice !== undefined) {
    if (maxFeePerGas !== undefined || maxPriorityFeePerGas !== undefined) {
      throw invalidParams("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified");
    }
    if (gasPrice > 0n && gasPrice < baseFee) throw belowBaseFee(call, gasPrice, baseFee);
    return { gasPrice, feeCap: gasPrice };
  }
  const tip = maxPriorityFeePerGas ?? 0n;
  if (maxFeePerGas === undefined)
    return tip === 0n ? { gasPrice: 0n, feeCap: 0n } : { gasPrice: baseFee + tip, feeCap: baseFee + tip };
  if (tip > maxFeePerGas) {
    throw rejected(
      `max priority fee per gas higher than max fee per gas: address ${call.from ?? ZERO_ADDRESS}, maxPriorityFeePerGas: ${tip}, maxFeePerGas: ${maxFeePerGas}`,
    );
  }
  if (maxFeePerGas === 0n) return { gasPrice: 0n, feeCap: 0n };
  if (maxFeePerGas < baseFee) throw belowBaseFee(call, maxFeePerGas, baseFee);
  const price = baseFee + tip;
  return { gasPrice: price < maxFeePerGas ? price : maxFeePerGas, feeCap: maxFeePerGas };
}

function belowBaseFee(call: CallParameter, maxFeePerGas: bigint, baseFee: bigint): RpcError {
  return rejected(
    `max fee per gas less than block base fee: address ${call.from ?? ZERO_ADDRESS}, maxFeePerGas: ${maxFeePerGas}, baseFee: ${baseFee}`,
  );
}

export function checkChainId({ chainId }: CallParameter, have: bigint): void {
  if (chainId !== undefined && chainId !== have) {
    throw rejected(`chainId does not match node's (have=${chainId}, want=${have})`);
  }
}

/** Balance of an account as the simulation sees it. */
export async function balanceOf(
  chain: ReadableChain,
  { view, stateOverrides }: Simulation,
  account: Address,
): Promise<bigint> {
  return (
    stateOverrides?.get(account)?.balance ??
    (await chain.engine.getAccount(view.header.stateRoot, account))?.balance ??
    0n
  );
}

/** The environment of a simulation: of the pending block if asked for, then as overridden. */
export function environmentOf({ view, blockOverrides }: Simulation): Partial<BlockEnvironment> {
  const environment: Partial<BlockEnvironment> = view.pending ?? {};
  if (blockOverrides === undefined) return environment;
  return { ...environment, ...overriddenEnvironment(blockOverrides) };
}

/** The fields of a block's environment that are overridden. */
export function overriddenEnvironment({
  number,
  time,
  gasLimit,
  feeRecipient,
  prevRandao,
  baseFeePerGas,
}: BlockOverride): Partial<BlockEnvironment> {
  return {
    ...(number === undefined ? {} : { number }),
    ...(time === undefined ? {} : { timestamp: time }),
    ...(gasLimit === undefined ? {} : { gasLimit }),
    ...(feeRecipient === undefined ? {} : { coinbase: feeRecipient }),
    ...(prevRandao === undefined ? {} : { prevRandao }),
    ...(baseFeePerGas === undefined ? {} : { baseFeePerGas }),
  };
}

export function baseFeeOf(simulation: Simulation): bigint {
  return environmentOf(simulation).baseFeePerGas ?? simulation.view.header.baseFeePerGas;
}

/** Overrides as the engine takes them. Throws {@link RpcError} for an account with both kinds of storage. */
export function toStateOverrides(overrides: StateOverrides): EngineStateOverrides | undefined {
  if (overrides === undefined) return undefined;
  const result = new Map<Address, AccountOverride>();
  for (const [account, { balance, nonce, code, state, stateDiff, movePrecompileToAddress }] of overrides) {
    if (state !== undefined && stateDiff !== undefined)
      throw invalidParams(`account ${account} has both 'state' and 'stateDiff'`);
    result.set(account, {
      ...(balance === undefined ? {} : { balance }),
      ...(nonce === undefined ? {} : { nonce }),
      ...(code === undefined ? {} : { code }),
      ...(state === undefined ? {} : { state }),
      ...(stateDiff === undefined ? {} : { stateDiff }),
      ...(movePrecompileToAddress === undefined ? {} : { movePrecompileTo: movePrecompileToAddress }),
    });
  }
  return result;
}

/** What a successful call returned; otherwise the error go-ethereum gives: code 3 with data for a revert. */
export function outputOf(outcome: CallOutcome): Uint8Array {
  if (outcome.kind === "success") return outcome.output;
  throw callError(outcome);
}

export function callError(outcome: Exclude<CallOutcome, { kind: "success" }>): RpcError {
  if (outcome.kind !== "revert") return rejected(outcome.error);
  const reason = revertReason(outcome.output);
  return new RpcError(
    RPC_ERROR.reverted,
    reason === undefined ? "execution reverted" : `execution reverted: ${reason}`,
    bytesToHex(outcome.output),
  );
}
