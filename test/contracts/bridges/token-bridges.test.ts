import { expect } from "chai";
import { Signature, ZeroAddress } from "ethers";
import type { BaseContract } from "ethers";
import { L2_BRIDGES } from "../../../src/rollup/index.ts";
import type { ScriptedRecipient, TrickyERC20 } from "../../../types/ethers-contracts/index.ts";
import { RelayStatus, deployBridgesFixture, fresh } from "./bridges-fixture.ts";
import type { BridgesFixture } from "./bridges-fixture.ts";

/** `ScriptedRecipient.Conduct`. */
const Conduct = { Take: 0, Refuse: 1, AnswerWrongly: 2, BurnGas: 3, Megabyte: 4, RevertMegabyte: 5 } as const;
const LONG_NAME = "a token whose name takes more than one slot, and more than OpenZeppelin's permits take";

describe("Token bridges", () => {
  let fixture: BridgesFixture;
  let recipient: ScriptedRecipient;
  beforeEach(async () => {
    fixture = await deployBridgesFixture();
    recipient = await fixture.ethers.deployContract("ScriptedRecipient");
    const { inbox, user } = fixture;
    await inbox.connect(user).depositEther(user, { value: 1_000n });
  });

  const to = (who: string | BaseContract, parts: { value?: bigint; data?: string; minimumGas?: bigint } = {}) => ({
    recipient: who,
    value: 0n,
    data: "0x",
    minimumGas: 0n,
    refundTo: fixture.user.address,
    ...parts,
  });
  const fee = (value = 0n) => ({ value: fixture.FEE + value });

  /** Runs the last deposit, which must succeed. */
  async function arrive() {
    const { status, message } = await fixture.runDeposit();
    expect(status).to.equal(RelayStatus.Relayed);
    return message;
  }
  /** Runs the last deposit, which must fail. */
  async function fail() {
    const { status, message } = await fixture.runDeposit();
    expect(status).to.equal(RelayStatus.Failed);
    return message;
  }

  async function newToken(name = "Dai Stablecoin", symbol = "DAI", decimals = 6): Promise<TrickyERC20> {
    const { ethers, user, erc20 } = fixture;
    const token: TrickyERC20 = await ethers.deployContract("TrickyERC20", [name, symbol, decimals]);
    await token.mint(user, 1_000n);
    for (const bridge of [erc20.l1, erc20.l2]) await token.connect(user).approve(bridge, 1_000n);
    return token;
  }
  const representation = async (bridge: { representationOf(token: string): Promise<string> }, token: BaseContract) =>
    fixture.ethers.getContractAt("BridgedERC20", await bridge.representationOf(await token.getAddress()));

  describe("ERC-20", () => {
    it("takes a token of L1 to L2 and back, to whom the sender says", async () => {
      const { erc20, user, stranger } = fixture;
      const token = await newToken();
      await expect(erc20.l1.connect(user).send(token, 300n, to(stranger.address), fee())).to.emit(
        erc20.l1,
        "TransferSent",
      );
      expect(await erc20.l1.escrowed(token)).to.equal(300n);
      await arrive();
      const bridged = await representation(erc20.l2, token);
      expect(await bridged.balanceOf(stranger)).to.equal(300n);
      expect(await erc20.l2.remoteTokenOf(bridged)).to.equal(await token.getAddress());

      await erc20.l2.connect(stranger).send(bridged, 100n, to(fresh(1)));
      expect(await bridged.totalSupply()).to.equal(200n);
      await expect(fixture.executeLast()).to.emit(erc20.l1, "TransferReceived");
      expect(await token.balanceOf(fresh(1))).to.equal(100n);
      expect(await erc20.l1.escrowed(token)).to.equal(200n);
    });

    it("takes a token of L2 to L1 and back", async () => {
      const { erc20, user } = fixture;
      const token = await newToken();
      await erc20.l2.connect(user).send(token, 300n, to(user.address));
      await fixture.executeLast();
      const bridged = await representation(erc20.l1, token);
      expect(await bridged.balanceOf(user)).to.equal(300n);
      await erc20.l1.connect(user).send(bridged, 300n, to(fresh(1)), fee());
      await arrive();
      expect(await token.balanceOf(fresh(1))).to.equal(300n);
      expect(await erc20.l2.escrowed(token)).to.equal(0n);
      expect(await bridged.totalSupply()).to.equal(0n);
    });

    for (const name of ["", "Dai Stablecoin", "x".repeat(31), "x".repeat(32), LONG_NAME, "x".repeat(1_024)]) {
      it(`carries name, symbol and decimals, and takes permits: a name of ${name.length} bytes`, async () => {
        const { erc20, user, stranger, ethers } = fixture;
        const token = await newToken(name, "SYM", 2);
        await erc20.l1.connect(user).send(token, 10n, to(user.address), fee());
        await arrive();
        const bridged = await representation(erc20.l2, token);
        expect([await bridged.name(), await bridged.symbol(), await bridged.decimals()]).to.eql([name, "SYM", 2n]);
        const domain = {
          name,
          version: "1",
          chainId: (await ethers.provider.getNetwork()).chainId,
          verifyingContract: await bridged.getAddress(),
        };
        expect(await bridged.DOMAIN_SEPARATOR()).to.equal(ethers.TypedDataEncoder.hashDomain(domain));
        const announced = await bridged.eip712Domain();
        expect([announced.fields, announced.name, announced.version, announced.chainId]).to.eql([
          "0x0f",
          name,
          "1",
          domain.chainId,
        ]);
        const types = {
          Permit: ["owner address", "spender address", "value uint256", "nonce uint256", "deadline uint256"].map(
            (field) => ({ name: field.split(" ")[0]!, type: field.split(" ")[1]! }),
          ),
        };
        const deadline = 2n ** 40n;
        const permit = { owner: user.address, spender: stranger.address, value: 7n, nonce: 0n, deadline };
        const { v, r, s } = Signature.from(await user.signTypedData(domain, types, permit));
        await expect(bridged.permit(user, stranger, 8n, deadline, v, r, s)).to.be.revertedWithCustomError(
          bridged,
          "ERC2612InvalidSigner",
        );
        await expect(bridged.permit(user, stranger, 7n, 1n, v, r, s)).to.be.revertedWithCustomError(
          bridged,
          "ERC2612ExpiredSignature",
        );
        await bridged.connect(stranger).permit(user, stranger, 7n, deadline, v, r, s);
        expect(await bridged.allowance(user, stranger)).to.equal(7n);
        await expect(bridged.permit(user, stranger, 7n, deadline, v, r, s)).to.be.revertedWithCustomError(
          bridged,
          "ERC2612InvalidSigner",
        );
      });
    }

    it("has a representation for a token whatever it answers about itself", async () => {
      const { ethers, erc20, user } = fixture;
      // What is a number is taken for one.
      const decimals: Readonly<Record<string, bigint>> = { "100,000 zeros": 0n, "an offset out of bounds": 255n };
      for (const [name, change] of Object.entries({
        "endless gas": { isEndless: true },
        "a revert": { data: "0x08c379a0", isRevert: true },
        nothing: {},
        "a megabyte": { zeros: 1_000_000 },
        "100,000 zeros": { zeros: 100_000 },
        garbage: { data: `0x${"ff".repeat(320)}` },
        "an offset out of bounds": { data: `0x${"00".repeat(31)}ff${"ff".repeat(64)}` },
      })) {
        const token = await ethers.deployContract("ScriptedToken");
        const answer = { data: "0x", zeros: 0, isRevert: false, isEndless: false, target: ZeroAddress, call: "0x" };
        for (const selector of ["0x06fdde03", "0x95d89b41", "0x313ce567"])
          await token.setAnswer(selector, { ...answer, ...change });
        await erc20.l1.connect(user).announce(token, user, { ...fee(), gasLimit: 3_000_000n });
        const message = await arrive();
        const bridged = await representation(erc20.l2, token);
        expect(await bridged.name(), name).to.equal("");
        expect(await bridged.decimals(), name).to.equal(decimals[name] ?? 18n);
        expect(message.sender).to.equal(await erc20.l1.getAddress());
      }
    });

    it("refuses a token that takes a fee, and what is no token", async () => {
      const { erc20, user } = fixture;
      const token = await newToken();
      await token.setFee(1n);
      await expect(erc20.l1.connect(user).send(token, 100n, to(user.address), fee()))
        .to.be.revertedWithCustomError(erc20.l1, "UnexpectedAmount")
        .withArgs(100n, 99n);
      await expect(erc20.l1.connect(user).send(fresh(1), 1n, to(user.address), fee()))
        .to.be.revertedWithCustomError(erc20.l1, "NotToken")
        .withArgs(fresh(1));
      await expect(erc20.l1.announce(fresh(1), user, fee())).to.be.revertedWithCustomError(erc20.l1, "NotToken");
    });

    it("of a token that gives balances, what is gained rests; of one that takes them, no more is taken in", async () => {
      const { erc20, user, stranger } = fixture;
      const token = await newToken();
      await erc20.l1.connect(user).send(token, 100n, to(user.address), fee());
      await arrive();
      const bridged = await representation(erc20.l2, token);
      await token.mint(erc20.l1, 50n);
      await erc20.l1.connect(user).send(token, 10n, to(user.address), fee());
      await arrive();
      expect(await erc20.l1.escrowed(token)).to.equal(110n);

      await token.burn(erc20.l1, 60n);
      await expect(erc20.l1.connect(user).send(token, 10n, to(user.address), fee()))
        .to.be.revertedWithCustomError(erc20.l1, "EscrowShort")
        .withArgs(await token.getAddress(), 100n, 110n);
      await erc20.l2.connect(user).send(bridged, 100n, to(stranger.address));
      await fixture.executeLast();
      expect(await token.balanceOf(stranger)).to.equal(100n);
      await erc20.l2.connect(user).send(bridged, 10n, to(stranger.address));
      const { execute } = await fixture.confirmOutbox();
      await expect(execute()).to.be.revertedWithCustomError(fixture.portal, "CallFailed");
      await token.mint(erc20.l1, 10n);
      await execute();
      expect(await token.balanceOf(stranger)).to.equal(110n);
    });

    it("is not entered again by a sender's hook, neither to send twice nor to take out while taking in", async () => {
      const { erc20, user, portal } = fixture;
      const token = await newToken();
      const again = erc20.l1.interface.encodeFunctionData("send", [
        await token.getAddress(),
        0n,
        { ...to(user.address), recipient: user.address },
      ]);
      await token.setHook(erc20.l1, again);
      await erc20.l1.connect(user).send(token, 100n, to(user.address), fee());
      expect([await token.hookCalls(), await token.hookSucceeded()]).to.eql([1n, false]);
      await token.setHook(ZeroAddress, "0x");
      await arrive();
      const bridged = await representation(erc20.l2, token);
      await erc20.l2.connect(user).send(bridged, 40n, to(fresh(1)));
      const { argumentsOf } = await fixture.confirmOutbox();
      const release = portal.interface.encodeFunctionData("execute", [...argumentsOf(0)]);
      await token.setHook(portal, release);
      // The release happens, within: what came in then is less than what was to come.
      await expect(erc20.l1.connect(user).send(token, 100n, to(user.address), { ...fee(), gasLimit: 5_000_000n }))
        .to.be.revertedWithCustomError(erc20.l1, "UnexpectedAmount")
        .withArgs(100n, 60n);
      expect(await erc20.l1.escrowed(token)).to.equal(100n);
      expect(await token.balanceOf(erc20.l1)).to.equal(100n);
    });

    it("a token that lies harms itself alone", async () => {
      const { ethers, erc20, user } = fixture;
      const honest = await newToken();
      await erc20.l1.connect(user).send(honest, 100n, to(user.address), fee());
      await arrive();
      const liar = await ethers.deployContract("ScriptedToken");
      const answer = { zeros: 0, isRevert: false, isEndless: false, target: ZeroAddress, call: "0x" };
      const word = (value: bigint) => ethers.zeroPadValue(ethers.toBeHex(value), 32);
      const [balanceOf, transferFrom, transfer] = ["0x70a08231", "0x23b872dd", "0xa9059cbb"] as const;
      await liar.setAnswer(transferFrom, { ...answer, data: word(1n) });
      await liar.setAnswer(transfer, { ...answer, data: word(1n) });
      // A balance that never changes, one that is no number, and none.
      for (const data of [word(5n), "0x01", "0x"]) {
        await liar.setAnswer(balanceOf, { ...answer, data });
        await expect(
          erc20.l1.connect(user).send(liar, 1n, to(user.address), { ...fee(), gasLimit: 3_000_000n }),
        ).to.be.revert(ethers);
      }
      await liar.setAnswer(balanceOf, { ...answer, data: word(5n) });
      await erc20.l1.connect(user).send(liar, 0n, to(user.address), { ...fee(), gasLimit: 3_000_000n });
      await arrive();
      for (const data of [word(0n), word(2n), "0xff"]) {
        await liar.setAnswer(transferFrom, { ...answer, data });
        await expect(erc20.l1.connect(user).send(liar, 0n, to(user.address), fee())).to.be.revert(ethers);
      }
      await liar.setAnswer(transferFrom, { ...answer, data: "0x", isRevert: true });
      await expect(erc20.l1.connect(user).send(liar, 0n, to(user.address), fee())).to.be.revert(ethers);
      expect(await erc20.l1.escrowed(honest)).to.equal(100n);
      expect(await honest.balanceOf(erc20.l1)).to.equal(100n);
    });

    it("gives out no more than it owes, whatever the other bridge says", async () => {
      const { ethers, erc20, user, l1Messenger, l2Messenger, portal, networkHelpers } = fixture;
      const token = await newToken();
      await erc20.l1.connect(user).send(token, 100n, to(user.address), fee());
      await token.mint(erc20.l1, 100n);
      await networkHelpers.setBalance(L2_BRIDGES.erc20Bridge, 10n ** 18n);
      const bridge = await ethers.getImpersonatedSigner(L2_BRIDGES.erc20Bridge);
      const release = erc20.l1.interface.encodeFunctionData("release", [
        await token.getAddress(),
        user.address,
        101n,
        user.address,
        "0x",
      ]);
      await l2Messenger.connect(bridge).sendMessage(erc20.l1, 0n, 500_000n, release, user);
      const outcome = await (await fixture.confirmOutbox()).execute().catch((error: unknown) => error);
      expect(String(outcome)).to.contain("CallFailed");
      expect(await token.balanceOf(erc20.l1)).to.equal(200n);
      expect(await portal.isExecuted(0)).to.equal(false);
      expect(await l1Messenger.otherMessenger()).to.equal(ethers.getAddress(L2_BRIDGES.messenger));
    });

    it("sends no tokens to nobody", async () => {
      const { erc20, user } = fixture;
      const token = await newToken();
      await expect(erc20.l1.connect(user).send(token, 1n, to(ZeroAddress), fee())).to.be.revertedWithCustomError(
        erc20.l1,
        "ZeroRecipient",
      );
    });

    it("takes as much as the sender has, of a representation too, and asks for no allowance of it", async () => {
      const { erc20, user, stranger } = fixture;
      const token = await newToken();
      await erc20.l1.connect(user).send(token, 100n, to(user.address), fee());
      await arrive();
      const bridged = await representation(erc20.l2, token);
      await expect(erc20.l2.connect(stranger).send(bridged, 1n, to(stranger.address))).to.be.revertedWithCustomError(
        bridged,
        "ERC20InsufficientBalance",
      );
      await expect(bridged.connect(user).burn(user, 1n)).to.be.revertedWithCustomError(bridged, "NotBridge");
      await expect(bridged.connect(user).mint(user, 1n)).to.be.revertedWithCustomError(bridged, "NotBridge");
      await erc20.l2.connect(user).send(bridged, 100n, to(user.address));
      expect(await bridged.totalSupply()).to.equal(0n);
    });
  });

  describe("descriptions", () => {
    it("a transfer whose token nobody has described fails, until somebody does; then it is replayed", async () => {
      const { erc20, user, stranger, l2Messenger } = fixture;
      const token = await newToken();
      await erc20.l1.connect(user).send(token, 100n, to(user.address), fee());
      // The first message, which carries the description, does not run.
      const { receipt } = await fixture.runDeposit({ gasLimit: 45_000n });
      expect(receipt).to.equal(null);
      await erc20.l1.connect(user).send(token, 1n, to(user.address), fee());
      const message = await fail();
      await expect(l2Messenger.replayMessage(message)).to.be.revertedWithCustomError(l2Messenger, "CallFailed");
      await erc20.l1.connect(stranger).announce(token, stranger, fee());
      await arrive();
      await l2Messenger.replayMessage(message);
      expect(await (await representation(erc20.l2, token)).balanceOf(user)).to.equal(1n);
      // Described again, it stays what it is.
      await erc20.l1.connect(stranger).announce(token, stranger, fee());
      await arrive();
      expect(await (await representation(erc20.l2, token)).totalSupply()).to.equal(1n);
    });

    it("a representation is not described: the other layer has the token", async () => {
      const { erc20, user } = fixture;
      const token = await newToken();
      await erc20.l1.connect(user).announce(token, user, fee());
      await arrive();
      const bridged = await erc20.l2.representationOf(token);
      await expect(erc20.l2.announce(bridged, user))
        .to.be.revertedWithCustomError(erc20.l2, "IsRepresentation")
        .withArgs(bridged);
    });

    it("the address of a representation depends on nothing made before", async () => {
      const { erc20, user, networkHelpers } = fixture;
      const [first, second] = [await newToken("One", "O"), await newToken("Two", "T")];
      const snapshot = await networkHelpers.takeSnapshot();
      await erc20.l1.connect(user).announce(second, user, fee());
      await arrive();
      const alone = await erc20.l2.representationOf(second);
      await snapshot.restore();
      for (const token of [first, second]) {
        await erc20.l1.connect(user).announce(token, user, fee());
        await arrive();
      }
      expect(await erc20.l2.representationOf(second)).to.equal(alone);
    });
  });

  describe("ERC-721", () => {
    const newCollectible = async () => {
      const { ethers, user, erc721 } = fixture;
      const token = await ethers.deployContract("SimpleERC721", ["Kitties", "CK", "ipfs://kitty"]);
      for (const id of [1n, 2n]) await token.mint(user, id);
      for (const bridge of [erc721.l1, erc721.l2]) await token.connect(user).setApprovalForAll(bridge, true);
      return token;
    };

    it("takes a token of L1 to L2 and back, with name, symbol and URI", async () => {
      const { ethers, erc721, user, stranger } = fixture;
      const token = await newCollectible();
      await erc721.l1.connect(user).send(token, 1n, to(stranger.address), fee());
      expect([await token.ownerOf(1n), await erc721.l1.escrowed(token, 1n)]).to.eql([
        await erc721.l1.getAddress(),
        true,
      ]);
      await arrive();
      const bridged = await ethers.getContractAt("BridgedERC721", await erc721.l2.representationOf(token));
      expect([await bridged.name(), await bridged.symbol(), await bridged.tokenURI(1n)]).to.eql([
        "Kitties",
        "CK",
        "ipfs://kitty",
      ]);
      expect(await bridged.ownerOf(1n)).to.equal(stranger.address);
      await expect(erc721.l2.connect(user).send(bridged, 1n, to(user.address))).to.be.revertedWithCustomError(
        erc721.l2,
        "NotOwner",
      );
      await erc721.l2.connect(stranger).send(bridged, 1n, to(fresh(1)));
      await expect(bridged.tokenURI(1n)).to.be.revertedWithCustomError(bridged, "ERC721NonexistentToken");
      await fixture.executeLast();
      expect(await token.ownerOf(1n)).to.equal(ethers.getAddress(fresh(1)));
      expect(await erc721.l1.escrowed(token, 1n)).to.equal(false);
    });

    it("takes a token of L2 to L1 and back", async () => {
      const { ethers, erc721, user } = fixture;
      const token = await newCollectible();
      await erc721.l2.connect(user).send(token, 2n, to(user.address));
      await fixture.executeLast();
      const bridged = await ethers.getContractAt("BridgedERC721", await erc721.l1.representationOf(token));
      expect(await bridged.ownerOf(2n)).to.equal(user.address);
      await erc721.l1.connect(user).send(bridged, 2n, to(user.address), fee());
      await arrive();
      expect(await token.ownerOf(2n)).to.equal(user.address);
    });

    it("takes a token from its owner alone, whomever the owner has approved", async () => {
      const { erc721, user, stranger } = fixture;
      const token = await newCollectible();
      await token.connect(user).setApprovalForAll(stranger, true);
      await expect(erc721.l1.connect(stranger).send(token, 1n, to(stranger.address), fee()))
        .to.be.revertedWithCustomError(erc721.l1, "NotOwner")
        .withArgs(stranger.address, 1n);
    });

    it("believes no token that only says it came", async () => {
      const { ethers, erc721, user } = fixture;
      const liar = await ethers.deployContract("ScriptedToken");
      await liar.setAnswer("0x6352211e", {
        data: ethers.zeroPadValue(user.address, 32),
        zeros: 0,
        isRevert: false,
        isEndless: false,
        target: ZeroAddress,
        call: "0x",
      });
      await expect(
        erc721.l1.connect(user).send(liar, 1n, to(user.address), { ...fee(), gasLimit: 4_000_000n }),
      ).to.be.revertedWithCustomError(erc721.l1, "UnexpectedAmount");
    });
  });

  describe("ERC-1155", () => {
    const ids = [3n, 5n, 2n ** 255n];
    const amounts = [10n, 1n, 2n ** 200n];
    const newCollection = async () => {
      const { ethers, user, erc1155 } = fixture;
      const token = await ethers.deployContract("SimpleERC1155", ["ipfs://{id}"]);
      await token.mint(user, ids, amounts);
      for (const bridge of [erc1155.l1, erc1155.l2]) await token.connect(user).setApprovalForAll(bridge, true);
      return token;
    };

    it("takes tokens of L1 to L2 and back, with what is said of them", async () => {
      const { ethers, erc1155, user, stranger } = fixture;
      const token = await newCollection();
      await erc1155.l1.connect(user).send(token, ids, amounts, to(stranger.address), fee());
      await arrive();
      const bridged = await ethers.getContractAt("BridgedERC1155", await erc1155.l2.representationOf(token));
      expect([
        ...(await bridged.balanceOfBatch(
          ids.map(() => stranger),
          ids,
        )),
      ]).to.eql(amounts);
      expect(await bridged.uri(5n)).to.equal("ipfs://{id}");
      await expect(erc1155.l2.connect(user).send(bridged, [3n], [1n], to(user.address))).to.be.revertedWithCustomError(
        bridged,
        "ERC1155InsufficientBalance",
      );
      await erc1155.l2.connect(stranger).send(bridged, [3n, 5n], [4n, 1n], to(fresh(1)));
      await fixture.executeLast();
      expect(await token.balanceOf(fresh(1), 3n)).to.equal(4n);
      expect(await erc1155.l1.escrowed(token, 3n)).to.equal(6n);
      expect(await erc1155.l1.escrowed(token, 5n)).to.equal(0n);
    });

    it("takes tokens of L2 to L1 and back", async () => {
      const { ethers, erc1155, user } = fixture;
      const token = await newCollection();
      await erc1155.l2.connect(user).send(token, ids, amounts, to(user.address));
      await fixture.executeLast();
      const bridged = await ethers.getContractAt("BridgedERC1155", await erc1155.l1.representationOf(token));
      await erc1155.l1.connect(user).send(bridged, ids, amounts, to(user.address), fee());
      await arrive();
      expect([
        ...(await token.balanceOfBatch(
          ids.map(() => user),
          ids,
        )),
      ]).to.eql(amounts);
    });

    it("refuses ids that do not rise, and lists that do not match", async () => {
      const { erc1155, user } = fixture;
      const token = await newCollection();
      const send = async (sent: bigint[], of: bigint[]) =>
        erc1155.l1.connect(user).send(token, sent, of, to(user.address), fee());
      await expect(send([3n, 3n], [1n, 1n])).to.be.revertedWithCustomError(erc1155.l1, "IdsNotRising");
      await expect(send([5n, 3n], [1n, 1n])).to.be.revertedWithCustomError(erc1155.l1, "IdsNotRising");
      await expect(send([3n], [1n, 1n])).to.be.revertedWithCustomError(erc1155.l1, "WrongLengths");
      await expect(send([], [])).to.be.revertedWithCustomError(erc1155.l1, "WrongLengths");
    });

    it("takes no tokens that it did not fetch", async () => {
      const { erc1155, user } = fixture;
      const token = await newCollection();
      await expect(token.connect(user).safeTransferFrom(user, erc1155.l1, 3n, 1n, "0x")).to.be.revertedWithCustomError(
        erc1155.l1,
        "NotFetched",
      );
      await expect(
        token.connect(user).safeBatchTransferFrom(user, erc1155.l1, [3n], [1n], "0x"),
      ).to.be.revertedWithCustomError(erc1155.l1, "NotFetched");
      await expect(token.connect(user).mint(erc1155.l1, [3n], [1n])).to.be.revertedWithCustomError(
        erc1155.l1,
        "NotFetched",
      );
    });

    it("once the token has taken balances away, takes no more of that id in", async () => {
      const { erc1155, user } = fixture;
      const token = await newCollection();
      await erc1155.l1.connect(user).send(token, [3n], [5n], to(user.address), fee());
      await token.burn(erc1155.l1, 3n, 1n);
      await expect(
        erc1155.l1.connect(user).send(token, [3n], [1n], to(user.address), fee()),
      ).to.be.revertedWithCustomError(erc1155.l1, "EscrowShort");
      await erc1155.l1.connect(user).send(token, [5n], [1n], to(user.address), fee());
    });

    it("a recipient that refuses can take them later; one that sends them on from its hook can", async () => {
      const { ethers, erc1155, user, l2Messenger } = fixture;
      const token = await newCollection();
      const refuser = await ethers.deployContract("ScriptedAccount", [ZeroAddress, "0x"]);
      await erc1155.l1.connect(user).send(token, [3n], [5n], to(refuser), fee());
      const message = await fail();
      await fixture.networkHelpers.setCode(
        await refuser.getAddress(),
        await ethers.provider.getCode(await recipient.getAddress()),
      );
      await l2Messenger.replayMessage(message);
      const bridged = await ethers.getContractAt("BridgedERC1155", await erc1155.l2.representationOf(token));
      expect(await bridged.balanceOf(refuser, 3n)).to.equal(5n);
    });
  });

  describe("recipients", () => {
    it("tokens, ETH and a call are one transaction", async () => {
      const { erc20, user } = fixture;
      const token = await newToken();
      await erc20.l1
        .connect(user)
        .send(token, 100n, to(recipient, { value: 9n, data: "0xcafe", minimumGas: 500_000n }), fee(9n));
      await arrive();
      const bridged = await representation(erc20.l2, token);
      expect(await bridged.balanceOf(recipient)).to.equal(100n);
      expect([
        await recipient.senderSeen(),
        await recipient.tokenSeen(),
        await recipient.valueSeen(),
        await recipient.dataSeen(),
        [...(await recipient.idsSeen())],
        [...(await recipient.amountsSeen())],
      ]).to.eql([user.address, await bridged.getAddress(), 9n, "0xcafe", [], [100n]]);
      expect((await recipient.callerSeen()).toLowerCase()).to.equal(L2_BRIDGES.erc20Bridge);

      await erc20.l2
        .connect(user)
        .send(await newToken(), 1n, to(recipient, { value: 3n, data: "0x01" }), { value: 3n });
      await fixture.executeLast();
      expect(await recipient.callerSeen()).to.equal(await erc20.l1.getAddress());
      expect(await recipient.valueSeen()).to.equal(3n);
    });

    it("ETH without data is sent, also to an account that has no code", async () => {
      const { ethers, erc20, user } = fixture;
      const token = await newToken();
      await erc20.l1.connect(user).send(token, 1n, to(fresh(1), { value: 9n }), fee(9n));
      await arrive();
      expect(await ethers.provider.getBalance(fresh(1))).to.equal(9n);
      expect(await ethers.provider.getBalance(L2_BRIDGES.erc20Bridge)).to.equal(0n);
      expect(await ethers.provider.getBalance(await erc20.l1.getAddress())).to.equal(0n);
    });

    for (const conduct of ["Refuse", "AnswerWrongly", "BurnGas", "RevertMegabyte"] as const) {
      it(`a recipient that does not take them (${conduct}) changes nothing, and can take all of it later`, async () => {
        const { ethers, erc20, user, l2Messenger } = fixture;
        const token = await newToken();
        await recipient.behave(Conduct[conduct], ZeroAddress, "0x");
        await erc20.l1.connect(user).send(token, 100n, to(recipient, { value: 9n, data: "0x01" }), fee(9n));
        const message = await fail();
        expect(await ethers.provider.getBalance(l2Messenger)).to.equal(9n);
        expect(await erc20.l2.representationOf(token)).to.equal(ZeroAddress);
        await expect(l2Messenger.replayMessage(message, { gasLimit: 5_000_000n })).to.be.revert(ethers);
        await recipient.behave(Conduct.Take, ZeroAddress, "0x");
        await l2Messenger.replayMessage(message);
        expect(await (await representation(erc20.l2, token)).balanceOf(recipient)).to.equal(100n);
        expect(await ethers.provider.getBalance(recipient)).to.equal(9n);
      });
    }

    it("one that answers with a megabyte costs the bridge nothing", async () => {
      const { erc20, user } = fixture;
      const token = await newToken();
      await recipient.behave(Conduct.Megabyte, ZeroAddress, "0x");
      await erc20.l1.connect(user).send(token, 1n, to(recipient, { data: "0x01", minimumGas: 3_000_000n }), fee());
      await arrive();
      expect(await (await representation(erc20.l2, token)).balanceOf(recipient)).to.equal(1n);
    });

    it("one that has no code is not called: the transfer fails, until it has", async () => {
      const { ethers, erc20, user, l2Messenger, networkHelpers } = fixture;
      const token = await newToken();
      await erc20.l1.connect(user).send(token, 1n, to(fresh(1), { data: "0x01" }), fee());
      const message = await fail();
      await networkHelpers.setCode(fresh(1), await ethers.provider.getCode(await recipient.getAddress()));
      await l2Messenger.replayMessage(message);
      expect(await (await representation(erc20.l2, token)).balanceOf(fresh(1))).to.equal(1n);
    });

    it("one may send on what it got, from within", async () => {
      const { ethers, erc20, user } = fixture;
      const token = await newToken();
      await erc20.l1.connect(user).announce(token, user, fee());
      await arrive();
      const bridged = await representation(erc20.l2, token);
      const onward = erc20.l2.interface.encodeFunctionData("send", [
        await bridged.getAddress(),
        60n,
        { ...to(fresh(2)), recipient: fresh(2) },
      ]);
      await recipient.behave(Conduct.Take, L2_BRIDGES.erc20Bridge, onward);
      await erc20.l1.connect(user).send(token, 100n, to(recipient, { data: "0x01", minimumGas: 2_000_000n }), fee());
      await arrive();
      expect(await recipient.succeeded()).to.equal(true);
      expect(await bridged.totalSupply()).to.equal(40n);
      await fixture.executeLast();
      expect(await token.balanceOf(ethers.getAddress(fresh(2)))).to.equal(60n);
      expect(await erc20.l1.escrowed(token)).to.equal(40n);
    });

    it("one that is called with what the bridge released can do nothing in the bridge's or the messenger's name", async () => {
      const { erc20, user, l2Messenger } = fixture;
      const token = await newToken();
      for (const [target, call] of [
        [erc20.l2, erc20.l2.interface.encodeFunctionData("create", [await token.getAddress(), "0x"])],
        [
          erc20.l2,
          erc20.l2.interface.encodeFunctionData("mint", [
            await token.getAddress(),
            "0x",
            user.address,
            1n,
            user.address,
            "0x",
          ]),
        ],
        [
          erc20.l2,
          erc20.l2.interface.encodeFunctionData("release", [
            await token.getAddress(),
            user.address,
            1n,
            user.address,
            "0x",
          ]),
        ],
      ] as const) {
        await recipient.behave(Conduct.Take, target, call);
        await erc20.l1.connect(user).send(token, 1n, to(recipient, { data: "0x01", minimumGas: 1_000_000n }), fee());
        await arrive();
        expect(await recipient.succeeded()).to.equal(false);
        expect(erc20.l2.interface.parseError(await recipient.returned())?.name).to.equal("NotOtherBridge");
      }
      expect(await l2Messenger.otherMessenger()).to.equal(fixture.messengerAddress);
    });
  });

  describe("calls of the other bridge", () => {
    it("come from the messenger with the other bridge as sender, and from nobody else", async () => {
      const { erc20, erc721, erc1155, user, l1Messenger, l2Messenger, ethers, FEE } = fixture;
      const token = await newToken();
      const word = await token.getAddress();
      const calls = [
        [erc20.l2, erc20.l2.interface.encodeFunctionData("mint", [word, "0x", user.address, 1n, user.address, "0x"])],
        [erc20.l2, erc20.l2.interface.encodeFunctionData("release", [word, user.address, 0n, user.address, "0x"])],
        [erc20.l2, erc20.l2.interface.encodeFunctionData("create", [word, "0x"])],
        [
          erc721.l2,
          erc721.l2.interface.encodeFunctionData("mint", [word, "0x", user.address, 1n, "", user.address, "0x"]),
        ],
        [erc721.l2, erc721.l2.interface.encodeFunctionData("release", [word, user.address, 1n, user.address, "0x"])],
        [erc721.l2, erc721.l2.interface.encodeFunctionData("create", [word, "0x"])],
        [
          erc1155.l2,
          erc1155.l2.interface.encodeFunctionData("mint", [word, user.address, [1n], [1n], [""], user.address, "0x"]),
        ],
        [
          erc1155.l2,
          erc1155.l2.interface.encodeFunctionData("release", [word, user.address, [], [], user.address, "0x"]),
        ],
        [erc1155.l2, erc1155.l2.interface.encodeFunctionData("create", [word])],
      ] as const;
      for (const [bridge, data] of calls) {
        const call = user.sendTransaction({ to: await bridge.getAddress(), data, gasLimit: 3_000_000n });
        await expect(call).to.be.revertedWithCustomError(bridge, "NotOtherBridge");
        // A message of anybody's own.
        await l1Messenger.connect(user).sendMessage(bridge, 0n, 4_000_000n, data, user, { value: FEE });
        const message = await fail();
        const outcome: unknown = await l2Messenger.replayMessage(message).catch((error: unknown) => error);
        const { data: reverted } = outcome as { data?: string };
        const inner = l2Messenger.interface.parseError(reverted ?? "0x")?.args[1] as string;
        expect(bridge.interface.parseError(inner)?.name).to.equal("NotOtherBridge");
      }
      expect(await erc20.l2.representationOf(token)).to.equal(ethers.ZeroAddress);
    });

    it("each bridge believes the one of its own standard", async () => {
      const { erc20, erc721, user, l1Messenger, networkHelpers, ethers, FEE } = fixture;
      const other = await erc721.l1.getAddress();
      await networkHelpers.setBalance(other, 10n ** 18n);
      const bridge = await ethers.getImpersonatedSigner(other);
      const data = erc20.l2.interface.encodeFunctionData("release", [other, user.address, 0n, user.address, "0x"]);
      await l1Messenger.connect(bridge).sendMessage(erc20.l2, 0n, 1_000_000n, data, user, { value: FEE });
      await fail();
    });

    it("each knows its messenger and its counterpart", async () => {
      const { erc20, erc721, erc1155, l1Messenger, ethers } = fixture;
      for (const [bridges, predeploy] of [
        [erc20, L2_BRIDGES.erc20Bridge],
        [erc721, L2_BRIDGES.erc721Bridge],
        [erc1155, L2_BRIDGES.erc1155Bridge],
      ] as const) {
        expect(await bridges.l1.otherBridge()).to.equal(ethers.getAddress(predeploy));
        expect(await bridges.l2.otherBridge()).to.equal(await bridges.l1.getAddress());
        expect(await bridges.l1.messenger()).to.equal(await l1Messenger.getAddress());
        expect(await bridges.l2.messenger()).to.equal(ethers.getAddress(L2_BRIDGES.messenger));
      }
    });
  });

  describe("WETH", () => {
    it("is called so, and wraps and unwraps wei for wei, by a call or by sending", async () => {
      const { ethers, wrappedEther, user } = fixture;
      expect([await wrappedEther.name(), await wrappedEther.symbol(), await wrappedEther.decimals()]).to.eql([
        "Wrapped Ether",
        "WETH",
        18n,
      ]);
      await expect(wrappedEther.connect(user).deposit({ value: 5n }))
        .to.emit(wrappedEther, "Deposit")
        .withArgs(user.address, 5n);
      await user.sendTransaction({ to: await wrappedEther.getAddress(), value: 3n });
      expect(await wrappedEther.balanceOf(user)).to.equal(8n);
      await wrappedEther.connect(user).transfer(fresh(1), 1n);
      await expect(wrappedEther.connect(user).withdraw(8n)).to.be.revertedWithCustomError(
        wrappedEther,
        "ERC20InsufficientBalance",
      );
      await expect(wrappedEther.connect(user).withdraw(7n)).to.changeEtherBalances(
        ethers,
        [user, wrappedEther],
        [7n, -7n],
      );
      expect(await wrappedEther.totalSupply()).to.equal(1n);
    });

    it("pays nobody twice who comes back while being paid", async () => {
      const { wrappedEther, user, ethers } = fixture;
      const again = wrappedEther.interface.encodeFunctionData("withdraw", [5n]);
      await wrappedEther.connect(user).deposit({ value: 5n });
      await recipient.run(wrappedEther, wrappedEther.interface.encodeFunctionData("deposit"), { value: 5n });
      await recipient.behave(Conduct.Take, wrappedEther, again);
      await recipient.run(wrappedEther, again);
      expect(await recipient.succeeded()).to.equal(false);
      expect(await ethers.provider.getBalance(wrappedEther)).to.equal(5n);
      expect(await wrappedEther.totalSupply()).to.equal(5n);
    });
  });
});
