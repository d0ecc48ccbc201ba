import { FRAME_ERROR, MAX_INITCODE_SIZE, MAX_NONCE, createAddress, create2Address } from "../../ethereum/index.ts";
import type { Address } from "../../primitives/index.ts";
import { FRAME_KIND, beginFrame } from "../frame.ts";
import { CREATE_GAS, INITCODE_WORD_GAS, KECCAK_WORD_GAS, MAX_DEPTH, expansionGas, wordsOf } from "../gas.ts";
import { halt } from "../halt.ts";
import type { Frame, Machine } from "../machine.ts";
import { expand, sliceOf, tellBytes } from "../memory.ts";
import type { Memory } from "../memory.ts";
import { isOccupied } from "../overlay.ts";
import type { AccountEntry } from "../overlay.ts";
import { EMPTY_SLICE } from "../slice.ts";
import { markJournal, modifyAccount, needAccount, presentAccount, warmAccount } from "../state-access.ts";
import { setLimb, toBigint, toHash, toOffset } from "../word.ts";

/** CREATE: value, offset and length of the initcode. */
export function create(machine: Machine, frame: Frame): void {
  enter(machine, frame, FRAME_KIND.create);
}

/** CREATE2 (EIP-1014): the same and a salt. */
export function create2(machine: Machine, frame: Frame): void {
  enter(machine, frame, FRAME_KIND.create2);
}

function enter(machine: Machine, frame: Frame, kind: 0xf0 | 0xf5): void {
  const { stack, memory, context } = frame;
  const { self } = context;
  if (context.isStatic) return halt(machine, FRAME_ERROR.writeProtection);
  const top = 8 * frame.stackSize - 8;
  const isCreate2 = kind === FRAME_KIND.create2;
  const value = toBigint(stack, top);
  const offset = toOffset(stack, top - 8);
  const length = toOffset(stack, top - 16);
  if (length > MAX_INITCODE_SIZE) return halt(machine, FRAME_ERROR.initcodeTooLong);
  const gas = frame.gas - creationGas(memory, { isCreate2, offset, length });
  if (gas < 0) return halt(machine, FRAME_ERROR.outOfGas);

  const creator = presentAccount(machine, self);
  const canCreate = creator.balance >= value && creator.nonce < MAX_NONCE && context.depth < MAX_DEPTH;
  let created: Address | undefined;
  let account: AccountEntry | undefined;
  if (canCreate) {
    // Memory that grows here holds zeros only, so the initcode can be read before.
    if (isCreate2) {
      if (machine.recorder !== undefined) tellBytes(machine.recorder, memory.tree, offset, length);
      const initcode = new Uint8Array(length);
      initcode.set(memory.bytes.subarray(offset, offset + length));
      created = create2Address(self, toHash(stack, top - 24), initcode);
    } else {
      created = createAddress(self, creator.nonce);
    }
    account = needAccount(machine, created);
    if (account === undefined) return;
  }

  expand(memory, offset, length);
  frame.stackSize -= isCreate2 ? 4 : 3;
  frame.pc++;
  frame.returndata = EMPTY_SLICE;
  if (created === undefined || account === undefined) {
    frame.gas = gas;
    pushZero(frame);
    return;
  }
  modifyAccount(machine, self, { nonce: creator.nonce + 1n, isDirty: true });
  warmAccount(machine, created, account);
  const kept = Math.floor(gas / 64);
  frame.gas = kept;
  if (isOccupied(account)) {
    pushZero(frame);
    return;
  }
  beginFrame(
    machine,
    {
      parent: frame,
      savedJournal: markJournal(machine),
      kind,
      isStatic: false,
      depth: context.depth + 1,
      self: created,
      caller: self,
      value,
      codeAddress: created,
      isDelegated: false,
      input: sliceOf(memory, offset, length),
      outOffset: 0,
      outLength: 0,
    },
    gas - kept,
  );
}

/** What a creation costs without what it passes on. */
export function creationGas(
  memory: Memory,
  { isCreate2, offset, length }: { readonly isCreate2: boolean; readonly offset: number; readonly length: number },
): number {
  const wordGas = INITCODE_WORD_GAS + (isCreate2 ? KECCAK_WORD_GAS : 0);
  return CREATE_GAS + wordGas * wordsOf(length) + expansionGas(memory, offset, length);
}

function pushZero(frame: Frame): void {
  setLimb(frame.stack, 8 * frame.stackSize, 0);
  frame.stackSize++;
}
