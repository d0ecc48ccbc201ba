import type { Address, Hash } from "../primitives/index.ts";
import type { DisputeState, RecordedPosition } from "./dispute-state.ts";
import { findSpan } from "./dispute-state.ts";
import { rootKey } from "./position.ts";
import { halvesOf } from "./totals.ts";
import type { SpanReference, TreeNode } from "./totals.ts";

/** The right part of what is recorded below a root, of one trace. */
interface Branch {
  readonly nodes: readonly TreeNode[];
  /** Spans and proofs of the account in it. */
  readonly rewards: number;
}

const NOTHING: Branch = { nodes: [{ kind: "alone" }], rewards: 0 };

/**
 * Trees that show the spans, and the proofs, of an account below a root that won, each of at most `maximumNodes` nodes. The rewards
 * for them may have been paid before. None if there are none.
 */
export function rewardTrees(
  state: DisputeState,
  recorded: RecordedPosition | undefined,
  root: Hash,
  account: Address,
  maximumNodes: number,
): readonly (readonly TreeNode[])[] {
  const trees: (readonly TreeNode[])[] = [];
  const shown = new Set<string>();
  for (;;) {
    const { nodes, rewards } = branch(state, recorded, root, account, { left: maximumNodes - 1, shown });
    if (rewards === 0) return trees;
    trees.push(nodes);
  }
}

/** Nodes that may still be added, and what earlier trees show. */
interface Budget {
  left: number;
  readonly shown: Set<string>;
}

function branch(
  state: DisputeState,
  recorded: RecordedPosition | undefined,
  root: Hash,
  account: Address,
  budget: Budget,
): Branch {
  if (recorded === undefined) return NOTHING;
  const { id, proofs } = recorded;
  const proof = proofs.find(({ key }) => key === rootKey(root));
  if (proof !== undefined) {
    const isNew = proof.player === account && !budget.shown.has(`${id}/proof`);
    if (!isNew) return NOTHING;
    budget.shown.add(`${id}/proof`);
    return { nodes: [{ kind: "proven" }], rewards: 1 };
  }
  const halves = halvesOf(recorded, root);
  if (halves === undefined || budget.left < 2) return NOTHING;
  const leftBefore = budget.left;
  budget.left -= 2;
  let rewards = 0;
  const below = [halves.left, halves.right].map((span) => {
    if (isFirstShown(state, span, account, budget)) rewards++;
    return branch(state, state.positions.get(span.positionId), span.root, account, budget);
  });
  rewards += below.reduce((sum, part) => sum + part.rewards, 0);
  if (rewards === 0) {
    budget.left = leftBefore;
    return NOTHING;
  }
  const node: TreeNode = { kind: "bisected", left: halves.left.root, right: halves.right.root };
  return { nodes: [node, ...below.flatMap((part) => part.nodes)], rewards };
}

function isFirstShown(state: DisputeState, span: SpanReference, account: Address, { shown }: Budget): boolean {
  const key = `${span.positionId}/${rootKey(span.root)}`;
  const found = findSpan(state.positions.get(span.positionId), rootKey(span.root));
  if (found?.player !== account || shown.has(key)) return false;
  shown.add(key);
  return true;
}
