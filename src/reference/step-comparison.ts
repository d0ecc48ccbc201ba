import type { ExecutionObserver } from "../execution/index.ts";
import { concatBytes, keccak256Bytes } from "../primitives/index.ts";

type Step = Parameters<NonNullable<ExecutionObserver["onStep"]>>[0];
type Pair<T> = readonly [primary: T, secondary: T];
/** Runs one and the same transaction, watched. */
type Run = (observer: ExecutionObserver) => Promise<unknown>;

const STOP = 0x00;
/** Bytes of memory that are compared in all: whoever has more at hand is compared by its size from then on. */
const MEMORY_BUDGET = 4_000_000_000;

/**
 * Runs a transaction on two engines once more and says at which step, and in what, they first differ. A step that one of
 * them alone tells of is passed over if both go on as one behind it: not all tell of the STOP behind the end of a code, or
 * of an instruction that halts.
 */
export async function describeFirstDifferentStep(names: Pair<string>, runs: Pair<Run>): Promise<string> {
  const prints = [await fingerprints(runs[0]), await fingerprints(runs[1])] as const;
  const [ours, theirs] = prints;
  let left = 0;
  let right = 0;
  for (;;) {
    if (left >= ours.length && right >= theirs.length) return "no step differs: the difference is outside of frames";
    if (ours[left] === theirs[right]) {
      left++;
      right++;
    } else if (ours[left] !== undefined && ours[left + 1] === theirs[right]) left++;
    else if (theirs[right] !== undefined && ours[left] === theirs[right + 1]) right++;
    else break;
  }
  const [one, other] = [await stepAt(runs[0], left), await stepAt(runs[1], right)];
  const before = left === 0 ? undefined : await stepAt(runs[0], left - 1);
  const place = before === undefined ? "" : `, after step ${left - 1}: ${describe(before)}`;
  if (one === undefined || other === undefined) {
    const [present, name] = one === undefined ? [other, names[1]] : [one, names[0]];
    const index = one === undefined ? right : left;
    return `first difference: only ${name} takes step ${index}, ${describe(present as Step)}${place}`;
  }
  return `first difference: step ${left}, ${describe(one)}: ${differingField(names, one, other)}${place}`;
}

function describe({ depth, pc, opcodeName, opcode }: Step): string {
  return `${opcodeName} (0x${opcode.toString(16).padStart(2, "0")}) at pc ${pc}, depth ${depth}`;
}

function differingField(names: Pair<string>, one: Step, other: Step): string {
  const say = (what: string, left: unknown, right: unknown) => `${what}: ${names[0]} ${left}, ${names[1]} ${right}`;
  for (const field of ["depth", "address", "pc", "opcode", "gas"] as const)
    if (one[field] !== other[field]) return say(field, one[field], other[field]);
  if (one.stack.length !== other.stack.length) return say("stack items", one.stack.length, other.stack.length);
  for (let index = one.stack.length - 1; index >= 0; index--) {
    if (one.stack[index] !== other.stack[index])
      return say(
        `stack item ${one.stack.length - 1 - index} from the top`,
        hex(one.stack[index]),
        hex(other.stack[index]),
      );
  }
  if (one.memory.length !== other.memory.length) return say("bytes of memory", one.memory.length, other.memory.length);
  const at = one.memory.findIndex((byte, index) => byte !== other.memory[index]);
  return at < 0 ? "nothing an observer sees" : say(`memory at ${at}`, one.memory[at], other.memory[at]);
}

function hex(value: bigint | undefined): string {
  return value === undefined ? "none" : `0x${value.toString(16)}`;
}

/** One number for all that is seen of each step. */
async function fingerprints(run: Run): Promise<bigint[]> {
  const prints: bigint[] = [];
  let budget = MEMORY_BUDGET;
  await run({
    onStep: (step) => {
      if (step.opcode === STOP) return;
      const { depth, pc, opcode, gas, stack, memory, address } = step;
      budget -= memory.length;
      const text = [depth, address, pc, opcode, gas, memory.length, ...stack].join();
      const parts = [Buffer.from(text), budget > 0 ? memory : EMPTY];
      prints.push(Buffer.from(keccak256Bytes(concatBytes(parts))).readBigUInt64BE());
    },
  });
  return prints;
}

const EMPTY = new Uint8Array();

/** The step with this index, STOPs not counted. */
async function stepAt(run: Run, index: number): Promise<Step | undefined> {
  let count = 0;
  let found: Step | undefined;
  await run({
    onStep: (step) => {
      if (step.opcode === STOP || count++ !== index) return;
      found = { ...step, stack: [...step.stack], memory: step.memory.slice() };
    },
  });
  return found;
}
