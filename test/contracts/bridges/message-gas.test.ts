import { expect } from "chai";
import {
  GAS_BURNER_CODE,
  GAS_PROBE_CODE,
  GAS_PROBE_COST,
  RelayStatus,
  bytesOf,
  deployBridgesFixture,
  fresh,
} from "./bridges-fixture.ts";
import type { BridgesFixture } from "./bridges-fixture.ts";

const PROBE = fresh(1);
const BURNER = fresh(2);
const REVERTING_CODE = "0x5f5ffd";
/** Lengths of calldata up to what the Inbox takes around it, and such as end in the middle of a word. */
const LENGTHS = [0, 1, 31, 32, 33, 1_000, 10_000, 60_000];
/** Both that cost least and most as calldata. */
const BYTES = [0x00, 0xff];
const MINIMUM_GAS = [0n, 63n, 1_000_000n];

describe("Gas of messages", () => {
  let fixture: BridgesFixture;
  before(async () => {
    fixture = await deployBridgesFixture();
    await fixture.networkHelpers.setCode(PROBE, GAS_PROBE_CODE);
    await fixture.networkHelpers.setCode(BURNER, GAS_BURNER_CODE);
  });

  /** Gas the probe was last called with. */
  async function probed(): Promise<bigint> {
    return BigInt(await fixture.networkHelpers.getStorageAt(PROBE, 0)) + GAS_PROBE_COST;
  }

  describe("to L2", () => {
    async function send(target: string, minimumGas: bigint, data: string, value = 0n) {
      const { l1Messenger, user, FEE } = fixture;
      await l1Messenger
        .connect(user)
        .sendMessage(target, value, minimumGas, data, user, { value: FEE + value, gasLimit: 16_000_000n });
    }

    for (const byte of BYTES) {
      it(`a deposit's gas gives the call its minimum, whatever its length, of bytes ${byte}`, async () => {
        for (const length of LENGTHS) {
          for (const minimumGas of MINIMUM_GAS) {
            const what = `${length} bytes, ${minimumGas} gas`;
            // The probe cannot write its slot with so little, but the call is made with it.
            await send(PROBE, minimumGas + 30_000n, bytesOf(length, byte), 1n);
            const { status, receipt } = await fixture.runDeposit();
            expect(receipt?.status, what).to.equal(1);
            expect(status, what).to.equal(RelayStatus.Relayed);
            expect((await probed()) >= minimumGas + 30_000n, what).to.equal(true);
          }
        }
      });
    }

    it("what it says a deposit needs is enough, and little more than that", async () => {
      const { lastDeposit, networkHelpers, runDeposit } = fixture;
      for (const length of [0, 33, 60_000]) {
        for (const byte of BYTES) {
          await send(PROBE, 100_000n, bytesOf(length, byte), 1n);
          const { gasLimit } = await lastDeposit();
          const suffices = async (tried: bigint): Promise<boolean> => {
            const snapshot = await networkHelpers.takeSnapshot();
            const { status } = await runDeposit({ gasLimit: tried });
            await snapshot.restore();
            return status === RelayStatus.Relayed;
          };
          let [refused, enough] = [100_000n, gasLimit];
          while (enough - refused > 2_000n) {
            const middle = (refused + enough) / 2n;
            if (await suffices(middle)) enough = middle;
            else refused = middle;
          }
          const spare = Number(gasLimit - enough);
          expect(spare, `${length} bytes ${byte}`).to.be.at.least(30_000);
          // Calldata of zeros costs less than the floor for other bytes, which is what is asked for.
          expect(spare, `${length} bytes ${byte}`).to.be.at.most(45_000 + 35 * length);
        }
      }
    });

    it("a replay gives the call its minimum at the least gas with which it does not revert", async () => {
      const { l2Messenger, lastDeposit, messageOf, leastGas, networkHelpers, stranger } = fixture;
      for (const length of LENGTHS) {
        for (const byte of BYTES) {
          await send(PROBE, 3_000_000n, bytesOf(length, byte), 1n);
          await networkHelpers.setCode(PROBE, REVERTING_CODE);
          const { status } = await fixture.runDeposit();
          await networkHelpers.setCode(PROBE, GAS_PROBE_CODE);
          expect(status).to.equal(RelayStatus.Failed);
          const message = messageOf((await lastDeposit()).data);
          const data = l2Messenger.interface.encodeFunctionData("replayMessage", [message]);
          const gasLimit = await leastGas(l2Messenger, data, 2_600_000n, 3_000_000n);
          await l2Messenger.connect(stranger).replayMessage(message, { gasLimit });
          expect(Number(await probed())).to.be.at.least(3_000_000);
        }
      }
    });

    it("a call that burns all its gas is remembered as failed, however little the message asks for", async () => {
      for (const minimumGas of [0n, 1n, 1_000n, 10_000n, 100_000n, 1_000_000n]) {
        for (const length of [0, 1_000]) {
          await send(BURNER, minimumGas, bytesOf(length, 0xff), 1n);
          const { status, receipt } = await fixture.runDeposit();
          expect(receipt?.status, `${minimumGas} gas, ${length} bytes`).to.equal(1);
          expect(status).to.equal(RelayStatus.Failed);
        }
      }
    });
  });

  describe("to L1", () => {
    it("where the Portal makes the call, the messenger can give its minimum, whatever the length", async () => {
      const { l2Messenger, user, stranger, portal, confirmOutbox, leastGas, networkHelpers } = fixture;
      await fixture.inbox.connect(user).depositEther(user, { value: 100n });
      const cases = LENGTHS.flatMap((length) => BYTES.map((byte) => ({ length, byte })));
      for (const { length, byte } of cases) {
        await l2Messenger
          .connect(user)
          .sendMessage(PROBE, 1n, 3_000_000n, bytesOf(length, byte), user, { value: 1n, gasLimit: 16_000_000n });
      }
      const { withdrawals, argumentsOf } = await confirmOutbox();
      for (const [index, { length, byte }] of cases.entries()) {
        const { minimumGas } = withdrawals[index]!;
        const data = portal.interface.encodeFunctionData("execute", [...argumentsOf(index)]);
        const gasLimit = await leastGas(portal, data, 2_700_000n, minimumGas);
        await networkHelpers.setStorageAt(PROBE, 0, 0);
        await portal.connect(stranger).execute(...argumentsOf(index), { gasLimit });
        expect(Number(await probed()), `${length} bytes ${byte}`).to.be.at.least(3_000_000);
      }
    });

    it("leaves the messenger enough where little is asked for, and the call goes to a new account", async () => {
      const { l2Messenger, user, stranger, portal, confirmOutbox, ethers } = fixture;
      await fixture.inbox.connect(user).depositEther(user, { value: 100n });
      const target = fresh(3);
      await l2Messenger.connect(user).sendMessage(target, 1n, 0n, "0x", user, { value: 1n });
      const { withdrawals, argumentsOf } = await confirmOutbox();
      const index = withdrawals.length - 1;
      const data = portal.interface.encodeFunctionData("execute", [...argumentsOf(index)]);
      const gasLimit = await fixture.leastGas(portal, data, 90_000n, withdrawals[index]!.minimumGas);
      await portal.connect(stranger).execute(...argumentsOf(index), { gasLimit });
      expect(await ethers.provider.getBalance(target)).to.equal(1n);
    });
  });
});
