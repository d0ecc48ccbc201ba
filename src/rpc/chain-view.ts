import { readEnvironmentAfter } from "../execution/index.ts";
import type { ReadableChain } from "../node/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { Block, BlockEnvironment, BlockHeader } from "../rollup/index.ts";
import type { BlockSummary } from "../storage/index.ts";
import type { BlockParameter } from "./parameters/block-parameter.ts";
import { RPC_ERROR, RpcError } from "./protocol/errors.ts";

/** The state a call or a read is to see, and the block it believes to be in. */
export interface ViewedState {
  readonly header: BlockHeader;
  /** Environment of the block to come, if that is meant; otherwise that of `header`. */
  readonly pending: BlockEnvironment | undefined;
}

/**
 * The stored block a parameter names, without its transactions; `pending` names none. Undefined if it does not exist (yet,
 * or any more). A hash also finds a block that left the chain, unless it is asked to be canonical.
 */
export function findSummary({ store }: ReadableChain, parameter: BlockParameter): BlockSummary | undefined {
  switch (parameter.kind) {
    case "hash": {
      const block = store.getSummaryByHash(parameter.hash);
      return parameter.requireCanonical && block !== undefined && store.getBlockHash(block.header.number) !== block.hash
        ? undefined
        : block;
    }
    case "number":
      // The store has no keys for the greatest numbers.
      return parameter.number > store.getHeads().latest ? undefined : store.getSummary(parameter.number);
    case "tag":
      switch (parameter.tag) {
        case "latest":
        case "safe":
        case "finalized":
          return store.getSummary(store.getHeads()[parameter.tag]);
        case "earliest":
          return store.getSummary(0);
        case "pending":
          return undefined;
      }
  }
}

/** As {@link findSummary}, but the whole block, which costs much more. */
export function findBlock(chain: ReadableChain, parameter: BlockParameter): Block | undefined {
  const summary = findSummary(chain, parameter);
  return summary === undefined ? undefined : chain.store.getBlockByHash(summary.hash);
}

/** The block of a transaction of the canonical chain, and its place in it; undefined if there is no such transaction. */
export function findTransaction(
  { store }: ReadableChain,
  hash: Hash,
): { readonly block: Block; readonly index: number } | undefined {
  const location = store.getTransactionLocation(hash);
  const block = location === undefined ? undefined : store.getBlock(location.blockNumber);
  return location === undefined || block === undefined ? undefined : { block, index: location.index };
}

/** As {@link findSummary}, with `pending` read as `latest`. Throws "header not found" as go-ethereum does. */
export function requireSummary(chain: ReadableChain, parameter: BlockParameter): BlockSummary {
  return required(isPending(parameter) ? chain.latest() : findSummary(chain, parameter), parameter);
}

/** As {@link findBlock}, with `pending` read as `latest`. Throws "header not found" as go-ethereum does. */
export function requireBlock(chain: ReadableChain, parameter: BlockParameter): Block {
  return required(isPending(parameter) ? chain.latest() : findBlock(chain, parameter), parameter);
}

function required<T>(found: T | undefined, parameter: BlockParameter): T {
  if (found === undefined)
    throw new RpcError(RPC_ERROR.rejected, `header not found: no block ${describeBlock(parameter)}`);
  return found;
}

export function isPending(parameter: BlockParameter): boolean {
  return parameter.kind === "tag" && parameter.tag === "pending";
}

/** The state after the block named; `pending` is the state after the latest block in the environment of the next one. */
export async function viewState(chain: ReadableChain, parameter: BlockParameter): Promise<ViewedState> {
  const { header } = requireSummary(chain, parameter);
  return { header, pending: isPending(parameter) ? await nextEnvironment(chain, header) : undefined };
}

/** The environment the child of `parent` would have if it began now (specification §4, begin of a block). */
export function nextEnvironment({ engine }: ReadableChain, parent: BlockHeader): Promise<BlockEnvironment> {
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
