import { NO_CHAIN, Phase, isBoundary } from "../../../../src/machine/index.ts";
import type { ChainInput, Machine, ProvenStep, Prover } from "../../../../src/machine/index.ts";
import { OPCODES } from "../../../../src/machine/opcodes.ts";
import type { Witness } from "../../../../src/machine/proving/witness.ts";

/** A step as the machine takes it. */
export interface HonestStep extends ProvenStep {
  /** What the step does, and what comes of it: "SLOAD → LoadSlot", "ADD → ExitFrame (halt: stack underflow)". */
  readonly name: string;
  /** The first half of `name`: the phase, or in `Execute` the instruction. */
  readonly group: string;
  /** What it depends on besides the state. */
  readonly input: ChainInput;
  /** Whether the state after it is a boundary. */
  readonly endsUnit: boolean;
}

const PHASE_NAMES = Object.keys(Phase);
const END_STATUS = ["halt", "success", "revert", "created"] as const;

function groupOf({ phase, frame, chain }: Machine, isStart: boolean): string {
  if (isStart) return chain === undefined ? "start" : `start of ${PHASE_NAMES[phase]}`;
  if (phase !== Phase.Execute || frame === undefined) return PHASE_NAMES[phase] as string;
  const opcode = frame.code.bytes[frame.pc];
  if (opcode === undefined) return "end of code";
  return OPCODES[opcode]?.name ?? "undefined opcode";
}

function outcomeOf({ phase, pending, frame, block, skipReason, chain }: Machine, before: number | undefined): string {
  const name = PHASE_NAMES[phase] as string;
  if (phase === Phase.EndBlock && chain === undefined)
    return block.outcome === 2 ? `skipped: ${skipReason?.kind ?? ""}` : "included";
  if (pending?.kind === "exit") {
    const status = END_STATUS[pending.status];
    return `${name} (${status}${pending.reason === undefined ? "" : `: ${pending.reason}`})`;
  }
  // A jump differs from going on.
  const hasJumped = before !== undefined && frame !== undefined && frame.pc !== before + 1;
  return hasJumped && phase === Phase.Execute ? `${name}, elsewhere` : name;
}

/** Names a step; what is returned is to be asked after it. */
export function beginStep(machine: Machine, isStart: boolean): () => Pick<HonestStep, "name" | "group" | "endsUnit"> {
  const group = groupOf(machine, isStart);
  const pc = /^JUMPI?$/.test(group) ? machine.frame?.pc : undefined;
  // Each precompile is a kind of its own, and so is a cheap and a dear run of it.
  const { codeAddress, input } = machine.frame?.context ?? {};
  const what = machine.phase === Phase.Precompile ? ` ${codeAddress} of ${input?.bytes.length} bytes` : "";
  return () => ({
    group,
    name: `${group}${what} → ${outcomeOf(machine, pc)}`,
    endsUnit: isBoundary(machine.phase),
  });
}

/** How many of which lists a step opens: the same kind of step may need one account, or two. */
export function shapeOf(witness: Witness): string {
  const { regions, overlay, tries, appends, preimages } = witness;
  const lists = [regions, overlay, tries, appends, preimages].map(({ length }) => length);
  return `${lists.join()} ${witness.code.length > 0} ${witness.overlay.map(({ value }) => value.length > 0).join()}`;
}

export interface CollectOptions {
  /** Steps of a name and shape that are kept. */
  readonly perKind: number;
  readonly report?: (line: string) => void;
}

/**
 * Steps of the transactions that `begins` begin, some of each name and shape of witness. Each transaction is run twice: to see
 * what there is, and to prove that.
 */
export function collectSteps(
  begins: Iterable<{ readonly what: string; readonly begin: () => Prover }>,
  { perKind, report }: CollectOptions,
): HonestStep[] {
  const shapes = new Map<string, number>();
  const collected: HonestStep[] = [];
  for (const { what, begin } of begins) {
    const chosen = chooseSteps(begin(), perKind);
    const prover = begin();
    let proven = 0;
    for (let index = 0; !prover.isDone() && proven < chosen.size; index++) {
      if (!chosen.has(index)) {
        prover.step();
        continue;
      }
      const describe = beginStep(prover.machine, index === 0);
      const step = prover.prove();
      const names = describe();
      proven++;
      const shape = `${names.name} ${shapeOf(step.witness)}`;
      const count = shapes.get(shape) ?? 0;
      if (count >= perKind) continue;
      shapes.set(shape, count + 1);
      collected.push({ ...step, ...names, input: NO_CHAIN });
    }
    report?.(`${what}: ${proven} steps proven, ${collected.length} kept so far`);
  }
  return collected;
}

/** Steps of a name that are looked at in one transaction, for each that is kept: instructions differ less than phases. */
const CANDIDATES = 3;
const PHASE_CANDIDATES = 30;

/** Indices of steps worth proving: names do not tell shapes, so of every name more than are kept. */
function chooseSteps(prover: Prover, perKind: number): Set<number> {
  const chosen = new Set<number>();
  const counts = new Map<string, number>();
  for (let index = 0; !prover.isDone(); index++) {
    const { machine } = prover;
    const isInstruction = machine.phase === Phase.Execute;
    const describe = beginStep(machine, index === 0);
    prover.step();
    const { name } = describe();
    const count = counts.get(name) ?? 0;
    if (count >= (isInstruction ? CANDIDATES : PHASE_CANDIDATES) * perKind) continue;
    counts.set(name, count + 1);
    chosen.add(index);
  }
  return chosen;
}

/** The boundary state that ends a trace, stepping to itself. */
export function boundaryStep(prover: Prover): HonestStep {
  while (!prover.isDone()) prover.step();
  const group = PHASE_NAMES[prover.machine.phase] as string;
  return { ...prover.prove(), group, name: `${group} → ${group}`, input: NO_CHAIN, endsUnit: true };
}
