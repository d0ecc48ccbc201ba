import { bytesToHex } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { ChainTables } from "./chain-store.ts";
import { surplusCheckpoints } from "./checkpoints.ts";
import { batchCodec, inboxProgressCodec, messageCodec } from "./codec.ts";
import type { InboxProgress, Origin } from "./codec.ts";
import { hashKey, numberKey, numberOfKey, textKey } from "./environment.ts";
import type { Environment } from "./environment.ts";
import type { InboxStore, L1BlockReference } from "./types.ts";

const PROGRESS_KEY = textKey("inbox");

/** The Inbox's tables. */
export function createInboxStore(
  environment: Environment,
  chain: Pick<ChainTables, "prepareRewindDerived">,
): InboxStore {
  const meta = environment.table("meta");
  const messages = environment.table("messages");
  const messageIndices = environment.table("message-indices");
  const batches = environment.table("batches");
  const payloads = environment.table("payloads");
  const checkpoints = environment.table("checkpoints");

  const progress = (): InboxProgress => {
    const record = meta.get(PROGRESS_KEY);
    return record === undefined
      ? { synced: undefined, messageCount: 0, batchCount: 0, rewindCount: 0 }
      : inboxProgressCodec.decode(record);
  };
  const putProgress = (value: InboxProgress) => meta.put(PROGRESS_KEY, inboxProgressCodec.encode(value));
  const readMessage = (index: number) => {
    const record = isIndex(index) ? messages.get(numberKey(index)) : undefined;
    return record === undefined ? undefined : messageCodec.decode(record);
  };
  const readBatch = (index: number) => {
    const record = isIndex(index) ? batches.get(numberKey(index)) : undefined;
    return record === undefined ? undefined : batchCodec.decode(record);
  };
  const putCheckpoint = (block: L1BlockReference) => checkpoints.put(numberKey(block.number), hashKey(block.hash));

  return {
    getSyncedBlock: () => progress().synced,
    rewindCount: () => progress().rewindCount,
    messageCount: () => progress().messageCount,
    batchCount: () => progress().batchCount,
    getMessage: (index) => readMessage(index)?.message,
    getMessageOrigin: (index) => readMessage(index)?.origin,
    getBatchOrigin: (index) => readBatch(index)?.origin,
    getBatch(index) {
      const found = readBatch(index);
      if (found === undefined) return undefined;
      const payload = payloads.get(numberKey(index));
      if (payload === undefined) throw new Error(`corrupt database: the payload of batch ${index} is missing`);
      return { ...found.batch, payload: new Uint8Array(payload.buffer, payload.byteOffset, payload.length) };
    },
    findMessageByHash(hash: Hash) {
      const key = messageIndices.get(hashKey(hash));
      return key === undefined ? undefined : readMessage(numberOfKey(key))?.message;
    },
    getCheckpoints: () =>
      [...checkpoints.getRange({ reverse: true })].map(({ key, value }) => ({
        number: numberOfKey(key),
        hash: bytesToHex(value),
      })),

    append: (events, synced) =>
      environment.exclusive("append Inbox events", async () => {
        const before = progress();
        let { messageCount, batchCount } = before;
        let lastBlock = before.synced?.number ?? -1;
        if (synced.number <= lastBlock) {
          throw new Error(`expected L1 blocks after the synced block ${lastBlock}, got ${synced.number}`);
        }
        lastBlock++;
        for (const event of events) {
          const { number } = event.block;
          if (number < lastBlock || number > synced.number) {
            throw new Error(
              `expected an event of L1 blocks ${lastBlock} to ${synced.number}, got one of block ${number}`,
            );
          }
          lastBlock = number;
          const expected = event.kind === "message" ? messageCount++ : batchCount++;
          const actual = event.kind === "message" ? event.message.index : event.batch.index;
          if (actual !== expected) throw new Error(`expected ${event.kind} ${expected} of the Inbox, got ${actual}`);
        }
        const known = [...checkpoints.getKeys()].map(numberOfKey);
        const added = new Map([...events.map(({ block }) => block), synced].map((block) => [block.number, block]));
        const surplus = new Set(surplusCheckpoints([...known, ...added.keys()], synced.number));
        await environment.commit(() => {
          for (const event of events) {
            const origin: Origin = { block: event.block, transactionHash: event.transactionHash };
            if (event.kind === "message") {
              messages.put(numberKey(event.message.index), messageCodec.encode({ message: event.message, origin }));
              messageIndices.put(hashKey(event.message.hash), numberKey(event.message.index));
            } else {
              batches.put(numberKey(event.batch.index), batchCodec.encode({ batch: event.batch, origin }));
              payloads.put(numberKey(event.batch.index), event.batch.payload);
            }
          }
          for (const block of added.values()) if (!surplus.has(block.number)) putCheckpoint(block);
          for (const number of surplus) if (!added.has(number)) checkpoints.remove(numberKey(number));
          putProgress({ ...before, synced, messageCount, batchCount });
        });
      }),

    rewindTo: (block) =>
      environment.exclusive("rewind Inbox", async () => {
        const before = progress();
        const limit = block?.number ?? -1;
        if (before.synced === undefined || limit > before.synced.number) {
          throw new Error(
            `expected an L1 block up to the synced block ${before.synced?.number ?? "(none)"}, got ${limit}`,
          );
        }
        let { messageCount, batchCount } = before;
        const removedHashes: Hash[] = [];
        for (;;) {
          const last = readMessage(messageCount - 1);
          if (last === undefined || last.origin.block.number <= limit) break;
          removedHashes.push(last.message.hash);
          messageCount--;
        }
        for (;;) {
          const last = readBatch(batchCount - 1);
          if (last === undefined || last.origin.block.number <= limit) break;
          batchCount--;
        }
        const removedCheckpoints = [...checkpoints.getKeys({ start: numberKey(limit + 1) })];
        const rewindDerived = chain.prepareRewindDerived(batchCount);
        await environment.commit(() => {
          for (let index = messageCount; index < before.messageCount; index++) messages.remove(numberKey(index));
          for (const hash of removedHashes) messageIndices.remove(hashKey(hash));
          for (let index = batchCount; index < before.batchCount; index++) {
            batches.remove(numberKey(index));
            payloads.remove(numberKey(index));
          }
          for (const key of removedCheckpoints) checkpoints.remove(key);
          if (block !== undefined) putCheckpoint(block);
          rewindDerived();
          putProgress({ synced: block, messageCount, batchCount, rewindCount: before.rewindCount + 1 });
        });
        return { batchCount, messageCount };
      }),
  };
}

function isIndex(index: number): boolean {
  return Number.isSafeInteger(index) && index >= 0;
}
