import { setTimeout as delay } from "node:timers/promises";
import type { RunningNode } from "../roles/index.ts";
import { rejected } from "../rpc/index.ts";
import type { RestartableRoles } from "./restartable-roles.ts";

/** Milliseconds for the blocks to come to L1, and between looks. */
const PATIENCE = 30_000;
const LOOK_INTERVAL = 20;

/** Has every block that there is now posted to L1, and derived from there. @throws RpcError if that takes too long */
export async function postAllBlocks(
  { chain, syncOnce }: Pick<RunningNode, "chain" | "syncOnce">,
  roles: Pick<RestartableRoles, "current">,
): Promise<void> {
  const target = chain.latest().header.number;
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    await syncOnce();
    if (chain.store.getHeads().safe >= target) return;
    const step = await roles.current().batcher.postNow();
    if (Date.now() > deadline) {
      throw rejected(
        `block ${target} did not come to L1 within ${PATIENCE / 1_000} s: the batcher says "${step.kind}"`,
      );
    }
    if (step.kind !== "posted") await delay(LOOK_INTERVAL);
  }
}
