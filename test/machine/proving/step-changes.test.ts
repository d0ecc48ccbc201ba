import { expect } from "chai";
import { Phase } from "../../../src/machine/index.ts";
import type { Pending } from "../../../src/machine/index.ts";
import { EMPTY_SLICE } from "../../../src/machine/slice.ts";
import {
  changesChain,
  changesFrame,
  changesTransaction,
  popsOf,
  unchangedItems,
} from "../../../src/machine/proving/step-changes.ts";
import { opcodeOf } from "../assemble.ts";

type PhaseName = keyof typeof Phase;

const PHASES = Object.keys(Phase) as PhaseName[];
const between = (first: PhaseName, last: PhaseName): PhaseName[] =>
  PHASES.slice(PHASES.indexOf(first), PHASES.indexOf(last) + 1);
const exit = (status: 0 | 1 | 2 | 3): Pending => ({ kind: "exit", status, output: EMPTY_SLICE, reason: undefined });

describe("What a step can have changed", () => {
  describe("of the TransactionContext", () => {
    const changing = (hasFrame: boolean) => PHASES.filter((name) => changesTransaction(Phase[name], hasFrame));

    it("begins, decoding, validation, settlement and ends do; hashing, loads, frames and Flush do not", () => {
      expect(changing(true)).to.eql([
        ...between("Halt", "EnterTransaction"),
        ...(["Settle", "EndTransaction", "ReadTransaction", "Mint"] as const),
      ]);
    });

    it("the outermost frame's exit does too, which leaves no frame", () => {
      expect(changing(false).filter((name) => !changing(true).includes(name))).to.eql(["ExitFrame"]);
    });
  });

  it("of the chain: the begins and the ends of units do, and all steps of a phase of the chain", () => {
    const changing = (next: Phase) => PHASES.filter((name) => changesChain(Phase[name], next));
    expect(changing(Phase.Execute)).to.eql([...between("Halt", "EndBlock"), ...between("ReadCalldata", "SealBlock")]);
    expect(changing(Phase.EndBlock)).to.eql(PHASES);
  });

  describe("of the frame that runs", () => {
    const changing = (next: Phase, pending?: Pending) =>
      PHASES.filter((name) => changesFrame(Phase[name], next, pending));

    it("its own phases do, up to the one that ends it", () => {
      expect(changing(Phase.Execute)).to.eql(between("EnterFrame", "DepositCode"));
    });

    it("nothing that asks for a load does: the step is taken again", () => {
      expect(changing(Phase.LoadAccount)).to.eql([]);
      expect(changing(Phase.LoadSlot)).to.eql([]);
    });

    it("no exceptional halt does; other exits do", () => {
      expect(changing(Phase.ExitFrame, exit(0))).to.eql([]);
      for (const status of [1, 2, 3] as const) {
        expect(changing(Phase.ExitFrame, exit(status))).to.eql(between("EnterFrame", "DepositCode"));
      }
    });
  });

  describe("of the stack", () => {
    const unchanged = (name: string, size: number) => unchangedItems(Phase.Execute, opcodeOf(name), size);

    it("an instruction leaves the items below those it takes", () => {
      expect(popsOf(opcodeOf("ADD"))).to.equal(2);
      expect(unchanged("ADD", 10)).to.equal(8);
      expect(unchanged("CALL", 10)).to.equal(3);
      expect(unchanged("PUSH1", 10)).to.equal(10);
      expect(unchanged("SWAP1", 10)).to.equal(8);
      expect(unchanged("SWAP16", 17)).to.equal(0);
    });

    it("DUP leaves all, though it looks at as many as its number", () => {
      expect(popsOf(opcodeOf("DUP16"))).to.equal(16);
      expect(unchanged("DUP1", 10)).to.equal(10);
      expect(unchanged("DUP16", 17)).to.equal(17);
    });

    it("one that finds too few items may have changed any", () => {
      expect(unchanged("ADD", 1)).to.equal(0);
    });

    it("an opcode that is no instruction takes none", () => {
      expect(popsOf(0x0c)).to.equal(0);
      expect(unchangedItems(Phase.Execute, 0x0c, 10)).to.equal(10);
    });

    it("steps of other phases leave all, whatever instruction the frame is at", () => {
      for (const name of PHASES.filter((name) => name !== "Execute")) {
        expect(unchangedItems(Phase[name], opcodeOf("CALL"), 10), name).to.equal(10);
      }
    });
  });
});
