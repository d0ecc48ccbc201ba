import { expect } from "chai";
import { Phase } from "../../../src/machine/index.ts";
import { Opens, opensOf } from "../../../src/machine/proving/openings.ts";
import type { ComingStep, StepOutcome } from "../../../src/machine/proving/openings.ts";
import { opcodeOf } from "../assemble.ts";

/** Names of what a step opens, sorted. */
function opened(step: Partial<ComingStep>, outcome: Partial<StepOutcome> = {}): string[] {
  const opens = opensOf(
    { phase: Phase.Execute, opcode: 0, exitStatus: undefined, ...step },
    { phase: Phase.Execute, hasFrame: true, blockOutcome: 0, ...outcome },
  );
  return Object.entries(Opens)
    .filter(([, flag]) => (opens & flag) !== 0)
    .map(([name]) => name)
    .sort();
}

const execute = (name: string) => opened({ opcode: opcodeOf(name) });

describe("What a step opens", () => {
  it("is the block's context at the begin of a unit, whatever comes after", () => {
    for (const phase of [Phase.DecodeHeader, Phase.Execute, Phase.EndBlock]) {
      expect(opened({ phase: Phase.Transaction }, { phase })).to.eql(["BlockContext"]);
    }
  });

  it("is the frame in every instruction, and what else the instruction reads", () => {
    expect(execute("ADD")).to.eql(["Frame"]);
    expect(execute("CALLER")).to.eql(["Frame", "FrameContext"]);
    expect(execute("SSTORE")).to.eql(["Frame", "FrameContext"]);
    expect(execute("LOG0")).to.eql(["Bloom", "Frame", "FrameContext"]);
    expect(execute("ORIGIN")).to.eql(["Frame", "Transaction"]);
    expect(execute("GASPRICE")).to.eql(["Frame", "Transaction"]);
    expect(execute("TIMESTAMP")).to.eql(["BlockContext", "Frame"]);
    expect(execute("BLOCKHASH")).to.eql(["BlockContext", "Frame"]);
  });

  it("does not depend on the opcode in other phases", () => {
    expect(opened({ phase: Phase.Copy, opcode: opcodeOf("ORIGIN") })).to.eql(["Frame"]);
    expect(opened({ phase: Phase.Absorb, opcode: opcodeOf("ORIGIN") })).to.eql([]);
  });

  describe("as a frame exits", () => {
    const exit = (exitStatus: ComingStep["exitStatus"], outcome: Partial<StepOutcome> = {}) =>
      opened({ phase: Phase.ExitFrame, exitStatus }, outcome);

    it("is the caller's frame, and the journal to go back to after a halt or a revert", () => {
      const always = ["Frame", "FrameContext", "ParentFrame"];
      expect(exit(0)).to.eql([...always, "SavedJournal"]);
      expect(exit(1)).to.eql(always);
      expect(exit(2)).to.eql([...always, "SavedJournal"]);
      expect(exit(3)).to.eql(always);
    });

    it("is the transaction too if it is the outermost", () => {
      const opens = exit(1, { phase: Phase.Settle, hasFrame: false });
      expect(opens).to.eql(["Frame", "FrameContext", "ParentFrame", "Transaction"]);
    });

    it("is its own frame only if its code is to be deposited first", () => {
      expect(exit(1, { phase: Phase.DepositCode })).to.eql(["Frame", "FrameContext"]);
    });
  });

  it("is both blooms as the transaction ends", () => {
    const opens = opened({ phase: Phase.EndTransaction }, { phase: Phase.EndBlock, hasFrame: false, blockOutcome: 1 });
    expect(opens).to.eql(["BlockBloom", "BlockContext", "Bloom", "Transaction"]);
  });

  it("is the block's context where the transaction is skipped", () => {
    const step = { phase: Phase.RecoverSender };
    expect(opened(step, { phase: Phase.Validate, hasFrame: false })).to.eql(["Transaction"]);
    expect(opened(step, { phase: Phase.EndBlock, hasFrame: false, blockOutcome: 2 })).to.eql([
      "BlockContext",
      "Transaction",
    ]);
    // Of the transaction before.
    expect(opened(step, { phase: Phase.Validate, hasFrame: false, blockOutcome: 2 })).to.eql(["Transaction"]);
  });
});
