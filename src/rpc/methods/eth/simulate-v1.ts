import { requireBlock } from "../../chain-view.ts";
import { defineReadingMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { parameter } from "../../parameters/scalars.ts";
import { exceededSimulationBound, simulatePayload } from "../../parameters/simulate-parameter.ts";
import { invalidParams, RPC_ERROR, RpcError } from "../../protocol/errors.ts";
import { describeIssue } from "../../protocol/method.ts";
import { simulateBlocks } from "../../simulation/simulate-blocks.ts";

const anything = parameter("a payload", (value) => value ?? undefined);

export const simulateV1 = defineReadingMethod(
  "eth_simulateV1",
  [anything, blockParameter],
  ([value, block], node, { signal }) => {
    // Counted before anything is parsed, which takes its time too.
    const exceeded = exceededSimulationBound(value);
    if (exceeded !== undefined) throw new RpcError(RPC_ERROR.simulationLimit, exceeded);
    const payload = simulatePayload.safeParse(value);
    if (!payload.success) throw invalidParams(`invalid argument 0: ${describeIssue(payload.error, value)}`);
    return simulateBlocks(node, requireBlock(node.chain, block), payload.data, signal);
  },
);
