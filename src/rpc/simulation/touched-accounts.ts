import { wordToAddress } from "../../execution/index.ts";
import type { ObservedStep } from "../../execution/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import { formatWord } from "../format/scalars.ts";

/** Stack items without which a call is not looked at. */
const CALL_OPERANDS = 5;

/**
 * Tells of each account, and storage slot of it, that an instruction names: storage of the executing account, and the operand
 * of BALANCE, EXTCODE*, the calls and SELFDESTRUCT.
 */
export function touchesOf(
  { opcodeName, stack, address }: ObservedStep,
  onTouch: (account: Address, slot: Hash | undefined) => void,
): void {
  const touchOperand = (fromTop: number): void => {
    const word = stack[stack.length - 1 - fromTop];
    if (word !== undefined) onTouch(wordToAddress(word), undefined);
  };
  switch (opcodeName) {
    case "SLOAD":
    case "SSTORE": {
      const key = stack.at(-1);
      if (key !== undefined) onTouch(address, formatWord(key));
      return;
    }
    case "BALANCE":
    case "EXTCODECOPY":
    case "EXTCODEHASH":
    case "EXTCODESIZE":
    case "SELFDESTRUCT":
      return touchOperand(0);
    case "CALL":
    case "CALLCODE":
    case "DELEGATECALL":
    case "STATICCALL":
      if (stack.length >= CALL_OPERANDS) touchOperand(1);
  }
}
