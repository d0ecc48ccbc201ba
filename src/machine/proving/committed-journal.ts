import { logsBloom } from "../../ethereum/index.ts";
import type { Log } from "../../ethereum/index.ts";
import { DIGEST_WORDS, concatBytes, hashBytes, hexToBytes } from "../../primitives/index.ts";
import type { Digest } from "../../primitives/index.ts";
import type { JournalMark, Overlay, OverlayItem } from "../overlay.ts";
import {
  FIELDS,
  encodeEntry,
  encodeKeyLink,
  extendKeyChain,
  extendLogsHash,
  newEncoding,
  overlayKey,
} from "./encoding.ts";
import type { Encoding } from "./encoding.ts";
import { overlayRoot, setOverlay } from "./overlay-tree.ts";
import type { OverlayTree } from "./overlay-tree.ts";
import { bytesOf, putDigest, putNumber } from "./words.ts";

/** The Journal of one moment. Never changed, so that a mark can hold it: each function gives the one that comes of it. */
export interface CommittedJournal {
  readonly overlay: OverlayTree;
  readonly keys: KeyLink | undefined;
  readonly keyCount: number;
  readonly logsHash: Digest;
  readonly logCount: number;
  /** 256 bytes; has the log that is being made already, when its data is hashed in steps of its own. */
  readonly bloom: Uint8Array;
  readonly bloomHash: Digest;
  readonly refund: number;
}

/** A key of the chain over all keys of the overlay, in the order of their insertion. */
interface KeyLink {
  readonly previous: KeyLink | undefined;
  readonly item: Pick<OverlayItem, "kind" | "address" | "slot">;
  readonly digest: Digest;
}

/** Keys of overlay items, found by identity: the overlay keeps an item as long as its key is there. */
export type OverlayKeys = WeakMap<OverlayItem, Digest>;

const ZERO: Digest = new Int32Array(DIGEST_WORDS);
const EMPTY_BLOOM = new Uint8Array(256);

/** Between transactions. */
export const EMPTY_JOURNAL: CommittedJournal = {
  overlay: undefined,
  keys: undefined,
  keyCount: 0,
  logsHash: ZERO,
  logCount: 0,
  bloom: EMPTY_BLOOM,
  bloomHash: hashBytes(EMPTY_BLOOM),
  refund: 0,
};

/** With the overlay as it is now; takes what the overlay says was modified. */
export function withOverlay(journal: CommittedJournal, overlay: Overlay, known: OverlayKeys): CommittedJournal {
  const modified = overlay.takeModified();
  if (modified.length === 0 && overlay.keys.length === journal.keyCount) return journal;
  let tree = journal.overlay;
  for (const item of modified) tree = setOverlay(tree, keyOf(item, known), encodeEntry(item));
  return { ...journal, overlay: tree, keys: keysOf(journal, overlay.keys), keyCount: overlay.keys.length };
}

/** With an empty overlay, all whose keys were taken off. */
export function withoutOverlay(journal: CommittedJournal): CommittedJournal {
  return { ...journal, overlay: undefined, keys: undefined, keyCount: 0 };
}

function keyOf(item: OverlayItem, known: OverlayKeys): Digest {
  let key = known.get(item);
  if (key === undefined) known.set(item, (key = overlayKey(item.kind, item.address, item.slot)));
  return key;
}

/** Of keys that `Flush` takes from the end of the list, or that were added there. */
function keysOf({ keys, keyCount }: CommittedJournal, items: readonly OverlayItem[]): KeyLink | undefined {
  let link = keys;
  for (let count = keyCount; count > items.length; count--) link = link?.previous;
  for (let index = keyCount; index < items.length; index++) {
    const { kind, address, slot } = items[index] as OverlayItem;
    const item = { kind, address, slot };
    link = { previous: link, item, digest: extendKeyChain(link?.digest ?? ZERO, item) };
  }
  return link;
}

/** With the logs of the transaction so far. */
export function withLogs(journal: CommittedJournal, logs: readonly Log[]): CommittedJournal {
  if (logs.length === journal.logCount) return journal;
  let { logsHash } = journal;
  const added = logs.slice(journal.logCount);
  for (const { address, topics, data } of added) {
    logsHash = extendLogsHash(logsHash, address, concatBytes(topics.map(hexToBytes)), data);
  }
  return withBloomOf({ ...journal, logsHash, logCount: logs.length }, added);
}

/** With these logs in the bloom. */
export function withBloomOf(
  journal: CommittedJournal,
  logs: readonly Pick<Log, "address" | "topics">[],
): CommittedJournal {
  const added = logsBloom(logs);
  const bloom = journal.bloom.map((byte, index) => byte | (added[index] as number));
  return { ...journal, bloom, bloomHash: hashBytes(bloom) };
}

export function withRefund(journal: CommittedJournal, refund: number): CommittedJournal {
  return journal.refund === refund ? journal : { ...journal, refund };
}

/** What a prover's recorder gave for a mark. */
export function journalOf(mark: JournalMark): CommittedJournal {
  return mark.committed as CommittedJournal;
}

/** The last key's KeyLink, which `Flush` opens; nothing if there is none. */
export function encodeLastKey({ keys }: CommittedJournal): Uint8Array {
  return keys === undefined ? new Uint8Array() : bytesOf(encodeKeyLink(keys.previous?.digest ?? ZERO, keys.item));
}

export function encodeJournal(journal: CommittedJournal): Encoding {
  const encoding = newEncoding(FIELDS.journal);
  putJournal(encoding, 0, journal);
  return encoding;
}

/** Five words. */
export function putJournal(target: Encoding, at: number, journal: CommittedJournal): void {
  putDigest(target, at, overlayRoot(journal.overlay));
  putDigest(target, at + DIGEST_WORDS, journal.keys?.digest ?? ZERO);
  putDigest(target, at + 2 * DIGEST_WORDS, journal.logsHash);
  putDigest(target, at + 3 * DIGEST_WORDS, journal.bloomHash);
  putNumber(target, at + 4 * DIGEST_WORDS, journal.refund);
}
