import type { ExecutionObserver } from "../chain/index.ts";
import { expansionGas } from "./gas.ts";
import type { Frame, Machine } from "./machine.ts";
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

/**
 * Takes one instruction with `run` and tells of it as it stood before, with the gas it has cost (of a call or creation, also
 * what the callee gets; of an exceptional halt, what the opcode costs at least).
 */
export function observeStep(
  machine: Machine,
  onStep: NonNullable<ExecutionObserver["onStep"]>,
  run: (machine: Machine, limit: number) => void,
): void {
  const { frame } = machine;
  if (frame === undefined) throw new Error("expected a frame to execute");
  const { context, pc, gas, memory } = frame;
  const opcode = frame.code.bytes[pc] ?? 0;
  const stack: bigint[] = [];
  for (let index = 0; index < frame.stackSize; index++) stack.push(toBigint(frame.stack, 8 * index));
  const { bytes, size } = memory;
  const overwritten = overwrittenBytes(frame, opcode);

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
    opcodeName: OPCODES[opcode]?.name ?? "INVALID",
    gas: BigInt(gas),
    gasCost: BigInt(hasHalted ? (OPCODES[opcode]?.gas ?? 0) : gas - frame.gas),
    address: context.self,
    stack,
    memory: bytes.subarray(0, size),
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
