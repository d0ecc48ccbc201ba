import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { open as openLmdb } from "lmdb";
import { keccak256 } from "../../src/primitives/index.ts";
import { openNodeDatabaseReader } from "../../src/storage/index.ts";
import type { NodeDatabase } from "../../src/storage/index.ts";
import {
  appendBlocks,
  batchEvent,
  genesisBlock,
  hashOf,
  l1Block,
  openTestDatabase,
  temporaryFolder,
  unitHashes,
} from "./fixtures.ts";

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a rejection");
}

/** Chunks of the table of unit hashes of a database that is closed. */
async function storedChunks(folder: string): Promise<number> {
  const root = openLmdb<Uint8Array, Uint8Array>({
    path: join(folder, "data.mdb"),
    encoding: "binary",
    keyEncoding: "binary",
    overlappingSync: false,
  });
  const table = root.openDB<Uint8Array, Uint8Array>({
    name: "trace-units",
    encoding: "binary",
    keyEncoding: "binary",
  });
  const count = [...table.getKeys()].length;
  await root.close();
  return count;
}

describe("Traces in the database", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let database: NodeDatabase;

  beforeEach(async () => {
    folder = temporaryFolder();
    database = await openTestDatabase(folder.path);
    await database.chain.appendBlock(genesisBlock());
  });
  afterEach(async () => {
    await database.close();
    folder.remove();
  });

  /** Batch by batch: an L1 block with it, and an L2 block that it becomes. */
  async function deriveBatches(count: number, tag = ""): Promise<void> {
    const { inbox } = database;
    for (let added = 0; added < count; added++) {
      const block = l1Block((inbox.getSyncedBlock()?.number ?? 0) + 1, tag);
      await inbox.append([batchEvent(inbox.batchCount(), block)], block);
      await appendBlocks(database, 1, tag);
    }
    await recordBatches();
  }
  /** Records what the batches became that are not derived: batch 0 ends with block 1, and so on. */
  async function recordBatches(): Promise<void> {
    const { chain, inbox } = database;
    for (let batch = chain.derivedBatchCount(); batch < inbox.batchCount(); batch++) {
      await chain.putDerivedBatch({
        batch,
        lastBlock: batch + 1,
        lastBlockHash: chain.getBlockHash(batch + 1)!,
        nextMessage: 0,
        outboxRoot: hashOf("outbox"),
      });
    }
  }
  /** Stores made up traces of the next batches, with so many units each. */
  function trace(...counts: readonly number[]): Promise<void> {
    const first = database.traces.batchCount();
    return database.traces.appendBatches(
      counts.map((count, index) => ({ batch: first + index, hashes: unitHashes(first + index, count) })),
      database.inbox.rewindCount(),
    );
  }
  /** Everything of batches with so many units each. */
  function expectTraces(counts: readonly number[]): void {
    const { traces } = database;
    expect(traces.batchCount()).to.equal(counts.length);
    let units = 0;
    counts.forEach((count, batch) => {
      const hashes = unitHashes(batch, count);
      expect(traces.getBatch(batch)).to.eql({ firstUnit: units, unitCount: count, checksum: keccak256(hashes) });
      expect(Buffer.compare(traces.readUnits(units, count), hashes)).to.equal(0);
      units += count;
    });
    expect(traces.unitCount()).to.equal(units);
    expect(traces.getBatch(counts.length)).to.equal(undefined);
  }

  it("give back the hashes of any units, also after it is opened again and on a reader thread's view", async () => {
    await deriveBatches(4);
    await trace(1);
    await trace(3_000, 1_096);
    await trace(1_023);
    expectTraces([1, 3_000, 1_096, 1_023]);
    const all = Buffer.concat([1, 3_000, 1_096, 1_023].map((count, batch) => unitHashes(batch, count)));
    for (const [first, count] of [
      [0, 0],
      [1_023, 2],
      [1_024, 1_024],
      [500, 3_700],
      [5_119, 1],
    ] as const) {
      expect(
        Buffer.compare(database.traces.readUnits(first, count), all.subarray(32 * first, 32 * (first + count))),
      ).to.equal(0);
    }
    const reader = openNodeDatabaseReader({ folder: folder.path, genesisHash: genesisBlock().hash });
    expect(reader.traces.getBatch(2)).to.eql(database.traces.getBatch(2));
    expect(reader.traces.readUnits(4_096, 1)).to.eql(database.traces.readUnits(4_096, 1));
    await reader.close();
    await database.close();
    database = await openTestDatabase(folder.path);
    expectTraces([1, 3_000, 1_096, 1_023]);
  });

  it("know nothing of units that are not there", async () => {
    await deriveBatches(1);
    await trace(2);
    const { traces } = database;
    for (const index of [1, -1, 0.5, Number.NaN]) expect(traces.getBatch(index)).to.equal(undefined);
    for (const [first, count] of [
      [0, 3],
      [2, 1],
      [-1, 1],
    ] as const)
      expect(() => traces.readUnits(first, count)).to.throw(RangeError);
  });

  it("are taken of the next batch only, if it is derived, and L1 has taken back nothing since", async () => {
    await deriveBatches(2);
    const { traces, inbox } = database;
    const append = (batch: number, hashes = unitHashes(batch, 1), rewinds = inbox.rewindCount()) =>
      rejection(traces.appendBatches([{ batch, hashes }], rewinds));
    expect((await append(1)).message).to.contain("expected the trace of batch 0, got that of 1");
    expect((await append(0, new Uint8Array())).message).to.contain("got 0 bytes");
    expect((await append(0, new Uint8Array(33))).message).to.contain("got 33 bytes");
    expect((await append(0, unitHashes(0, 1), 7)).message).to.contain("before L1 took back blocks");
    await trace(1, 1);
    expect((await append(1)).message).to.contain("expected the trace of batch 2");
    expect((await append(2)).message).to.contain("batch 2 is not derived");
    expectTraces([1, 1]);
  });

  it("are forgotten with the derived batch, whatever takes that back, and those before it stay as they are", async () => {
    await deriveBatches(4);
    const counts = [700, 700, 700, 700];
    await trace(...counts);
    const rewinds = [
      () => database.chain.rewindDerivedBatches(3),
      () => database.chain.rewindTo(2),
      () => database.inbox.rewindTo(l1Block(1)),
    ];
    for (const [index, rewind] of rewinds.entries()) {
      await rewind();
      const kept = 3 - index;
      expect(database.chain.derivedBatchCount()).to.equal(kept);
      expectTraces(counts.slice(0, kept));
    }
    await database.inbox.rewindTo(undefined);
    expectTraces([]);
    await database.close();
    expect(await storedChunks(folder.path)).to.equal(0);
    database = await openTestDatabase(folder.path);
  });

  it("of a batch that was read before L1 took back blocks are refused, and others take its place", async () => {
    await deriveBatches(3);
    await trace(1_500);
    const { inbox, traces } = database;
    const rewinds = inbox.rewindCount();
    await inbox.rewindTo(l1Block(1));
    await deriveBatches(2, "fork");
    const late = traces.appendBatches([{ batch: 1, hashes: unitHashes(1, 5) }], rewinds);
    expect((await rejection(late)).message).to.contain("before L1 took back blocks");
    await trace(5);
    expectTraces([1_500, 5]);
  });

  it("are whatever was appended last, whatever is appended and rewound", async () => {
    await deriveBatches(12);
    const step = fc.oneof(
      fc.record({ counts: fc.array(fc.integer({ min: 1, max: 1_500 }), { maxLength: 3 }) }),
      fc.record({ rewind: fc.nat(3) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        await database.chain.rewindDerivedBatches(0);
        await recordBatches();
        let counts: readonly number[] = [];
        for (const action of steps) {
          if ("counts" in action) {
            const added = action.counts.slice(0, database.chain.derivedBatchCount() - counts.length);
            await trace(...added);
            counts = [...counts, ...added];
          } else {
            counts = counts.slice(0, Math.max(0, counts.length - action.rewind));
            await database.chain.rewindDerivedBatches(counts.length);
            await recordBatches();
          }
        }
        expectTraces(counts);
      }),
      { numRuns: 15 },
    );
  });
}).timeout(30_000);
