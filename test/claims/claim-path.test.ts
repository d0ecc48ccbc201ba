import { expect } from "chai";
import { createTracedClaims, followClaims } from "../../src/claims/index.ts";
import type { Claim, ClaimPath } from "../../src/claims/index.ts";
import { createSimulatedClaims, traceOf } from "./simulated-claims.ts";
import type { SimulatedClaims } from "./simulated-claims.ts";

describe("Path of right claims", () => {
  let l1: SimulatedClaims;
  let path: ClaimPath;
  let vanished: Claim[];
  /** Claims after 1, 3 and 6 batches, each the child of the one before. */
  let claims: Claim[];

  beforeEach(() => {
    l1 = createSimulatedClaims();
    path = [l1.states.genesis];
    vanished = [];
    const first = l1.propose(l1.states.genesis, 1, 3);
    const second = l1.propose(first, 3, 6);
    claims = [first, second, l1.propose(second, 6, 9)];
  });

  const follow = () =>
    followClaims(path, {
      reader: l1.reader,
      states: l1.states,
      claims: l1.claims,
      keep(next) {
        path = next;
      },
      onVanished: (claim) => vanished.push(claim),
    });
  const batchCounts = () => path.map(({ batchCount }) => batchCount);

  it("is found to its end without events, and kept claim by claim", async () => {
    const tip = await follow();
    expect(path).to.eql([l1.states.genesis, ...claims]);
    expect(tip.claim).to.eql(claims[2]);
    expect(tip.onL1.nextBatchCount).to.equal(9);
  });

  it("asks again only for its end and for what may follow", async () => {
    await follow();
    l1.asked.length = 0;
    await follow();
    expect(l1.asked).to.have.length(2);
    expect(l1.asked[0]).to.equal(claims[2]!.claimId);
  });

  it("goes as far as this node has derived", async () => {
    l1.derived.count = 5;
    expect((await follow()).claim).to.eql(claims[1]);
    l1.derived.count = 6;
    expect((await follow()).claim).to.eql(claims[2]);
  });

  it("goes as far as this node has traced", async () => {
    l1.derived.traced = 5;
    expect((await follow()).claim).to.eql(claims[1]);
    l1.derived.traced = 6;
    expect((await follow()).claim).to.eql(claims[2]);
    // What was found stays while traces come behind after a reorganisation.
    l1.derived.traced = 0;
    expect((await follow()).claim).to.eql(claims[2]);
  });

  it("leaves claims of a state that is right by a trace that is another now: the same blocks in other batches", async () => {
    await follow();
    const traces: typeof l1.traces = {
      rootOf: (range) => (range.toBatch === 3 ? Promise.resolve(traceOf(1, 3, 7)) : l1.traces.rootOf(range)),
    };
    const changed = createTracedClaims(l1.states, traces);
    const { reader, states } = l1;
    await followClaims(path, { reader, states, claims: changed, keep: (next) => void (path = next) });
    expect(batchCounts()).to.eql([0, 1]);
  });

  it("leaves claims that L1 does not know any more", async () => {
    await follow();
    l1.onL1.delete(claims[2]!.claimId);
    l1.onL1.delete(claims[1]!.claimId);
    expect((await follow()).claim).to.eql(claims[0]);
    expect(vanished).to.eql([claims[2], claims[1]]);
    expect(batchCounts()).to.eql([0, 1]);
  });

  it("leaves claims of what is derived otherwise now, also in its midst", async () => {
    await follow();
    // Only the state after three batches is another; those after it are as before.
    const changed = { ...l1.states, stateHashAt: (count: number) => l1.states.stateHashAt(count === 3 ? 4 : count) };
    await followClaims(path, {
      reader: l1.reader,
      states: changed,
      claims: createTracedClaims(changed, l1.traces),
      keep: (next) => void (path = next),
    });
    expect(batchCounts()).to.eql([0, 1]);
    expect(vanished).to.eql([]);
  });

  it("takes the right child after a change if L1 has it", async () => {
    await follow();
    Object.assign(l1.derived, { changedFrom: 3, version: 1 });
    expect((await follow()).claim).to.eql(claims[0]);
    const other = l1.propose(claims[0]!, 3, 6);
    expect(other.claimId).not.to.equal(claims[1]!.claimId);
    expect((await follow()).claim).to.eql(other);
  });

  it("begins at the genesis claim again if nothing of it is left", async () => {
    await follow();
    path = [path[2]!, path[3]!];
    Object.assign(l1.derived, { changedFrom: 1, version: 1 });
    expect((await follow()).claim).to.eql(l1.states.genesis);
    expect(path).to.eql([l1.states.genesis]);
  });

  it("ends at a claim that is lost", async () => {
    l1.onL1.set(claims[1]!.claimId, { ...l1.onL1.get(claims[1]!.claimId)!, status: "forfeited" });
    const tip = await follow();
    expect(tip.claim).to.eql(claims[1]);
    expect(tip.onL1.status).to.equal("forfeited");
  });

  it("is the genesis claim for an L1 that does not know even that", async () => {
    l1.onL1.clear();
    expect((await follow()).onL1.status).to.equal("unknown");
    expect(path).to.eql([l1.states.genesis]);
  });

  it("keeps what it found when L1 stops answering", async () => {
    const { read } = l1.reader;
    let answers = 2;
    const reader = { read: (id: Claim["claimId"]) => (answers-- > 0 ? read(id) : Promise.reject(new Error("lost"))) };
    const { states, claims: right } = l1;
    const keep = (next: ClaimPath) => void (path = next);
    const failure = await followClaims(path, { reader, states, claims: right, keep }).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error);
    expect(batchCounts()).to.eql([0, 1]);
  });
});
