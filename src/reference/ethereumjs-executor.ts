import type { TransactionExecutor } from "../execution/index.ts";
import { createEvmExecutor } from "./evm-executor.ts";
import { createExecutingCommon } from "./osaka-common.ts";
import { processTransaction } from "./transaction-processor.ts";

/** Runs transactions of a chain on ethereumjs's EVM. */
export async function createEthereumjsExecutor(chainId: number): Promise<TransactionExecutor> {
  const executor = await createEvmExecutor(await createExecutingCommon(chainId));
  const { state, reset } = executor;
  return { state, reset, process: (message, context) => processTransaction(executor, message, context) };
}
