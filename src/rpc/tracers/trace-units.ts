import type { Block } from "../../rollup/index.ts";
import type { BlockUnit } from "../../traces/index.ts";
import { formatUnit } from "../format/unit.ts";
import type { ReadingNode } from "../node.ts";
import type { UnitOptions } from "../parameters/trace-parameter.ts";
import { RPC_ERROR, RpcError } from "../protocol/errors.ts";
import { derivedBatchOf, runUnits } from "./derived-units.ts";
import { createStepCollector } from "./step-tracer.ts";
import { createTraceMeter } from "./trace-meter.ts";

/** All units of a block with what they were, and their steps if they are asked for. */
export async function traceUnits(
  node: ReadingNode,
  block: Pick<Block, "header" | "hash">,
  { steps, limit, loadBatch }: UnitOptions,
  signal: AbortSignal,
): Promise<object> {
  const { number } = block.header;
  if (number === 0) throw new RpcError(RPC_ERROR.rejected, "genesis is in no batch: it has no units");
  const batch = derivedBatchOf(node, block);
  if (batch === undefined)
    throw new RpcError(RPC_ERROR.notFound, `block ${number} is in no batch on L1 yet: its units are not known`);

  const meter = createTraceMeter(node.limits.responseBytes);
  const collector = createStepCollector(limit, { maximumSteps: node.limits.traceSteps, meter });
  const units: object[] = [];
  let stepCount = 0;
  let kept = 0;
  const add = (unit: BlockUnit): void => {
    const formatted = formatUnit(unit);
    meter.grow(JSON.stringify(formatted).length);
    units.push(steps ? { ...formatted, steps: collector.steps.slice(kept) } : formatted);
    kept = collector.steps.length;
    stepCount += unit.stepCount;
    collector.check();
  };
  const options = { withLoadBatch: loadBatch, onUnit: () => (steps ? collector.take : undefined), signal };
  for await (const unit of runUnits(node, block, batch, options)) add(unit);
  return { block: { number, hash: block.hash }, batch, stepCount, units };
}
