import type { Address } from "../primitives/index.ts";

/** Predeploys (specification §1). */
export const L1_CONTEXT_ADDRESS: Address = "0x4f6e650000000000000000000000000000000001";
export const OUTBOX_ADDRESS: Address = "0x4f6e650000000000000000000000000000000002";
/** Also COINBASE of every block. */
export const FEE_VAULT_ADDRESS: Address = "0x4f6e650000000000000000000000000000000003";
/** Block hash history (EIP-2935). */
export const BLOCK_HASH_HISTORY_ADDRESS: Address = "0x0000f90827f1c53a10cb7a02335b175320002935";
/** Deterministic CREATE2 deployer (https://github.com/Arachnid/deterministic-deployment-proxy). */
export const DETERMINISTIC_DEPLOYER_ADDRESS: Address = "0x4e59b44847b379578588920ca78fbf26c0b4956c";

/**
 * Highest chain id: the last with which every v of EIP-155, 2 · id + 36 at most, is an exact number in JavaScript, which
 * decoders of wallets and nodes rely on.
 */
export const MAX_CHAIN_ID = Math.floor((Number.MAX_SAFE_INTEGER - 36) / 2);

/** Slots of the EIP-2935 ring buffer. */
export const BLOCK_HASH_HISTORY_LENGTH = 8191;
/** How far back BLOCKHASH sees, in blocks. */
export const BLOCKHASH_WINDOW = 256;

/** Gas limit of every block unless a genesis says otherwise. */
export const BLOCK_GAS_LIMIT = 60_000_000n;
/** Wei per gas at genesis, and the floor of the base fee ever after. */
export const MINIMUM_BASE_FEE = 10_000_000n;
/** EIP-7825: gas limit of one transaction. */
export const TRANSACTION_GAS_CAP = 16_777_216n;
/** EIP-170: most bytes of deployed code. */
export const MAX_CODE_SIZE = 24_576;
/** Least bytes of one raw transaction: two hashes, which an inner node of the transactions tree is, are none. */
export const MIN_TRANSACTION_SIZE = 65;
/** Most bytes of one raw transaction. */
export const MAX_TRANSACTION_SIZE = 131_072;

/** Slots of `L1Context`, in the order of a context message's values. */
export const L1_CONTEXT_SLOTS = { number: 0n, timestamp: 1n, baseFee: 2n, blobBaseFee: 3n, parentHash: 4n } as const;
/** Slots of `Outbox`: the frontier takes 32 slots from `frontier` on. */
export const OUTBOX_SLOTS = { count: 0n, root: 1n, frontier: 2n } as const;
/** Slots of `FeeVault`. */
export const FEE_VAULT_SLOTS = { recipient: 0n } as const;
