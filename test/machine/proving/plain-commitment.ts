import { AbiCoder } from "ethers";
import { logsBloom } from "../../../src/ethereum/index.ts";
import { jumpBitmap } from "../../../src/machine/code.ts";
import type { Chain, Stream } from "../../../src/machine/chain/index.ts";
import type { BufferTree } from "../../../src/machine/commitments.ts";
import { Phase } from "../../../src/machine/index.ts";
import type { Frame, FrameContext, Machine, Pending, Slice, Prover } from "../../../src/machine/index.ts";
import { OUTSIDE_BLOCKS } from "../../../src/machine/machine.ts";
import type { OverlayItem } from "../../../src/machine/overlay.ts";
import { toBigint } from "../../../src/machine/word.ts";
import { ZERO_HASH, bytesToHex, hashPair, hexToBytes, keccak256, zeroSubtree } from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";
import { logsHash } from "../../../src/rollup/index.ts";

// The state hash by the definitions of docs/machine.md: everything from scratch, with a general ABI encoder.

const BUFFER_DEPTH = 17;
const CREATIONS = [0xf0, 0xf5];

type Field = bigint | number | boolean | Hash;

/** `abi.encode` of static fields. */
function encode(fields: readonly Field[]): Uint8Array {
  return hexToBytes(
    AbiCoder.defaultAbiCoder().encode(
      fields.map(() => "uint256"),
      fields.map((field) => BigInt(field)),
    ),
  );
}

function hash(fields: readonly Field[]): Hash {
  return keccak256(encode(fields));
}

/** Root of the buffer that holds `bytes` from offset 0. */
export function plainBufferRoot(bytes: Uint8Array): Hash {
  const padded = new Uint8Array(Math.max(1, Math.ceil(bytes.length / 32)) * 32);
  padded.set(bytes);
  let level = Array.from({ length: padded.length / 32 }, (_, index) =>
    bytesToHex(padded.slice(32 * index, 32 * index + 32)),
  );
  for (let height = 0; height < BUFFER_DEPTH; height++) {
    level = Array.from({ length: Math.ceil(level.length / 2) }, (_, index) =>
      hashPair(level[2 * index] as Hash, level[2 * index + 1] ?? zeroSubtree(height)),
    );
  }
  return level[0] as Hash;
}

const EMPTY_ROOT = zeroSubtree(BUFFER_DEPTH);

function rootOf(tree: BufferTree | undefined): Hash {
  return tree === undefined ? EMPTY_ROOT : bytesToHex(tree.root);
}

function slice({ bytes, tree, offset }: Slice): Field[] {
  return bytes.length === 0 ? [EMPTY_ROOT, 0, 0] : [rootOf(tree), offset, bytes.length];
}

function entryFields({ kind, entry }: OverlayItem): Field[] {
  if (kind === 1) return [entry.original, entry.current, entry.isWarm];
  if (kind === 2) return [entry.current];
  const delegation = entry.delegation === undefined ? 0n : 2n ** 160n + BigInt(entry.delegation);
  const { nonce, balance, codeHash, storageRoot, codeLength, isWarm, isCreated, isDestroyed, isDirty } = entry;
  return [nonce, balance, codeHash, storageRoot, codeLength, delegation, isWarm, isCreated, isDestroyed, isDirty];
}

function overlayRoot(leaves: readonly { readonly key: bigint; readonly leaf: Hash }[], bit = 255n): Hash {
  const [first] = leaves;
  if (first === undefined) return ZERO_HASH;
  if (leaves.length === 1) return first.leaf;
  const side = (value: bigint) => leaves.filter(({ key }) => ((key >> bit) & 1n) === value);
  return hashPair(overlayRoot(side(0n), bit - 1n), overlayRoot(side(1n), bit - 1n));
}

/** Computes the state hash of a prover's machine from scratch, for all the steps it is called after. */
export interface PlainCommitment {
  /** Undefined after an exceptional halt, which leaves the committed frame behind the machine's. */
  stateHash(): Hash | undefined;
}

/** To be made before the first step: it listens to what the prover is told. */
export function createPlainCommitment(prover: Prover): PlainCommitment {
  const { machine } = prover;
  const { recorder } = machine;
  if (recorder === undefined) throw new Error("expected the machine of a prover");
  const savedJournals = new Map<unknown, Hash>();
  let flushed: readonly OverlayItem[] = [];

  const journal = (): Field[] => {
    const { overlay, logs, pending, refund } = machine;
    if (machine.phase !== Phase.Flush && machine.phase !== Phase.EndTransaction) flushed = overlay.keys.slice();
    const leaves = flushed.map((item) => {
      const key = hash([item.kind, item.address, item.slot]);
      return { key: BigInt(key), leaf: hash([1, key, hash(entryFields(item))]) };
    });
    const keyChain = overlay.keys.reduce<Hash>(
      (chain, { kind, address, slot }) => hash([chain, kind, address, slot]),
      ZERO_HASH,
    );
    const unfinished = pending?.kind === "absorb" || pending?.kind === "digest" ? pending.log : undefined;
    const bloom = logsBloom(unfinished === undefined ? logs : [...logs, unfinished]);
    return [overlayRoot(leaves), keyChain, logsHash(logs), keccak256(bloom), refund];
  };

  machine.recorder = {
    ...recorder,
    mark: () => {
      const committed = recorder.mark();
      savedJournals.set(committed, hash(journal()));
      return committed;
    },
  };

  const contextFields = (context: FrameContext): Field[] => [
    context.parent === undefined ? 0 : hash(frameFields(context.parent)),
    savedJournals.get(context.savedJournal.committed) as Hash,
    context.kind,
    context.isStatic,
    context.depth,
    context.self,
    context.caller,
    context.value,
    context.codeAddress,
    context.isDelegated,
    ...slice(context.input),
    context.outOffset,
    context.outLength,
  ];

  const frameFields = (frame: Frame): Field[] => {
    const { context, code, memory } = frame;
    let stack: Hash = ZERO_HASH;
    for (let index = 0; index < frame.stackSize; index++) stack = hash([stack, toBigint(frame.stack, 8 * index)]);
    const hasCode = code.bytes.length > 0;
    const isEntered = hasCode && machine.phase !== Phase.EnterCode;
    const codeRoot = CREATIONS.includes(context.kind) ? rootOf(code.tree) : plainBufferRoot(code.bytes);
    return [
      hash(contextFields(context)),
      ...(hasCode ? [codeRoot, code.offset, code.bytes.length] : [EMPTY_ROOT, 0, 0]),
      isEntered || machine.frame !== frame ? plainBufferRoot(jumpBitmap(code)) : EMPTY_ROOT,
      frame.pc,
      frame.gas,
      stack,
      frame.stackSize,
      plainBufferRoot(memory.bytes.subarray(0, memory.size)),
      memory.words,
      ...slice(frame.returndata),
    ];
  };

  const stateHash = (): Hash | undefined => {
    const { pending, block, environment, transaction, frame } = machine;
    if (pending?.kind === "exit" && pending.status === 0) return undefined;
    const blockContext =
      environment === OUTSIDE_BLOCKS
        ? ZERO_HASH
        : hash([
            environment.number,
            environment.timestamp,
            environment.coinbase,
            environment.gasLimit,
            environment.baseFee,
            environment.prevRandao,
            environment.chainId,
            environment.blobBaseFee,
            environment.dataPrice,
            block.gasUsed,
            block.transactionCount,
            block.transactions.root,
            block.receipts.root,
            keccak256(block.bloom),
            ...slice(block.raw),
            block.outcome,
          ]);
    return hash([
      machine.phase,
      chainHash(machine),
      blockContext,
      prover.stateRoot(),
      transaction === undefined ? 0 : hash(transactionFields(transaction)),
      frame === undefined ? 0 : hash(frameFields(frame)),
      pending === undefined ? 0 : hash(pendingFields(pending)),
      ...journal(),
    ]);
  };

  return { stateHash };
}

function transactionFields(transaction: NonNullable<Machine["transaction"]>): Field[] {
  return [
    ...slice(transaction.raw),
    transaction.transactionHash,
    transaction.tokens,
    transaction.kind,
    transaction.nonce,
    transaction.maxPriorityFeePerGas,
    transaction.maxFeePerGas,
    transaction.gasLimit,
    transaction.isCreation,
    transaction.to,
    transaction.value,
    ...slice(transaction.data),
    transaction.dataTokens,
    transaction.cursor,
    transaction.payloadStart,
    transaction.listEnd,
    transaction.keysEnd,
    transaction.listAddress,
    transaction.addressCount,
    transaction.slotCount,
    transaction.authorizationsStart,
    transaction.authorizationsEnd,
    transaction.authorizationCount,
    transaction.yParity,
    transaction.r,
    transaction.s,
    transaction.sender,
    transaction.gasPrice,
    transaction.dataGas,
    transaction.intrinsicGas,
    transaction.floorGas,
    transaction.gas,
    transaction.status,
    transaction.gasUsed,
  ];
}

const INFLATE_PHASES = ["block-head", "stored", "symbols", "ended"];
/** Roots of payloads, which stay as they are. */
const payloadRoots = new WeakMap<Uint8Array, Hash>();

function payloadRoot(payload: Uint8Array): Hash {
  let root = payloadRoots.get(payload);
  if (root === undefined) payloadRoots.set(payload, (root = plainBufferRoot(payload)));
  return root;
}

/** Code lengths as the words of docs/machine.md §16 have them. */
function lengthWords(lengths: Uint8Array | undefined, count: number): bigint[] {
  return Array.from({ length: count }, (_, word) =>
    [...(lengths ?? []).slice(64 * word, 64 * word + 64)].reduce(
      (sum, length, index) => sum + (BigInt(length) << BigInt(4 * index)),
      0n,
    ),
  );
}

function streamFields({ inflater }: Stream): Field[] {
  const { mode, bitPosition, isFinal, storedLeft } = inflater.state();
  const content = [plainBufferRoot(inflater.output()), inflater.output().length];
  if (mode === "ended") return [EMPTY_ROOT, 0, 0, 3, 0, 0, ...lengthWords(undefined, 6), ...content];
  const codes = mode === "symbols" ? inflater.codeLengths() : undefined;
  return [
    payloadRoot(inflater.payload),
    inflater.payload.length,
    bitPosition,
    INFLATE_PHASES.indexOf(mode),
    mode !== "block-head" && isFinal,
    mode === "stored" ? storedLeft : 0,
    ...lengthWords(codes?.literals, 5),
    ...lengthWords(codes?.distances, 1),
    ...content,
  ];
}

function messageHash({ message }: Chain): Hash {
  if (message === undefined) return ZERO_HASH;
  if (message.kind === "deposit") return hash([message.mint, message.refundTo, message.balanceBefore]);
  const { number, timestamp, baseFee, blobBaseFee, parentHash } = message.body;
  return hash([number, timestamp, baseFee, blobBaseFee, parentHash]);
}

function chainHash({ chain }: Machine): Hash {
  if (chain === undefined) return ZERO_HASH;
  if (chain.kind === "between-batches") {
    const { blockHash, outboxRoot, batchCount, messageCount } = chain.state;
    return hash([blockHash, outboxRoot, batchCount, messageCount]);
  }
  return hash([
    chain.blockHash,
    chain.outboxRoot,
    chain.batchCount,
    chain.messageCount,
    chain.messagesUpTo,
    chain.batchTimestamp,
    chain.stream === undefined ? ZERO_HASH : hash(streamFields(chain.stream)),
    chain.position,
    chain.blockCount,
    chain.transactionsLeft,
    chain.messagesEnd,
    chain.messageWeight,
    chain.gasLeft,
    chain.depositGas,
    chain.gasExcess,
    chain.gasCapacity,
    chain.gasPerSecond,
    messageHash(chain),
  ]);
}

function pendingFields(pending: Pending): Field[] {
  switch (pending.kind) {
    case "reading":
      return [pending.dataHash, rootOf(pending.tree), pending.count];
    case "inflate":
      return [pending.resume, pending.needed];
    case "resume":
      return [pending.resume];
    case "load-account":
      return [pending.resume, pending.owner, 0];
    case "load-slot":
      return [pending.resume, pending.owner, pending.slot];
    case "copy":
      return [...slice(pending.source), pending.sourceOffset, pending.destination, pending.length];
    case "digest":
      return [pending.value, pending.context];
    case "exit":
      return [pending.status, ...slice(pending.output)];
    case "absorb": {
      const aligned = (bytes: Uint8Array): Hash => `0x${bytesToHex(bytes).slice(2).padEnd(64, "0")}`;
      const { resume, context, prefix, suffix, position, sponge } = pending;
      return [
        ...[resume, context, ...slice(pending.source)],
        ...[aligned(prefix), prefix.length, aligned(suffix), suffix.length],
        ...[position, sponge === undefined ? 0 : keccak256(sponge)],
      ];
    }
  }
}
