/** `kind` of the TransactionContext of a deposit (specification §4). */
export const DEPOSIT_KIND = 0x7e;
