import { expect } from "chai";
import { elementPoint, encodePayload, payloadToBlobs } from "../../src/batch/index.ts";
import { prepareMachine } from "../../src/machine/index.ts";
import {
  blobVersionedHash,
  bytesToHex,
  hashPair,
  loadKzg,
  merkleProof,
  merkleRoot,
  versionedHash,
} from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import {
  TraceUnavailableError,
  createTraceFollower,
  createTraceProvider,
  haltHash,
  loadHash,
} from "../../src/traces/index.ts";
import type { TraceFollower, TraceProvider } from "../../src/traces/index.ts";
import { TRACE_HEIGHTS } from "../../src/deployment/index.ts";
import { derivedStateAt } from "../../src/node/index.ts";
import { createSimulatedL1 } from "../l1/simulated-l1.ts";
import type { SimulatedL1 } from "../l1/simulated-l1.ts";
import { createTestNode, transfer } from "../node/follower-fixture.ts";
import type { TestNode } from "../node/follower-fixture.ts";
import { mineHistory } from "../node/history.ts";
import { temporaryFolder } from "../storage/fixtures.ts";
import { replaceRecords, storedUnits, until } from "./fixture.ts";

const { claimTraceHeight: CLAIM_TRACE_HEIGHT, unitTraceHeight: UNIT_TRACE_HEIGHT } = TRACE_HEIGHTS;

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a rejection");
}

describe("The provider of traces", () => {
  let l1: SimulatedL1;
  let folder: ReturnType<typeof temporaryFolder>;
  let node: TestNode;
  let follower: TraceFollower;
  let provider: TraceProvider;

  before(async () => {
    await prepareMachine();
    l1 = createSimulatedL1();
    folder = temporaryFolder();
    await open();
    await mineHistory(l1, 6);
    const payload = encodePayload([
      { timestamp: l1.head().timestamp, messages: 2, transactions: [await transfer(12), await transfer(13)] },
    ]);
    // An operator may post bytes that no payload has.
    const blobs = payloadToBlobs(
      payload,
      Uint8Array.from({ length: 4_096 }, (_, index) => (index * 7) % 0x73),
    );
    const kzg = await loadKzg();
    const versionedHashes = await Promise.all(blobs.map((blob) => blobVersionedHash(kzg, blob)));
    l1.mine({ kind: "deposit" }, { kind: "blob-batch", blobs, versionedHashes });
    await follow();
  });
  after(async () => {
    await close();
    folder.remove();
  });

  async function open(): Promise<void> {
    node = await createTestNode(l1, { folder: folder.path });
    const { chain, database, instruments } = node;
    const options = { config: chain.config, folder: folder.path };
    follower = createTraceFollower({ ...options, database, pollingInterval: 0.01 }, instruments);
    follower.start();
    provider = createTraceProvider(options, instruments);
  }
  async function close(): Promise<void> {
    await Promise.all([provider.close(), follower.stop()]);
    await node.close();
  }
  async function follow(): Promise<void> {
    await node.follower.syncOnce();
    await until(() => follower.tracedBatchCount() === node.chain.store.derivedBatchCount());
  }
  const stateAt = (batchCount: number) => derivedStateAt(batchCount, node.chain)!;

  it("has as the trace of a claim its units' boundary states, then the halt for ever", async () => {
    for (const [fromBatch, toBatch] of [
      [0, 1],
      [0, 5],
      [2, 7],
    ] as const) {
      const claim = await provider.openClaim({ fromBatch, toBatch });
      const units = storedUnits(node).slice(fromBatch, toBatch).flat();
      const halt = haltHash(stateAt(toBatch));
      expect(claim.before).to.equal(loadHash(stateAt(fromBatch)));
      expect(claim.length).to.equal(units.length + 1);
      const height = Math.ceil(Math.log2(units.length + 3));
      const entries: Hash[] = Array.from({ length: 2 ** height }, (_, index) => units[index] ?? halt);
      expect(await claim.root(0, height)).to.equal(merkleRoot(entries));
      for (const index of [0, units.length - 1, units.length, entries.length - 1]) {
        expect(await claim.stateHash(index)).to.equal(entries[index]);
        expect(await claim.proof(index, height)).to.eql(merkleProof(entries, index));
      }
      const { left, right } = await claim.halves(0, CLAIM_TRACE_HEIGHT);
      expect(hashPair(left, right)).to.equal(await claim.root(0, CLAIM_TRACE_HEIGHT));
      expect(await claim.prefix(1)).to.equal(hashPair(claim.before, units[0]!));
      expect((await claim.openPrefix(units.length)).state).to.equal(units.at(-1));
      expect(await claim.stateHash(2 ** 32 - 1)).to.equal(halt);
    }
  });

  it("has as the trace of every unit of a claim one that leads from its boundary to the next, the halt too", async () => {
    const range = { fromBatch: 1, toBatch: 6 };
    const claim = await provider.openClaim(range);
    let before = claim.before;
    for (let index = 0; index < claim.length + 2; index++) {
      const unit = await claim.openUnit(index);
      expect(unit.before).to.equal(before);
      const after = await claim.stateHash(index);
      expect(await unit.stateHash(2 ** UNIT_TRACE_HEIGHT - 1)).to.equal(after);
      expect(await unit.stateHash(unit.length - 1)).to.equal(after);
      before = after;
    }
    expect(before).to.equal(haltHash(stateAt(range.toBatch)));
  });

  it("makes the witness of any step, the state before and after being those of the trace", async () => {
    const claim = await provider.openClaim({ fromBatch: 0, toBatch: 3 });
    for (let index = 0; index < claim.length; index += 4) {
      const unit = await claim.openUnit(index);
      for (const step of new Set([0, Math.floor(unit.length / 2), unit.length - 1, unit.length])) {
        const proven = await unit.prove(step);
        expect(proven.kind).to.equal(step === 0 ? "start" : "step");
        expect(proven.before).to.equal(step === 0 ? unit.before : await unit.stateHash(step - 1));
        expect(proven.after).to.equal(await unit.stateHash(step));
      }
    }
  });

  it("opens the elements of blobs with proofs that L1's point evaluation accepts", async () => {
    const batch = node.chain.store.derivedBatchCount() - 1;
    const claim = await provider.openClaim({ fromBatch: batch, toBatch: batch + 1 });
    const unit = await claim.openUnit(0);
    expect(unit.length).to.equal(1 + 4_096);
    const kzg = await loadKzg();
    for (const position of [0, 2, 4_095]) {
      const { preimages } = (await unit.prove(1 + position)).witness;
      const [versionedHashes, element] = preimages as [Uint8Array, Uint8Array];
      const [value, commitment, proof] = [element.slice(0, 32), element.slice(32, 80), element.slice(80)];
      expect(bytesToHex(versionedHashes)).to.equal(versionedHash(commitment));
      expect(kzg.verifyProof(commitment, elementPoint(position), value, proof)).to.equal(true);
      expect(kzg.verifyProof(commitment, elementPoint(position ^ 1), value, proof)).to.equal(false);
    }
  });

  it("refuses what it has not traced, and ranges, spans and units that are none", async () => {
    const tracedBatchCount = follower.tracedBatchCount();
    const early = await rejection(provider.openClaim({ fromBatch: 3, toBatch: tracedBatchCount + 1 }));
    expect(early).to.be.instanceOf(TraceUnavailableError);
    expect((early as TraceUnavailableError).problem).to.eql({ kind: "not-traced", tracedBatchCount });
    for (const range of [
      { fromBatch: 2, toBatch: 2 },
      { fromBatch: -1, toBatch: 2 },
      { fromBatch: 0, toBatch: 0.5 },
    ])
      expect(await rejection(provider.openClaim(range))).to.be.instanceOf(RangeError);
    const claim = await provider.openClaim({ fromBatch: 0, toBatch: 1 });
    expect(await rejection(claim.root(3, 2))).to.be.instanceOf(RangeError);
    expect(await rejection(claim.openUnit(-1))).to.be.instanceOf(RangeError);
  });

  it("refuses to go on with a claim whose batches L1 has taken back, and opens what takes their place", async () => {
    const toBatch = node.chain.store.derivedBatchCount();
    const claim = await provider.openClaim({ fromBatch: 1, toBatch });
    const unit = await claim.openUnit(2);
    l1.revertTo(l1.head().number - 2);
    await mineHistory(l1, 2, 20);
    await follow();
    for (const ask of [() => claim.root(0, 4), () => claim.openUnit(1), () => unit.root(0, 2), () => unit.prove(0)]) {
      const error = await rejection(ask());
      expect(error).to.be.instanceOf(TraceUnavailableError);
      expect((error as TraceUnavailableError).problem).to.eql({ kind: "superseded" });
    }
    const again = await provider.openClaim({ fromBatch: 1, toBatch: 4 });
    expect(await again.stateHash(0)).to.equal(storedUnits(node)[1]![0]);
  });

  it("notices that stored boundary states have changed", async () => {
    await close();
    const changed = (value: Uint8Array) => value.map((byte, index) => (index === 40 ? byte ^ 1 : byte));
    const kept = await replaceRecords(folder.path, "trace-units", (_, value) => changed(value!));
    await open();
    const error = await rejection(provider.openClaim({ fromBatch: 0, toBatch: 3 }));
    expect(error.message).to.match(/corrupt database: the units of batch \d are not what was traced/);
    await close();
    await replaceRecords(folder.path, "trace-units", (key) => kept.get(Buffer.from(key).toString("hex")));
    await open();
    await provider.openClaim({ fromBatch: 0, toBatch: 3 });
  });
}).timeout(240_000);
