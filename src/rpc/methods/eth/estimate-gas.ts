import { viewState } from "../../chain-view.ts";
import { formatQuantity } from "../../format/index.ts";
import { defineReadingMethod } from "../../node.ts";
import { blockParameter, blockOverrides, callParameter, stateOverrides } from "../../parameters/index.ts";
import { estimateGas as estimate } from "../../simulation/index.ts";

export const estimateGas = defineReadingMethod(
  "eth_estimateGas",
  [callParameter, blockParameter, stateOverrides, blockOverrides],
  async ([request, block, accounts, environment], { chain, limits }, { signal }) => {
    const view = await viewState(chain, block);
    const simulation = { call: request, view, stateOverrides: accounts, blockOverrides: environment };
    return formatQuantity(await estimate(chain, simulation, { gasLimit: limits.callGas, signal }));
  },
);
