import { Phase } from "../../../../src/machine/phase.ts";
import type { Witness } from "../../../../src/machine/proving/index.ts";
import { keccak256 } from "../../../../src/primitives/index.ts";
import type { Hash } from "../../../../src/primitives/index.ts";
import { EMPTY_CHAIN, EMPTY_WITNESS, ZERO, encodeChain, encodeMachine, encodeWords } from "./chain-states.ts";
import { MODES, encodeStream, newStream, stepStream } from "./stream-model.ts";
import type { Stream } from "./stream-model.ts";

/** A step with the state it must come to. */
export interface ChainStep {
  readonly before: Hash;
  readonly witness: Witness;
  readonly after: Hash;
}

export interface InflateStep extends ChainStep {
  /** Of the streams before and after it. */
  readonly from: Stream;
  readonly to: Stream;
}

/** A chain in the midst of a batch, with a value of its own in every field. */
const CHAIN = {
  ...EMPTY_CHAIN,
  blockHash: keccak256(Uint8Array.of(1)),
  outboxRoot: keccak256(Uint8Array.of(2)),
  batchCount: 3,
  messageCount: 4,
  messagesUpTo: 5,
  batchTimestamp: 6,
  position: 7,
  blockCount: 8,
  transactionsLeft: 9,
  messagesEnd: 10,
  messageWeight: 11,
  gasLeft: 12,
  depositGas: 13,
  gasExcess: 14,
  gasCapacity: 15,
  gasPerSecond: 16,
};

const OUTSIDE = { blockContext: keccak256(Uint8Array.of(3)), stateRoot: keccak256(Uint8Array.of(4)) };

/** The step from `from`, taken for a step of the phase `resume` that needs the content to have `needed` bytes. */
export function inflateStep(from: Stream, needed: number, resume: number): InflateStep {
  const { after: to, regions } = stepStream(from, needed);
  const [beforeStream, afterStream] = [encodeStream(from), encodeStream(to)];
  const beforeChain = encodeChain({ ...CHAIN, stream: keccak256(beforeStream) });
  const afterChain = encodeChain({ ...CHAIN, stream: keccak256(afterStream) });
  const pending = encodeWords([resume, needed]);
  const phaseOf = ({ mode }: Stream) => Phase.InflateBlockHead + MODES.indexOf(mode);
  const machine = encodeMachine({
    ...OUTSIDE,
    phase: phaseOf(from),
    chain: keccak256(beforeChain),
    pending: keccak256(pending),
  });
  const isDone = to.output.length >= needed || to.mode === "ended";
  const after = encodeMachine({
    ...OUTSIDE,
    phase: isDone ? resume : phaseOf(to),
    chain: keccak256(afterChain),
    pending: isDone ? ZERO : keccak256(pending),
  });
  return {
    before: keccak256(machine),
    after: keccak256(after),
    witness: { ...EMPTY_WITNESS, machine, pending, preimages: [beforeChain, beforeStream], regions },
    from,
    to,
  };
}

/**
 * All steps until the stream has ended, or has so many bytes as the last of the `needs` asks for, one after the other: more
 * than 2^22 are never needed.
 */
export function inflateSteps(
  payload: Uint8Array,
  { needs = [2 ** 22], from = newStream(payload) }: { needs?: readonly number[]; from?: Stream } = {},
): InflateStep[] {
  const steps: InflateStep[] = [];
  let stream = from;
  needs.forEach((needed, index) => {
    const resume = index % 2 === 0 ? Phase.ReadBlockHead : Phase.ReadTransaction;
    while (stream.output.length < needed && stream.mode !== "ended") {
      const step = inflateStep(stream, needed, resume);
      steps.push(step);
      stream = step.to;
    }
  });
  return steps;
}
