import { FRAME_ERROR, authoritiesOf, createAddress } from "../ethereum/index.ts";
import type { StateView } from "../ethereum/index.ts";
import {
  rawSlice,
  running,
  createMachine,
  runTransaction,
  runFrames,
  Phase,
  prepareMachine,
  reportSteps,
} from "../machine/index.ts";
import type { StepReport, Environment, Machine, TransactionContext } from "../machine/index.ts";
import type { BlockEnvironment } from "../rollup/index.ts";
import { BlockState } from "./block-state.ts";
import { beginDecoded, enterDecoded } from "./enter-message.ts";
import { stateOf } from "./machine-state.ts";
import { codeOfAccount, observeMachine } from "./observe-machine.ts";
import type { ProcessingContext, ProcessingResult, TransactionExecutor } from "./transaction-executor.ts";
import type { TransactionMessage } from "./transaction-message.ts";

/** Runs transactions on a machine in fast mode. */
export async function createMachineExecutor(): Promise<TransactionExecutor> {
  await prepareMachine();
  let view = (): StateView => {
    throw new Error("the executor has no state yet");
  };
  const state = new BlockState(() => view());
  const stacks: Machine["stacks"] = [];
  // One machine for all transactions of a block.
  let known:
    | { readonly environment: BlockEnvironment; readonly blobFee: bigint | undefined; readonly machine: Machine }
    | undefined;

  const machineFor = ({ environment, blobBaseFee, chainId, precompiles }: ProcessingContext): Machine => {
    if (
      known?.environment === environment &&
      known.blobFee === blobBaseFee &&
      known.machine.precompiles === precompiles
    )
      return known.machine;
    const machine = createMachine({
      environment: toEnvironment(chainId, environment, blobBaseFee),
      ...stateOf(state),
      isProving: false,
      precompiles,
      stacks,
    });
    known = { environment, blobFee: blobBaseFee, machine };
    return machine;
  };

  return {
    state,
    reset: (next) => {
      view = next;
      state.clearCaches();
      known = undefined;
    },
    process: async (message, context) => {
      const { raw } = message;
      const { onMachineStep } = context.observer ?? {};
      return raw === undefined || onMachineStep === undefined
        ? process(machineFor(context), state, message, context)
        : processInSteps(state, raw, context, onMachineStep);
    },
  };
}

/** `blobBaseFee` is that of a chain without blobs, 1 wei, unless given. */
export function toEnvironment(
  chainId: number,
  { baseFeePerGas, ...environment }: ProcessingContext["environment"],
  blobBaseFee = 1n,
): Environment {
  return { ...environment, baseFee: baseFeePerGas, chainId: BigInt(chainId), blobBaseFee };
}

/** Runs a signed transaction in the steps of its trace. */
function processInSteps(
  state: BlockState,
  raw: Uint8Array,
  { environment, chainId, blobBaseFee, availableGas }: ProcessingContext,
  onMachineStep: (step: StepReport) => void,
): ProcessingResult {
  const machine = createMachine({
    environment: toEnvironment(chainId, environment, blobBaseFee),
    ...stateOf(state),
    isProving: true,
  });
  machine.block.gasUsed = environment.gasLimit - availableGas;
  machine.block.raw = rawSlice(raw);
  for (const step of reportSteps(machine)) onMachineStep(step);
  state.endTransaction();
  const { skipReason, exit, included } = machine;
  if (skipReason !== undefined) return { kind: "skipped", reason: skipReason };
  if (included === undefined) throw new Error("a transaction without an outcome");
  const { transaction, logs } = included;
  const created = transaction.isCreation ? createAddress(transaction.sender, transaction.nonce) : undefined;
  return {
    kind: "executed",
    error:
      transaction.status === 1
        ? undefined
        : exit?.status === 2
          ? FRAME_ERROR.reverted
          : (exit?.reason ?? FRAME_ERROR.halted),
    isRevert: exit?.status === 2,
    gasUsed: BigInt(transaction.gasUsed),
    maxGasUsed: gasBeforeRefund(transaction),
    output: exit?.output.bytes.slice() ?? new Uint8Array(),
    logs,
    contractAddress: created,
    nonce: transaction.nonce,
  };
}

/** Gas of a transaction that is over, data gas included, as it was before refunds. */
function gasBeforeRefund({ gasLimit, gas, floorGas, dataGas }: TransactionContext): bigint {
  return BigInt(Math.max(gasLimit - Number(dataGas) - gas, floorGas)) + dataGas;
}

function process(
  machine: Machine,
  state: BlockState,
  message: TransactionMessage,
  context: ProcessingContext,
): ProcessingResult {
  const { sender, to, gasLimit, dataGas } = message;
  const { observer, availableGas, minimumFeePerGas, isSimulation, validatesFees, environment } = context;
  if (gasLimit > BigInt(Number.MAX_SAFE_INTEGER))
    return { kind: "skipped", reason: { kind: "invalid", message: `gas limit ${gasLimit} is above 2^53 − 1` } };
  enterDecoded(machine, message);
  const observation = observer === undefined ? undefined : observeMachine(machine, state, observer);
  const { coinbase } = environment;
  beginDecoded(machine, message, { dataGas, availableGas, minimumFeePerGas, isSimulation, validatesFees }, () => {
    if (observation !== undefined)
      observer?.onTransactionStart?.({
        from: sender,
        to,
        coinbase,
        authorities: authoritiesOf(message.authorizations),
        refundTo: undefined,
        state: observation.state,
      });
  });
  if (machine.skipReason !== undefined) return { kind: "skipped", reason: machine.skipReason };

  if (machine.phase === Phase.EnterFrame) {
    if (observation === undefined) runFrames(machine);
    else observation.runFrames();
  }
  const { exit } = machine;
  if (exit === undefined) throw new Error("a transaction without an outcome");
  const created = to === undefined ? createAddress(sender, running(machine).nonce) : undefined;
  const output =
    created !== undefined && exit.status === 3 ? codeOfAccount(machine, created) : exit.output.bytes.slice();
  runTransaction(machine);
  state.endTransaction();
  if (observation !== undefined) observer?.onTransactionEnd?.({ state: observation.state });
  const { transaction, logs } = machine.included as NonNullable<Machine["included"]>;
  return {
    kind: "executed",
    error:
      transaction.status === 1
        ? undefined
        : exit.status === 2
          ? FRAME_ERROR.reverted
          : (exit.reason ?? FRAME_ERROR.halted),
    isRevert: exit.status === 2,
    gasUsed: BigInt(transaction.gasUsed),
    maxGasUsed: gasBeforeRefund(transaction),
    output,
    logs,
    contractAddress: created,
    nonce: transaction.nonce,
  };
}
