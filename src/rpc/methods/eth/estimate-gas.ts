import { viewState } from "../../chain-view.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { defineReadingMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { blockOverrides, callParameter, stateOverrides } from "../../parameters/call-parameter.ts";
import { estimateGas as estimate } from "../../simulation/estimate-gas.ts";

export const estimateGas = defineReadingMethod(
  "eth_estimateGas",
  [callParameter, blockParameter, stateOverrides, blockOverrides],
  async ([request, block, accounts, environment], { chain, limits }, { signal }) => {
    const view = await viewState(chain, block);
    const simulation = { call: request, view, stateOverrides: accounts, blockOverrides: environment };
    return formatQuantity(await estimate(chain, simulation, { gasLimit: limits.callGas, signal }));
  },
);
