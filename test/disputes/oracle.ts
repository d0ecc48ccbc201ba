import type { Hash } from "../../src/primitives/index.ts";
import { CLAIM_LEVEL, UNIT_LEVEL, claimIdOf, hashWords, leftHalf, positionId, rightHalf } from "./positions.ts";
import type { ClaimBody, Position } from "./positions.ts";

/** What the contracts announced. */
export type DisputeEvent =
  | { readonly name: "ClaimProposed"; readonly body: ClaimBody; readonly proposer: string }
  | {
      readonly name: "ClaimBisected";
      readonly parentId: Hash;
      readonly left: Hash;
      readonly right: Hash;
      readonly player: string;
    }
  | {
      readonly name: "Bisected";
      readonly position: Hash;
      readonly left: Hash;
      readonly right: Hash;
      readonly player: string;
    }
  | {
      readonly name: "Opened";
      readonly unit: Hash;
      readonly unitRoot: Hash;
      readonly before: Hash;
      readonly root: Hash;
      readonly player: string;
    }
  | { readonly name: "Proven"; readonly position: Hash; readonly state: Hash; readonly player: string };

export const NODE_KIND = { alone: 0, cached: 1, bisected: 2, opened: 3, proven: 4, timed: 5 } as const;

/** As the type `TreeNode` of the contracts. */
export interface TreeNode {
  readonly kind: number;
  readonly first: Hash;
  readonly second: Hash;
}

/** Seconds a span has gathered, and the tree that shows it. */
export interface Total {
  readonly seconds: number;
  readonly tree: readonly TreeNode[];
}

/** What may be paid for once. */
export interface Reward {
  readonly kind: "span" | "proof";
  readonly key: string;
  readonly player: string;
}

/** A recorded span. */
export interface Span {
  readonly position: Position;
  readonly root: Hash;
  /** Of the whole trace of a unit: the state after the unit; else the zero hash. */
  readonly unitRoot: Hash;
  readonly player: string;
}

interface Recorded {
  readonly root: Hash;
  readonly unitRoot: Hash;
  readonly time: number;
  readonly player: string;
}

/** Truncated roots are told apart by as much as the contracts keep of them. */
const truncated = (root: Hash): string => root.slice(0, 2 + 50);
const ZERO: Hash = `0x${"00".repeat(32)}`;
const ALONE: TreeNode = { kind: NODE_KIND.alone, first: ZERO, second: ZERO };
const TIMED: TreeNode = { kind: NODE_KIND.timed, first: ZERO, second: ZERO };

/**
 * The rules of disputes once more (docs/disputes.md §4), the plain way: everything that was announced is kept, and a total is computed from
 * all that is below a span.
 */
export function createOracle(options: {
  readonly claimHeight: number;
  readonly unitHeight: number;
  /** The state of the machine before the units of the children of a claim. */
  readonly stateBefore: (parentId: Hash) => Hash;
}) {
  const claims = new Map<Hash, { readonly body: ClaimBody; readonly time: number; readonly proposer: string }>();
  const children = new Map<Hash, Hash[]>();
  const spans = new Map<Hash, { readonly position: Position; readonly recorded: Map<string, Recorded> }>();
  const proofs = new Map<Hash, Map<string, Recorded>>();
  const halves = new Map<string, { readonly left: Hash; readonly right: Hash }>();
  const openings = new Map<string, { readonly before: Hash; readonly root: Hash }[]>();

  const claimTrace = (parentId: Hash): Position => ({
    level: CLAIM_LEVEL,
    context: parentId,
    start: 0,
    height: options.claimHeight,
    prefix: options.stateBefore(parentId),
  });
  const unitTrace = (unit: Hash, before: Hash): Position => ({
    level: UNIT_LEVEL,
    context: unit,
    start: 0,
    height: options.unitHeight,
    prefix: before,
  });
  const keyOf = (root: Hash, unitRoot: Hash): string => truncated(unitRoot === ZERO ? root : hashWords(root, unitRoot));

  function record(position: Position, root: Hash, unitRoot: Hash, time: number, player: string): void {
    const id = positionId(position);
    const at = spans.get(id) ?? { position, recorded: new Map<string, Recorded>() };
    spans.set(id, at);
    const key = keyOf(root, unitRoot);
    if (!at.recorded.has(key)) at.recorded.set(key, { root, unitRoot, time, player });
  }

  function bisected(position: Position, left: Hash, right: Hash, time: number, player: string): void {
    halves.set(`${positionId(position)}:${hashWords(left, right)}`, { left, right });
    record(leftHalf(position), left, ZERO, time, player);
    record(rightHalf(position, left), right, ZERO, time, player);
  }

  /** Of what was recorded first: until the second came, or till now. */
  function aloneFor(
    recorded: Iterable<{ readonly time: number }>,
    self: { readonly time: number },
    now: number,
  ): number {
    const [first, second] = recorded;
    return first === self ? (second?.time ?? now) - first.time : 0;
  }

  function ofSpan(position: Position, root: Hash, unitRoot: Hash, now: number): Total {
    const at = spans.get(positionId(position));
    const self = at?.recorded.get(keyOf(root, unitRoot));
    if (at === undefined || self === undefined) throw new Error("no such span");
    const own = aloneFor(at.recorded.values(), self, now);
    const below = belowSpan(position, root, now);
    return { seconds: own + below.seconds, tree: below.tree[0] === ALONE ? below.tree : [TIMED, ...below.tree] };
  }

  function belowSpan(position: Position, root: Hash, now: number): Total {
    const id = positionId(position);
    const two = halves.get(`${id}:${root}`);
    if (two !== undefined) {
      const left = ofSpan(leftHalf(position), two.left, ZERO, now);
      const right = ofSpan(rightHalf(position, two.left), two.right, ZERO, now);
      const node: TreeNode = { kind: NODE_KIND.bisected, first: two.left, second: two.right };
      return { seconds: Math.min(left.seconds, right.seconds), tree: [node, ...left.tree, ...right.tree] };
    }
    let best: Total = { seconds: 0, tree: [ALONE] };
    for (const { before, root: trace } of openings.get(`${id}:${root}`) ?? []) {
      const total = ofSpan(unitTrace(id, before), trace, root, now);
      const tree = [{ kind: NODE_KIND.opened, first: trace, second: before }, ...total.tree];
      if (total.seconds >= best.seconds) best = { seconds: total.seconds, tree };
    }
    const proven = proofs.get(id);
    const proof = proven?.get(truncated(root));
    if (proven !== undefined && proof !== undefined) {
      return {
        seconds: aloneFor(proven.values(), proof, now),
        tree: [{ kind: NODE_KIND.proven, first: ZERO, second: ZERO }],
      };
    }
    return best;
  }

  /** The spans and proofs below a span at its level that there may be a reward for, in the order of the tree, and that tree. */
  function rewardsBelow(position: Position, root: Hash): { readonly tree: TreeNode[]; readonly rewards: Reward[] } {
    const id = positionId(position);
    const two = halves.get(`${id}:${root}`);
    if (two === undefined) {
      const proof = proofs.get(id)?.get(truncated(root));
      if (proof === undefined) return { tree: [ALONE], rewards: [] };
      const reward: Reward = { kind: "proof", key: `proof ${id} ${truncated(root)}`, player: proof.player };
      return { tree: [{ kind: NODE_KIND.proven, first: ZERO, second: ZERO }], rewards: [reward] };
    }
    const tree: TreeNode[] = [{ kind: NODE_KIND.bisected, first: two.left, second: two.right }];
    const rewards: Reward[] = [];
    for (const [half, halfRoot] of [
      [leftHalf(position), two.left],
      [rightHalf(position, two.left), two.right],
    ] as const) {
      const halfId = positionId(half);
      const { player } = spans.get(halfId)!.recorded.get(truncated(halfRoot))!;
      const below = rewardsBelow(half, halfRoot);
      rewards.push({ kind: "span", key: `span ${halfId} ${truncated(halfRoot)}`, player }, ...below.rewards);
      tree.push(...below.tree);
    }
    return { tree, rewards };
  }

  return {
    claimTrace,
    unitTrace,
    rewardsBelow,
    apply(event: DisputeEvent, time: number): void {
      switch (event.name) {
        case "ClaimProposed": {
          const id = claimIdOf(event.body);
          claims.set(id, { body: event.body, time, proposer: event.proposer });
          children.set(event.body.parentId, [...(children.get(event.body.parentId) ?? []), id]);
          return;
        }
        case "ClaimBisected":
          bisected(claimTrace(event.parentId), event.left, event.right, time, event.player);
          return;
        case "Bisected": {
          const at = spans.get(event.position);
          if (at === undefined) throw new Error("something was bisected that is not there");
          bisected(at.position, event.left, event.right, time, event.player);
          return;
        }
        case "Opened": {
          record(unitTrace(event.unit, event.before), event.root, event.unitRoot, time, event.player);
          const key = `${event.unit}:${event.unitRoot}`;
          openings.set(key, [...(openings.get(key) ?? []), { before: event.before, root: event.root }]);
          return;
        }
        case "Proven": {
          const { position, state, player } = event;
          const at = proofs.get(position) ?? new Map<string, Recorded>();
          proofs.set(position, at.set(truncated(state), { root: state, unitRoot: ZERO, time, player }));
        }
      }
    },
    childrenOf: (parentId: Hash): readonly Hash[] => children.get(parentId) ?? [],
    claim: (id: Hash) => claims.get(id),
    /** Total of a claim at a time not before the last event. */
    totalOfClaim(id: Hash, now: number): Total {
      const self = claims.get(id);
      if (self === undefined) throw new Error("no such claim");
      const siblings = (children.get(self.body.parentId) ?? []).map((sibling) => claims.get(sibling)!);
      const own = aloneFor(siblings, self, now);
      const below = belowSpan(claimTrace(self.body.parentId), self.body.traceRoot, now);
      return { seconds: own + below.seconds, tree: below.tree };
    },
    totalOfSpan: ({ position, root, unitRoot }: Pick<Span, "position" | "root" | "unitRoot">, now: number): Total =>
      ofSpan(position, root, unitRoot, now),
    allSpans(): Span[] {
      return [...spans.values()].flatMap(({ position, recorded }) =>
        [...recorded.values()].map(({ root, unitRoot, player }) => ({ position, root, unitRoot, player })),
      );
    },
    /** How many rivals stand at a position, if `root` is one of them; else 0. */
    rivalsOf(position: Position, root: Hash, unitRoot: Hash = ZERO): number {
      const recorded = spans.get(positionId(position))?.recorded;
      return recorded?.has(keyOf(root, unitRoot)) === true ? recorded.size : 0;
    },
    isBisected: (position: Position, root: Hash): boolean => halves.has(`${positionId(position)}:${root}`),
    isProven: (position: Position, state: Hash): boolean =>
      proofs.get(positionId(position))?.has(truncated(state)) === true,
    openerOf: (position: Position, root: Hash, unitRoot: Hash): string =>
      spans.get(positionId(position))!.recorded.get(keyOf(root, unitRoot))!.player,
    openingsOf: (unit: Hash, unitRoot: Hash) => openings.get(`${unit}:${unitRoot}`) ?? [],
  };
}

export type Oracle = ReturnType<typeof createOracle>;
