import { expect } from "chai";
import {
  Phase,
  copyForProving,
  createChainMachine,
  createProver,
  createStateTries,
  runUnit,
} from "../../../src/machine/index.ts";
import { ZERO_HASH } from "../../../src/primitives/index.ts";
import { createPlainCommitment } from "../proving/plain-commitment.ts";
import { createHistory } from "./history.ts";
import { HISTORIES } from "./histories.ts";
import { runFast, runProving } from "./run-history.ts";

const NAMES = Object.keys(Phase);
/** Of steps of the same kind and without an overlay, of which a history may have thousands: how many are checked each. */
const CHECKED = 60;
const MANY: readonly Phase[] = [Phase.ReadElement, Phase.InflateSymbols, Phase.InflateStored];

describe("The units of a chain", () => {
  const taken = new Set<string>();

  for (const [name, options] of Object.entries(HISTORIES)) {
    it(`come by the same boundaries at once and step by step, and by the blocks of the engine: ${name}`, async () => {
      const history = await createHistory(options);
      const fast = runFast(history);
      const proving = runProving(history);
      expect(fast.blocks).to.eql(history.blocks.flat().map(({ hash }) => hash));
      expect(proving.boundaries).to.eql(fast.boundaries);
      expect(proving.blocks).to.eql(fast.blocks);
    });

    it(`are committed to as docs/machine.md defines it, after every step: ${name}`, async () => {
      const history = await createHistory(options);
      const counts = new Map<Phase, number>();
      runProving(history, (prover) => {
        const plain = createPlainCommitment(prover);
        while (!prover.isDone()) {
          const { phase } = prover.machine;
          taken.add(NAMES[phase]!);
          prover.step();
          const count = (counts.get(phase) ?? 0) + 1;
          counts.set(phase, count);
          if (MANY.includes(phase) && count > CHECKED) continue;
          const expected = plain.stateHash();
          if (expected !== undefined) expect(prover.stateHash(), `after ${NAMES[phase]}`).to.equal(expected);
        }
      });
    });
  }

  it("are proven from any boundary on that a machine has come to at once", async () => {
    for (const name of ["transactions, valid and not", "messages of every kind", "blobs"]) {
      const history = await createHistory(HISTORIES[name]!);
      const { boundaries } = runFast(history);
      const source = history.source();
      const fast = createChainMachine({
        chain: history.before,
        source,
        target: history.batches.length,
        isProving: false,
      });
      for (const [index, { stateHash }] of boundaries.slice(0, -1).entries()) {
        const isInBlock = fast.environment.number !== 0;
        const stateRoot = isInBlock ? source.stateRoot() : ZERO_HASH;
        const own = history.source();
        const machine = copyForProving(fast, own, isInBlock ? own.openState(stateRoot) : undefined);
        const prover = createProver({ machine, tries: createStateTries(history.state), stateRoot });
        expect(prover.stateHash()).to.equal(stateHash);
        while (!prover.isDone()) prover.step();
        expect(prover.stateHash(), `${name}, unit ${index}`).to.equal(boundaries[index + 1]!.stateHash);
        runUnit(fast);
      }
    }
  });

  it("take steps of every phase of the chain in these histories", () => {
    const phases = NAMES.slice(Phase.ReadCalldata);
    // Where nothing was read yet these begin under the name of the boundary.
    expect(phases.filter((name) => !taken.has(name))).to.eql([]);
  });
});
