import { expect } from "chai";
import {
  GAS_PROBE_CODE,
  GAS_PROBE_COST,
  RelayStatus,
  bytesOf,
  deployBridgesFixture,
  fresh,
} from "./bridges-fixture.ts";
import type { BridgesFixture } from "./bridges-fixture.ts";

/** Gas the recipient asks for: some, and much. */
const MINIMUM_GAS = [30_000n, 2_000_000n];
/** The longest text that is carried. */
const LONGEST = 1_024;
/** Around where a text no longer fits into one slot, and the next. */
const TEXT_LENGTHS = [0, 31, 32, 33, LONGEST];
const DATA_LENGTHS = [1, 1_000];
/** Its calldata alone costs a transaction more than small messages ask for: it comes with those that ask for much. */
const LONG_DATA = 50_000;

const text = (length: number, letter = "n") => letter.repeat(length);

/**
 * Each transfer is tried with exactly the least gas with which the messenger makes the call: the recipient, who is called last, then must
 * have what the sender asked for it.
 */
describe("Gas of deliveries", () => {
  let fixture: BridgesFixture;
  let recipients = 0;
  before(async () => {
    fixture = await deployBridgesFixture();
  });

  /** A recipient nobody has called, that notes its gas. */
  async function newProbe(): Promise<string> {
    const address = fresh(recipients++);
    await fixture.networkHelpers.setCode(address, GAS_PROBE_CODE);
    return address;
  }
  const probed = async (probe: string): Promise<bigint> =>
    BigInt(await fixture.networkHelpers.getStorageAt(probe, 0)) + GAS_PROBE_COST;
  const delivery = (recipient: string, minimumGas: bigint, dataLength: number) => ({
    recipient,
    value: 1n,
    data: bytesOf(dataLength, 0xff),
    minimumGas,
    refundTo: fixture.user.address,
  });
  const payment = () => ({ value: fixture.FEE + 1n, gasLimit: 16_000_000n });

  /** The last deposit comes with too little gas, and is replayed with the least there can be. */
  async function expectMinted(what: string, probe: string, minimumGas: bigint): Promise<void> {
    const { l2Messenger, lastDeposit, messageOf, runDeposit, hashOf, leastGas, stranger } = fixture;
    const deposit = await lastDeposit();
    const message = messageOf(deposit.data);
    const { status } = await runDeposit({ gasLimit: deposit.gasLimit - message.minimumGas });
    expect(status, what).to.equal(RelayStatus.Failed);
    const data = l2Messenger.interface.encodeFunctionData("replayMessage", [message]);
    const gasLimit = await leastGas(l2Messenger, data, deposit.gasLimit - message.minimumGas, message.minimumGas);
    await l2Messenger.connect(stranger).replayMessage(message, { gasLimit });
    expect(await l2Messenger.statusOf(hashOf(message)), what).to.equal(RelayStatus.Relayed);
    const slack = (await probed(probe)) - minimumGas;
    if (process.env["SHOW_GAS"] !== undefined) console.log(what, "asks for", message.minimumGas, "leaves", slack);
    expect(Number(slack), what).to.be.at.least(0);
  }

  for (const minimumGas of MINIMUM_GAS) {
    const dataLengths = minimumGas > 1_000_000n ? [...DATA_LENGTHS, LONG_DATA] : DATA_LENGTHS;

    describe(`for a recipient that asks for ${minimumGas}`, () => {
      it("an ERC-20 token comes with it, the first time and later, whatever its name and the data", async () => {
        const { ethers, erc20, user } = fixture;
        for (const length of TEXT_LENGTHS) {
          const token = await ethers.deployContract("TrickyERC20", [text(length), text(length, "s"), 6]);
          await token.mint(user, 100n);
          await token.connect(user).approve(erc20.l1, 100n);
          for (const dataLength of length === LONGEST ? dataLengths : [1]) {
            const probe = await newProbe();
            await erc20.l1.connect(user).send(token, 1n, delivery(probe, minimumGas, dataLength), payment());
            await expectMinted(`name of ${length} bytes, ${dataLength} of data`, probe, minimumGas);
          }
        }
      });

      it("an ERC-721 token comes with it, whatever is said of it", async () => {
        const { ethers, erc721, user } = fixture;
        for (const length of TEXT_LENGTHS) {
          const token = await ethers.deployContract("SimpleERC721", [
            text(length),
            text(length, "s"),
            text(length, "u"),
          ]);
          let id = 1n;
          for (const dataLength of length === LONGEST ? dataLengths : [1, 1]) {
            await token.mint(user, id);
            await token.connect(user).approve(erc721.l1, id);
            const probe = await newProbe();
            await erc721.l1.connect(user).send(token, id, delivery(probe, minimumGas, dataLength), payment());
            await expectMinted(`texts of ${length} bytes, ${dataLength} of data`, probe, minimumGas);
            id++;
          }
        }
      });

      it("ERC-1155 tokens come with it, few or many, whatever is said of them", async () => {
        const { ethers, erc1155, user } = fixture;
        for (const length of TEXT_LENGTHS) {
          const token = await ethers.deployContract("SimpleERC1155", [text(length, "u")]);
          await token.connect(user).setApprovalForAll(erc1155.l1, true);
          let id = 1n;
          for (const [count, dataLength] of length === LONGEST
            ? ([
                [1, 1],
                [5, dataLengths.at(-1)!],
              ] as const)
            : ([
                [1, 1],
                [80, 1],
              ] as const)) {
            const ids = Array.from({ length: count }, () => id++);
            const amounts = ids.map(() => 7n);
            await token.mint(user, ids, amounts);
            const probe = await newProbe();
            await erc1155.l1
              .connect(user)
              .send(token, ids, amounts, delivery(probe, minimumGas, dataLength), payment());
            await expectMinted(`${count} ids, texts of ${length} bytes, ${dataLength} of data`, probe, minimumGas);
          }
        }
      });

      it("tokens of OpenZeppelin's are given out with it on L1", async () => {
        const { ethers, erc20, erc721, erc1155, user, portal, confirmOutbox, leastGas, stranger } = fixture;
        const coin = await ethers.deployContract("TrickyERC20", ["n", "s", 6]);
        const collectible = await ethers.deployContract("SimpleERC721", ["n", "s", "u"]);
        const collection = await ethers.deployContract("SimpleERC1155", ["u"]);
        const ids = Array.from({ length: 30 }, (_, index) => BigInt(index));
        await coin.mint(user, 2n);
        await coin.connect(user).approve(erc20.l1, 2n);
        await erc20.l1.connect(user).send(coin, 2n, { ...delivery(user.address, 0n, 0), value: 0n }, payment());
        await fixture.runDeposit();
        await collection.mint(
          user,
          ids,
          ids.map(() => 2n),
        );
        await collection.connect(user).setApprovalForAll(erc1155.l1, true);
        await erc1155.l1.connect(user).send(
          collection,
          ids,
          ids.map(() => 2n),
          { ...delivery(user.address, 0n, 0), value: 0n },
          payment(),
        );
        await fixture.runDeposit();
        for (const id of [1n, 2n]) {
          await collectible.mint(user, id);
          await collectible.connect(user).approve(erc721.l1, id);
          await erc721.l1
            .connect(user)
            .send(collectible, id, { ...delivery(user.address, 0n, 0), value: 0n }, payment());
          await fixture.runDeposit();
        }
        const coins = await erc20.l2.representationOf(coin);
        const collectibles = await erc721.l2.representationOf(collectible);
        const collections = await erc1155.l2.representationOf(collection);
        const probes: string[] = [];
        for (const dataLength of [1, dataLengths.at(-1)!]) {
          for (const send of [
            async (probe: string) =>
              erc20.l2.connect(user).send(coins, 1n, delivery(probe, minimumGas, dataLength), { value: 1n }),
            async (probe: string) =>
              erc721.l2
                .connect(user)
                .send(collectibles, dataLength === 1 ? 1n : 2n, delivery(probe, minimumGas, dataLength), { value: 1n }),
            async (probe: string) =>
              erc1155.l2.connect(user).send(
                collections,
                ids,
                ids.map(() => 1n),
                delivery(probe, minimumGas, dataLength),
                { value: 1n },
              ),
          ]) {
            const probe = await newProbe();
            probes.push(probe);
            await send(probe);
          }
        }
        const { withdrawals, argumentsOf } = await confirmOutbox();
        const first = withdrawals.length - probes.length;
        for (const [place, probe] of probes.entries()) {
          const withdrawal = withdrawals[first + place]!;
          const data = portal.interface.encodeFunctionData("execute", [...argumentsOf(first + place)]);
          const tooLittle = 200_000n + 41n * BigInt(data.length / 2);
          const gasLimit = await leastGas(portal, data, tooLittle, withdrawal.minimumGas);
          await portal.connect(stranger).execute(...argumentsOf(first + place), { gasLimit });
          const slack = (await probed(probe)) - minimumGas;
          if (process.env["SHOW_GAS"] !== undefined)
            console.log(place, "asks for", withdrawal.minimumGas, "leaves", slack);
          expect(Number(slack), `${place}`).to.be.at.least(0);
        }
      });
    });
  }
});
