import { expect } from "chai";
import { Phase } from "../../../src/machine/index.ts";
import { createPlainCommitment } from "../proving/plain-commitment.ts";
import { createHistory } from "./history.ts";
import { HISTORIES } from "./histories.ts";
import { runFast, runProving } from "./run-history.ts";

const NAMES = Object.keys(Phase);
/** Elements of a blob look all the same. */
const ELEMENTS_CHECKED = 3;

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
      let elements = 0;
      runProving(history, (prover) => {
        const plain = createPlainCommitment(prover);
        while (!prover.isDone()) {
          const { phase } = prover.machine;
          taken.add(NAMES[phase]!);
          prover.step();
          if (phase === Phase.ReadElement && ++elements > ELEMENTS_CHECKED) continue;
          const expected = plain.stateHash();
          if (expected !== undefined) expect(prover.stateHash(), `after ${NAMES[phase]}`).to.equal(expected);
        }
      });
    });
  }

  it("take steps of every phase of the chain in these histories", () => {
    const phases = NAMES.slice(Phase.ReadCalldata);
    // Where nothing was read yet these begin under the name of the boundary.
    expect(phases.filter((name) => !taken.has(name))).to.eql([]);
  });
});
