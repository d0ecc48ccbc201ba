import { expect } from "chai";
import { RelayStatus } from "./bridges-fixture.ts";
import { GAS_BURNER_CODE, GAS_PROBE_CODE, GAS_PROBE_COST, bytesOf, deployBridgesFixture, fresh } from "./bridges-fixture.ts";
import type { BridgesFixture } from "./bridges-fixture.ts";

const PROBE = fresh(1);
const BURNER = fresh(2);
const SLOT = `0x${"00".repeat(32)}`;
/** Lengths of calldata up to what the Inbox takes around it, and such as end in the middle of a word. */
const LENGTHS = [0, 1, 31, 32, 33, 1_000, 10_000, 60_000];
/** Both that cost least and most as calldata. */
const BYTES = [0x00, 0xff];
const MINIMUM_GAS = [0n, 1n, 63n, 20_000n, 1_000_000n];

describe("Gas of messages", () => {
  let fixture: BridgesFixture;
  before(async () => {
    fixture = await deployBridgesFixture();
    await fixture.networkHelpers.setCode(PROBE, GAS_PROBE_CODE);
    await fixture.networkHelpers.setCode(BURNER, GAS_BURNER_CODE);
  });

  /** Gas the probe was last called with. */
  async function probed(): Promise<bigint> {
    return BigInt(await fixture.networkHelpers.getStorageAt(PROBE, SLOT)) + GAS_PROBE_COST;
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

    it("says enough, and not half again too much, for data of any length", async () => {
      for (const length of LENGTHS) {
        for (const byte of BYTES) {
          await send(PROBE, 100_000n, bytesOf(length, byte), 1n);
          const deposit = await fixture.lastDeposit();
          const snapshot = async (gasLimit: bigint): Promise<boolean> => {
            const taken = await fixture.networkHelpers.takeSnapshot();
            const { status } = await fixture.runDeposit({ gasLimit });
            await taken.restore();
            return status === RelayStatus.Relayed;
          };
          let refused = 100_000n;
          let enough = deposit.gasLimit;
          while (enough - refused > 500n) {
            const middle = (refused + enough) / 2n;
            if (await snapshot(middle)) enough = middle;
            else refused = middle;
          }
          console.log(length, byte, deposit.gasLimit, enough, deposit.gasLimit - enough);
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
});
