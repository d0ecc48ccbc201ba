/** The nonce L1 takes next is one that nobody is known to use. */
export interface NonceGap {
  readonly nonce: number;
  /** Milliseconds of the wall clock when it was seen first. */
  readonly since: number;
}

/**
 * Nonces below the lowest of ours that nobody is going to use would hold up ours for ever. It happens when a deep reorg
 * takes a forgotten transaction, or another program's pending one is dropped.
 *
 * @param nonces ours, ascending
 * @param nextNonce the one L1 takes next
 */
export function findGap(
  nonces: readonly number[],
  nextNonce: number,
  known: NonceGap | undefined,
  now: number,
): NonceGap | undefined {
  const lowest = nonces.find((nonce) => nonce >= nextNonce);
  if (lowest === undefined || lowest === nextNonce) return undefined;
  return known?.nonce === nextNonce ? known : { nonce: nextNonce, since: now };
}

/** The nonces of a gap: up to the lowest of ours above it. */
export function noncesOfGap({ nonce }: NonceGap, nonces: readonly number[]): readonly number[] {
  const end = nonces.find((other) => other >= nonce) ?? nonce;
  return Array.from({ length: end - nonce }, (_, index) => nonce + index);
}
