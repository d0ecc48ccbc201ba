import { shareInflation } from "../batch/index.ts";
import type { Inflater } from "../batch/index.ts";
import type { ChainSource } from "../machine/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import type { NodeDatabaseReader } from "../storage/index.ts";
import type { BlobElements } from "./blob-elements.ts";
import type { TracedState } from "./traced-state.ts";

export interface ChainOverDatabaseOptions {
  readonly config: Pick<RollupConfig, "genesis">;
  readonly database: Pick<NodeDatabaseReader, "chain" | "inbox">;
  readonly state: TracedState;
  /** Undefined where no step is proven. */
  readonly elements?: BlobElements;
  /** Whether batches with the same payload share its inflation: of a machine whose units never run in steps. */
  readonly sharesInflation?: boolean;
}

/** What the units of a chain read, from the database of a node that has derived it. Throws where something is missing there. */
export function chainOverDatabase({
  config,
  database,
  state,
  elements,
  sharesInflation = false,
}: ChainOverDatabaseOptions): ChainSource {
  const { chain, inbox } = database;
  const chainId = BigInt(config.genesis.chainId);
  // Many batches may have the same payload, one after another, and empty ones, which anyone may force, between them.
  let last: { readonly key: string; readonly payload: Uint8Array; readonly open: () => Inflater } | undefined;

  const batch = (index: number) => inbox.getBatchRecord(index) ?? missing(`batch ${index} of the Inbox`);
  const elementsOf = (): BlobElements => {
    if (elements === undefined) throw new Error("no step is proven here");
    return elements;
  };
  const payloadOf = (index: number): NonNullable<typeof last> => {
    const { kind, dataHash } = batch(index);
    const key = `${kind} ${dataHash}`;
    if (last?.key === key) return last;
    const payload = inbox.getPayload({ kind, dataHash }) ?? missing(`the payload ${dataHash}`);
    last = { key, payload, open: shareInflation(payload) };
    return last;
  };
  return {
    chainId,
    batch,
    payload: (index) => payloadOf(index).payload,
    ...(sharesInflation ? { openContent: (index) => payloadOf(index).open() } : {}),
    versionedHashes: (index) => elementsOf().versionedHashes(index),
    element: (index, position) => elementsOf().element(index, position),
    message: (index) => inbox.getMessage(index) ?? missing(`message ${index} of the Inbox`),
    header: (hash) => chain.getHeaderByHash(hash) ?? missing(`the block ${hash}`),
    openState: (stateRoot) => state.open(stateRoot),
    sealState: () => state.commit(),
  };
}

function missing(what: string): never {
  throw new Error(`corrupt database: ${what} is missing`);
}
