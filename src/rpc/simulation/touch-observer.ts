import type { ExecutionObserver } from "../../chain/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import { formatWord } from "../format/index.ts";

/**
 * Tells of each account, and storage slot of it, that an opcode names, before the opcode runs: storage of the executing
 * account, and the operand of BALANCE, EXTCODE*, the calls and SELFDESTRUCT.
 */
export function createTouchObserver(
  onTouch: (account: Address, slot: Hash | undefined) => void,
): Required<Pick<ExecutionObserver, "onStep">> {
  return {
    onStep({ opcodeName, stack, address }) {
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
          return touchOperand(1);
      }
    },
  };
}

/** The account a stack word names: its low 20 bytes. */
export function wordToAddress(word: bigint): Address {
  return `0x${(word & (2n ** 160n - 1n)).toString(16).padStart(40, "0")}`;
}
