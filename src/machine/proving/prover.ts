import { EMPTY_TRIE_ROOT, logsBloom } from "../../ethereum/index.ts";
import {
  DIGEST_WORDS,
  bytesToHex,
  concatBytes,
  digestFromBytes,
  digestToBytes,
  hashBytes,
  hashPairInto,
  hasherOf,
  hexToBytes,
  zeroSubtree,
} from "../../primitives/index.ts";
import type { Address, AppendOnlyMerkleTree, Digest, Hash } from "../../primitives/index.ts";
import { jumpBitmap } from "../code.ts";
import type { Code } from "../code.ts";
import type { Recorder } from "../commitments.ts";
import { start, step } from "../driver.ts";
import type { Frame, FrameContext, Machine, Pending } from "../machine.ts";
import { takeDirty } from "../memory.ts";
import { OPCODES } from "../opcodes.ts";
import type { JournalMark, OverlayItem } from "../overlay.ts";
import { Phase, isBoundary } from "../phase.ts";
import type { Slice } from "../slice.ts";
import { EMPTY_BUFFER, bufferFrom, bufferOf, openRegion, writeBuffer } from "./buffer-tree.ts";
import type { Region } from "./buffer-tree.ts";
import {
  FIELDS,
  encodeBlockContext,
  encodeEntry,
  encodeKeyLink,
  encodePending,
  encodeTransactionContext,
  extendLogsHash,
  hashEncoding,
  newEncoding,
  overlayKey,
  putSlice,
} from "./encoding.ts";
import type { Encoding } from "./encoding.ts";
import { Opens, opensOf } from "./openings.ts";
import { getOverlay, openOverlay, overlayRoot, setOverlay } from "./overlay-tree.ts";
import type { OverlayOpening, OverlayTree } from "./overlay-tree.ts";
import type { StateTries, TrieNodes } from "./state-tries.ts";
import type { Witness } from "./witness.ts";
import { bytesOf, putAddress, putBigint, putDigest, putFlag, putHash, putItem, putNumber } from "./words.ts";

/** A step with what proves it: `OneStepProver.start` or `.step`, called with `before` and `witness`, gives `after`. */
export interface ProvenStep {
  readonly kind: "start" | "step";
  readonly before: Hash;
  readonly witness: Witness;
  readonly after: Hash;
}

/** A machine in proving mode together with its commitment, which follows it step by step. */
export interface Prover {
  readonly machine: Machine;
  /** H(Machine). */
  stateHash(): Hash;
  /** Writes the state hash to 32-bit word `at` of `target`. */
  copyStateHash(target: Int32Array, at: number): void;
  /** Root of the state trie as it is committed. */
  stateRoot(): Hash;
  /** Whether the unit has begun and come to its end: more steps change nothing. */
  isDone(): boolean;
  /** Takes the next step: `start` first, then `step`. */
  step(): void;
  /** The same, and what proves it. */
  prove(): ProvenStep;
}

export interface ProverOptions {
  /** In a boundary state, proving, and without a recorder. It must not be stepped but by the prover from then on. */
  readonly machine: Machine;
  readonly tries: StateTries;
  /** Root of the state trie before the unit; that of the machine's source. */
  readonly stateRoot: Hash;
}

/** A key of the chain over all keys of the overlay. */
interface KeyLink {
  readonly previous: KeyLink | undefined;
  readonly item: Pick<OverlayItem, "kind" | "address" | "slot">;
  readonly digest: Digest;
}

/** The Journal of one moment; never changed. */
interface CommittedJournal {
  readonly overlay: OverlayTree;
  readonly keys: KeyLink | undefined;
  readonly keyCount: number;
  readonly logsHash: Digest;
  readonly logCount: number;
  readonly bloom: Uint8Array;
  readonly bloomHash: Digest;
  readonly refund: number;
}

/** What is committed of a frame; one for each depth, used again for later frames there. */
interface CommittedFrame {
  frame: Frame | undefined;
  context: Encoding;
  readonly encoding: Encoding;
  digest: Digest;
  /** The stack's hash chain by height, 8 words each; right up to `knownHeight`. */
  readonly chain: Int32Array;
  knownHeight: number;
  code: Code | undefined;
  hasEntered: boolean;
  returndata: Slice | undefined;
}

/** What the step being taken opens, in order. */
interface Recording {
  readonly regions: Region[];
  readonly overlay: OverlayOpening[];
  readonly tries: TrieNodes[];
  code: Uint8Array;
}

const STACK_LIMIT = 1024;
const NO_FRAME = { encoding: newEncoding(0), context: newEncoding(0) } as const;
const ZERO: Digest = new Int32Array(DIGEST_WORDS);
const NO_BYTES = new Uint8Array();
const CREATION_KINDS: readonly number[] = [0xf0, 0xf5];

// Positions of fields, in 32-bit words.
const MACHINE = fieldsAt(["phase", "chain", "blockContext", "stateRoot", "transaction", "frame", "pending", "journal"]);
const JOURNAL = fieldsAt(["overlayRoot", "keyChain", "logsHash", "bloomHash", "refund"]);
const FRAME = {
  context: 0,
  code: 8,
  jumps: 32,
  pc: 40,
  gas: 48,
  stack: 56,
  stackSize: 64,
  memoryRoot: 72,
  memoryWords: 80,
  returndata: 88,
} as const;

function fieldsAt<const Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, index) => [name, index * DIGEST_WORDS])) as Record<Name, number>;
}

const EMPTY_BLOOM = new Uint8Array(256);
const EMPTY_JOURNAL: CommittedJournal = {
  overlay: undefined,
  keys: undefined,
  keyCount: 0,
  logsHash: ZERO,
  logCount: 0,
  bloom: EMPTY_BLOOM,
  bloomHash: hashBytes(EMPTY_BLOOM),
  refund: 0,
};

/** Attaches itself to the machine as its recorder. Throws if the machine is not at the begin of a unit or not proving. */
export function createProver({ machine, tries, stateRoot: stateRootBefore }: ProverOptions): Prover {
  if (!machine.isProving || !isBoundary(machine.phase)) {
    throw new Error(`expected a proving machine in a boundary state, got one in phase ${machine.phase}`);
  }
  const { block } = machine;
  if (block.raw.tree === undefined) block.raw = { ...block.raw, tree: bufferFrom(block.raw.bytes), offset: 0 };

  let hasBegun = false;
  let stateRoot = hexToBytes(stateRootBefore);
  let journal = EMPTY_JOURNAL;
  let pending: Pending | undefined;
  let pendingEncoding: Encoding = newEncoding(0);
  let blockEncoding = encodeBlockContext(machine.environment, block);
  let transactionEncoding = newEncoding(0);
  let recording: Recording | undefined;
  const frames: CommittedFrame[] = [];
  // Found by identity: the overlay keeps an item as long as its key is there.
  const keys = new WeakMap<OverlayItem, Digest>();
  const encoding = newEncoding(FIELDS.machine);
  const digest: Digest = new Int32Array(DIGEST_WORDS);

  // ── Journal ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  const keyOf = (item: OverlayItem): Digest => {
    let key = keys.get(item);
    if (key === undefined) keys.set(item, (key = overlayKey(item.kind, item.address, item.slot)));
    return key;
  };

  /** Brings the committed journal's overlay up to the machine's. */
  const followOverlay = () => {
    const { overlay } = machine;
    const modified = overlay.takeModified();
    if (modified.length === 0 && overlay.keys.length === journal.keyCount) return;
    let tree = journal.overlay;
    for (const item of modified) tree = setOverlay(tree, keyOf(item), encodeEntry(item));
    let link = journal.keys;
    for (let count = journal.keyCount; count > overlay.keys.length; count--) link = link?.previous;
    for (let index = journal.keyCount; index < overlay.keys.length; index++) {
      const { kind, address, slot } = overlay.keys[index] as OverlayItem;
      const item = { kind, address, slot };
      link = { previous: link, item, digest: hashEncoding(encodeKeyLink(link?.digest ?? ZERO, item)) };
    }
    journal = { ...journal, overlay: tree, keys: link, keyCount: overlay.keys.length };
  };

  const followLogs = () => {
    let { logsHash } = journal;
    const { logs } = machine;
    const added = logs.slice(journal.logCount);
    for (const { address, topics, data } of added) {
      logsHash = extendLogsHash(logsHash, address, concatBytes(topics.map(hexToBytes)), data);
    }
    addToBloom(added);
    journal = { ...journal, logsHash, logCount: logs.length };
  };

  const addToBloom = (logs: Parameters<typeof logsBloom>[0]) => {
    const added = logsBloom(logs);
    const bloom = journal.bloom.map((byte, index) => byte | (added[index] as number));
    journal = { ...journal, bloom, bloomHash: hashBytes(bloom) };
  };

  const followRefund = () => {
    if (journal.refund !== machine.refund) journal = { ...journal, refund: machine.refund };
  };

  // ── Frames ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  const committedFrame = (frame: Frame): CommittedFrame => {
    const { depth } = frame.context;
    let committed = frames[depth];
    if (committed === undefined) {
      committed = {
        frame: undefined,
        context: newEncoding(0),
        encoding: newEncoding(FIELDS.frame),
        digest: ZERO,
        chain: new Int32Array((STACK_LIMIT + 1) * DIGEST_WORDS),
        knownHeight: 0,
        code: undefined,
        hasEntered: false,
        returndata: undefined,
      };
      frames[depth] = committed;
    }
    if (committed.frame === frame) return committed;
    committed.frame = frame;
    committed.context = encodeFrameContext(frame.context);
    putDigest(committed.encoding, FRAME.context, hashEncoding(committed.context));
    committed.knownHeight = 0;
    committed.code = undefined;
    committed.hasEntered = false;
    committed.returndata = undefined;
    return committed;
  };

  /** The caller is committed to by then as it is suspended. */
  const encodeFrameContext = (context: FrameContext): Encoding => {
    const target = newEncoding(FIELDS.frameContext);
    const at = (field: number) => field * DIGEST_WORDS;
    if (context.depth > 0) putDigest(target, at(0), (frames[context.depth - 1] as CommittedFrame).digest);
    putDigest(target, at(1), hashEncoding(encodeJournal(journalOf(context.savedJournal))));
    putNumber(target, at(2), context.kind);
    putFlag(target, at(3), context.isStatic);
    putNumber(target, at(4), context.depth);
    putAddress(target, at(5), context.self);
    putAddress(target, at(6), context.caller);
    putBigint(target, at(7), context.value);
    putAddress(target, at(8), context.codeAddress);
    putFlag(target, at(9), context.isDelegated);
    putSlice(target, at(10), context.input);
    putNumber(target, at(13), context.outOffset);
    putNumber(target, at(14), context.outLength);
    return target;
  };

  /** `unchangedHeight`: items at the bottom of the stack that the step has not touched. */
  const followFrame = (frame: Frame, unchangedHeight: number, hasEntered: boolean) => {
    const committed = committedFrame(frame);
    const target = committed.encoding;
    if (hasEntered) committed.hasEntered = true;
    if (committed.code !== frame.code || hasEntered) followCode(frame, committed);
    putNumber(target, FRAME.pc, frame.pc);
    putNumber(target, FRAME.gas, frame.gas);
    followStack(frame, committed, unchangedHeight);
    const { memory } = frame;
    if (memory.dirtyTo !== 0) {
      const dirty = takeDirty(memory) as { first: number; count: number };
      const written = bufferOf(memory.tree);
      const bytes = memory.bytes;
      memory.tree = writeBuffer(written, bytes, dirty.first, dirty.first + dirty.count - 1);
    }
    putDigest(target, FRAME.memoryRoot, bufferOf(memory.tree).digest);
    putNumber(target, FRAME.memoryWords, memory.words);
    if (committed.returndata !== frame.returndata) {
      committed.returndata = frame.returndata;
      putSlice(target, FRAME.returndata, frame.returndata);
    }
    const hasher = hasherOf(target.byteLength);
    hasher.words.set(target);
    hasher.hash();
    // The digest itself is never changed: callees' contexts refer to it.
    committed.digest = hasher.digest.slice();
  };

  const followCode = (frame: Frame, committed: CommittedFrame) => {
    const { code, context } = frame;
    committed.code = code;
    // A code of the state has a buffer of its own; an initcode is in its creator's memory, whose buffer may be undefined: empty.
    if (!CREATION_KINDS.includes(context.kind)) code.tree ??= bufferFrom(code.bytes);
    putSlice(committed.encoding, FRAME.code, code);
    if (committed.hasEntered) code.jumpsTree ??= bufferFrom(jumpBitmap(code));
    putDigest(
      committed.encoding,
      FRAME.jumps,
      committed.hasEntered ? bufferOf(code.jumpsTree).digest : EMPTY_BUFFER.digest,
    );
  };

  const followStack = (frame: Frame, committed: CommittedFrame, unchangedHeight: number) => {
    const { stack, stackSize } = frame;
    const { chain } = committed;
    let height = Math.min(committed.knownHeight, unchangedHeight, stackSize);
    const item = itemWords;
    for (; height < stackSize; height++) {
      putItem(item, 0, stack, height * DIGEST_WORDS);
      hashPairInto(chain, height * DIGEST_WORDS, item, 0, chain, (height + 1) * DIGEST_WORDS);
    }
    committed.knownHeight = stackSize;
    const top = stackSize * DIGEST_WORDS;
    for (let word = 0; word < DIGEST_WORDS; word++) {
      committed.encoding[FRAME.stack + word] = chain[top + word] as number;
    }
    putNumber(committed.encoding, FRAME.stackSize, stackSize);
  };

  // ── Machine ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  const encodeMachine = () => {
    const { frame } = machine;
    putNumber(encoding, MACHINE.phase, machine.phase);
    putDigest(
      encoding,
      MACHINE.frame,
      frame === undefined ? ZERO : (frames[frame.context.depth] as CommittedFrame).digest,
    );
    putJournal(encoding, MACHINE.journal, journal);
    const hasher = hasherOf(encoding.byteLength);
    hasher.words.set(encoding);
    hasher.hash();
    putDigest(digest, 0, hasher.digest);
  };

  const followBlock = () => {
    blockEncoding = encodeBlockContext(machine.environment, block);
    putDigest(encoding, MACHINE.blockContext, hashEncoding(blockEncoding));
  };

  const followTransaction = () => {
    const { transaction } = machine;
    transactionEncoding = transaction === undefined ? newEncoding(0) : encodeTransactionContext(transaction);
    putDigest(encoding, MACHINE.transaction, transaction === undefined ? ZERO : hashEncoding(transactionEncoding));
  };

  const followPending = () => {
    if (machine.pending === pending) return;
    pending = machine.pending;
    pendingEncoding = pending === undefined ? newEncoding(0) : encodePending(pending);
    putDigest(encoding, MACHINE.pending, pending === undefined ? ZERO : hashEncoding(pendingEncoding));
  };

  const takeStep = () => {
    const { phase, frame } = machine;
    const opcode = frame === undefined ? 0 : opcodeOf(frame);
    const size = frame?.stackSize ?? 0;
    if (hasBegun) step(machine);
    else start(machine);
    hasBegun = true;

    if (isBoundary(machine.phase)) {
      journal = EMPTY_JOURNAL;
      followBlock();
    } else {
      followOverlay();
      if (machine.logs.length !== journal.logCount) followLogs();
      followRefund();
    }
    // A LOG whose data is hashed in steps of its own has address and topics in the bloom already.
    if (phase === Phase.Execute && machine.pending?.kind === "absorb" && machine.pending.log !== undefined) {
      addToBloom([machine.pending.log]);
    }
    if (changesTransaction(phase)) followTransaction();
    followFrames(phase, opcode, frame, size);
    followPending();
    encodeMachine();
  };

  /** Whether the TransactionContext may differ after a step of this phase. */
  const changesTransaction = (phase: Phase): boolean => {
    if (phase === Phase.ExitFrame) return machine.frame === undefined;
    const isBegin = phase >= Phase.CountTransaction && phase <= Phase.EnterTransaction;
    return isBoundary(phase) || isBegin || phase === Phase.Settle || phase === Phase.EndTransaction;
  };

  const followFrames = (phase: Phase, opcode: number, before: Frame | undefined, size: number) => {
    const { frame } = machine;
    if (before !== undefined && frame?.context.parent === before && frame !== before) {
      // A call: its context commits to the caller, which is suspended by now.
      followFrame(before, size - popsOf(opcode), false);
    }
    if (frame === undefined) return;
    if (frame !== before) followFrame(frame, STACK_LIMIT, false);
    else if (changesFrame(phase)) {
      const unchanged = phase === Phase.Execute ? unchangedItems(opcode, size) : size;
      followFrame(frame, unchanged, phase === Phase.EnterCode);
    }
  };

  /** Whether the running frame may differ from the committed one after a step that it has not ended. */
  const changesFrame = (phase: Phase): boolean => {
    if (machine.phase === Phase.LoadAccount || machine.phase === Phase.LoadSlot) return false;
    // An exceptional halt leaves the frame as it was committed before.
    if (machine.pending?.kind === "exit" && machine.pending.status === 0) return false;
    return phase >= Phase.EnterFrame && phase <= Phase.DepositCode;
  };

  // ── Recorder ────────────────────────────────────────────────────────────────────────────────────────────────────────

  const openEntry = (kind: 0 | 1 | 2, address: Address, slot: Hash) => {
    if (recording === undefined) return;
    followOverlay();
    recording.overlay.push(openOverlay(journal.overlay, overlayKey(kind, address, slot)));
  };

  const recorder: Recorder = {
    region: (tree, first, count) => {
      recording?.regions.push(openRegion(bufferOf(tree), first, count));
    },
    overlayAccount: (address) => openEntry(0, address, NO_SLOT),
    overlaySlot: (address, slot) => openEntry(1, address, slot),
    overlayTransient: (address, slot) => openEntry(2, address, slot),
    code: (codeHash) => {
      if (recording !== undefined) recording.code = machine.overlay.code(codeHash);
    },
    putSlot: (_owner, storageRoot, slot, value) => {
      const access = tries.putSlot(hexToBytes(storageRoot), slot, value, recording !== undefined);
      recording?.tries.push(access.nodes);
      return bytesToHex(access.root);
    },
    putAccount: (address, account) => {
      const access = tries.putAccount(stateRoot, address, account, recording !== undefined);
      recording?.tries.push(access.nodes);
      stateRoot = access.root;
      putDigest(encoding, MACHINE.stateRoot, digestFromBytes(stateRoot));
    },
    buffer: (bytes) => bufferFrom(bytes),
    mark: () => {
      followOverlay();
      followRefund();
      return journal;
    },
    restore: (committed) => {
      journal = committed as CommittedJournal;
    },
  };

  // ── Witness ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Proof in the state's tries of what a load step inserts, taken before the step. */
  const loadProof = (): TrieNodes[] => {
    if (pending?.kind === "load-account") return [tries.account(stateRoot, pending.owner)];
    if (pending?.kind !== "load-slot") return [];
    const owner = getOverlay(journal.overlay, overlayKey(0, pending.owner, NO_SLOT));
    const entry = machine.overlay.account(pending.owner);
    if (owner === undefined || entry === undefined) throw new Error(`expected ${pending.owner} in the overlay`);
    return [tries.slot(entry.isCreated ? EMPTY_TRIE_ROOT : hexToBytes(entry.storageRoot), pending.slot)];
  };

  /** All that is committed now and a step of this phase and opcode may open, but for what the recorder is told. */
  const openAll = (opcode: number): Witness => {
    const { phase, frame } = machine;
    const depth = frame?.context.depth ?? 0;
    const { encoding: frameEncoding, context } = (frame === undefined ? undefined : frames[depth]) ?? NO_FRAME;
    const parent = (depth === 0 ? undefined : frames[depth - 1]) ?? NO_FRAME;
    const isEnd = phase === Phase.EndTransaction;
    return {
      machine: bytesOf(encoding),
      frame: bytesOf(frameEncoding),
      frameContext: bytesOf(context),
      parentFrame: bytesOf(parent.encoding),
      transaction: bytesOf(transactionEncoding),
      blockContext: bytesOf(blockEncoding),
      pending: phase === Phase.Flush ? openLastKey() : bytesOf(pendingEncoding),
      savedJournal: frame === undefined ? NO_BYTES : bytesOf(encodeJournal(journalOf(frame.context.savedJournal))),
      bloom: journal.bloom,
      blockBloom: block.bloom,
      sponge: (pending?.kind === "absorb" ? pending.sponge : undefined) ?? NO_BYTES,
      code: NO_BYTES,
      stack: frame === undefined || phase !== Phase.Execute ? NO_BYTES : openStack(frame, popsOf(opcode)),
      regions: [],
      overlay: [],
      tries: loadProof(),
      appends: isEnd ? [appendSiblings(block.transactions), appendSiblings(block.receipts)] : [],
    };
  };

  const openLastKey = (): Uint8Array => {
    const { keys: last } = journal;
    return last === undefined ? NO_BYTES : bytesOf(encodeKeyLink(last.previous?.digest ?? ZERO, last.item));
  };

  const prove = (): ProvenStep => {
    const kind = hasBegun ? "step" : "start";
    const before = stateHash();
    const { phase, frame } = machine;
    const opcode = frame === undefined ? 0 : opcodeOf(frame);
    const restoresJournal = pending?.kind === "exit" && (pending.status === 0 || pending.status === 2);
    const all = openAll(opcode);

    const recorded: Recording = { regions: [], overlay: [], tries: [...all.tries], code: NO_BYTES };
    recording = recorded;
    try {
      if (kind === "start" || !isBoundary(phase)) takeStep();
    } finally {
      recording = undefined;
    }

    const opens = opensOf(phase, opcode, kind === "start");
    const isExit = phase === Phase.ExitFrame && machine.phase !== Phase.DepositCode;
    const isOutermostExit = isExit && machine.frame === undefined;
    const isSkip = isBoundary(machine.phase) && block.outcome === 2;
    const when = (isOpened: boolean, bytes: Uint8Array) => (isOpened ? bytes : NO_BYTES);
    const has = (what: number) => (opens & what) !== 0;
    const witness: Witness = {
      ...all,
      ...recorded,
      frame: when(has(Opens.Frame), all.frame),
      frameContext: when(has(Opens.FrameContext), all.frameContext),
      parentFrame: when(isExit, all.parentFrame),
      transaction: when(has(Opens.Transaction) || isOutermostExit, all.transaction),
      blockContext: when(has(Opens.BlockContext) || isSkip, all.blockContext),
      savedJournal: when(isExit && restoresJournal, all.savedJournal),
      bloom: when(has(Opens.Bloom), all.bloom),
      blockBloom: when(phase === Phase.EndTransaction, all.blockBloom),
    };
    return { kind, before, witness, after: stateHash() };
  };

  /** The `count` topmost items, top first, and the hash below them; nothing if the stack has not that many. */
  const openStack = (frame: Frame, count: number): Uint8Array => {
    const { stack, stackSize, context } = frame;
    if (count === 0 || count > stackSize) return NO_BYTES;
    const words = new Int32Array((count + 1) * DIGEST_WORDS);
    for (let index = 0; index < count; index++) {
      putItem(words, index * DIGEST_WORDS, stack, (stackSize - 1 - index) * DIGEST_WORDS);
    }
    const { chain } = frames[context.depth] as CommittedFrame;
    const below = (stackSize - count) * DIGEST_WORDS;
    words.set(chain.subarray(below, below + DIGEST_WORDS), count * DIGEST_WORDS);
    return new Uint8Array(words.buffer);
  };

  const stateHash = () => bytesToHex(digestToBytes(digest));

  machine.recorder = recorder;
  putHash(encoding, MACHINE.chain, machine.chain);
  putDigest(encoding, MACHINE.stateRoot, digestFromBytes(stateRoot));
  followBlock();
  encodeMachine();

  return {
    machine,
    stateHash,
    copyStateHash: (target, at) => putDigest(target, at, digest),
    stateRoot: () => bytesToHex(stateRoot),
    isDone: () => hasBegun && isBoundary(machine.phase),
    step: () => {
      if (!hasBegun || !isBoundary(machine.phase)) takeStep();
    },
    prove,
  };
}

const NO_SLOT: Hash = `0x${"00".repeat(32)}`;
const itemWords = new Int32Array(DIGEST_WORDS);

function journalOf(mark: JournalMark): CommittedJournal {
  return mark.committed as CommittedJournal;
}

function encodeJournal(journal: CommittedJournal): Encoding {
  const encoding = newEncoding(FIELDS.journal);
  putJournal(encoding, 0, journal);
  return encoding;
}

function putJournal(target: Encoding, at: number, journal: CommittedJournal): void {
  putDigest(target, at + JOURNAL.overlayRoot, overlayRoot(journal.overlay));
  putDigest(target, at + JOURNAL.keyChain, journal.keys?.digest ?? ZERO);
  putDigest(target, at + JOURNAL.logsHash, journal.logsHash);
  putDigest(target, at + JOURNAL.bloomHash, journal.bloomHash);
  putNumber(target, at + JOURNAL.refund, journal.refund);
}

/** The instruction that a frame is at; beyond the end of its code that is STOP. */
function opcodeOf(frame: Frame): number {
  return frame.code.bytes[frame.pc] ?? 0;
}

function popsOf(opcode: number): number {
  return OPCODES[opcode]?.pops ?? 0;
}

const FIRST_DUP = 0x80;
const LAST_DUP = 0x8f;

/** Items at the bottom of a stack of `size` that an instruction leaves as they are. */
function unchangedItems(opcode: number, size: number): number {
  return opcode >= FIRST_DUP && opcode <= LAST_DUP ? size : Math.max(0, size - popsOf(opcode));
}

/** What proves that the leaf behind the last is zero (docs/machine.md §10): nothing if the tree grows by a level. */
function appendSiblings(tree: AppendOnlyMerkleTree): Uint8Array {
  const { count, frontier } = tree;
  const siblings: Uint8Array[] = [];
  if (Math.log2(count) % 1 === 0 || count === 0) return NO_BYTES;
  for (let level = 0; 2 ** level < count; level++) {
    const isRight = Math.floor(count / 2 ** level) % 2 === 1;
    siblings.push(hexToBytes(isRight ? (frontier[level] as Hash) : zeroSubtree(level)));
  }
  return concatBytes(siblings);
}
