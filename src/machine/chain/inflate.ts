import { MAXIMUM_CONTENT_SIZE } from "../../batch/index.ts";
import type { InflateMode } from "../../batch/index.ts";
import type { Machine, Pending } from "../machine.ts";
import { tellBytes } from "../memory.ts";
import { Phase } from "../phase.ts";
import type { Slice } from "../slice.ts";
import type { Stream } from "./chain.ts";
import { chainOf } from "./next-unit.ts";

// What blocks are read from (docs/machine.md §16, Inflate): content that is inflated as far as it is read.

/** Bytes of the payload that `InflateBlockHead` opens. */
const HEAD_WINDOW = 320;
/** Bytes of the payload that `InflateSymbols` opens. */
const SYMBOLS_WINDOW = 512;

const PHASES: Readonly<Record<Exclude<InflateMode, "ended">, Phase>> = {
  "block-head": Phase.InflateBlockHead,
  stored: Phase.InflateStored,
  symbols: Phase.InflateSymbols,
};

/**
 * A slice of the content, `length` bytes from `position` on: "missing" if it ends before; "inflating" if it has first to be
 * inflated in steps of their own, with which the machine then goes on: the step is over. The stream must not have been given up.
 */
export function readContent(machine: Machine, position: number, length: number): Slice | "missing" | "inflating" {
  const stream = streamOf(machine);
  const { inflater } = stream;
  const end = position + length;
  machine.recorder?.stream();
  if (machine.isProving && end > inflater.output().length) {
    const { mode } = inflater.state();
    if (mode === "ended" || end > MAXIMUM_CONTENT_SIZE) return "missing";
    machine.pending = { kind: "inflate", resume: machine.phase, needed: end };
    machine.phase = PHASES[mode];
    return "inflating";
  }
  const bytes = inflater.read(position, length);
  return bytes === undefined ? "missing" : { bytes, tree: stream.contentTree, offset: position };
}

export function stepInflateBlockHead(machine: Machine): void {
  const { inflater } = openStream(machine, HEAD_WINDOW);
  inflater.step(inflating(machine).needed);
  endStep(machine);
}

export function stepInflateStored(machine: Machine): void {
  const stream = openStream(machine, 0);
  const { inflater, payloadTree, contentTree } = stream;
  const before = inflater.output().length;
  const copied = inflater.step(inflating(machine).needed);
  if (copied !== undefined && machine.recorder !== undefined) {
    tellBytes(machine.recorder, payloadTree, copied.start, copied.length);
    tellBytes(machine.recorder, contentTree, before, copied.length);
  }
  writeContent(machine, stream, before);
  endStep(machine);
}

export function stepInflateSymbols(machine: Machine): void {
  const stream = openStream(machine, SYMBOLS_WINDOW);
  const { inflater, contentTree } = stream;
  const before = inflater.output().length;
  const match = inflater.step(inflating(machine).needed);
  if (machine.recorder !== undefined) {
    if (match !== undefined) tellBytes(machine.recorder, contentTree, match.start, match.length);
    tellBytes(machine.recorder, contentTree, before, inflater.output().length - before);
  }
  writeContent(machine, stream, before);
  endStep(machine);
}

function streamOf(machine: Machine): Stream {
  const { stream } = chainOf(machine);
  if (stream === undefined) throw new Error(`phase ${machine.phase} without a stream`);
  return stream;
}

function inflating({ pending }: Machine): Extract<Pending, { readonly kind: "inflate" }> {
  if (pending?.kind !== "inflate") throw new Error("expected a stream that is being inflated");
  return pending;
}

/** Opens the stream, and as many bytes of the payload from where it stands as are left of `window`. */
function openStream(machine: Machine, window: number): Stream {
  const stream = streamOf(machine);
  const { recorder } = machine;
  if (recorder !== undefined) {
    const { inflater, payloadTree } = stream;
    const start = Math.floor(inflater.state().bitPosition / 8);
    recorder.chain();
    recorder.stream();
    tellBytes(recorder, payloadTree, start, Math.min(window, inflater.payload.length - start));
  }
  return stream;
}

/** What has come out from `start` on goes into the buffer of the content. */
function writeContent({ recorder }: Machine, stream: Stream, start: number): void {
  const content = stream.inflater.output();
  if (recorder === undefined || content.length === start) return;
  stream.contentTree = recorder.writeBuffer(stream.contentTree, content, start);
  stream.committedLength = content.length;
}

/** Goes on inflating, or with the step that needs it. */
function endStep(machine: Machine): void {
  const { inflater } = streamOf(machine);
  const { resume, needed } = inflating(machine);
  const { mode } = inflater.state();
  if (mode === "ended" || inflater.output().length >= needed) {
    machine.pending = undefined;
    machine.phase = resume;
  } else {
    machine.phase = PHASES[mode];
  }
}
