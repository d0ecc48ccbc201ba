import { createSequencer } from "../../../src/sequencer/index.ts";
import { createTestNode, FUNDED, GENESIS_TIME } from "./test-node.ts";

/** Submits and sequences without end, telling its parent of every transaction the pool acknowledged. */
const folder = process.argv[2];
if (folder === undefined) throw new Error("expected a database folder");
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
