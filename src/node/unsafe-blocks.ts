import type { Hash } from "../primitives/index.ts";
import type { Following } from "./following.ts";

/** A block past the safe head that consumed messages. */
export interface UnsafeBlock {
  readonly number: number;
  /** Index of the first message it consumed. */
  readonly firstMessage: number;
  readonly messageHashes: readonly Hash[];
}

export type UnsafeVerdict =
  /** All their messages are in the Inbox. */
  | { readonly kind: "sound" }
  /** A message may be among what is still to be read of L1. */
  | { readonly kind: "undecided" }
  /** L1 took back a message: the block that consumed it, and all after it, can never become safe. */
  | { readonly kind: "taken-back"; readonly block: number; readonly message: number };

/**
 * Whether unsafe blocks, lowest first, consumed what is in the Inbox.
 * @param hashOf hash of the Inbox's message of an index; undefined if it has none
 * @param caughtUp whether L1 is read to its head, so that what the Inbox does not have is not there
 */
export function judgeUnsafeBlocks(
  blocks: Iterable<UnsafeBlock>,
  hashOf: (message: number) => Hash | undefined,
  caughtUp: boolean,
): UnsafeVerdict {
  for (const { number, firstMessage, messageHashes } of blocks) {
    for (const [position, consumed] of messageHashes.entries()) {
      const hash = hashOf(firstMessage + position);
      if (hash === consumed) continue;
      if (hash === undefined && !caughtUp) return { kind: "undecided" };
      return { kind: "taken-back", block: number, message: firstMessage + position };
    }
  }
  return { kind: "sound" };
}

/** Removes unsafe blocks that consumed what L1 took back. False if that cannot be decided yet. */
export function pruneUnsafeBlocks({ chain, logger }: Following, caughtUp: boolean): Promise<boolean> {
  return chain.exclusive(async (writer) => {
    const hashOf = (message: number) => chain.inbox.getMessage(message)?.hash;
    const verdict = judgeUnsafeBlocks(readUnsafeBlocks(chain), hashOf, caughtUp);
    if (verdict.kind !== "taken-back") return verdict.kind === "sound";
    const { block, message } = verdict;
    logger.warn({ block, message }, "L1 took back a message of unsafe blocks");
    await writer.rewindTo(block - 1);
    return true;
  });
}

function* readUnsafeBlocks({ store }: Following["chain"]): Generator<UnsafeBlock> {
  const { safe, latest } = store.getHeads();
  for (let number = safe + 1; number <= latest; number++) {
    const block = store.getSummary(number);
    if (block === undefined || block.nextMessage === block.firstMessage) continue;
    yield { number, firstMessage: block.firstMessage, messageHashes: store.getMessageHashes(block.hash) ?? [] };
  }
}
