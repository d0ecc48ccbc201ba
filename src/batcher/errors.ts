import type { L1Revert } from "../l1/index.ts";
import type { Address } from "../primitives/index.ts";

export type BatcherErrorReason =
  /** Only the operator may post, until it has been silent up to this L1 timestamp in seconds. */
  | {
      readonly kind: "not-operator";
      readonly account: Address;
      readonly operator: Address;
      readonly selfSequencingFrom: number;
      readonly l1Timestamp: number;
    }
  /** A block alone exceeds the payload limit; the sequencer must build smaller ones. */
  | { readonly kind: "block-too-large"; readonly block: number; readonly maximumPayloadBytes: number }
  /** The Inbox would refuse the batch. */
  | { readonly kind: "would-revert"; readonly revert: L1Revert }
  | { readonly kind: "invalid-options"; readonly message: string };

export class BatcherError extends Error {
  readonly reason: BatcherErrorReason;

  constructor(reason: BatcherErrorReason) {
    super(describe(reason));
    this.name = "BatcherError";
    this.reason = reason;
  }
}

function describe(reason: BatcherErrorReason): string {
  switch (reason.kind) {
    case "not-operator":
      return `${reason.account} may not post batches: the operator is ${reason.operator}, and others may post from L1 time ${reason.selfSequencingFrom} on (now ${reason.l1Timestamp})`;
    case "block-too-large":
      return `L2 block ${reason.block} does not fit in a payload of ${reason.maximumPayloadBytes} bytes`;
    case "would-revert":
      return `the Inbox would refuse the batch: ${reason.revert.message}`;
    case "invalid-options":
      return reason.message;
  }
}
