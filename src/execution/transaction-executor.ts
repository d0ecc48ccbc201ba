import type { SkipReason, Precompiles, StateView, Log } from "../ethereum/index.ts";
import type { Address } from "../primitives/index.ts";
import type { BlockEnvironment } from "../rollup/index.ts";
import type { BlockState } from "./block-state.ts";
import type { ExecutionObserver } from "./observer.ts";
import type { TransactionMessage } from "./transaction-message.ts";

/**
 * What runs transactions for an execution engine: an EVM with the state it works on. Everything around it (blocks, calls,
 * reads) is the same for all of them. Runs one thing at a time.
 */
export interface TransactionExecutor {
  readonly state: BlockState;
  /** Starts over on the state `view` gives, which must stay at one root. */
  reset(view: () => StateView): void;
  /**
   * Runs a transaction under Osaka rules with data gas (specification §4), or says why it is invalid, in which case the
   * state is as before.
   */
  process(message: TransactionMessage, context: ProcessingContext): Promise<ProcessingResult>;
}

export interface ProcessingContext {
  readonly environment: BlockEnvironment;
  readonly chainId: number;
  /** Gas the block has left. */
  readonly availableGas: bigint;
  /** Wei per gas that a fee must reach, where it is not the base fee: deposits pay its floor (specification §4). */
  readonly minimumFeePerGas?: bigint;
  /**
   * Nobody signed this and nothing of it is kept: the sender may have code (EIP-3607), gas may exceed the cap (EIP-7825),
   * and a gas price of 0 runs without fees.
   */
  readonly isSimulation: boolean;
  /** Of a simulation: a gas price of 0 is below the base fee like any other. */
  readonly validatesFees?: boolean | undefined;
  /** Wei; 1 where it is not given, as on a chain without blobs. */
  readonly blobBaseFee?: bigint | undefined;
  /** In place of Osaka's at their own addresses, which stay the warm ones (EIP-2929): of a simulation with overrides. */
  readonly precompiles?: Precompiles | undefined;
  /** Sees the transaction. */
  readonly observer: ExecutionObserver | undefined;
}

export type ProcessingResult =
  | { readonly kind: "skipped"; readonly reason: SkipReason }
  | {
      readonly kind: "executed";
      /** Undefined on success, else why the outermost frame failed. */
      readonly error: string | undefined;
      readonly isRevert: boolean;
      /** Data gas included. */
      readonly gasUsed: bigint;
      /** The same before refunds. */
      readonly maxGasUsed: bigint;
      readonly output: Uint8Array;
      readonly logs: readonly Log[];
      readonly contractAddress: Address | undefined;
      /** The sender's nonce before. */
      readonly nonce: bigint;
    };
