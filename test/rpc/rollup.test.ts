import { expect } from "chai";
import { Contract, Wallet } from "ethers";
import pino from "pino";
import fc from "fast-check";
import type { ClaimRecord, ClaimsView } from "../../src/claims/index.ts";
import { outboxAbi } from "../../src/l1/index.ts";
import { hexToBytes, merkleProof, merkleRoot, verifyMerkleProof } from "../../src/primitives/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import { OUTBOX_ADDRESS, withdrawalHash, rollupConfigSchema } from "../../src/rollup/index.ts";
import { createOutboxIndex } from "../../src/withdrawals/outbox-index.ts";
import { createWithdrawalTree } from "../../src/withdrawals/withdrawal-tree.ts";
import {
  ask,
  CHAIN_ID,
  context,
  deposit,
  ETHER,
  GENESIS_TIMESTAMP,
  GWEI,
  privateKey,
  result,
  startNode,
} from "./node-fixture.ts";
import type { TestNode } from "./node-fixture.ts";

interface WithdrawalAnswer {
  readonly index: number;
  readonly sender: Address;
  readonly target: Address;
  readonly value: string;
  readonly minimumGas: string;
  readonly data: string;
}

const leafOf = ({ index, sender, target, value, minimumGas, data }: WithdrawalAnswer): Hash =>
  withdrawalHash({
    index,
    sender,
    target,
    value: BigInt(value),
    minimumGas: BigInt(minimumGas),
    data: hexToBytes(data),
  });

describe("The withdrawal tree", () => {
  const leaf = (index: number): Hash => `0x${(index + 1).toString(16).padStart(64, "0")}`;

  it("gives the roots and proofs of the append-only Merkle tree for every earlier count, also after truncation", () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), fc.nat(40), (first, kept, second) => {
        const tree = createWithdrawalTree();
        const leaves: Hash[] = [];
        const grow = (count: number, salt: number) => {
          for (let added = 0; added < count; added++) {
            leaves.push(leaf(salt + leaves.length));
            tree.append(leaves.at(-1)!);
          }
        };
        grow(first, 0);
        tree.truncate(Math.min(kept, first));
        leaves.length = Math.min(kept, first);
        grow(second, 1_000);
        for (let count = 0; count <= leaves.length; count += 3) {
          const prefix = leaves.slice(0, count);
          expect(tree.root(count)).to.equal(merkleRoot(prefix));
          for (let index = 0; index < count; index += 5)
            expect(tree.proof(index, count)).to.eql(merkleProof(prefix, index));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("refuses leaves and counts it does not have", () => {
    const tree = createWithdrawalTree();
    tree.append(leaf(0));
    expect(() => tree.proof(1, 1)).to.throw(RangeError);
    expect(() => tree.root(2)).to.throw(RangeError);
  });
});

describe("rollup_* methods", function () {
  this.timeout(30_000);
  let node: TestNode;
  const claims: ClaimRecord[] = [];
  /** Before the one that covers the message, and not confirmed. */
  let ancestors: readonly ClaimRecord[] = [];
  const l1Timestamp = 2_000;
  const executed = new Set<number>();
  const view: ClaimsView = {
    findClaimOfBatch: async (index) => claims.find(({ batchCount }) => batchCount > index),
    standingOfBatch: async (index) => {
      const claim = await view.findClaimOfBatch(index);
      const unconfirmed = claim === undefined || claim.status === "confirmed" ? [] : [...ancestors, claim];
      return { l1Timestamp, claim, unconfirmed };
    },
    l1Timestamp: async () => l1Timestamp,
    rightPath: async (batchCount, limit) => ({
      claims: claims
        .filter((claim) => claim.batchCount >= batchCount)
        .slice(0, limit)
        .map(({ id, ...claim }) => ({ claimId: id, ...claim })),
      next: undefined,
    }),
    isWithdrawalExecuted: async (index) => executed.has(index),
  };
  const wallet = new Wallet(privateKey("alice"));
  const outbox = new Contract(OUTBOX_ADDRESS, outboxAbi);
  let nonce = 0;

  before(async () => {
    node = await startNode({ sequencing: false, rpc: { claims: view } });
  });
  after(() => node.close());

  async function signWithdrawal(count: number): Promise<Uint8Array[]> {
    return Promise.all(
      Array.from({ length: count }, async () => {
        const call = await outbox
          .getFunction("sendMessage")
          .populateTransaction(`0x${"77".repeat(20)}`, 100_000n, "0x1234", { value: 5n });
        const raw = await wallet.signTransaction({
          ...call,
          type: 2,
          chainId: CHAIN_ID,
          nonce: nonce++,
          gasLimit: 1_000_000n,
          maxFeePerGas: 10n * GWEI,
          maxPriorityFeePerGas: 0n,
        });
        return hexToBytes(raw);
      }),
    );
  }
  const execute = (transactions: Uint8Array[], later = 1) =>
    node.chain.exclusive((writer) =>
      writer.execute({ timestamp: node.chain.latest().header.timestamp + later, messages: [], transactions }),
    );

  it("rollup_config gives the configuration as a node reads it", async () => {
    expect(rollupConfigSchema.parse(await result(node, "rollup_config"))).to.eql(node.config);
  });

  it("rollup_getMessageStatus follows a message from L1 into a block", async () => {
    const messages = [context(0, { number: 0 }), deposit(1), deposit(2, { value: 2n * ETHER }), deposit(3)];
    await node.receive(messages);
    expect(await result(node, "rollup_getMessageStatus", 1)).to.include({
      index: 1,
      hash: messages[1]!.hash,
      kind: "deposit",
      status: "enqueued",
      enqueuedAt: GENESIS_TIMESTAMP,
    });
    await execute([]);
    const block = await node.chain.exclusive((writer) =>
      writer.execute({
        timestamp: node.chain.latest().header.timestamp + 1,
        messages: messages.slice(0, 3),
        transactions: [],
      }),
    );
    expect(await result(node, "rollup_getMessageStatus", "0x0")).to.include({
      kind: "context",
      status: "included",
      head: "latest",
    });
    expect(await result(node, "rollup_getMessageStatus", messages[1]!.hash)).to.deep.include({
      status: "executed",
      transactionHash: messages[1]!.hash,
      transactionIndex: 0,
      block: { number: block.header.number, hash: block.hash },
    });
    expect(await result(node, "rollup_getMessageStatus", 2)).to.include({ status: "failed" });
    expect(await result(node, "rollup_getMessageStatus", 3)).to.include({ status: "enqueued" });
    expect(await result(node, "rollup_getMessageStatus", 4)).to.equal(null);
    expect((await ask(node, "rollup_getMessageStatus", "latest")).error?.code).to.equal(-32602);
  });

  it("a withdrawal is sent, safe, claimed, confirmable, executable, and executed; its proof opens the claim's Outbox root", async () => {
    const block = await execute(await signWithdrawal(3));
    const hash = block.transactions[1]!.hash;
    const [withdrawal] = await result<WithdrawalAnswer[]>(node, "rollup_getWithdrawals", hash);
    expect(withdrawal).to.eql({
      index: 1,
      sender: wallet.address.toLowerCase(),
      target: `0x${"77".repeat(20)}`,
      value: "5",
      minimumGas: "100000",
      data: "0x1234",
    });
    const status = () =>
      result<{ status: string; executableAt?: number; transactionHash: string }>(node, "rollup_getWithdrawalStatus", 1);
    const earliest = l1Timestamp + node.chain.config.parameters.challengePeriod;
    expect(await status()).to.deep.include({
      status: "sent",
      l1Timestamp,
      executableAt: earliest,
      transactionHash: hash,
      withdrawal,
    });
    expect(await result(node, "rollup_getBatchOfBlock", "latest")).to.equal(null);
    expect(await result(node, "rollup_getWithdrawalProof", 1)).to.equal(null);

    // More messages in the same batch: the proof is against the claim's last block, not the message's own.
    const last = await execute(await signWithdrawal(2));
    await node.postBatch();
    expect(await status()).to.include({ status: "safe", executableAt: earliest });
    expect(await result(node, "rollup_getBatchOfBlock", "latest")).to.deep.include({
      index: 0,
      lastBlock: { number: last.header.number, hash: last.hash },
    });
    expect(await result(node, "rollup_getClaimOfBlock", "latest")).to.equal(null);

    const claim: ClaimRecord = {
      id: `0x${"c1".repeat(32)}`,
      parentId: `0x${"c0".repeat(32)}`,
      stateHash: `0x${"5a".repeat(32)}`,
      traceRoot: `0x${"7a".repeat(32)}`,
      blockHash: last.hash,
      outboxRoot: last.header.outboxRoot,
      batchCount: 1,
      messageCount: last.nextMessage,
      proposedAt: 1_000,
      confirmableAt: 4_600,
      status: "pending",
    };
    const parent: ClaimRecord = { ...claim, id: claim.parentId, proposedAt: 900, confirmableAt: 4_500 };
    const { challengePeriod } = node.chain.config.parameters;
    const heldUp = async (own: ClaimRecord["status"], parents: ClaimRecord["status"]) => {
      claims[0] = { ...claim, status: own };
      ancestors = [{ ...parent, status: parents }];
      return status();
    };
    // What a claim stands on holds it up too.
    expect(await heldUp("pending", "pending")).to.deep.include({
      status: "claimed",
      executableAt: 4_600,
      unconfirmed: [
        { ...parent, status: "pending" },
        { ...claim, status: "pending" },
      ],
    });
    expect(await heldUp("pending", "disputed")).to.include({
      status: "disputed",
      executableAt: 4_600,
      decidedBy: 4_500 + challengePeriod,
    });
    expect(await heldUp("disputed", "confirmable")).to.include({
      status: "disputed",
      decidedBy: 4_600 + challengePeriod,
    });
    expect(await heldUp("pending", "confirmable")).to.include({ status: "claimed", executableAt: 4_600 });
    expect(await heldUp("confirmable", "confirmable")).to.include({ status: "confirmable", executableAt: l1Timestamp });
    ancestors = [];

    const seen: string[] = [];
    for (const claimStatus of ["pending", "disputed", "confirmable", "confirmed"] as const) {
      claims[0] = { ...claim, status: claimStatus };
      seen.push((await status()).status);
    }
    executed.add(1);
    seen.push((await status()).status);
    expect(seen).to.eql(["claimed", "disputed", "confirmable", "executable", "executed"]);
    expect(await result(node, "rollup_getClaimOfBlock", "latest")).to.eql({ ...claim, status: "confirmed" });

    const { id, parentId, stateHash, traceRoot, batchCount } = claim;
    expect(await result(node, "rollup_getRightClaims", 1)).to.eql({
      claims: [{ id, parentId, stateHash, traceRoot, batchCount }],
      next: null,
    });
    expect(await result(node, "rollup_getRightClaims", 2, 5)).to.eql({ claims: [], next: null });

    for (let index = 0; index < 5; index++) {
      const answer = await result<{ withdrawal: WithdrawalAnswer; opening: object; proof: Hash[]; outboxRoot: Hash }>(
        node,
        "rollup_getWithdrawalProof",
        index,
      );
      expect(answer.opening).to.eql({
        parentId: claim.parentId,
        blockHash: claim.blockHash,
        batchCount: 1,
        messageCount: claim.messageCount,
        traceRoot: claim.traceRoot,
      });
      expect(answer.outboxRoot).to.equal(last.header.outboxRoot);
      expect(verifyMerkleProof(last.header.outboxRoot, leafOf(answer.withdrawal), index, 5, answer.proof)).to.equal(
        true,
      );
    }
    expect(await result(node, "rollup_getWithdrawalStatus", 5)).to.equal(null);
  });

  it("the Outbox index follows a reorg, and an index made from its records knows no more and no less", async () => {
    const fork = node.chain.latest().header.number;
    const records = node.database.records("outbox-test");
    const make = () => createOutboxIndex({ chain: node.chain, records }, { logger: pino({ level: "silent" }) });
    const first = make();
    const kept = nonce;
    const [a, b] = await signWithdrawal(2);
    await execute([a!]);
    const removed = await execute([b!]);
    expect((await first.get(6))?.blockNumber).to.equal(removed.header.number);
    await node.chain.exclusive((writer) => writer.rewindTo(fork));
    nonce = kept;
    await execute([], 7);
    const [again] = await signWithdrawal(1);
    const replaced = await execute([again!]);
    for (const index of [first, make(), make()]) {
      expect((await index.get(5))?.blockNumber).to.equal(replaced.header.number);
      expect(await index.get(6)).to.equal(undefined);
      const sent = await index.get(5);
      expect(
        verifyMerkleProof(
          replaced.header.outboxRoot,
          withdrawalHash(sent!.withdrawal),
          5,
          6,
          await index.prove(5, replaced),
        ),
      ).to.equal(true);
    }
  });

  it("the Outbox index builds itself again from records that do not fit the chain", async () => {
    const records = node.database.records("outbox-damaged");
    const latest = node.chain.latest();
    await records.write([
      ["message/0000000000", { blockNumber: 1, blockHash: `0x${"00".repeat(32)}`, leaf: `0x${"de".repeat(32)}` }],
      ["cursor", { blockNumber: latest.header.number, blockHash: latest.hash }],
    ]);
    const index = createOutboxIndex({ chain: node.chain, records }, { logger: pino({ level: "silent" }) });
    const sent = await index.get(0);
    expect(
      verifyMerkleProof(latest.header.outboxRoot, withdrawalHash(sent!.withdrawal), 0, 6, await index.prove(0, latest)),
    ).to.equal(true);
  });

  it("rollup_syncStatus names the heads with their hashes", async () => {
    const latest = node.chain.latest();
    expect(await result(node, "rollup_syncStatus")).to.deep.include({
      batchCount: 1,
      derivedBatchCount: 1,
      tracedBatchCount: null,
      messageCount: 4,
      latest: { number: latest.header.number, hash: latest.hash },
    });
  });

  it("without claims, methods that need them say so", async () => {
    const other = await startNode({ sequencing: false });
    await other.postBatch();
    expect((await ask(other, "rollup_getClaimOfBlock", "latest")).error).to.eql({
      code: -32000,
      message: "this node does not follow claims on L1",
    });
    await other.close();
  });
});
