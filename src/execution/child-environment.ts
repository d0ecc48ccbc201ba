import { bytesToBigint } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import { L1_CONTEXT_ADDRESS, L1_CONTEXT_KEYS, environmentAfter } from "../rollup/index.ts";
import type { BlockEnvironment, BlockHeader } from "../rollup/index.ts";
import type { BlockState } from "./block-state.ts";
import type { ExecutionEngine } from "./execution-engine.ts";

/** The environment the child of `parent` would have at `timestamp`, with `L1Context` read through the engine. */
export async function readEnvironmentAfter(
  engine: Pick<ExecutionEngine, "getStorageAt">,
  parent: BlockHeader,
  timestamp: number,
): Promise<BlockEnvironment> {
  const read = async (key: Hash): Promise<bigint> =>
    BigInt(await engine.getStorageAt(parent.stateRoot, L1_CONTEXT_ADDRESS, key));
  const [number, baseFee, blobBaseFee, parentHash] = await Promise.all([
    read(L1_CONTEXT_KEYS.number),
    read(L1_CONTEXT_KEYS.baseFee),
    read(L1_CONTEXT_KEYS.blobBaseFee),
    read(L1_CONTEXT_KEYS.parentHash),
  ]);
  return environmentAfter(parent, { number, baseFee, blobBaseFee, parentHash }, timestamp);
}

/** The same, with `L1Context` read from the parent's state at hand. */
export function environmentOfChild(
  slotOf: BlockState["slot"],
  parent: BlockHeader,
  timestamp: number,
): BlockEnvironment {
  const read = (key: Hash) => bytesToBigint(slotOf(L1_CONTEXT_ADDRESS, key));
  const { number, baseFee, blobBaseFee, parentHash } = L1_CONTEXT_KEYS;
  const context = {
    number: read(number),
    baseFee: read(baseFee),
    blobBaseFee: read(blobBaseFee),
    parentHash: read(parentHash),
  };
  return environmentAfter(parent, context, timestamp);
}
