import type { Address } from "../primitives/index.ts";

/** Block hash history (EIP-2935). */
export const BLOCK_HASH_HISTORY_ADDRESS: Address = "0x0000f90827f1c53a10cb7a02335b175320002935";

/** Slots of the EIP-2935 ring buffer. */
export const BLOCK_HASH_HISTORY_LENGTH = 8191;

/** How far back BLOCKHASH sees, in blocks. */
export const BLOCKHASH_WINDOW = 256;
