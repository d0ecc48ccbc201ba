/** A lowercase 0x-prefixed hex string. */
export type Hex = `0x${string}`;
/** 32 bytes as lowercase hex. */
export type Hash = Hex;
/** 20 bytes as lowercase hex (never checksummed inside the node; the edges format). */
export type Address = Hex;

export const ZERO_HASH: Hash = `0x${"00".repeat(32)}`;
export const ZERO_ADDRESS: Address = `0x${"00".repeat(20)}`;
