import { expect } from "chai";
import { concat, keccak256, pad, toHex, zeroHash } from "viem";
import type { Hex } from "viem";
import { Phase } from "../../../src/machine/phase.ts";
import { baseFeeOf, encodeHeader } from "../../../src/rollup/index.ts";
import type { BlockHeader } from "../../../src/rollup/index.ts";
import { bytesToHex } from "../../../src/primitives/index.ts";
import { TestBuffer } from "./buffer.ts";
import {
  EMPTY_BLOOM,
  TestOverlay,
  access,
  boundary,
  chainStateHash,
  chainWitness,
  encodeAccount,
  encodeBlock,
  encodeChain,
  encodeInflate,
  encodeSlot,
  encodeState,
  encodeStream,
  encodeTransaction,
  faulted,
  flushing,
} from "./chain-scenario.ts";
import type { Access, BlockContext, Chain, ChainState, Key, Opened } from "./chain-scenario.ts";
import { deployProver } from "./deploy-prover.ts";
import type { ProverFixture } from "./deploy-prover.ts";
import type { Witness } from "./scenario.ts";

const CHAIN_ID = 4_242n;
const L1_TIME = 1_700_100_000;
const CAPACITY = 60_000_000n;
const SPEED = 1_000_000n;
const CONTENT_END = 2 ** 22;
const MAXIMUM_BLOCKS = 4_096;

const L1_CONTEXT = "0x4f6e650000000000000000000000000000000001";
const OUTBOX = "0x4f6e650000000000000000000000000000000002";
const FEE_VAULT = "0x4f6e650000000000000000000000000000000003";
const HISTORY = "0x0000f90827f1c53a10cb7a02335b175320002935";

const parent: BlockHeader = {
  parentHash: keccak256("0x01"),
  coinbase: FEE_VAULT,
  stateRoot: keccak256("0x02"),
  transactionsRoot: zeroHash,
  receiptsRoot: zeroHash,
  logsBloom: EMPTY_BLOOM,
  number: 8_200,
  gasLimit: 50_000_000n,
  gasUsed: 3_000_000n,
  gasCapacity: CAPACITY,
  gasPerSecond: SPEED,
  gasLevel: 20_000_000n,
  gasExcess: 9_000_000n,
  timestamp: L1_TIME,
  prevRandao: keccak256("0x03"),
  baseFeePerGas: 10_000_000n,
  outboxRoot: keccak256("0x04"),
};
const rlpOf = (header: BlockHeader): Hex => bytesToHex(encodeHeader(header));

/** `timestamp (8) ‖ messages (4) ‖ transactions (4)`. */
const head = (timestamp: number | bigint, messages: number, transactions: number): Hex =>
  concat([toHex(timestamp, { size: 8 }), toHex(messages, { size: 4 }), toHex(transactions, { size: 4 })]);

interface TestStream {
  readonly encoded: Hex;
  readonly content: TestBuffer;
}

/** A payload of which this has been inflated. */
function streamOf(content: Hex, fields: { mode?: number; outputLength?: number } = {}): TestStream {
  const buffer = new TestBuffer(content);
  const encoded = encodeStream({
    payloadRoot: keccak256("0x05"),
    payloadLength: 1_000,
    bitPosition: 8,
    mode: 2,
    outputRoot: buffer.root,
    outputLength: (content.length - 2) / 2,
    ...fields,
  });
  return { encoded, content: buffer };
}

describe("The block verifier", () => {
  let fixture: ProverFixture;
  let input: { inbox: string; target: bigint };

  before(async () => {
    fixture = await deployProver();
    const inbox = await fixture.ethers.deployContract("ScriptedInbox", [CHAIN_ID]);
    input = { inbox: await inbox.getAddress(), target: 100n };
  });

  /** At a boundary the first step of its unit, else the next one. */
  const take = async (state: ChainState, witness: Witness): Promise<Hex> =>
    (await fixture.prover.start(chainStateHash(state), witness, input)) as Hex;
  const expectStep = async (before: ChainState, opened: Opened, after: ChainState): Promise<void> => {
    expect(await take(before, chainWitness(before, opened))).to.equal(chainStateHash(after));
  };
  const refuses = async (state: ChainState, witness: Witness, error: string): Promise<void> => {
    const contract = await fixture.ethers.getContractAt("BlockVerifier", await fixture.prover.getAddress());
    await expect(take(state, witness)).to.be.revertedWithCustomError(contract, error);
  };

  // ── ReadBlockHead ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Between blocks, with the stream behind 100 bytes that have been read. */
  const POSITION = 100;
  const contentOf = (behind: Hex): Hex => concat([pad("0xaa", { size: POSITION, dir: "right" }), behind]);
  const chainBefore = (stream: TestStream | undefined, fields: Chain = {}): Chain => ({
    blockHash: keccak256(rlpOf(parent)),
    outboxRoot: parent.outboxRoot,
    batchCount: 7,
    messageCount: 40,
    messagesUpTo: 45,
    batchTimestamp: L1_TIME + 10,
    stream: stream === undefined ? 0 : keccak256(stream.encoded),
    position: POSITION,
    blockCount: 3,
    ...fields,
  });
  const opensHead = (stream: TestStream, header = parent): Opened => ({
    preimages: [stream.encoded, rlpOf(header)],
    regions: [stream.content.region(POSITION, 16)],
  });
  /** A block that has begun, as far as the parent tells. */
  const begun = (chain: Chain, block: { timestamp: number; gasLimit: bigint; gasExcess: bigint }): ChainState => ({
    phase: Phase.OpenBlock,
    chain: encodeChain({
      ...chain,
      messageWeight: CAPACITY,
      gasLeft: block.gasLimit,
      gasExcess: block.gasExcess,
      gasCapacity: CAPACITY,
      gasPerSecond: SPEED,
    }),
    block: encodeBlock({
      number: parent.number + 1,
      timestamp: block.timestamp,
      coinbase: FEE_VAULT,
      gasLimit: block.gasLimit,
      chainId: CHAIN_ID,
      blobBaseFee: 1,
    }),
    stateRoot: parent.stateRoot,
  });
  /** Two seconds after the parent. */
  const twoSeconds = {
    timestamp: L1_TIME + 2,
    gasLimit: 20_000_000n + 2n * SPEED - 50_000n,
    gasExcess: 9_000_000n + 3_000_000n - SPEED,
  };

  describe("reads the head of a block", () => {
    it("and begins the block on what the parent left", async () => {
      const stream = streamOf(contentOf(head(L1_TIME + 2, 2, 5)));
      const chain = chainBefore(stream);
      const after = begun(
        { ...chain, position: POSITION + 16, blockCount: 4, transactionsLeft: 5, messagesEnd: 42 },
        twoSeconds,
      );
      await expectStep(boundary(Phase.BeginBlock, chain), opensHead(stream), after);
      // As when it has been inflated first.
      await expectStep(boundary(Phase.ReadBlockHead, chain), opensHead(stream), after);
    });

    it("and reads no messages beyond those of the batch", async () => {
      const stream = streamOf(contentOf(head(L1_TIME + 2, 2 ** 32 - 1, 0)));
      const chain = chainBefore(stream);
      const after = begun({ ...chain, position: POSITION + 16, blockCount: 4, messagesEnd: 45 }, twoSeconds);
      await expectStep(boundary(Phase.BeginBlock, chain), opensHead(stream), after);
    });

    it("and clamps its time to that of its parent, and of its batch: a day before it, and 15 minutes after", async () => {
      const cases = [
        // [what the payload says, the batch's, the block's]
        [0n, L1_TIME + 10, L1_TIME],
        [L1_TIME - 1, L1_TIME + 10, L1_TIME],
        [L1_TIME, L1_TIME + 86_403, L1_TIME + 3],
        [2n ** 64n - 1n, L1_TIME + 10, L1_TIME + 910],
        [2n ** 64n - 1n, L1_TIME - 2_000, L1_TIME],
      ] as const;
      for (const [said, batchTimestamp, timestamp] of cases) {
        const stream = streamOf(contentOf(head(said, 0, 1)));
        const chain = chainBefore(stream, { batchTimestamp });
        const seconds = BigInt(timestamp - L1_TIME);
        const filled = 20_000_000n + seconds * SPEED;
        const after = begun(
          { ...chain, position: POSITION + 16, blockCount: 4, transactionsLeft: 1, messagesEnd: 40 },
          {
            timestamp,
            gasLimit: (filled < CAPACITY ? filled : CAPACITY) - 50_000n,
            gasExcess: 12_000_000n > (SPEED / 2n) * seconds ? 12_000_000n - (SPEED / 2n) * seconds : 0n,
          },
        );
        await expectStep(boundary(Phase.BeginBlock, chain), opensHead(stream), after);
      }
    });

    it("and bounds the excess at 32 times 102 seconds of target", async () => {
      const maximum = 32n * 102n * (SPEED / 2n);
      for (const excess of [maximum - parent.gasUsed, maximum - parent.gasUsed + 1n, maximum]) {
        const header = { ...parent, gasExcess: excess };
        const stream = streamOf(contentOf(head(L1_TIME, 0, 0)));
        const chain = chainBefore(stream, { blockHash: keccak256(rlpOf(header)) });
        const after = begun(
          { ...chain, position: POSITION + 16, blockCount: 4, messagesEnd: 40 },
          { timestamp: L1_TIME, gasLimit: 19_950_000n, gasExcess: maximum },
        );
        await expectStep(boundary(Phase.BeginBlock, chain), opensHead(stream, header), after);
      }
    });

    it("unless the bucket has less than 50,000 gas, which ends the payload", async () => {
      const stream = streamOf(contentOf(head(L1_TIME, 0, 1)));
      const poor = (gasLevel: bigint) => ({ ...parent, gasLevel });
      const before = (header: BlockHeader, messageCount: number) =>
        chainBefore(stream, { blockHash: keccak256(rlpOf(header)), messageCount });

      const enough = poor(50_000n);
      const paid = begun(
        {
          ...before(enough, 45),
          position: POSITION + 16,
          blockCount: 4,
          transactionsLeft: 1,
          messagesEnd: 45,
        },
        { timestamp: L1_TIME, gasLimit: 0n, gasExcess: 12_000_000n },
      );
      await expectStep(boundary(Phase.BeginBlock, before(enough, 45)), opensHead(stream, enough), paid);

      const less = poor(49_999n);
      const over: ChainState = {
        phase: Phase.LoadBatch,
        chain: encodeState({
          blockHash: keccak256(rlpOf(less)),
          outboxRoot: parent.outboxRoot,
          batchCount: 8,
          messageCount: 45,
        }),
      };
      await expectStep(boundary(Phase.BeginBlock, before(less, 45)), opensHead(stream, less), over);

      // Ten seconds later, at the time of the batch, a block of the messages that are left.
      const implied = begun(
        { ...before(less, 44), stream: 0, messagesEnd: 45 },
        { timestamp: L1_TIME + 10, gasLimit: 10n * SPEED - 1n, gasExcess: 7_000_000n },
      );
      await expectStep(boundary(Phase.BeginBlock, before(less, 44)), opensHead(stream, less), implied);
    });

    it("but not of the 4,097th block", async () => {
      const stream = streamOf(contentOf(head(L1_TIME + 2, 0, 0)));
      const last = chainBefore(stream, { blockCount: MAXIMUM_BLOCKS - 1 });
      const after = begun(
        { ...last, position: POSITION + 16, blockCount: MAXIMUM_BLOCKS, messagesEnd: 40 },
        twoSeconds,
      );
      await expectStep(boundary(Phase.BeginBlock, last), opensHead(stream), after);

      const none = chainBefore(stream, { blockCount: MAXIMUM_BLOCKS, messageCount: 45 });
      await expectStep(
        boundary(Phase.BeginBlock, none),
        {},
        {
          phase: Phase.LoadBatch,
          chain: encodeState({
            blockHash: none.blockHash!,
            outboxRoot: parent.outboxRoot,
            batchCount: 8,
            messageCount: 45,
          }),
        },
      );
    });

    it("but not where fewer than 16 bytes are left", async () => {
      for (const content of [contentOf("0x"), contentOf(head(L1_TIME + 2, 0, 0)).slice(0, -2) as Hex]) {
        const stream = streamOf(content, { mode: 3 });
        const chain = chainBefore(stream);
        const implied = begun(
          { ...chain, stream: 0, messagesEnd: 45 },
          { timestamp: L1_TIME + 10, gasLimit: 29_950_000n, gasExcess: 7_000_000n },
        );
        await expectStep(boundary(Phase.BeginBlock, chain), { preimages: [stream.encoded, rlpOf(parent)] }, implied);
      }
    });

    it("once as much is inflated", async () => {
      const modes = [Phase.InflateBlockHead, Phase.InflateStored, Phase.InflateSymbols];
      for (const [mode, phase] of modes.entries()) {
        for (const content of [contentOf("0x"), contentOf(head(L1_TIME + 2, 0, 0)).slice(0, -2) as Hex]) {
          const stream = streamOf(content, { mode });
          const chain = chainBefore(stream);
          const inflating: ChainState = {
            phase,
            chain: encodeChain(chain),
            pending: encodeInflate({ resume: Phase.ReadBlockHead, needed: POSITION + 16 }),
          };
          await expectStep(boundary(Phase.BeginBlock, chain), { preimages: [stream.encoded] }, inflating);
          await expectStep(boundary(Phase.ReadBlockHead, chain), { preimages: [stream.encoded] }, inflating);
        }
      }
    });

    it("within 4 MiB of content and no further", async () => {
      const stream = streamOf("0x00");
      const within = chainBefore(stream, { position: CONTENT_END - 16 });
      await expectStep(
        boundary(Phase.BeginBlock, within),
        { preimages: [stream.encoded] },
        {
          phase: Phase.InflateSymbols,
          chain: encodeChain(within),
          pending: encodeInflate({ resume: Phase.ReadBlockHead, needed: CONTENT_END }),
        },
      );
      const beyond = chainBefore(stream, { position: CONTENT_END - 15 });
      await expectStep(
        boundary(Phase.BeginBlock, beyond),
        { preimages: [stream.encoded, rlpOf(parent)] },
        begun(
          { ...beyond, stream: 0, messagesEnd: 45 },
          { timestamp: L1_TIME + 10, gasLimit: 29_950_000n, gasExcess: 7_000_000n },
        ),
      );
    });
  });

  describe("makes blocks of the messages that a payload leaves", () => {
    it("at the time of the batch or of the parent, whatever the bucket has", async () => {
      for (const [batchTimestamp, gasLevel, timestamp, gasLimit] of [
        [L1_TIME + 1, 0n, L1_TIME + 1, SPEED - 50_000n],
        [L1_TIME, 49_999n, L1_TIME, 0n],
        [L1_TIME, 0n, L1_TIME, 0n],
        [L1_TIME - 5, 60_000n, L1_TIME, 10_000n],
      ] as const) {
        const header = { ...parent, gasLevel };
        const chain = chainBefore(undefined, { blockHash: keccak256(rlpOf(header)), batchTimestamp });
        const gasExcess = 12_000_000n - (SPEED / 2n) * BigInt(timestamp - L1_TIME);
        await expectStep(
          boundary(Phase.BeginBlock, chain),
          { preimages: [rlpOf(header)] },
          begun({ ...chain, messagesEnd: 45 }, { timestamp, gasLimit, gasExcess }),
        );
      }
    });
  });

  describe("cannot be led to another block", () => {
    const stream = streamOf(contentOf(head(L1_TIME + 2, 2, 5)));
    const state = boundary(Phase.BeginBlock, chainBefore(stream));
    const honest = () => chainWitness(state, opensHead(stream));

    it("by another chain, payload or parent, or without one of them", async () => {
      const { preimages } = honest();
      const others = [
        encodeChain(chainBefore(stream, { position: 0 })),
        streamOf(contentOf(head(L1_TIME + 3, 2, 5))).encoded,
        rlpOf({ ...parent, gasLevel: CAPACITY }),
      ];
      for (const [index, other] of others.entries()) {
        const replaced = preimages.map((preimage, position) => (position === index ? other : preimage));
        await refuses(state, { ...honest(), preimages: replaced }, "WrongPreimage");
        await refuses(
          state,
          { ...honest(), preimages: preimages.toSpliced(index, 1) },
          index === 2 ? "WitnessTooShort" : "WrongPreimage",
        );
      }
      await refuses(state, { ...honest(), preimages: [] }, "WitnessTooShort");
      await refuses(state, { ...honest(), preimages: [...preimages].reverse() }, "WrongPreimage");
    });

    it("by other bytes of the payload, or of another place", async () => {
      const other = streamOf(contentOf(head(L1_TIME + 3, 2, 5)));
      await refuses(state, { ...honest(), regions: [other.content.region(POSITION, 16)] }, "RegionNotProven");
      await refuses(state, { ...honest(), regions: [stream.content.region(64, 16)] }, "RegionNotProven");
      await refuses(state, { ...honest(), regions: [] }, "WitnessTooShort");
    });

    it("by a header that is none", async () => {
      const chain = chainBefore(undefined, { blockHash: keccak256("0xc0") });
      const headless = boundary(Phase.BeginBlock, chain);
      await refuses(headless, chainWitness(headless, { preimages: ["0xc0"] }), "HeaderMalformed");
    });
  });

  // ── OpenBlock, EnterBlock ───────────────────────────────────────────────────────────────────────────────────────────

  const openBlock: BlockContext = {
    number: 8_201,
    timestamp: L1_TIME + 2,
    coinbase: FEE_VAULT,
    gasLimit: 19_950_000n,
    chainId: CHAIN_ID,
    blobBaseFee: 1,
  };
  const inBlock: Chain = {
    blockHash: keccak256(rlpOf(parent)),
    batchCount: 7,
    messageCount: 40,
    messagesUpTo: 45,
    messagesEnd: 42,
    transactionsLeft: 1,
    gasLeft: 19_950_000n,
    gasExcess: 40_000_000n,
    gasCapacity: CAPACITY,
    gasPerSecond: SPEED,
  };
  const contract = encodeAccount({ nonce: 1, codeHash: keccak256("0xfe"), codeLength: 1 });
  /** An overlay with the first `count` of these entries. */
  const overlayOf = (entries: readonly Access[], count = entries.length): TestOverlay =>
    entries.slice(0, count).reduce((overlay, [key, value]) => overlay.with(key, value!), new TestOverlay());
  /** Of each step that needs these entries, one after the other, where the overlay has ever more of them. */
  const expectFaults = async (
    state: ChainState,
    entries: readonly Access[],
    resume: Phase = state.phase,
  ): Promise<void> => {
    for (const count of entries.keys()) {
      const before = { ...state, overlay: overlayOf(entries, count) };
      const { openings } = access(
        before.overlay,
        entries.slice(0, count + 1).map(([key]) => [key]),
      );
      await expectStep(before, { overlay: openings }, faulted(before, entries[count]![0], resume));
    }
  };

  describe("opens a block", () => {
    const L1_BASE_FEE = 3_000_000_000n;
    const L1_BLOB_BASE_FEE = 70_000_000_000n;
    /** ⌈8 × 70 gwei ÷ 31⌉ is less than 30 gwei. */
    const DATA_PRICE = 18_064_516_130n;
    const historySlot: Key = { owner: HISTORY, slot: 8_200n % 8_191n };
    const entriesOf = (number: bigint, history = contract): readonly Access[] => [
      [{ owner: L1_CONTEXT }, contract],
      [{ owner: L1_CONTEXT, slot: 0n }, encodeSlot(number)],
      [{ owner: L1_CONTEXT, slot: 2n }, encodeSlot(L1_BASE_FEE)],
      [{ owner: L1_CONTEXT, slot: 3n }, encodeSlot(L1_BLOB_BASE_FEE)],
      [{ owner: L1_CONTEXT, slot: 4n }, encodeSlot(0x1234n)],
      [{ owner: HISTORY }, history],
      [historySlot, encodeSlot(99n)],
    ];
    const state = (): ChainState => ({
      phase: Phase.OpenBlock,
      chain: encodeChain(inBlock),
      block: encodeBlock(openBlock),
      stateRoot: parent.stateRoot,
    });

    it("by the prices and the randomness of L1, and writes its parent's hash into the history", async () => {
      const entries = entriesOf(1n);
      const before = { ...state(), overlay: overlayOf(entries) };
      const { openings, after } = access(before.overlay, [
        ...entries.map(([key]) => [key] as const),
        [historySlot, encodeSlot(99n, BigInt(inBlock.blockHash as Hex))],
      ]);
      const block = encodeBlock({
        ...openBlock,
        dataPrice: DATA_PRICE,
        baseFee: baseFeeOf(40_000_000n, SPEED, DATA_PRICE),
        prevRandao: toHex(0x1234, { size: 32 }),
      });
      expect(baseFeeOf(40_000_000n, SPEED, DATA_PRICE)).to.be.greaterThan(DATA_PRICE / 64n + 1n);
      const opened = flushing({ ...before, block, overlay: after }, Phase.EnterBlock);
      await expectStep(before, { overlay: openings }, opened);
      await refuses(before, { ...chainWitness(before, { overlay: openings.slice(0, -1) }) }, "WitnessTooShort");
      await refuses(before, { ...chainWitness(before, { overlay: openings.toReversed() }) }, "OpeningNotProven");
    });

    it("at the least prices while no context has been read", async () => {
      const entries = entriesOf(0n);
      const before = { ...state(), overlay: overlayOf(entries) };
      const { openings, after } = access(before.overlay, [
        ...entries.map(([key]) => [key] as const),
        [historySlot, encodeSlot(99n, BigInt(inBlock.blockHash as Hex))],
      ]);
      const block = encodeBlock({
        ...openBlock,
        baseFee: baseFeeOf(40_000_000n, SPEED, 0n),
        prevRandao: toHex(0x1234, { size: 32 }),
      });
      await expectStep(before, { overlay: openings }, flushing({ ...before, block, overlay: after }, Phase.EnterBlock));
    });

    it("without a history if there is no such contract", async () => {
      const entries = entriesOf(0n, encodeAccount({})).slice(0, -1);
      const before = { ...state(), overlay: overlayOf(entries) };
      const { openings } = access(
        before.overlay,
        entries.map(([key]) => [key]),
      );
      const block = encodeBlock({
        ...openBlock,
        baseFee: baseFeeOf(40_000_000n, SPEED, 0n),
        prevRandao: toHex(0x1234, { size: 32 }),
      });
      await expectStep(before, { overlay: openings }, flushing({ ...before, block }, Phase.EnterBlock));
    });

    it("once L1Context and its values, the history and its slot are loaded, in this order", async () => {
      await expectFaults(state(), entriesOf(1n));
    });

    it("and then enters it: its messages, its transactions, or its end", async () => {
      const after = (chain: Chain, phase: Phase) => ({ ...state(), chain: encodeChain(chain), phase });
      for (const [fields, phase] of [
        [{}, Phase.Message],
        [{ messageCount: 42 }, Phase.Transaction],
        [{ messageCount: 42, transactionsLeft: 0 }, Phase.EndBlock],
      ] as const) {
        const chain = { ...inBlock, ...fields };
        const before = { ...after(chain, Phase.EnterBlock), overlay: new TestOverlay() };
        await expectStep(before, {}, after(chain, phase));
      }
    });
  });

  // ── ReadTransaction ─────────────────────────────────────────────────────────────────────────────────────────────────

  describe("reads a transaction", () => {
    const START = POSITION + 3;
    const listed = (length: number, bytes = length): Hex =>
      contentOf(concat([toHex(length, { size: 3 }), bytes === 0 ? "0x" : pad("0x02", { size: bytes, dir: "right" })]));
    const before = (stream: TestStream, fields: Chain = {}): Chain => ({
      ...inBlock,
      messageCount: 42,
      transactionsLeft: 2,
      position: POSITION,
      stream: keccak256(stream.encoded),
      ...fields,
    });
    const at = (phase: Phase, chain: Chain): ChainState => ({
      phase,
      chain: encodeChain(chain),
      block: encodeBlock(openBlock),
      stateRoot: parent.stateRoot,
    });
    const opens = (stream: TestStream, length = true): Opened => ({
      preimages: [stream.encoded],
      regions: length ? [stream.content.region(POSITION, 3)] : [],
    });
    const ended = (chain: Chain) => at(Phase.EndBlock, { ...chain, stream: 0, transactionsLeft: 0 });

    it("and takes its charge out of the bucket", async () => {
      for (const [length, charge] of [
        [65, 5_000n],
        [312, 5_000n],
        [313, 5_008n],
      ] as const) {
        const stream = streamOf(listed(length), { mode: 3 });
        const chain = before(stream, { gasLeft: charge });
        const after: ChainState = {
          ...at(Phase.CountTransaction, { ...chain, position: START + length, transactionsLeft: 1, gasLeft: 0 }),
          transaction: encodeTransaction({ rawRoot: stream.content.root, rawOffset: START, rawLength: length }),
        };
        await expectStep(at(Phase.Transaction, chain), opens(stream), after);
        await expectStep(at(Phase.ReadTransaction, chain), opens(stream), after);
      }
    });

    it("of at most 131,072 bytes", async () => {
      const length = 131_072;
      const stream = streamOf(listed(length, 0), { outputLength: START + length });
      const chain = before(stream);
      await expectStep(at(Phase.Transaction, chain), opens(stream), {
        ...at(Phase.CountTransaction, {
          ...chain,
          position: START + length,
          transactionsLeft: 1,
          gasLeft: 19_950_000n - 16n * 131_072n,
        }),
        transaction: encodeTransaction({ rawRoot: stream.content.root, rawOffset: START, rawLength: length }),
      });
    });

    it("unless the bucket has less than its charge: that ends the payload", async () => {
      for (const [length, charge] of [
        [65, 5_000n],
        [313, 5_008n],
      ] as const) {
        const stream = streamOf(listed(length), { mode: 3 });
        const chain = before(stream, { gasLeft: charge - 1n });
        await expectStep(at(Phase.Transaction, chain), opens(stream), ended(chain));
      }
    });

    it("unless it has a length that none may have: that ends the payload", async () => {
      for (const length of [0, 64, 131_073, 2 ** 24 - 1]) {
        // Nothing of the bytes is looked for.
        const stream = streamOf(listed(length, 0));
        const chain = before(stream);
        await expectStep(at(Phase.Transaction, chain), opens(stream), ended(chain));
      }
    });

    it("unless the payload ends within its length or its bytes", async () => {
      for (const length of [0, 2]) {
        const stream = streamOf(contentOf(length === 0 ? "0x" : "0x0000"), { mode: 3 });
        const chain = before(stream);
        await expectStep(at(Phase.Transaction, chain), opens(stream, false), ended(chain));
      }
      for (const bytes of [0, 64]) {
        const stream = streamOf(listed(65, bytes), { mode: 3 });
        const chain = before(stream);
        await expectStep(at(Phase.Transaction, chain), opens(stream), ended(chain));
      }
    });

    it("once as much is inflated, within 4 MiB", async () => {
      const modes = [Phase.InflateBlockHead, Phase.InflateStored, Phase.InflateSymbols];
      for (const [mode, phase] of modes.entries()) {
        for (const [content, needed] of [
          [contentOf("0x0000"), START],
          [listed(65, 64), START + 65],
        ] as const) {
          const stream = streamOf(content, { mode });
          const chain = before(stream);
          await expectStep(at(Phase.Transaction, chain), opens(stream, needed !== START), {
            ...at(phase, chain),
            pending: encodeInflate({ resume: Phase.ReadTransaction, needed }),
          });
        }
      }
      const stream = streamOf("0x00");
      const beyond = before(stream, { position: CONTENT_END - 2 });
      await expectStep(at(Phase.Transaction, beyond), opens(stream, false), ended(beyond));
    });

    it("of this payload and this place only", async () => {
      const stream = streamOf(listed(65), { mode: 3 });
      const state = at(Phase.Transaction, before(stream));
      const other = streamOf(listed(66), { mode: 3 });
      const honest = chainWitness(state, opens(stream));
      await refuses(state, { ...honest, preimages: [honest.preimages[0]!, other.encoded] }, "WrongPreimage");
      await refuses(state, { ...honest, preimages: honest.preimages.slice(0, 1) }, "WitnessTooShort");
      await refuses(state, { ...honest, regions: [other.content.region(POSITION, 3)] }, "RegionNotProven");
      await refuses(state, { ...honest, regions: [stream.content.region(64, 3)] }, "RegionNotProven");
    });

    it("in a chain only: without one it is not the block verifier's", async () => {
      const state: ChainState = { ...at(Phase.Transaction, {}), chain: "0x" };
      const verifier = fixture.verifiers.block;
      const alone = await fixture.ethers.getContractAt("BlockVerifier", await verifier.getAddress());
      const machine = chainWitness(state).machine;
      // The hash of a chain is the second word of a machine.
      const witness = {
        ...chainWitness(state),
        machine: concat([machine.slice(0, 66) as Hex, zeroHash, `0x${machine.slice(130)}`]),
      };
      await expect(alone.prove(keccak256(witness.machine), witness, input))
        .to.be.revertedWithCustomError(alone, "WrongPhase")
        .withArgs(Phase.Transaction);
    });
  });

  // ── CreditFees, SealBlock ───────────────────────────────────────────────────────────────────────────────────────────

  const BASE_FEE = 12_000_000n;
  const FLOOR = 10_000_000n;
  const done: BlockContext = {
    ...openBlock,
    baseFee: BASE_FEE,
    prevRandao: keccak256("0x06"),
    gasUsed: 700_000,
    transactionCount: 2,
    transactionsRoot: keccak256("0x07"),
    receiptsRoot: keccak256("0x08"),
    outcome: 1,
  };
  const atEnd: Chain = { ...inBlock, messageCount: 42, transactionsLeft: 0, depositGas: 200_000, gasLeft: 19_000_000n };
  const ending = (phase: Phase, block = done, chain = atEnd): ChainState => ({
    phase,
    chain: encodeChain(chain),
    block: encodeBlock(block),
    stateRoot: keccak256("0x09"),
  });

  describe("credits the fees of a block", () => {
    const vault = encodeAccount({ nonce: 1, balance: 5n });
    const credit = async (before: ChainState, amount: bigint) => {
      const state = { ...before, overlay: overlayOf([[{ owner: FEE_VAULT }, vault]]) };
      const { openings, after } = access(state.overlay, [
        [{ owner: FEE_VAULT }],
        [{ owner: FEE_VAULT }, encodeAccount({ nonce: 1, balance: 5n + amount, isDirty: true })],
      ]);
      await expectStep(state, { overlay: openings }, flushing({ ...state, overlay: after }, Phase.SealBlock));
    };

    it("the base fee for the gas of transactions, and its floor for that of deposits", async () => {
      await credit(ending(Phase.CreditFees), 500_000n * BASE_FEE + 200_000n * FLOOR);
      const price = 6_400_000_001n;
      await credit(
        ending(Phase.CreditFees, { ...done, dataPrice: price, baseFee: 200_000_000n }),
        500_000n * 200_000_000n + 200_000n * 100_000_001n,
      );
    });

    it("nothing if no gas was used, and touches nobody", async () => {
      const state = ending(Phase.EndBlock, { ...done, gasUsed: 0 }, { ...atEnd, depositGas: 0 });
      await expectStep(state, {}, flushing(state, Phase.SealBlock));
    });

    it("once the FeeVault is loaded", async () => {
      await expectFaults(ending(Phase.EndBlock), [[{ owner: FEE_VAULT }, vault]], Phase.CreditFees);
      await expectFaults(ending(Phase.CreditFees), [[{ owner: FEE_VAULT }, vault]]);
    });
  });

  describe("seals a block", () => {
    const ROOT = 0xabcdefn;
    const rootSlot: Key = { owner: OUTBOX, slot: 1n };
    const entriesOf = (root: bigint): readonly Access[] => [
      [{ owner: OUTBOX }, contract],
      [rootSlot, encodeSlot(root)],
    ];
    const seal = async (before: ChainState, root: bigint, fields: Partial<BlockHeader>, chain = atEnd) => {
      const state = { ...before, overlay: overlayOf(entriesOf(root)) };
      const { openings } = access(
        state.overlay,
        entriesOf(root).map(([key]) => [key]),
      );
      const header: BlockHeader = {
        parentHash: atEnd.blockHash as Hex,
        coinbase: FEE_VAULT,
        stateRoot: keccak256("0x09"),
        transactionsRoot: keccak256("0x07"),
        receiptsRoot: keccak256("0x08"),
        logsBloom: EMPTY_BLOOM,
        number: 8_201,
        gasLimit: 19_950_000n,
        gasUsed: 700_000n,
        gasCapacity: CAPACITY,
        gasPerSecond: SPEED,
        gasLevel: 19_000_000n,
        gasExcess: 40_000_000n,
        timestamp: L1_TIME + 2,
        prevRandao: keccak256("0x06"),
        baseFeePerGas: BASE_FEE,
        outboxRoot: toHex(root, { size: 32 }),
        ...fields,
      };
      const sealed = {
        blockHash: keccak256(rlpOf(header)),
        outboxRoot: toHex(root, { size: 32 }),
        batchCount: 7,
        messageCount: chain.messageCount!,
      };
      const isOver = (chain.stream ?? 0) === 0 && chain.messageCount === chain.messagesUpTo;
      const after: ChainState = isOver
        ? { phase: Phase.LoadBatch, chain: encodeState({ ...sealed, batchCount: 8 }) }
        : boundary(Phase.BeginBlock, {
            ...sealed,
            messagesUpTo: chain.messagesUpTo!,
            stream: chain.stream ?? 0,
            position: chain.position ?? 0,
          });
      await expectStep(state, { overlay: openings }, after);
    };

    it("by its header, and goes on with the next block while there are messages or a payload", async () => {
      await seal(ending(Phase.SealBlock), ROOT, {});
      const more = { ...atEnd, messageCount: 45, stream: keccak256("0x0a"), position: 300 };
      await seal(ending(Phase.SealBlock, done, more), ROOT, {}, more);
    });

    it("or with the next batch", async () => {
      const last = { ...atEnd, messageCount: 45, position: 300, blockCount: 9 };
      await seal(ending(Phase.SealBlock, done, last), ROOT, {}, last);
    });

    it("with the gas used as its limit where deposits used more", async () => {
      const gasUsed = 30_000_000n;
      await seal(ending(Phase.SealBlock, { ...done, gasUsed }), ROOT, { gasUsed, gasLimit: gasUsed });
    });

    it("with the Outbox root 0 where nothing was ever sent", async () => {
      await seal(ending(Phase.SealBlock), 0n, {});
    });

    it("once the Outbox and its root are loaded", async () => {
      await expectFaults(ending(Phase.SealBlock), entriesOf(ROOT));
    });

    it("with this block's bloom and no other", async () => {
      const state = { ...ending(Phase.SealBlock), overlay: overlayOf(entriesOf(ROOT)) };
      const { openings } = access(
        state.overlay,
        entriesOf(ROOT).map(([key]) => [key]),
      );
      const witness = chainWitness(state, { overlay: openings });
      await refuses(state, { ...witness, blockBloom: pad("0x01", { size: 256 }) }, "WrongPreimage");
      await refuses(state, { ...witness, blockContext: encodeBlock({ ...done, gasUsed: 0 }) }, "WrongPreimage");
      await refuses(state, { ...witness, preimages: [] }, "WitnessTooShort");
    });
  });
});
