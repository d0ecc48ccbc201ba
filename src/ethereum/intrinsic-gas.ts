/** Gas costs of a transaction as such (Osaka). */
const TRANSACTION_GAS = 21_000n;
const CREATION_GAS = 32_000n;
const TOKEN_GAS = 4n;
const FLOOR_TOKEN_GAS = 10n;
const INITCODE_WORD_GAS = 2n;
const ACCESS_LIST_ADDRESS_GAS = 2_400n;
const ACCESS_LIST_SLOT_GAS = 1_900n;
/** EIP-7702: what every authorization costs up front. */
export const AUTHORIZATION_GAS = 25_000n;
/** EIP-7702: what comes back if the authority exists already. */
export const EXISTING_AUTHORITY_REFUND = 12_500n;

/** Gas a transaction uses before its first instruction, and (EIP-7623) at least in all. Data gas is not part of either. */
export interface TransactionGas {
  readonly intrinsic: bigint;
  readonly floor: bigint;
}

interface GasInput {
  readonly isCreation: boolean;
  readonly accessListAddresses: number;
  readonly accessListSlots: number;
  readonly authorizations: number;
}

export function intrinsicGas(transaction: GasInput & { readonly data: Uint8Array }): TransactionGas {
  const { data } = transaction;
  return intrinsicGasOfTokens({ ...transaction, dataLength: data.length, tokens: calldataTokens(data) });
}

/** The same where the tokens of the data, of `dataLength` bytes, have been counted already. */
export function intrinsicGasOfTokens(
  transaction: GasInput & { readonly dataLength: number; readonly tokens: bigint },
): TransactionGas {
  const { isCreation, dataLength, tokens } = transaction;
  let intrinsic = TRANSACTION_GAS + TOKEN_GAS * tokens;
  if (isCreation) intrinsic += CREATION_GAS + INITCODE_WORD_GAS * BigInt(Math.ceil(dataLength / 32));
  intrinsic += ACCESS_LIST_ADDRESS_GAS * BigInt(transaction.accessListAddresses);
  intrinsic += ACCESS_LIST_SLOT_GAS * BigInt(transaction.accessListSlots);
  intrinsic += AUTHORIZATION_GAS * BigInt(transaction.authorizations);
  return { intrinsic, floor: TRANSACTION_GAS + FLOOR_TOKEN_GAS * tokens };
}

/** Calldata tokens of raw transaction bytes: zero bytes + 4 × other bytes. */
export function calldataTokens(raw: Uint8Array): bigint {
  let zeros = 0;
  for (const byte of raw) if (byte === 0) zeros++;
  return BigInt(zeros + 4 * (raw.length - zeros));
}
