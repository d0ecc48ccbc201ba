// Follows a simulated L1 into the folder of its first argument until all is final or it is killed. Tells of every change
// of the chain, and at the end the hashes of all blocks.
import { fileURLToPath } from "node:url";
import { createSimulatedL1 } from "../l1/simulated-l1.ts";
import { createTestNode } from "./follower-fixture.ts";
import { mineHistory } from "./history.ts";

async function run(folder: string): Promise<void> {
  const l1 = createSimulatedL1();
  await mineHistory(l1, 30);
  const node = await createTestNode(l1, { folder, reader: { logRange: 4 } });
  const changed = () => process.send?.("changed");
  node.chain.events.on("block", changed);
  node.chain.events.on("safe", changed);
  node.chain.events.on("finalized", changed);
  node.reader.events.on("advanced", changed);
  await node.follower.syncOnce();
  process.send?.(JSON.stringify(node.hashes()));
  await node.close();
}

// The test runner loads every file under test/; only a process of its own runs this one.
if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.argv[2] ?? "");
