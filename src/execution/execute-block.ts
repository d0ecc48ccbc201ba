import { InvalidTransactionError, decodeTransaction } from "../ethereum/index.ts";
import type { SignedTransaction } from "../ethereum/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { Block, BlockHeader, BlockInput } from "../rollup/index.ts";
import type { ExecutionEngine } from "./execution-engine.ts";

/** A BlockInput whose transactions may be recovered already, in part or in all; an error stands for an invalid one. */
export interface ExecutableBlockInput extends Omit<BlockInput, "transactions"> {
  readonly transactions: readonly (Uint8Array | SignedTransaction | InvalidTransactionError)[];
}

/**
 * The child block of `parent` that `input` gives: messages first, then transactions, of which invalid ones are skipped
 * (specification §3 rule 5).
 */
export async function executeBlock(
  engine: ExecutionEngine,
  parent: { readonly hash: Hash; readonly header: BlockHeader; readonly nextMessage: number },
  input: BlockInput | ExecutableBlockInput,
  chainId: number,
): Promise<Block> {
  const execution = await engine.openBlock(parent, { timestamp: input.timestamp });
  for (const message of input.messages) await execution.executeMessage(message);
  for (const candidate of input.transactions) {
    const transaction = candidate instanceof Uint8Array ? decodeOrUndefined(candidate, chainId) : candidate;
    if (transaction === undefined || transaction instanceof InvalidTransactionError) continue;
    await execution.executeTransaction(transaction);
  }
  return execution.seal();
}

function decodeOrUndefined(raw: Uint8Array, chainId: number): SignedTransaction | undefined {
  try {
    return decodeTransaction(raw, chainId);
  } catch (error) {
    if (error instanceof InvalidTransactionError) return undefined;
    throw error;
  }
}
