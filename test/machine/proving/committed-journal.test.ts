import { expect } from "chai";
import { logsBloom } from "../../../src/ethereum/index.ts";
import type { Log } from "../../../src/ethereum/index.ts";
import { Overlay } from "../../../src/machine/overlay.ts";
import {
  EMPTY_JOURNAL,
  encodeJournal,
  encodeLastKey,
  withBloomOf,
  withLogs,
  withOverlay,
  withRefund,
} from "../../../src/machine/proving/committed-journal.ts";
import type { CommittedJournal, OverlayKeys } from "../../../src/machine/proving/committed-journal.ts";
import { encodeEntry, overlayKey } from "../../../src/machine/proving/encoding.ts";
import { overlayRoot, setOverlay } from "../../../src/machine/proving/overlay-tree.ts";
import { bytesOf } from "../../../src/machine/proving/words.ts";
import { ZERO_HASH, bytesToHex, digestToBytes, keccak256 } from "../../../src/primitives/index.ts";
import type { Address, Hash } from "../../../src/primitives/index.ts";
import { logsHash } from "../../../src/rollup/index.ts";
import { wordsOf } from "./check-witness.ts";

const ALICE: Address = `0x${"a1".repeat(20)}`;
const BOB: Address = `0x${"b0".repeat(20)}`;
const SLOT: Hash = `0x${"05".repeat(32)}`;

const emptyOverlay = () =>
  new Overlay({ getAccount: () => undefined, getSlot: () => new Uint8Array(), getCode: () => new Uint8Array() });

const FIELDS = ["overlayRoot", "keyChain", "logsHash", "bloomHash", "refund"] as const;

/** The committed fields by name. */
function fieldsOf(journal: CommittedJournal): Record<(typeof FIELDS)[number], Hash> {
  const words = wordsOf(bytesOf(encodeJournal(journal)));
  return Object.fromEntries(FIELDS.map((name, index) => [name, words[index]])) as Record<(typeof FIELDS)[number], Hash>;
}

/** From scratch. */
function overlayRootOf(overlay: Overlay): Hash {
  const tree = overlay.keys.reduce<CommittedJournal["overlay"]>(
    (below, item) => setOverlay(below, overlayKey(item.kind, item.address, item.slot), encodeEntry(item)),
    undefined,
  );
  return bytesToHex(digestToBytes(overlayRoot(tree)));
}

const log = (address: Address, byte: number): Log => ({
  address,
  topics: [`0x${byte.toString(16).padStart(64, "0")}`],
  data: Uint8Array.of(byte),
});

describe("Committed journal", () => {
  it("is zeros and an empty bloom at first", () => {
    const bloomHash = keccak256(new Uint8Array(256));
    const [overlay, keyChain, logs, refund] = [ZERO_HASH, ZERO_HASH, ZERO_HASH, ZERO_HASH];
    expect(fieldsOf(EMPTY_JOURNAL)).to.eql({ overlayRoot: overlay, keyChain, logsHash: logs, bloomHash, refund });
    expect(encodeLastKey(EMPTY_JOURNAL)).to.have.length(0);
  });

  it("is the same one if nothing has changed", () => {
    const overlay = emptyOverlay();
    overlay.loadAccount(ALICE);
    const journal = withRefund(withLogs(withOverlay(EMPTY_JOURNAL, overlay, new WeakMap()), [log(ALICE, 1)]), 7);
    expect(withOverlay(journal, overlay, new WeakMap())).to.equal(journal);
    expect(withLogs(journal, [log(ALICE, 1)])).to.equal(journal);
    expect(withRefund(journal, 7)).to.equal(journal);
  });

  it("follows entries that are inserted, written and reverted", () => {
    const overlay = emptyOverlay();
    const known: OverlayKeys = new WeakMap();
    overlay.loadAccount(ALICE);
    const loaded = withOverlay(EMPTY_JOURNAL, overlay, known);
    expect(fieldsOf(loaded).overlayRoot).to.equal(overlayRootOf(overlay));

    const mark = overlay.mark();
    const entry = overlay.account(ALICE);
    if (entry === undefined) throw new Error("expected the account in the overlay");
    overlay.writeAccount(ALICE, { ...entry, balance: 9n });
    overlay.loadSlot(ALICE, SLOT);
    const written = withOverlay(loaded, overlay, known);
    expect(fieldsOf(written).overlayRoot).to.equal(overlayRootOf(overlay));
    expect(fieldsOf(written).overlayRoot).to.not.equal(fieldsOf(loaded).overlayRoot);

    overlay.revert(mark);
    expect(fieldsOf(withOverlay(loaded, overlay, known))).to.eql(fieldsOf(loaded));
  });

  it("has a chain over the keys, whose last is opened, and which goes back as they are taken off", () => {
    const overlay = emptyOverlay();
    const known: OverlayKeys = new WeakMap();
    overlay.loadAccount(ALICE);
    const one = withOverlay(EMPTY_JOURNAL, overlay, known);
    overlay.loadAccount(BOB);
    overlay.loadSlot(BOB, SLOT);
    const three = withOverlay(one, overlay, known);
    expect(wordsOf(encodeLastKey(three)).slice(1)).to.eql([
      `0x${"1".padStart(64, "0")}`,
      `0x${"00".repeat(12)}${BOB.slice(2)}`,
      SLOT,
    ]);
    expect(keccak256(encodeLastKey(three))).to.equal(fieldsOf(three).keyChain);

    const root = fieldsOf(three).overlayRoot;
    for (const taken of [BOB, BOB]) expect(overlay.takeKey()?.address).to.equal(taken);
    const flushed = withOverlay(three, overlay, known);
    expect(fieldsOf(flushed).keyChain).to.equal(fieldsOf(one).keyChain);
    expect(fieldsOf(flushed).overlayRoot).to.equal(root);
    expect(wordsOf(encodeLastKey(flushed))[0]).to.equal(ZERO_HASH);
  });

  it("has hash and bloom of the logs, however many came since", () => {
    const logs = [log(ALICE, 1), log(BOB, 2), log(ALICE, 3)];
    const atOnce = withLogs(EMPTY_JOURNAL, logs);
    const oneByOne = logs.reduce((journal, _, index) => withLogs(journal, logs.slice(0, index + 1)), EMPTY_JOURNAL);
    for (const journal of [atOnce, oneByOne]) {
      expect(fieldsOf(journal).logsHash).to.equal(logsHash(logs));
      expect(fieldsOf(journal).bloomHash).to.equal(keccak256(logsBloom(logs)));
      expect(journal.bloom).to.eql(logsBloom(logs));
    }
  });

  it("has a log that is being made in the bloom and not in the hash", () => {
    const journal = withLogs(EMPTY_JOURNAL, [log(ALICE, 1)]);
    const begun = withBloomOf(journal, [log(BOB, 2)]);
    expect(fieldsOf(begun).bloomHash).to.equal(keccak256(logsBloom([log(ALICE, 1), log(BOB, 2)])));
    expect(fieldsOf(begun).logsHash).to.equal(fieldsOf(journal).logsHash);
    const ended = withLogs(begun, [log(ALICE, 1), log(BOB, 2)]);
    expect(fieldsOf(ended).bloomHash).to.equal(fieldsOf(begun).bloomHash);
  });

  it("stays as a mark holds it", () => {
    const overlay = emptyOverlay();
    overlay.loadAccount(ALICE);
    const marked = withOverlay(EMPTY_JOURNAL, overlay, new WeakMap());
    const before = fieldsOf(marked);
    overlay.loadAccount(BOB);
    withRefund(withLogs(withOverlay(marked, overlay, new WeakMap()), [log(ALICE, 1)]), 3);
    expect(fieldsOf(marked)).to.eql(before);
    expect(EMPTY_JOURNAL.bloom).to.eql(new Uint8Array(256));
  });
});
