import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import fc from "fast-check";
import { open as openLmdb } from "lmdb";
import type { Log } from "../../src/ethereum/index.ts";
import { hexToBytes, keccak256 } from "../../src/primitives/index.ts";
import {
  commitFailure,
  DATABASE_VERSION,
  DatabaseOpenError,
  matchesFilter,
  openNodeDatabase,
} from "../../src/storage/index.ts";
import type { FoundLog, InboxEvent, LogFilter, NodeDatabase } from "../../src/storage/index.ts";
import {
  addressOf,
  appendBlocks,
  arbitraryBlock,
  batchEvent,
  deposit,
  genesisBlock,
  hashOf,
  l1Block,
  makeBlock,
  messageEvent,
  openTestDatabase,
  silentInstruments,
  storedPayloads,
  temporaryFolder,
} from "./fixtures.ts";

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a rejection");
}

describe("The database of a node", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let database: NodeDatabase;

  beforeEach(async () => {
    folder = temporaryFolder();
    database = await openTestDatabase(folder.path);
  });
  afterEach(async () => {
    await database.close();
    folder.remove();
  });

  const reopen = async () => {
    await database.close();
    database = await openTestDatabase(folder.path);
  };

  describe("chain", () => {
    it("gives back every block by number and hash, also after it is opened again", async () => {
      const { chain } = database;
      const genesis = genesisBlock();
      await chain.appendBlock(genesis);
      const messages = [deposit(0), deposit(1)];
      const log: Log = { address: addressOf("emitter"), topics: [hashOf("topic")], data: Uint8Array.of(1, 2, 3) };
      const block = makeBlock(genesis, { messages, signed: [[log], []] });
      await chain.appendBlock(
        block,
        messages.map(({ hash }) => hash),
      );
      await reopen();
      const { hash, header, firstMessage, nextMessage } = block;
      expect(database.chain.getHeads()).to.eql({ latest: 1, safe: 0, finalized: 0 });
      expect(database.chain.getBlock(0)).to.eql(genesis);
      expect(database.chain.getBlock(1)).to.eql(block);
      expect(database.chain.getBlockByHash(hash)).to.eql(block);
      expect(database.chain.getSummary(1)).to.eql({ hash, header, firstMessage, nextMessage });
      expect(database.chain.getHeaderByHash(hash)).to.eql(header);
      expect(database.chain.getReceipts(hash)).to.eql(block.receipts);
      expect(database.chain.getMessageHashes(hash)).to.eql(messages.map((message) => message.hash));
      block.transactions.forEach((transaction, index) =>
        expect(database.chain.getTransactionLocation(transaction.hash)).to.eql({ blockNumber: 1, index }),
      );
    });

    it("knows nothing of blocks, batches and transactions that are not there", async () => {
      await appendBlocks(database, 1);
      const { chain } = database;
      for (const number of [2, -1, 0.5, Number.NaN, 2 ** 53]) expect(chain.getBlock(number)).to.equal(undefined);
      expect(chain.getBlockByHash(hashOf("nothing"))).to.equal(undefined);
      expect(chain.getTransactionLocation(hashOf("nothing"))).to.equal(undefined);
      expect(chain.getDerivedBatch(0)).to.equal(undefined);
      expect(chain.findBatchOfBlock(1)).to.equal(undefined);
    });

    it("stores any block the codec can carry", async () => {
      await database.chain.appendBlock(genesisBlock());
      await fc.assert(
        fc.asyncProperty(arbitraryBlock, async (arbitrary) => {
          const parent = database.chain.getBlock(database.chain.getHeads().latest)!;
          const block = {
            ...arbitrary,
            header: { ...arbitrary.header, number: parent.header.number + 1, parentHash: parent.hash },
            nextMessage: arbitrary.firstMessage,
          };
          await database.chain.appendBlock(block);
          expect(database.chain.getBlock(block.header.number)).to.eql(block);
        }),
        { numRuns: 30 },
      );
    });

    it("refuses a block that is not the child of the latest, and a genesis block of another rollup", async () => {
      const other = makeBlock(undefined, { tag: "other" });
      expect((await rejection(database.chain.appendBlock(other))).message).to.contain(other.hash);
      const [first] = await appendBlocks(database, 2);
      const sibling = makeBlock(first, { tag: "sibling" });
      const message = (await rejection(database.chain.appendBlock(sibling))).message;
      expect(message).to.contain("expected a child of block 2").and.to.contain(sibling.hash);
      expect(database.chain.getHeads().latest).to.equal(2);
    });

    it("refuses a block without the hashes of the messages it consumed", async () => {
      await database.chain.appendBlock(genesisBlock());
      const block = makeBlock(genesisBlock(), { messages: [deposit(0)] });
      expect((await rejection(database.chain.appendBlock(block))).message).to.contain("hashes of 1 messages");
    });

    it("rewinds, gives the removed blocks lowest first, and keeps them readable by hash only", async () => {
      const blocks = await appendBlocks(database, 5);
      const removed = await database.chain.rewindTo(2);
      expect(removed).to.eql(blocks.slice(2));
      expect(database.chain.getHeads().latest).to.equal(2);
      for (const block of removed) {
        expect(database.chain.getBlock(block.header.number)).to.equal(undefined);
        expect(database.chain.getBlockByHash(block.hash)).to.eql(block);
        expect(database.chain.getTransactionLocation(block.transactions[0]!.hash)).to.equal(undefined);
      }
      const [replacement] = await appendBlocks(database, 1, "fork");
      expect(database.chain.getBlock(3)).to.eql(replacement);
      expect(database.chain.getBlockByHash(removed[0]!.hash)).to.eql(removed[0]);
      for (const bad of [-1, 4, 0.5])
        expect((await rejection(database.chain.rewindTo(bad))).message).to.contain(String(bad));
    });

    it("advances safe with derived batches in order and finds the first batch that reaches a block", async () => {
      const blocks = [genesisBlock(), ...(await appendBlocks(database, 6))];
      const derive = (batch: number, lastBlock: number) =>
        database.chain.putDerivedBatch({
          batch,
          lastBlock,
          lastBlockHash: blocks[lastBlock]!.hash,
          nextMessage: 0,
          outboxRoot: hashOf(`outbox ${batch}`),
        });
      expect((await rejection(derive(1, 1))).message).to.contain("expected derived batch 0");
      for (const [batch, last] of [
        [0, 0],
        [1, 2],
        [2, 2],
        [3, 5],
      ] as const)
        await derive(batch, last);
      expect((await rejection(derive(4, 3))).message).to.contain("block 5 or later");
      expect(database.chain.getHeads()).to.eql({ latest: 6, safe: 5, finalized: 0 });
      expect([0, 1, 2, 3, 5, 6].map((number) => database.chain.findBatchOfBlock(number)?.batch)).to.eql([
        0,
        1,
        1,
        3,
        3,
        undefined,
      ]);
      expect((await rejection(database.chain.setFinalized(6))).message).to.contain("got 6");
      await database.chain.setFinalized(5);
      expect((await rejection(database.chain.setFinalized(2))).message).to.contain("got 2");

      await database.chain.rewindDerivedBatches(2);
      expect(database.chain.getHeads()).to.eql({ latest: 6, safe: 2, finalized: 2 });
      expect(database.chain.derivedBatchCount()).to.equal(2);
      expect(database.chain.getDerivedBatch(2)).to.equal(undefined);
      await derive(2, 4);
      await database.chain.rewindTo(3);
      expect(database.chain.getHeads()).to.eql({ latest: 3, safe: 2, finalized: 2 });
      expect(database.chain.derivedBatchCount()).to.equal(2);
    });

    it("serves state before, while and after it is written", async () => {
      const { chain } = database;
      const entries = [1, 2, 3].map((n) => [hexToBytes(hashOf(`node ${n}`)), Uint8Array.of(n, n)] as const);
      await chain.state.putMany(entries);
      const expectAll = () => entries.forEach(([hash, value]) => expect(database.chain.state.get(hash)).to.eql(value));
      expectAll();
      const appended = chain.appendBlock(genesisBlock());
      expectAll();
      await appended;
      expectAll();
      await reopen();
      expectAll();
      expect(database.chain.state.get(new Uint8Array(32))).to.equal(undefined);
    });

    it("writes state of its own accord when much of it waits", async () => {
      const value = new Uint8Array(8 * 1024 * 1024).fill(7);
      const hashes = Array.from({ length: 9 }, (_, n) => hexToBytes(hashOf(`big ${n}`)));
      for (const hash of hashes) await database.chain.state.putMany([[hash, value]]);
      await reopen();
      expect(database.chain.state.get(hashes[0]!)).to.eql(value);
    });
  });

  describe("log search", () => {
    const collect = async (range: { fromBlock: number; toBlock: number }, filter: LogFilter) => {
      const found: FoundLog[] = [];
      for await (const log of database.chain.findLogs(range, filter)) found.push(log);
      return found;
    };

    it("finds exactly what a scan of all receipts finds", async () => {
      const addresses = ["a", "b", "c"].map(addressOf);
      const topics = ["x", "y", "z"].map(hashOf);
      const log: fc.Arbitrary<Log> = fc.record({
        address: fc.constantFrom(...addresses),
        topics: fc.array(fc.constantFrom(...topics), { maxLength: 4 }),
        data: fc.uint8Array({ maxLength: 3 }),
      });
      const contents = fc.sample(fc.array(fc.array(log, { maxLength: 2 }), { maxLength: 2 }), { numRuns: 60, seed: 7 });
      await database.chain.appendBlock(genesisBlock());
      let parent = genesisBlock();
      const everything: FoundLog[] = [];
      for (const signed of contents) {
        parent = makeBlock(parent, { signed });
        await database.chain.appendBlock(parent);
        const { hash: blockHash, header, receipts } = parent;
        let logIndex = 0;
        receipts.forEach((receipt, transactionIndex) =>
          receipt.logs.forEach((entry) =>
            everything.push({
              log: entry,
              header,
              blockHash,
              transactionHash: receipt.transactionHash,
              transactionIndex,
              logIndex: logIndex++,
            }),
          ),
        );
      }
      const filter = fc.record({
        addresses: fc.uniqueArray(fc.constantFrom(...addresses, addressOf("d")), { maxLength: 2 }),
        topics: fc.array(fc.uniqueArray(fc.constantFrom(...topics, hashOf("w")), { maxLength: 2 }), { maxLength: 4 }),
      });
      await fc.assert(
        fc.asyncProperty(filter, fc.nat(62), fc.nat(62), async (criteria, fromBlock, toBlock) => {
          const expected = everything.filter(
            ({ log: entry, header }) =>
              header.number >= fromBlock &&
              header.number <= toBlock &&
              (criteria.addresses.length === 0 || criteria.addresses.includes(entry.address)) &&
              criteria.topics.every(
                (allowed, position) =>
                  position < entry.topics.length && (allowed.length === 0 || allowed.includes(entry.topics[position]!)),
              ),
          );
          expect(await collect({ fromBlock, toBlock }, criteria)).to.eql(expected);
        }),
      );
      expect(everything.some(({ log: entry }) => matchesFilter(entry, { addresses: [], topics: [[]] }))).to.equal(true);
    });

    it("crosses chunks of blocks and does not find removed blocks", async () => {
      await database.chain.appendBlock(genesisBlock());
      const entry: Log = { address: addressOf("emitter"), topics: [], data: new Uint8Array() };
      let parent = genesisBlock();
      const pending: Promise<void>[] = [];
      for (let number = 1; number <= 1100; number++) {
        parent = makeBlock(parent, { signed: [[entry]] });
        pending.push(database.chain.appendBlock(parent));
      }
      await Promise.all(pending);
      const all = { addresses: [entry.address], topics: [] };
      expect((await collect({ fromBlock: 0, toBlock: 5000 }, all)).map(({ header }) => header.number)).to.eql(
        Array.from({ length: 1100 }, (_, index) => index + 1),
      );
      await database.chain.rewindTo(1090);
      expect(await collect({ fromBlock: 1085, toBlock: 5000 }, all)).to.have.length(6);
    }).timeout(20_000);
  });

  describe("Inbox", () => {
    it("gives back entries, their origins and counts, also after it is opened again", async () => {
      const events = [messageEvent(0, l1Block(5)), messageEvent(1, l1Block(5)), batchEvent(0, l1Block(6), 2)];
      await database.inbox.append(events, l1Block(9));
      await database.inbox.append([batchEvent(1, l1Block(10), 2, new Uint8Array())], l1Block(10));
      await reopen();
      const { inbox } = database;
      expect(inbox.getSyncedBlock()).to.eql(l1Block(10));
      expect([inbox.messageCount(), inbox.batchCount()]).to.eql([2, 2]);
      for (const event of events) {
        const origin = { block: event.block, transactionHash: event.transactionHash };
        if (event.kind === "message") {
          expect(inbox.getMessage(event.message.index)).to.eql(event.message);
          expect(inbox.getMessageOrigin(event.message.index)).to.eql(origin);
          expect(inbox.findMessageByHash(event.message.hash)).to.eql(event.message);
        } else {
          expect(inbox.getBatch(event.batch.index)).to.eql(event.batch);
          expect(inbox.getBatchOrigin(event.batch.index)).to.eql(origin);
        }
      }
      expect(inbox.getBatch(1)!.payload).to.eql(new Uint8Array());
      for (const index of [2, -1, 0.5])
        expect([inbox.getMessage(index), inbox.getBatch(index)]).to.eql([undefined, undefined]);
    });

    it("refuses gaps, repetitions, unordered events and blocks already synced, and stores nothing of them", async () => {
      const { inbox } = database;
      await inbox.append([messageEvent(0, l1Block(5))], l1Block(6));
      const bad: readonly (readonly [Parameters<typeof inbox.append>, string])[] = [
        [[[messageEvent(2, l1Block(7))], l1Block(8)], "expected message 1"],
        [[[messageEvent(0, l1Block(7))], l1Block(8)], "expected message 1"],
        [[[batchEvent(1, l1Block(7))], l1Block(8)], "expected batch 0"],
        [[[messageEvent(1, l1Block(8)), messageEvent(2, l1Block(7))], l1Block(8)], "blocks 8 to 8"],
        [[[messageEvent(1, l1Block(9))], l1Block(8)], "blocks 7 to 8"],
        [[[messageEvent(1, l1Block(6))], l1Block(8)], "blocks 7 to 8"],
        [[[], l1Block(6)], "after the synced block 6"],
      ];
      for (const [args, message] of bad) expect((await rejection(inbox.append(...args))).message).to.contain(message);
      expect(inbox.messageCount()).to.equal(1);
      expect(inbox.getMessage(1)).to.equal(undefined);
      expect(inbox.getSyncedBlock()).to.eql(l1Block(6));
    });

    it("rewinds to any block, and takes other entries in the place of those dropped", async () => {
      const { inbox } = database;
      for (let number = 1; number <= 20; number++) {
        await inbox.append(
          [messageEvent(number - 1, l1Block(number)), batchEvent(number - 1, l1Block(number), number)],
          l1Block(number),
        );
      }
      const dropped = inbox.getMessage(15)!;
      expect(await inbox.rewindTo(l1Block(12))).to.eql({ batchCount: 12, messageCount: 12 });
      expect(inbox.rewindCount()).to.equal(1);
      expect(inbox.getSyncedBlock()).to.eql(l1Block(12));
      expect(inbox.getMessage(12)).to.equal(undefined);
      expect(inbox.getBatch(12)).to.equal(undefined);
      expect(inbox.findMessageByHash(dropped.hash)).to.equal(undefined);
      expect(inbox.getMessage(11)).to.not.equal(undefined);
      expect(inbox.getCheckpoints()[0]).to.eql(l1Block(12));
      await inbox.append([messageEvent(12, l1Block(13, "fork"))], l1Block(14, "fork"));
      expect(inbox.getMessageOrigin(12)!.block).to.eql(l1Block(13, "fork"));
      expect(await inbox.rewindTo(undefined)).to.eql({ batchCount: 0, messageCount: 0 });
      expect(inbox.getSyncedBlock()).to.equal(undefined);
      expect(inbox.getCheckpoints()).to.eql([]);
      expect((await rejection(inbox.rewindTo(l1Block(3)))).message).to.contain("got 3");
    });

    describe("holds a payload once", () => {
      const PAYLOAD = Uint8Array.of(1, 2, 3);
      const batchOf = (index: number, number: number, payload = PAYLOAD) =>
        batchEvent(index, l1Block(number), 0, payload);
      /** Checks what is on the disk, which no reading shows. */
      const expectStored = async (...payloads: Uint8Array[]) => {
        await database.close();
        const hex = (all: readonly Uint8Array[]) => all.map((bytes) => Buffer.from(bytes).toString("hex")).sort();
        const stored = await storedPayloads(folder.path);
        database = await openTestDatabase(folder.path);
        expect(hex(stored.payloads)).to.eql(hex(payloads));
        expect(stored.owners).to.equal(payloads.length);
      };

      it("however many batches have it, until the last of them is gone", async () => {
        const other = Uint8Array.of(1, 9);
        await database.inbox.append([batchOf(0, 1), batchOf(1, 1, other), batchOf(2, 2)], l1Block(2));
        await database.inbox.append([batchOf(3, 3), batchOf(4, 4, other)], l1Block(4));
        await expectStored(PAYLOAD, other);
        for (let index = 0; index < 5; index++) {
          expect(database.inbox.getBatch(index)!.payload).to.eql(index % 3 === 1 ? other : PAYLOAD);
        }
        await database.inbox.rewindTo(l1Block(2));
        await expectStored(PAYLOAD, other);
        expect(database.inbox.getBatch(2)!.payload).to.eql(PAYLOAD);
        await database.inbox.rewindTo(l1Block(0));
        await expectStored();
        expect(database.inbox.hasPayload({ kind: "calldata", dataHash: keccak256(PAYLOAD) })).to.equal(false);
      });

      it("with the high bytes of its blobs, if there are any, which go with it", async () => {
        const event = batchOf(0, 1);
        if (event.kind !== "batch") throw new Error("expected a batch");
        const batch = { ...event.batch, kind: "blobs" as const, highBytes: Uint8Array.of(0, 7) };
        await database.inbox.append([{ ...event, batch }, batchOf(1, 2)], l1Block(2));
        await reopen();
        expect(database.inbox.getHighBytes(batch)).to.eql(Buffer.of(0, 7));
        expect(database.inbox.getHighBytes({ ...batch, kind: "calldata" })).to.equal(undefined);
        await database.inbox.rewindTo(l1Block(0));
        expect(database.inbox.getHighBytes(batch)).to.equal(undefined);
        await database.inbox.append([{ ...event, batch: { ...batch, highBytes: undefined } }], l1Block(1));
        expect(database.inbox.getHighBytes(batch)).to.equal(undefined);
      });

      it("and need not be given it again", async () => {
        const { inbox } = database;
        const withoutPayload = (index: number, number: number): InboxEvent => {
          const event = batchOf(index, number);
          if (event.kind !== "batch") throw new Error("expected a batch");
          const { payload: _payload, ...batch } = event.batch;
          return { ...event, batch };
        };
        expect((await rejection(inbox.append([withoutPayload(0, 1)], l1Block(1)))).message).to.contain("batch 0");
        expect(inbox.batchCount()).to.equal(0);
        await inbox.append([batchOf(0, 1), withoutPayload(1, 1)], l1Block(1));
        await inbox.append([withoutPayload(2, 2)], l1Block(2));
        for (let index = 0; index < 3; index++) expect(inbox.getBatch(index)!.payload).to.eql(PAYLOAD);
        await inbox.rewindTo(l1Block(0));
        expect((await rejection(inbox.append([withoutPayload(0, 1)], l1Block(1)))).message).to.contain("batch 0");
      });

      it("but not for one of the other kind, whose hash may be the same", async () => {
        const { inbox } = database;
        // The hash of a blob batch is of the blobs' names, which somebody may post as calldata.
        const event = batchOf(1, 1);
        if (event.kind !== "batch") throw new Error("expected a batch");
        const blobs = Uint8Array.of(7, 7);
        const blobBatch: InboxEvent = { ...event, batch: { ...event.batch, kind: "blobs", payload: blobs } };
        await inbox.append([batchOf(0, 1), blobBatch], l1Block(1));
        expect(inbox.getBatch(0)!.payload).to.eql(PAYLOAD);
        expect(inbox.getBatch(1)!.payload).to.eql(blobs);
        await expectStored(PAYLOAD, blobs);
      });

      it("whatever is appended and rewound", async () => {
        const step = fc.oneof(
          fc.record({ payloads: fc.array(fc.nat(4), { maxLength: 4 }) }),
          fc.record({ rewind: fc.nat(4) }),
        );
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
            if (database.inbox.getSyncedBlock() !== undefined) await database.inbox.rewindTo(undefined);
            let blocks: readonly (readonly number[])[] = [];
            for (const action of steps) {
              if ("payloads" in action) {
                const first = blocks.flat().length;
                blocks = [...blocks, action.payloads];
                const events = action.payloads.map((payload, index) =>
                  batchOf(first + index, blocks.length, Uint8Array.of(payload)),
                );
                await database.inbox.append(events, l1Block(blocks.length));
              } else if (blocks.length > 0) {
                blocks = blocks.slice(0, Math.max(0, blocks.length - action.rewind));
                await database.inbox.rewindTo(blocks.length === 0 ? undefined : l1Block(blocks.length));
              }
            }
            const expected = blocks.flat();
            expect(expected.map((_, index) => database.inbox.getBatch(index)!.payload[0])).to.eql(expected);
            await expectStored(...[...new Set(expected)].map((payload) => Uint8Array.of(payload)));
          }),
          { numRuns: 40 },
        );
      });
    });

    it("forgets what was derived from dropped batches in the same transaction", async () => {
      const blocks = await appendBlocks(database, 3);
      for (let number = 1; number <= 3; number++) {
        await database.inbox.append([batchEvent(number - 1, l1Block(number))], l1Block(number));
        const { hash, header } = blocks[number - 1]!;
        await database.chain.putDerivedBatch({
          batch: number - 1,
          lastBlock: header.number,
          lastBlockHash: hash,
          nextMessage: 0,
          outboxRoot: hashOf("o"),
        });
      }
      await database.chain.setFinalized(3);
      await database.inbox.rewindTo(l1Block(1));
      expect(database.chain.derivedBatchCount()).to.equal(1);
      expect(database.chain.getHeads()).to.eql({ latest: 3, safe: 1, finalized: 1 });
    });

    it("keeps the blocks of events and synced blocks as checkpoints, and drops surplus ones", async () => {
      const { inbox } = database;
      await inbox.append([messageEvent(0, l1Block(1)), messageEvent(1, l1Block(3))], l1Block(5));
      expect(inbox.getCheckpoints()).to.eql([l1Block(5), l1Block(3), l1Block(1)]);
      await inbox.append([], l1Block(1000));
      expect(inbox.getCheckpoints()).to.eql([l1Block(1000), l1Block(5), l1Block(1)]);
    });
  });

  describe("records", () => {
    it("keep values of every type apart by namespace and in key order", async () => {
      const value = {
        wei: 2n ** 200n,
        bytes: Uint8Array.of(1, 2),
        map: new Map([["a", 1]]),
        none: undefined,
        list: [null, "é"],
      };
      const one = database.records("one");
      const two = database.records("one-two");
      await one.put("b", value);
      await one.write([
        ["a", 1],
        ["c", "x"],
        ["ba", 2],
        ["é", 3],
      ]);
      await two.put("b", "other");
      await reopen();
      const again = database.records("one");
      expect(again.get("b")).to.eql(value);
      expect([...again.entries("")].map(([key]) => key)).to.eql(["a", "b", "ba", "c", "é"]);
      expect([...again.entries("b")]).to.eql([
        ["b", value],
        ["ba", 2],
      ]);
      expect([...database.records("one-two").entries("")]).to.eql([["b", "other"]]);
      await again.delete("b");
      expect(again.get("b")).to.equal(undefined);
    });

    it("refuse keys, namespaces and values they cannot hold", async () => {
      const records = database.records("x");
      for (const key of ["", "k".repeat(1001)])
        expect((await rejection(records.put(key, 1))).message).to.contain("expected a key");
      for (const name of ["", "a\0b"]) expect(() => database.records(name)).to.throw("expected a namespace");
      expect((await rejection(records.put("f", () => 1))).message).to.contain("could not be cloned");
      await records.put("k".repeat(1000), 1);
      expect(records.get("k".repeat(1000))).to.equal(1);
    });
  });

  describe("opening", () => {
    const open = (folderPath: string, genesisHash = genesisBlock().hash) =>
      openNodeDatabase({ folder: folderPath, genesisHash }, silentInstruments());

    it("is refused while another has the folder, naming it, and granted afterwards", async () => {
      const error = (await rejection(open(folder.path))) as DatabaseOpenError;
      expect(error).to.be.instanceOf(DatabaseOpenError);
      expect(error.message).to.contain(folder.path).and.to.contain(`process ${process.pid}`);
      await reopen();
    });

    it("is refused for another rollup's database", async () => {
      await database.close();
      const error = (await rejection(open(folder.path, hashOf("other")))) as DatabaseOpenError;
      expect(error.problem).to.eql({
        kind: "other-genesis",
        folder: folder.path,
        expected: hashOf("other"),
        actual: genesisBlock().hash,
      });
      database = await openTestDatabase(folder.path);
    });

    it("is refused for a database of another format version", async () => {
      await database.close();
      const root = openLmdb<Uint8Array, Uint8Array>({
        path: join(folder.path, "data.mdb"),
        encoding: "binary",
        keyEncoding: "binary",
        overlappingSync: false,
      });
      const meta = root.openDB<Uint8Array, Uint8Array>({ name: "meta", encoding: "binary", keyEncoding: "binary" });
      const put = (version: number) => meta.put(Buffer.from("version"), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, version));
      await put(DATABASE_VERSION + 1);
      await root.close();
      const error = (await rejection(open(folder.path))) as DatabaseOpenError;
      expect(error.problem).to.eql({
        kind: "other-version",
        folder: folder.path,
        expected: DATABASE_VERSION,
        actual: DATABASE_VERSION + 1,
      });
      folder.remove();
      database = await openTestDatabase(folder.path);
    });

    it("leaves no write possible after closing", async () => {
      const { chain } = database;
      await database.close();
      expect((await rejection(chain.appendBlock(genesisBlock()))).message).to.contain("closed");
      database = await openTestDatabase(folder.path);
    });
  });
}).timeout(30_000);

describe("A write that LMDB could not do", () => {
  it("has the reason that LMDB gives beside its error, whether or not there is one", async () => {
    const full = Object.assign(new Error("No space left on device"), { code: 28 });
    const reasoned = Object.assign(new Error("Commit failed"), { commitError: Promise.reject(full) });
    expect(await commitFailure(reasoned)).to.equal(full);
    const unreasoned = Object.assign(new Error("Commit failed"), { commitError: undefined });
    expect(await commitFailure(unreasoned)).to.equal(unreasoned);
    expect(await commitFailure(full)).to.equal(full);
    expect(await commitFailure("closed")).to.equal("closed");
  });
});

describe("A database whose process is killed at any moment", () => {
  it("opens again with everything that was reported done, and nothing half done", async () => {
    const folder = temporaryFolder();
    const script = fileURLToPath(new URL("./writing-process.ts", import.meta.url));
    let reported = 0;
    let tracedBatches = 0;
    try {
      for (let round = 0; round < 12; round++) {
        const child = fork(script, [folder.path], { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
        const target = reported + 1 + ((round * 37) % 60);
        child.on("message", (step: number) => {
          reported = Math.max(reported, step);
          if (reported >= target) child.kill("SIGKILL");
        });
        const [, signal] = (await once(child, "exit")) as [number | null, string | null];
        expect(signal).to.equal("SIGKILL");

        const database = await openTestDatabase(folder.path);
        const steps = database.records("test").get<number>("step") ?? 0;
        expect(steps).to.be.at.least(reported);
        reported = steps;
        expectConsistent(database);
        tracedBatches = Math.max(tracedBatches, database.traces.batchCount());
        const payloads = Array.from({ length: database.inbox.batchCount() }, (_, index) =>
          Buffer.from(database.inbox.getBatch(index)!.payload).toString("hex"),
        );
        await database.close();
        const stored = await storedPayloads(folder.path);
        expect(stored.payloads).to.have.length(new Set(payloads).size);
        expect(stored.owners).to.equal(stored.payloads.length);
      }
      expect(reported).to.be.greaterThan(100);
      expect(tracedBatches).to.be.greaterThan(0);
    } finally {
      folder.remove();
    }
  }).timeout(120_000);
});

/** Everything the store promises about a committed state, whatever was committed last. */
function expectConsistent({ chain, inbox, traces }: NodeDatabase): void {
  const heads = chain.getHeads();
  expect(heads.finalized).to.be.at.most(heads.safe);
  expect(heads.safe).to.be.at.most(heads.latest);
  for (let number = 0; number <= heads.latest; number++) {
    const block = chain.getBlock(number)!;
    expect(block.header.number).to.equal(number);
    if (number > 0) expect(block.header.parentHash).to.equal(chain.getBlock(number - 1)!.hash);
    expect(chain.state.get(hexToBytes(block.header.stateRoot))).to.eql(hexToBytes(block.header.stateRoot));
    block.transactions.forEach(({ hash }, index) =>
      expect(chain.getTransactionLocation(hash)).to.eql({ blockNumber: number, index }),
    );
  }
  expect(chain.getBlock(heads.latest + 1)).to.equal(undefined);
  const derived = chain.derivedBatchCount();
  expect(derived).to.be.at.most(inbox.batchCount());
  expect(chain.getDerivedBatch(derived)).to.equal(undefined);
  if (derived > 0) {
    expect(chain.getDerivedBatch(derived - 1)!.lastBlock).to.equal(heads.safe);
    expect(chain.getDerivedBatch(derived - 1)!.lastBlockHash).to.equal(chain.getBlockHash(heads.safe));
  }
  for (let index = 0; index < inbox.batchCount(); index++) {
    expect(inbox.getBatch(index)!.index).to.equal(index);
    expect(inbox.getBatchOrigin(index)!.block.number).to.be.at.most(inbox.getSyncedBlock()!.number);
  }
  expect(inbox.getBatch(inbox.batchCount())).to.equal(undefined);
  for (let index = 0; index < inbox.messageCount(); index++) {
    expect(inbox.findMessageByHash(inbox.getMessage(index)!.hash)!.index).to.equal(index);
  }
  expect(inbox.getMessage(inbox.messageCount())).to.equal(undefined);
  expect(traces.batchCount()).to.be.at.most(derived);
  let units = 0;
  for (let batch = 0; batch < traces.batchCount(); batch++) {
    const { firstUnit, unitCount, checksum } = traces.getBatch(batch)!;
    expect(firstUnit).to.equal(units);
    expect(keccak256(traces.readUnits(firstUnit, unitCount))).to.equal(checksum);
    units += unitCount;
  }
  expect(traces.unitCount()).to.equal(units);
  expect(traces.getBatch(traces.batchCount())).to.equal(undefined);
}
