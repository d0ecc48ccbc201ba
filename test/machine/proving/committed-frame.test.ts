import { expect } from "chai";
import { codeOf } from "../../../src/machine/code.ts";
import type { Frame, FrameContext } from "../../../src/machine/index.ts";
import { createMemory, expand, markDirty } from "../../../src/machine/memory.ts";
import { followFrame } from "../../../src/machine/proving/committed-frame.ts";
import type { CommittedFrame } from "../../../src/machine/proving/committed-frame.ts";
import { EMPTY_JOURNAL, encodeJournal } from "../../../src/machine/proving/committed-journal.ts";
import { STACK_LIMIT } from "../../../src/machine/proving/stack-chain.ts";
import { bytesOf } from "../../../src/machine/proving/words.ts";
import { EMPTY_SLICE } from "../../../src/machine/slice.ts";
import { fromBigint } from "../../../src/machine/word.ts";
import {
  ZERO_ADDRESS,
  ZERO_HASH,
  bytesToHex,
  digestToBytes,
  keccak256,
  zeroSubtree,
} from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";
import { assemble } from "../assemble.ts";
import { wordsOf } from "./check-witness.ts";
import { plainBufferRoot } from "./plain-commitment.ts";

// Fields by their place in the structs of docs/machine.md §1.
const FRAME = { context: 0, codeRoot: 1, codeLength: 3, jumps: 4, pc: 5, stack: 7, stackSize: 8, memoryRoot: 9 };
const CONTEXT = { parent: 0, savedJournal: 1, depth: 4 };
const EMPTY_ROOT = zeroSubtree(17);

function frameAt(depth: number, overrides: Partial<Frame> = {}): Frame {
  const context: FrameContext = {
    parent: undefined,
    savedJournal: { overlay: 0, logs: 0, refund: 0, committed: EMPTY_JOURNAL },
    kind: 0xf1,
    isStatic: false,
    depth,
    self: ZERO_ADDRESS,
    caller: ZERO_ADDRESS,
    value: 0n,
    codeAddress: ZERO_ADDRESS,
    isDelegated: false,
    input: EMPTY_SLICE,
    outOffset: 0,
    outLength: 0,
  };
  return {
    context,
    code: codeOf(assemble("JUMPDEST STOP")),
    pc: 0,
    gas: 100,
    stack: new Uint32Array(8 * STACK_LIMIT),
    stackSize: 0,
    memory: createMemory(),
    returndata: EMPTY_SLICE,
    ...overrides,
  };
}

const at = (frames: readonly CommittedFrame[], depth: number) => frames[depth] as CommittedFrame;
const hashAt = (frames: readonly CommittedFrame[], depth: number) =>
  bytesToHex(digestToBytes(at(frames, depth).digest));
const wordOf = (number: number): Hash => `0x${number.toString(16).padStart(64, "0")}`;

/** The fields of a frame and its context, which its digest commits to. */
function fieldsAt(frames: readonly CommittedFrame[], depth: number) {
  const { encoding, context } = at(frames, depth);
  expect(keccak256(bytesOf(encoding))).to.equal(hashAt(frames, depth));
  const [frame, fields] = [wordsOf(bytesOf(encoding)), wordsOf(bytesOf(context))];
  expect(frame[FRAME.context]).to.equal(keccak256(bytesOf(context)));
  return { frame, context: fields };
}

describe("Committed frame", () => {
  it("commits to its context: the caller as it is suspended, the journal to go back to", () => {
    const frames: CommittedFrame[] = [];
    followFrame(frames, frameAt(0), STACK_LIMIT, false);
    expect(fieldsAt(frames, 0).context[CONTEXT.parent]).to.equal(ZERO_HASH);
    followFrame(frames, frameAt(1), STACK_LIMIT, false);
    const { context } = fieldsAt(frames, 1);
    expect(context[CONTEXT.parent]).to.equal(hashAt(frames, 0));
    expect(context[CONTEXT.savedJournal]).to.equal(keccak256(bytesOf(encodeJournal(EMPTY_JOURNAL))));
    expect(context[CONTEXT.depth]).to.equal(wordOf(1));
  });

  it("has another digest after a change, and leaves the one it had as it was", () => {
    const frames: CommittedFrame[] = [];
    const frame = frameAt(0);
    followFrame(frames, frame, STACK_LIMIT, false);
    const { digest } = at(frames, 0);
    const before = digestToBytes(digest);
    frame.pc = 1;
    followFrame(frames, frame, STACK_LIMIT, false);
    expect(fieldsAt(frames, 0).frame[FRAME.pc]).to.equal(wordOf(1));
    expect(digestToBytes(digest)).to.eql(before);
    expect(at(frames, 0).digest).to.not.eql(digest);
  });

  it("has no jump destinations until it has entered its code", () => {
    const frames: CommittedFrame[] = [];
    const frame = frameAt(0);
    followFrame(frames, frame, STACK_LIMIT, false);
    expect(fieldsAt(frames, 0).frame[FRAME.codeRoot]).to.equal(plainBufferRoot(frame.code.bytes));
    expect(fieldsAt(frames, 0).frame[FRAME.codeLength]).to.equal(wordOf(2));
    expect(fieldsAt(frames, 0).frame[FRAME.jumps]).to.equal(EMPTY_ROOT);
    followFrame(frames, frame, STACK_LIMIT, true);
    const bitmap = new Uint8Array(32);
    bitmap[31] = 1;
    expect(fieldsAt(frames, 0).frame[FRAME.jumps]).to.equal(plainBufferRoot(bitmap));
    followFrame(frames, frame, STACK_LIMIT, false);
    expect(fieldsAt(frames, 0).frame[FRAME.jumps]).to.equal(plainBufferRoot(bitmap));
  });

  it("commits to the words of memory that were written", () => {
    const frames: CommittedFrame[] = [];
    const frame = frameAt(0);
    followFrame(frames, frame, STACK_LIMIT, false);
    expect(fieldsAt(frames, 0).frame[FRAME.memoryRoot]).to.equal(EMPTY_ROOT);
    expand(frame.memory, 0, 100);
    frame.memory.bytes[70] = 7;
    markDirty(frame.memory, 70, 1);
    followFrame(frames, frame, STACK_LIMIT, false);
    expect(fieldsAt(frames, 0).frame[FRAME.memoryRoot]).to.equal(plainBufferRoot(frame.memory.bytes.subarray(0, 128)));
    expect(fieldsAt(frames, 0).frame[FRAME.memoryRoot + 1]).to.equal(wordOf(4));
  });

  it("of a later frame at the same depth has nothing of the one before", () => {
    const dirty: CommittedFrame[] = [];
    const stack = new Uint32Array(8 * STACK_LIMIT);
    fromBigint(stack, 0, 5n);
    const returndata = { bytes: Uint8Array.of(1), tree: undefined, offset: 0 };
    followFrame(dirty, frameAt(0, { stack, stackSize: 1, returndata, pc: 1 }), STACK_LIMIT, true);
    followFrame(dirty, frameAt(0, { stack: stack.map((limb) => limb + 1), stackSize: 1 }), STACK_LIMIT, false);
    const fresh: CommittedFrame[] = [];
    followFrame(fresh, frameAt(0, { stack: stack.map((limb) => limb + 1), stackSize: 1 }), STACK_LIMIT, false);
    expect(fieldsAt(dirty, 0)).to.eql(fieldsAt(fresh, 0));
  });
});
