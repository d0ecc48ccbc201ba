import { expect } from "chai";
import { OUTBOX_ADDRESS, L2_BRIDGES } from "../../../src/rollup/index.ts";
import { RelayStatus, deployBridgesFixture, fresh } from "./bridges-fixture.ts";
import type { BridgesFixture } from "./bridges-fixture.ts";
import type { ScriptedAccount } from "../../../types/ethers-contracts/index.ts";

const NO_SCRIPT = { target: "0x0000000000000000000000000000000000000000", value: 0n, data: "0x", revertWith: "0x" };
const REFUSAL = "0xbadbad00";

describe("Messengers", () => {
  let fixture: BridgesFixture;
  /** On the layer a message goes to: does what its script says. */
  let target: ScriptedAccount;
  beforeEach(async () => {
    fixture = await deployBridgesFixture();
    target = await fixture.ethers.deployContract("ScriptedAccount", [NO_SCRIPT.target, "0x"]);
    const { inbox, user } = fixture;
    await inbox.connect(user).depositEther(user, { value: 1_000n });
  });

  /** Asks the messenger of the layer who sends, when called. */
  const askSender = async (messenger: { getAddress(): Promise<string> }) =>
    target.setScript({
      ...NO_SCRIPT,
      target: await messenger.getAddress(),
      data: fixture.l1Messenger.interface.encodeFunctionData("crossDomainSender"),
    });
  const refuse = async () => target.setScript({ ...NO_SCRIPT, revertWith: REFUSAL });
  const accept = async () => target.setScript(NO_SCRIPT);
  const addressWord = (address: string) => fixture.ethers.zeroPadValue(address, 32).toLowerCase();

  it("each knows the other, that of L2 by what genesis has written into slot 0", async () => {
    const { l1Messenger, l2Messenger, messengerAddress, ethers } = fixture;
    expect(await l1Messenger.otherMessenger()).to.equal(ethers.getAddress(L2_BRIDGES.messenger));
    expect(await l2Messenger.otherMessenger()).to.equal(messengerAddress);
  });

  describe("to L2", () => {
    const send = async (value = 5n, minimumGas = 1_000_000n, data = "0x1234") =>
      fixture.l1Messenger
        .connect(fixture.user)
        .sendMessage(target, value, minimumGas, data, fixture.user, { value: fixture.FEE + value });

    async function enqueued() {
      const { lastDeposit } = fixture;
      const { index, enqueuedAt, mint, gasLimit, refundTo } = await lastDeposit();
      return { index, enqueuedAt, mint, gasLimit, refundTo };
    }

    it("calls the target with value and data, in the messenger's name, and says who sent, without an alias", async () => {
      const { l1Messenger, l2Messenger, user, inbox, FEE } = fixture;
      await askSender(l2Messenger);
      const nonce = await inbox.messageCount();
      await expect(send())
        .to.emit(l1Messenger, "MessageSent")
        .withArgs(nonce, user.address, await target.getAddress(), 5n, 1_000_000n, "0x1234");
      const { status, deposit, message } = await fixture.runDeposit();
      expect(status).to.equal(RelayStatus.Relayed);
      expect(deposit.mint).to.equal(FEE + 5n);
      expect(message.nonce).to.equal(nonce);
      expect((await target.callerSeen()).toLowerCase()).to.equal(L2_BRIDGES.messenger);
      expect(await target.valueSeen()).to.equal(5n);
      expect(await target.dataSeen()).to.equal("0x1234");
      expect(await target.returned()).to.equal(addressWord(user.address));
    });

    it("says who sent also if that is a contract", async () => {
      const { l1Messenger, l2Messenger, ethers, user, FEE } = fixture;
      const sender = await ethers.deployContract("ScriptedAccount", [NO_SCRIPT.target, "0x"]);
      await askSender(l2Messenger);
      await sender.run(
        l1Messenger,
        l1Messenger.interface.encodeFunctionData("sendMessage", [
          await target.getAddress(),
          0n,
          1_000_000n,
          "0x",
          user.address,
        ]),
        { value: FEE },
      );
      await fixture.runDeposit();
      expect(await target.returned()).to.equal(addressWord(await sender.getAddress()));
    });

    it("gives every message a nonce of its own, also two in one transaction, or after other messages of the Inbox", async () => {
      const { inbox, user, lastDeposit, messageOf } = fixture;
      const nonces: bigint[] = [];
      for (let index = 0; index < 3; index++) {
        await inbox.connect(user).depositEther(user, { value: 1n });
        await send();
        const deposit = await lastDeposit();
        nonces.push(messageOf(deposit.data).nonce);
        expect(nonces.at(-1)).to.equal(deposit.index);
      }
      expect(new Set(nonces).size).to.equal(3);
    });

    it("tells nobody a sender while no message is being relayed", async () => {
      const { l1Messenger, l2Messenger } = fixture;
      await expect(l1Messenger.crossDomainSender()).to.be.revertedWithCustomError(l1Messenger, "NoMessageInRelay");
      await expect(l2Messenger.crossDomainSender()).to.be.revertedWithCustomError(l2Messenger, "NoMessageInRelay");
      await send();
      await fixture.runDeposit();
      await expect(l2Messenger.crossDomainSender()).to.be.revertedWithCustomError(l2Messenger, "NoMessageInRelay");
    });

    it("believes the alias of the other messenger alone", async () => {
      const { l2Messenger, messengerAddress, user, ethers, networkHelpers, lastDeposit, messageOf } = fixture;
      await send();
      const message = messageOf((await lastDeposit()).data);
      await networkHelpers.setBalance(messengerAddress, 10n ** 18n);
      for (const caller of [user, await ethers.getImpersonatedSigner(messengerAddress)]) {
        await expect(l2Messenger.connect(caller).relayMessage(message, { value: 5n }))
          .to.be.revertedWithCustomError(l2Messenger, "NotOtherMessenger")
          .withArgs(await caller.getAddress());
      }
    });

    it("remembers a message that fails, with its value; anyone replays it until it succeeds, and never again", async () => {
      const { l2Messenger, stranger, ethers, hashOf } = fixture;
      await refuse();
      await send();
      const { status, message } = await fixture.runDeposit();
      expect(status).to.equal(RelayStatus.Failed);
      expect(await ethers.provider.getBalance(l2Messenger)).to.equal(5n);
      await expect(l2Messenger.connect(stranger).replayMessage(message))
        .to.be.revertedWithCustomError(l2Messenger, "CallFailed")
        .withArgs(await target.getAddress(), REFUSAL);
      expect(await l2Messenger.statusOf(hashOf(message))).to.equal(RelayStatus.Failed);
      await accept();
      await expect(l2Messenger.connect(stranger).replayMessage(message))
        .to.emit(l2Messenger, "MessageRelayed")
        .withArgs(hashOf(message), message.nonce);
      expect(await ethers.provider.getBalance(l2Messenger)).to.equal(0n);
      expect(await target.valueSeen()).to.equal(5n);
      await expect(l2Messenger.connect(stranger).replayMessage(message))
        .to.be.revertedWithCustomError(l2Messenger, "NotFailed")
        .withArgs(hashOf(message), RelayStatus.Relayed);
    });

    it("replays no message that succeeded at once, nor one that never came, nor a failed one with another field", async () => {
      const { l2Messenger, stranger, hashOf } = fixture;
      await send();
      const { message } = await fixture.runDeposit();
      await expect(l2Messenger.connect(stranger).replayMessage(message))
        .to.be.revertedWithCustomError(l2Messenger, "NotFailed")
        .withArgs(hashOf(message), RelayStatus.Relayed);
      await refuse();
      await send();
      const { message: failed } = await fixture.runDeposit();
      await accept();
      for (const change of [
        { nonce: failed.nonce + 1n },
        { sender: stranger.address },
        { target: stranger.address },
        { value: 4n },
        { minimumGas: 0n },
        { data: "0x12" },
      ]) {
        await expect(
          l2Messenger.connect(stranger).replayMessage({ ...failed, ...change }),
          JSON.stringify(Object.keys(change)),
        ).to.be.revertedWithCustomError(l2Messenger, "NotFailed");
      }
    });

    it("while a message is relayed or replayed, neither it nor another is replayed", async () => {
      const { l2Messenger, stranger } = fixture;
      await refuse();
      await send();
      const { message: other } = await fixture.runDeposit();
      await send(7n);
      const { message } = await fixture.runDeposit();
      for (const [nested, name] of [
        [message, "NotFailed"],
        [other, "AlreadyRelaying"],
      ] as const) {
        const snapshot = await fixture.networkHelpers.takeSnapshot();
        await target.setScript({
          ...NO_SCRIPT,
          target: await l2Messenger.getAddress(),
          data: l2Messenger.interface.encodeFunctionData("replayMessage", [nested]),
        });
        await l2Messenger.connect(stranger).replayMessage(message);
        expect(await target.succeeded()).to.equal(false);
        expect(l2Messenger.interface.parseError(await target.returned())?.name).to.equal(name);
        await snapshot.restore();
      }
      await target.setScript({
        ...NO_SCRIPT,
        target: await l2Messenger.getAddress(),
        data: l2Messenger.interface.encodeFunctionData("replayMessage", [other]),
      });
      await send(1n);
      expect((await fixture.runDeposit()).status).to.equal(RelayStatus.Relayed);
      expect(l2Messenger.interface.parseError(await target.returned())?.name).to.equal("AlreadyRelaying");
    });

    it("sends again a message whose deposit could not run, under the nonce it had", async () => {
      const { l1Messenger, l2Messenger, stranger, lastDeposit, messageOf, hashOf, FEE } = fixture;
      await send();
      const first = await lastDeposit();
      const message = messageOf(first.data);
      const { receipt, status } = await fixture.runDeposit({ gasLimit: 45_000n });
      expect(receipt).to.equal(null);
      expect(status).to.equal(RelayStatus.None);
      await l1Messenger
        .connect(stranger)
        .resendMessage(message, await enqueued(), first.gasLimit + 1n, stranger, { value: FEE + 5n });
      const second = await lastDeposit();
      expect(second.index).to.equal(first.index + 1n);
      expect(second.data).to.equal(first.data);
      expect(second.refundTo).to.equal(stranger.address);
      const resent = await fixture.runDeposit();
      expect(resent.status).to.equal(RelayStatus.Relayed);
      expect(await target.calls()).to.equal(1n);
      // The second deposit can be what is opened, too; the message has arrived.
      await l1Messenger
        .connect(stranger)
        .resendMessage(message, await enqueued(), first.gasLimit, stranger, { value: FEE + 5n });
      expect((await fixture.runDeposit()).receipt).to.equal(null);
      expect(await target.calls()).to.equal(1n);
      expect(await l2Messenger.statusOf(hashOf(message))).to.equal(RelayStatus.Relayed);
    });

    it("a message that was sent twice, failed, and is replayed takes effect once", async () => {
      const { l1Messenger, l2Messenger, stranger, lastDeposit, messageOf, ethers, FEE } = fixture;
      await refuse();
      await send();
      const { gasLimit, data } = await lastDeposit();
      const message = messageOf(data);
      expect((await fixture.runDeposit()).status).to.equal(RelayStatus.Failed);
      await l1Messenger
        .connect(stranger)
        .resendMessage(message, await enqueued(), gasLimit, stranger, { value: FEE + 5n });
      await accept();
      expect((await fixture.runDeposit()).receipt).to.equal(null);
      await l2Messenger.replayMessage(message);
      expect(await target.calls()).to.equal(1n);
      expect(await ethers.provider.getBalance(l2Messenger)).to.equal(0n);
    });

    it("sends nothing again that it did not send, by whatever opening", async () => {
      const { l1Messenger, user, stranger, lastDeposit, messageOf, ethers, inbox, FEE } = fixture;
      await send();
      const { gasLimit, data } = await lastDeposit();
      const message = messageOf(data);
      const opening = await enqueued();
      const resend = async (changed: object, openedAs: object = {}) =>
        l1Messenger
          .connect(stranger)
          .resendMessage({ ...message, ...changed }, { ...opening, ...openedAs }, gasLimit * 2n, stranger, {
            value: FEE * 2n,
          });
      for (const change of [
        { nonce: 0n },
        { sender: stranger.address },
        { target: stranger.address },
        { value: 6n },
        { minimumGas: 1n },
        { data: "0x" },
      ])
        await expect(resend(change)).to.be.revertedWithCustomError(l1Messenger, "NotSent");
      for (const openedAs of [
        { index: 0n },
        { index: opening.index + 1n },
        { enqueuedAt: 0n },
        { mint: 0n },
        { gasLimit: 0n },
        { refundTo: stranger.address },
      ])
        await expect(resend({}, openedAs)).to.be.revertedWithCustomError(l1Messenger, "NotSent");

      // The same deposit, of another contract.
      const forger = await ethers.deployContract("ScriptedAccount", [NO_SCRIPT.target, "0x"]);
      const forged = { ...message, sender: user.address, target: stranger.address };
      const relay = l1Messenger.interface.encodeFunctionData("relayMessage", [forged]);
      await forger.run(
        inbox,
        inbox.interface.encodeFunctionData("sendMessage", [L2_BRIDGES.messenger, 5n, gasLimit, relay, user.address]),
        { value: FEE + 5n },
      );
      await expect(
        l1Messenger.connect(stranger).resendMessage(forged, await enqueued(), gasLimit, stranger, { value: FEE + 5n }),
      ).to.be.revertedWithCustomError(l1Messenger, "NotSent");
      expect((await fixture.runDeposit()).receipt).to.equal(null);
    });

    it("sends again only with enough gas, the value, and a fee", async () => {
      const { l1Messenger, stranger, lastDeposit, messageOf, FEE } = fixture;
      await send();
      const { gasLimit, data } = await lastDeposit();
      const opening = await enqueued();
      const resend = async (gas: bigint, value: bigint) =>
        l1Messenger.connect(stranger).resendMessage(messageOf(data), opening, gas, stranger, { value });
      await expect(resend(gasLimit - 1n, FEE + 5n))
        .to.be.revertedWithCustomError(l1Messenger, "GasLimitTooLow")
        .withArgs(gasLimit - 1n, gasLimit);
      await expect(resend(gasLimit, 4n)).to.be.revertedWithCustomError(l1Messenger, "WrongValue").withArgs(4n, 5n);
      await expect(resend(gasLimit, 5n)).to.be.revertedWithCustomError(l1Messenger, "FeeTooLow");
    });

    it("asks for the fee of the gas at L1's prices of the moment, and not a wei more", async () => {
      const { l1Messenger, user, networkHelpers, ethers } = fixture;
      const gasLimit = await l1Messenger.gasLimitOf(1_000_000n, 2n);
      const baseFee = 10n ** 12n;
      for (const missing of [1n, 0n]) {
        await networkHelpers.setNextBlockBaseFeePerGas(baseFee);
        // The network's blob base fee is at its minimum, and blobs are the cheaper data.
        const required = await l1Messenger.feeOf(gasLimit, baseFee, 1n);
        const sent = l1Messenger.connect(user).sendMessage(target, 5n, 1_000_000n, "0x1234", user, {
          value: required + 5n - missing,
          gasLimit: 1_000_000n,
        });
        if (missing === 0n) await sent;
        else
          await expect(sent)
            .to.be.revertedWithCustomError(l1Messenger, "FeeTooLow")
            .withArgs(required - 1n, required);
      }
      await expect(l1Messenger.connect(user).sendMessage(target, 5n, 0n, "0x", user, { value: 4n }))
        .to.be.revertedWithCustomError(l1Messenger, "WrongValue")
        .withArgs(4n, 5n);
      expect(await l1Messenger.feeOf(1n, 10n ** 12n, 10n ** 12n)).to.equal(4_032_258_065n);
      expect(await ethers.provider.getBalance(l1Messenger)).to.equal(0n);
    });

    it("takes no message that the other messenger would not call for, whose value would stay with it", async () => {
      const { l1Messenger, user, FEE } = fixture;
      for (const forbidden of [L2_BRIDGES.messenger, OUTBOX_ADDRESS]) {
        await expect(
          l1Messenger.connect(user).sendMessage(forbidden, 0n, 0n, "0x", user, { value: FEE }),
        ).to.be.revertedWithCustomError(l1Messenger, "ForbiddenTarget");
      }
      await expect(l1Messenger.connect(user).sendMessage(target, 0n, (1n << 24n) + 1n, "0x", user, { value: FEE }))
        .to.be.revertedWithCustomError(l1Messenger, "MinimumGasTooHigh")
        .withArgs((1n << 24n) + 1n, 1n << 24n);
    });

    it("is led by no message to call the Outbox or itself, first or later", async () => {
      const { l2Messenger, aliasedMessenger, aliased, networkHelpers, outbox, hashOf, user } = fixture;
      await networkHelpers.setBalance(aliased, 10n ** 20n);
      const forgery = outbox.interface.encodeFunctionData("sendMessage", [user.address, 0n, "0x"]);
      for (const [place, forbidden] of [OUTBOX_ADDRESS, L2_BRIDGES.messenger].entries()) {
        const message = {
          nonce: BigInt(place),
          sender: user.address,
          target: forbidden,
          value: 0n,
          minimumGas: 0n,
          data: forgery,
        };
        await l2Messenger.connect(aliasedMessenger).relayMessage(message);
        expect(await l2Messenger.statusOf(hashOf(message))).to.equal(RelayStatus.Failed);
        await expect(l2Messenger.replayMessage(message)).to.be.revertedWithCustomError(l2Messenger, "ForbiddenTarget");
      }
      expect(await outbox.count()).to.equal(0n);
    });

    it("relays a message with its own value only", async () => {
      const { l2Messenger, aliasedMessenger, aliased, networkHelpers, user } = fixture;
      await networkHelpers.setBalance(aliased, 10n ** 20n);
      const message = { nonce: 1n, sender: user.address, target: fresh(1), value: 3n, minimumGas: 0n, data: "0x" };
      for (const value of [2n, 4n])
        await expect(l2Messenger.connect(aliasedMessenger).relayMessage(message, { value }))
          .to.be.revertedWithCustomError(l2Messenger, "WrongValue")
          .withArgs(value, 3n);
    });
  });

  describe("to L1", () => {
    const send = async (value = 5n, minimumGas = 1_000_000n, data = "0x1234") =>
      fixture.l2Messenger.connect(fixture.user).sendMessage(target, value, minimumGas, data, fixture.user, { value });

    it("calls the target with value and data, in the messenger's name, and says who sent", async () => {
      const { l1Messenger, l2Messenger, user } = fixture;
      await askSender(l1Messenger);
      await expect(send())
        .to.emit(l2Messenger, "MessageSent")
        .withArgs(0n, user.address, await target.getAddress(), 5n, 1_000_000n, "0x1234");
      await expect(fixture.executeLast()).to.emit(l1Messenger, "MessageRelayed");
      expect(await target.callerSeen()).to.equal(await l1Messenger.getAddress());
      expect(await target.valueSeen()).to.equal(5n);
      expect(await target.dataSeen()).to.equal("0x1234");
      expect(await target.returned()).to.equal(addressWord(user.address));
      await expect(l1Messenger.crossDomainSender()).to.be.revertedWithCustomError(l1Messenger, "NoMessageInRelay");
    });

    it("a message that fails stays executable; one that has succeeded is not executed again", async () => {
      const { portal, ethers } = fixture;
      await refuse();
      await send();
      const { execute } = await fixture.confirmOutbox();
      await expect(execute()).to.be.revertedWithCustomError(portal, "CallFailed");
      expect(await portal.isExecuted(0)).to.equal(false);
      await accept();
      await execute();
      expect(await ethers.provider.getBalance(target)).to.equal(5n);
      await expect(execute()).to.be.revertedWithCustomError(portal, "AlreadyExecuted");
      expect(await target.calls()).to.equal(1n);
    });

    it("believes no message of the Outbox that the other messenger did not send, and nobody but the Portal", async () => {
      const { l1Messenger, outbox, portal, user } = fixture;
      const forged = { nonce: 0n, sender: user.address, target: fresh(1), value: 0n, minimumGas: 0n, data: "0x" };
      await expect(l1Messenger.connect(user).relayMessage(forged))
        .to.be.revertedWithCustomError(l1Messenger, "NotOtherMessenger")
        .withArgs(user.address);
      await outbox
        .connect(user)
        .sendMessage(l1Messenger, 1_000_000n, l1Messenger.interface.encodeFunctionData("relayMessage", [forged]));
      await expect(fixture.executeLast())
        .to.be.revertedWithCustomError(portal, "CallFailed")
        .withArgs(
          await l1Messenger.getAddress(),
          l1Messenger.interface.encodeErrorResult("NotOtherMessenger", [await portal.getAddress()]),
        );
    });

    it("is led by no message to call Inbox, Portal or itself", async () => {
      const { l1Messenger, l2Messenger, inbox, portal, outbox, user, ethers, networkHelpers } = fixture;
      await expect(l2Messenger.connect(user).sendMessage(l1Messenger, 0n, 0n, "0x", user))
        .to.be.revertedWithCustomError(l2Messenger, "ForbiddenTarget")
        .withArgs(await l1Messenger.getAddress());
      // A deposit in the messenger's name would be a message of anyone's to L2.
      const forgery = inbox.interface.encodeFunctionData("sendMessage", [
        L2_BRIDGES.messenger,
        0n,
        100_000n,
        "0x",
        user.address,
      ]);
      await networkHelpers.setBalance(L2_BRIDGES.messenger, 10n ** 18n);
      const messenger = await ethers.getImpersonatedSigner(L2_BRIDGES.messenger);
      for (const forbidden of [inbox, portal, l1Messenger]) {
        const message = {
          nonce: await outbox.count(),
          sender: user.address,
          target: await forbidden.getAddress(),
          value: 0n,
          minimumGas: 0n,
          data: forgery,
        };
        await outbox
          .connect(messenger)
          .sendMessage(l1Messenger, 1_000_000n, l1Messenger.interface.encodeFunctionData("relayMessage", [message]));
      }
      const { execute } = await fixture.confirmOutbox();
      const before = await inbox.messageCount();
      for (const [index, forbidden] of [inbox, portal, l1Messenger].entries()) {
        await expect(execute(index))
          .to.be.revertedWithCustomError(portal, "CallFailed")
          .withArgs(
            await l1Messenger.getAddress(),
            l1Messenger.interface.encodeErrorResult("ForbiddenTarget", [await forbidden.getAddress()]),
          );
      }
      expect(await inbox.messageCount()).to.equal(before);
    });

    it("a message that the target sends on from within is the target's", async () => {
      const { l1Messenger, user, FEE, lastDeposit, messageOf, ethers } = fixture;
      await target.setScript({
        ...NO_SCRIPT,
        target: await l1Messenger.getAddress(),
        value: FEE,
        data: l1Messenger.interface.encodeFunctionData("sendMessage", [fresh(1), 0n, 0n, "0x", user.address]),
      });
      await fixture.inbox.connect(user).depositEther(user, { value: FEE });
      await send(FEE);
      await fixture.executeLast();
      expect(await target.succeeded()).to.equal(true);
      expect(messageOf((await lastDeposit()).data).sender).to.equal(await target.getAddress());
      expect(await ethers.provider.getBalance(l1Messenger)).to.equal(0n);
    });

    it("takes the value exactly, and no more gas than a message can have", async () => {
      const { l2Messenger, user } = fixture;
      for (const value of [4n, 6n])
        await expect(l2Messenger.connect(user).sendMessage(target, 5n, 0n, "0x", user, { value }))
          .to.be.revertedWithCustomError(l2Messenger, "WrongValue")
          .withArgs(value, 5n);
      await expect(
        l2Messenger.connect(user).sendMessage(target, 0n, (1n << 24n) + 1n, "0x", user),
      ).to.be.revertedWithCustomError(l2Messenger, "MinimumGasTooHigh");
    });
  });
});
