import { errorText } from "../error-text.ts";

/** What an L1 node's refusal of a broadcast means. Nodes have no common codes, so this goes by their wording. */
export type BroadcastRefusal =
  | { readonly kind: "already-known" }
  | { readonly kind: "nonce-too-low" }
  /** The pool holds another transaction of this nonce whose fees are not far enough below. */
  | { readonly kind: "replacement-underpriced" }
  /** The fees are below what the node takes at all. */
  | { readonly kind: "fee-too-low" }
  | { readonly kind: "insufficient-funds" }
  /** The blobs came in a form the node does not read. */
  | { readonly kind: "sidecar-form" }
  /** It was executed and reverted: a node that mines at once says so instead of answering the hash. */
  | { readonly kind: "reverted" }
  | { readonly kind: "other"; readonly message: string };

/** Wordings of geth, Nethermind, Besu, Erigon, Reth, Hardhat and Anvil. */
const REFUSALS: readonly (readonly [pattern: RegExp, kind: Exclude<BroadcastRefusal["kind"], "other">])[] = [
  [/already known|known transaction|already imported|alreadyknown|already in (?:the )?pool/i, "already-known"],
  [/nonce (?:is )?too low|oldnonce|nonce_too_low/i, "nonce-too-low"],
  [/replacement|underpriced to replace|replacenotallowed/i, "replacement-underpriced"],
  [/insufficient funds|enough funds|insufficientfunds|insufficient_funds|upfront cost exceeds/i, "insufficient-funds"],
  [
    /underpriced|too low for the next block|less than block base fee|fee ?too ?low|below the (?:minimum|base fee)|fee per (?:blob )?gas (?:is )?(?:too low|less)/i,
    "fee-too-low",
  ],
  [/sidecar|cell proof|blob.*version|unexpected (?:string|list)|rlp:|decod/i, "sidecar-form"],
  [/revert/i, "reverted"],
];

export function classifyRefusal(error: unknown): BroadcastRefusal {
  const message = errorText(error);
  for (const [pattern, kind] of REFUSALS) if (pattern.test(message)) return { kind };
  return { kind: "other", message };
}
