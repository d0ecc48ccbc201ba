import { EMPTY_ACCOUNT, calldataTokens, countStorageKeys } from "../ethereum/index.ts";
import {
  newTransactionContext,
  rawSlice,
  EMPTY_SLICE,
  needAccount,
  needSlot,
  warmAccount,
  warmSlot,
  Phase,
  authorize,
  stepBuyGas,
  stepEnterTransaction,
  validate,
} from "../machine/index.ts";
import type { Machine, ValidationRules } from "../machine/index.ts";
import { ZERO_ADDRESS } from "../primitives/index.ts";
import type { TransactionMessage } from "./transaction-message.ts";

/**
 * Starts a transaction in fast mode that is no longer raw bytes, or never was: decoded and recovered elsewhere, a deposit, a
 * simulation. The machine then is where its decoding would have brought it, at `Validate`, but for the access list.
 */
export function enterDecoded(machine: Machine, message: TransactionMessage): void {
  const { sender, to, data, accessList, authorizations } = message;
  const account = needAccount(machine, sender) ?? EMPTY_ACCOUNT;
  machine.skipReason = undefined;
  machine.included = undefined;
  machine.exit = undefined;
  machine.transaction = {
    ...newTransactionContext(EMPTY_SLICE),
    nonce: message.nonce ?? account.nonce,
    // As much of it as it can pay.
    maxPriorityFeePerGas: message.tip,
    maxFeePerGas: message.maxFeePerGas,
    gasLimit: Number(message.gasLimit),
    isCreation: to === undefined,
    to: to ?? ZERO_ADDRESS,
    value: message.value,
    data: rawSlice(data),
    dataTokens: Number(calldataTokens(data)),
    addressCount: accessList.length,
    slotCount: countStorageKeys(accessList),
    authorizationCount: authorizations.length,
    sender,
  };
  machine.phase = Phase.Validate;
}

/**
 * From `Validate` to the first step of the outermost frame, or to `Settle` or `EndBlock` if there is none. `onValid` is called
 * before anything is changed, if the transaction is going to run.
 */
export function beginDecoded(
  machine: Machine,
  message: TransactionMessage,
  rules: ValidationRules,
  onValid?: () => void,
): void {
  validate(machine, rules);
  if (machine.skipReason !== undefined) return;
  onValid?.();
  for (const { address, storageKeys } of message.accessList) {
    const account = needAccount(machine, address);
    if (account !== undefined) warmAccount(machine, address, account);
    for (const key of storageKeys) {
      const slot = needSlot(machine, address, key);
      if (slot !== undefined) warmSlot(machine, address, key, slot);
    }
  }
  stepBuyGas(machine);
  for (const authorization of message.authorizations) authorize(machine, authorization);
  stepEnterTransaction(machine);
}
