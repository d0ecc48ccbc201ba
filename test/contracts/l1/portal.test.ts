import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { AbiCoder } from "ethers";
import {
  ZERO_ADDRESS,
  ZERO_HASH,
  bytesToHex,
  hashPair,
  hexToBytes,
  keccak256,
  toAddress,
} from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";
import { withdrawalHash } from "../../../src/rollup/index.ts";
import type { Withdrawal } from "../../../src/rollup/index.ts";
import {
  DAY,
  GENESIS_BLOCK_HASH,
  GENESIS_CLAIM,
  deployRollupFixture,
  etherWithdrawal,
  outboxOf,
  traceRootOf,
  withdrawalArgument,
} from "./rollup-fixture.ts";
import type { RollupFixture } from "./rollup-fixture.ts";

const ETHER = 10n ** 18n;
const FRESH = "0x000000000000000000000000000000000000f4e5";
const SENDER = toAddress(`0x${"5e".repeat(20)}`);

describe("Portal", () => {
  let fixture: RollupFixture;
  beforeEach(async () => {
    fixture = await deployRollupFixture();
    await fixture.inbox.connect(fixture.user).depositEther(fixture.user.address, { value: 10n * ETHER });
  });

  /** Confirms a claim that holds these withdrawals; gives what executes one of them. */
  async function confirmed(withdrawals: readonly Withdrawal[]) {
    const { portal, stranger, confirmOutboxRoot } = fixture;
    const { root, proof } = outboxOf(withdrawals);
    const { opening, claimId } = await confirmOutboxRoot(root);
    const execute = async (index: number, gasLimit?: bigint) =>
      portal
        .connect(stranger)
        .execute(
          withdrawalArgument(withdrawals[index]!),
          opening,
          proof(index),
          gasLimit === undefined ? {} : { gasLimit },
        );
    return { opening, claimId, proof, execute };
  }

  /** Withdrawals to make a tree of some size; the one at `index` is given. */
  const among = (count: number, withdrawal: Withdrawal): Withdrawal[] =>
    Array.from({ length: count }, (_, index) =>
      index === withdrawal.index ? withdrawal : etherWithdrawal(FRESH, { index, value: BigInt(index) }),
    );

  describe("paying", () => {
    it("sends the value to a fresh account in one transaction by anyone, fetching deposits from the Inbox", async () => {
      const { portal, inbox, ethers } = fixture;
      const { execute, claimId } = await confirmed([etherWithdrawal(FRESH, { sender: SENDER, value: 3n * ETHER })]);
      await expect(execute(0))
        .to.emit(portal, "WithdrawalExecuted")
        .withArgs(0, ethers.getAddress(SENDER), ethers.getAddress(FRESH), 3n * ETHER, claimId);
      expect(await ethers.provider.getBalance(FRESH)).to.equal(3n * ETHER);
      expect(await ethers.provider.getBalance(portal)).to.equal(7n * ETHER);
      expect(await ethers.provider.getBalance(inbox)).to.equal(0n);
      expect(await portal.isExecuted(0)).to.equal(true);
    });

    it("leaves the Inbox alone while it has enough itself", async () => {
      const { inbox, user, ethers } = fixture;
      await inbox.forwardEther();
      await inbox.connect(user).depositEther(user.address, { value: ETHER });
      const { execute } = await confirmed([etherWithdrawal(FRESH, { value: 10n * ETHER })]);
      await execute(0);
      expect(await ethers.provider.getBalance(inbox)).to.equal(ETHER);
    });

    it("fails, and can be repeated, when the rollup does not hold the value", async () => {
      const { inbox, user, portal, ethers } = fixture;
      const { execute } = await confirmed([etherWithdrawal(FRESH, { value: 11n * ETHER })]);
      await expect(execute(0))
        .to.be.revertedWithCustomError(portal, "CallFailed")
        .withArgs(ethers.getAddress(FRESH), "0x");
      await inbox.connect(user).depositEther(user.address, { value: ETHER });
      await execute(0);
      expect(await ethers.provider.getBalance(FRESH)).to.equal(11n * ETHER);
    });

    it("calls the target with sender, value and data as withdrawn", async () => {
      const { portal, account } = fixture;
      const data = hexToBytes("0xc0ffee00000000000000000000000000000000000000000000000000000000000000ff");
      const { execute } = await confirmed([etherWithdrawal(await account.getAddress(), { value: 5n, data })]);
      await execute(0);
      expect(await account.callerSeen()).to.equal(await portal.getAddress());
      expect(await account.valueSeen()).to.equal(5n);
      expect(await account.dataSeen()).to.equal(bytesToHex(data));
    });

    it("works for every leaf of trees of every size up to 9", async () => {
      for (let count = 1; count <= 9; count++) {
        fixture = await deployRollupFixture();
        await fixture.inbox.connect(fixture.user).depositEther(fixture.user.address, { value: ETHER });
        const withdrawals = among(count, etherWithdrawal(FRESH, { value: 1n }));
        const { execute } = await confirmed(withdrawals);
        for (let index = 0; index < count; index++) await execute(index);
      }
    });

    it("works against a later claim than the first that holds the withdrawal", async () => {
      const { confirmOutboxRoot, portal, ethers } = fixture;
      const first = etherWithdrawal(FRESH, { value: 1n });
      const earlier = await confirmOutboxRoot(outboxOf([first]).root);
      const later = outboxOf(among(3, first));
      const { opening } = await confirmOutboxRoot(later.root, earlier.claimId);
      await portal.execute(withdrawalArgument(first), opening, later.proof(0));
      expect(await ethers.provider.getBalance(FRESH)).to.equal(1n);
    });
  });

  describe("only once", () => {
    it("refuses a second execution, against the same claim or a later one", async () => {
      const { portal, confirmOutboxRoot } = fixture;
      const withdrawal = etherWithdrawal(FRESH);
      const { execute, claimId } = await confirmed([withdrawal]);
      await execute(0);
      await expect(execute(0)).to.be.revertedWithCustomError(portal, "AlreadyExecuted").withArgs(0);
      const later = outboxOf(among(2, withdrawal));
      const { opening } = await confirmOutboxRoot(later.root, claimId);
      await expect(
        portal.execute(withdrawalArgument(withdrawal), opening, later.proof(0)),
      ).to.be.revertedWithCustomError(portal, "AlreadyExecuted");
    });

    it("marks exactly the executed index, also at the edges of a 256-bit word", async () => {
      const { portal } = fixture;
      const indexes = [0, 1, 254, 255, 256, 257, 511, 512];
      const { execute } = await confirmed(among(513, etherWithdrawal(FRESH, { value: 0n })));
      const done = new Set<number>();
      for (const index of [255, 256, 0, 512]) {
        await execute(index);
        done.add(index);
        for (const other of indexes) expect(await portal.isExecuted(other), `${other}`).to.equal(done.has(other));
      }
    });
  });

  describe("proofs", () => {
    const COUNT = 6;
    const INDEX = 4;
    let withdrawal: Withdrawal;
    let opening: Awaited<ReturnType<typeof confirmed>>["opening"];
    let siblings: Hash[];
    beforeEach(async () => {
      withdrawal = etherWithdrawal(FRESH, {
        index: INDEX,
        sender: SENDER,
        minimumGas: 30_000n,
        data: hexToBytes("0x01"),
      });
      const result = await confirmed(among(COUNT, withdrawal));
      opening = result.opening;
      siblings = result.proof(INDEX);
    });

    it("the unchanged withdrawal, opening and proof pass", async () => {
      await fixture.portal.execute(withdrawalArgument(withdrawal), opening, siblings);
    });

    for (const [what, change] of [
      ["sender", { sender: toAddress(FRESH) }],
      ["target", { target: SENDER }],
      ["value", { value: 2n * ETHER }],
      ["minimum gas", { minimumGas: 0n }],
      ["data", { data: hexToBytes("0x02") }],
      ["data's length", { data: new Uint8Array() }],
      ["index", { index: 5 }],
    ] as const) {
      it(`binds the ${what}`, async () => {
        const { portal } = fixture;
        await expect(
          portal.execute(withdrawalArgument({ ...withdrawal, ...change }), opening, siblings),
        ).to.be.revertedWithCustomError(portal, "ClaimNotConfirmed");
      });
    }

    for (const [what, change] of [
      ["parent claim", { parentId: `0x${"01".repeat(32)}` }],
      ["block hash", { blockHash: `0x${"01".repeat(32)}` }],
      ["batch count", { batchCount: 2 }],
      ["message count", { messageCount: 1 }],
      ["trace", { traceRoot: `0x${"01".repeat(32)}` }],
    ] as const) {
      it(`binds the claim's ${what}`, async () => {
        const { portal } = fixture;
        await expect(
          portal.execute(withdrawalArgument(withdrawal), { ...opening, ...change }, siblings),
        ).to.be.revertedWithCustomError(portal, "ClaimNotConfirmed");
      });
    }

    it("every sibling counts", async () => {
      const { portal } = fixture;
      for (let position = 0; position < siblings.length; position++) {
        const wrong = siblings.with(position, `0x${"01".repeat(32)}`);
        await expect(portal.execute(withdrawalArgument(withdrawal), opening, wrong)).to.be.revertedWithCustomError(
          portal,
          "ClaimNotConfirmed",
        );
      }
    });

    it("a proof is neither shorter nor longer than the tree is deep", async () => {
      const { portal } = fixture;
      const refused = async (wrong: readonly Hash[], error: string) =>
        expect(portal.execute(withdrawalArgument(withdrawal), opening, [...wrong])).to.be.revertedWithCustomError(
          portal,
          error,
        );
      await refused([...siblings, ZERO_HASH], "ClaimNotConfirmed");
      await refused([ZERO_HASH, ...siblings], "ClaimNotConfirmed");
      // Index 4 does not fit a path of two or less.
      await refused(siblings.slice(0, -1), "LeafOutsideTree");
      await refused(siblings.slice(1), "LeafOutsideTree");
      await refused([], "LeafOutsideTree");
    });

    it("an index that only differs above the tree's depth is outside of it", async () => {
      const { portal } = fixture;
      for (const index of [INDEX + 8, INDEX + 2 ** 32, 2n ** 256n - 1n]) {
        await expect(portal.execute({ ...withdrawalArgument(withdrawal), index }, opening, siblings))
          .to.be.revertedWithCustomError(portal, "LeafOutsideTree")
          .withArgs(index, 3);
      }
    });

    it("a proof deeper than any tree is refused", async () => {
      const { portal } = fixture;
      for (const depth of [65, 300]) {
        const deep = Array.from({ length: depth }, () => ZERO_HASH);
        await expect(portal.execute(withdrawalArgument(withdrawal), opening, deep))
          .to.be.revertedWithCustomError(portal, "LeafOutsideTree")
          .withArgs(INDEX, depth);
      }
    });

    it("random garbage never passes", async () => {
      const { portal } = fixture;
      const random = (): Hash => bytesToHex(randomBytes(32));
      for (let attempt = 0; attempt < 20; attempt++) {
        const depth = attempt % 5;
        const garbage = etherWithdrawal(bytesToHex(randomBytes(20)), { index: attempt % 2 ** depth });
        const guess = {
          ...{ parentId: GENESIS_CLAIM, blockHash: random(), batchCount: 1, messageCount: 0 },
          traceRoot: random(),
        };
        await expect(
          portal.execute(withdrawalArgument(garbage), guess, Array.from({ length: depth }, random)),
        ).to.be.revertedWithCustomError(portal, "ClaimNotConfirmed");
      }
    });
  });

  describe("confirmation", () => {
    it("a proposed claim is not enough, and genesis, with its empty Outbox, pays nothing", async () => {
      const { portal, propose, postBatch, proposer } = fixture;
      const withdrawal = etherWithdrawal(FRESH);
      const outboxRoot = withdrawalHash(withdrawal);
      const state = { blockHash: GENESIS_BLOCK_HASH, outboxRoot, batchCount: 1, messageCount: 0 };
      await postBatch();
      await propose(proposer, GENESIS_CLAIM, state);
      const opening = { ...state, parentId: GENESIS_CLAIM, traceRoot: traceRootOf(state) };
      await expect(portal.execute(withdrawalArgument(withdrawal), opening, [])).to.be.revertedWithCustomError(
        portal,
        "ClaimNotConfirmed",
      );
      const genesis = {
        ...{ parentId: ZERO_HASH, blockHash: GENESIS_BLOCK_HASH, batchCount: 0, messageCount: 0 },
        traceRoot: ZERO_HASH,
      };
      await expect(portal.execute(withdrawalArgument(withdrawal), genesis, [])).to.be.revertedWithCustomError(
        portal,
        "ClaimNotConfirmed",
      );
    });
  });

  describe("failing targets", () => {
    it("revert everything with what the target said, and the withdrawal stays executable", async () => {
      const { portal, account } = fixture;
      const target = await account.getAddress();
      const { execute } = await confirmed([etherWithdrawal(target)]);
      await account.setScript({ target: ZERO_ADDRESS, value: 0, data: "0x", revertWith: "0xbadbad" });
      await expect(execute(0)).to.be.revertedWithCustomError(portal, "CallFailed").withArgs(target, "0xbadbad");
      expect(await portal.isExecuted(0)).to.equal(false);
      await account.setScript({ target: ZERO_ADDRESS, value: 0, data: "0x", revertWith: "0x" });
      await execute(0);
      expect(await portal.isExecuted(0)).to.equal(true);
    });
  });

  describe("minimum gas", () => {
    // With the greater one, the 64th that a call leaves behind outweighs what the Portal sets aside.
    for (const minimumGas of [300_000n, 12_000_000n])
      it(`of ${minimumGas.toLocaleString("en-US")}: the target never runs with less, whatever the transaction's gas limit`, async () => {
        const { account, networkHelpers, portal } = fixture;
        const withdrawal = etherWithdrawal(await account.getAddress(), { minimumGas });
        const { execute } = await confirmed([withdrawal]);
        const snapshot = await networkHelpers.takeSnapshot();
        let executed = 0;
        let refused = 0;
        const greatest = (minimumGas * 64n) / 63n + 300_000n;
        for (let gasLimit = minimumGas; gasLimit <= greatest; gasLimit += 7_919n) {
          try {
            await execute(0, gasLimit);
            executed++;
            // A few hundred gas pass between the start of the call and where the target looks.
            expect(await account.gasSeen()).to.be.greaterThanOrEqual(minimumGas - 500n);
            expect(await account.calls()).to.equal(1n);
            await snapshot.restore();
          } catch (error) {
            if (!/InsufficientGas|ran out of gas|out of gas/.test(String(error))) throw error;
            refused++;
          }
        }
        expect(executed, "enough gas").to.be.greaterThan(5);
        expect(refused, "too little gas").to.be.greaterThan(5);
        expect(await portal.isExecuted(0)).to.equal(false);
      });

    it("holds for a target with much data", async () => {
      const { account, portal } = fixture;
      const data = new Uint8Array(20_000).fill(1);
      const withdrawal = etherWithdrawal(await account.getAddress(), { minimumGas: 14_000_000n, data });
      const { execute } = await confirmed([withdrawal]);
      await expect(execute(0, 14_200_000n)).to.be.revertedWithCustomError(portal, "InsufficientGas");
      await execute(0, 16_000_000n);
      expect(await account.gasSeen()).to.be.greaterThanOrEqual(14_000_000n - 500n);
    });

    describe("within what the Outbox takes", () => {
      const [MOST_GAS, MOST_DATA, TRANSACTION_GAS] = [14_000_000n, 65_536, 2n ** 24n];
      // Any two children of the root make a proof of 64 siblings; the index is the last there can be before the tree is full.
      const index = 2n ** 64n - 2n;
      const siblings = Array.from({ length: 64 }, (_, height) => keccak256(Uint8Array.of(height)));

      /** Confirms the withdrawal with the proof that costs most: the Portal has no ETH, the bitmap's word is new. */
      async function dearest(minimumGas: bigint, target: string) {
        const { portal, stranger, confirmOutboxRoot } = fixture;
        const data = bytesToHex(new Uint8Array(MOST_DATA).fill(0xd5));
        const withdrawal = { index, sender: SENDER, target, value: ETHER, minimumGas, data };
        const leaf = keccak256(
          hexToBytes(
            AbiCoder.defaultAbiCoder().encode(
              ["uint256", "address", "address", "uint256", "uint256", "bytes32"],
              [index, SENDER, target, ETHER, minimumGas, keccak256(hexToBytes(data))],
            ),
          ),
        );
        const root = siblings.reduce(
          (node, sibling, height) =>
            (index >> BigInt(height)) & 1n ? hashPair(sibling, node) : hashPair(node, sibling),
          leaf,
        );
        const { opening } = await confirmOutboxRoot(root);
        return async () =>
          portal.connect(stranger).execute(withdrawal, opening, siblings, { gasLimit: TRANSACTION_GAS });
      }

      /** An account whose code stores the gas it begins with. */
      async function gasMeter() {
        const { networkHelpers, ethers } = fixture;
        const meter = ethers.getAddress(`0x${"6a".repeat(20)}`);
        await networkHelpers.setCode(meter, "0x5a5f5500");
        return { meter, gasSeen: async () => BigInt(await ethers.provider.getStorage(meter, 0)) };
      }

      it("the dearest withdrawal is executable in one transaction of 2^24 gas", async () => {
        const { meter, gasSeen } = await gasMeter();
        const execute = await dearest(MOST_GAS, meter);
        await execute();
        expect(await gasSeen()).to.be.greaterThanOrEqual(MOST_GAS - 500n);
        expect(await fixture.portal.isExecuted(index)).to.equal(true);
      });

      it("and pays a fresh account", async () => {
        const execute = await dearest(MOST_GAS, FRESH);
        await execute();
        expect(await fixture.ethers.provider.getBalance(FRESH)).to.equal(ETHER);
      });

      it("L1 could give 15.2 million gas today and no more, so the bound leaves a million to repricings", async () => {
        const { portal, networkHelpers } = fixture;
        const { meter, gasSeen } = await gasMeter();
        const snapshot = await networkHelpers.takeSnapshot();
        const execute = await dearest(15_200_000n, meter);
        await execute();
        expect(await gasSeen()).to.be.greaterThanOrEqual(15_200_000n - 500n);
        await snapshot.restore();
        const tooDear = await dearest(15_300_000n, meter);
        await expect(tooDear()).to.be.revertedWithCustomError(portal, "InsufficientGas");
      });
    });

    it("a minimum that no transaction can give is refused, not wrapped around", async () => {
      const { portal } = fixture;
      for (const [index, minimumGas] of [2n ** 256n - 1n, 2n ** 255n, 2n ** 250n, 2n ** 64n].entries()) {
        fixture = await deployRollupFixture();
        const { execute } = await confirmed([etherWithdrawal(FRESH, { minimumGas, value: 0n })]);
        await expect(execute(0), `${index}`).to.be.revertedWithCustomError(portal, "InsufficientGas");
      }
    });
  });

  describe("l2Sender", () => {
    it("is the withdrawal's sender during the call, for whoever asks, and nothing outside of it", async () => {
      const { portal, account } = fixture;
      await account.setScript({
        target: await portal.getAddress(),
        value: 0,
        data: portal.interface.encodeFunctionData("l2Sender"),
        revertWith: "0x",
      });
      await expect(portal.l2Sender()).to.be.revertedWithCustomError(portal, "NoWithdrawalInExecution");
      const { execute } = await confirmed([
        etherWithdrawal(await account.getAddress(), { sender: SENDER, value: 0n }),
        etherWithdrawal(await account.getAddress(), { index: 1, sender: ZERO_ADDRESS, value: 0n }),
      ]);
      for (const [index, sender] of [SENDER, ZERO_ADDRESS].entries()) {
        await execute(index);
        expect(await account.succeeded()).to.equal(true);
        expect(toAddress(`0x${(await account.returned()).slice(-40)}`)).to.equal(sender);
        await expect(portal.l2Sender()).to.be.revertedWithCustomError(portal, "NoWithdrawalInExecution");
      }
    });

    it("is gone after the call within the same transaction", async () => {
      const { portal, ethers, networkHelpers } = fixture;
      const { opening, proof } = await confirmed([etherWithdrawal(FRESH, { sender: SENDER })]);
      const execute = portal.interface.encodeFunctionData("execute", [
        withdrawalArgument(etherWithdrawal(FRESH, { sender: SENDER })),
        opening,
        proof(0),
      ]);
      // Executes the withdrawal when called, then asks for the sender in the same transaction.
      const first = await ethers.deployContract("ScriptedAccount", [ZERO_ADDRESS, "0x"]);
      await first.setScript({ target: await portal.getAddress(), value: 0, data: execute, revertWith: "0x" });
      const pair = await ethers.deployContract("CallPair", []);
      await pair.run(
        await first.getAddress(),
        "0x",
        await portal.getAddress(),
        portal.interface.encodeFunctionData("l2Sender"),
      );
      expect(await first.succeeded()).to.equal(true);
      expect(await portal.isExecuted(0)).to.equal(true);
      expect(await pair.secondSucceeded()).to.equal(false);
      await networkHelpers.mine();
    });
  });

  describe("reentrancy", () => {
    it("a target cannot execute a withdrawal, its own or another, while it is called", async () => {
      const { portal, account, ethers } = fixture;
      const target = await account.getAddress();
      const withdrawals = [etherWithdrawal(target), etherWithdrawal(target, { index: 1 })];
      const { execute, opening, proof } = await confirmed(withdrawals);
      for (const reentered of [0, 1]) {
        const other = 1 - reentered;
        await account.setScript({
          target: await portal.getAddress(),
          value: 0,
          data: portal.interface.encodeFunctionData("execute", [
            withdrawalArgument(withdrawals[reentered]!),
            opening,
            proof(reentered),
          ]),
          revertWith: "0x",
        });
        if (!(await portal.isExecuted(other))) await execute(other);
        expect(await account.succeeded()).to.equal(false);
        expect(portal.interface.parseError(await account.returned())?.name).to.equal("ReentrancyGuardReentrantCall");
      }
      await account.setScript({ target: ZERO_ADDRESS, value: 0, data: "0x", revertWith: "0x" });
      await expect(execute(0)).to.be.revertedWithCustomError(portal, "AlreadyExecuted");
      expect(await ethers.provider.getBalance(target)).to.equal(2n * ETHER);
    });

    it("a target may forward the Inbox's ETH and deposit again while it is called; nothing is lost or paid twice", async () => {
      const { portal, inbox, account, user, ethers } = fixture;
      await inbox.forwardEther();
      await inbox.connect(user).depositEther(user.address, { value: ETHER });
      const target = await account.getAddress();
      const { execute } = await confirmed([etherWithdrawal(target)]);
      await account.setScript({
        target: await inbox.getAddress(),
        value: 0,
        data: inbox.interface.encodeFunctionData("forwardEther"),
        revertWith: "0x",
      });
      await execute(0);
      expect(await account.succeeded()).to.equal(true);
      expect(await ethers.provider.getBalance(portal)).to.equal(10n * ETHER);
      expect(await ethers.provider.getBalance(target)).to.equal(ETHER);
    });
  });

  describe("the rollup's own contracts", () => {
    for (const name of ["portal", "inbox", "stateCommitmentChain"] as const) {
      it(`a withdrawal cannot call the ${name}`, async () => {
        const { portal } = fixture;
        const target = await fixture[name].getAddress();
        const { execute } = await confirmed([etherWithdrawal(target)]);
        await expect(execute(0)).to.be.revertedWithCustomError(portal, "ForbiddenTarget").withArgs(target);
      });
    }

    it("the Portal takes ETH from the Inbox only", async () => {
      const { portal, user, account } = fixture;
      const to = await portal.getAddress();
      await expect(user.sendTransaction({ to, value: 1n }))
        .to.be.revertedWithCustomError(portal, "NotInbox")
        .withArgs(user.address);
      await expect(account.run(to, "0x", { value: 1n })).to.be.revertedWithCustomError(portal, "NotInbox");
    });
  });

  it("pays after a year as after a week", async () => {
    const { networkHelpers, ethers } = fixture;
    const { execute } = await confirmed([etherWithdrawal(FRESH)]);
    await networkHelpers.time.increase(365 * DAY);
    await execute(0);
    expect(await ethers.provider.getBalance(FRESH)).to.equal(ETHER);
  });
});
