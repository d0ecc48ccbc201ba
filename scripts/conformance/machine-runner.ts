import { describeSkip } from "../../src/ethereum/index.ts";
import { BlockState, stateOf } from "../../src/execution/index.ts";
import { createMachine, rawSlice, runTransaction, start } from "../../src/machine/index.ts";
import { hexToBytes } from "../../src/primitives/index.ts";
import { judge, machineEnvironmentOf, openPreState } from "./state-tests.ts";
import type { StateTest, StateTestOutcome, StateTestPost } from "./state-tests.ts";

/** Runs one post entry on the machine, from raw bytes, with data price 0; `isProving`: in steps, without making a trace. */
export function runOnMachine(
  test: StateTest,
  post: StateTestPost,
  { isProving }: { readonly isProving: boolean },
): StateTestOutcome {
  const view = openPreState(test);
  const state = new BlockState(() => view);
  const machine = createMachine({ environment: machineEnvironmentOf(test), ...stateOf(state), isProving });
  machine.block.raw = rawSlice(hexToBytes(post.txbytes));
  start(machine);
  runTransaction(machine);
  state.endTransaction();
  const { skipReason, included } = machine;
  const logs = included?.logs ?? [];
  return judge(post, { skipped: skipReason === undefined ? undefined : describeSkip(skipReason), logs }, state);
}
