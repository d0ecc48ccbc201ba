import { FRAME_ERROR } from "../../ethereum/index.ts";
import { concatBytes, hexToBytes, keccak256 } from "../../primitives/index.ts";
import type { Hash } from "../../primitives/index.ts";
import { LOG_BYTE_GAS, LOG_GAS, LOG_TOPIC_GAS, expansionGas } from "../gas.ts";
import { halt } from "../halt.ts";
import type { Frame, Machine } from "../machine.ts";
import { expand, sliceOf, tellBytes } from "../memory.ts";
import { Phase } from "../phase.ts";
import { toHash, toOffset } from "../word.ts";
import { LONGEST_HASHED_AT_ONCE } from "./hashing.ts";

const NO_BYTES = new Uint8Array();

export const log0 = logInstruction(0);
export const log1 = logInstruction(1);
export const log2 = logInstruction(2);
export const log3 = logInstruction(3);
export const log4 = logInstruction(4);

function logInstruction(topicCount: number): (machine: Machine, frame: Frame) => void {
  return (machine, frame) => {
    if (frame.context.isStatic) return halt(machine, FRAME_ERROR.writeProtection);
    const { stack, memory } = frame;
    const top = 8 * frame.stackSize - 8;
    const offset = toOffset(stack, top);
    const length = toOffset(stack, top - 8);
    const cost = LOG_GAS + LOG_TOPIC_GAS * topicCount + LOG_BYTE_GAS * length;
    const gas = frame.gas - cost - expansionGas(memory, offset, length);
    if (gas < 0) return halt(machine, FRAME_ERROR.outOfGas);
    frame.gas = gas;
    frame.stackSize -= topicCount + 2;
    frame.pc++;
    expand(memory, offset, length);
    const topics: Hash[] = [];
    for (let index = 0; index < topicCount; index++) topics.push(toHash(stack, top - 16 - 8 * index));
    const slice = sliceOf(memory, offset, length);
    const log = { address: frame.context.self, topics, data: slice.bytes.slice() };
    if (machine.isProving && length > LONGEST_HASHED_AT_ONCE) {
      machine.pending = {
        kind: "absorb",
        resume: Phase.FinishLog,
        context: keccak256(concatBytes(topics.map(hexToBytes))),
        source: slice,
        prefix: NO_BYTES,
        suffix: NO_BYTES,
        position: 0,
        sponge: undefined,
        log,
      };
      machine.phase = Phase.Absorb;
      return;
    }
    if (machine.recorder !== undefined) tellBytes(machine.recorder, memory.tree, offset, length);
    machine.logs.push(log);
  };
}

/** The phase `FinishLog`: appends a log whose data is hashed. */
export function stepFinishLog(machine: Machine): void {
  const { pending } = machine;
  if (pending?.kind !== "digest" || pending.log === undefined) throw new Error("expected the pending digest of a log");
  machine.logs.push(pending.log);
  machine.pending = undefined;
  machine.phase = Phase.Execute;
}
