import {
  Phase,
  boundaryHash,
  createChainMachine,
  createProver,
  createStateTries,
  runUnit,
} from "../../../src/machine/index.ts";
import type { ChainSource, Machine, Prover } from "../../../src/machine/index.ts";
import { ZERO_HASH } from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";
import type { History } from "./history.ts";

/** A boundary as a run comes by it. */
export interface Boundary {
  /** Name of its phase. */
  readonly name: string;
  readonly stateHash: Hash;
}

export interface HistoryRun {
  readonly boundaries: readonly Boundary[];
  /** Hashes of the blocks that were sealed. */
  readonly blocks: readonly Hash[];
  readonly machine: Machine;
}

const NAMES = Object.keys(Phase);

/** All units of a history at once each. */
export function runFast(history: History): HistoryRun {
  const source = history.source();
  const machine = createChainMachine({
    chain: history.before,
    source,
    target: history.batches.length,
    isProving: false,
  });
  const boundaries: Boundary[] = [];
  const blocks: Hash[] = [];
  const note = () => {
    const stateHash = boundaryHash(machine, machine.environment.number === 0 ? ZERO_HASH : source.stateRoot());
    boundaries.push({ name: NAMES[machine.phase]!, stateHash });
  };
  note();
  while (machine.phase !== Phase.Halt) {
    const { sealed } = machine;
    runUnit(machine);
    if (machine.sealed !== undefined && machine.sealed !== sealed) blocks.push(machine.sealed.hash);
    note();
  }
  return { boundaries, blocks, machine };
}

/** All steps of a history. `onUnit` gets the prover before each unit, and may take its steps. */
export function runProving(
  history: History,
  onUnit: (prover: Prover, unit: number) => void = () => undefined,
  source: ChainSource = history.source(),
): HistoryRun {
  const machine = createChainMachine({
    chain: history.before,
    source,
    target: history.batches.length,
    isProving: true,
  });
  const tries = createStateTries(history.state);
  const blocks: Hash[] = [];
  let prover = createProver({ machine, tries, stateRoot: ZERO_HASH });
  const boundaries: Boundary[] = [{ name: NAMES[machine.phase]!, stateHash: prover.stateHash() }];
  while (machine.phase !== Phase.Halt) {
    const { sealed } = machine;
    onUnit(prover, boundaries.length - 1);
    while (!prover.isDone()) prover.step();
    if (machine.sealed !== undefined && machine.sealed !== sealed) blocks.push(machine.sealed.hash);
    boundaries.push({ name: NAMES[machine.phase]!, stateHash: prover.stateHash() });
    prover = createProver({ machine, tries, stateRoot: prover.stateRoot() });
  }
  return { boundaries, blocks, machine };
}
