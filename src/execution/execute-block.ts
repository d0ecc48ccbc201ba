import { InvalidTransactionError, decodeTransaction } from "../ethereum/index.ts";
import type { SignedTransaction } from "../ethereum/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { Block, BlockHeader, BlockInput } from "../rollup/index.ts";
import type { ExecutionEngine } from "./execution-engine.ts";

/** A BlockInput whose transactions may be recovered already, the first ones or all; an error stands for an invalid one. */
export interface RecoveredBlockInput extends BlockInput {
  readonly recovered?: readonly (SignedTransaction | InvalidTransactionError)[];
}

/** What became of a block input. */
export interface ExecutedBlock {
  readonly block: Block;
  /** Whether the gas bucket could not pay for a listed transaction, at which the block ended (specification §3 rule 5). */
  readonly isCut: boolean;
}

/**
 * The child block of `parent` that `input` gives: messages first, then transactions, of which invalid ones are skipped, as
 * far as the gas bucket pays for them, valid or not (specification §3 rule 5).
 */
export async function executeBlock(
  engine: ExecutionEngine,
  parent: { readonly hash: Hash; readonly header: BlockHeader; readonly nextMessage: number },
  { timestamp, messages, transactions, recovered = [] }: RecoveredBlockInput,
  chainId: number,
): Promise<ExecutedBlock> {
  const execution = await engine.openBlock(parent, { timestamp });
  for (const message of messages) await execution.executeMessage(message);
  for (const [index, raw] of transactions.entries()) {
    if (!execution.paysForListing(raw.length)) return { block: await execution.seal(), isCut: true };
    const transaction = recovered[index] ?? decode(raw, chainId);
    const isIncluded =
      !(transaction instanceof InvalidTransactionError) &&
      (await execution.executeTransaction(transaction)).kind === "included";
    if (!isIncluded) execution.chargeSkipped(raw.length);
  }
  return { block: await execution.seal(), isCut: false };
}

function decode(raw: Uint8Array, chainId: number): SignedTransaction | InvalidTransactionError {
  try {
    return decodeTransaction(raw, chainId);
  } catch (error) {
    if (error instanceof InvalidTransactionError) return error;
    throw error;
  }
}
