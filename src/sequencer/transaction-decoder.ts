import { decodeTransaction, InvalidTransactionError } from "../ethereum/index.ts";
import type { SenderRecovery, SignedTransaction } from "../ethereum/index.ts";

export type Decoded = SignedTransaction | InvalidTransactionError;

/** Decodes what is asked for within one turn of the event loop together, so that the threads get full shares. */
export function createTransactionDecoder({
  chainId,
  recovery,
}: {
  readonly chainId: number;
  /** Recovers senders on other threads; without it they are recovered on this one. */
  readonly recovery?: Pick<SenderRecovery, "recover">;
}): (raw: Uint8Array) => Promise<Decoded> {
  interface Waiting {
    readonly raw: Uint8Array;
    readonly resolve: (decoded: Decoded) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];

  async function recoverAll(batch: readonly Waiting[]): Promise<void> {
    try {
      const raws = batch.map(({ raw }) => raw);
      const results =
        recovery === undefined ? raws.map((raw) => decodeOrError(raw, chainId)) : await recovery.recover(raws);
      batch.forEach(({ resolve, reject }, index) => {
        const decoded = results[index];
        if (decoded === undefined)
          reject(new Error(`expected ${batch.length} recovered senders, got ${results.length}`));
        else resolve(decoded);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (raw) =>
    new Promise((resolve, reject) => {
      waiting.push({ raw, resolve, reject });
      if (waiting.length > 1) return;
      setImmediate(() => {
        const batch = waiting;
        waiting = [];
        void recoverAll(batch);
      });
    });
}

function decodeOrError(raw: Uint8Array, chainId: number): Decoded {
  try {
    return decodeTransaction(raw, chainId);
  } catch (error) {
    if (error instanceof InvalidTransactionError) return error;
    throw error;
  }
}
