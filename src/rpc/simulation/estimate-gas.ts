import { setImmediate as nextTurn } from "node:timers/promises";
import { RLP } from "@ethereumjs/rlp";
import { calldataTokens, TRANSACTION_GAS_CAP } from "../../ethereum/index.ts";
import type { CallOutcome } from "../../execution/index.ts";
import type { ReadableChain } from "../../node/index.ts";
import { hexToBytes, ZERO_ADDRESS } from "../../primitives/index.ts";
import { dataGas, minimumBaseFee } from "../../rollup/index.ts";
import { nextEnvironment } from "../chain-view.ts";
import type { CallParameter } from "../parameters/call-parameter.ts";
import { rejected } from "../protocol/errors.ts";
import type { RpcError } from "../protocol/errors.ts";
import { balanceOf, callData, callError, callFees, environmentOf, prepareCall, runCall, TRANSFER_GAS } from "./call.ts";
import type { Simulation } from "./call.ts";

/** Gas a CALL with value gives to the callee on top (EIP-150's 63/64 rule hides it from gas used). */
const CALL_STIPEND = 2_300n;
/** The search ends when the bounds are this close: 1.5% of the upper, as in go-ethereum. */
const ERROR_RATIO_DIVISOR = 64n;

/** Until the transaction is included, the base fee may fall by an eighth so many times: without load in 82 seconds … */
const BASE_FEE_FALLS = 6;
/** … and a new L1 context may raise the data price by half. */
const PRICE_RISE = { numerator: 3n, denominator: 2n };

/**
 * Gas limit with which the call would succeed as a transaction in one of the next blocks: execution gas by binary search,
 * plus data gas (specification §4) of the largest raw transaction a wallet could make of it, at the worst base fee and
 * data price to be expected until it is included. What is not needed is not charged.
 */
export async function estimateGas(
  chain: ReadableChain,
  simulation: Simulation,
  { gasLimit, signal }: { readonly gasLimit: bigint; readonly signal: AbortSignal },
): Promise<bigint> {
  const pending = simulation.view.pending ?? (await nextEnvironment(chain, simulation.view.header));
  // Blocks may share a second, and the transaction may run in a later one: contracts that accrue by time (interest, price
  // accumulators) need more gas as soon as any has passed.
  const next = { ...pending, timestamp: Math.max(pending.timestamp, simulation.view.header.timestamp + 1) };
  const inNextBlock: Simulation = { ...simulation, view: { ...simulation.view, pending: next } };
  const { call } = inNextBlock;
  const { baseFeePerGas = next.baseFeePerGas } = environmentOf(inNextBlock);
  const from = call.from ?? ZERO_ADDRESS;
  const value = call.value ?? 0n;
  const balance = await balanceOf(chain, inNextBlock, from);
  const { feeCap } = callFees(call, baseFeePerGas);

  const tokens = calldataTokens(largestTransaction(call, { chainId: BigInt(chain.config.genesis.chainId), balance }));
  const data = worstDataGas(tokens, next.dataPrice, baseFeePerGas);
  let limit = call.gas === undefined || call.gas < TRANSFER_GAS ? gasLimit : call.gas;
  if (limit > TRANSACTION_GAS_CAP) limit = TRANSACTION_GAS_CAP;
  if (balance < value)
    throw rejected(`insufficient funds for gas * price + value: address ${from} have ${balance} want ${value}`);
  if (feeCap > 0n) {
    if (value > 0n && balance === value)
      throw rejected(`insufficient funds for transfer: address ${from} have ${balance} want ${value} and fees`);
    const allowance = (balance - value) / feeCap;
    if (allowance < limit) limit = allowance;
  }
  if (limit < data + TRANSFER_GAS) throw exceedsAllowance(limit);

  // Fees are accounted for above; running without them keeps the search independent of the balance.
  const { gasPrice: _, maxFeePerGas: __, maxPriorityFeePerGas: ___, ...free } = call;
  const freeSimulation: Simulation = { ...inNextBlock, call: { ...free, gas: limit - data } as CallParameter };
  const request = await prepareCall(chain, freeSimulation, TRANSACTION_GAS_CAP);
  const attempt = async (gas: bigint): Promise<CallOutcome> => {
    // Each run may take a second; other work, and the timeout, get a turn between.
    await nextTurn();
    signal.throwIfAborted();
    return runCall(chain, freeSimulation, { ...request, gas });
  };

  if (await isPlainTransfer(chain, inNextBlock)) {
    const outcome = await attempt(TRANSFER_GAS);
    if (outcome.kind === "success") return TRANSFER_GAS + data;
  }
  return (await searchGas(attempt, limit - data, limit)) + data;
}

/** Smallest gas (within the error ratio) at which `attempt` succeeds. Throws what it fails with at `highest`. */
async function searchGas(
  attempt: (gas: bigint) => Promise<CallOutcome>,
  highest: bigint,
  allowance: bigint,
): Promise<bigint> {
  const best = await attempt(highest);
  if (best.kind !== "success") {
    throw best.kind !== "revert" && /out of gas|intrinsic gas/i.test(best.error)
      ? exceedsAllowance(allowance)
      : callError(best);
  }
  let low = best.gasUsed - 1n;
  let high = highest;
  // Most calls need little more than they use: one guess saves most of the search.
  const guess = ((best.gasUsed + CALL_STIPEND) * 64n) / 63n;
  if (guess < high) {
    if ((await attempt(guess)).kind === "success") high = guess;
    else low = guess;
  }
  while (low + 1n < high && (high - low) * ERROR_RATIO_DIVISOR > high) {
    const middle = (low + high) / 2n;
    // Gas needed is rarely far above gas used, so lean towards the lower bound.
    const gas = middle > low * 2n ? low * 2n : middle;
    if ((await attempt(gas)).kind === "success") high = gas;
    else low = gas;
  }
  return high;
}

async function isPlainTransfer(chain: ReadableChain, { call, view, stateOverrides }: Simulation): Promise<boolean> {
  const { to } = call;
  if (to === undefined || callData(call).length > 0) return false;
  if ((call.accessList ?? []).length > 0 || (call.authorizationList ?? []).length > 0) return false;
  const code = stateOverrides?.get(to)?.code ?? (await chain.engine.getCode(view.header.stateRoot, to));
  return code.length === 0;
}

/** Data gas at the lowest base fee and highest data price to be expected. Never above 64 gas a token: see the floor in §4. */
function worstDataGas(tokens: bigint, price: bigint, baseFee: bigint): bigint {
  if (price === 0n) return 0n;
  const worstPrice = (price * PRICE_RISE.numerator) / PRICE_RISE.denominator;
  let worstBaseFee = baseFee;
  for (let fall = 0; fall < BASE_FEE_FALLS; fall++) worstBaseFee -= worstBaseFee / 8n;
  const floor = minimumBaseFee(worstPrice);
  return dataGas(tokens, worstPrice, worstBaseFee > floor ? worstBaseFee : floor);
}

/**
 * Raw bytes no shorter, and of no fewer tokens, than those of any transaction a wallet would sign for this call: what
 * the call leaves open is filled with as many non-zero bytes as it may take.
 */
function largestTransaction(
  call: CallParameter,
  { chainId, balance }: { readonly chainId: bigint; readonly balance: bigint },
): Uint8Array {
  const full = (length: number): Uint8Array => new Uint8Array(length).fill(0xff);
  const given = (value: bigint | undefined, length: number): Uint8Array =>
    full(Math.max(length, value === undefined ? 0 : byteLength(value)));
  const price = call.gasPrice ?? call.maxFeePerGas;
  return Buffer.concat([
    full(1),
    RLP.encode([
      given(chainId, 1),
      given(call.nonce, 3),
      given(call.maxPriorityFeePerGas ?? price, 6),
      given(price, 6),
      full(4),
      call.to === undefined ? new Uint8Array() : hexToBytes(call.to),
      // Who empties an account estimates with another value than is sent in the end.
      given(call.value, byteLength(balance)),
      callData(call),
      (call.accessList ?? []).map(({ address, storageKeys = [] }) => [
        hexToBytes(address),
        storageKeys.map(hexToBytes),
      ]),
      (call.authorizationList ?? []).map((item) => [
        given(item.chainId, 1),
        hexToBytes(item.address),
        given(item.nonce, 1),
        full(1),
        full(32),
        full(32),
      ]),
      full(1),
      full(32),
      full(32),
    ]),
  ]);
}

function byteLength(value: bigint): number {
  return value === 0n ? 0 : Math.ceil(value.toString(16).length / 2);
}

function exceedsAllowance(allowance: bigint): RpcError {
  return rejected(`gas required exceeds allowance (${allowance})`);
}
