import { expect } from "chai";
import { privateKeyToAccount } from "viem/accounts";
import { bytesToHex, hexToBytes, toAddress } from "../../../src/primitives/index.ts";
import type { Address, Hex } from "../../../src/primitives/index.ts";
import { aliasAddress, depositBodyHash, hashMessage, messageHash } from "../../../src/rollup/index.ts";
import { DAY, deployRollupFixture } from "./rollup-fixture.ts";
import type { RollupFixture } from "./rollup-fixture.ts";

const ETHER = 10n ** 18n;
const TARGET = toAddress(`0x${"7a".repeat(20)}`);
const REFUND_TO = toAddress(`0x${"7f".repeat(20)}`);

/** Makes an externally owned account delegate to a contract by a type-4 transaction of its own; gives the account. */
async function delegatedAccount({ ethers, networkHelpers, provider, account }: RollupFixture) {
  const owner = privateKeyToAccount(`0x${"70".repeat(32)}`);
  await networkHelpers.setBalance(owner.address, 100n * ETHER);
  const { chainId } = await ethers.provider.getNetwork();
  const authorization = await owner.signAuthorization({
    chainId: Number(chainId),
    contractAddress: (await account.getAddress()) as Address,
    nonce: 1,
  });
  const signed = await owner.signTransaction({
    type: "eip7702",
    chainId: Number(chainId),
    nonce: 0,
    to: owner.address,
    gas: 200_000n,
    maxFeePerGas: 10n ** 11n,
    maxPriorityFeePerGas: 1n,
    authorizationList: [authorization],
  });
  await provider.request({ method: "eth_sendRawTransaction", params: [signed] });
  const code = await ethers.provider.getCode(owner.address);
  expect(code).to.equal(`0xef0100${(await account.getAddress()).slice(2).toLowerCase()}`);
  return { owner, contract: account.attach(owner.address) as typeof account };
}

describe("Inbox messages", () => {
  let fixture: RollupFixture;
  beforeEach(async () => {
    fixture = await deployRollupFixture();
  });

  async function lastDeposit() {
    const { inbox } = fixture;
    const [event] = await inbox.queryFilter(inbox.filters.DepositEnqueued((await inbox.messageCount()) - 1n));
    if (event === undefined) throw new Error("expected a deposit");
    return event.args;
  }

  describe("what is recorded", () => {
    it("depositEther mints all ETH sent to the named account and runs nothing", async () => {
      const { inbox, user } = fixture;
      await inbox.connect(user).depositEther(TARGET, { value: ETHER });
      const deposit = await lastDeposit();
      expect(deposit.index).to.equal(0n);
      expect(deposit.sender).to.equal(user.address);
      expect(toAddress(deposit.to)).to.equal(TARGET);
      expect(toAddress(deposit.refundTo)).to.equal(TARGET);
      expect([deposit.mint, deposit.value, deposit.gasLimit, deposit.data]).to.eql([ETHER, 0n, 0n, "0x"]);
    });

    it("sendMessage records every argument", async () => {
      const { inbox, user } = fixture;
      const data = "0x0102030405";
      await inbox.connect(user).sendMessage(TARGET, 5n * ETHER, 123_456n, data, REFUND_TO, { value: ETHER });
      const deposit = await lastDeposit();
      expect([deposit.mint, deposit.value, deposit.gasLimit, deposit.data]).to.eql([ETHER, 5n * ETHER, 123_456n, data]);
      expect([toAddress(deposit.to), toAddress(deposit.refundTo)]).to.eql([TARGET, REFUND_TO]);
    });

    it("the events alone give the stored hash of every message, as the node computes it", async () => {
      const { inbox, user, postBatch, openMessage } = fixture;
      await inbox.connect(user).depositEther(TARGET, { value: ETHER });
      await inbox.connect(user).sendMessage(TARGET, 1n, 2n ** 24n, bytesToHex(new Uint8Array(1000).fill(7)), REFUND_TO);
      await postBatch();
      expect(await inbox.messageCount()).to.equal(3n);
      for (let index = 0; index < 3; index++) {
        const { enqueuedAt, kind, bodyHash } = await openMessage(index);
        const expected = messageHash(index, enqueuedAt, kind === 0 ? "deposit" : "context", bodyHash);
        expect(await inbox.messageHashes(index)).to.equal(expected);
      }
    });

    it("returns the hash of the L2 transaction it announces", async () => {
      const { inbox, user, now } = fixture;
      const announced = await inbox.connect(user).depositEther.staticCall(TARGET, { value: 3n });
      await inbox.connect(user).depositEther(TARGET, { value: 3n });
      const message = {
        kind: "deposit",
        index: 0,
        enqueuedAt: await now(),
        sender: toAddress(user.address),
        to: TARGET,
        mint: 3n,
        value: 0n,
        gasLimit: 0n,
        refundTo: TARGET,
        data: new Uint8Array(),
      } as const;
      expect((await lastDeposit()).messageHash).to.equal(hashMessage(message));
      // The simulation runs in a block of its own, of which only the time can differ.
      expect(announced).to.match(/^0x[0-9a-f]{64}$/);
      expect(await inbox.messageHashes(0)).to.equal(hashMessage(message));
    });

    it("indexes count from 0 without gaps, across senders and kinds", async () => {
      const { inbox, user, stranger, postBatch } = fixture;
      await inbox.connect(user).depositEther(TARGET, { value: 1n });
      await postBatch();
      await inbox.connect(stranger).depositEther(TARGET, { value: 1n });
      const deposits = await inbox.queryFilter(inbox.filters.DepositEnqueued());
      const contexts = await inbox.queryFilter(inbox.filters.ContextEnqueued());
      expect([...deposits, ...contexts].map(({ args }) => args.index).sort()).to.eql([0n, 1n, 2n]);
    });

    it("a deposit of nothing is a message too", async () => {
      const { inbox, user } = fixture;
      await expect(inbox.connect(user).depositEther(TARGET)).to.emit(inbox, "DepositEnqueued");
    });

    it("ETH stays in the Inbox until it is forwarded", async () => {
      const { inbox, portal, user, stranger, ethers } = fixture;
      await inbox.connect(user).depositEther(TARGET, { value: ETHER });
      await user.sendTransaction({ to: await inbox.getAddress(), value: ETHER });
      expect(await ethers.provider.getBalance(inbox)).to.equal(2n * ETHER);
      await expect(inbox.connect(stranger).forwardEther())
        .to.emit(inbox, "EtherForwarded")
        .withArgs(2n * ETHER);
      expect(await ethers.provider.getBalance(inbox)).to.equal(0n);
      expect(await ethers.provider.getBalance(portal)).to.equal(2n * ETHER);
      await expect(inbox.connect(stranger).forwardEther()).to.not.emit(inbox, "EtherForwarded");
    });
  });

  describe("limits", () => {
    it("no recipient of a deposit, and no account for a refund, is refused", async () => {
      const { inbox, user, ethers } = fixture;
      const zero = ethers.ZeroAddress;
      const asUser = inbox.connect(user);
      await expect(asUser.depositEther(zero, { value: 1n })).to.be.revertedWithCustomError(inbox, "ZeroAddress");
      await expect(asUser.sendMessage(TARGET, 0, 0, "0x", zero)).to.be.revertedWithCustomError(inbox, "ZeroAddress");
    });

    it("a call of the zero address on L2 is nobody's mistake to prevent", async () => {
      const { inbox, user, ethers } = fixture;
      await expect(inbox.connect(user).sendMessage(ethers.ZeroAddress, 0, 21_000, "0x", REFUND_TO)).to.emit(
        inbox,
        "DepositEnqueued",
      );
    });

    it("the L2 value is below 2^128", async () => {
      const { inbox, user } = fixture;
      const send = async (value: bigint) => inbox.connect(user).sendMessage(TARGET, value, 21_000, "0x", REFUND_TO);
      await expect(send(2n ** 128n))
        .to.be.revertedWithCustomError(inbox, "ValueTooLarge")
        .withArgs(2n ** 128n);
      await expect(send(2n ** 128n - 1n)).to.emit(inbox, "DepositEnqueued");
    });

    it("the L2 gas limit is at most 2^24", async () => {
      const { inbox, user } = fixture;
      const send = async (gasLimit: bigint) => inbox.connect(user).sendMessage(TARGET, 0, gasLimit, "0x", REFUND_TO);
      await expect(send(2n ** 24n + 1n))
        .to.be.revertedWithCustomError(inbox, "GasLimitTooHigh")
        .withArgs(2n ** 24n + 1n, 2n ** 24n);
      await expect(send(2n ** 24n)).to.emit(inbox, "DepositEnqueued");
    });

    it("the L2 data is at most 65,536 bytes", async () => {
      const { inbox, user } = fixture;
      const send = async (length: number) =>
        inbox.connect(user).sendMessage(TARGET, 0, 21_000, bytesToHex(new Uint8Array(length)), REFUND_TO);
      await expect(send(65_537)).to.be.revertedWithCustomError(inbox, "DataTooLong").withArgs(65_537, 65_536);
      await expect(send(65_536)).to.emit(inbox, "DepositEnqueued");
    });

    it("unknown calldata is refused", async () => {
      const { inbox, user, ethers } = fixture;
      const to = await inbox.getAddress();
      await expect(user.sendTransaction({ to, data: "0xdeadbeef", value: 1n })).to.be.revertedWithoutReason(ethers);
      await expect(user.sendTransaction({ to, data: "0xde", value: 1n })).to.be.revertedWithoutReason(ethers);
    });
  });

  describe("L2 gas", () => {
    const EMPTY = { depositGasCapacity: 2n ** 24n, depositGasPerSecond: 0n };
    const send = async (gasLimit: bigint, transactionGas = 2n ** 24n, data = "0x") =>
      fixture.inbox
        .connect(fixture.user)
        .sendMessage(TARGET, 0n, gasLimit, data, REFUND_TO, { gasLimit: transactionGas });
    const gasUsed = async (...parameters: Parameters<typeof send>) => {
      const receipt = await (await send(...parameters)).wait();
      return receipt!.gasUsed;
    };

    it("is paid for by the bucket while it lasts, then burned one for one, which an event tells", async () => {
      fixture = await deployRollupFixture(EMPTY);
      const { inbox } = fixture;
      const paidFor = async (index: number) => {
        const [event] = await inbox.queryFilter(inbox.filters.DepositGasPaid(await inbox.messageHashes(index)));
        return [event?.args.fromBucket, event?.args.burned];
      };
      expect(await inbox.depositGasAvailable()).to.equal(2n ** 24n);
      await send(16_000_000n);
      expect(await paidFor(0)).to.eql([16_000_000n, 0n]);
      expect(await inbox.depositGasAvailable()).to.equal(777_216n);
      await send(1_000_000n);
      expect(await paidFor(1)).to.eql([777_216n, 222_784n]);
      expect(await inbox.depositGasAvailable()).to.equal(0n);
      const [little, much] = [await gasUsed(1n), await gasUsed(10_000_000n)];
      expect(Number(much - little)).to.be.closeTo(9_999_999, 500);
    });

    it("fills the bucket again by the second, up to its capacity", async () => {
      fixture = await deployRollupFixture({ depositGasCapacity: 2n ** 24n, depositGasPerSecond: 1_000_000n });
      const { inbox, networkHelpers } = fixture;
      await send(2n ** 24n);
      await networkHelpers.time.increase(7);
      expect(await inbox.depositGasAvailable()).to.equal(7_000_000n);
      await networkHelpers.time.increase(DAY);
      expect(await inbox.depositGasAvailable()).to.equal(2n ** 24n);
    });

    it("of a message that runs nothing costs nothing", async () => {
      fixture = await deployRollupFixture(EMPTY);
      const { inbox, user } = fixture;
      await send(2n ** 24n);
      await expect(send(0n)).not.to.emit(inbox, "DepositGasPaid");
      const deposit = await (await inbox.connect(user).depositEther(TARGET, { value: 1n })).wait();
      expect(deposit!.gasUsed).to.be.lessThanOrEqual(55_000n);
    });

    it("can be asked for whatever others took, by whoever brings it: to 2^24 less what the call costs", async () => {
      fixture = await deployRollupFixture(EMPTY);
      const { inbox } = fixture;
      await send(2n ** 24n);
      await expect(send(2n ** 24n - 70_000n)).to.emit(inbox, "DepositEnqueued");
      const data = bytesToHex(new Uint8Array(65_536).fill(7));
      await expect(send(14_000_000n, 2n ** 24n, data)).to.emit(inbox, "DepositEnqueued");
    });

    it("is refused to a call without the gas to burn, with how much that is", async () => {
      fixture = await deployRollupFixture(EMPTY);
      const { inbox } = fixture;
      await send(2n ** 24n);
      for (const gasLimit of [1_000_000n, 2n ** 24n]) {
        await expect(send(gasLimit, gasLimit === 2n ** 24n ? gasLimit : 1_000_000n))
          .to.be.revertedWithCustomError(inbox, "InsufficientGas")
          .withArgs((available: bigint) => available < gasLimit, gasLimit + 1_000n);
      }
      expect([await inbox.messageCount(), await inbox.depositGasAvailable()]).to.eql([1n, 0n]);
    });
  });

  describe("who the L2 sender is", () => {
    it("an account that signs the transaction is itself", async () => {
      const { inbox, user } = fixture;
      await inbox.connect(user).depositEther(TARGET, { value: 1n });
      expect((await lastDeposit()).sender).to.equal(user.address);
    });

    it("a contract is aliased, whoever signs the transaction", async () => {
      const { inbox, user, account } = fixture;
      const call = inbox.interface.encodeFunctionData("depositEther", [TARGET]);
      await account.connect(user).run(await inbox.getAddress(), call, { value: 1n });
      const expected = aliasAddress(toAddress(await account.getAddress()));
      expect(toAddress((await lastDeposit()).sender)).to.equal(expected);
    });

    it("a contract under construction, which has no code yet, is aliased", async () => {
      const { inbox, user, ethers } = fixture;
      const call = inbox.interface.encodeFunctionData("depositEther", [TARGET]);
      const created = await ethers.deployContract("ScriptedAccount", [await inbox.getAddress(), call], {
        signer: user,
        value: 1n,
      });
      const expected = aliasAddress(toAddress(await created.getAddress()));
      expect(toAddress((await lastDeposit()).sender)).to.equal(expected);
    });

    it("the alias wraps around at 2^160", async () => {
      const { inbox, user, account, networkHelpers, ethers } = fixture;
      const high = `0x${"ff".repeat(20)}`;
      await networkHelpers.setCode(high, await ethers.provider.getCode(account));
      const call = inbox.interface.encodeFunctionData("depositEther", [TARGET]);
      const there = account.attach(high) as typeof account;
      await there.connect(user).run(await inbox.getAddress(), call);
      expect(toAddress((await lastDeposit()).sender)).to.equal("0x1111000000000000000000000000000000001110");
    });

    it("an account that delegates (EIP-7702) is itself when it signs the transaction", async () => {
      const { inbox, provider, ethers } = fixture;
      const { owner } = await delegatedAccount(fixture);
      const { chainId } = await ethers.provider.getNetwork();
      const signed = await owner.signTransaction({
        chainId: Number(chainId),
        nonce: await ethers.provider.getTransactionCount(owner.address),
        to: (await inbox.getAddress()) as Address,
        data: inbox.interface.encodeFunctionData("depositEther", [TARGET]) as Hex,
        value: 5n,
        gas: 200_000n,
        maxFeePerGas: 10n ** 11n,
      });
      await provider.request({ method: "eth_sendRawTransaction", params: [signed] });
      expect((await lastDeposit()).sender).to.equal(owner.address);
    });

    it("an account that delegates is itself when another account makes its code run", async () => {
      const { inbox, stranger } = fixture;
      const { owner, contract } = await delegatedAccount(fixture);
      const call = inbox.interface.encodeFunctionData("depositEther", [TARGET]);
      await contract.connect(stranger).run(await inbox.getAddress(), call, { value: 5n });
      expect((await lastDeposit()).sender).to.equal(owner.address);
    });

    it("a contract whose code has the length of a delegation is aliased", async () => {
      const { inbox, user, networkHelpers, ethers } = fixture;
      const contract = ethers.getAddress(`0x${"c0".repeat(20)}`);
      // CALL(GAS, SLOAD(0), CALLVALUE, 0, 0, 0, 0), then STOP, or REVERT with the returned data: ETH without calldata,
      // which only externally owned accounts may send.
      const code = "0x5f5f5f5f345f545af1" + "3d5f5f3e" + "601357" + "3d5ffd" + "5b000000";
      expect(code.length).to.equal(2 + 46);
      await networkHelpers.setCode(contract, code);
      await networkHelpers.setStorageAt(contract, 0, ethers.zeroPadValue(await inbox.getAddress(), 32));
      await expect(user.sendTransaction({ to: contract, value: 1n }))
        .to.be.revertedWithCustomError(inbox, "UseDepositEther")
        .withArgs(contract);
      expect(await inbox.messageCount()).to.equal(0n);
    });
  });

  describe("ETH sent without calldata", () => {
    it("is minted to the L2 account of an externally owned sender", async () => {
      const { inbox, user } = fixture;
      await user.sendTransaction({ to: await inbox.getAddress(), value: ETHER });
      const { sender, to, mint, value, gasLimit, refundTo, data } = await lastDeposit();
      expect([sender, to, refundTo]).to.eql([user.address, user.address, user.address]);
      expect([mint, value, gasLimit, data]).to.eql([ETHER, 0n, 0n, "0x"]);
    });

    it("is minted to the L2 account of one that delegates", async () => {
      const { inbox, stranger } = fixture;
      const { owner, contract } = await delegatedAccount(fixture);
      await contract.connect(stranger).run(await inbox.getAddress(), "0x", { value: ETHER });
      expect((await lastDeposit()).to).to.equal(owner.address);
    });

    it("is refused from a contract, which is told what to do instead", async () => {
      const { inbox, user, account } = fixture;
      await expect(account.connect(user).run(await inbox.getAddress(), "0x", { value: ETHER }))
        .to.be.revertedWithCustomError(inbox, "UseDepositEther")
        .withArgs(await account.getAddress());
    });

    it("is refused from a contract under construction", async () => {
      const { inbox, user, ethers } = fixture;
      await expect(
        ethers.deployContract("ScriptedAccount", [await inbox.getAddress(), "0x"], { signer: user, value: 1n }),
      ).to.be.revertedWithCustomError(inbox, "UseDepositEther");
    });
  });

  it("the body hash covers every field of a deposit", async () => {
    const { inbox, user, openMessage } = fixture;
    await inbox.connect(user).sendMessage(TARGET, 1n, 2n, "0x03", REFUND_TO, { value: 4n });
    const { bodyHash } = await openMessage(0);
    const body = {
      sender: toAddress(user.address),
      to: TARGET,
      mint: 4n,
      value: 1n,
      gasLimit: 2n,
      refundTo: REFUND_TO,
      data: hexToBytes("0x03"),
    };
    expect(bodyHash).to.equal(depositBodyHash(body));
    const changes = [
      { sender: TARGET },
      { to: REFUND_TO },
      { mint: 5n },
      { value: 5n },
      { gasLimit: 5n },
      { refundTo: TARGET },
      { data: hexToBytes("0x04") },
    ];
    for (const change of changes) expect(depositBodyHash({ ...body, ...change })).not.to.equal(bodyHash);
  });
});
