import {
  DIGEST_WORDS,
  bytesToHex,
  digestFromBytes,
  digestToBytes,
  hasherOf,
  hexToBytes,
} from "../../primitives/index.ts";
import type { Digest, Hash } from "../../primitives/index.ts";
import { OUTSIDE_BLOCKS } from "../machine.ts";
import type { Environment, Frame, Machine, Pending } from "../machine.ts";
import { Phase, isBoundary } from "../phase.ts";
import { NO_CHAIN_COMMITTED, encodeChainOf, hashOrZero } from "./committed-chain.ts";
import type { CommittedChain } from "./committed-chain.ts";
import { followFrame } from "./committed-frame.ts";
import type { CommittedFrame } from "./committed-frame.ts";
import { EMPTY_JOURNAL, putJournal, withBloomOf, withLogs, withOverlay, withRefund } from "./committed-journal.ts";
import type { CommittedJournal, OverlayKeys } from "./committed-journal.ts";
import {
  FIELDS,
  MACHINE,
  encodeBlockContext,
  encodePending,
  encodeTransactionContext,
  newEncoding,
} from "./encoding.ts";
import type { Encoding } from "./encoding.ts";
import { STACK_LIMIT } from "./stack-chain.ts";
import { changesChain, changesFrame, changesTransaction, unchangedItems } from "./step-changes.ts";
import { putDigest, putNumber } from "./words.ts";

/**
 * The whole machine's commitment: what its state hash is made of, encoded. One record for a unit, changed in place by each
 * step, as making another one for each would take longer than the hashes.
 */
export interface Commitment {
  /** Of the machine as it is committed; with `opcode` and `stackSize`, what tells which parts the next step changes. */
  phase: Phase;
  frame: Frame | undefined;
  /** The instruction that `frame` is at; beyond the end of its code, and without a frame, that is STOP. */
  opcode: number;
  stackSize: number;
  pending: Pending | undefined;
  environment: Environment;
  chain: CommittedChain;
  journal: CommittedJournal;
  /** Root of the state trie, which `Flush` changes. */
  stateRoot: Uint8Array;
  pendingEncoding: Encoding;
  blockEncoding: Encoding;
  transactionEncoding: Encoding;
  /** By depth; those deeper than `frame` are left over. */
  readonly frames: CommittedFrame[];
  readonly overlayKeys: OverlayKeys;
  /** Of the Machine. */
  readonly encoding: Encoding;
  /** H(Machine). */
  readonly digest: Digest;
}

const ZERO: Digest = new Int32Array(DIGEST_WORDS);

/** The commitment to a machine at the begin of a unit. */
export function commitTo(machine: Machine, stateRoot: Hash): Commitment {
  const commitment: Commitment = {
    phase: machine.phase,
    frame: undefined,
    opcode: 0,
    stackSize: 0,
    pending: undefined,
    environment: machine.environment,
    chain: NO_CHAIN_COMMITTED,
    journal: EMPTY_JOURNAL,
    stateRoot: hexToBytes(stateRoot),
    pendingEncoding: newEncoding(0),
    blockEncoding: newEncoding(0),
    transactionEncoding: newEncoding(0),
    frames: [],
    overlayKeys: new WeakMap(),
    encoding: newEncoding(FIELDS.machine),
    digest: new Int32Array(DIGEST_WORDS),
  };
  setStateRoot(commitment, commitment.stateRoot);
  followChain(commitment, machine);
  followBlock(commitment, machine);
  followMachine(commitment, machine);
  return commitment;
}

/** Brings the commitment up to the machine, which has taken one step since. */
export function followStep(commitment: Commitment, machine: Machine): void {
  if (isBoundary(machine.phase)) commitment.journal = EMPTY_JOURNAL;
  else followJournal(commitment, machine);
  if (isBoundary(machine.phase) || machine.environment !== commitment.environment) followBlock(commitment, machine);
  if (machine.chain !== undefined && changesChain(commitment.phase, machine.phase)) followChain(commitment, machine);
  if (changesTransaction(commitment.phase, machine.frame !== undefined)) followTransaction(commitment, machine);
  followFrames(commitment, machine);
  if (machine.pending !== commitment.pending) followPending(commitment, machine.pending);
  followMachine(commitment, machine);
}

/** Within a step: brings the journal up to what the step has made of overlay and refund so far. */
export function followOverlay(commitment: Commitment, machine: Machine): void {
  const journal = withOverlay(commitment.journal, machine.overlay, commitment.overlayKeys);
  commitment.journal = withRefund(journal, machine.refund);
}

export function setStateRoot(commitment: Commitment, stateRoot: Uint8Array): void {
  commitment.stateRoot = stateRoot;
  putDigest(commitment.encoding, MACHINE.stateRoot, digestFromBytes(stateRoot));
}

/** H(Machine). */
export function stateHashOf(commitment: Commitment): Hash {
  return bytesToHex(digestToBytes(commitment.digest));
}

function followJournal(commitment: Commitment, machine: Machine): void {
  followOverlay(commitment, machine);
  commitment.journal = withLogs(commitment.journal, machine.logs);
  // A LOG whose data is hashed in steps of its own has address and topics in the bloom already.
  const { pending } = machine;
  if (commitment.phase === Phase.Execute && pending?.kind === "absorb" && pending.log !== undefined) {
    commitment.journal = withBloomOf(commitment.journal, [pending.log]);
  }
}

function followBlock(commitment: Commitment, { environment, block }: Machine): void {
  const isOutside = environment === OUTSIDE_BLOCKS;
  commitment.environment = environment;
  commitment.blockEncoding = isOutside ? newEncoding(0) : encodeBlockContext(environment, block);
  putDigest(commitment.encoding, MACHINE.blockContext, hashOrZero(commitment.blockEncoding));
  if (isOutside) setStateRoot(commitment, digestToBytes(ZERO));
}

function followChain(commitment: Commitment, machine: Machine): void {
  commitment.chain = encodeChainOf(machine);
  putDigest(commitment.encoding, MACHINE.chain, hashOrZero(commitment.chain.encoding));
}

function followTransaction(commitment: Commitment, { transaction }: Machine): void {
  const encoding = transaction === undefined ? newEncoding(0) : encodeTransactionContext(transaction);
  commitment.transactionEncoding = encoding;
  putDigest(commitment.encoding, MACHINE.transaction, hashOrZero(encoding));
}

function followPending(commitment: Commitment, pending: Pending | undefined): void {
  const encoding = pending === undefined ? newEncoding(0) : encodePending(pending);
  commitment.pending = pending;
  commitment.pendingEncoding = encoding;
  putDigest(commitment.encoding, MACHINE.pending, hashOrZero(encoding));
}

function followFrames(commitment: Commitment, { phase: next, frame, pending }: Machine): void {
  const { frames, phase, frame: before, opcode, stackSize } = commitment;
  if (frame === undefined) return;
  if (frame === before) {
    if (!changesFrame(phase, next, pending)) return;
    followFrame(frames, frame, unchangedItems(phase, opcode, stackSize), phase === Phase.EnterCode);
    return;
  }
  // A call: its context commits to the caller, which is suspended by now.
  if (before !== undefined && frame.context.parent === before) {
    followFrame(frames, before, unchangedItems(phase, opcode, stackSize), false);
  }
  // A new frame, of which nothing is committed, or a caller, whose items are as they were when it was suspended.
  followFrame(frames, frame, STACK_LIMIT, false);
}

function followMachine(commitment: Commitment, { phase, frame }: Machine): void {
  commitment.phase = phase;
  commitment.frame = frame;
  commitment.opcode = frame === undefined ? 0 : (frame.code.bytes[frame.pc] ?? 0);
  commitment.stackSize = frame === undefined ? 0 : frame.stackSize;
  const { encoding } = commitment;
  putNumber(encoding, MACHINE.phase, phase);
  const committed = frame === undefined ? undefined : commitment.frames[frame.context.depth];
  putDigest(encoding, MACHINE.frame, committed?.digest ?? ZERO);
  putJournal(encoding, MACHINE.journal, commitment.journal);
  const hasher = hasherOf(encoding.byteLength);
  hasher.words.set(encoding);
  hasher.hash();
  putDigest(commitment.digest, 0, hasher.digest);
}
