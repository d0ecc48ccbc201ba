import type { SimulatedL1 } from "../l1/simulated-l1.ts";
import { batchOf, transfer } from "./follower-fixture.ts";

/** The nonce of the next transfer on each simulated L1. */
const nonces = new WeakMap<SimulatedL1, number>();

/** L1 blocks with all that happens to a rollup, the same every time; `variant` gives others. */
export async function mineHistory(l1: SimulatedL1, count: number, variant = 0): Promise<void> {
  for (let index = variant; index < variant + count; index++) {
    const { timestamp } = l1.head();
    // A fork of L1 has fewer transactions than were made, so these leave gaps: then they are skipped.
    const nonce = nonces.get(l1) ?? 0;
    nonces.set(l1, nonce + 2);
    const transactions = [await transfer(nonce, { value: BigInt(1 + index) }), await transfer(nonce + 1)];
    switch (index % 5) {
      case 0:
        l1.mine({ kind: "deposit", deposit: { gasLimit: 90_000n, value: BigInt(index) } }, { kind: "context" });
        l1.mine(
          batchOf([
            { timestamp, messages: 1, transactions },
            { timestamp: timestamp + 1, messages: 9 },
          ]),
        );
        break;
      case 1:
        l1.mine({ kind: "deposit" }, batchOf([{ timestamp: timestamp + 3, transactions }, {}, { timestamp: 2 ** 52 }]));
        break;
      case 2:
        l1.mine(batchOf([{ timestamp, transactions }]), { kind: "deposit" }, { kind: "force-include" });
        break;
      case 3:
        l1.mine({ kind: "batch", payload: Uint8Array.of(1, index) }, { kind: "context" });
        l1.mine(batchOf([{ timestamp, messages: 1, transactions }]));
        break;
      default:
        l1.mine(
          { kind: "deposit" },
          { kind: "deposit" },
          batchOf([
            { timestamp, messages: 1, transactions: [new Uint8Array(65).fill(5), ...transactions, Uint8Array.of(5)] },
          ]),
        );
    }
  }
}
