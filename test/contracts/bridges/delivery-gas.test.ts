import { expect } from "chai";
import { GAS_PROBE_CODE, GAS_PROBE_COST, RelayStatus, bytesOf, deployBridgesFixture, fresh } from "./bridges-fixture.ts";
import type { BridgesFixture } from "./bridges-fixture.ts";

const SLOT = `0x${"00".repeat(32)}`;
/** Gas the recipient asks for: some, and much. */
const MINIMUM_GAS = [30_000n, 3_000_000n];
const LONGEST = 1_024;
const TEXT_LENGTHS = [0, 31, 32, 33, 64, LONGEST];
const DATA_LENGTHS = [1, 1_000, 20_000, 50_000];

const text = (length: number, letter = "n") => letter.repeat(length);

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
  async function probed(probe: string): Promise<bigint> {
    return BigInt(await fixture.networkHelpers.getStorageAt(probe, SLOT)) + GAS_PROBE_COST;
  }
  const delivery = (recipient: string, minimumGas: bigint, data: string) => ({
    recipient,
    value: 1n,
    data,
    minimumGas,
    refundTo: fixture.user.address,
  });
  const overrides = () => ({ value: fixture.FEE + 1n, gasLimit: 16_000_000n });

  async function expectEnough(what: string, probe: string, minimumGas: bigint) {
    const { status, receipt, deposit } = await fixture.runDeposit();
    const gas = status === RelayStatus.Relayed ? await probed(probe) : 0n;
    console.log(what, status, deposit.gasLimit, receipt?.gasUsed, "slack", gas - minimumGas);
    if (process.env["STRICT"]) {
      expect(status, what).to.equal(RelayStatus.Relayed);
      expect(gas >= minimumGas, what).to.equal(true);
    }
  }

  for (const minimumGas of MINIMUM_GAS) {
    describe(`mint, for recipients that ask for ${minimumGas}`, () => {
      it("ERC-20", async () => {
        const { ethers, erc20, user } = fixture;
        for (const length of TEXT_LENGTHS) {
          const token = await ethers.deployContract("TrickyERC20", [text(length), text(length, "s"), 6]);
          await token.mint(user, 100n);
          await token.connect(user).approve(erc20.l1, 100n);
          for (const dataLength of length === LONGEST ? DATA_LENGTHS : [1]) {
            const probe = await newProbe();
            await erc20.l1.connect(user).send(token, 1n, delivery(probe, minimumGas, bytesOf(dataLength, 0xff)), overrides());
            await expectEnough(`erc20 text ${length} data ${dataLength}`, probe, minimumGas);
          }
        }
      });
      it("ERC-721", async () => {
        const { ethers, erc721, user } = fixture;
        for (const length of TEXT_LENGTHS) {
          const token = await ethers.deployContract("SimpleERC721", [text(length), text(length, "s"), text(length, "u")]);
          let id = 1n;
          for (const dataLength of length === LONGEST ? DATA_LENGTHS : [1, 1]) {
            await token.mint(user, id);
            await token.connect(user).approve(erc721.l1, id);
            const probe = await newProbe();
            await erc721.l1.connect(user).send(token, id, delivery(probe, minimumGas, bytesOf(dataLength, 0xff)), overrides());
            await expectEnough(`erc721 text ${length} data ${dataLength}`, probe, minimumGas);
            id++;
          }
        }
      });
      it("ERC-1155", async () => {
        const { ethers, erc1155, user } = fixture;
        for (const length of TEXT_LENGTHS) {
          const token = await ethers.deployContract("SimpleERC1155", [text(length, "u")]);
          await token.connect(user).setApprovalForAll(erc1155.l1, true);
          let id = 1n;
          for (const count of length === LONGEST ? [1, 5] : [1, 50]) {
            for (const dataLength of length === LONGEST ? DATA_LENGTHS : [1]) {
              const ids = Array.from({ length: count }, () => id++);
              const amounts = ids.map(() => 7n);
              await token.mint(user, ids, amounts);
              const probe = await newProbe();
              await erc1155.l1
                .connect(user)
                .send(token, ids, amounts, delivery(probe, minimumGas, bytesOf(dataLength, 0xff)), overrides());
              await expectEnough(`erc1155 text ${length} data ${dataLength} ids ${count}`, probe, minimumGas);
            }
          }
        }
      });
    });
  }
});
