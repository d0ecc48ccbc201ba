import type { Address } from "../../primitives/index.ts";
import { L1TransactionError } from "./errors.ts";
import { MAXIMUM_GAS_LIMIT, PLAIN_TRANSFER_GAS } from "./gas.ts";
import { MAXIMUM_BLOBS_PER_TRANSACTION } from "./sidecar.ts";

/** What a caller wants done on L1, once. */
export interface L1TransactionRequest {
  /** Names the deed. A purpose stands for one transaction for ever: asking again gives the first one's status. */
  readonly purpose: string;
  readonly to: Address;
  readonly data: Uint8Array;
  /** Wei; default 0. */
  readonly value?: bigint;
  /** Gas; estimated when absent. At most 2^24 (EIP-7825). */
  readonly gasLimit?: bigint;
  /**
   * Whether gas is estimated in L1's pending block rather than in its head, where the endpoint has one: for a call that
   * depends on the block it is in. Default false, unless earlier transactions are not mined.
   */
  readonly estimateInPending?: boolean;
  /** Makes it a blob transaction (EIP-4844) of one to six blobs of 131,072 bytes. */
  readonly blobs?: readonly Uint8Array[];
}

/** @throws L1TransactionError `invalid-request` for what no L1 would take. */
export function checkRequest({ purpose, blobs = [], gasLimit }: L1TransactionRequest): void {
  const reject = (message: string): never => {
    throw new L1TransactionError({ kind: "invalid-request", purpose, message });
  };
  if (purpose === "") reject("expected a purpose");
  if (blobs.length > MAXIMUM_BLOBS_PER_TRANSACTION) {
    reject(`expected at most ${MAXIMUM_BLOBS_PER_TRANSACTION} blobs, got ${blobs.length}`);
  }
  if (gasLimit !== undefined && (gasLimit > MAXIMUM_GAS_LIMIT || gasLimit < PLAIN_TRANSFER_GAS)) {
    reject(`expected a gas limit between ${PLAIN_TRANSFER_GAS} and ${MAXIMUM_GAS_LIMIT}, got ${gasLimit}`);
  }
}
