import type { Hash } from "../primitives/index.ts";
import { cacheKey, findSpan } from "./dispute-state.ts";
import type { DisputeState, RecordedPosition } from "./dispute-state.ts";
import { claimTracePosition, positionId, rootKey, unitRootKey } from "./position.ts";
import type { RootKey } from "./position.ts";

/** A span in a tree as the game takes it (contracts/l1/types/TreeNode.sol), which shows what it has gathered. */
export type TreeNode =
  | { readonly kind: "alone" | "timed" | "cached" | "proven" }
  | { readonly kind: "bisected"; readonly left: Hash; readonly right: Hash }
  | { readonly kind: "opened"; readonly root: Hash; readonly before: Hash };

/** A recorded span: its position, its root, and for the whole trace of a unit the state it ends in. */
export interface SpanReference {
  readonly positionId: Hash;
  readonly root: Hash;
  readonly unitRoot: Hash | undefined;
}

/** A total that has to be stored on L1 before a tree can go by it. */
export interface TotalToStore {
  readonly span: SpanReference;
  readonly nodes: readonly TreeNode[];
}

/** A tree that shows what was asked for, in preorder, and what has to be stored first, in an order that works. */
export interface ShowingTree {
  readonly nodes: readonly TreeNode[];
  readonly toStore: readonly TotalToStore[];
}

/** Times of spans at one moment, in seconds (docs/disputes.md §4). Of what is not recorded they are 0. */
export interface Totals {
  /** For which a claim stood unrivaled. */
  ownOfClaim(claimId: Hash): number;
  /** For which a span stood unrivaled. */
  own(span: SpanReference): number;
  /** What a claim has gathered with all below it. */
  ofClaim(claimId: Hash): number;
  /** What a span has gathered with all below it, or what is stored for it if that is more. */
  of(span: SpanReference): number;
  /** The least tree that shows a claim to have gathered `wanted`; undefined if it has not. @param maximumNodes at least 5 */
  showClaim(claimId: Hash, wanted: number, maximumNodes: number): ShowingTree | undefined;
  /** As `showClaim` for a span. */
  show(span: SpanReference, wanted: number, maximumNodes: number): ShowingTree | undefined;
}

/** As the game keeps its root. */
export function keyOf({ root, unitRoot }: SpanReference): RootKey {
  return unitRoot === undefined ? rootKey(root) : unitRootKey(root, unitRoot);
}

/** @param now L1 timestamp in seconds of the block it is about */
export function computeTotals(
  state: DisputeState,
  { claimTraceHeight }: { readonly claimTraceHeight: number },
  now: number,
): Totals {
  // Spans are shared by those above them: each is computed once.
  const known = new Map<string, number>();

  function own(span: SpanReference): number {
    const [first, second] = state.positions.get(span.positionId)?.spans ?? [];
    if (first === undefined || first.key !== keyOf(span)) return 0;
    return (second?.recordedAt ?? now) - first.recordedAt;
  }

  function of(span: SpanReference): number {
    const recorded = state.positions.get(span.positionId);
    const key = keyOf(span);
    if (findSpan(recorded, key) === undefined) return 0;
    const id = `${span.positionId}/${key}/${span.root}`;
    const before = known.get(id);
    if (before !== undefined) return before;
    const total = Math.max(own(span) + below(recorded, span.root), stored(span));
    known.set(id, total);
    return total;
  }

  function below(recorded: RecordedPosition | undefined, root: Hash): number {
    if (recorded === undefined) return 0;
    const halves = halvesOf(recorded, root);
    if (halves !== undefined) return Math.min(of(halves.left), of(halves.right));
    const traces = tracesOf(recorded, root).map(of);
    return Math.max(0, ...traces, ofProof(recorded, root));
  }

  function ofProof({ proofs: [first, second] }: RecordedPosition, root: Hash): number {
    if (first === undefined || first.key !== rootKey(root)) return 0;
    return (second?.recordedAt ?? now) - first.recordedAt;
  }

  const stored = (span: SpanReference): number => state.cached.get(cacheKey(span.positionId, keyOf(span))) ?? 0;

  function ownOfClaim(claimId: Hash): number {
    const [first, second] = state.children.get(state.claims.get(claimId)?.parentId ?? claimId) ?? [];
    if (first !== claimId) return 0;
    const end = second === undefined ? now : state.claims.get(second)?.proposedAt;
    return (end ?? now) - (state.claims.get(first)?.proposedAt ?? now);
  }

  /** Where the trace root of a claim stands, if anything of it is recorded. */
  function rootOf(claimId: Hash): { readonly recorded: RecordedPosition | undefined; readonly root: Hash } | undefined {
    const claim = state.claims.get(claimId);
    const parent = state.claims.get(claim?.parentId ?? claimId);
    if (claim === undefined || parent === undefined) return undefined;
    const id = positionId(claimTracePosition(parent, claimTraceHeight));
    return { recorded: state.positions.get(id), root: claim.traceRoot };
  }

  function ofClaim(claimId: Hash): number {
    const root = rootOf(claimId);
    return ownOfClaim(claimId) + (root === undefined ? 0 : below(root.recorded, root.root));
  }

  /** A tree over a span that has gathered `wanted`. */
  function treeOf(span: SpanReference, wanted: number, maximumNodes: number): ShowingTree {
    const gathered = own(span);
    if (gathered >= wanted) return { nodes: [{ kind: "alone" }], toStore: [] };
    if (stored(span) >= wanted) return { nodes: [{ kind: "cached" }], toStore: [] };
    const recorded = state.positions.get(span.positionId);
    // Its own time takes gas to read: it is left out where what is below it is enough.
    if (below(recorded, span.root) >= wanted) return treeBelow(recorded, span.root, wanted, maximumNodes);
    const { nodes, toStore } = treeBelow(recorded, span.root, wanted - gathered, maximumNodes - 1);
    return { nodes: [{ kind: "timed" }, ...nodes], toStore };
  }

  function treeBelow(
    recorded: RecordedPosition | undefined,
    root: Hash,
    wanted: number,
    maximumNodes: number,
  ): ShowingTree {
    if (wanted <= 0 || recorded === undefined) return { nodes: [{ kind: "alone" }], toStore: [] };
    const halves = halvesOf(recorded, root);
    if (halves !== undefined) {
      const node: TreeNode = { kind: "bisected", left: halves.left.root, right: halves.right.root };
      const parts = [halves.left, halves.right].map((span) => ({ span, ...treeOf(span, wanted, maximumNodes) }));
      return join(node, parts, maximumNodes);
    }
    if (ofProof(recorded, root) >= wanted) return { nodes: [{ kind: "proven" }], toStore: [] };
    const best = tracesOf(recorded, root).toSorted((a, b) => of(b) - of(a))[0];
    if (best === undefined) return { nodes: [{ kind: "alone" }], toStore: [] };
    const before = state.positions.get(best.positionId)?.position.prefix;
    if (before === undefined) throw new Error(`nothing is recorded at position ${best.positionId}`);
    const part = { span: best, ...treeOf(best, wanted, maximumNodes) };
    return join({ kind: "opened", root: best.root, before }, [part], maximumNodes);
  }

  return {
    ownOfClaim,
    own,
    ofClaim,
    of,
    showClaim(claimId, wanted, maximumNodes) {
      const root = rootOf(claimId);
      if (root === undefined || ofClaim(claimId) < wanted) return undefined;
      return treeBelow(root.recorded, root.root, wanted - ownOfClaim(claimId), maximumNodes);
    },
    show: (span, wanted, maximumNodes) => (of(span) < wanted ? undefined : treeOf(span, wanted, maximumNodes)),
  };
}

/** A node over parts, of which those are stored first that do not fit into one tree, the larger before the smaller. */
function join(
  node: TreeNode,
  parts: readonly (ShowingTree & { readonly span: SpanReference })[],
  maximumNodes: number,
): ShowingTree {
  const toStore = parts.flatMap((part) => part.toStore);
  const nodes = parts.map((part) => part.nodes);
  const size = (): number => nodes.reduce((sum, part) => sum + part.length, 1);
  while (size() > maximumNodes) {
    const largest = nodes.reduce((best, part, index) => (part.length > (nodes[best]?.length ?? 0) ? index : best), 0);
    const part = parts[largest];
    if (part === undefined || nodes[largest]?.length === 1)
      throw new RangeError(`expected at least 5 nodes for a tree`);
    toStore.push({ span: part.span, nodes: nodes[largest] ?? [] });
    nodes[largest] = [{ kind: "cached" }];
  }
  return { nodes: [node, ...nodes.flat()], toStore };
}

/** The halves of a span as spans, if it was bisected. */
export function halvesOf(
  { halves }: RecordedPosition,
  root: Hash,
): { readonly left: SpanReference; readonly right: SpanReference } | undefined {
  const found = halves.get(root);
  if (found === undefined) return undefined;
  return {
    left: { positionId: found.leftId, root: found.left, unitRoot: undefined },
    right: { positionId: found.rightId, root: found.right, unitRoot: undefined },
  };
}

/** The traces that were opened for a leaf of a claim's trace, as spans. */
export function tracesOf({ traces }: RecordedPosition, leaf: Hash): readonly SpanReference[] {
  return traces
    .filter(({ unitRoot }) => unitRoot === leaf)
    .map(({ traceId, root, unitRoot }) => ({ positionId: traceId, root, unitRoot }));
}
