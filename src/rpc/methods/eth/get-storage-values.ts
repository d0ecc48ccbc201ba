import type { Address, Hash } from "../../../primitives/index.ts";
import { viewState } from "../../chain-view.ts";
import { defineReadingMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { address, hexMap, list, slot } from "../../parameters/scalars.ts";
import { invalidParams, RPC_ERROR, RpcError } from "../../protocol/errors.ts";

/** Of all accounts together, as in go-ethereum. */
const MAXIMUM_SLOTS = 1_024;

/** Storage of several accounts at one block: the values of each account's slots, in the order they were asked for. */
export const getStorageValues = defineReadingMethod(
  "eth_getStorageValues",
  // Accounts without slots count for nothing, so they are bounded by themselves.
  [hexMap(address, list(slot, 2 * MAXIMUM_SLOTS), MAXIMUM_SLOTS), blockParameter],
  async ([requests, block], { chain }) => {
    const count = [...requests.values()].reduce((sum, slots) => sum + slots.length, 0);
    if (count === 0) throw invalidParams("empty request");
    if (count > MAXIMUM_SLOTS)
      throw new RpcError(RPC_ERROR.simulationLimit, `too many slots (max ${MAXIMUM_SLOTS}), got ${count}`);
    const { header } = await viewState(chain, block);
    const values: Record<Address, readonly Hash[]> = {};
    for (const [account, slots] of requests) {
      values[account] = await Promise.all(
        slots.map((key) => chain.engine.getStorageAt(header.stateRoot, account, key)),
      );
    }
    return values;
  },
);
