import { describeSkip } from "../ethereum/index.ts";
import { bytesToHex } from "../primitives/index.ts";
import { chainChanges, observeChain } from "./chain-report.ts";
import type { ObservedChain } from "./chain-report.ts";
import { start, step } from "./driver.ts";
import type { Frame, Machine } from "./machine.ts";
import { takeDirty } from "./memory.ts";
import { OPCODES } from "./opcodes.ts";
import type { OverlayItem } from "./overlay.ts";
import { Phase, isBoundary, phaseName, underway } from "./phase.ts";
import { DEPOSIT_KIND } from "./transaction-kind.ts";
import { toBigint } from "./word.ts";

/** A step of the machine's trace of a unit, for people (docs/machine.md §6). */
export interface StepReport {
  /** Position in the trace; 0 is `start`. */
  readonly index: number;
  /** The instruction in `Execute`, else the phase. */
  readonly name: string;
  /** The phase of the state after the step. */
  readonly next: string;
  /** Undefined outside frames. */
  readonly frame:
    | {
        readonly depth: number;
        readonly pc: number;
        /** Before and after the step. */
        readonly gas: readonly [before: number, after: number];
        /** What the instruction takes, top first. */
        readonly operands: readonly bigint[];
      }
    | undefined;
  /** What the step has changed, a line each. */
  readonly changes: readonly string[];
}

const EXIT_NAMES = ["halt", "success", "revert", "created"] as const;
/** Bytes of memory that a change shows. */
const SHOWN_BYTES = 32;

/**
 * What the next step does: the instruction in `Execute`, else the phase; at the begin of a unit that of its first step, or `start`
 * if it has no other name.
 */
export function stepName({ phase, frame, chain }: Machine): string {
  if (chain === undefined && phase === Phase.Transaction) return "start";
  if (chain !== undefined && isBoundary(phase)) {
    const first = underway(phase);
    return first === phase ? "start" : phaseName(first);
  }
  if (phase !== Phase.Execute || frame === undefined) return phaseName(phase);
  const opcode = frame.code.bytes[frame.pc];
  if (opcode === undefined) return "end of code";
  return OPCODES[opcode]?.name ?? `undefined 0x${opcode.toString(16).padStart(2, "0")}`;
}

/** Where a step has led: the phase, and how a frame ended. */
export function outcomeName({ phase, pending }: Machine): string {
  const name = phaseName(phase);
  return pending?.kind === "exit" ? `${name} (${EXIT_NAMES[pending.status]})` : name;
}

/**
 * Takes the steps of a unit, a transaction or any of a chain, one by one and tells of each. The machine is in proving mode
 * (`isProving`) before the unit, and nobody else makes a commitment of it.
 */
export function* reportSteps(machine: Machine): Generator<StepReport> {
  for (let index = 0; index === 0 || !isBoundary(machine.phase); index++) yield reportStep(machine, index);
}

/** Takes the step of this index, which is the next, as `reportSteps` does. Beyond the last step of a unit nothing changes. */
export function reportStep(machine: Machine, index: number): StepReport {
  if (index > 0 && isBoundary(machine.phase)) {
    return { index, name: "end of the unit", next: outcomeName(machine), frame: undefined, changes: [] };
  }
  const before = observe(machine);
  const name = stepName(machine);
  if (index === 0) start(machine);
  else step(machine);
  return {
    index,
    name,
    next: outcomeName(machine),
    frame: describeFrame(before),
    changes: changesSince(before, machine),
  };
}

/** A step in one line, with a line more for each thing it has changed. */
export function formatStep({ index, name, next, frame, changes }: StepReport): string {
  const where =
    frame === undefined ? "" : `  depth ${frame.depth}  pc ${frame.pc}  gas ${frame.gas[0]} → ${frame.gas[1]}`;
  const operands = frame === undefined || frame.operands.length === 0 ? "" : `  [${frame.operands.map(hex).join(" ")}]`;
  const line = `${String(index).padStart(7)}  ${name.padEnd(20)}${where}${operands}  → ${next}`;
  return [line, ...changes.map((change) => `         ${change}`)].join("\n");
}

interface Observed {
  readonly phase: Phase;
  readonly frame: Frame | undefined;
  readonly pc: number;
  readonly gas: number;
  readonly stack: readonly bigint[];
  readonly memoryWords: number;
  readonly logs: number;
  readonly refund: number;
  readonly included: Machine["included"];
  readonly skipReason: Machine["skipReason"];
  readonly sealed: Machine["sealed"];
  readonly chain: ObservedChain;
}

function observe(machine: Machine): Observed {
  const { phase, frame, logs, refund, overlay, included, skipReason, sealed } = machine;
  overlay.takeModified();
  if (frame !== undefined) takeDirty(frame.memory);
  return {
    phase,
    frame,
    pc: frame?.pc ?? 0,
    gas: frame?.gas ?? 0,
    stack: frame === undefined ? [] : topOf(frame, operandsOf(machine, frame)),
    memoryWords: frame?.memory.words ?? 0,
    logs: logs.length,
    refund,
    included,
    skipReason,
    sealed,
    chain: observeChain(machine),
  };
}

function operandsOf({ phase }: Machine, frame: Frame): number {
  const opcode = frame.code.bytes[frame.pc];
  if (phase !== Phase.Execute || opcode === undefined) return 0;
  return Math.min(OPCODES[opcode]?.pops ?? 0, frame.stackSize);
}

function topOf({ stack, stackSize }: Frame, count: number): bigint[] {
  return Array.from({ length: count }, (_, position) => toBigint(stack, 8 * (stackSize - 1 - position)));
}

function describeFrame({ frame, pc, gas, stack }: Observed): StepReport["frame"] {
  return frame && { depth: frame.context.depth, pc, gas: [gas, frame.gas], operands: stack };
}

function changesSince(before: Observed, machine: Machine): string[] {
  const { frame, overlay, logs, refund } = machine;
  const changes: string[] = [];
  const isHalt = machine.pending?.kind === "exit" && machine.pending.status === 0;
  if (machine.pending?.kind === "exit" && machine.pending.reason !== undefined) changes.push(machine.pending.reason);
  if (frame !== undefined && frame !== before.frame) {
    const { depth, self } = frame.context;
    changes.push(before.frame !== undefined && depth < before.frame.context.depth ? `back in ${self}` : `in ${self}`);
  }
  if (frame !== undefined && !isHalt) {
    if (frame.stackSize > 0 && hasPushed(before, machine))
      changes.push(`stack: ${hex(topOf(frame, 1)[0] as bigint)} on top`);
    const dirty = takeDirty(frame.memory);
    if (dirty !== undefined) changes.push(describeMemory(frame, dirty));
    if (frame === before.frame && frame.memory.words !== before.memoryWords)
      changes.push(`memory: ${frame.memory.words} words`);
  }
  for (const item of overlay.takeModified()) changes.push(describeItem(item));
  if (logs.length > before.logs) {
    const log = logs[logs.length - 1];
    if (log !== undefined) changes.push(`log of ${log.address}: ${log.topics.length} topics, ${log.data.length} bytes`);
  }
  if (refund !== before.refund) changes.push(`refund: ${refund}`);
  const { skipReason, included } = machine;
  if (skipReason !== undefined && skipReason !== before.skipReason) {
    const isDeposit = machine.transaction?.kind === DEPOSIT_KIND;
    changes.push(`${isDeposit ? "not run" : "skipped"}: ${describeSkip(skipReason)}`);
  }
  if (included !== undefined && included !== before.included)
    changes.push(`status ${included.transaction.status}, ${included.transaction.gasUsed} gas used`);
  if (machine.sealed !== undefined && machine.sealed !== before.sealed)
    changes.push(`block ${machine.sealed.header.number} is ${machine.sealed.hash}`);
  changes.push(...chainChanges(before.chain, machine));
  return changes;
}

function hasPushed(before: Observed, { phase, frame }: Machine): boolean {
  if (phase !== Phase.Execute && phase !== Phase.Copy) return false;
  if (before.phase === Phase.FinishKeccak || before.phase === Phase.ExitFrame) return true;
  if (before.phase !== Phase.Execute || frame === undefined || frame !== before.frame || frame.pc === before.pc)
    return false;
  const opcode = frame.code.bytes[before.pc];
  return opcode !== undefined && (OPCODES[opcode]?.pushes ?? 0) > 0;
}

function describeMemory(
  { memory }: Frame,
  { first, count }: { readonly first: number; readonly count: number },
): string {
  const from = 32 * first;
  const shown = memory.bytes.subarray(from, from + Math.min(32 * count, SHOWN_BYTES));
  return `memory: ${bytesToHex(shown)}${32 * count > SHOWN_BYTES ? ` … ${32 * count} bytes` : ""} at ${from}`;
}

function describeItem({ kind, address, slot, entry }: OverlayItem): string {
  switch (kind) {
    case 0: {
      const { nonce, balance, codeLength, isWarm, isCreated, isDestroyed } = entry;
      const flags = [
        isWarm ? "warm" : "cold",
        ...(isCreated ? ["created"] : []),
        ...(isDestroyed ? ["destroyed"] : []),
      ];
      return `account ${address}: nonce ${nonce}, balance ${balance}, ${codeLength} bytes of code, ${flags.join(", ")}`;
    }
    case 1: {
      const { original, current, isWarm } = entry;
      return `slot ${slot} of ${address}: ${hex(current)} (${hex(original)} before), ${isWarm ? "warm" : "cold"}`;
    }
    case 2:
      return `transient slot ${slot} of ${address}: ${hex(entry.current)}`;
  }
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
