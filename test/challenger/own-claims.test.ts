import { expect } from "chai";
import { UnitBusyError, createOwnClaims } from "../../src/challenger/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { TraceUnavailableError } from "../../src/traces/index.ts";
import type { ClaimRange, ClaimTrace, UnitTrace } from "../../src/traces/index.ts";
import { hashOf, scriptClaim } from "./scripted-traces.ts";

const HEIGHTS = { claimTraceHeight: 2, unitTraceHeight: 2 };
/** Seconds. */
const PATIENCE = 0.01;
const SLOW_UNIT = 2;
const PARENT = { claimId: hashOf("parent"), batchCount: 3, nextBatchCount: 5 };

describe("the own judgement of claims", () => {
  const scripted = scriptClaim(HEIGHTS, hashOf("parent state"), hashOf("state"));

  function create() {
    const asked: string[] = [];
    const derived = { stateHash: scripted.stateHash as Hash | undefined, rewinds: 0, isTraced: true };
    const gate = Promise.withResolvers<undefined>();
    const openUnit = async (index: number): Promise<UnitTrace> => {
      asked.push(`unit ${index}`);
      if (index === SLOW_UNIT) await gate.promise;
      const unit = scripted.openUnit(index);
      return {
        ...unit,
        before: scripted.before,
        length: 4,
        prefix: unit.openPrefix as never,
        stateHash: unit.proof as never,
        explain: unit.prove as never,
      };
    };
    const own = createOwnClaims({
      claimTraceHeight: HEIGHTS.claimTraceHeight,
      patience: PATIENCE,
      stateHashAt: () => derived.stateHash,
      rewindCount: () => derived.rewinds,
      traces: {
        openClaim: async (range: ClaimRange) => {
          asked.push(`claim ${range.fromBatch} to ${range.toBatch}`);
          if (!derived.isTraced) throw new TraceUnavailableError({ kind: "not-traced", tracedBatchCount: 4 });
          return { ...scripted.trace, range, root: async () => scripted.traceRoot, openUnit } as unknown as ClaimTrace;
        },
      },
    });
    return { own, asked, derived, finishSlowUnit: () => gate.resolve(undefined) };
  }

  it("gives the child of a claim with what the own traces say", async () => {
    const { own, asked } = create();
    const child = await own.childOf(PARENT);
    expect(child).to.include({ stateHash: scripted.stateHash, traceRoot: scripted.traceRoot });
    expect(asked).to.eql(["claim 3 to 5"]);
  });

  it("is none while the batches are not derived, or not traced", async () => {
    const { own, derived } = create();
    derived.stateHash = undefined;
    expect(await own.childOf(PARENT)).to.equal(undefined);
    derived.stateHash = scripted.stateHash;
    derived.isTraced = false;
    expect(await own.childOf(PARENT)).to.equal(undefined);
    derived.isTraced = true;
    expect(await own.childOf(PARENT)).to.not.equal(undefined);
  });

  it("asks once, and again after L1 has taken back something of the Inbox", async () => {
    const { own, asked, derived } = create();
    await own.childOf(PARENT);
    await own.childOf(PARENT);
    expect(asked).to.have.length(1);
    derived.rewinds++;
    await own.childOf(PARENT);
    expect(asked).to.have.length(2);
  });

  it("runs a unit once to know its root, and not before it is asked for", async () => {
    const { own, asked } = create();
    const child = await own.childOf(PARENT);
    asked.length = 0;
    const unit = child!.openUnit(1);
    expect(asked).to.eql([]);
    const root = await unit.root(0, 2);
    expect(await child!.openUnit(1).root(0, 2)).to.equal(root);
    expect(asked).to.eql(["unit 1"]);
    expect(await unit.halves(0, 2)).to.eql(await scripted.openUnit(1).halves(0, 2));
  });

  it("lets others go on while a unit is run, which it runs once", async () => {
    const { own, asked, finishSlowUnit } = create();
    const child = await own.childOf(PARENT);
    asked.length = 0;
    const ask = () =>
      child!
        .openUnit(SLOW_UNIT)
        .root(0, 2)
        .catch((error: unknown) => error);
    expect(await ask()).to.be.instanceOf(UnitBusyError);
    expect(await ask()).to.be.instanceOf(UnitBusyError);
    finishSlowUnit();
    expect(await ask()).to.equal(await scripted.openUnit(SLOW_UNIT).root(0, 2));
    expect(asked).to.eql([`unit ${SLOW_UNIT}`]);
  });
});
