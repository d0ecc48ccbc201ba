import { bigintToBytes32, bytesToHex } from "../primitives/index.ts";
import type { Hash, Address } from "../primitives/index.ts";
import { baseFeeOf, dataPrice, nextGasExcess } from "./fees.ts";
import { nextGasLimit } from "./gas-bucket.ts";
import { FEE_VAULT_ADDRESS, L1_CONTEXT_SLOTS } from "./predeploys.ts";
import type { BlockHeader } from "./types.ts";

/** Values fixed at the begin of a block (specification §4). */
export interface BlockEnvironment {
  readonly number: number;
  readonly timestamp: number;
  readonly coinbase: Address;
  readonly gasLimit: bigint;
  readonly baseFeePerGas: bigint;
  readonly prevRandao: Hash;
  /** Wei per calldata token. */
  readonly dataPrice: bigint;
}

/** Values of `L1Context` that a block's begin depends on. */
export type L1ContextValues = Readonly<Record<"number" | "baseFee" | "blobBaseFee" | "parentHash", bigint>>;

const keyOf = (slot: bigint): Hash => bytesToHex(bigintToBytes32(slot));

/** Storage keys of `L1Context`. */
export const L1_CONTEXT_KEYS: Readonly<Record<keyof typeof L1_CONTEXT_SLOTS, Hash>> = {
  number: keyOf(L1_CONTEXT_SLOTS.number),
  timestamp: keyOf(L1_CONTEXT_SLOTS.timestamp),
  baseFee: keyOf(L1_CONTEXT_SLOTS.baseFee),
  blobBaseFee: keyOf(L1_CONTEXT_SLOTS.blobBaseFee),
  parentHash: keyOf(L1_CONTEXT_SLOTS.parentHash),
};

/** What `L1Context` tells of a block with this excess of gas (specification §4). */
export function pricesOf(
  { gasExcess, gasPerSecond }: Pick<BlockHeader, "gasExcess" | "gasPerSecond">,
  context: L1ContextValues,
): Pick<BlockEnvironment, "baseFeePerGas" | "prevRandao" | "dataPrice"> {
  const price = dataPrice(context);
  return {
    baseFeePerGas: baseFeeOf(gasExcess, gasPerSecond, price),
    prevRandao: keyOf(context.parentHash),
    dataPrice: price,
  };
}

/** What is fixed at the begin of the child of `parent` (specification §4), by `L1Context` in the parent's state. */
export function environmentAfter(parent: BlockHeader, context: L1ContextValues, timestamp: number): BlockEnvironment {
  const gasExcess = nextGasExcess(parent, timestamp);
  return {
    number: parent.number + 1,
    timestamp,
    coinbase: FEE_VAULT_ADDRESS,
    gasLimit: nextGasLimit(parent, timestamp),
    ...pricesOf({ gasExcess, gasPerSecond: parent.gasPerSecond }, context),
  };
}
