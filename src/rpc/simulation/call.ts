import type {
  AccountOverride,
  BlockEnvironment,
  CallOutcome,
  CallRequest,
  ExecutionObserver,
} from "../../chain/index.ts";
import { TRANSACTION_GAS_CAP } from "../../chain/index.ts";
import type { Chain } from "../../node/index.ts";
import { bytesToHex, equalBytes, ZERO_ADDRESS, type Address } from "../../primitives/index.ts";
import type { StateView } from "../chain-view.ts";
import type { BlockOverrides, CallParameter, StateOverrides } from "../parameters/index.ts";
import { invalidParams, RPC_ERROR, rejected, RpcError } from "../protocol/index.ts";
import { revertReason } from "./revert-reason.ts";

/** A call as asked for, and all it is to see. */
export interface Simulation {
  readonly call: CallParameter;
  readonly view: StateView;
  readonly stateOverrides: StateOverrides;
  readonly blockOverrides: BlockOverrides;
}

export type Overrides = ReadonlyMap<Address, AccountOverride>;

/** Runs a simulation with at most `gasLimit` gas. Throws {@link RpcError} for one that could not be a transaction. */
export async function simulate(
  chain: Chain,
  simulation: Simulation,
  { gasLimit, observer }: { readonly gasLimit: bigint; readonly observer?: ExecutionObserver },
): Promise<CallOutcome> {
  const request = await prepareCall(chain, simulation, gasLimit);
  return runCall(chain, simulation, request, observer);
}

export async function runCall(
  chain: Chain,
  simulation: Simulation,
  request: CallRequest,
  observer?: ExecutionObserver,
): Promise<CallOutcome> {
  const stateOverrides = toOverrides(simulation.stateOverrides);
  return chain.engine.call(request, {
    at: simulation.view.header,
    environment: environmentOf(simulation),
    ...(stateOverrides === undefined ? {} : { stateOverrides }),
    ...(observer === undefined ? {} : { observer }),
  });
}

/**
 * Checks a call object and turns it into what the engine runs. Gas left open is what the limit allows, and has to be paid
 * for in full if there is a gas price, as in go-ethereum; without one the call runs without fees.
 */
export async function prepareCall(chain: Chain, simulation: Simulation, gasLimit: bigint): Promise<CallRequest> {
  const { call } = simulation;
  const from = call.from ?? ZERO_ADDRESS;
  const value = call.value ?? 0n;
  checkChainId(call, BigInt(chain.config.genesis.chainId));
  const cap = gasLimit < TRANSACTION_GAS_CAP ? gasLimit : TRANSACTION_GAS_CAP;
  const { gasPrice, feeCap } = callFees(call, baseFeeOf(simulation));
  const gas = call.gas === undefined || call.gas > cap ? cap : call.gas;
  const balance = await balanceOf(chain, simulation, from);
  const required = gas * feeCap + value;
  if (balance < required) {
    throw rejected(`insufficient funds for gas * price + value: address ${from} have ${balance} want ${required}`);
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
    ...(call.authorizationList === undefined
      ? {}
      : {
          authorizationList: call.authorizationList.map(({ yParity, v, nonce, ...rest }) => ({
            ...rest,
            nonce,
            yParity: Number(yParity ?? v ?? 0n),
          })),
        }),
  };
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

function checkChainId({ chainId }: CallParameter, have: bigint): void {
  if (chainId !== undefined && chainId !== have) {
    throw rejected(`chainId does not match node's (have=${chainId}, want=${have})`);
  }
}

/** Balance of an account as the simulation sees it. */
export async function balanceOf(chain: Chain, { view, stateOverrides }: Simulation, account: Address): Promise<bigint> {
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
  const { number, time, gasLimit } = blockOverrides;
  const coinbase = blockOverrides.feeRecipient ?? blockOverrides.coinbase;
  const prevRandao = blockOverrides.prevRandao ?? blockOverrides.random;
  const baseFeePerGas = blockOverrides.baseFeePerGas ?? blockOverrides.baseFee;
  return {
    ...environment,
    ...(number === undefined ? {} : { number: safeNumber(number, "number") }),
    ...(time === undefined ? {} : { timestamp: safeNumber(time, "time") }),
    ...(gasLimit === undefined ? {} : { gasLimit }),
    ...(coinbase === undefined ? {} : { coinbase }),
    ...(prevRandao === undefined ? {} : { prevRandao }),
    ...(baseFeePerGas === undefined ? {} : { baseFeePerGas }),
  };
}

function safeNumber(value: bigint, field: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw invalidParams(`expected ${field} of block overrides below 2^53, got ${value}`);
  return Number(value);
}

export function baseFeeOf(simulation: Simulation): bigint {
  return environmentOf(simulation).baseFeePerGas ?? simulation.view.header.baseFeePerGas;
}

function toOverrides(overrides: StateOverrides): Overrides | undefined {
  if (overrides === undefined) return undefined;
  const result = new Map<Address, AccountOverride>();
  for (const [account, { balance, nonce, code, state, stateDiff }] of overrides) {
    if (state !== undefined && stateDiff !== undefined)
      throw invalidParams(`account ${account} has both 'state' and 'stateDiff'`);
    result.set(account, {
      ...(balance === undefined ? {} : { balance }),
      ...(nonce === undefined ? {} : { nonce }),
      ...(code === undefined ? {} : { code }),
      ...(state === undefined ? {} : { state }),
      ...(stateDiff === undefined ? {} : { stateDiff }),
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
  if (outcome.kind === "halt") return rejected(outcome.error);
  const reason = revertReason(outcome.output);
  return new RpcError(
    RPC_ERROR.reverted,
    reason === undefined ? "execution reverted" : `execution reverted: ${reason}`,
    bytesToHex(outcome.output),
  );
}
