import { bytesToHex } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { ChainTables } from "./chain-store.ts";
import { surplusCheckpoints } from "./checkpoints.ts";
import { batchCodec, inboxProgressCodec, messageCodec } from "./codec.ts";
import type { InboxProgress, Origin } from "./codec.ts";
import { hashKey, numberKey, numberOfKey, textKey } from "./environment.ts";
import type { Environment } from "./environment.ts";
import type { InboxEvent, InboxStore, L1BlockReference, PayloadIdentity } from "./types.ts";

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
  // By what tells them apart, as any number of batches may have the same payload.
  const payloads = environment.table("payloads");
  // The first batch of each payload. As batches come and go at the end of their list only, the payload goes with it.
  const payloadBatches = environment.table("payload-batches");
  const highBytesTable = environment.table("payload-high-bytes");
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
  const readPayload = (identity: PayloadIdentity): Uint8Array | undefined => {
    const payload = payloads.get(payloadKey(identity));
    return payload === undefined ? undefined : new Uint8Array(payload.buffer, payload.byteOffset, payload.length);
  };
  /** The payloads of events that are not stored yet. Throws if one is not there. */
  const readNewPayloads = (events: readonly InboxEvent[]): Iterable<NewPayload> => {
    const found = new Map<string, NewPayload>();
    for (const event of events) {
      if (event.kind !== "batch") continue;
      const { index, dataHash, payload, highBytes } = event.batch;
      const key = payloadKey(event.batch);
      const name = key.toString("hex");
      if (found.has(name) || payloadBatches.get(key) !== undefined) continue;
      if (payload === undefined) throw new Error(`expected batch ${index} with its payload ${dataHash}, which is new`);
      found.set(name, { key, payload, highBytes, firstBatch: index });
    }
    return found.values();
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
      const batch = readBatch(index)?.batch;
      if (batch === undefined) return undefined;
      const payload = readPayload(batch);
      if (payload === undefined) throw new Error(`corrupt database: the payload of batch ${index} is missing`);
      return { ...batch, payload };
    },
    getBatchRecord: (index) => readBatch(index)?.batch,
    getPayload: readPayload,
    getHighBytes: (identity) => highBytesTable.get(payloadKey(identity)),
    hasPayload: (identity) => payloadBatches.get(payloadKey(identity)) !== undefined,
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
        const newPayloads = readNewPayloads(events);
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
            }
          }
          for (const { key, payload, highBytes, firstBatch } of newPayloads) {
            payloads.put(key, payload);
            if (highBytes !== undefined) highBytesTable.put(key, highBytes);
            payloadBatches.put(key, numberKey(firstBatch));
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
        const removedPayloads: Buffer[] = [];
        for (;;) {
          const last = readBatch(batchCount - 1);
          if (last === undefined || last.origin.block.number <= limit) break;
          batchCount--;
          const key = payloadKey(last.batch);
          const firstBatch = payloadBatches.get(key);
          if (firstBatch !== undefined && numberOfKey(firstBatch) === batchCount) removedPayloads.push(key);
        }
        const removedCheckpoints = [...checkpoints.getKeys({ start: numberKey(limit + 1) })];
        const rewindDerived = chain.prepareRewindDerived(batchCount);
        await environment.commit(() => {
          for (let index = messageCount; index < before.messageCount; index++) messages.remove(numberKey(index));
          for (const hash of removedHashes) messageIndices.remove(hashKey(hash));
          for (let index = batchCount; index < before.batchCount; index++) batches.remove(numberKey(index));
          for (const key of removedPayloads) {
            payloads.remove(key);
            highBytesTable.remove(key);
            payloadBatches.remove(key);
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

interface NewPayload {
  readonly key: Buffer;
  readonly payload: Uint8Array;
  readonly highBytes: Uint8Array | undefined;
  /** The first batch that has it. */
  readonly firstBatch: number;
}

/**
 * Key of a payload. Without the kind, a calldata payload made of the versioned hashes of blobs would have that of the blobs.
 */
function payloadKey({ kind, dataHash }: PayloadIdentity): Buffer {
  return Buffer.concat([Uint8Array.of(kind === "calldata" ? 0 : 1), hashKey(dataHash)]);
}

function isIndex(index: number): boolean {
  return Number.isSafeInteger(index) && index >= 0;
}
