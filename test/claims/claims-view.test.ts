import { expect } from "chai";
import { encodeFunctionData } from "viem";
import { createClaimsView, createOwnStates, createOwnTraces } from "../../src/claims/index.ts";
import type { OwnTraces } from "../../src/claims/index.ts";
import { stateCommitmentChainAbi } from "../../src/l1/index.ts";
import type { L1Client } from "../../src/l1/index.ts";
import { ZERO_HASH, hexToBytes } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { createRollupFixture, DAY, OPERATOR_KEY, OTHER_KEY } from "../batcher/rollup-fixture.ts";
import type { RollupFixture } from "../batcher/rollup-fixture.ts";
import { createTestDisk } from "../l1-transactions/memory-record-store.ts";
import type { TestDisk } from "../l1-transactions/memory-record-store.ts";
import { openTransactions, postAndClaim } from "./post-and-claim.ts";
import { encodeProposal } from "./proposal-call.ts";

describe("Claims as RPC sees them", () => {
  let rollup: RollupFixture;
  let disk: TestDisk;

  beforeEach(async () => {
    rollup = await createRollupFixture();
    disk = createTestDisk();
  });
  afterEach(() => rollup.close());

  /** Of a node with traces unless told otherwise. */
  const open = (traces: OwnTraces | null = createOwnTraces(rollup.traces, 32)) =>
    createClaimsView({
      chain: rollup.chain,
      client: rollup.l1.client,
      records: disk.open(),
      traces: traces ?? undefined,
    });

  async function pass(seconds: number): Promise<void> {
    await rollup.l1.increaseTime(seconds);
    await rollup.l1.mine();
  }

  it("are found by batch, with what the node derived and where they stand, from disk too", async () => {
    expect(await open().findClaimOfBatch(0)).to.equal(undefined);
    await postAndClaim(rollup);
    await postAndClaim(rollup);
    const view = open();
    const claim = (await view.findClaimOfBatch(1))!;
    const derived = rollup.chain.store.getDerivedBatch(1)!;
    expect(claim).to.include({
      parentId: (await view.findClaimOfBatch(0))!.id,
      blockHash: derived.lastBlockHash,
      outboxRoot: derived.outboxRoot,
      batchCount: 2,
      messageCount: derived.nextMessage,
      confirmableAt: claim.proposedAt + 7 * DAY,
      status: "pending",
    });
    expect(await view.findClaimOfBatch(2)).to.equal(undefined);
    expect(await open().findClaimOfBatch(1)).to.eql(claim);
    await pass(7 * DAY);
    expect(await view.findClaimOfBatch(1)).to.eql({ ...claim, status: "confirmable" });
  });

  it("stand with those before them that are not confirmed yet, by the time of the next L1 block", async () => {
    await postAndClaim(rollup);
    await postAndClaim(rollup);
    const view = open();
    const [first, second] = [(await view.findClaimOfBatch(0))!, (await view.findClaimOfBatch(1))!];
    expect(await view.standingOfBatch(1)).to.deep.include({ claim: second, unconfirmed: [first, second] });
    expect(await view.standingOfBatch(0)).to.deep.include({ claim: first, unconfirmed: [first] });
    expect(await view.standingOfBatch(2)).to.deep.include({ claim: undefined, unconfirmed: [] });
    // L1 mines nothing: its clock goes on all the same.
    await rollup.l1.increaseTime(first.confirmableAt - (await view.l1Timestamp()) + 1);
    expect(await view.l1Timestamp()).to.be.within(first.confirmableAt, first.confirmableAt + 10);
    expect((await view.standingOfBatch(0)).claim).to.include({ id: first.id, status: "confirmable" });
    await pass(7 * DAY);
    const { parentId, stateHash, traceRoot } = first;
    const { stateCommitmentChain: to } = rollup.config.contracts;
    const transactions = await openTransactions(rollup, OTHER_KEY);
    const data = encodeFunctionData({
      abi: stateCommitmentChainAbi,
      functionName: "confirm",
      args: [{ parentId, stateHash, traceRoot }],
    });
    await transactions.submit({ purpose: "confirm", to, data: hexToBytes(data) });
    await transactions.step();
    await rollup.l1.mine();
    const standing = await view.standingOfBatch(1);
    expect(standing.unconfirmed).to.eql([{ ...second, status: "confirmable" }]);
    expect(await view.standingOfBatch(0)).to.deep.include({
      claim: { ...first, status: "confirmed" },
      unconfirmed: [],
    });
  });

  describe("of a node without traces", () => {
    const openUntraced = () => open(null);
    /** Claims the state after the first batch by any trace, from the operator's account; gives the claim. */
    async function rivalByTrace(): Promise<Hash> {
      const { chain, l1, config } = rollup;
      const derived = chain.store.getDerivedBatch(0)!;
      const state = {
        blockHash: derived.lastBlockHash,
        outboxRoot: derived.outboxRoot,
        batchCount: 1,
        messageCount: derived.nextMessage,
      };
      const genesis = createOwnStates(chain).genesis.claimId;
      const rival = await openTransactions(rollup, OPERATOR_KEY);
      const data = await encodeProposal(l1.client, genesis, state);
      const { claimBond: value } = config.parameters;
      await rival.submit({ purpose: "rival", to: config.contracts.stateCommitmentChain, data, value });
      await rival.step();
      const events = await l1.client.getContractEvents({
        address: config.contracts.stateCommitmentChain,
        abi: stateCommitmentChainAbi,
        eventName: "ClaimProposed",
        fromBlock: 0n,
      });
      return events.at(-1)!.args.claimId!;
    }

    it("are found by what L1 logged of them", async () => {
      await postAndClaim(rollup);
      const view = openUntraced();
      const first = (await view.findClaimOfBatch(0))!;
      expect(first).to.eql(await open().findClaimOfBatch(0));
      await postAndClaim(rollup);
      expect(await view.findClaimOfBatch(1)).to.eql(await open().findClaimOfBatch(1));
      await pass(7 * DAY);
      expect(await view.findClaimOfBatch(0)).to.eql({ ...first, status: "confirmable" });
    });

    it("are disputed while another has the same state by another trace, and in the end what L1 confirms", async () => {
      await postAndClaim(rollup);
      const view = openUntraced();
      const own = (await view.findClaimOfBatch(0))!;
      const other = await rivalByTrace();
      expect(await view.findClaimOfBatch(0)).to.eql({ ...own, status: "disputed" });
      // As the game would have it if the other's trace were right: which a node without traces cannot tell.
      const client = confirming(rollup.l1.client, { parentId: own.parentId, winner: other });
      const decided = createClaimsView({ chain: rollup.chain, client, records: disk.open(), traces: undefined });
      expect(await decided.findClaimOfBatch(0)).to.include({ id: other, status: "confirmed" });
    });

    /** An L1 that has confirmed one of two rivals. */
    function confirming(
      client: L1Client,
      { parentId, winner }: { readonly parentId: Hash; readonly winner: Hash },
    ): L1Client {
      const readContract: L1Client["readContract"] = async (call) => {
        const answer = await client.readContract(call);
        if (call.functionName === "latestConfirmed") return winner as typeof answer;
        if (call.functionName !== "claim") return answer;
        const [id] = call.args as unknown as readonly [Hash];
        const changes = { [parentId]: { children: 3 }, [winner]: { status: 2 } }[id];
        return { ...(answer as object), ...changes } as typeof answer;
      };
      return { ...client, readContract };
    }
  });

  it("are a path from genesis on, with what has to come next, as long as the node knows", async () => {
    const genesis = createOwnStates(rollup.chain).genesis;
    expect(await open().rightPath(0, 10)).to.eql({ claims: [genesis], next: undefined });
    await postAndClaim(rollup);
    await postAndClaim(rollup);
    const { claims } = await open().rightPath(0, 10);
    expect(claims.map(({ batchCount }) => batchCount)).to.eql([0, 1, 2]);
    expect((await open().rightPath(2, 10)).claims).to.eql(claims.slice(2));
    expect((await open().rightPath(0, 2)).claims).to.eql(claims.slice(0, 2));
    const snapshot = await rollup.l1.snapshot();
    await postAndClaim(rollup);
    const [, , , third] = (await open().rightPath(0, 10)).claims;
    // Without the last claim on L1, whose batch is in the node all the same.
    await rollup.l1.revertTo(snapshot);
    expect(await open().rightPath(1, 10)).to.eql({ claims: claims.slice(1), next: third });
    expect((await open(null).rightPath(1, 10)).next, "not without traces").to.equal(undefined);
  });

  it("are disputed as long as a rival stands, and gone with a reorg that takes them", async () => {
    const snapshot = await rollup.l1.snapshot();
    await postAndClaim(rollup);
    const view = open();
    const claim = (await view.findClaimOfBatch(0))!;
    const rival = await openTransactions(rollup, OPERATOR_KEY);
    await rival.submit({
      purpose: "rival",
      to: rollup.config.contracts.stateCommitmentChain,
      data: await encodeProposal(rollup.l1.client, claim.parentId, {
        blockHash: `0x${"66".repeat(32)}`,
        outboxRoot: ZERO_HASH,
        batchCount: 1,
        messageCount: 0,
      }),
      value: rollup.config.parameters.claimBond,
    });
    await rival.step();
    expect(await view.findClaimOfBatch(0)).to.include({ id: claim.id, status: "disputed" });
    const client = { ...rollup.l1.client, readContract: deciding(claim.id) };
    const decided = createClaimsView({ chain: rollup.chain, client, records: disk.open(), traces: undefined });
    expect(await decided.findClaimOfBatch(0), "the game has decided for it").to.include({ status: "confirmable" });
    await rollup.l1.revertTo(snapshot);
    await rollup.l1.mine();
    expect(await view.findClaimOfBatch(0)).to.equal(undefined);
    expect([...disk.open().entries("claim/")]).to.eql([]);
  });

  /** What L1 answers, but that its game has decided for a claim. */
  function deciding(winner: Hash): L1Client["readContract"] {
    return async (call) => {
      const answer = await rollup.l1.client.readContract(call);
      return call.functionName === "winner" ? (winner as typeof answer) : answer;
    };
  }
});
