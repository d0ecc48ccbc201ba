import { createTxFromRLP } from "@ethereumjs/tx";
import type { TypedTransaction } from "@ethereumjs/tx";
import type { Common } from "@ethereumjs/common";
import { MAX_TRANSACTION_SIZE, MIN_TRANSACTION_SIZE } from "../ethereum/index.ts";
import { equalBytes } from "../primitives/index.ts";
import { createOsakaCommon } from "./osaka-common.ts";

const ADDRESS_SIZE = 20;
const SLOT_SIZE = 32;
/** Most bytes of an authorization's chain id, nonce, yParity, r and s (EIP-7702). */
const AUTHORIZATION_NUMBER_SIZES = [32, 8, 1, 32, 32] as const;
const TYPES: readonly number[] = [0, 1, 2, 4];

/** By chain id: making one takes longer than decoding with it, and a transaction keeps a copy of its own. */
const commons = new Map<number, Common>();

function commonOf(chainId: number): Common {
  let common = commons.get(chainId);
  if (common === undefined) commons.set(chainId, (common = createOsakaCommon(chainId)));
  return common;
}

/**
 * Raw bytes as ethereumjs decodes them, with its own recovery of the sender; undefined if they are no transaction of this
 * chain. What the library lets pass is refused here: sizes that this chain does not have, encodings that it would not write
 * itself, lists in place of strings, of which it looks at the length only.
 */
export function decodeLibraryTransaction(raw: Uint8Array, chainId: number): TypedTransaction | undefined {
  if (raw.length < MIN_TRANSACTION_SIZE || raw.length > MAX_TRANSACTION_SIZE) return undefined;
  try {
    const transaction = createTxFromRLP(raw, { common: commonOf(chainId), freeze: false });
    if (!TYPES.includes(transaction.type) || !equalBytes(transaction.serialize(), raw)) return undefined;
    if ("accessList" in transaction && !isAccessList(transaction.accessList)) return undefined;
    if ("authorizationList" in transaction && !isAuthorizationList(transaction.authorizationList)) return undefined;
    transaction.getSenderPublicKey();
    return transaction;
  } catch {
    return undefined;
  }
}

function isAccessList(list: unknown): boolean {
  return isListOf(list, (item) => {
    if (!Array.isArray(item) || item.length !== 2) return false;
    const [address, slots] = item as readonly unknown[];
    return hasSize(address, ADDRESS_SIZE) && isListOf(slots, (slot) => hasSize(slot, SLOT_SIZE));
  });
}

function isAuthorizationList(list: unknown): boolean {
  return isListOf(list, (item) => {
    if (!Array.isArray(item) || item.length !== 6) return false;
    const [chainId, address, ...others] = item as readonly unknown[];
    const numbers = [chainId, ...others];
    return (
      hasSize(address, ADDRESS_SIZE) &&
      AUTHORIZATION_NUMBER_SIZES.every((maximum, index) => isNumber(numbers[index], maximum))
    );
  });
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function hasSize(value: unknown, size: number): boolean {
  return value instanceof Uint8Array && value.length === size;
}

function isNumber(value: unknown, maximumSize: number): boolean {
  return value instanceof Uint8Array && value.length <= maximumSize && value[0] !== 0;
}
