/** Chain id of L2 unless another is chosen: the ASCII bytes of "one", 0x6f6e65, taken by no known chain. */
export const DEFAULT_L2_CHAIN_ID = 0x6f6e65;
