import { expect } from "chai";
import { concat, keccak256, pad, size, zeroHash } from "viem";
import type { Hex } from "viem";
import { Phase } from "../../../src/machine/phase.ts";
import type { ScriptedInbox } from "../../../types/ethers-contracts/index.ts";
import { TestBuffer } from "./buffer.ts";
import {
  TestOverlay,
  access,
  boundary,
  chainStateHash,
  chainWitness,
  encodeAccount,
  encodeBlock,
  encodeChain,
  encodeContextBody,
  encodeDeposit,
  encodeDepositBody,
  encodeMessage,
  encodeResume,
  encodeSlot,
  encodeTransaction,
  faulted,
  flushing,
  words,
} from "./chain-scenario.ts";
import type { Access, BlockContext, Chain, ChainState, Key, Opened, Transaction } from "./chain-scenario.ts";
import { deployProver } from "./deploy-prover.ts";
import type { ProverFixture } from "./deploy-prover.ts";
import type { Witness } from "./scenario.ts";
import { MOST_CALLDATA, MOST_GAS } from "./step-bounds/step-meter.ts";

const INDEX = 40;
const CAPACITY = 60_000_000n;
const FLOOR = 10_000_000n;
const DEPOSIT_KIND = 0x7e;
const L1_CONTEXT = "0x4f6e650000000000000000000000000000000001";
const FEE_VAULT = "0x4f6e650000000000000000000000000000000003";
const SENDER = "0x00000000000000000000000000000000005e4de4";
const REFUND_TO = "0x000000000000000000000000000000000003ef04";
const TO = "0x0000000000000000000000000000000000007000";
const STATE_ROOT = keccak256("0x57");

const inBlock: Chain = {
  blockHash: keccak256("0x01"),
  batchCount: 7,
  messageCount: INDEX,
  messagesUpTo: 45,
  messagesEnd: 42,
  transactionsLeft: 1,
  messageWeight: CAPACITY,
  gasLeft: 20_000_000n,
  gasCapacity: CAPACITY,
};
const openBlock: BlockContext = {
  number: 8_201,
  coinbase: FEE_VAULT,
  gasLimit: 20_000_000n,
  baseFee: 12_000_000n,
  chainId: 4_242,
  blobBaseFee: 1,
};

describe("The message verifier", () => {
  let fixture: ProverFixture;
  let inbox: ScriptedInbox;
  let input: { inbox: string; target: bigint };

  before(async () => {
    fixture = await deployProver();
    inbox = await fixture.ethers.deployContract("ScriptedInbox", [4_242]);
    input = { inbox: await inbox.getAddress(), target: 100n };
  });

  const take = async (state: ChainState, witness: Witness, given = input): Promise<Hex> =>
    (await fixture.prover.start(chainStateHash(state), witness, given)) as Hex;
  const expectStep = async (before: ChainState, opened: Opened, after: ChainState): Promise<void> => {
    expect(await take(before, chainWitness(before, opened))).to.equal(chainStateHash(after));
  };
  const refuses = async (state: ChainState, witness: Witness, error: string, given = input): Promise<void> => {
    const contract = await fixture.ethers.getContractAt("MessageVerifier", await fixture.prover.getAddress());
    await expect(take(state, witness, given)).to.be.revertedWithCustomError(contract, error);
  };
  const overlayOf = (entries: readonly Access[], count = entries.length): TestOverlay =>
    entries.slice(0, count).reduce((overlay, [key, value]) => overlay.with(key, value!), new TestOverlay());
  /** A step that makes these accesses of an overlay with these entries. */
  const withOverlay = (
    state: ChainState,
    entries: readonly Access[],
    accesses: readonly Access[],
  ): { before: ChainState; openings: Opened["overlay"] & {}; overlay: TestOverlay } => {
    const overlay = overlayOf(entries);
    const { openings, after } = access(overlay, accesses);
    return { before: { ...state, overlay }, openings, overlay: after };
  };
  /** A step that needs these entries, one after the other, where the overlay has ever more of them. */
  const expectFaults = async (state: ChainState, entries: readonly Access[], preimages: readonly Hex[]) => {
    for (const count of entries.keys()) {
      const before = { ...state, overlay: overlayOf(entries, count) };
      const { openings } = access(
        before.overlay,
        entries.slice(0, count + 1).map(([key]) => [key]),
      );
      await expectStep(before, { preimages, overlay: openings }, faulted(before, entries[count]![0]));
    }
  };
  const at = (phase: Phase, chain: Chain, fields: Partial<ChainState> = {}): ChainState => ({
    ...boundary(phase, chain),
    block: encodeBlock(openBlock),
    stateRoot: STATE_ROOT,
    ...fields,
  });

  // ── start ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  const depositOf = (fields: { gasLimit?: bigint; data?: Hex; mint?: bigint } = {}) => {
    const { gasLimit = 100_000n, data = "0x0100ff", mint = 9n } = fields;
    const body = { sender: SENDER, to: TO, mint, value: 5n, gasLimit, refundTo: REFUND_TO } as const;
    const encodedBody = encodeDepositBody({ ...body, dataHash: keccak256(data) });
    const message = encodeMessage({
      index: INDEX,
      enqueuedAt: 1_700_000_000,
      kind: 0,
      bodyHash: keccak256(encodedBody),
    });
    const buffer = new TestBuffer(data);
    const length = (data.length - 2) / 2;
    return {
      message,
      body: encodedBody,
      data,
      opened: { preimages: [message, encodedBody, data] },
      /** As the start of the message makes it. */
      transaction: {
        transactionHash: keccak256(message),
        kind: DEPOSIT_KIND,
        gasLimit,
        to: TO,
        value: 5n,
        sender: SENDER,
        ...(length === 0 ? {} : { dataRoot: buffer.root, dataLength: length }),
      } as const,
      underway: encodeDeposit({ mint, refundTo: REFUND_TO }),
    };
  };
  const contextBody = encodeContextBody({
    number: 17,
    timestamp: 1_700_000_001,
    baseFee: 3_000_000_000n,
    blobBaseFee: 70n,
    parentHash: keccak256("0x99"),
  });
  const contextMessage = encodeMessage({
    index: INDEX,
    enqueuedAt: 1_700_000_000,
    kind: 1,
    bodyHash: keccak256(contextBody),
  });

  describe("begins a message", () => {
    it("a deposit as a transaction that nobody has signed", async () => {
      for (const fields of [{}, { data: "0x" as Hex }, { data: pad("0x01", { size: 1_000 }) }, { gasLimit: 0n }]) {
        const { message, opened, transaction, underway } = depositOf(fields);
        await inbox.setMessage(INDEX, keccak256(message));
        const { gasLimit = 100_000n, data = "0x" } = fields as { gasLimit?: bigint; data?: Hex };
        const charge = data.length > 2_000 ? 16_000n : 5_000n;
        const weight = gasLimit > charge ? gasLimit : charge;
        await expectStep(
          at(Phase.Message, inBlock),
          opened,
          at(
            Phase.CountCalldata,
            { ...inBlock, messageWeight: CAPACITY - weight, message: keccak256(underway) },
            { transaction: encodeTransaction(transaction) },
          ),
        );
      }
    });

    it("a deposit with 65,536 bytes of data, within the bounds of a step", async () => {
      const { message, opened, transaction, underway } = depositOf({ data: `0x${"a5".repeat(65_536)}` });
      await inbox.setMessage(INDEX, keccak256(message));
      const before = at(Phase.Message, inBlock);
      await expectStep(
        before,
        opened,
        at(
          Phase.CountCalldata,
          { ...inBlock, messageWeight: CAPACITY - 16n * 65_536n, message: keccak256(underway) },
          { transaction: encodeTransaction(transaction) },
        ),
      );
      const call: [Hex, Witness, typeof input] = [chainStateHash(before), chainWitness(before, opened), input];
      const calldata = fixture.prover.interface.encodeFunctionData("start", call);
      expect(size(calldata as Hex)).to.be.lessThan(MOST_CALLDATA);
      expect(Number(await fixture.prover.start.estimateGas(...call))).to.be.lessThan(MOST_GAS);
    });

    it("a context", async () => {
      await inbox.setMessage(INDEX, keccak256(contextMessage));
      await expectStep(
        at(Phase.Message, inBlock),
        { preimages: [contextMessage, contextBody] },
        at(Phase.WriteContext, { ...inBlock, messageWeight: CAPACITY - 5_000n, message: keccak256(contextBody) }),
      );
    });

    it("that weighs exactly what its block may still consume, and ends the messages before one that weighs more", async () => {
      const cases = [
        [depositOf({ gasLimit: 2n ** 24n }).message, depositOf({ gasLimit: 2n ** 24n }).opened, 2n ** 24n],
        [depositOf({ gasLimit: 5_001n }).message, depositOf({ gasLimit: 5_001n }).opened, 5_001n],
        [depositOf({ gasLimit: 0n }).message, depositOf({ gasLimit: 0n }).opened, 5_000n],
        [contextMessage, { preimages: [contextMessage, contextBody] }, 5_000n],
      ] as const;
      for (const [message, opened, weight] of cases) {
        await inbox.setMessage(INDEX, keccak256(message));
        const tight = at(Phase.Message, { ...inBlock, messageWeight: weight - 1n });
        await expectStep(
          tight,
          opened,
          at(Phase.Transaction, { ...inBlock, messageWeight: weight - 1n, messagesEnd: INDEX }),
        );
        const ending = { ...inBlock, messageWeight: weight - 1n, transactionsLeft: 0 };
        await expectStep(at(Phase.Message, ending), opened, at(Phase.EndBlock, { ...ending, messagesEnd: INDEX }));
        const fitting = at(Phase.Message, { ...inBlock, messageWeight: weight });
        const after = await take(fitting, chainWitness(fitting, opened));
        const phase = opened.preimages.length === 3 ? Phase.CountCalldata : Phase.WriteContext;
        const { underway, transaction } = depositOf({ gasLimit: weight === 5_000n ? 0n : weight });
        const taken = at(
          phase,
          {
            ...inBlock,
            messageWeight: 0,
            message: phase === Phase.WriteContext ? keccak256(contextBody) : keccak256(underway),
          },
          phase === Phase.WriteContext ? {} : { transaction: encodeTransaction(transaction) },
        );
        expect(after).to.equal(chainStateHash(taken));
      }
    });

    it("of this Inbox and this index, with this body and this data", async () => {
      const deposit = depositOf();
      await inbox.setMessage(INDEX, keccak256(deposit.message));
      await inbox.setMessage(INDEX + 1, keccak256(contextMessage));
      const state = at(Phase.Message, inBlock);
      const honest = chainWitness(state, deposit.opened);
      const chain = honest.preimages[0]!;
      const other = depositOf({ mint: 10n, data: "0x01" });
      for (const preimages of [
        [chain, contextMessage, contextBody],
        [chain, other.message, other.body, other.data],
        [chain, deposit.message, other.body, other.data],
        [chain, deposit.message, deposit.body, other.data],
        [chain, deposit.message, deposit.data, deposit.body],
        [chain, deposit.body, deposit.data],
        [deposit.message, deposit.body, deposit.data],
      ]) {
        await refuses(state, { ...honest, preimages }, "WrongPreimage");
      }
      for (let length = 0; length < 4; length++)
        await refuses(state, { ...honest, preimages: honest.preimages.slice(0, length) }, "WitnessTooShort");

      const elsewhere = await fixture.ethers.deployContract("ScriptedInbox", [4_242]);
      await elsewhere.setMessage(INDEX, keccak256(other.message));
      await refuses(state, honest, "WrongPreimage", { ...input, inbox: await elsewhere.getAddress() });
      // Not posted yet.
      const next = at(Phase.Message, { ...inBlock, messageCount: 41, messagesEnd: 42 });
      await refuses(next, chainWitness(next, deposit.opened), "WrongPreimage");
    });
  });

  it("counts the data of a deposit before it mints", async () => {
    const { transaction, data } = depositOf();
    const buffer = new TestBuffer(data);
    await expectStep(
      at(Phase.CountCalldata, inBlock, { transaction: encodeTransaction(transaction) }),
      { regions: [buffer.region(0, 3)] },
      at(Phase.Mint, inBlock, { transaction: encodeTransaction({ ...transaction, dataTokens: 9 }) }),
    );
    const empty = depositOf({ data: "0x" }).transaction;
    const before = at(Phase.CountCalldata, inBlock, { transaction: encodeTransaction(empty) });
    await expectStep(before, {}, { ...before, phase: Phase.Mint });
  });

  // ── Mint, Refund ────────────────────────────────────────────────────────────────────────────────────────────────────

  const minting = (mint: bigint, fields: Transaction = {}, block = openBlock) => {
    const deposit = encodeDeposit({ mint, refundTo: REFUND_TO });
    const transaction: Transaction = { ...depositOf({ mint }).transaction, dataTokens: 9, ...fields };
    const state = at(
      Phase.Mint,
      { ...inBlock, message: keccak256(deposit) },
      {
        transaction: encodeTransaction(transaction),
        block: encodeBlock(block),
      },
    );
    return { deposit, transaction, state };
  };
  const sender: Key = { owner: SENDER };

  describe("mints", () => {
    it("what a deposit brings, and takes down what the sender had, its nonce and the floor of the base fee", async () => {
      const price = 6_400_000_001n;
      for (const [gasLimit, dataPrice, floor, status, next] of [
        [100_000n, 0n, FLOOR, 0, Phase.Validate],
        [100_000n, price, 100_000_001n, 0, Phase.Validate],
        [0n, 0n, FLOOR, 1, Phase.Refund],
      ] as const) {
        const { deposit, transaction, state } = minting(9n, { gasLimit }, { ...openBlock, dataPrice });
        const { before, openings, overlay } = withOverlay(
          state,
          [[sender, encodeAccount({ nonce: 3, balance: 70n })]],
          [[sender], [sender, encodeAccount({ nonce: 3, balance: 79n, isDirty: true })]],
        );
        const after = {
          ...before,
          phase: next,
          overlay,
          chain: encodeChain({
            ...inBlock,
            message: keccak256(encodeDeposit({ mint: 9n, refundTo: REFUND_TO, balanceBefore: 70n })),
          }),
          transaction: encodeTransaction({ ...transaction, nonce: 3, maxFeePerGas: floor, status }),
        };
        await expectStep(before, { preimages: [deposit], overlay: openings }, after);
      }
    });

    it("nothing if nothing was brought, and touches nobody", async () => {
      const { deposit, transaction, state } = minting(0n);
      const { before, openings } = withOverlay(state, [[sender, encodeAccount({ balance: 70n })]], [[sender]]);
      await expectStep(
        before,
        { preimages: [deposit], overlay: openings },
        {
          ...before,
          phase: Phase.Validate,
          chain: encodeChain({
            ...inBlock,
            message: keccak256(encodeDeposit({ refundTo: REFUND_TO, balanceBefore: 70n })),
          }),
          transaction: encodeTransaction({ ...transaction, maxFeePerGas: FLOOR }),
        },
      );
    });

    it("once the sender is loaded", async () => {
      const { deposit, state } = minting(9n);
      await expectFaults(state, [[sender, encodeAccount({})]], [deposit]);
    });

    it("for this deposit and no other", async () => {
      const { state } = minting(9n);
      const { before, openings } = withOverlay(state, [[sender, encodeAccount({})]], [[sender], [sender, "0x"]]);
      const more = encodeDeposit({ mint: 10n, refundTo: REFUND_TO });
      await refuses(before, chainWitness(before, { preimages: [more], overlay: openings }), "WrongPreimage");
      await refuses(before, chainWitness(before, { overlay: openings }), "WitnessTooShort");
    });
  });

  describe("refunds", () => {
    const refundTo: Key = { owner: REFUND_TO };
    const refunding = (mint: bigint, balanceBefore: bigint, to: Hex = REFUND_TO) => {
      const deposit = encodeDeposit({ mint, refundTo: to, balanceBefore });
      const { transaction } = depositOf();
      const state = at(
        Phase.Refund,
        { ...inBlock, message: keccak256(deposit) },
        {
          transaction: encodeTransaction(transaction),
          logsHash: keccak256("0x77"),
          refund: 4_800n,
        },
      );
      return { deposit, state, chain: encodeChain({ ...inBlock, message: zeroHash }) };
    };

    it("what is left of the mint, and never what the sender had before", async () => {
      for (const [mint, before, now, left] of [
        [9n, 70n, 79n, 9n],
        [9n, 70n, 73n, 3n],
        // More than before for another reason than the mint.
        [9n, 70n, 100n, 9n],
      ] as const) {
        const { deposit, state, chain } = refunding(mint, before);
        const entries: Access[] = [
          [sender, encodeAccount({ balance: now, nonce: 1 })],
          [refundTo, encodeAccount({ balance: 1_000n })],
        ];
        const step = withOverlay(state, entries, [
          [sender],
          [refundTo],
          [sender, encodeAccount({ balance: now - left, nonce: 1, isDirty: true })],
          [refundTo, encodeAccount({ balance: 1_000n + left, isDirty: true })],
        ]);
        await expectStep(
          step.before,
          { preimages: [deposit], overlay: step.openings },
          { ...step.before, phase: Phase.Flush, chain, overlay: step.overlay },
        );
      }
    });

    it("nothing if nothing is left, or if the sender is who gets it", async () => {
      for (const [mint, before, now, to] of [
        [9n, 70n, 70n, REFUND_TO],
        [9n, 70n, 12n, REFUND_TO],
        [0n, 70n, 100n, REFUND_TO],
        [9n, 70n, 79n, SENDER],
      ] as const) {
        const { deposit, state, chain } = refunding(mint, before, to);
        const step = withOverlay(state, [[sender, encodeAccount({ balance: now })]], [[sender]]);
        await expectStep(
          step.before,
          { preimages: [deposit], overlay: step.openings },
          { ...step.before, phase: Phase.Flush, chain },
        );
      }
    });

    it("once the sender and who gets it are loaded", async () => {
      const { deposit, state } = refunding(9n, 0n);
      await expectFaults(
        state,
        [
          [sender, encodeAccount({ balance: 9n })],
          [refundTo, encodeAccount({})],
        ],
        [deposit],
      );
    });

    it("whom this deposit names and nobody else", async () => {
      const { state } = refunding(9n, 0n);
      const step = withOverlay(state, [[sender, encodeAccount({ balance: 9n })]], [[sender]]);
      const other = encodeDeposit({ mint: 9n, refundTo: SENDER });
      await refuses(
        step.before,
        chainWitness(step.before, { preimages: [other], overlay: step.openings }),
        "WrongPreimage",
      );
    });
  });

  // ── A deposit among the steps of transactions ───────────────────────────────────────────────────────────────────────

  describe("leaves a deposit to the steps of transactions", () => {
    const price = 10_000_000n;
    const deposited = (fields: Transaction = {}): Transaction => ({
      ...depositOf().transaction,
      dataTokens: 9,
      nonce: 3,
      maxFeePerGas: price,
      ...fields,
    });
    /** With a bucket and a block that have nothing left, and a base fee above what it pays. */
    const poor: Chain = { ...inBlock, gasLeft: 0 };
    const full: BlockContext = { ...openBlock, gasLimit: 100, gasUsed: 1_000_000 };
    const validating = (fields: Transaction = {}): ChainState =>
      at(Phase.Validate, poor, { transaction: encodeTransaction(deposited(fields)), block: encodeBlock(full) });
    const balance = 100_000n * price + 5n;

    it("which validate it without a look at base fee and bucket", async () => {
      const entries: Access[] = [[sender, encodeAccount({ nonce: 3, balance })]];
      const { before, openings } = withOverlay(validating(), entries, [[sender]]);
      const valid = deposited({ gasPrice: price, intrinsicGas: 21_036, floorGas: 21_090 });
      await expectStep(
        before,
        { overlay: openings },
        { ...before, phase: Phase.BuyGas, transaction: encodeTransaction(valid) },
      );
    });

    it("which pass it on as it is if it is not valid, to be refunded", async () => {
      for (const [fields, account] of [
        [{}, { nonce: 3, balance: balance - 1n }],
        [{ nonce: 2 }, { nonce: 3, balance }],
        [{ gasLimit: 21_089n }, { nonce: 3, balance }],
        [{}, { nonce: 3, balance, codeHash: keccak256("0xfe"), codeLength: 1 }],
        [{ nonce: 2n ** 64n - 1n }, { nonce: 2n ** 64n - 1n, balance }],
        [{ value: 2n ** 256n - 1n }, { nonce: 3, balance: 2n ** 256n - 1n }],
      ] as const) {
        const { before, openings } = withOverlay(validating(fields), [[sender, encodeAccount(account)]], [[sender]]);
        await expectStep(before, { overlay: openings }, { ...before, phase: Phase.Refund });
      }
    });

    it("which settle it without a tip and come back for the refund", async () => {
      const coinbase: Key = { owner: FEE_VAULT };
      const ran = deposited({ gasPrice: price, intrinsicGas: 21_036, floorGas: 21_090, gas: 50_000, status: 1 });
      const state = at(Phase.Settle, inBlock, { transaction: encodeTransaction(ran) });
      const { before, openings, overlay } = withOverlay(
        state,
        [
          [sender, encodeAccount({ nonce: 4, balance: 7n })],
          [coinbase, encodeAccount({ balance: 8n })],
        ],
        [
          [sender, encodeAccount({ nonce: 4, balance: 7n + 50_000n * price, isDirty: true })],
          [coinbase, encodeAccount({ balance: 8n, isDirty: true })],
        ],
      );
      const settled = encodeTransaction({ ...ran, gasUsed: 50_000 });
      await expectStep(
        before,
        { overlay: openings },
        flushing({ ...before, overlay, transaction: settled }, Phase.Refund),
      );
    });

    it("which empty the overlay behind it, and keep its logs", async () => {
      const flushed = overlayOf([[sender, encodeAccount({ balance: 7n })]]).flushed();
      const state = at(Phase.Flush, inBlock, {
        transaction: encodeTransaction(deposited()),
        pending: encodeResume({ resume: Phase.Refund }),
        overlay: flushed,
        logsHash: keccak256("0x77"),
        refund: 4_800n,
      });
      await expectStep(state, {}, { ...state, phase: Phase.Refund, pending: undefined, overlay: new TestOverlay() });
      const other = encodeResume({ resume: Phase.EndTransaction });
      await refuses(state, { ...chainWitness(state), pending: other }, "WrongPreimage");
      // The end of a transaction, as ever.
      const last = { ...state, pending: undefined };
      await expectStep(last, {}, { ...last, phase: Phase.EndTransaction });
    });

    it("which write what is left in the overlay first", async () => {
      const state = at(Phase.Flush, inBlock, {
        transaction: encodeTransaction(deposited()),
        pending: encodeResume({ resume: Phase.Refund }),
        overlay: overlayOf([[sender, encodeAccount({ balance: 7n })]]),
      });
      const { openings } = access(state.overlay!, [[sender]]);
      await expectStep(state, { overlay: openings }, { ...state, overlay: state.overlay!.flushed() });
    });

    const receiptOf = (fields: { hash: Hex; status: number; cumulative: bigint }): Hex =>
      keccak256(words([fields.hash, fields.status, fields.cumulative, keccak256("0x77")]));

    it("which count its gas apart, and it among the messages", async () => {
      for (const [gasUsed, status] of [
        [50_000n, 1],
        [0n, 0],
      ] as const) {
        const ran = deposited({ gasUsed, status });
        const chain: Chain = { ...inBlock, depositGas: 30_000 };
        const block: BlockContext = { ...openBlock, gasUsed: 30_000 };
        const state = at(Phase.EndTransaction, chain, {
          transaction: encodeTransaction(ran),
          block: encodeBlock(block),
          logsHash: keccak256("0x77"),
          refund: 4_800n,
        });
        const hash = depositOf().transaction.transactionHash;
        const after = at(
          Phase.Message,
          { ...chain, depositGas: 30_000n + gasUsed, messageCount: INDEX + 1 },
          {
            block: encodeBlock({
              ...block,
              gasUsed: 30_000n + gasUsed,
              transactionCount: 1,
              transactionsRoot: hash,
              receiptsRoot: receiptOf({ hash, status, cumulative: 30_000n + gasUsed }),
              outcome: 1,
            }),
          },
        );
        await expectStep(state, { appends: [[], []] }, after);
      }
    });

    it("which take what a signed transaction used beyond its charge out of the bucket", async () => {
      for (const [gasUsed, length, taken] of [
        [50_000n, 100, 45_000n],
        [5_000n, 100, 0n],
        [21_000n, 2_000, 0n],
        [50_000n, 2_000, 18_000n],
      ] as const) {
        const chain: Chain = { ...inBlock, messageCount: 42, transactionsLeft: 0 };
        const hash = keccak256("0x66");
        const transaction = encodeTransaction({
          transactionHash: hash,
          kind: 2,
          rawRoot: keccak256("0x65"),
          rawLength: length,
          gasUsed,
          status: 1,
        });
        const state = at(Phase.EndTransaction, chain, { transaction, logsHash: keccak256("0x77") });
        const after = at(
          Phase.EndBlock,
          { ...chain, gasLeft: 20_000_000n - taken },
          {
            block: encodeBlock({
              ...openBlock,
              gasUsed,
              transactionCount: 1,
              transactionsRoot: hash,
              receiptsRoot: receiptOf({ hash, status: 1, cumulative: gasUsed }),
              outcome: 1,
            }),
          },
        );
        await expectStep(state, { appends: [[], []] }, after);
      }
    });

    it("which let a signed transaction have what the bucket has and its charge, and skip it if it wants more", async () => {
      const length = 1_000;
      const fields = {
        kind: 2,
        rawRoot: keccak256("0x65"),
        rawLength: length,
        maxPriorityFeePerGas: 1n,
        maxFeePerGas: 13_000_000n,
        to: TO,
        sender: SENDER,
      } as const;
      const chain: Chain = { ...inBlock, messageCount: 42, gasLeft: 84_000n };
      const entries: Access[] = [[sender, encodeAccount({ balance: 10n ** 18n })]];
      const validatingSigned = (gasLimit: bigint, more: Transaction = {}) =>
        withOverlay(
          at(Phase.Validate, chain, { transaction: encodeTransaction({ ...fields, gasLimit, ...more }) }),
          entries,
          [[sender]],
        );
      const most = validatingSigned(100_000n);
      await expectStep(
        most.before,
        { overlay: most.openings },
        {
          ...most.before,
          phase: Phase.BuyGas,
          transaction: encodeTransaction({
            ...fields,
            gasLimit: 100_000n,
            gasPrice: 12_000_001n,
            intrinsicGas: 21_000,
            floorGas: 21_000,
          }),
        },
      );
      const skipped = at(Phase.Transaction, chain, { block: encodeBlock({ ...openBlock, outcome: 2 }) });
      for (const wrong of [validatingSigned(100_001n), validatingSigned(100_000n, { maxFeePerGas: 11_999_999n })])
        await expectStep(wrong.before, { overlay: wrong.openings }, skipped);
      const other = encodeChain({ ...chain, gasLeft: 10n ** 9n });
      const greedy = validatingSigned(100_001n);
      const witness = chainWitness(greedy.before, { overlay: greedy.openings });
      await refuses(greedy.before, { ...witness, preimages: [other] }, "WrongPreimage");
    });

    it("which go on in the block where they skip a transaction", async () => {
      // A first byte that begins no transaction.
      const raw = new TestBuffer(concat(["0x05", pad("0x", { size: 99 })]));
      const chain: Chain = { ...inBlock, messageCount: 42, transactionsLeft: 0 };
      const state = at(Phase.DecodeHeader, chain, {
        transaction: encodeTransaction({ rawRoot: raw.root, rawLength: 100, tokens: 103 }),
        pending: words([keccak256("0x66"), zeroHash]),
      });
      const after = at(Phase.EndBlock, chain, { block: encodeBlock({ ...openBlock, outcome: 2 }) });
      await expectStep(state, { regions: [raw.region(0, 100)] }, after);
      await refuses(
        state,
        { ...chainWitness(state, { regions: [raw.region(0, 100)] }), preimages: [] },
        "WitnessTooShort",
      );
    });
  });

  // ── Context ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("writes a context", () => {
    const account: Access = [
      { owner: L1_CONTEXT },
      encodeAccount({ nonce: 1, codeHash: keccak256("0xfe"), codeLength: 1 }),
    ];
    const values = [17n, 1_700_000_001n, 3_000_000_000n, 70n, BigInt(keccak256("0x99"))];
    const slots: readonly Access[] = values.map((_, index) => [
      { owner: L1_CONTEXT, slot: BigInt(index) },
      encodeSlot(BigInt(100 + index)),
    ]);
    const state = at(Phase.WriteContext, { ...inBlock, message: keccak256(contextBody) });

    it("into the five slots of L1Context", async () => {
      const { before, openings, overlay } = withOverlay(
        state,
        [account, ...slots],
        [
          [account[0]],
          ...slots.map(([key]) => [key] as const),
          ...slots.map(([key], index) => [key, encodeSlot(BigInt(100 + index), values[index])] as const),
        ],
      );
      await expectStep(
        before,
        { preimages: [contextBody], overlay: openings },
        flushing({ ...before, overlay }, Phase.EndMessage),
      );
      const other = encodeContextBody({ number: 18 });
      await refuses(before, chainWitness(before, { preimages: [other], overlay: openings }), "WrongPreimage");
      await refuses(before, chainWitness(before, { overlay: openings }), "WitnessTooShort");
      const swapped = [...openings.slice(0, 6), ...openings.slice(6).toReversed()];
      await refuses(before, chainWitness(before, { preimages: [contextBody], overlay: swapped }), "OpeningNotProven");
    });

    it("once the account and its slots are loaded, in this order", async () => {
      await expectFaults(state, [account, ...slots], [contextBody]);
    });

    it("and goes on with the next message, the transactions, or the end of the block", async () => {
      for (const [fields, phase] of [
        [{}, Phase.Message],
        [{ messagesEnd: INDEX + 1 }, Phase.Transaction],
        [{ messagesEnd: INDEX + 1, transactionsLeft: 0 }, Phase.EndBlock],
      ] as const) {
        const chain = { ...inBlock, ...fields };
        await expectStep(
          at(Phase.EndMessage, { ...chain, message: keccak256(contextBody) }),
          {},
          at(phase, { ...chain, messageCount: INDEX + 1 }),
        );
      }
    });
  });

  it("takes no phase of another verifier", async () => {
    const verifier = await fixture.ethers.getContractAt(
      "MessageVerifier",
      await fixture.verifiers.message.getAddress(),
    );
    for (const phase of [Phase.BeginBlock, Phase.Transaction, Phase.Flush, Phase.CreditFees]) {
      const state = at(phase, inBlock);
      await expect(verifier.prove(chainStateHash(state), chainWitness(state), input))
        .to.be.revertedWithCustomError(verifier, "WrongPhase")
        .withArgs(phase);
    }
  });
});
