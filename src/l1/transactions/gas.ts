/** Most gas of an L1 transaction (EIP-7825). */
export const MAXIMUM_GAS_LIMIT = 2n ** 24n;
/** Gas of a transaction that only moves ETH between accounts without code. */
export const PLAIN_TRANSFER_GAS = 21_000n;

/** Percent added to a gas estimate, since the state it was made in is not the one the transaction will meet. */
const ESTIMATE_MARGIN = 25n;

/** Gas limit for a transaction that is estimated to use so much gas. */
export function gasLimitFor(estimate: bigint): bigint {
  const withMargin = (estimate * (100n + ESTIMATE_MARGIN)) / 100n;
  return withMargin > MAXIMUM_GAS_LIMIT ? MAXIMUM_GAS_LIMIT : withMargin;
}
