import { ZERO_HASH, hashPair } from "../../src/primitives/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import type { DisputeEvent, DisputeParameters, EventOrigin, TreeNode } from "../../src/challenger/index.ts";
import {
  claimTracePosition,
  leftHalf,
  positionId,
  rightHalf,
  unitTracePosition,
} from "../../src/challenger/position.ts";
import type { Position } from "../../src/challenger/position.ts";
import { hashOf } from "./scripted-traces.ts";

/** What is known of a span: its place and its root. */
export interface ModelSpan {
  readonly position: Position;
  readonly root: Hash;
  readonly unitRoot: Hash;
}

interface Entry {
  readonly root: string;
  readonly at: number;
}

type WithoutOrigin<Event> = Event extends DisputeEvent ? Omit<Event, "origin"> : never;

/**
 * The rules of ChallengeGame.sol for spans and times, over as little as they need: an oracle that keeps nothing the challenger's own
 * state keeps. It plays what it is told, and says what events come of it.
 */
export function createGameModel(parameters: DisputeParameters, genesisStateHash: Hash) {
  const genesis = hashOf("genesis claim");
  const spans = new Map<string, Entry[]>();
  const proofs = new Map<string, Entry[]>();
  const cached = new Map<string, number>();
  const children: { readonly id: Hash; readonly stateHash: Hash; readonly traceRoot: Hash; readonly at: number }[] = [];
  const known: ModelSpan[] = [];
  const events: DisputeEvent[] = [];
  let now = 1_000;
  let block = 0;

  const emit = (event: WithoutOrigin<DisputeEvent>): void => {
    const origin: EventOrigin = {
      blockNumber: block,
      logIndex: events.length,
      timestamp: now,
      transactionHash: hashOf(`${block}`),
    };
    events.push({ ...event, origin });
  };
  const keyOf = ({ position, root, unitRoot }: ModelSpan): string =>
    (position.level === "unit" && position.height === parameters.unitTraceHeight
      ? hashPair(root, unitRoot)
      : root
    ).slice(0, 52);
  const at = (position: Position): Entry[] => spans.get(positionId(position)) ?? [];
  const record = (span: ModelSpan): boolean => {
    const entries = at(span.position);
    if (entries.some(({ root }) => root === keyOf(span))) return false;
    spans.set(positionId(span.position), [...entries, { root: keyOf(span), at: now }]);
    known.push(span);
    return true;
  };
  const timeOf = ([first, second]: readonly Entry[], root: string): number =>
    first?.root === root ? (second?.at ?? now) - first.at : 0;
  const rootPosition = claimTracePosition(
    { claimId: genesis, stateHash: genesisStateHash },
    parameters.claimTraceHeight,
  );

  emit({
    kind: "claim-confirmed",
    claimId: genesis,
    parentId: ZERO_HASH,
    stateHash: genesisStateHash,
    traceRoot: ZERO_HASH,
  });

  function recordHalves(position: Position, left: Hash, right: Hash): boolean {
    const ofLeft = record({ position: leftHalf(position), root: left, unitRoot: ZERO_HASH });
    const ofRight = record({ position: rightHalf(position, left), root: right, unitRoot: ZERO_HASH });
    return ofLeft || ofRight;
  }

  /** Seconds that a tree shows, by the rules of the contract. Throws where the contract reverts. */
  function walk(nodes: readonly TreeNode[]) {
    let next = 0;
    const take = (): TreeNode => {
      const node = nodes[next++];
      if (node === undefined) throw new Error("WrongNodeCount");
      return node;
    };
    const checkRecorded = (span: ModelSpan): ModelSpan => {
      if (!at(span.position).some(({ root }) => root === keyOf(span))) throw new Error("UnknownSpan");
      return span;
    };
    const shown = (span: ModelSpan): number => {
      const node = take();
      if (node.kind === "cached") return cached.get(`${positionId(span.position)}${keyOf(span)}`) ?? 0;
      if (node.kind !== "alone" && node.kind !== "timed") return below(span, node);
      const own = timeOf(at(checkRecorded(span).position), keyOf(span));
      return node.kind === "alone" ? own : own + below(span, take());
    };
    const total = (span: ModelSpan): number => shown(checkRecorded(span));
    const below = ({ position, root }: ModelSpan, node: TreeNode): number => {
      switch (node.kind) {
        case "alone":
          return 0;
        case "bisected": {
          if (position.height === 0 || hashPair(node.left, node.right) !== root) throw new Error("WrongHalves");
          const left = shown({ position: leftHalf(position), root: node.left, unitRoot: ZERO_HASH });
          const right = shown({ position: rightHalf(position, node.left), root: node.right, unitRoot: ZERO_HASH });
          return Math.min(left, right);
        }
        case "opened": {
          if (position.height !== 0 || position.level !== "claim") throw new Error("MisplacedNode");
          const trace = unitTracePosition(positionId(position), node.before, parameters.unitTraceHeight);
          return total({ position: trace, root: node.root, unitRoot: root });
        }
        case "proven": {
          if (position.height !== 0 || position.level !== "unit") throw new Error("MisplacedNode");
          const entries = proofs.get(positionId(position)) ?? [];
          if (!entries.some((entry) => entry.root === root.slice(0, 52))) throw new Error("UnknownSpan");
          return timeOf(entries, root.slice(0, 52));
        }
        case "cached":
        case "timed":
          throw new Error("MisplacedNode");
      }
    };
    const end = (value: number): number => {
      if (next !== nodes.length) throw new Error("WrongNodeCount");
      return value;
    };
    return { take, below, total, end };
  }

  const ownOfClaim = (id: Hash): number => {
    const [first, second] = children;
    return first?.id === id ? (second?.at ?? now) - first.at : 0;
  };

  return {
    genesis,
    events: () => events as readonly DisputeEvent[],
    now: () => now,
    known: () => known as readonly ModelSpan[],
    claims: () => children,
    wait(seconds: number) {
      now += seconds;
      block++;
    },
    propose(stateHash: Hash, traceRoot: Hash, proposer: Address): Hash {
      const id = hashOf(`${stateHash} ${traceRoot}`);
      if (children.some((child) => child.id === id)) return id;
      children.push({ id, stateHash, traceRoot, at: now });
      emit({
        kind: "claim-proposed",
        claimId: id,
        parentId: genesis,
        proposer,
        stateHash,
        traceRoot,
        batchCount: 1,
        nextBatchCount: 2,
      });
      return id;
    },
    /** Each gives whether the contract would take it; what is there already is taken, and changes nothing. */
    bisectClaim(id: Hash, left: Hash, right: Hash, player: Address): boolean {
      const claim = children.find((child) => child.id === id);
      if (claim === undefined || children.length < 2 || hashPair(left, right) !== claim.traceRoot) return false;
      if (recordHalves(rootPosition, left, right)) {
        emit({ kind: "claim-bisected", parentId: genesis, claimId: id, left, right, player });
      }
      return true;
    },
    bisect(span: ModelSpan, left: Hash, right: Hash, player: Address): boolean {
      const entries = at(span.position);
      const isThere = entries.some(({ root }) => root === keyOf(span));
      if (!isThere || entries.length < 2 || span.position.height === 0 || hashPair(left, right) !== span.root)
        return false;
      if (recordHalves(span.position, left, right)) {
        emit({ kind: "bisected", position: positionId(span.position), left, right, player });
      }
      return true;
    },
    open(span: ModelSpan, before: Hash, root: Hash, player: Address): boolean {
      const entries = at(span.position);
      const isThere = entries.some((entry) => entry.root === keyOf(span));
      const { level, height } = span.position;
      if (!isThere || entries.length < 2 || level !== "claim" || height !== 0) return false;
      const unit = positionId(span.position);
      const position = unitTracePosition(unit, before, parameters.unitTraceHeight);
      if (record({ position, root, unitRoot: span.root })) {
        emit({ kind: "opened", unit, unitRoot: span.root, before, root, player });
      }
      return true;
    },
    prove({ position, root }: ModelSpan, player: Address): boolean {
      const entries = at(position);
      if (entries.length < 2 || position.level !== "unit" || position.height !== 0) return false;
      const id = positionId(position);
      const made = proofs.get(id) ?? [];
      if (made.some((entry) => entry.root === root.slice(0, 52))) return true;
      proofs.set(id, [...made, { root: root.slice(0, 52), at: now }]);
      emit({ kind: "proven", position: id, state: root, player });
      if (made.length > 0) emit({ kind: "proofs-conflict", position: id, state: root });
      return true;
    },
    cache(span: ModelSpan, nodes: readonly TreeNode[]): number {
      const walked = walk(nodes);
      const total = walked.end(walked.total(span));
      const key = `${positionId(span.position)}${keyOf(span)}`;
      if (total > (cached.get(key) ?? 0)) {
        cached.set(key, total);
        emit({ kind: "total-cached", position: positionId(span.position), root: span.root, total });
      }
      return total;
    },
    totalOf(span: ModelSpan, nodes: readonly TreeNode[]): number {
      const walked = walk(nodes);
      return walked.end(walked.total(span));
    },
    /** The most that any tree can show, without what is stored. @param halvesOf the halves of any root */
    bestTotal(span: ModelSpan, halvesOf: ReadonlyMap<Hash, readonly [Hash, Hash]>): number {
      const isThere = (other: ModelSpan): boolean => at(other.position).some(({ root }) => root === keyOf(other));
      const best = (one: ModelSpan): number => timeOf(at(one.position), keyOf(one)) + bestBelow(one);
      const bestBelow = ({ position, root }: ModelSpan): number => {
        if (position.height > 0) {
          const [leftRoot, rightRoot] = halvesOf.get(root)!;
          const left = { position: leftHalf(position), root: leftRoot, unitRoot: ZERO_HASH };
          const right = { position: rightHalf(position, leftRoot), root: rightRoot, unitRoot: ZERO_HASH };
          return isThere(left) && isThere(right) ? Math.min(best(left), best(right)) : 0;
        }
        if (position.level === "unit") {
          return timeOf(proofs.get(positionId(position)) ?? [], root.slice(0, 52));
        }
        const id = positionId(position);
        const traces = known.filter(
          (other) => other.position.context === id && other.position.level === "unit" && other.unitRoot === root,
        );
        return Math.max(0, ...traces.map(best));
      };
      return best(span);
    },
    /** What `decide` finds. */
    totalOfClaim(id: Hash, nodes: readonly TreeNode[]): number {
      const claim = children.find((child) => child.id === id)!;
      const walked = walk(nodes);
      const span = { position: rootPosition, root: claim.traceRoot, unitRoot: ZERO_HASH };
      return walked.end(ownOfClaim(id) + walked.below(span, walked.take()));
    },
  };
}

export type GameModel = ReturnType<typeof createGameModel>;
