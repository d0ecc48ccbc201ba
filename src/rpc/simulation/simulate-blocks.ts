import { setImmediate as nextTurn } from "node:timers/promises";
import { describeSkip, MAX_INITCODE_SIZE, MAX_NONCE, TRANSACTION_GAS_CAP } from "../../ethereum/index.ts";
import type { Log, SkipReason } from "../../ethereum/index.ts";
import { InvalidOverrideError } from "../../execution/index.ts";
import type { ProcessingResult, SimulatedBlock, Simulation, TransactionMessage } from "../../execution/index.ts";
import { bytesToHex, ZERO_ADDRESS } from "../../primitives/index.ts";
import type { Hash } from "../../primitives/index.ts";
import { dataGas } from "../../rollup/index.ts";
import type { Block, BlockEnvironment } from "../../rollup/index.ts";
import { formatBlock } from "../format/block.ts";
import { formatLog } from "../format/receipt.ts";
import { formatQuantity } from "../format/scalars.ts";
import type { TransactionDecoder } from "../format/transaction.ts";
import type { ReadingNode } from "../node.ts";
import type { BlockOverride, CallParameter } from "../parameters/call-parameter.ts";
import { SIMULATION_BLOCKS } from "../parameters/simulate-parameter.ts";
import type { SimulatePayload } from "../parameters/simulate-parameter.ts";
import { invalidParams, rejected, RPC_ERROR, RpcError } from "../protocol/errors.ts";
import {
  authorizationsOf,
  callData,
  callError,
  checkChainId,
  overriddenEnvironment,
  toStateOverrides,
} from "./call.ts";
import { createTransferObserver } from "./transfer-observer.ts";
import { toUnsignedTransaction } from "./unsigned-transaction.ts";

/** Seconds from one simulated block to the next, if nothing else is said. */
const BLOCK_TIME = 1;
/** What a log and a block take of an answer besides their data, in bytes; generous. */
const LOG_SIZE = 800;
const BLOCK_SIZE = 2_500;

type Payload = SimulatePayload;
type RequestedBlock = Payload["blockStateCalls"][number];

/** A block that is to be simulated: asked for, or one that fills a gap. */
interface PlannedBlock {
  readonly timestamp: number;
  readonly overrides: BlockOverride | undefined;
  readonly stateOverrides: RequestedBlock["stateOverrides"];
  readonly calls: readonly CallParameter[];
  /** Where it stands in the request, for errors. */
  readonly name: string;
}

interface Outcome {
  readonly hash: Hash;
  readonly result: Extract<ProcessingResult, { kind: "executed" }>;
  readonly logs: readonly Log[];
  readonly wasCapped: boolean;
}

/**
 * `eth_simulateV1` (execution-apis): blocks that build on each other, sealed by the rules of this chain's blocks. Throws
 * {@link RpcError} for the first call that could not be a transaction; one that fails is part of the answer.
 */
export async function simulateBlocks(
  { chain, limits, decode }: ReadingNode,
  base: Block,
  payload: Payload,
  signal: AbortSignal,
): Promise<object[]> {
  const planned = planBlocks(base, payload.blockStateCalls);
  const simulation = await chain.engine.simulate(base);
  const budget = { gas: limits.simulationGas, bytes: limits.responseBytes };
  const chainId = BigInt(chain.config.genesis.chainId);
  try {
    const results: object[] = [];
    for (const plan of planned) {
      await nextTurn();
      signal.throwIfAborted();
      const block = await openBlock(simulation, plan, payload);
      const outcomes: Outcome[] = [];
      for (const [index, call] of plan.calls.entries()) {
        if (index > 0) await nextTurn();
        signal.throwIfAborted();
        const outcome = await named(`${plan.name}.calls[${index}]`, () =>
          runCall(block, call, { payload, budget, chainId, decode }),
        );
        outcomes.push(outcome);
      }
      const sealed = await block.seal();
      spend(budget, BLOCK_SIZE);
      results.push(formatResult(sealed, outcomes, payload.returnFullTransactions ?? false, decode));
    }
    return results;
  } finally {
    simulation.close();
  }
}

/** The blocks asked for with the empty ones between them. */
function planBlocks(base: Block, requested: readonly RequestedBlock[]): PlannedBlock[] {
  if (requested.length === 0) throw invalidParams("empty input: expected blockStateCalls");
  const planned: PlannedBlock[] = [];
  let { number, timestamp } = base.header;
  for (const [index, { blockOverrides: overrides, stateOverrides, calls = [] }] of requested.entries()) {
    const wanted = overrides?.number ?? number + 1;
    if (wanted <= number)
      throw new RpcError(RPC_ERROR.blockNumberOrder, `block numbers must be in order: ${wanted} <= ${number}`);
    if (wanted - base.header.number > SIMULATION_BLOCKS)
      throw new RpcError(
        RPC_ERROR.simulationLimit,
        `too many blocks: ${wanted} is more than ${SIMULATION_BLOCKS} after ${base.header.number}`,
      );
    const name = `blockStateCalls[${index}]`;
    for (number++; number < wanted; number++) {
      timestamp += BLOCK_TIME;
      planned.push({ timestamp, overrides: undefined, stateOverrides: undefined, calls: [], name });
    }
    const time = overrides?.time ?? timestamp + BLOCK_TIME;
    // Blocks of this chain may share a second.
    if (time < timestamp)
      throw new RpcError(RPC_ERROR.blockTimeOrder, `block timestamps must be in order: ${time} < ${timestamp}`);
    timestamp = time;
    planned.push({ timestamp, overrides, stateOverrides, calls, name });
  }
  return planned;
}

async function openBlock(
  simulation: Simulation,
  { timestamp, overrides, stateOverrides }: PlannedBlock,
  { validation = false }: Payload,
): Promise<SimulatedBlock> {
  const free: Partial<BlockEnvironment> = validation ? {} : { baseFeePerGas: 0n, dataPrice: 0n };
  try {
    return await simulation.openBlock({
      timestamp,
      environment: { ...free, ...(overrides === undefined ? {} : overriddenEnvironment(overrides)) },
      blobBaseFee: overrides?.blobBaseFee,
      stateOverrides: toStateOverrides(stateOverrides),
    });
  } catch (error) {
    throw error instanceof InvalidOverrideError ? rejected(error.message) : error;
  }
}

interface CallContext {
  readonly payload: Payload;
  readonly budget: { gas: bigint; bytes: number };
  readonly chainId: bigint;
  readonly decode: TransactionDecoder;
}

async function runCall(block: SimulatedBlock, call: CallParameter, context: CallContext): Promise<Outcome> {
  const { payload, budget, chainId, decode } = context;
  const { validation = false, traceTransfers = false, returnFullTransactions = false } = payload;
  checkChainId(call, chainId);
  const sender = call.from ?? ZERO_ADDRESS;
  const { to, value = 0n } = call;
  const data = callData(call);
  const nonce = call.nonce ?? block.nonce(sender);
  if (nonce >= MAX_NONCE)
    throw new RpcError(RPC_ERROR.internal, `nonce has max value: address ${sender}, nonce: ${nonce}`);
  if (to === undefined && data.length > MAX_INITCODE_SIZE)
    throw new RpcError(
      RPC_ERROR.initcodeTooLong,
      `max initcode size exceeded: code size ${data.length} limit ${MAX_INITCODE_SIZE}`,
    );

  const { environment, gasUsed } = block;
  const left = environment.gasLimit - gasUsed;
  const wanted = call.gas ?? left;
  if (wanted > left)
    throw new RpcError(RPC_ERROR.blockGasExceeded, `block gas limit reached: remaining: ${left}, required: ${wanted}`);
  const gasLimit = [TRANSACTION_GAS_CAP, budget.gas].reduce((least, cap) => (cap < least ? cap : least), wanted);

  const transaction = toUnsignedTransaction(call, { chainId, nonce, to, gasLimit, value, data });
  if (returnFullTransactions) checkEncoding(transaction.raw, decode);
  const observed = traceTransfers ? createTransferObserver() : undefined;
  const message: TransactionMessage = {
    raw: undefined,
    sender,
    to,
    nonce: validation ? nonce : undefined,
    gasLimit,
    dataGas: dataGasOf(transaction.signedTokens, environment),
    value,
    data,
    ...feesOf(call, environment.baseFeePerGas),
    accessList: (call.accessList ?? []).map(({ address, storageKeys = [] }) => ({ address, storageKeys })),
    authorizations: authorizationsOf(call),
  };
  const result = await block.call({
    message,
    raw: transaction.raw,
    hash: transaction.hash,
    validatesFees: validation,
    ...(observed === undefined ? {} : { observer: observed.observer }),
  });
  if (result.kind === "skipped") throw new RpcError(skipCode(result.reason), describeSkip(result.reason));
  budget.gas -= result.gasUsed;
  const isSuccess = result.error === undefined;
  const logs = isSuccess ? (observed?.withTransfers(result.logs) ?? result.logs) : [];
  const logBytes = logs.reduce((sum, log) => sum + LOG_SIZE + 2 * log.data.length, 0);
  spend(
    budget,
    LOG_SIZE + 2 * result.output.length + logBytes + (returnFullTransactions ? 4 * transaction.raw.length : 0),
  );
  return { hash: transaction.hash, result, logs, wasCapped: gasLimit < wanted };
}

/** Gas a transaction of this chain pays for its data; none where a base fee of 0 pays for nothing. */
function dataGasOf(tokens: bigint, { dataPrice, baseFeePerGas }: BlockEnvironment): bigint {
  return dataPrice === 0n || baseFeePerGas === 0n ? 0n : dataGas(tokens, dataPrice, baseFeePerGas);
}

function feesOf(
  { from = ZERO_ADDRESS, gasPrice, maxFeePerGas = 0n, maxPriorityFeePerGas = 0n }: CallParameter,
  baseFee: bigint,
): Pick<TransactionMessage, "maxFeePerGas" | "gasPrice" | "tip"> {
  const feeCap = gasPrice ?? maxFeePerGas;
  const tipCap = gasPrice ?? maxPriorityFeePerGas;
  if (tipCap > feeCap)
    throw invalidParams(
      `max priority fee per gas higher than max fee per gas: address ${from}, maxPriorityFeePerGas: ${tipCap}, maxFeePerGas: ${feeCap}`,
    );
  const price = baseFee + tipCap < feeCap ? baseFee + tipCap : feeCap;
  return { maxFeePerGas: feeCap, gasPrice: price, tip: price > baseFee ? price - baseFee : 0n };
}

function checkEncoding(raw: Uint8Array, decode: TransactionDecoder): void {
  try {
    decode(raw);
  } catch (error) {
    throw invalidParams(`not the fields of a transaction: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function skipCode({ kind }: SkipReason): number {
  switch (kind) {
    case "nonce-too-low":
      return RPC_ERROR.nonceTooLow;
    case "nonce-too-high":
      return RPC_ERROR.nonceTooHigh;
    case "fee-below-base-fee":
      return RPC_ERROR.feeBelowBaseFee;
    case "gas-below-intrinsic":
      return RPC_ERROR.gasBelowIntrinsic;
    case "insufficient-funds":
      return RPC_ERROR.insufficientFunds;
    case "block-gas-exceeded":
      return RPC_ERROR.blockGasExceeded;
    case "sender-has-code":
      return RPC_ERROR.senderHasCode;
    case "invalid":
      return RPC_ERROR.internal;
  }
}

/** Says of an error which call it is about. */
async function named<T>(name: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw error instanceof RpcError ? new RpcError(error.code, `${name}: ${error.message}`, error.data) : error;
  }
}

function spend(budget: { bytes: number }, bytes: number): void {
  budget.bytes -= bytes;
  if (budget.bytes < 0)
    throw new RpcError(RPC_ERROR.responseTooLarge, "response too large: simulate less, or calls that return less");
}

function formatResult(block: Block, outcomes: readonly Outcome[], full: boolean, decode: TransactionDecoder): object {
  let logIndex = 0;
  const calls = outcomes.map(({ hash, result, logs, wasCapped }, transactionIndex) => {
    const { error, isRevert, gasUsed, maxGasUsed, output } = result;
    const formattedLogs = logs.map((log) =>
      formatLog({
        header: block.header,
        blockHash: block.hash,
        transactionHash: hash,
        transactionIndex,
        log,
        logIndex: logIndex++,
      }),
    );
    const common = {
      returnData: bytesToHex(error === undefined || isRevert ? output : new Uint8Array()),
      logs: formattedLogs,
      gasUsed: formatQuantity(gasUsed),
      maxUsedGas: formatQuantity(maxGasUsed),
    };
    if (error === undefined) return { ...common, status: "0x1" };
    if (!isRevert) {
      const cap = wasCapped ? " (gas limit was capped by the RPC server's global gas cap)" : "";
      return { ...common, status: "0x0", error: { code: RPC_ERROR.halted, message: `${error}${cap}` } };
    }
    const { code, message, data } = callError({ kind: "revert", gasUsed, output });
    return { ...common, status: "0x0", error: { code, message, data } };
  });
  return { ...formatBlock(block, full, decode), calls };
}
