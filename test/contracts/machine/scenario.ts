import {
  concat,
  encodeAbiParameters,
  keccak256,
  pad,
  parseAbiParameters,
  size,
  toHex,
  zeroAddress,
  zeroHash,
} from "viem";
import type { Hex } from "viem";
import { Phase } from "../../../src/machine/phase.ts";
import { EMPTY_ROOT, TestBuffer } from "./buffer.ts";
import type { Region } from "./buffer.ts";

// States and witnesses made by hand from docs/machine.md, with none of src/machine's code but the numbers of the phases: so
// the contracts are checked against the page, not against their twin.

const SLICE = "struct Slice { bytes32 root; uint256 offset; uint256 length; }";
const JOURNAL =
  "struct Journal { bytes32 overlayRoot; bytes32 keyChain; bytes32 logsHash; bytes32 bloomHash; uint256 refund; }";
const MACHINE_TYPE = parseAbiParameters([
  "Machine machine",
  "struct Machine { uint8 phase; bytes32 chain; bytes32 blockContext; bytes32 stateRoot; bytes32 transaction; bytes32 frame; bytes32 pending; Journal journal; }",
  JOURNAL,
]);
const FRAME_TYPE = parseAbiParameters([
  "Frame frame",
  "struct Frame { bytes32 context; Slice code; bytes32 jumps; uint256 pc; uint256 gas; bytes32 stack; uint256 stackSize; bytes32 memoryRoot; uint256 memoryWords; Slice returndata; }",
  SLICE,
]);
const FRAME_CONTEXT_TYPE = parseAbiParameters([
  "FrameContext context",
  "struct FrameContext { bytes32 parent; bytes32 savedJournal; uint256 kind; bool isStatic; uint256 depth; address self; address caller; uint256 value; address codeAddress; bool isDelegated; Slice input; uint256 outOffset; uint256 outLength; }",
  SLICE,
]);
const BLOCK_CONTEXT_TYPE = parseAbiParameters([
  "BlockContext context",
  "struct BlockContext { uint256 number; uint256 timestamp; address coinbase; uint256 gasLimit; uint256 baseFee; bytes32 prevRandao; uint256 chainId; uint256 blobBaseFee; uint256 dataPrice; uint256 gasUsed; uint256 transactionCount; bytes32 transactionsRoot; bytes32 receiptsRoot; bytes32 bloomHash; Slice raw; uint256 outcome; }",
  SLICE,
]);
const COPY_TYPE = parseAbiParameters([
  "Copy copy",
  "struct Copy { Slice source; uint256 sourceOffset; uint256 destination; uint256 length; }",
  SLICE,
]);
const ABSORB_TYPE = parseAbiParameters([
  "Absorb absorb",
  "struct Absorb { uint8 resume; bytes32 context; Slice source; bytes32 prefix; uint256 prefixLength; bytes32 suffix; uint256 suffixLength; uint256 position; bytes32 sponge; }",
  SLICE,
]);
const EXIT_TYPE = parseAbiParameters(["Exit exit", "struct Exit { uint256 status; Slice output; }", SLICE]);
const DIGEST_TYPE = parseAbiParameters("bytes32 value, bytes32 context");
/** 38 words, all static; only the two that instructions read have names here. */
const TRANSACTION_WORDS = 38;
const SENDER_WORD = 30;
const GAS_PRICE_WORD = 31;

export interface Slice {
  readonly root: Hex;
  readonly offset: bigint;
  readonly length: bigint;
}

export const EMPTY_SLICE: Slice = { root: EMPTY_ROOT, offset: 0n, length: 0n };

/** A range of a buffer that tests can also read. */
export interface BufferSlice {
  readonly buffer: TestBuffer;
  readonly offset: number;
  readonly length: number;
}

export interface Journal {
  readonly overlayRoot: Hex;
  readonly keyChain: Hex;
  readonly logsHash: Hex;
  readonly bloom: Hex;
  readonly refund: bigint;
}

export interface FrameContext {
  readonly kind: number;
  readonly isStatic: boolean;
  readonly self: Hex;
  readonly caller: Hex;
  readonly value: bigint;
  readonly input: BufferSlice;
}

export type Pending =
  | { readonly kind: "none" }
  | { readonly kind: "exit"; readonly status: bigint; readonly output: Slice }
  | {
      readonly kind: "copy";
      readonly source: Slice;
      readonly sourceOffset: bigint;
      readonly destination: bigint;
      readonly length: bigint;
    }
  | {
      readonly kind: "absorb";
      readonly resume: number;
      readonly context: Hex;
      readonly source: Slice;
      readonly prefix: Hex;
      readonly suffix: Hex;
      readonly position: bigint;
      readonly sponge: Hex | undefined;
    }
  | { readonly kind: "digest"; readonly value: Hex; readonly context: Hex };

/** A machine that executes one frame, in full. */
export interface State {
  readonly phase: number;
  readonly pending: Pending;
  readonly journal: Journal;
  readonly context: FrameContext;
  readonly code: BufferSlice;
  /** Offsets in the code. */
  readonly jumpDestinations: readonly number[];
  readonly pc: bigint;
  readonly gas: bigint;
  /** Bottom first. */
  readonly stack: readonly bigint[];
  /** From offset 0; as many words as are active. */
  readonly memory: Hex;
  readonly memoryWords: bigint;
  readonly returndata: BufferSlice;
  readonly sender: Hex;
  readonly gasPrice: bigint;
  readonly block: {
    readonly number: bigint;
    readonly timestamp: bigint;
    readonly coinbase: Hex;
    readonly gasLimit: bigint;
    readonly baseFee: bigint;
    readonly prevRandao: Hex;
    readonly chainId: bigint;
    readonly blobBaseFee: bigint;
  };
}

/** All of a buffer. */
export function wholeOf(bytes: Hex): BufferSlice {
  return { buffer: new TestBuffer(bytes), offset: 0, length: size(bytes) };
}

export function sliceOf(range: BufferSlice): Slice {
  if (range.length === 0) return EMPTY_SLICE;
  return { root: range.buffer.root, offset: BigInt(range.offset), length: BigInt(range.length) };
}

/** A frame about to execute the first instruction of `code`. */
export function executing(code: Hex, overrides: Partial<State> = {}): State {
  return {
    phase: Phase.Execute,
    pending: { kind: "none" },
    journal: {
      overlayRoot: zeroHash,
      keyChain: zeroHash,
      logsHash: zeroHash,
      bloom: pad("0x", { size: 256 }),
      refund: 0n,
    },
    context: {
      kind: 0xf1,
      isStatic: false,
      self: "0x00000000000000000000000000000000005e1f00",
      caller: "0x0000000000000000000000000000000ca11e0000",
      value: 77n,
      input: wholeOf("0x"),
    },
    code: wholeOf(code),
    jumpDestinations: [],
    pc: 0n,
    gas: 1_000_000n,
    stack: [],
    memory: "0x",
    memoryWords: 0n,
    returndata: wholeOf("0x"),
    sender: "0x000000000000000000000000000000005e4de400",
    gasPrice: 1_234_567n,
    block: {
      number: 1_000n,
      timestamp: 1_700_000_000n,
      coinbase: "0x0000000000000000000000000000000c014ba5e0",
      gasLimit: 60_000_000n,
      baseFee: 10_000_000n,
      prevRandao: keccak256("0x01"),
      chainId: 31_337n,
      blobBaseFee: 3n,
    },
    ...overrides,
  };
}

/** A Witness of contracts/machine/types/Witness.sol. */
export interface Witness {
  readonly machine: Hex;
  readonly frame: Hex;
  readonly frameContext: Hex;
  readonly parentFrame: Hex;
  readonly transaction: Hex;
  readonly blockContext: Hex;
  readonly pending: Hex;
  readonly savedJournal: Hex;
  readonly bloom: Hex;
  readonly blockBloom: Hex;
  readonly sponge: Hex;
  readonly code: Hex;
  readonly stack: Hex[];
  readonly regions: Region[];
  readonly overlay: { siblings: Hex[]; value: Hex; otherKey: Hex; otherValue: Hex }[];
  readonly tries: Hex[][];
  readonly appends: Hex[][];
  readonly preimages: Hex[];
}

/** A ChainInput of contracts/machine/types/ChainInput.sol, for steps that look at none of it. */
export const NO_CHAIN = { inbox: zeroAddress, target: 0n };

/** The state hash. */
export function hashOf(state: State): Hex {
  return keccak256(encode(state).machine);
}

/**
 * A witness that opens everything but lists, and of these the `items` topmost items of the stack, the Region of the
 * instruction (`immediates` bytes long besides its opcode), if it is one, and `regions`.
 */
export function witnessOf(
  state: State,
  options: { readonly items?: number; readonly immediates?: number; readonly regions?: readonly Region[] } = {},
): Witness {
  const { items = 0, immediates = 0, regions = [] } = options;
  const below = state.stack.slice(0, state.stack.length - items);
  const opened = state.stack.slice(state.stack.length - items).reverse();
  const { code } = state;
  const pc = Number(state.pc);
  const isInstruction = state.phase === Phase.Execute && pc < code.length;
  const available = Math.min(immediates, code.length - pc - 1);
  const encoded = encode(state);
  return {
    ...encoded,
    parentFrame: "0x",
    savedJournal: "0x",
    bloom: state.journal.bloom,
    blockBloom: "0x",
    sponge: state.pending.kind === "absorb" ? (state.pending.sponge ?? "0x") : "0x",
    code: "0x",
    stack: [...opened.map((item) => toHex(item, { size: 32 })), chainOf(below)],
    regions: [...(isInstruction ? [code.buffer.region(code.offset + pc, 1 + available)] : []), ...regions],
    overlay: [],
    tries: [],
    appends: [],
    preimages: [],
  };
}

/** docs/machine.md §3. */
function chainOf(stack: readonly bigint[]): Hex {
  return stack.reduce<Hex>((below, item) => keccak256(concat([below, toHex(item, { size: 32 })])), zeroHash);
}

function jumpsOf(destinations: readonly number[]): TestBuffer {
  const words: bigint[] = [];
  for (const destination of destinations) {
    const word = Math.floor(destination / 256);
    while (words.length <= word) words.push(0n);
    words[word]! |= 1n << BigInt(destination % 256);
  }
  return new TestBuffer(concat(words.map((word) => toHex(word, { size: 32 }))));
}

/** Opens the word of the jump destinations that `destination` is in. */
export function jumpRegion(state: State, destination: number): Region {
  return jumpsOf(state.jumpDestinations).region(Math.floor(destination / 256) * 32, 32);
}

// A long memory has thousands of nodes.
const memories = new Map<Hex, TestBuffer>();

export function memoryOf({ memory }: State): TestBuffer {
  const buffer = memories.get(memory) ?? new TestBuffer(memory);
  memories.set(memory, buffer);
  return buffer;
}

function encode(state: State) {
  const { context, block, journal } = state;
  const frameContext = encodeAbiParameters(FRAME_CONTEXT_TYPE, [
    {
      parent: zeroHash,
      savedJournal: zeroHash,
      kind: BigInt(context.kind),
      isStatic: context.isStatic,
      depth: 0n,
      self: context.self,
      caller: context.caller,
      value: context.value,
      codeAddress: context.self,
      isDelegated: false,
      input: sliceOf(context.input),
      outOffset: 0n,
      outLength: 0n,
    },
  ]);
  const frame = encodeAbiParameters(FRAME_TYPE, [
    {
      context: keccak256(frameContext),
      code: sliceOf(state.code),
      jumps: jumpsOf(state.jumpDestinations).root,
      pc: state.pc,
      gas: state.gas,
      stack: chainOf(state.stack),
      stackSize: BigInt(state.stack.length),
      memoryRoot: memoryOf(state).root,
      memoryWords: state.memoryWords,
      returndata: sliceOf(state.returndata),
    },
  ]);
  const words: Hex[] = Array.from({ length: TRANSACTION_WORDS }, () => zeroHash);
  words[SENDER_WORD] = pad(state.sender, { size: 32 });
  words[GAS_PRICE_WORD] = toHex(state.gasPrice, { size: 32 });
  const transaction = concat(words);
  const blockContext = encodeAbiParameters(BLOCK_CONTEXT_TYPE, [
    {
      ...block,
      dataPrice: 0n,
      gasUsed: 0n,
      transactionCount: 0n,
      transactionsRoot: zeroHash,
      receiptsRoot: zeroHash,
      bloomHash: keccak256(pad("0x", { size: 256 })),
      raw: EMPTY_SLICE,
      outcome: 0n,
    },
  ]);
  const pending = encodePending(state.pending);
  const machine = encodeAbiParameters(MACHINE_TYPE, [
    {
      phase: state.phase,
      chain: zeroHash,
      blockContext: keccak256(blockContext),
      stateRoot: keccak256("0x57"),
      transaction: keccak256(transaction),
      frame: keccak256(frame),
      pending: state.pending.kind === "none" ? zeroHash : keccak256(pending),
      journal: {
        overlayRoot: journal.overlayRoot,
        keyChain: journal.keyChain,
        logsHash: journal.logsHash,
        bloomHash: keccak256(journal.bloom),
        refund: journal.refund,
      },
    },
  ]);
  return { machine, frame, frameContext, transaction, blockContext, pending };
}

function encodePending(pending: Pending): Hex {
  switch (pending.kind) {
    case "none":
      return "0x";
    case "exit":
      return encodeAbiParameters(EXIT_TYPE, [pending]);
    case "copy":
      return encodeAbiParameters(COPY_TYPE, [pending]);
    case "absorb":
      return encodeAbiParameters(ABSORB_TYPE, [
        {
          ...pending,
          prefix: pad(pending.prefix, { dir: "right", size: 32 }),
          prefixLength: BigInt(size(pending.prefix)),
          suffix: pad(pending.suffix, { dir: "right", size: 32 }),
          suffixLength: BigInt(size(pending.suffix)),
          sponge: pending.sponge === undefined ? zeroHash : keccak256(pending.sponge),
        },
      ]);
    case "digest":
      return encodeAbiParameters(DIGEST_TYPE, [pending.value, pending.context]);
  }
}

/** The state after an exceptional halt. */
export function halted(state: State): State {
  return { ...state, phase: Phase.ExitFrame, pending: { kind: "exit", status: 0n, output: EMPTY_SLICE } };
}
