import { z } from "zod";
import type { Address, Hash, Hex } from "../primitives/index.ts";

const hex = z.custom<Hex>((value) => typeof value === "string" && /^0x([0-9a-f]{2})*$/.test(value), {
  message: "expected a lowercase 0x-prefixed hex string",
});
const address = z.custom<Address>((value) => typeof value === "string" && /^0x[0-9a-f]{40}$/.test(value), {
  message: "expected a lowercase 20-byte address",
});
const hash = z.custom<Hash>((value) => typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value), {
  message: "expected a 32-byte hash",
});
const natural = z.int().nonnegative();
const wei = z.string().regex(/^\d+$/, "expected a decimal number of wei").transform(BigInt);

const gas = z
  .string()
  .regex(/^\d{1,18}$/, "expected a decimal number of gas below 10^18")
  .transform(BigInt);

/** The L2 genesis block and state. Every account's balance is backed by nothing on L1, so networks leave it at 0. */
export const genesisSchema = z.object({
  chainId: natural,
  /** Seconds. */
  timestamp: natural,
  /** Gas the bucket holds at most, and what block 0 leaves in it (specification §4). */
  gasLimit: gas,
  /** Gas that each second of L2 time adds to it. */
  gasPerSecond: gas,
  alloc: z.record(
    address,
    z.object({
      nonce: natural.optional(),
      balance: wei.optional(),
      code: hex.optional(),
      storage: z.record(hash, hash).optional(),
    }),
  ),
});
export type Genesis = z.output<typeof genesisSchema>;

/** What a node needs to know of a rollup: written by the deployment as JSON, read by every role. */
export const rollupConfigSchema = z.object({
  l1ChainId: natural,
  /** L1 block of the deployment; the Inbox holds nothing before it. */
  l1StartBlock: natural,
  contracts: z.object({
    rollup: address,
    inbox: address,
    stateCommitmentChain: address,
    challengeGame: address,
    portal: address,
    /** Takes the one step that a dispute ends in; rollups may share one. */
    prover: address,
  }),
  parameters: z.object({
    operator: address,
    /** Seconds. */
    forceInclusionDelay: natural,
    /** Seconds. */
    selfSequencingDelay: natural,
    /** Seconds. */
    contextInterval: natural,
    /** L2 gas of messages that the Inbox lets in at once for no more than they cost (specification §2). */
    depositGasCapacity: gas,
    /** L2 gas of messages that it lets in per second; a share of `genesis.gasPerSecond`. */
    depositGasPerSecond: gas,
    /** Seconds that a claim must have stood unrivaled, or have gathered in a dispute. */
    challengePeriod: natural,
    /** Seconds that an answer to a move of a dispute takes at least. */
    minimumResponseTime: natural,
    claimBond: wei,
    /** Put up with the trace of a unit in a dispute. */
    unitBond: wei,
    /** The trace of a claim covers 2^height units (docs/machine.md §12). */
    claimTraceHeight: natural,
    /** The trace of a unit covers 2^height steps. */
    unitTraceHeight: natural,
  }),
  genesis: genesisSchema,
  genesisHash: hash,
});
export type RollupConfig = z.output<typeof rollupConfigSchema>;
