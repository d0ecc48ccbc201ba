import { DIGEST_WORDS } from "../../primitives/index.ts";
import type { Digest } from "../../primitives/index.ts";
import type { Stream } from "../chain/chain.ts";
import type { Machine } from "../machine.ts";
import { bufferOf } from "./buffer-tree.ts";
import {
  encodeChain,
  encodeChainState,
  encodeMessageUnderWay,
  encodeStream,
  hashEncoding,
  newEncoding,
} from "./encoding.ts";
import type { Encoding } from "./encoding.ts";

/** What is committed of the chain around the transactions (docs/machine.md §16); no words for what there is not. */
export interface CommittedChain {
  /** State or Chain. */
  readonly encoding: Encoding;
  readonly stream: Encoding;
  /** Deposit or ContextBody. */
  readonly message: Encoding;
}

const ZERO: Digest = new Int32Array(DIGEST_WORDS);
const NOTHING: Encoding = newEncoding(0);

export const NO_CHAIN_COMMITTED: CommittedChain = { encoding: NOTHING, stream: NOTHING, message: NOTHING };

/** `rootsOf`: how to come by the roots of the payload and the content of a stream. */
export function encodeChainOf(
  { chain }: Machine,
  rootsOf: (stream: Stream) => { readonly payload: Digest; readonly content: Digest } = treeRoots,
): CommittedChain {
  if (chain === undefined) return NO_CHAIN_COMMITTED;
  if (chain.kind === "between-batches") return { ...NO_CHAIN_COMMITTED, encoding: encodeChainState(chain.state) };
  const stream = chain.stream === undefined ? NOTHING : encodeRoots(chain.stream, rootsOf(chain.stream));
  const message = encodeMessageUnderWay(chain);
  return { encoding: encodeChain(chain, hashOrZero(stream), hashOrZero(message)), stream, message };
}

function encodeRoots(stream: Stream, roots: { readonly payload: Digest; readonly content: Digest }): Encoding {
  return encodeStream(stream, roots.payload, roots.content);
}

function treeRoots({ payloadTree, contentTree }: Stream) {
  return { payload: bufferOf(payloadTree).digest, content: bufferOf(contentTree).digest };
}

/** The hash field for a struct that may be absent. */
export function hashOrZero(encoding: Encoding): Digest {
  return encoding.length === 0 ? ZERO : hashEncoding(encoding);
}
