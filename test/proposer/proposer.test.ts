import { expect } from "chai";
import { decodeFunctionData, encodeErrorResult, encodeFunctionData } from "viem";
import { createBatcher } from "../../src/batcher/index.ts";
import type { Batcher } from "../../src/batcher/index.ts";
import { createOwnTraces } from "../../src/claims/index.ts";
import type { ClaimedState, TraceEnd, WrongClaim } from "../../src/claims/index.ts";
import { createTransactionManager, inboxAbi, stateCommitmentChainAbi } from "../../src/l1/index.ts";
import type { TransactionManager } from "../../src/l1/index.ts";
import { hexToBytes, ZERO_ADDRESS, ZERO_HASH } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { createProposer, ProposerError } from "../../src/proposer/index.ts";
import type { Proposer, ProposerOptions } from "../../src/proposer/index.ts";
import { claimId, stateHash } from "../../src/rollup/index.ts";
import { createRollupFixture, DAY, HOUR, OPERATOR_KEY, OTHER_KEY } from "../batcher/rollup-fixture.ts";
import type { RollupFixture } from "../batcher/rollup-fixture.ts";
import { encodeProposal } from "../claims/proposal-call.ts";
import { addressOf, createTestInstruments, KEYS } from "../l1-transactions/l1-fixture.ts";
import { createTestDisk, Killed } from "../l1-transactions/memory-record-store.ts";
import type { TestDisk } from "../l1-transactions/memory-record-store.ts";

const PROPOSER_KEY = OTHER_KEY;
const PROPOSER = addressOf(PROPOSER_KEY);
const RIVAL_KEY = KEYS[2]!;
/** Of the trace of a claim. */
const HEIGHT = 32;

describe("proposer", () => {
  let rollup: RollupFixture;
  let batcher: Batcher;
  let operatorTransactions: TransactionManager;
  let disk: TestDisk;
  let transactionDisk: TestDisk;
  let transactions: TransactionManager;

  const createManager = (privateKey: `0x${string}`, on: TestDisk, kill?: Parameters<TestDisk["open"]>[0]) =>
    createTransactionManager(
      {
        client: rollup.l1.client,
        chainId: 31337,
        privateKey,
        records: on.open(kill),
        abis: [stateCommitmentChainAbi, inboxAbi],
      },
      createTestInstruments(),
    );

  async function begin(parameters: Parameters<typeof createRollupFixture>[0] = {}): Promise<void> {
    rollup = await createRollupFixture(parameters);
    disk = createTestDisk();
    transactionDisk = createTestDisk();
    operatorTransactions = await createManager(OPERATOR_KEY, createTestDisk());
    batcher = createBatcher(
      {
        chain: rollup.chain,
        client: rollup.l1.client,
        transactions: operatorTransactions,
        records: createTestDisk().open(),
        dataKind: "calldata",
      },
      createTestInstruments(),
    );
  }

  beforeEach(() => begin());
  afterEach(() => rollup.close());

  /** A proposer with a transaction manager of its own, as a process has them. */
  async function open(
    options: Partial<ProposerOptions> = {},
    kill?: Parameters<TestDisk["open"]>[0],
    killManager?: Parameters<TestDisk["open"]>[0],
  ): Promise<Proposer> {
    transactions = await createManager(PROPOSER_KEY, transactionDisk, killManager);
    return createProposer(
      {
        chain: rollup.chain,
        client: rollup.l1.client,
        traces: rollup.traces,
        transactions,
        records: disk.open(kill),
        interval: 0,
        ...options,
      },
      createTestInstruments(),
    );
  }

  /** An L2 block in a batch of its own, derived, in an L1 block that is not the head. */
  async function postBatch(): Promise<void> {
    await rollup.addBlock();
    const step = await batcher.postNow();
    if (step.kind !== "posted") throw new Error(`no batch was posted: ${JSON.stringify(step)}`);
    await operatorTransactions.step();
    await rollup.l1.mine();
    await rollup.follow();
  }

  /** Steps until nothing is sent any more; gives what the steps came to. */
  async function run(proposer: Proposer): Promise<string[]> {
    const kinds: string[] = [];
    for (;;) {
      const { kind } = await proposer.step();
      kinds.push(kind);
      await transactions.step();
      if (
        kind !== "proposed" &&
        kind !== "confirming" &&
        kind !== "withdrawing-bond" &&
        kind !== "waiting-for-transaction"
      )
        return kinds;
    }
  }

  const address = () => rollup.config.contracts.stateCommitmentChain;
  const readClaim = (id: Hash) =>
    rollup.l1.client.readContract({
      address: address(),
      abi: stateCommitmentChainAbi,
      functionName: "claim",
      args: [id],
    });
  const latestConfirmed = () =>
    rollup.l1.client.readContract({
      address: address(),
      abi: stateCommitmentChainAbi,
      functionName: "latestConfirmed",
    });
  const claimCount = async () =>
    (
      await rollup.l1.client.getContractEvents({
        address: address(),
        abi: stateCommitmentChainAbi,
        eventName: "ClaimProposed",
        fromBlock: 0n,
      })
    ).length;

  function ownState(batchCount: number): ClaimedState {
    const derived = rollup.chain.store.getDerivedBatch(batchCount - 1)!;
    return {
      blockHash: derived.lastBlockHash,
      outboxRoot: derived.outboxRoot,
      batchCount,
      messageCount: derived.nextMessage,
    };
  }
  const ownHash = (batchCount: number): Hash => stateHash(ownState(batchCount));

  /** The node's own trace of the batches of a claim. */
  const ownTrace = async (fromBatch: number, toBatch: number): Promise<TraceEnd> =>
    (await createOwnTraces(rollup.traces, HEIGHT).endOf({ fromBatch, toBatch }))!;
  /** The right claim on a parent: of the batches from `fromBatch` to before `toBatch`. */
  const ownClaim = async (parentId: Hash, fromBatch: number, toBatch: number): Promise<Hash> =>
    claimId(parentId, ownHash(toBatch), (await ownTrace(fromBatch, toBatch)).root);

  function genesisClaim(): Hash {
    return claimId(
      ZERO_HASH,
      stateHash({ blockHash: rollup.config.genesisHash, outboxRoot: ZERO_HASH, batchCount: 0, messageCount: 0 }),
      ZERO_HASH,
    );
  }

  /** Proposes from another account, whatever it is, by any trace unless one is given. */
  async function proposeRival(parentId: Hash, state: ClaimedState, siblings?: readonly Hash[]): Promise<void> {
    const manager = await createManager(RIVAL_KEY, createTestDisk());
    await manager.submit({
      purpose: "rival",
      to: address(),
      data: await encodeProposal(rollup.l1.client, parentId, state, siblings),
      value: rollup.config.parameters.claimBond,
    });
    await manager.step();
    if (manager.status("rival")?.kind !== "succeeded") throw new Error("the rival claim was refused");
  }

  async function pass(seconds: number): Promise<void> {
    await rollup.l1.increaseTime(seconds);
    await rollup.l1.mine();
  }

  describe("proposing", () => {
    it("claims the state after the batches the parent fixed", async () => {
      const proposer = await open();
      expect((await proposer.step()).kind).to.equal("waiting-for-batches");
      await postBatch();
      expect(await run(proposer)).to.eql(["proposed", "waiting-for-batches"]);
      const id = await ownClaim(genesisClaim(), 0, 1);
      expect(proposer.tip()).to.eql({
        claimId: id,
        parentId: genesisClaim(),
        stateHash: ownHash(1),
        traceRoot: (await ownTrace(0, 1)).root,
        batchCount: 1,
      });
      expect((await readClaim(id)).proposer.toLowerCase()).to.equal(PROPOSER);
    });

    it("builds claim on claim, each over all batches there were when its parent was proposed", async () => {
      const proposer = await open();
      await postBatch();
      await run(proposer);
      for (let i = 0; i < 3; i++) await postBatch();
      expect((await proposer.step()).kind).to.equal("proposed");
      await transactions.step();
      const second = await ownClaim(await ownClaim(genesisClaim(), 0, 1), 1, 2);
      expect((await readClaim(second)).nextBatchCount).to.equal(4);
      await run(proposer);
      expect(proposer.tip().batchCount).to.equal(4);
      expect(await claimCount()).to.equal(3);
    });

    it("waits for the interval since the parent", async () => {
      const proposer = await open({ interval: HOUR });
      await postBatch();
      expect((await proposer.step()).kind).to.equal("not-due");
      await pass(HOUR);
      expect((await proposer.step()).kind).to.equal("proposed");
    });

    it("waits until the batches are as deep as configured", async () => {
      const proposer = await open({ depth: 3 });
      await postBatch();
      expect((await proposer.step()).kind).to.equal("waiting-for-batches");
      await rollup.l1.mine(2);
      expect((await proposer.step()).kind).to.equal("proposed");
    });

    it("does not repeat a claim that another proposed rightly, but builds on it", async () => {
      const proposer = await open();
      await postBatch();
      await proposeRival(genesisClaim(), ownState(1), (await ownTrace(0, 1)).siblings);
      expect(await run(proposer)).to.eql(["waiting-for-batches"]);
      expect(proposer.tip().batchCount).to.equal(1);
      await postBatch();
      expect((await proposer.step()).kind).to.equal("proposed");
      expect(await claimCount()).to.equal(2);
    });

    it("shares a key with the batcher, nonce by nonce", async () => {
      const proposer = createProposer(
        {
          chain: rollup.chain,
          client: rollup.l1.client,
          traces: rollup.traces,
          transactions: operatorTransactions,
          records: disk.open(),
          interval: 0,
        },
        createTestInstruments(),
      );
      for (let i = 0; i < 3; i++) {
        await rollup.addBlock();
        await Promise.all([batcher.postNow(), proposer.step()]);
        await operatorTransactions.step();
        await rollup.l1.mine();
        await rollup.follow();
        await proposer.step();
        await operatorTransactions.step();
      }
      expect(rollup.chain.store.getHeads()).to.include({ latest: 3, safe: 3 });
      expect(await claimCount()).to.be.greaterThan(1);
      expect(operatorTransactions.statuses().every(({ kind }) => kind === "succeeded")).to.equal(true);
    });

    it("waits until the batches of the claim are traced", async () => {
      const proposer = await open();
      await rollup.addBlock();
      await batcher.postNow();
      await operatorTransactions.step();
      await rollup.l1.mine();
      await rollup.follow({ withTraces: false });
      expect(await proposer.step()).to.eql({ kind: "waiting-for-traces", required: 1 });
      expect(await claimCount()).to.equal(0);
      await rollup.traces.follow();
      expect((await proposer.step()).kind).to.equal("proposed");
    });

    it("claims nothing by a trace that was read while L1 took blocks back", async () => {
      await postBatch();
      const { inbox } = rollup.chain;
      let rewinds = 0;
      const chain = { ...rollup.chain, inbox: { ...inbox, rewindCount: () => rewinds } };
      const traces: ProposerOptions["traces"] = {
        openClaim: async (range) => {
          rewinds++;
          return rollup.traces.openClaim(range);
        },
      };
      const proposer = await open({ chain, traces });
      expect((await proposer.step()).kind).to.equal("waiting-for-traces");
      expect(await claimCount()).to.equal(0);
    });

    it("says what the account lacks for the bond, and goes on once it has it", async () => {
      const proposer = await open();
      await postBatch();
      await rollup.l1.rpc("hardhat_setBalance", PROPOSER, "0x64");
      const step = await proposer.step();
      expect(step).to.include({ kind: "insufficient-balance", account: PROPOSER, balance: 100n });
      expect(step.kind === "insufficient-balance" && step.required > rollup.config.parameters.claimBond).to.equal(true);
      await rollup.l1.rpc("hardhat_setBalance", PROPOSER, "0x3635c9adc5dea00000");
      expect((await proposer.step()).kind).to.equal("proposed");
    });

    it("refuses a rollup of another genesis", async () => {
      const config = { ...rollup.config, genesisHash: `0x${"11".repeat(32)}` as const };
      transactions = await createManager(PROPOSER_KEY, transactionDisk);
      const proposer = createProposer(
        {
          chain: { ...rollup.chain, config },
          client: rollup.l1.client,
          traces: rollup.traces,
          transactions,
          records: disk.open(),
        },
        createTestInstruments(),
      );
      const error = (await proposer.step().catch((reason: unknown) => reason)) as ProposerError;
      expect(error).to.be.instanceOf(ProposerError);
      expect(error.reason.kind).to.equal("genesis-mismatch");
    });
  });

  describe("confirming", () => {
    it("happens when the challenge period has passed; the bond stays on the last claim, for the next", async () => {
      const proposer = await open();
      await postBatch();
      await run(proposer);
      await pass(7 * DAY - 60);
      expect(await run(proposer)).to.eql(["waiting-for-batches"]);
      await pass(60);
      expect(await run(proposer)).to.eql(["confirming", "waiting-for-batches"]);
      expect(await latestConfirmed()).to.equal(proposer.tip().claimId);
      expect((await readClaim(proposer.tip().claimId)).proposer.toLowerCase()).to.equal(PROPOSER);
    });

    it("goes through a chain of claims in order", async () => {
      const proposer = await open();
      for (let i = 0; i < 3; i++) {
        await postBatch();
        await run(proposer);
      }
      await pass(7 * DAY);
      await run(proposer);
      expect(await latestConfirmed()).to.equal(proposer.tip().claimId);
    });

    it("of a claim somebody else confirmed is not tried", async () => {
      const proposer = await open();
      await postBatch();
      await run(proposer);
      await pass(7 * DAY);
      const manager = await createManager(RIVAL_KEY, createTestDisk());
      const { parentId, stateHash: state, traceRoot } = proposer.tip();
      await manager.submit({
        purpose: "confirm",
        to: address(),
        data: hexToBytes(
          encodeFunctionData({
            abi: stateCommitmentChainAbi,
            functionName: "confirm",
            args: [{ parentId, stateHash: state, traceRoot }],
          }),
        ),
      });
      expect(await run(proposer)).to.eql(["waiting-for-batches"]);
      expect(await latestConfirmed()).to.equal(proposer.tip().claimId);
    });
  });

  describe("bonds", () => {
    const held = () => rollup.l1.client.getBalance({ address: address() });
    const bond = () => rollup.config.parameters.claimBond;
    const holder = async (id: Hash) => (await readClaim(id)).proposer.toLowerCase();

    it("move on: a chain of claims of one proposer locks one", async () => {
      const proposer = await open();
      const ids: Hash[] = [];
      for (let i = 0; i < 3; i++) {
        await postBatch();
        await run(proposer);
        ids.push(proposer.tip().claimId);
        expect(await held()).to.equal(bond());
      }
      expect(await Promise.all(ids.map(holder))).to.eql([ZERO_ADDRESS, ZERO_ADDRESS, PROPOSER]);
    });

    it("move on from a confirmed claim too, after a pause longer than the challenge period", async () => {
      const proposer = await open();
      await postBatch();
      await run(proposer);
      await pass(7 * DAY);
      await run(proposer);
      await postBatch();
      expect(await run(proposer)).to.eql(["proposed", "waiting-for-batches"]);
      expect(await held()).to.equal(bond());
    });

    it("take no balance where one moves on", async () => {
      const proposer = await open();
      await postBatch();
      await run(proposer);
      await postBatch();
      await rollup.l1.rpc("hardhat_setBalance", PROPOSER, `0x${(bond() / 2n).toString(16)}`);
      expect((await proposer.step()).kind).to.equal("proposed");
    });

    it("are put up anew after another's claim, and come back from behind it", async () => {
      const proposer = await open();
      await postBatch();
      await run(proposer);
      const own = proposer.tip().claimId;
      await postBatch();
      await proposeRival(own, ownState(2), (await ownTrace(1, 2)).siblings);
      await run(proposer);
      await postBatch();
      await run(proposer);
      expect(proposer.tip().batchCount).to.equal(3);
      expect(await held()).to.equal(3n * bond());
      await pass(7 * DAY);
      expect(await run(proposer)).to.eql([
        "confirming",
        "withdrawing-bond",
        "confirming",
        "confirming",
        "waiting-for-batches",
      ]);
      // The other's, and that of the last claim.
      expect(await held()).to.equal(2n * bond());
      expect(await holder(own)).to.equal(ZERO_ADDRESS);
      expect(await holder(proposer.tip().claimId)).to.equal(PROPOSER);
    });

    it("come back to a proposer that retires, which proposes nothing more", async () => {
      const proposer = await open();
      await postBatch();
      await run(proposer);
      await postBatch();
      const retiring = await open({ retiring: true });
      expect(await run(retiring)).to.eql(["retiring"]);
      await pass(7 * DAY);
      const before = await rollup.l1.client.getBalance({ address: PROPOSER });
      expect(await run(retiring)).to.eql(["confirming", "withdrawing-bond", "retiring"]);
      expect(await claimCount()).to.equal(1);
      expect(await held()).to.equal(0n);
      const gained = (await rollup.l1.client.getBalance({ address: PROPOSER })) - before;
      expect(gained > bond() - 10n ** 16n).to.equal(true);
    });

    it("paid back by anyone between reading and sending delay a claim by a step, and cost nothing", async () => {
      const proposer = await open();
      await postBatch();
      await run(proposer);
      const id = proposer.tip().claimId;
      await pass(7 * DAY);
      await run(proposer);
      await postBatch();
      let isPaid = false;
      rollup.l1.intercept(async (method, _params, next) => {
        if (method === "eth_estimateGas" && !isPaid) {
          isPaid = true;
          const data = encodeFunctionData({ abi: stateCommitmentChainAbi, functionName: "withdrawBond", args: [id] });
          await rollup.l1.rpc("eth_sendTransaction", { from: addressOf(RIVAL_KEY), to: address(), data });
        }
        return next();
      });
      const step = await proposer.step();
      expect(step.kind === "overtaken" && step.revert.errorName).to.equal("WrongBond");
      expect(isPaid).to.equal(true);
      rollup.l1.intercept(undefined);
      expect(await run(proposer)).to.eql(["proposed", "waiting-for-batches"]);
      expect(await held()).to.equal(bond());
    });
  });

  describe("the L1 block a claim is bound to", () => {
    /** What the last proposal on L1 named. */
    async function boundBlock(): Promise<{ readonly number: number; readonly hash: Hash }> {
      const events = await rollup.l1.client.getContractEvents({
        address: address(),
        abi: stateCommitmentChainAbi,
        eventName: "ClaimProposed",
        fromBlock: 0n,
      });
      const { input } = await rollup.l1.client.getTransaction({ hash: events.at(-1)!.transactionHash });
      const call = decodeFunctionData({ abi: stateCommitmentChainAbi, data: input });
      if (call.functionName !== "propose") throw new Error(`expected propose, got ${call.functionName}`);
      return { number: Number(call.args[3]), hash: call.args[4] };
    }

    it("is the one before the last the Inbox was read to, and has the claimed batches", async () => {
      const proposer = await open();
      await postBatch();
      const synced = rollup.chain.inbox.getSyncedBlock()!;
      await run(proposer);
      const bound = await boundBlock();
      const block = await rollup.l1.client.getBlock({ blockNumber: BigInt(synced.number - 1) });
      expect(bound).to.eql({ number: synced.number - 1, hash: block.hash });
      expect(bound.number).to.be.at.least(rollup.chain.inbox.getBatchOrigin(0)!.block.number);
    });

    it("is the last itself if the claimed batch is in that: L1 may mine with transactions only", async () => {
      await rollup.addBlock();
      await batcher.postNow();
      await operatorTransactions.step();
      await rollup.follow();
      const proposer = await open();
      expect((await proposer.step()).kind).to.equal("proposed");
      await transactions.step();
      const origin = rollup.chain.inbox.getBatchOrigin(0)!.block;
      expect(await boundBlock()).to.eql(origin);
      expect(rollup.chain.inbox.getSyncedBlock()).to.eql(origin);
    });

    it("is waited for while the Inbox is not read far enough, or is read to a block L1 has no longer", async () => {
      await postBatch();
      const proposer = await open();
      await rollup.l1.mine(64);
      const late = await proposer.step();
      expect(late.kind === "waiting-for-l1" && late.reason).to.match(/^the Inbox is read to L1 block \d+ of \d+ only$/);
      await rollup.follow();

      const snapshot = await rollup.l1.snapshot();
      await rollup.l1.mine(2);
      await rollup.follow();
      await rollup.l1.revertTo(snapshot);
      await pass(100);
      await rollup.l1.mine(3);
      const reorganized = await proposer.step();
      expect(reorganized.kind === "waiting-for-l1" && reorganized.reason).to.match(
        /is not the one the Inbox was read to$/,
      );
      expect(await claimCount()).to.equal(0);
      await rollup.follow();
      expect((await proposer.step()).kind).to.equal("proposed");
    });

    it("refused by an L1 node that is behind has the next step try again", async () => {
      await postBatch();
      const proposer = await open();
      const data = encodeErrorResult({
        abi: stateCommitmentChainAbi,
        errorName: "WrongL1Block",
        args: [1n, ZERO_HASH, ZERO_HASH],
      });
      rollup.l1.intercept(async (method, _params, next) => {
        if (method === "eth_estimateGas") throw Object.assign(new Error("execution reverted"), { code: 3, data });
        return next();
      });
      const step = await proposer.step();
      expect(step.kind === "overtaken" && step.revert.errorName).to.equal("WrongL1Block");
      rollup.l1.intercept(undefined);
      expect((await proposer.step()).kind).to.equal("proposed");
    });

    it("taken by a reorg makes the claim revert when it is mined again, and the right one is proposed after", async () => {
      await rollup.follow();
      const snapshot = await rollup.l1.snapshot();
      await postBatch();
      const proposer = await open();
      expect((await proposer.step()).kind).to.equal("proposed");
      const old = await ownClaim(genesisClaim(), 0, 1);
      expect((await readClaim(old)).status).to.equal(1);
      const { params } = rollup.l1.calls.findLast(({ method }) => method === "eth_sendRawTransaction")!;

      // Another batch is posted on the other side of the reorg; then L1 takes the old claim's transaction up again.
      await rollup.l1.revertTo(snapshot);
      await pass(100);
      await rollup.follow();
      await rollup.rewindTo(0);
      await rollup.addBlock({ data: Uint8Array.of(1, 2, 3) });
      await rollup.l1.setAutomine(false);
      for (let i = 0; i < 4; i++) {
        await operatorTransactions.step();
        await batcher.postNow();
        await rollup.l1.mine();
        await rollup.follow();
      }
      expect(await ownClaim(genesisClaim(), 0, 1)).to.not.equal(old);
      await rollup.l1.rpc("eth_sendRawTransaction", ...params);
      await rollup.l1.mine();
      await rollup.follow();
      await rollup.l1.setAutomine(true);

      await transactions.step();
      expect(transactions.statuses()[0]).to.deep.include({ kind: "reverted", confirmed: true });
      expect(await run(proposer)).to.eql(["proposed", "waiting-for-batches"]);
      expect((await readClaim(old)).status).to.equal(0);
      expect(proposer.tip().claimId).to.equal(await ownClaim(genesisClaim(), 0, 1));
      expect(await claimCount()).to.equal(1);
      expect(await rollup.l1.client.getBalance({ address: address() })).to.equal(rollup.config.parameters.claimBond);
    });

    it("that cannot be named any more has the transaction cancelled, and the claim made anew", async () => {
      await postBatch();
      const proposer = await open();
      // L1 mines blocks, but nothing of the proposer's.
      await rollup.l1.setAutomine(false);
      expect((await proposer.step()).kind).to.equal("proposed");
      const [pending] = transactions.statuses();
      const first = pending?.kind === "pending" ? pending.hashes : [];
      const drop = async () => {
        for (const hash of first) await rollup.l1.rpc("hardhat_dropTransaction", hash);
      };
      await drop();
      await rollup.l1.mine(254);
      await rollup.follow();
      expect((await proposer.step()).kind).to.equal("waiting-for-transaction");
      expect(transactions.statuses()[0]).to.include({ kind: "pending", cancelling: false });
      await rollup.l1.mine(2);
      await rollup.follow();
      expect((await proposer.step()).kind).to.equal("waiting-for-transaction");
      expect(transactions.statuses()[0]).to.include({ kind: "pending", cancelling: true });
      await rollup.l1.setAutomine(true);
      await rollup.l1.mine();
      await transactions.step();
      expect(transactions.statuses()[0]?.kind).to.equal("cancelled");
      expect(await run(proposer)).to.eql(["proposed", "waiting-for-batches"]);
      expect(await claimCount()).to.equal(1);
    });
  });

  describe("wrong claims", () => {
    const WRONG_STATE: ClaimedState = {
      blockHash: `0x${"66".repeat(32)}`,
      outboxRoot: ZERO_HASH,
      batchCount: 1,
      messageCount: 0,
    };

    it("are reported once and rivaled, not built upon", async () => {
      const proposer = await open();
      const reported: WrongClaim[] = [];
      proposer.onWrongClaim((claim) => reported.push(claim));
      await postBatch();
      await proposeRival(genesisClaim(), WRONG_STATE);
      expect(await run(proposer)).to.eql(["proposed", "waiting-for-batches"]);
      await run(proposer);
      expect(proposer.tip().claimId).to.equal(await ownClaim(genesisClaim(), 0, 1));
      expect(reported).to.have.length(1);
      expect(reported[0]).to.deep.include({
        stateHash: stateHash(WRONG_STATE),
        expectedStateHash: ownHash(1),
        proposer: addressOf(RIVAL_KEY),
      });
      expect(proposer.wrongClaims()).to.eql(reported);
    });

    it("are those of the right state by another trace too", async () => {
      const proposer = await open();
      await postBatch();
      await proposeRival(genesisClaim(), ownState(1));
      expect(await run(proposer)).to.eql(["proposed", "waiting-for-batches"]);
      expect(proposer.tip().claimId).to.equal(await ownClaim(genesisClaim(), 0, 1));
      const [wrong, ...others] = proposer.wrongClaims();
      expect(others).to.eql([]);
      expect(wrong).to.deep.include({
        stateHash: ownHash(1),
        expectedStateHash: ownHash(1),
        expectedTraceRoot: (await ownTrace(0, 1)).root,
        proposer: addressOf(RIVAL_KEY),
      });
    });

    it("are judged by their trace once the node has traced as far", async () => {
      const proposer = await open();
      await rollup.addBlock();
      await batcher.postNow();
      await operatorTransactions.step();
      await rollup.l1.mine();
      await rollup.follow({ withTraces: false });
      await proposeRival(genesisClaim(), ownState(1));
      expect((await proposer.step()).kind).to.equal("waiting-for-traces");
      expect(proposer.wrongClaims()).to.eql([]);
      await rollup.traces.follow();
      expect((await proposer.step()).kind).to.equal("proposed");
      expect(proposer.wrongClaims()).to.have.length(1);
    });

    it("are found on an L1 that takes only narrow ranges of logs", async () => {
      await postBatch();
      await proposeRival(genesisClaim(), WRONG_STATE);
      await rollup.l1.mine(40);
      const proposer = await open();
      rollup.l1.intercept(async (method, params, next) => {
        if (method !== "eth_getLogs") return next();
        const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
        if (Number(toBlock) - Number(fromBlock) < 10) return next();
        throw Object.assign(new Error("eth_getLogs is limited to a 10 blocks range"), { code: -32614 });
      });
      await proposer.step();
      expect(proposer.wrongClaims()).to.have.length(1);
    });

    it("are looked for later on an L1 that gives no logs, which keeps nothing else from being done", async () => {
      await postBatch();
      await proposeRival(genesisClaim(), WRONG_STATE);
      const proposer = await open();
      rollup.l1.intercept(async (method, _params, next) => {
        if (method === "eth_getLogs") throw Object.assign(new Error("no method eth_getLogs"), { code: -32601 });
        return next();
      });
      expect((await proposer.step()).kind).to.equal("proposed");
      expect(proposer.wrongClaims()).to.eql([]);
      rollup.l1.intercept(undefined);
      await proposer.step();
      expect(proposer.wrongClaims()).to.have.length(1);
    });

    it("are judged when the node has derived as far", async () => {
      await rollup.addBlock();
      await batcher.postNow();
      await proposeRival(genesisClaim(), WRONG_STATE);
      const proposer = await open();
      await proposer.step();
      expect(proposer.wrongClaims()).to.eql([]);
      await operatorTransactions.step();
      await rollup.follow();
      await proposer.step();
      expect(proposer.wrongClaims()).to.have.length(1);
    });

    it("keep the right claim from being confirmed by time alone", async () => {
      const proposer = await open();
      await postBatch();
      await run(proposer);
      await proposeRival(genesisClaim(), WRONG_STATE);
      await pass(8 * DAY);
      expect(await run(proposer)).to.eql(["waiting-for-batches"]);
      expect(await latestConfirmed()).to.equal(genesisClaim());
    });

    it("that stood too long for a rival are an error with the contract's reason", async () => {
      await postBatch();
      await proposeRival(genesisClaim(), WRONG_STATE);
      await pass(8 * DAY);
      const proposer = await open();
      const error = (await proposer.step().catch((reason: unknown) => reason)) as ProposerError;
      expect(error).to.be.instanceOf(ProposerError);
      expect(error.message).to.contain("ChildStands");
    });
  });

  describe("kills", () => {
    for (const part of ["proposer", "transaction manager"] as const) {
      for (const when of ["before", "after"] as const) {
        for (const retiring of [false, true]) {
          it(`${when} any write of the ${part} ${retiring ? "confirm and withdraw" : "propose and confirm"} once`, async () => {
            let kills = 0;
            for (let atWrite = 1; ; atWrite++) {
              if (atWrite > 1) {
                await rollup.close();
                await begin();
              }
              await postBatch();
              if (retiring) await run(await open());
              const kill = { atWrite, when };
              let killed = false;
              try {
                const doomed = await open(
                  { retiring },
                  part === "proposer" ? kill : undefined,
                  part === "proposer" ? undefined : kill,
                );
                await run(doomed);
                await pass(7 * DAY);
                await run(doomed);
              } catch (error) {
                if (!(error instanceof Killed)) throw error;
                killed = true;
              }
              const resumed = await open({ retiring });
              await transactions.step();
              await run(resumed);
              await pass(7 * DAY);
              await rollup.follow();
              await run(resumed);
              if (!retiring) await run(await open({ retiring: true }));
              expect(await claimCount()).to.equal(1);
              expect(await latestConfirmed()).to.equal(await ownClaim(genesisClaim(), 0, 1));
              expect(await rollup.l1.client.getBalance({ address: address() })).to.equal(0n);
              if (!killed) break;
              kills++;
            }
            expect(kills).to.be.greaterThan(2);
          }).timeout(60_000);
        }
      }
    }

    it("lose nothing of what is known of claims", async () => {
      const proposer = await open();
      await postBatch();
      await run(proposer);
      await postBatch();
      await run(proposer);
      const resumed = await open();
      expect(await run(resumed)).to.eql(["waiting-for-batches"]);
      expect(resumed.tip()).to.eql(proposer.tip());
    });
  });

  describe("reorgs of L1", () => {
    it("that take a claim have it proposed again", async () => {
      const proposer = await open();
      await postBatch();
      const snapshot = await rollup.l1.snapshot();
      await run(proposer);
      const { claimId: id } = proposer.tip();
      await rollup.l1.revertTo(snapshot);
      await rollup.l1.mine();
      expect((await readClaim(id)).status).to.equal(0);
      await transactions.step();
      await run(proposer);
      expect((await readClaim(id)).status).to.equal(1);
      expect(proposer.tip().claimId).to.equal(id);
    });

    it("that change what is derived have the claim of the new state proposed", async () => {
      const proposer = await open();
      await rollup.follow();
      const snapshot = await rollup.l1.snapshot();
      await postBatch();
      await run(proposer);
      const old = proposer.tip().claimId;
      await rollup.l1.revertTo(snapshot);
      await pass(100);
      await rollup.follow();
      await rollup.rewindTo(0);
      await rollup.addBlock({ data: Uint8Array.of(1, 2, 3) });
      // The old batch would be mined again, were the batcher not given the time to cancel it.
      await rollup.l1.setAutomine(false);
      for (let i = 0; i < 4; i++) {
        await operatorTransactions.step();
        await batcher.postNow();
        await rollup.l1.mine();
        await rollup.follow();
      }
      await rollup.l1.setAutomine(true);
      await transactions.step();
      await run(proposer);
      expect(proposer.tip().claimId).to.not.equal(old);
      expect((await readClaim(proposer.tip().claimId)).status).to.equal(1);
    });
  });

  describe("an L1 node that fails", () => {
    it("at three calls in ten delays but does not repeat anything", async () => {
      const proposer = await open();
      await postBatch();
      let random = 11;
      rollup.l1.intercept(async (_method, _params, next) => {
        random = (random * 16_807) % 2_147_483_647;
        if (random % 20 < 3) throw new Error("lost");
        const answer = await next();
        if (random % 20 < 6) throw new Error("lost");
        return answer;
      });
      for (let i = 0; i < 100 && proposer.tip().batchCount < 1; i++) {
        await proposer.step().catch(() => undefined);
        await transactions.step().catch(() => undefined);
      }
      rollup.l1.intercept(undefined);
      await run(proposer);
      expect(await claimCount()).to.equal(1);
    });
  });
});
