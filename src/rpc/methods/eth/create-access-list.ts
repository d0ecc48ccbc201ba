import { viewState } from "../../chain-view.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { defineReadingMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { callParameter, stateOverrides } from "../../parameters/call-parameter.ts";
import { createAccessList as create } from "../../simulation/create-access-list.ts";

export const createAccessList = defineReadingMethod(
  "eth_createAccessList",
  [callParameter, blockParameter, stateOverrides],
  async ([request, block, accounts], { chain, limits }, { signal }) => {
    const view = await viewState(chain, block);
    const simulation = { call: request, view, stateOverrides: accounts, blockOverrides: undefined };
    const { accessList, gasUsed, error } = await create(chain, simulation, { gasLimit: limits.callGas, signal });
    return { accessList, gasUsed: formatQuantity(gasUsed), ...(error === undefined ? {} : { error }) };
  },
);
