import { readEnvironmentAfter, type Block, type BlockEnvironment, type BlockHeader } from "../chain/index.ts";
import type { Chain } from "../node/index.ts";
import type { BlockParameter } from "./parameters/index.ts";
import { RPC_ERROR, RpcError } from "./protocol/index.ts";

/** The state a call or a read is to see, and the block it believes to be in. */
export interface StateView {
  readonly header: BlockHeader;
  /** Environment of the block to come, if that is meant; otherwise that of `header`. */
  readonly pending: BlockEnvironment | undefined;
}

/**
 * The stored block a parameter names; `pending` names none. Undefined if it does not exist (yet, or any more). A hash also
 * finds a block that left the chain, unless it is asked to be canonical.
 */
export function findBlock({ store }: Chain, parameter: BlockParameter): Block | undefined {
  switch (parameter.kind) {
    case "hash": {
      const block = store.getBlockByHash(parameter.hash);
      return parameter.requireCanonical && block !== undefined && store.getBlockHash(block.header.number) !== block.hash
        ? undefined
        : block;
    }
    case "number":
      // The store has no keys for the greatest numbers.
      return parameter.number > store.getHeads().latest ? undefined : store.getBlock(parameter.number);
    case "tag":
      switch (parameter.tag) {
        case "latest":
          return store.getBlock(store.getHeads().latest);
        case "safe":
          return store.getBlock(store.getHeads().safe);
        case "finalized":
          return store.getBlock(store.getHeads().finalized);
        case "earliest":
          return store.getBlock(0);
        case "pending":
          return undefined;
      }
  }
}

/** As {@link findBlock}, with `pending` read as `latest`. Throws "header not found" as go-ethereum does. */
export function requireBlock(chain: Chain, parameter: BlockParameter): Block {
  const block = isPending(parameter) ? chain.latest() : findBlock(chain, parameter);
  if (block === undefined)
    throw new RpcError(RPC_ERROR.rejected, `header not found: no block ${describeBlock(parameter)}`);
  return block;
}

export function isPending(parameter: BlockParameter): boolean {
  return parameter.kind === "tag" && parameter.tag === "pending";
}

/** The state after the block named; `pending` is the state after the latest block in the environment of the next one. */
export async function viewState(chain: Chain, parameter: BlockParameter): Promise<StateView> {
  const { header } = requireBlock(chain, parameter);
  return { header, pending: isPending(parameter) ? await nextEnvironment(chain, header) : undefined };
}

/** The environment the child of `parent` would have if it began now (specification §4, begin of a block). */
export function nextEnvironment({ engine }: Chain, parent: BlockHeader): Promise<BlockEnvironment> {
  return readEnvironmentAfter(engine, parent, Math.max(parent.timestamp, Math.floor(Date.now() / 1000)));
}

function describeBlock(parameter: BlockParameter): string {
  switch (parameter.kind) {
    case "hash":
      return parameter.hash;
    case "number":
      return Number.isSafeInteger(parameter.number) ? String(parameter.number) : "of a number that large";
    case "tag":
      return parameter.tag;
  }
}
