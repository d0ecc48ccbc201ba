import { encodeAbiParameters, encodeFunctionData, getAbiItem, toFunctionSelector } from "viem";
import { challengeGameAbi, stateCommitmentChainAbi } from "../l1/index.ts";
import { encodeWitness } from "../machine/index.ts";
import type { ProvenStep } from "../machine/index.ts";
import { ZERO_HASH, bytesToHex } from "../primitives/index.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import type { L1BlockReference } from "../storage/index.ts";
import type { ClaimBody, DisputeMove, MoveOf, StateBefore } from "./moves.ts";
import { LEVELS } from "./position.ts";
import type { Position } from "./position.ts";
import type { TreeNode } from "./totals.ts";

/** Addresses on L1. */
export interface DisputeContracts {
  readonly stateCommitmentChain: Address;
  readonly challengeGame: Address;
}

/** A call on L1. `value` is in wei. */
export interface DisputeCall {
  readonly to: Address;
  readonly data: Hex;
  readonly value: bigint;
}

/** Moves that many of which are made in one call. */
export type PlayedKind = "bisect-claim" | "bisect" | "open";
export type PlayableMove = MoveOf<PlayedKind>;

/** Moves that one call each makes, of what this node has at hand; `propose` and `prove` take more. */
export type SingleMove = Exclude<DisputeMove, PlayableMove | MoveOf<"propose" | "prove">>;

/** Moves of contracts/l1/types/Move.sol, by their numbers. */
const MOVE_KINDS = ["bisect-claim", "bisect", "open"] as const;

/** Nodes of contracts/l1/types/TreeNode.sol, by their numbers. */
const NODE_KINDS = ["alone", "cached", "bisected", "opened", "proven"] as const;

const GAME_FUNCTIONS = {
  "bisect-claim": getAbiItem({ abi: challengeGameAbi, name: "bisectClaim" }),
  bisect: getAbiItem({ abi: challengeGameAbi, name: "bisect" }),
  open: getAbiItem({ abi: challengeGameAbi, name: "open" }),
  prove: getAbiItem({ abi: challengeGameAbi, name: "prove" }),
} as const;

/**
 * One move is made by its own function, as `play` takes more gas for it (benchmarks/dispute.md).
 * @param l1Block what openings are bound to; @param value wei sent along, for bonds
 */
export function encodePlay(
  moves: readonly PlayableMove[],
  l1Block: L1BlockReference,
  value: bigint,
  { challengeGame }: DisputeContracts,
): DisputeCall {
  const [first] = moves;
  if (first !== undefined && moves.length === 1) {
    const selector = toFunctionSelector(GAME_FUNCTIONS[first.kind]);
    return { to: challengeGame, data: `${selector}${encodeDetails(first, l1Block).slice(2)}`, value };
  }
  const data = encodeFunctionData({
    abi: challengeGameAbi,
    functionName: "play",
    args: [moves.map((move) => ({ kind: MOVE_KINDS.indexOf(move.kind), details: encodeDetails(move, l1Block) }))],
  });
  return { to: challengeGame, data, value };
}

function encodeDetails(move: PlayableMove, l1Block: L1BlockReference): Hex {
  switch (move.kind) {
    case "bisect-claim":
      return encodeAbiParameters(GAME_FUNCTIONS["bisect-claim"].inputs, [
        { parent: bodyOf(move.parent), stateHash: move.claim.stateHash, ...move.halves },
      ]);
    case "bisect":
      return encodeAbiParameters(GAME_FUNCTIONS.bisect.inputs, [
        { position: positionArgument(move.position), unitRoot: move.unitRoot ?? ZERO_HASH, ...move.halves },
      ]);
    case "open":
      return encodeAbiParameters(GAME_FUNCTIONS.open.inputs, [
        {
          position: positionArgument(move.position),
          unitRoot: move.unitRoot,
          before: beforeArgument(move.before),
          siblings: move.siblings,
          l1BlockNumber: BigInt(l1Block.number),
          l1BlockHash: l1Block.hash,
        },
      ]);
  }
}

const WORD = 32;

export function encodeProof(
  move: MoveOf<"prove">,
  { witness }: Pick<ProvenStep, "witness">,
  { challengeGame }: DisputeContracts,
): DisputeCall {
  const [ofProof] = GAME_FUNCTIONS.prove.inputs;
  const proof = encodeAbiParameters(
    [ofProof],
    [
      {
        unit: positionArgument(move.unit),
        position: positionArgument(move.position),
        before: beforeArgument(move.before),
      },
    ],
  );
  // Both arguments are dynamic: two offsets, then the one, without the offset that stands before it, and the other.
  const body = proof.slice(2 + 2 * WORD);
  const offsets = [2 * WORD, 2 * WORD + body.length / 2].map((offset) => offset.toString(16).padStart(2 * WORD, "0"));
  const selector = toFunctionSelector(GAME_FUNCTIONS.prove);
  const data: Hex = `${selector}${offsets.join("")}${body}${bytesToHex(encodeWitness(witness)).slice(2)}`;
  return { to: challengeGame, data, value: 0n };
}

export function encodeSingle(move: SingleMove, { challengeGame, stateCommitmentChain }: DisputeContracts): DisputeCall {
  switch (move.kind) {
    case "cache": {
      const { position, span, tree } = move;
      return game({
        functionName: "cache",
        args: [positionArgument(position), span.unitRoot ?? ZERO_HASH, span.root, treeArgument(tree)],
      });
    }
    case "decide":
    case "collect": {
      const { kind, parent, claim, tree } = move;
      return game({
        functionName: kind,
        args: [bodyOf(parent), claim.stateHash, claim.traceRoot, treeArgument(tree)],
      });
    }
    case "decide-unit":
    case "collect-unit": {
      const { unit, unitRoot, before, root } = move.trace;
      return game({
        functionName: move.kind === "decide-unit" ? "decideUnit" : "collectUnit",
        args: [positionArgument(unit), unitRoot, before, root, treeArgument(move.tree)],
      });
    }
    case "confirm":
    case "forfeit":
      return {
        to: stateCommitmentChain,
        value: 0n,
        data: encodeFunctionData({
          abi: stateCommitmentChainAbi,
          functionName: move.kind === "confirm" ? "confirm" : "forfeitBond",
          args: [bodyOf(move.claim)],
        }),
      };
    case "withdraw":
      return game({ functionName: "withdraw", args: [move.account] });
  }

  function game(
    call:
      | { functionName: "cache"; args: CallArguments<"cache"> }
      | { functionName: "decide" | "collect"; args: CallArguments<"decide"> }
      | { functionName: "decideUnit" | "collectUnit"; args: CallArguments<"decideUnit"> }
      | { functionName: "withdraw"; args: CallArguments<"withdraw"> },
  ): DisputeCall {
    return { to: challengeGame, data: encodeFunctionData({ abi: challengeGameAbi, ...call }), value: 0n };
  }
}

type PositionArgument = ReturnType<typeof positionArgument>;
type TreeArgument = ReturnType<typeof treeArgument>;
interface ArgumentsOf {
  readonly cache: readonly [PositionArgument, Hash, Hash, TreeArgument];
  readonly decide: readonly [ClaimBody, Hash, Hash, TreeArgument];
  readonly decideUnit: readonly [PositionArgument, Hash, Hash, Hash, TreeArgument];
  readonly withdraw: readonly [Address];
}
type CallArguments<Name extends keyof ArgumentsOf> = ArgumentsOf[Name];

function bodyOf({ parentId, stateHash, traceRoot }: ClaimBody): ClaimBody {
  return { parentId, stateHash, traceRoot };
}

function beforeArgument({ state, prefix, siblings }: StateBefore): StateBefore {
  return { state, prefix, siblings };
}

function positionArgument({ level, context, start, height, prefix }: Position) {
  return { level: LEVELS.indexOf(level), context, start: BigInt(start), height, prefix };
}

function treeArgument(tree: readonly TreeNode[]) {
  return tree.map((node) => {
    const kind = NODE_KINDS.indexOf(node.kind);
    if (node.kind === "bisected") return { kind, first: node.left, second: node.right };
    if (node.kind === "opened") return { kind, first: node.root, second: node.before };
    return { kind, first: ZERO_HASH, second: ZERO_HASH };
  });
}
