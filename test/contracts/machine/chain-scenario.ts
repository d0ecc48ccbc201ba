import { concat, encodeAbiParameters, keccak256, pad, parseAbiParameters, toHex, zeroHash } from "viem";
import type { Address, Hex } from "viem";
import { Phase } from "../../../src/machine/phase.ts";
import { EMPTY_ROOT } from "./buffer.ts";
import type { Region } from "./buffer.ts";
import type { Witness } from "./scenario.ts";

// States of a chain and witnesses made by hand from docs/machine.md, with none of src/machine's code but the numbers of the
// phases: so the contracts are checked against the page, not against their twin. All structs are lists of words.

type Word = bigint | number | boolean | Hex;
type Fields<Names extends readonly string[]> = Readonly<Partial<Record<Names[number], Word>>>;

const wordOf = (value: Word): Hex =>
  typeof value === "string" ? pad(value, { size: 32 }) : toHex(BigInt(value), { size: 32 });

/** Words of a struct; 0 for the fields that are not given. */
export function words(values: readonly Word[]): Hex {
  return concat(values.map(wordOf));
}

function structOf<const Names extends readonly string[]>(names: Names) {
  return (fields: Fields<Names>): Hex => words(names.map((name) => fields[name as Names[number]] ?? 0));
}

export const CHAIN_FIELDS = [
  "blockHash",
  "outboxRoot",
  "batchCount",
  "messageCount",
  "messagesUpTo",
  "batchTimestamp",
  "stream",
  "position",
  "blockCount",
  "transactionsLeft",
  "messagesEnd",
  "messageWeight",
  "gasLeft",
  "depositGas",
  "gasExcess",
  "gasCapacity",
  "gasPerSecond",
  "message",
] as const;
const BLOCK_FIELDS = [
  "number",
  "timestamp",
  "coinbase",
  "gasLimit",
  "baseFee",
  "prevRandao",
  "chainId",
  "blobBaseFee",
  "dataPrice",
  "gasUsed",
  "transactionCount",
  "transactionsRoot",
  "receiptsRoot",
  "bloomHash",
  "rawRoot",
  "rawOffset",
  "rawLength",
  "outcome",
] as const;
const TRANSACTION_FIELDS = [
  ...["rawRoot", "rawOffset", "rawLength"],
  ...["transactionHash", "tokens", "kind", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gasLimit"],
  ...["isCreation", "to", "value", "dataRoot", "dataOffset", "dataLength", "dataTokens", "cursor", "payloadStart"],
  ...["listEnd", "keysEnd", "listAddress", "addressCount", "slotCount"],
  ...["authorizationsStart", "authorizationsEnd", "authorizationCount", "yParity", "r", "s", "sender"],
  ...["gasPrice", "dataGas", "intrinsicGas", "floorGas", "gas", "status", "gasUsed"],
] as const;
const STREAM_FIELDS = [
  ...["payloadRoot", "payloadLength", "bitPosition", "mode", "isFinal", "storedLeft"],
  ...["literalLengths0", "literalLengths1", "literalLengths2", "literalLengths3", "literalLengths4"],
  ...["distanceLengths", "outputRoot", "outputLength"],
] as const;
const ACCOUNT_FIELDS = [
  ...["nonce", "balance", "codeHash", "storageRoot", "codeLength", "delegation"],
  ...["isWarm", "isCreated", "isDestroyed", "isDirty"],
] as const;

export type Chain = Fields<typeof CHAIN_FIELDS>;
export type BlockContext = Fields<typeof BLOCK_FIELDS>;
export type Transaction = Fields<typeof TRANSACTION_FIELDS>;

export const encodeChain = structOf(CHAIN_FIELDS);
export const encodeStream = structOf(STREAM_FIELDS);
export const encodeDeposit = structOf(["mint", "refundTo", "balanceBefore"]);
export const encodeContextBody = structOf(["number", "timestamp", "baseFee", "blobBaseFee", "parentHash"]);
export const encodeMessage = structOf(["index", "enqueuedAt", "kind", "bodyHash"]);
export const encodeDepositBody = structOf(["sender", "to", "mint", "value", "gasLimit", "refundTo", "dataHash"]);
export const encodeState = structOf(["blockHash", "outboxRoot", "batchCount", "messageCount"]);
export const encodeInflate = structOf(["resume", "needed"]);
export const encodeResume = structOf(["resume"]);
const encodeLoad = structOf(["resume", "owner", "slot"]);
const encodeKeyLink = structOf(["previous", "kind", "owner", "slot"]);
const encodeBlockFields = structOf(BLOCK_FIELDS);
const encodeTransactionFields = structOf(TRANSACTION_FIELDS);
const encodeAccountFields = structOf(ACCOUNT_FIELDS);

export const EMPTY_BLOOM = pad("0x", { size: 256 });
const EMPTY_CODE_HASH = keccak256("0x");
/** Root of the empty trie: H(0x80). */
const EMPTY_TRIE_ROOT = keccak256("0x80");

export function encodeBlock(fields: BlockContext): Hex {
  return encodeBlockFields({ bloomHash: keccak256(EMPTY_BLOOM), rawRoot: EMPTY_ROOT, ...fields });
}

export function encodeTransaction(fields: Transaction): Hex {
  return encodeTransactionFields({ rawRoot: EMPTY_ROOT, dataRoot: EMPTY_ROOT, ...fields });
}

// ── Overlay (docs/machine.md §4) ──────────────────────────────────────────────────────────────────────────────────────

/** A key of the overlay: an account, or a slot of it. */
export interface Key {
  readonly owner: Address;
  readonly slot?: bigint;
}

interface Leaf {
  readonly key: Hex;
  readonly value: Hex;
}

export type Opening = Witness["overlay"][number];

const keyOf = ({ owner, slot }: Key): Hex => keccak256(words([slot === undefined ? 0 : 1, owner, slot ?? 0]));
const leafHash = ({ key, value }: Leaf): Hex => keccak256(words([1, key, keccak256(value)]));
const bitOf = (key: Hex, depth: number): bigint => (BigInt(key) >> BigInt(255 - depth)) & 1n;

/** Root of the subtree of these leaves, which share their first `depth` bits. */
function rootOf(leaves: readonly Leaf[], depth: number): Hex {
  if (leaves.length === 0) return zeroHash;
  if (leaves.length === 1) return leafHash(leaves[0]!);
  const side = (bit: bigint) => leaves.filter(({ key }) => bitOf(key, depth) === bit);
  return keccak256(concat([rootOf(side(0n), depth + 1), rootOf(side(1n), depth + 1)]));
}

/** The overlay by its definition: entries, and the chain over their keys. */
export class TestOverlay {
  readonly #leaves: readonly Leaf[];
  readonly keyChain: Hex;
  /** The last link of the key chain. */
  readonly lastLink: Hex;

  constructor(leaves: readonly Leaf[] = [], keyChain: Hex = zeroHash, lastLink: Hex = "0x") {
    this.#leaves = leaves;
    this.keyChain = keyChain;
    this.lastLink = lastLink;
  }

  get root(): Hex {
    return rootOf(this.#leaves, 0);
  }

  /** With this value of an entry, which is inserted if it is not there. */
  with(key: Key, value: Hex): TestOverlay {
    const leaf = { key: keyOf(key), value };
    const rest = this.#leaves.filter((other) => other.key !== leaf.key);
    if (rest.length < this.#leaves.length) return new TestOverlay([...rest, leaf], this.keyChain, this.lastLink);
    const { owner, slot } = key;
    const link = encodeKeyLink({ previous: this.keyChain, kind: slot === undefined ? 0 : 1, owner, slot: slot ?? 0 });
    return new TestOverlay([...rest, leaf], keccak256(link), link);
  }

  /** As before all is written: the same entries, and no keys left. */
  flushed(): TestOverlay {
    return new TestOverlay(this.#leaves);
  }

  open(key: Key): Opening {
    const path = keyOf(key);
    const siblings: Hex[] = [];
    let leaves = this.#leaves;
    while (leaves.length > 1) {
      const depth = siblings.length;
      siblings.push(
        rootOf(
          leaves.filter((leaf) => bitOf(leaf.key, depth) !== bitOf(path, depth)),
          depth + 1,
        ),
      );
      leaves = leaves.filter((leaf) => bitOf(leaf.key, depth) === bitOf(path, depth));
    }
    const [leaf] = leaves;
    if (leaf === undefined) return { siblings, value: "0x", otherKey: zeroHash, otherValue: zeroHash };
    if (leaf.key === path) return { siblings, value: leaf.value, otherKey: zeroHash, otherValue: zeroHash };
    return { siblings, value: "0x", otherKey: leaf.key, otherValue: keccak256(leaf.value) };
  }
}

export function encodeAccount(fields: Fields<typeof ACCOUNT_FIELDS>): Hex {
  return encodeAccountFields({ codeHash: EMPTY_CODE_HASH, storageRoot: EMPTY_TRIE_ROOT, ...fields });
}

export function encodeSlot(original: bigint, current = original): Hex {
  return words([original, current, 0]);
}

/** A read of an entry, or if there is a value a modify. */
export type Access = readonly [key: Key, value?: Hex];

/** The openings of accesses one after the other, and the overlay after them. */
export function access(overlay: TestOverlay, accesses: readonly Access[]): { openings: Opening[]; after: TestOverlay } {
  let after = overlay;
  const openings = accesses.map(([key, value]) => {
    const opening = after.open(key);
    if (value !== undefined) after = after.with(key, value);
    return opening;
  });
  return { openings, after };
}

// ── States ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A machine of a chain, in full. */
export interface ChainState {
  readonly phase: Phase;
  /** Encoded: a Chain, or between batches a State. */
  readonly chain: Hex;
  /** Encoded; undefined outside blocks and transactions. */
  readonly block?: Hex | undefined;
  readonly transaction?: Hex | undefined;
  readonly pending?: Hex | undefined;
  readonly stateRoot?: Hex | undefined;
  readonly overlay?: TestOverlay | undefined;
  readonly logsHash?: Hex | undefined;
  readonly refund?: bigint | undefined;
}

const JOURNAL =
  "struct Journal { bytes32 overlayRoot; bytes32 keyChain; bytes32 logsHash; bytes32 bloomHash; uint256 refund; }";
const MACHINE_TYPE = parseAbiParameters([
  "Machine machine",
  "struct Machine { uint8 phase; bytes32 chain; bytes32 blockContext; bytes32 stateRoot; bytes32 transaction; bytes32 frame; bytes32 pending; Journal journal; }",
  JOURNAL,
]);

const hashOrZero = (encoded: Hex | undefined): Hex => (encoded === undefined ? zeroHash : keccak256(encoded));

function encodeMachine(state: ChainState): Hex {
  const { overlay = new TestOverlay() } = state;
  return encodeAbiParameters(MACHINE_TYPE, [
    {
      phase: state.phase,
      chain: hashOrZero(state.chain),
      blockContext: hashOrZero(state.block),
      stateRoot: state.stateRoot ?? zeroHash,
      transaction: hashOrZero(state.transaction),
      frame: zeroHash,
      pending: hashOrZero(state.pending),
      journal: {
        overlayRoot: overlay.root,
        keyChain: overlay.keyChain,
        logsHash: state.logsHash ?? zeroHash,
        bloomHash: keccak256(EMPTY_BLOOM),
        refund: state.refund ?? 0n,
      },
    },
  ]);
}

export function chainStateHash(state: ChainState): Hex {
  return keccak256(encodeMachine(state));
}

/** What a step opens besides what the state itself holds. */
export interface Opened {
  /** Behind the Chain, which comes first. */
  readonly preimages?: readonly Hex[];
  readonly regions?: readonly Region[];
  readonly overlay?: readonly Opening[];
  readonly appends?: readonly Hex[][];
}

export function chainWitness(state: ChainState, opened: Opened = {}): Witness {
  const { overlay = new TestOverlay() } = state;
  const isFlushing = state.phase === Phase.Flush && overlay.keyChain !== zeroHash;
  return {
    machine: encodeMachine(state),
    frame: "0x",
    frameContext: "0x",
    parentFrame: "0x",
    transaction: state.transaction ?? "0x",
    blockContext: state.block ?? "0x",
    pending: isFlushing ? overlay.lastLink : (state.pending ?? "0x"),
    savedJournal: "0x",
    bloom: EMPTY_BLOOM,
    blockBloom: EMPTY_BLOOM,
    sponge: "0x",
    code: "0x",
    stack: [],
    regions: [...(opened.regions ?? [])],
    overlay: [...(opened.overlay ?? [])],
    tries: [],
    appends: [...(opened.appends ?? [])],
    preimages: [state.chain, ...(opened.preimages ?? [])],
  };
}

/** The state after a step that needs an entry which is not there. */
export function faulted(state: ChainState, { owner, slot }: Key, resume: Phase = state.phase): ChainState {
  return {
    ...state,
    phase: slot === undefined ? Phase.LoadAccount : Phase.LoadSlot,
    pending: encodeLoad({ resume, owner, slot: slot ?? 0 }),
  };
}

/** The state after a step that begins to write the overlay and is to go on with `resume`. */
export function flushing(state: ChainState, resume: Phase): ChainState {
  return { ...state, phase: Phase.Flush, pending: encodeResume({ resume }) };
}

/** The state at a boundary inside a batch. */
export function boundary(phase: Phase, chain: Chain, block: { block?: Hex; stateRoot?: Hex } = {}): ChainState {
  return { phase, chain: encodeChain(chain), ...block };
}
