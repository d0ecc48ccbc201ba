import { DIGEST_WORDS, hasherOf } from "../../primitives/index.ts";
import type { Digest } from "../../primitives/index.ts";
import { jumpBitmap } from "../code.ts";
import type { Code } from "../code.ts";
import type { Frame, FrameContext } from "../machine.ts";
import { takeDirty } from "../memory.ts";
import type { Slice } from "../slice.ts";
import { EMPTY_BUFFER, bufferFrom, bufferOf, writeBuffer } from "./buffer-tree.ts";
import { encodeJournal, journalOf } from "./committed-journal.ts";
import { FIELDS, hashEncoding, newEncoding, putSlice } from "./encoding.ts";
import type { Encoding } from "./encoding.ts";
import { followStack, newStackChain, putStackHash } from "./stack-chain.ts";
import type { StackChain } from "./stack-chain.ts";
import { putAddress, putBigint, putDigest, putFlag, putNumber } from "./words.ts";

/** What is committed of a frame; one for each depth, used again for later frames there. */
export interface CommittedFrame {
  frame: Frame | undefined;
  context: Encoding;
  readonly encoding: Encoding;
  /** Another one after each change: callees' contexts refer to it. */
  digest: Digest;
  readonly stack: StackChain;
  code: Code | undefined;
  /** Whether `EnterCode` has found the jump destinations. */
  hasEntered: boolean;
  returndata: Slice | undefined;
}

const CREATION_KINDS: readonly number[] = [0xf0, 0xf5];

// Positions of fields, in 32-bit words.
const FRAME = {
  context: 0,
  code: 8,
  jumps: 32,
  pc: 40,
  gas: 48,
  stack: 56,
  stackSize: 64,
  memoryRoot: 72,
  memoryWords: 80,
  returndata: 88,
} as const;

/**
 * Brings what is committed of a frame, in `frames` by depth, up to it. `unchangedItems`: how many at the bottom of the stack
 * are as they were committed. `enters`: whether the step was `EnterCode`. The frame's caller is committed to as it is suspended.
 */
export function followFrame(frames: CommittedFrame[], frame: Frame, unchangedItems: number, enters: boolean): void {
  const committed = committedFrame(frames, frame);
  const target = committed.encoding;
  if (enters) committed.hasEntered = true;
  if (committed.code !== frame.code || enters) followCode(committed, frame);
  putNumber(target, FRAME.pc, frame.pc);
  putNumber(target, FRAME.gas, frame.gas);
  followStack(committed.stack, frame.stack, frame.stackSize, unchangedItems);
  putStackHash(target, FRAME.stack, committed.stack);
  putNumber(target, FRAME.stackSize, frame.stackSize);
  followMemory(target, frame);
  if (committed.returndata !== frame.returndata) {
    committed.returndata = frame.returndata;
    putSlice(target, FRAME.returndata, frame.returndata);
  }
  const hasher = hasherOf(target.byteLength);
  hasher.words.set(target);
  hasher.hash();
  committed.digest = hasher.digest.slice();
}

function committedFrame(frames: CommittedFrame[], frame: Frame): CommittedFrame {
  const { depth } = frame.context;
  const committed = (frames[depth] ??= newCommittedFrame());
  if (committed.frame === frame) return committed;
  committed.frame = frame;
  committed.context = encodeFrameContext(frame.context, depth === 0 ? undefined : frames[depth - 1]?.digest);
  putDigest(committed.encoding, FRAME.context, hashEncoding(committed.context));
  committed.stack.height = 0;
  committed.code = undefined;
  committed.hasEntered = false;
  committed.returndata = undefined;
  return committed;
}

function newCommittedFrame(): CommittedFrame {
  return {
    frame: undefined,
    context: newEncoding(0),
    encoding: newEncoding(FIELDS.frame),
    digest: new Int32Array(DIGEST_WORDS),
    stack: newStackChain(),
    code: undefined,
    hasEntered: false,
    returndata: undefined,
  };
}

/** `parent`: H of the caller's frame; undefined, which is committed as 0, for the outermost. */
function encodeFrameContext(context: FrameContext, parent: Digest | undefined): Encoding {
  const target = newEncoding(FIELDS.frameContext);
  const at = (field: number) => field * DIGEST_WORDS;
  if (parent !== undefined) putDigest(target, at(0), parent);
  putDigest(target, at(1), hashEncoding(encodeJournal(journalOf(context.savedJournal))));
  putNumber(target, at(2), context.kind);
  putFlag(target, at(3), context.isStatic);
  putNumber(target, at(4), context.depth);
  putAddress(target, at(5), context.self);
  putAddress(target, at(6), context.caller);
  putBigint(target, at(7), context.value);
  putAddress(target, at(8), context.codeAddress);
  putFlag(target, at(9), context.isDelegated);
  putSlice(target, at(10), context.input);
  putNumber(target, at(13), context.outOffset);
  putNumber(target, at(14), context.outLength);
  return target;
}

function followCode(committed: CommittedFrame, frame: Frame): void {
  const { code, context } = frame;
  committed.code = code;
  // A code of the state has a buffer of its own; an initcode is in its creator's memory, whose buffer may be undefined: empty.
  if (!CREATION_KINDS.includes(context.kind)) code.tree ??= bufferFrom(code.bytes);
  putSlice(committed.encoding, FRAME.code, code);
  if (committed.hasEntered) code.jumpsTree ??= bufferFrom(jumpBitmap(code));
  const jumps = committed.hasEntered ? bufferOf(code.jumpsTree) : EMPTY_BUFFER;
  putDigest(committed.encoding, FRAME.jumps, jumps.digest);
}

function followMemory(target: Encoding, { memory }: Frame): void {
  const dirty = takeDirty(memory);
  if (dirty !== undefined) {
    memory.tree = writeBuffer(bufferOf(memory.tree), memory.bytes, dirty.first, dirty.first + dirty.count - 1);
  }
  putDigest(target, FRAME.memoryRoot, bufferOf(memory.tree).digest);
  putNumber(target, FRAME.memoryWords, memory.words);
}
