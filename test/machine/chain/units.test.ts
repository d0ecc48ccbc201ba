import { expect } from "chai";
import fc from "fast-check";
import {
  Phase,
  copyForProving,
  createChainMachine,
  createProver,
  createStateTries,
  reportSteps,
  runUnit,
  start,
  step,
  traceUnit,
} from "../../../src/machine/index.ts";
import type { Machine } from "../../../src/machine/index.ts";
import { ZERO_HASH } from "../../../src/primitives/index.ts";
import { createHistory } from "./history.ts";
import type { History } from "./history.ts";
import { HISTORIES } from "./histories.ts";
import { randomHistory } from "./random-histories.ts";
import { runFast, runProving } from "./run-history.ts";

/** A machine at the boundary of this phase, the first in a history. */
function machineAt(history: History, phase: Phase): Machine {
  const target = history.batches.length;
  const machine = createChainMachine({ chain: history.before, source: history.source(), target, isProving: false });
  while (machine.phase !== phase) runUnit(machine);
  return machine;
}

describe("A machine of a chain", () => {
  it("comes to the same blocks and boundaries as the engine, at once and step by step, whatever is posted", async () => {
    await fc.assert(
      fc.asyncProperty(randomHistory({ oneOfBlobsIn: 50 }), async (options) => {
        const history = await createHistory(options);
        const fast = runFast(history);
        expect(fast.blocks).to.eql(history.blocks.flat().map(({ hash }) => hash));
        expect(runProving(history).boundaries).to.eql(fast.boundaries);
      }),
      { numRuns: 60 },
    );
  });

  it("halts at the target, and where it has halted nothing comes next", async () => {
    const history = await createHistory({ batches: [{}, {}, {}] });
    for (const target of [0, 2, 3]) {
      const machine = createChainMachine({ chain: history.before, source: history.source(), target, isProving: false });
      while (machine.phase !== Phase.Halt) runUnit(machine);
      expect(machine.chain).to.eql({ kind: "between-batches", state: { ...history.before, batchCount: target } });
      start(machine);
      step(machine);
      expect(machine.phase).to.equal(Phase.Halt);
    }
  });

  it("goes on with a start inside a unit as with a step, so that no unit is too long for a trace", async () => {
    const history = await createHistory(HISTORIES["transactions, valid and not"]!);
    const [stepped, started] = [machineAt(history, Phase.Transaction), machineAt(history, Phase.Transaction)];
    for (const machine of [stepped, started]) start(machine);
    for (let count = 0; stepped.phase !== Phase.Transaction; count++) {
      step(stepped);
      start(started);
      expect(started.phase, `after ${count} steps`).to.equal(stepped.phase);
    }
  });

  it("has traces of its units, whose steps are proven by running the unit again", async () => {
    const history = await createHistory(HISTORIES["messages of every kind"]!);
    const fast = machineAt(history, Phase.BeginBlock);
    const begin = () =>
      createProver({
        machine: copyForProving(fast, history.source(), undefined),
        tries: createStateTries(history.state),
        stateRoot: ZERO_HASH,
      });
    const trace = traceUnit(begin);
    expect(trace.before).to.equal(runFast(history).boundaries[1]!.stateHash);
    expect(trace.stateHash(trace.length - 1)).to.equal(runFast(history).boundaries[2]!.stateHash);
    for (const index of [0, 1, 5, trace.length - 1]) {
      const { before, after, kind } = trace.prove(index);
      expect(before).to.equal(index === 0 ? trace.before : trace.stateHash(index - 1));
      expect(after).to.equal(trace.stateHash(index));
      expect(kind).to.equal(index === 0 ? "start" : "step");
    }
  });

  it("is copied for proving at boundaries only, and goes on by itself", async () => {
    const history = await createHistory(HISTORIES["messages of every kind"]!);
    const machine = machineAt(history, Phase.BeginBlock);
    const copy = copyForProving(machine, history.source(), undefined);
    runUnit(copy);
    expect(machine.phase).to.equal(Phase.BeginBlock);
    expect(machine.chain).to.include({ blockCount: 0, position: 0 });
    start(machine);
    expect(() => copyForProving(machine, history.source(), undefined)).to.throw("at a boundary");
  });

  it("tells of its steps: what is inflated, blocks, messages, the bucket", async () => {
    const history = await createHistory(HISTORIES["messages of every kind"]!);
    const lines: string[] = [];
    const machine = createChainMachine({
      chain: history.before,
      source: history.source(),
      target: 1,
      isProving: true,
    });
    while (machine.phase !== Phase.Halt) {
      for (const { name, changes } of reportSteps(machine)) lines.push(`${name}: ${changes.join(", ")}`);
    }
    const last = history.blocks[0]!.at(-1)!;
    for (const expected of [
      /^start: payload: \d+ bytes|^ReadCalldata: payload: \d+ bytes/,
      /^Inflate\w+: content: \d+ bytes/,
      /^ReadBlockHead: block 1 at 1700000112: 59950000 gas in the bucket/,
      /^Mint: account 0x\w+: .*balance 1000000000000000000/,
      /^EndTransaction: status 1, 0 gas used, messages: 1 read/,
      /^EndMessage: messages: 2 read/,
      /^Validate: not run: /,
      /^EndTransaction: status 1, 45192 gas used|^ReadTransaction: bucket: \d+ gas left/,
      new RegExp(`^SealBlock: block ${last.header.number} is ${last.hash}`),
      /^ReadBlockHead: the payload ends/,
    ]) {
      expect(
        lines.some((line) => expected.test(line)),
        `${expected}`,
      ).to.equal(true);
    }
  });
});
