import { expect } from "chai";
import { BLOB_SIZE } from "../../../src/batch/index.ts";
import { bytesToHex, hexToBytes } from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";
import { batchHash, blobsHash, calldataHash } from "../../../src/rollup/index.ts";
import { blobSender, sendBlobTransaction } from "./blob-transaction.ts";
import { DAY, HOUR, deployRollupFixture } from "./rollup-fixture.ts";
import type { RollupFixture } from "./rollup-fixture.ts";

const PAYLOAD = "0x010203";
const EMPTY_HASH = calldataHash(new Uint8Array());

const POST = "postBatch(uint256,bytes)";
const POST_OPENED = "postBatch(uint256,bytes,(uint256,uint8,bytes32))";
const POST_BLOBS = "postBlobBatch(uint256)";
const POST_BLOBS_OPENED = "postBlobBatch(uint256,(uint256,uint8,bytes32))";

describe("Inbox batches", () => {
  let fixture: RollupFixture;
  beforeEach(async () => {
    fixture = await deployRollupFixture();
  });

  const deposit = async (count = 1) => {
    const { inbox, user } = fixture;
    for (let sent = 0; sent < count; sent++) await inbox.connect(user).depositEther(user.address, { value: 1n });
  };
  const asOperator = () => fixture.inbox.connect(fixture.operator);
  const asStranger = () => fixture.inbox.connect(fixture.stranger);

  async function lastBatch() {
    const { inbox } = fixture;
    const [event] = await inbox.queryFilter(inbox.filters.BatchPosted((await inbox.batchCount()) - 1n));
    if (event === undefined) throw new Error("expected a batch");
    return event.args;
  }

  describe("what is recorded", () => {
    it("a calldata batch commits to its payload, how far it reads, and where it stands on L1", async () => {
      const { inbox, ethers } = fixture;
      await deposit(2);
      const transaction = await asOperator()[POST](2, PAYLOAD);
      const block = await ethers.provider.getBlock(transaction.blockNumber!);
      const expected = {
        kind: "calldata",
        dataHash: calldataHash(hexToBytes(PAYLOAD)),
        messagesUpTo: 2,
        number: block!.number,
        timestamp: block!.timestamp,
      } as const;
      const { index, kind, dataHash, messagesUpTo, number, timestamp } = await lastBatch();
      expect([index, kind, messagesUpTo]).to.eql([0n, 0n, 2n]);
      expect({ kind: "calldata", dataHash, messagesUpTo: 2, number: Number(number), timestamp: Number(timestamp) })
        .to //
        .eql(expected);
      expect(await inbox.batchHashes(0)).to.equal(batchHash(expected));
      expect(await inbox.messagesRead()).to.equal(2n);
      expect(await inbox.batchCount()).to.equal(1n);
    });

    it("the payload is the second argument of the posting transaction", async () => {
      const { inbox } = fixture;
      const transaction = await asOperator()[POST](0, PAYLOAD);
      const call = inbox.interface.parseTransaction(transaction);
      expect(call?.args[1]).to.equal(PAYLOAD);
    });

    it("entries stay as they were recorded while both lists grow", async () => {
      const { inbox } = fixture;
      const seen: [messages: string[], batches: string[]] = [[], []];
      for (let round = 0; round < 4; round++) {
        await deposit(round);
        await asOperator()[POST](await inbox.messageCount(), PAYLOAD);
        const [messages, batches] = seen;
        for (const [index, hash] of messages.entries()) expect(await inbox.messageHashes(index)).to.equal(hash);
        for (const [index, hash] of batches.entries()) expect(await inbox.batchHashes(index)).to.equal(hash);
        while (BigInt(messages.length) < (await inbox.messageCount())) {
          messages.push(await inbox.messageHashes(messages.length));
        }
        while (BigInt(batches.length) < (await inbox.batchCount())) {
          batches.push(await inbox.batchHashes(batches.length));
        }
      }
      expect(seen.flat()).not.to.include(`0x${"00".repeat(32)}`);
    });
  });

  describe("blobs", () => {
    const blobs = (count: number) =>
      Array.from({ length: count }, (_, index) => new Uint8Array(BLOB_SIZE).fill(index + 1));

    beforeEach(async () => {
      fixture = await deployRollupFixture({ operator: blobSender.address });
      await fixture.networkHelpers.setBalance(blobSender.address, 10n ** 20n);
    });

    for (const count of [1, 2, 6]) {
      it(`a batch in ${count} blob${count === 1 ? "" : "s"} commits to all their versioned hashes in order`, async () => {
        const { inbox } = fixture;
        const { versionedHashes } = await sendBlobTransaction(fixture, {
          to: await inbox.getAddress(),
          data: inbox.interface.encodeFunctionData(POST_BLOBS, [0]),
          blobs: blobs(count),
        });
        const { kind, dataHash, number, timestamp } = await lastBatch();
        expect(kind).to.equal(1n);
        expect(dataHash).to.equal(blobsHash(versionedHashes));
        expect(await inbox.batchHashes(0)).to.equal(
          batchHash({
            kind: "blobs",
            dataHash: dataHash as Hash,
            messagesUpTo: 0,
            number: Number(number),
            timestamp: Number(timestamp),
          }),
        );
      });
    }

    it("a contract may post blobs, which are the transaction's", async () => {
      const { inbox, account, networkHelpers } = fixture;
      await networkHelpers.time.increase(DAY);
      const call = inbox.interface.encodeFunctionData(POST_BLOBS, [0]);
      const { versionedHashes } = await sendBlobTransaction(fixture, {
        to: await account.getAddress(),
        data: account.interface.encodeFunctionData("run", [await inbox.getAddress(), call]),
        blobs: blobs(1),
      });
      expect((await lastBatch()).dataHash).to.equal(blobsHash(versionedHashes));
    });

    it("a blob batch that leaves messages unread opens the first of them", async () => {
      const { inbox, openMessage } = fixture;
      await deposit(2);
      await sendBlobTransaction(fixture, {
        to: await inbox.getAddress(),
        data: inbox.interface.encodeFunctionData(POST_BLOBS_OPENED, [1, await openMessage(1)]),
        blobs: blobs(1),
      });
      expect(await inbox.messagesRead()).to.equal(1n);
    });

    it("a blob batch without blobs is refused", async () => {
      const { inbox, stranger, networkHelpers, openMessage } = fixture;
      await deposit();
      await networkHelpers.time.increase(DAY);
      await expect(inbox.connect(stranger)[POST_BLOBS](1)).to.be.revertedWithCustomError(inbox, "NoBlobs");
      const opening = await openMessage(0);
      await expect(inbox.connect(stranger)[POST_BLOBS_OPENED](1, opening)).to.be.revertedWithCustomError(
        inbox,
        "NoBlobs",
      );
    });
  });

  describe("who may post", () => {
    it("the operator may, others may not", async () => {
      const { inbox, stranger, operator } = fixture;
      await asOperator()[POST](0, PAYLOAD);
      const from = await inbox.selfSequencingFrom();
      await expect(asStranger()[POST](0, PAYLOAD))
        .to.be.revertedWithCustomError(inbox, "NotOperator")
        .withArgs(stranger.address, from);
      await expect(asStranger()[POST_BLOBS](0)).to.be.revertedWithCustomError(inbox, "NotOperator");
      expect(await inbox.canPost(stranger)).to.equal(false);
      expect(await inbox.canPost(operator)).to.equal(true);
    });

    it("anyone may from the second in which the operator has been silent for the self-sequencing delay", async () => {
      const { inbox, stranger, networkHelpers } = fixture;
      await asOperator()[POST](0, PAYLOAD);
      const from = await inbox.selfSequencingFrom();
      expect(from).to.equal((await inbox.lastOperatorBatchAt()) + BigInt(DAY));
      await networkHelpers.time.setNextBlockTimestamp(from - 1n);
      await expect(asStranger()[POST](await inbox.messageCount(), PAYLOAD)).to.be.revertedWithCustomError(
        inbox,
        "NotOperator",
      );
      await networkHelpers.time.setNextBlockTimestamp(from);
      await asStranger()[POST](await inbox.messageCount(), PAYLOAD);
      expect(await inbox.canPost(stranger)).to.equal(true);
    });

    it("an operator that never posted is silent from the deployment on", async () => {
      const { inbox, networkHelpers, rollup, ethers } = fixture;
      const deployment = await ethers.provider.getBlock(Number(await rollup.DEPLOYMENT_BLOCK()));
      expect(await inbox.lastOperatorBatchAt()).to.equal(BigInt(deployment!.timestamp));
      await networkHelpers.time.increase(DAY);
      await expect(asStranger()[POST](0, PAYLOAD)).to.emit(inbox, "BatchPosted");
    });

    it("others' batches do not restart the clock: self-sequencing goes on", async () => {
      const { inbox, networkHelpers } = fixture;
      await networkHelpers.time.increase(DAY);
      const before = await inbox.lastOperatorBatchAt();
      await asStranger()[POST](0, PAYLOAD);
      await asStranger()[POST](await inbox.messageCount(), PAYLOAD);
      expect(await inbox.lastOperatorBatchAt()).to.equal(before);
    });

    it("the operator's next batch ends self-sequencing", async () => {
      const { inbox, networkHelpers } = fixture;
      await networkHelpers.time.increase(2 * DAY);
      await asStranger()[POST](0, PAYLOAD);
      await asOperator()[POST](await inbox.messageCount(), PAYLOAD);
      await expect(asStranger()[POST](await inbox.messageCount(), PAYLOAD)).to.be.revertedWithCustomError(
        inbox,
        "NotOperator",
      );
    });

    it("forced inclusion is not a sign of life, even by the operator", async () => {
      const { inbox, networkHelpers, openMessage } = fixture;
      await deposit();
      const before = await inbox.lastOperatorBatchAt();
      await networkHelpers.time.increase(13 * HOUR);
      await asOperator().forceInclude(0, await openMessage(0));
      expect(await inbox.lastOperatorBatchAt()).to.equal(before);
    });

    it("a calldata batch through a contract is refused, as its payload could not be found", async () => {
      const { inbox, account, networkHelpers, stranger } = fixture;
      await networkHelpers.time.increase(DAY);
      const call = inbox.interface.encodeFunctionData(POST, [0, PAYLOAD]);
      await expect(account.connect(stranger).run(await inbox.getAddress(), call))
        .to.be.revertedWithCustomError(inbox, "CallerNotPlainAccount")
        .withArgs(await account.getAddress());
    });

    it("a calldata batch from a contract under construction is refused", async () => {
      const { inbox, networkHelpers, ethers } = fixture;
      await networkHelpers.time.increase(DAY);
      const call = inbox.interface.encodeFunctionData(POST, [0, PAYLOAD]);
      await expect(
        ethers.deployContract("ScriptedAccount", [await inbox.getAddress(), call]),
      ).to.be.revertedWithCustomError(inbox, "CallerNotPlainAccount");
    });

    it("a calldata batch from a signer with code (EIP-7702) is refused: its code may have made the call", async () => {
      const { inbox, operator, account, networkHelpers } = fixture;
      await networkHelpers.setCode(operator.address, `0xef0100${(await account.getAddress()).slice(2)}`);
      await expect(asOperator()[POST](0, PAYLOAD))
        .to.be.revertedWithCustomError(inbox, "CallerNotPlainAccount")
        .withArgs(operator.address);
    });
  });

  describe("how far a batch reads", () => {
    it("not beyond the messages there are", async () => {
      const { inbox } = fixture;
      await deposit(3);
      const refused = async (messagesUpTo: bigint, count: bigint) =>
        expect(asOperator()[POST](messagesUpTo, PAYLOAD))
          .to.be.revertedWithCustomError(inbox, "MessagesUpToTooHigh")
          .withArgs(messagesUpTo, count);
      await refused(4n, 3n);
      await refused(2n ** 256n - 1n, 3n);
      // Would be 2 if it were cut to 40 bits.
      await refused(2n ** 40n + 2n, 3n);
      await asOperator()[POST](3, PAYLOAD);
      await refused(5n, 4n);
      await asOperator()[POST](4, PAYLOAD);
      expect(await inbox.messagesRead()).to.equal(4n);
    });

    it("not back: where others have read further, a batch reads as far, and says so", async () => {
      const { inbox, ethers } = fixture;
      await deposit(3);
      await asOperator()[POST](3, PAYLOAD);
      for (const messagesUpTo of [2, 0]) {
        const transaction = await asOperator()[POST](messagesUpTo, PAYLOAD);
        const block = await ethers.provider.getBlock(transaction.blockNumber!);
        const { index, messagesUpTo: recorded } = await lastBatch();
        expect(recorded).to.equal(3n);
        expect(await inbox.batchHashes(index)).to.equal(
          batchHash({
            kind: "calldata",
            dataHash: calldataHash(hexToBytes(PAYLOAD)),
            messagesUpTo: 3,
            number: block!.number,
            timestamp: block!.timestamp,
          }),
        );
      }
      expect(await inbox.messagesRead()).to.equal(3n);
    });

    it("may leave recent messages unread if it opens the first of them", async () => {
      const { inbox, openMessage } = fixture;
      await deposit(3);
      await asOperator()[POST_OPENED](1, PAYLOAD, await openMessage(1));
      expect(await inbox.messagesRead()).to.equal(1n);
    });

    it("may leave them unread without an opening while the last context is recent and not after them", async () => {
      const { inbox, networkHelpers } = fixture;
      await deposit();
      await asOperator()[POST](1, PAYLOAD);
      await deposit(2);
      const context = await inbox.lastContextIndex();
      expect(context).to.equal(1n);
      await asOperator()[POST](context, PAYLOAD);
      await asOperator()[POST](context + 1n, PAYLOAD);

      const deadline = (await inbox.lastContextAt()) + BigInt(12 * HOUR);
      await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
      await expect(asOperator()[POST](context + 1n, PAYLOAD))
        .to.be.revertedWithCustomError(inbox, "OpeningRequired")
        .withArgs(context + 1n);
    });

    it("needs the opening if the last context comes after the first unread message", async () => {
      const { inbox, networkHelpers, openMessage } = fixture;
      await deposit(2);
      await asOperator()[POST_OPENED](0, PAYLOAD, await openMessage(0));
      expect(await inbox.lastContextIndex()).to.equal(2n);
      await networkHelpers.time.increase(11 * HOUR);
      // The context is recent, the messages before it may be of any age.
      for (const messagesUpTo of [0n, 1n]) {
        await expect(asOperator()[POST](messagesUpTo, PAYLOAD))
          .to.be.revertedWithCustomError(inbox, "OpeningRequired")
          .withArgs(messagesUpTo);
      }
      await asOperator()[POST_OPENED](1, PAYLOAD, await openMessage(1));
    });

    it("needs the opening before the first context", async () => {
      const { inbox } = fixture;
      await deposit();
      await expect(asOperator()[POST](0, PAYLOAD)).to.be.revertedWithCustomError(inbox, "OpeningRequired").withArgs(0);
    });

    it("a deposit that overtakes a batch in flight does not make it fail", async () => {
      const { inbox } = fixture;
      await asOperator()[POST](0, PAYLOAD);
      const messagesUpTo = await inbox.messageCount();
      await deposit();
      await expect(asOperator()[POST](messagesUpTo, PAYLOAD)).to.emit(inbox, "BatchPosted");
    });

    it("an opening is checked in every part, and must be of the first unread message or the one before", async () => {
      const { inbox, openMessage } = fixture;
      await deposit(4);
      const opening = await openMessage(2);
      const wrong = [
        { ...opening, enqueuedAt: opening.enqueuedAt + 1 },
        { ...opening, kind: 1 },
        { ...opening, bodyHash: `0x${"11".repeat(32)}` },
        await openMessage(0),
        await openMessage(3),
      ];
      for (const wrongOpening of wrong) {
        await expect(asOperator()[POST_OPENED](2, PAYLOAD, wrongOpening)).to.be.revertedWithCustomError(
          inbox,
          "WrongOpening",
        );
      }
      await asOperator()[POST_OPENED](2, PAYLOAD, opening);
    });

    it("an opening of a time that would overflow is just wrong", async () => {
      const { inbox, openMessage } = fixture;
      await deposit(1);
      const opening = { ...(await openMessage(0)), enqueuedAt: 2n ** 256n - 1n };
      await expect(asOperator()[POST_OPENED](0, PAYLOAD, opening)).to.be.revertedWithCustomError(inbox, "WrongOpening");
    });

    it("an opening given with nothing unread is not looked at", async () => {
      const { inbox } = fixture;
      const opening = { enqueuedAt: 0, kind: 0, bodyHash: `0x${"00".repeat(32)}` };
      await expect(asOperator()[POST_OPENED](0, PAYLOAD, opening)).to.emit(inbox, "BatchPosted");
    });

    it("an opening may be of the last message read, as those after it are younger", async () => {
      const { inbox, networkHelpers, openMessage } = fixture;
      await deposit(3);
      const opening = await openMessage(0);
      await asOperator()[POST_OPENED](1, PAYLOAD, opening);
      expect(await inbox.messagesRead()).to.equal(1n);
      const deadline = opening.enqueuedAt + 12 * HOUR;
      await networkHelpers.time.setNextBlockTimestamp(deadline + 1);
      await expect(asOperator()[POST_OPENED](1, PAYLOAD, opening))
        .to.be.revertedWithCustomError(inbox, "MessageOverdue")
        .withArgs(0, deadline);
    });

    it("an opening is not looked at where a recent context would do", async () => {
      const { inbox } = fixture;
      const opening = { enqueuedAt: 0, kind: 0, bodyHash: `0x${"00".repeat(32)}` };
      await asOperator()[POST](0, PAYLOAD);
      await deposit();
      await asOperator()[POST_OPENED](1, PAYLOAD, opening);
      expect(await inbox.messagesRead()).to.equal(1n);
    });

    it("a message must be read once it is older than the force-inclusion delay", async () => {
      const { inbox, networkHelpers, openMessage } = fixture;
      await deposit(2);
      const opening = await openMessage(0);
      const deadline = opening.enqueuedAt + 12 * HOUR;
      await networkHelpers.time.setNextBlockTimestamp(deadline);
      await asOperator()[POST_OPENED](0, PAYLOAD, opening);
      await expect(asOperator()[POST_OPENED](0, PAYLOAD, opening))
        .to.be.revertedWithCustomError(inbox, "MessageOverdue")
        .withArgs(0, deadline);
      await asOperator()[POST](await inbox.messageCount(), PAYLOAD);
    });
  });

  describe("what others do in front of a batch", () => {
    /** A rollup in which anyone may post, and the first of three deposits is overdue; the last is not. */
    const contested = async () => {
      const { networkHelpers } = fixture;
      await deposit(1);
      await networkHelpers.time.increase(DAY);
      await deposit(2);
    };

    it("reading further leaves it as good as it was", async () => {
      const { inbox } = fixture;
      await contested();
      await asStranger()[POST](3, "0x");
      await asOperator()[POST](1, PAYLOAD);
      expect((await lastBatch()).messagesUpTo).to.equal(3n);
      expect(await inbox.batchCount()).to.equal(2n);
    });

    it("forcing what is overdue, with deposits and a new context before it, does not make it revert", async () => {
      const { inbox, openMessage } = fixture;
      await contested();
      const [first, second] = [await openMessage(0), await openMessage(1)];
      await asStranger().forceInclude(0, first);
      expect(await inbox.lastContextIndex()).to.equal(3n);
      await deposit();
      await expect(asOperator()[POST](1, PAYLOAD)).to.be.revertedWithCustomError(inbox, "OpeningRequired").withArgs(1);
      await asOperator()[POST_OPENED](1, PAYLOAD, second);
    });

    it("nor where it reads all that its poster knew, and opens the last of that", async () => {
      const { inbox, openMessage } = fixture;
      await contested();
      const last = await openMessage(2);
      await deposit();
      await asStranger().forceInclude(0, await openMessage(0));
      await deposit();
      await expect(asOperator()[POST](3, PAYLOAD)).to.be.revertedWithCustomError(inbox, "OpeningRequired").withArgs(3);
      await asOperator()[POST_OPENED](3, PAYLOAD, last);
      expect(await inbox.messagesRead()).to.equal(3n);
    });

    it("an opening below what others have read still shows that the rest is recent", async () => {
      const { inbox, openMessage } = fixture;
      await contested();
      const second = await openMessage(1);
      await asStranger()[POST_OPENED](2, "0x", await openMessage(2));
      await asOperator()[POST_OPENED](1, PAYLOAD, second);
      expect((await lastBatch()).messagesUpTo).to.equal(2n);
      // And still must be right.
      await expect(asOperator()[POST_OPENED](1, PAYLOAD, await openMessage(2))).to.be.revertedWithCustomError(
        inbox,
        "WrongOpening",
      );
    });
  });

  describe("forced inclusion", () => {
    it("records an empty batch that reads an overdue message and those before it, by anyone", async () => {
      const { inbox, networkHelpers, openMessage } = fixture;
      await deposit(2);
      await networkHelpers.time.increase(HOUR);
      await deposit(2);
      const opening = await openMessage(1);
      const deadline = opening.enqueuedAt + 12 * HOUR;
      await networkHelpers.time.setNextBlockTimestamp(deadline);
      await expect(asStranger().forceInclude(1, opening))
        .to.be.revertedWithCustomError(inbox, "MessageNotOverdue")
        .withArgs(1, deadline);
      await networkHelpers.time.setNextBlockTimestamp(deadline + 1);
      await asStranger().forceInclude(1, opening);
      const { kind, dataHash, messagesUpTo } = await lastBatch();
      expect([kind, dataHash, messagesUpTo]).to.eql([0n, EMPTY_HASH, 2n]);
      expect(await inbox.messagesRead()).to.equal(2n);
    });

    it("reads no message that is not overdue, whatever is named", async () => {
      const { inbox, networkHelpers, openMessage } = fixture;
      await deposit();
      await networkHelpers.time.increase(6 * HOUR);
      await deposit();
      await networkHelpers.time.increase(7 * HOUR);
      await expect(asStranger().forceInclude(1, await openMessage(1))).to.be.revertedWithCustomError(
        inbox,
        "MessageNotOverdue",
      );
      await expect(asStranger().forceInclude(1, await openMessage(0))).to.be.revertedWithCustomError(
        inbox,
        "WrongOpening",
      );
      await asStranger().forceInclude(0, await openMessage(0));
      expect(await inbox.messagesRead()).to.equal(1n);
    });

    it("need not read all that is overdue: what is left can be forced next", async () => {
      const { inbox, networkHelpers, openMessage } = fixture;
      await deposit(3);
      await networkHelpers.time.increase(13 * HOUR);
      await asStranger().forceInclude(0, await openMessage(0));
      await asStranger().forceInclude(2, await openMessage(2));
      expect(await inbox.messagesRead()).to.equal(3n);
    });

    it("a contract may call it: there is no payload to find", async () => {
      const { inbox, account, networkHelpers, openMessage } = fixture;
      await deposit();
      await networkHelpers.time.increase(13 * HOUR);
      const call = inbox.interface.encodeFunctionData("forceInclude", [0, await openMessage(0)]);
      await account.run(await inbox.getAddress(), call);
      expect(await inbox.messagesRead()).to.equal(1n);
    });

    it("is refused for a message that is read already, or is not there", async () => {
      const { inbox, networkHelpers, openMessage } = fixture;
      const nothing = { enqueuedAt: 0, kind: 0, bodyHash: `0x${"00".repeat(32)}` };
      const refused = async (index: bigint, opening: typeof nothing, read: number, count: number) =>
        expect(asStranger().forceInclude(index, opening))
          .to.be.revertedWithCustomError(inbox, "MessageNotUnread")
          .withArgs(index, read, count);
      await refused(0n, nothing, 0, 0);
      await deposit();
      const opening = await openMessage(0);
      await asOperator()[POST](1, PAYLOAD);
      await networkHelpers.time.increase(13 * HOUR);
      await refused(0n, opening, 1, 2);
      await refused(2n, nothing, 1, 2);
      await refused(2n ** 256n - 1n, nothing, 1, 2);
    });

    it("needs the opening of the message it names: that of another does not do", async () => {
      const { inbox, networkHelpers, openMessage } = fixture;
      await deposit(3);
      await networkHelpers.time.increase(13 * HOUR);
      for (const index of [0, 2]) {
        await expect(asStranger().forceInclude(1, await openMessage(index))).to.be.revertedWithCustomError(
          inbox,
          "WrongOpening",
        );
      }
      await asStranger().forceInclude(1, await openMessage(1));
    });

    it("nobody can forge an old message to force recent ones in", async () => {
      const { inbox, openMessage } = fixture;
      await deposit();
      const opening = { ...(await openMessage(0)), enqueuedAt: 0 };
      await expect(asStranger().forceInclude(0, opening)).to.be.revertedWithCustomError(inbox, "WrongOpening");
    });

    it("works while the operator posts batches that read nothing", async () => {
      const { inbox, networkHelpers, openMessage } = fixture;
      await deposit();
      const opening = await openMessage(0);
      for (let hours = 0; hours < 12; hours += 4) {
        await asOperator()[POST_OPENED](0, PAYLOAD, opening);
        await networkHelpers.time.increase(4 * HOUR);
      }
      await expect(asOperator()[POST_OPENED](0, PAYLOAD, opening)).to.be.revertedWithCustomError(
        inbox,
        "MessageOverdue",
      );
      await asStranger().forceInclude(0, opening);
      expect(await inbox.messagesRead()).to.be.greaterThan(0n);
    });
  });

  describe("L1 context", () => {
    it("comes with the first batch, after it, with the values of its block", async () => {
      const { inbox, ethers } = fixture;
      const transaction = await asOperator()[POST](0, PAYLOAD);
      const block = (await ethers.provider.getBlock(transaction.blockNumber!))!;
      const [event] = await inbox.queryFilter(inbox.filters.ContextEnqueued(0));
      const { number, timestamp, baseFee, blobBaseFee, parentHash } = event!.args;
      expect([number, timestamp, baseFee, parentHash]).to.eql([
        BigInt(block.number),
        BigInt(block.timestamp),
        block.baseFeePerGas,
        block.parentHash,
      ]);
      expect(blobBaseFee).to.equal(1n);
      // The batch read nothing: its own context is unread.
      expect([await inbox.messagesRead(), await inbox.messageCount()]).to.eql([0n, 1n]);
    });

    it("comes again once the last one is as old as the interval, not before", async () => {
      const { inbox, networkHelpers, postBatch } = fixture;
      await postBatch();
      const at = await inbox.lastContextAt();
      await networkHelpers.time.setNextBlockTimestamp(at + BigInt(HOUR) - 1n);
      await postBatch();
      expect(await inbox.messageCount()).to.equal(1n);
      await postBatch();
      expect(await inbox.messageCount()).to.equal(2n);
      expect([await inbox.lastContextIndex(), await inbox.lastContextAt()]).to.eql([1n, at + BigInt(HOUR)]);
    });

    it("comes with every batch if the interval is 0", async () => {
      fixture = await deployRollupFixture({ contextInterval: 0n });
      for (let batch = 1n; batch <= 3n; batch++) {
        await fixture.postBatch();
        expect(await fixture.inbox.messageCount()).to.equal(batch);
      }
    });

    it("comes with a forced batch too", async () => {
      const { inbox, networkHelpers, openMessage } = fixture;
      await deposit();
      await networkHelpers.time.increase(13 * HOUR);
      await expect(asStranger().forceInclude(0, await openMessage(0))).to.emit(inbox, "ContextEnqueued");
    });
  });

  it("a calldata payload has at most 65,536 bytes, with or without an opening", async () => {
    const { inbox } = fixture;
    const payload = bytesToHex(new Uint8Array(65_537));
    const opening = { enqueuedAt: 0, kind: 0, bodyHash: `0x${"00".repeat(32)}` };
    for (const posting of [asOperator()[POST](0, payload), asOperator()[POST_OPENED](0, payload, opening)]) {
      await expect(posting).to.be.revertedWithCustomError(inbox, "PayloadTooLong").withArgs(65_537, 65_536);
    }
  });

  it("payloads of any bytes are accepted: what they mean is derivation's to say", async () => {
    for (const length of [0, 1, 31, 32, 33, 65_536]) {
      const payload = new Uint8Array(length).map((_, index) => (index * 7) % 256);
      await asOperator()[POST](await fixture.inbox.messageCount(), bytesToHex(payload));
      expect((await lastBatch()).dataHash).to.equal(calldataHash(payload));
    }
  });
});
