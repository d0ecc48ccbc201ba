import { FRAME_ERROR, invalidOpcodeError } from "../ethereum/index.ts";
import { isJumpDestination, paddedCode, paddedCodeView, pushDataOf } from "./code.ts";
import type { Code } from "./code.ts";
import type { Recorder } from "./commitments.ts";
import { EXP_BYTE_GAS, expansionGas } from "./gas.ts";
import { halt } from "./halt.ts";
import type { InstructionObserver } from "./instruction-observer.ts";
import { instructionOf } from "./instructions/index.ts";
import type { Instruction } from "./instructions/index.ts";
import type { Machine } from "./machine.ts";
import { expand, markDirty, tellBytes } from "./memory.ts";
import { observeStep } from "./observe-instruction.ts";
import { OPCODES } from "./opcodes.ts";
import { Phase } from "./phase.ts";
import * as word from "./word.ts";

const STACK_LIMIT = 1_024;
const UNDEFINED_RULE = 8;

/**
 * What is checked before an instruction runs, one number each: bits 0–7 the least `sp` it needs, bits 8–21 the most `sp` it
 * allows (word.ts: 8 an item), bits 22–31 its gas. No `sp` will do for an opcode without an instruction.
 */
const RULES = makeRules();

/** What the instructions that are not part of the loop do. */
const INSTRUCTIONS: readonly (Instruction | undefined)[] = Array.from({ length: 256 }, (_, opcode) =>
  instructionOf(opcode),
);

/** Most instructions of one go: small enough to be counted in a register. */
const GO = 0x3fffffff;

/**
 * The phase `Execute` (docs/machine.md §8): runs at most `limit` instructions of the running frame, until it is left or
 * suspended, faults, or something is pending; a limit of Infinity may take several calls. When proving it is called with a
 * limit of 1.
 */
export function execute(machine: Machine, limit: number, observer?: InstructionObserver): void {
  if (observer?.onStep === undefined) {
    run(machine, Math.min(limit, GO));
    return;
  }
  const { frame } = machine;
  const { onStep, opcodes } = observer;
  const end = Math.min(limit, GO);
  for (let taken = 0; taken < end && machine.phase === Phase.Execute && machine.frame === frame; taken++) {
    if (opcodes === undefined || opcodes.has(frame?.code.bytes[frame.pc] ?? 0)) observeStep(machine, onStep, run);
    else run(machine, 1);
  }
}

function run(machine: Machine, limit: number): void {
  const { frame, recorder } = machine;
  if (frame === undefined) throw new Error("expected a frame to execute");
  const { stack, memory } = frame;
  const code = paddedCode(frame.code);
  const codeView = paddedCodeView(frame.code);
  const codeLength = frame.code.bytes.length;
  let { pushData } = frame.code;
  // The frame is behind these until something else looks at it.
  let { pc, gas } = frame;
  let sp = 8 * frame.stackSize;
  let reason: string = FRAME_ERROR.outOfGas;

  running: {
    for (let taken = 0; taken < limit; taken++) {
      const opcode = code[pc] as number;
      if (recorder !== undefined) tellCode(recorder, frame.code, pc, opcode);
      const rule = RULES[opcode] as number;
      if (sp < (rule & 0xff) || sp > ((rule >>> 8) & 0x3fff)) {
        reason = stackHalt(opcode, sp);
        break running;
      }
      gas -= rule >>> 22;
      if (gas < 0) break running;

      switch (opcode) {
        case 0x01: // ADD
          word.add(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x02: // MUL
          word.mul(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x03: // SUB
          word.sub(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x04: // DIV
          word.div(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x05: // SDIV
          word.sdiv(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x06: // MOD
          word.mod(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x07: // SMOD
          word.smod(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x08: // ADDMOD
          word.addmod(stack, sp);
          sp -= 16;
          pc++;
          continue;
        case 0x09: // MULMOD
          word.mulmod(stack, sp);
          sp -= 16;
          pc++;
          continue;
        case 0x0a: // EXP
          gas -= EXP_BYTE_GAS * word.significantBytes(stack, sp - 16);
          if (gas < 0) break running;
          word.exp(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x0b: // SIGNEXTEND
          word.signextend(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x10: // LT
          word.lt(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x11: // GT
          word.gt(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x12: // SLT
          word.slt(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x13: // SGT
          word.sgt(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x14: // EQ
          word.eq(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x15: // ISZERO
          word.iszero(stack, sp);
          pc++;
          continue;
        case 0x16: // AND
          word.and(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x17: // OR
          word.or(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x18: // XOR
          word.xor(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x19: // NOT
          word.not(stack, sp);
          pc++;
          continue;
        case 0x1a: // BYTE
          word.byte(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x1b: // SHL
          word.shl(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x1c: // SHR
          word.shr(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x1d: // SAR
          word.sar(stack, sp);
          sp -= 8;
          pc++;
          continue;
        case 0x1e: // CLZ
          word.clz(stack, sp);
          pc++;
          continue;

        case 0x50: // POP
          sp -= 8;
          pc++;
          continue;
        case 0x51: {
          // MLOAD
          const offset = word.toOffset(stack, sp - 8);
          if (offset + 32 > memory.size) {
            const cost = expansionGas(memory, offset, 32);
            if (cost > gas) break running;
            gas -= cost;
            expand(memory, offset, 32);
          }
          if (recorder !== undefined) tellBytes(recorder, memory.tree, offset, 32);
          word.load(stack, sp - 8, memory.view, offset);
          pc++;
          continue;
        }
        case 0x52: {
          // MSTORE
          const offset = word.toOffset(stack, sp - 8);
          if (offset + 32 > memory.size) {
            const cost = expansionGas(memory, offset, 32);
            if (cost > gas) break running;
            gas -= cost;
            expand(memory, offset, 32);
          }
          if (recorder !== undefined) {
            tellBytes(recorder, memory.tree, offset, 32);
            markDirty(memory, offset, 32);
          }
          word.store(stack, sp - 16, memory.view, offset);
          sp -= 16;
          pc++;
          continue;
        }
        case 0x53: {
          // MSTORE8
          const offset = word.toOffset(stack, sp - 8);
          if (offset + 1 > memory.size) {
            const cost = expansionGas(memory, offset, 1);
            if (cost > gas) break running;
            gas -= cost;
            expand(memory, offset, 1);
          }
          if (recorder !== undefined) {
            tellBytes(recorder, memory.tree, offset, 1);
            markDirty(memory, offset, 1);
          }
          memory.bytes[offset] = stack[sp - 16] as number;
          sp -= 16;
          pc++;
          continue;
        }
        case 0x56:
        case 0x57: {
          // JUMP, JUMPI
          if (opcode === 0x57 && word.isZero(stack, sp - 16)) {
            sp -= 16;
            pc++;
            continue;
          }
          const destination = word.toOffset(stack, sp - 8);
          if (recorder !== undefined && destination < codeLength) {
            recorder.region(frame.code.jumpsTree, destination >> 8, 1);
          }
          pushData ??= pushDataOf(frame.code);
          if (destination >= codeLength || !isJumpDestination(frame.code, pushData, destination)) {
            reason = FRAME_ERROR.invalidJump;
            break running;
          }
          sp -= opcode === 0x56 ? 8 : 16;
          pc = destination;
          continue;
        }
        case 0x58: // PC
          word.setLimb(stack, sp, pc);
          sp += 8;
          pc++;
          continue;
        case 0x59: // MSIZE
          word.setLimb(stack, sp, memory.size);
          sp += 8;
          pc++;
          continue;
        case 0x5a: // GAS
          word.setNumber(stack, sp, gas);
          sp += 8;
          pc++;
          continue;
        case 0x5b: // JUMPDEST
          pc++;
          continue;
        case 0x5f: // PUSH0
          word.setLimb(stack, sp, 0);
          sp += 8;
          pc++;
          continue;
        case 0x60: // PUSH1
          word.setLimb(stack, sp, code[pc + 1] as number);
          sp += 8;
          pc += 2;
          continue;
        case 0x61: // PUSH2
          word.setLimb(stack, sp, ((code[pc + 1] as number) << 8) | (code[pc + 2] as number));
          sp += 8;
          pc += 3;
          continue;
        case 0x63: // PUSH4
          word.setLimb(stack, sp, codeView.getUint32(pc + 1));
          sp += 8;
          pc += 5;
          continue;
        // prettier-ignore
        case 0x62:
        case 0x64:
        case 0x65:
        case 0x66:
        case 0x67:
        case 0x68:
        case 0x69:
        case 0x6a:
        case 0x6b:
        case 0x6c:
        case 0x6d:
        case 0x6e:
        case 0x6f:
        case 0x70:
        case 0x71:
        case 0x72:
        case 0x73:
        case 0x74:
        case 0x75:
        case 0x76:
        case 0x77:
        case 0x78:
        case 0x79:
        case 0x7a:
        case 0x7b:
        case 0x7c:
        case 0x7d:
        case 0x7e:
        case 0x7f: // PUSH3, PUSH5 to PUSH32
          word.loadShort(stack, sp, codeView, pc + 1, opcode - 0x5f);
          sp += 8;
          pc += opcode - 0x5e;
          continue;
        // prettier-ignore
        case 0x80:
        case 0x81:
        case 0x82:
        case 0x83:
        case 0x84:
        case 0x85:
        case 0x86:
        case 0x87:
        case 0x88:
        case 0x89:
        case 0x8a:
        case 0x8b:
        case 0x8c:
        case 0x8d:
        case 0x8e:
        case 0x8f: // DUP
          word.copyWord(stack, sp - 8 * (opcode - 0x7f), sp);
          sp += 8;
          pc++;
          continue;
        // prettier-ignore
        case 0x90:
        case 0x91:
        case 0x92:
        case 0x93:
        case 0x94:
        case 0x95:
        case 0x96:
        case 0x97:
        case 0x98:
        case 0x99:
        case 0x9a:
        case 0x9b:
        case 0x9c:
        case 0x9d:
        case 0x9e:
        case 0x9f: // SWAP
          word.swapWords(stack, sp - 8 * (opcode - 0x8e), sp - 8);
          pc++;
          continue;

        default: {
          frame.pc = pc;
          frame.gas = gas;
          frame.stackSize = sp >> 3;
          (INSTRUCTIONS[opcode] as Instruction)(machine, frame);
          if (machine.phase !== Phase.Execute || machine.frame !== frame) return;
          ({ pc, gas } = frame);
          sp = 8 * frame.stackSize;
        }
      }
    }
    frame.pc = pc;
    frame.gas = gas;
    frame.stackSize = sp >> 3;
    return;
  }

  frame.pc = pc;
  frame.stackSize = sp >> 3;
  halt(machine, reason);
}

/** Tells that a step opens the instruction at `pc`: its bytes, as far as there are any. */
function tellCode(recorder: Recorder, code: Code, pc: number, opcode: number): void {
  if (pc >= code.bytes.length) return;
  const end = Math.min(pc + 1 + (OPCODES[opcode]?.immediates ?? 0), code.bytes.length);
  tellBytes(recorder, code.tree, code.offset + pc, end - pc);
}

function stackHalt(opcode: number, sp: number): string {
  const known = OPCODES[opcode];
  if (known === undefined) return invalidOpcodeError(opcode, undefined);
  const { pops, pushes } = known;
  const items = sp >> 3;
  return items < pops
    ? `${FRAME_ERROR.stackUnderflow} (${items} <=> ${pops})`
    : `stack limit reached ${items} (${STACK_LIMIT + pops - pushes})`;
}

function makeRules(): Uint32Array {
  const rules = new Uint32Array(256).fill(UNDEFINED_RULE);
  OPCODES.forEach((opcode, index) => {
    if (opcode === undefined) return;
    const { pops, pushes, gas } = opcode;
    const most = Math.min(STACK_LIMIT, STACK_LIMIT - pushes + pops);
    rules[index] = (8 * pops) | ((8 * most) << 8) | (gas << 22);
  });
  return rules;
}
