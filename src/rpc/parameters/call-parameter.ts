import { z } from "zod";
import type { Address, Hash } from "../../primitives/index.ts";
import {
  address,
  bytes,
  hash,
  hexMap,
  integer,
  list,
  object,
  optional,
  parameter,
  quantity,
  quantity64,
  slot,
} from "./scalars.ts";

const accessList = list(object({ address, storageKeys: optional(list(hash, 10_000)) }), 1_000);

const authorization = object({
  chainId: quantity,
  address,
  nonce: quantity64,
  yParity: optional(quantity64),
  v: optional(quantity64),
  r: quantity,
  s: quantity,
});

const TYPES = [0n, 1n, 2n, 4n] as const;

const transactionType: z.ZodType<(typeof TYPES)[number]> = parameter(
  "a type of transaction that this chain has: 0x0, 0x1, 0x2 or 0x4",
  (value) => {
    const type = quantity64.safeParse(value);
    return TYPES.find((known) => type.success && known === type.data);
  },
);

const noBlobs = optional(
  parameter("no blobs, of which this chain has none", (value) =>
    Array.isArray(value) && value.length === 0 ? true : undefined,
  ),
);

/**
 * A transaction object, as wallets and tools give it to `eth_call`, `eth_estimateGas` and their like. Where there are no
 * blobs, a price for them is nothing that could be paid, and is let pass as go-ethereum lets it.
 */
export const callParameter = object({
  type: optional(transactionType),
  from: optional(address),
  to: optional(address),
  gas: optional(quantity64),
  gasPrice: optional(quantity),
  maxFeePerGas: optional(quantity),
  maxPriorityFeePerGas: optional(quantity),
  value: optional(quantity),
  nonce: optional(quantity64),
  data: optional(bytes),
  input: optional(bytes),
  accessList: optional(accessList),
  authorizationList: optional(list(authorization, 1_000)),
  chainId: optional(quantity),
  blobVersionedHashes: noBlobs,
  blobs: noBlobs,
  commitments: noBlobs,
  proofs: noBlobs,
});
export type CallParameter = z.output<typeof callParameter>;

/**
 * An object with these fields and no others. For what changes an answer, where a field that is passed over would make it
 * wrong; clients add fields of their own only to transactions.
 */
export function strictObject<const Shape extends Readonly<Record<string, z.ZodType>>>(
  shape: Shape,
): z.ZodType<{ -readonly [Key in keyof Shape]: z.output<Shape[Key]> }> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `field ${String(issue.keys[0]).slice(0, 40)} is not supported, expected ${Object.keys(shape).join(", ")}`
        : "expected an object",
  }) as never;
}

const accountOverride = strictObject({
  balance: optional(quantity),
  nonce: optional(quantity64),
  code: optional(bytes),
  state: optional(hexMap(slot, hash, 10_000)),
  stateDiff: optional(hexMap(slot, hash, 10_000)),
  movePrecompileToAddress: optional(address),
});

/** Accounts to see as other than they are (geth's state overrides), at most 1,000. */
export const stateOverrides = optional(hexMap(address, accountOverride, 1_000));
export type StateOverrides = z.output<typeof stateOverrides>;

/** What a block is to be seen as, in place of what it is. */
export interface BlockOverride {
  readonly number: number | undefined;
  /** Seconds. */
  readonly time: number | undefined;
  readonly gasLimit: bigint | undefined;
  readonly feeRecipient: Address | undefined;
  readonly prevRandao: Hash | undefined;
  /** Wei per gas. */
  readonly baseFeePerGas: bigint | undefined;
  /** Wei per blob gas. */
  readonly blobBaseFee: bigint | undefined;
}

const notInCalls = optional(parameter("nothing: it is not supported for this RPC method", () => undefined));

/** Fields by the names of geth and of execution-apis; those of the second group are of blocks that are made, not seen. */
function blockOverride<Withdrawals, Root>(
  withdrawals: z.ZodType<Withdrawals>,
  beaconRoot: z.ZodType<Root>,
): z.ZodType<BlockOverride> {
  return strictObject({
    number: optional(integer),
    time: optional(integer),
    gasLimit: optional(quantity64),
    coinbase: optional(address),
    feeRecipient: optional(address),
    random: optional(hash),
    prevRandao: optional(hash),
    baseFee: optional(quantity),
    baseFeePerGas: optional(quantity),
    blobBaseFee: optional(quantity),
    difficulty: optional(parameter("0x0, since there is no difficulty; see prevRandao", zero)),
    withdrawals,
    beaconRoot,
  }).transform((fields, context): BlockOverride => {
    for (const [name, alias] of [
      ["feeRecipient", "coinbase"],
      ["prevRandao", "random"],
      ["baseFeePerGas", "baseFee"],
    ] as const) {
      if (fields[name] === undefined || fields[alias] === undefined || fields[name] === fields[alias]) continue;
      context.addIssue({ code: "custom", message: `expected ${name} or ${alias}, which are the same, not both` });
      return z.NEVER;
    }
    const { number, time, gasLimit, coinbase, random, baseFee, blobBaseFee } = fields;
    const { feeRecipient = coinbase, prevRandao = random, baseFeePerGas = baseFee } = fields;
    return { number, time, gasLimit, feeRecipient, prevRandao, baseFeePerGas, blobBaseFee };
  });
}

function zero(value: unknown): 0n | undefined {
  const parsed = quantity.safeParse(value);
  return parsed.success && parsed.data === 0n ? 0n : undefined;
}

/** The block a call believes to be in. */
export const blockOverrides = optional(blockOverride(notInCalls, notInCalls));
export type BlockOverrides = BlockOverride | undefined;

/** A block that is simulated; what it must not have, no block of this chain has (specification §4). */
export const simulatedBlockOverrides = optional(
  blockOverride(
    optional(
      parameter("no withdrawals, of which this chain has none", (value) =>
        Array.isArray(value) && value.length === 0 ? true : undefined,
      ),
    ),
    optional(parameter("a beacon root of zero, which is that of every block of this chain", zero)),
  ),
);
