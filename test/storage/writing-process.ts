// Writes to the database of the folder in its first argument until it is killed, reporting each step after it is done.
import { fileURLToPath } from "node:url";
import { hexToBytes } from "../../src/primitives/index.ts";
import {
  genesisBlock,
  batchEvent,
  hashOf,
  l1Block,
  makeBlock,
  messageEvent,
  openTestDatabase,
  unitHashes,
} from "./fixtures.ts";

async function run(folder: string): Promise<void> {
  const database = await openTestDatabase(folder);
  const { chain, inbox, traces } = database;
  const records = database.records("test");
  let step = records.get<number>("step") ?? 0;

  const append = async () => {
    const parent = chain.getBlock(0) === undefined ? undefined : chain.getBlock(chain.getHeads().latest);
    const block = parent === undefined ? genesisBlock() : makeBlock(parent, { tag: `${step}`, signed: [[], []] });
    const stateRoot = hexToBytes(block.header.stateRoot);
    await chain.state.putMany([[stateRoot, stateRoot]]);
    await chain.appendBlock(block);
  };

  if (chain.getBlock(0) === undefined) await append();
  for (;;) {
    const l1Number = (inbox.getSyncedBlock()?.number ?? 0) + 1;
    const heads = chain.getHeads();
    const derived = chain.derivedBatchCount();
    if (step % 29 === 28) await inbox.rewindTo(l1Block(Math.max(1, l1Number - 5)));
    else if (step % 23 === 22) await chain.rewindTo(Math.max(0, heads.latest - 4));
    else if (step % 3 === 2) {
      await inbox.append(
        [
          messageEvent(inbox.messageCount(), l1Block(l1Number)),
          // Three batches of each payload.
          batchEvent(inbox.batchCount(), l1Block(l1Number), 0, Uint8Array.of(1, (inbox.batchCount() / 3) & 255)),
        ],
        l1Block(l1Number),
      );
    } else if (step % 3 === 1 && derived < inbox.batchCount()) {
      const last = chain.getSummary(heads.latest);
      if (last === undefined) throw new Error("no latest block");
      await chain.putDerivedBatch({
        batch: derived,
        lastBlock: heads.latest,
        lastBlockHash: last.hash,
        nextMessage: 0,
        outboxRoot: hashOf("outbox"),
      });
      if (step % 2 === 0) await chain.setFinalized(heads.latest);
    } else if (step % 4 === 3 && traces.batchCount() < derived) {
      const batch = traces.batchCount();
      await traces.appendBatches([{ batch, hashes: unitHashes(batch, 300 + (batch % 7)) }], inbox.rewindCount());
    } else await append();
    step++;
    await records.put("step", step);
    process.send?.(step);
  }
}

// The test runner loads every file under test/; only a process of its own runs this one.
if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.argv[2] ?? "");
