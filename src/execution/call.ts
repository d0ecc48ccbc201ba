import { createAddress, describeSkip, loadPrecompiles } from "../ethereum/index.ts";
import { headerHash } from "../rollup/index.ts";
import type { BlockEnvironment, BlockHeader } from "../rollup/index.ts";
import { openChildBlock } from "./block-execution.ts";
import type { CallOptions, CallOutcome, CallRequest } from "./execution-engine.ts";
import { applyStateOverrides } from "./state-overrides.ts";
import type { TransactionExecutor } from "./transaction-executor.ts";

/** Runs a call on an executor at the state it is to see. Throws an InvalidOverrideError for overrides that cannot be. */
export async function runCall(
  executor: TransactionExecutor,
  chainId: number,
  request: CallRequest,
  options: CallOptions,
): Promise<CallOutcome> {
  const { state } = executor;
  const { at } = options;
  const environment = environmentOf(at, options.environment);
  if (environment.number === at.number + 1) {
    // For what it writes.
    openChildBlock(state, {
      chainId,
      parent: { hash: headerHash(at), header: at, nextMessage: 0 },
      timestamp: at.timestamp,
    });
  }
  const overrides = options.stateOverrides;
  const precompiles =
    overrides === undefined ? undefined : applyStateOverrides(state, overrides, await loadPrecompiles());
  const nonce = state.account(request.from)?.nonce ?? 0n;
  const result = await executor.process(
    {
      raw: undefined,
      sender: request.from,
      to: request.to,
      nonce: undefined,
      gasLimit: request.gas,
      dataGas: 0n,
      value: request.value,
      data: request.data,
      maxFeePerGas: request.gasPrice,
      gasPrice: request.gasPrice,
      tip: request.gasPrice > environment.baseFeePerGas ? request.gasPrice - environment.baseFeePerGas : 0n,
      accessList: request.accessList ?? [],
      authorizations: request.authorizationList ?? [],
    },
    {
      environment,
      chainId,
      availableGas: request.gas,
      isSimulation: true,
      blobBaseFee: options.blobBaseFee,
      precompiles,
      observer: options.observer,
    },
  );
  if (result.kind === "skipped") return { kind: "refused", gasUsed: 0n, error: describeSkip(result.reason) };
  const { gasUsed, output, logs } = result;
  if (result.error === undefined) {
    return {
      kind: "success",
      gasUsed,
      output,
      logs,
      contractAddress: request.to === undefined ? createAddress(request.from, nonce) : undefined,
    };
  }
  return result.isRevert ? { kind: "revert", gasUsed, output } : { kind: "halt", gasUsed, error: result.error };
}

/** The environment calls at a stored block see: the block's own. */
function environmentOf(header: BlockHeader, changes: Partial<BlockEnvironment> | undefined): BlockEnvironment {
  const { number, timestamp, coinbase, gasLimit, baseFeePerGas, prevRandao } = header;
  return { number, timestamp, coinbase, gasLimit, baseFeePerGas, prevRandao, dataPrice: 0n, ...changes };
}
