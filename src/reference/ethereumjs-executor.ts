import { createOsakaCommon } from "../ethereum/index.ts";
import { createEngine } from "../execution/index.ts";
import type { EngineOptions, ExecutionEngine, TransactionExecutor } from "../execution/index.ts";
import type { Instruments } from "../primitives/index.ts";
import { createEvmExecutor } from "./evm-executor.ts";
import { processTransaction } from "./transaction-processor.ts";

/** The execution engine on ethereumjs's EVM. */
export function createEthereumjsEngine(options: EngineOptions, instruments: Instruments): ExecutionEngine {
  const createExecutor = () => createEthereumjsExecutor(options.chainId);
  return createEngine({ ...options, name: "ethereumjs", createExecutor }, instruments);
}

/** Runs transactions of a chain on ethereumjs's EVM. */
export async function createEthereumjsExecutor(chainId: number): Promise<TransactionExecutor> {
  const executor = await createEvmExecutor(createOsakaCommon(chainId));
  const { state, reset } = executor;
  return { state, reset, process: (message, context) => processTransaction(executor, message, context) };
}
