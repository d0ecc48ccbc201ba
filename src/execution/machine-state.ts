import type { StateSink, StateSource } from "../machine/index.ts";
import type { BlockState } from "./block-state.ts";

/** A block's state as a machine reads and writes it. */
export function stateOf(state: BlockState): { readonly state: StateSource; readonly sink: StateSink } {
  return {
    state: {
      getAccount: (address) => state.account(address),
      getSlot: (address, slot) => state.slot(address, slot),
      getCode: (codeHash) => state.codeOf(codeHash),
      getCodeLength: (codeHash) => state.codeLengthOf(codeHash),
    },
    sink: {
      setAccount: (address, account) => state.setAccount(address, account),
      removeAccount: (address) => {
        if (state.account(address) !== undefined) state.removeAccount(address);
      },
      setSlot: (address, slot, value) => state.setSlot(address, slot, value),
      addCode: (codeHash, code) => state.addCode(codeHash, code),
    },
  };
}
