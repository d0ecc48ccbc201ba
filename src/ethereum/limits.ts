/**
 * Highest chain id: the last with which every v of EIP-155, 2 · id + 36 at most, is an exact number in JavaScript, which
 * decoders of wallets and nodes rely on.
 */
export const MAX_CHAIN_ID = Math.floor((Number.MAX_SAFE_INTEGER - 36) / 2);

/** EIP-7825: gas limit of one transaction. */
export const TRANSACTION_GAS_CAP = 16_777_216n;

/** EIP-170: most bytes of deployed code. */
export const MAX_CODE_SIZE = 24_576;

/** Least bytes of one raw transaction: two hashes, which an inner node of the transactions tree is, are none. */
export const MIN_TRANSACTION_SIZE = 65;

/** Most bytes of one raw transaction. */
export const MAX_TRANSACTION_SIZE = 131_072;

/** EIP-2681: what no nonce gets to. */
export const MAX_NONCE = 2n ** 64n - 1n;

/** EIP-3860. */
export const MAX_INITCODE_SIZE = 49_152;
