import { opcodeLabel } from "../ethereum/index.ts";
import { CALL_STIPEND, expansionGas } from "./gas.ts";
import { creationGas } from "./instructions/creation.ts";
import type { Frame, Machine } from "./machine.ts";
import type { InstructionObserver } from "./instruction-observer.ts";
import { OPCODES } from "./opcodes.ts";
import { Phase } from "./phase.ts";
import { toBigint, toOffset } from "./word.ts";

/** Where on the stack the destination and the length of what an instruction writes to memory stand, from the top; length 0: a fixed one. */
interface MemoryWrite {
  readonly destination: number;
  readonly lengthAt: number | undefined;
  readonly length: number;
}

const WRITES: ReadonlyMap<number, MemoryWrite> = new Map([
  [0x52, { destination: 1, lengthAt: undefined, length: 32 }],
  [0x53, { destination: 1, lengthAt: undefined, length: 1 }],
  [0x37, { destination: 1, lengthAt: 3, length: 0 }],
  [0x39, { destination: 1, lengthAt: 3, length: 0 }],
  [0x3c, { destination: 2, lengthAt: 4, length: 0 }],
  [0x3e, { destination: 1, lengthAt: 3, length: 0 }],
  [0x5e, { destination: 1, lengthAt: 3, length: 0 }],
]);

const CREATE = 0xf0;
const CREATE2 = 0xf5;
/** Calls; true where they name a value. */
const CALLS: ReadonlyMap<number, boolean> = new Map([
  [0xf1, true],
  [0xf2, true],
  [0xf4, false],
  [0xfa, false],
]);

/** Takes one instruction with `run` and tells of it as it stood before, with the gas it has cost. */
export function observeStep(
  machine: Machine,
  onStep: NonNullable<InstructionObserver["onStep"]>,
  run: (machine: Machine, limit: number) => void,
): void {
  const { frame } = machine;
  if (frame === undefined) throw new Error("expected a frame to execute");
  const { context, pc, gas, memory, returndata } = frame;
  const opcode = frame.code.bytes[pc] ?? 0;
  const stack: bigint[] = [];
  for (let index = 0; index < frame.stackSize; index++) stack.push(toBigint(frame.stack, 8 * index));
  const { bytes, size } = memory;
  const overwritten = overwrittenBytes(frame, opcode);
  const ownCost = creationCost(frame, opcode);

  run(machine, 1);

  const hasHalted =
    machine.phase === Phase.ExitFrame && machine.pending?.kind === "exit" && machine.pending.status === 0;
  // If memory has grown out of `bytes`, they still are what they were.
  const written = overwritten !== undefined && memory.bytes === bytes ? overwritten : undefined;
  const current = written === undefined ? undefined : bytes.slice(written.at, written.at + written.bytes.length);
  if (written !== undefined) bytes.set(written.bytes, written.at);
  onStep({
    depth: context.depth,
    pc,
    opcode,
    opcodeName: opcodeLabel(opcode, OPCODES[opcode]?.name),
    gas: BigInt(gas),
    gasCost: BigInt(
      hasHalted
        ? (OPCODES[opcode]?.gas ?? 0)
        : (ownCost ?? gas - frame.gas + gasOfRefusal(machine, frame, opcode, stack)),
    ),
    address: context.self,
    stack,
    memory: bytes.subarray(0, size),
    returnData: returndata.bytes,
    refund: BigInt(machine.refund),
  });
  if (written !== undefined && current !== undefined) bytes.set(current, written.at);
}

/** What stands in memory where an instruction will write, if it writes at all. */
function overwrittenBytes(
  frame: Frame,
  opcode: number,
): { readonly at: number; readonly bytes: Uint8Array } | undefined {
  const write = WRITES.get(opcode);
  if (write === undefined || frame.stackSize < (OPCODES[opcode]?.pops ?? 0)) return undefined;
  const behind = 8 * frame.stackSize;
  const at = toOffset(frame.stack, behind - 8 * write.destination);
  const length = write.lengthAt === undefined ? write.length : toOffset(frame.stack, behind - 8 * write.lengthAt);
  // What it cannot pay for it does not write.
  if (expansionGas(frame.memory, at, length) > frame.gas) return undefined;
  const bytes = frame.memory.bytes.slice(at, at + length);
  return bytes.length === 0 ? undefined : { at, bytes };
}

function creationCost({ stack, stackSize, memory }: Frame, opcode: number): number | undefined {
  if ((opcode !== CREATE && opcode !== CREATE2) || stackSize < 3) return undefined;
  const top = 8 * stackSize - 8;
  return creationGas(memory, {
    isCreate2: opcode === CREATE2,
    offset: toOffset(stack, top - 8),
    length: toOffset(stack, top - 16),
  });
}

/** What a call would have passed on that the frame has back, with the stipend, because nobody was called; else 0. */
function gasOfRefusal(machine: Machine, frame: Frame, opcode: number, stack: readonly bigint[]): number {
  const namesValue = CALLS.get(opcode);
  if (namesValue === undefined || machine.phase !== Phase.Execute || machine.frame !== frame) return 0;
  const stipend = namesValue && stack.at(-3) !== 0n ? CALL_STIPEND : 0;
  const available = frame.gas - stipend;
  const most = available - Math.floor(available / 64);
  const requested = stack.at(-1) ?? 0n;
  return stipend + (requested < BigInt(most) ? Number(requested) : most);
}
