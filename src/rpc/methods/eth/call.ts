import { bytesToHex } from "../../../primitives/index.ts";
import { viewState } from "../../chain-view.ts";
import { defineReadingMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { blockOverrides, callParameter, stateOverrides } from "../../parameters/call-parameter.ts";
import { outputOf, simulate } from "../../simulation/call.ts";

export const call = defineReadingMethod(
  "eth_call",
  [callParameter, blockParameter, stateOverrides, blockOverrides],
  async ([request, block, accounts, environment], { chain, limits }) => {
    const view = await viewState(chain, block);
    const simulation = { call: request, view, stateOverrides: accounts, blockOverrides: environment };
    return bytesToHex(outputOf(await simulate(chain, simulation, { gasLimit: limits.callGas })));
  },
);
