import { fileURLToPath } from "node:url";
import { createSequencer } from "../../../src/sequencer/index.ts";
import { createTestNode, FUNDED, GENESIS_TIME } from "./test-node.ts";

/** Submits and sequences without end, telling its parent of every transaction the pool acknowledged. */
async function run(folder: string): Promise<void> {
  const node = await createTestNode({ folder });
  const mempool = await node.mempool();
  createSequencer(
    {
      chain: node.chain,
      mempool,
      mode: { kind: "interval", seconds: 0.02, empty: false },
      messageConfirmations: 0,
      l1Timestamp: () => GENESIS_TIME,
    },
    node.instruments,
  ).start();
  for (let nonce = 0; ; nonce++) {
    await Promise.all(
      FUNDED.map(async (sender) => {
        const outcome = await mempool.submit(sender.sign({ nonce, maxFeePerGas: 10n ** 9n }));
        if (outcome.kind === "accepted") process.send?.(outcome.hash);
      }),
    );
  }
}

// The test runner loads every file under test/; only a process of its own runs this one.
if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.argv[2] ?? "");
