// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimBody} from "./ClaimBody.sol";
import {Position} from "./Position.sol";

/// @notice The moves that `play` makes one after the other.
enum MoveKind {
    BisectClaim,
    Bisect,
    Open
}

/// @notice A move.
/// @param kind Which one.
/// @param details ABI encoding of ClaimBisection, Bisection or Opening.
struct Move {
    MoveKind kind;
    bytes details;
}

/// @notice Bisects the trace root of a claim that has rivals.
/// @param parent Body of the parent of the claim.
/// @param stateHash Of the claim.
/// @param left Root of the left half of its trace.
/// @param right Root of the right half.
struct ClaimBisection {
    ClaimBody parent;
    bytes32 stateHash;
    bytes32 left;
    bytes32 right;
}

/// @notice Bisects a span that has rivals.
/// @param position Of the span.
/// @param unitRoot If it is the whole trace of a unit, the state after the unit, which is the root of the span that was opened;
/// else 0.
/// @param left Root of its left half.
/// @param right Root of its right half.
struct Bisection {
    Position position;
    bytes32 unitRoot;
    bytes32 left;
    bytes32 right;
}

/// @notice Shows the state before a position: the last of those its prefix commits to.
/// @param state That state.
/// @param prefix The prefix before the last of its parts. Unused at start 0, where the prefix is the state.
/// @param siblings Of the state in that part, whose last leaf it is: as many as the start has low zero bits, lowest first; none at
/// start 0.
struct StateBefore {
    bytes32 state;
    bytes32 prefix;
    bytes32[] siblings;
}

/// @notice Opens a unit of a claim's trace that has rivals: gives the trace of its steps.
/// @param position Of the unit: level Claim, height 0.
/// @param unitRoot Root of the span, the state after the unit.
/// @param before The state before it.
/// @param siblings Of the last state of the unit's trace, which is `unitRoot`: UNIT_TRACE_HEIGHT, lowest first, all left ones.
/// @param l1BlockNumber Number of one of the last 256 L1 blocks, which must still be there.
/// @param l1BlockHash Its hash.
struct Opening {
    Position position;
    bytes32 unitRoot;
    StateBefore before;
    bytes32[] siblings;
    uint256 l1BlockNumber;
    bytes32 l1BlockHash;
}

/// @notice Proves a step of a unit's trace that has rivals.
/// @param unit Position of the unit, which is the context of `position`.
/// @param position Of the step: level Unit, height 0.
/// @param before The state before it.
struct StepProof {
    Position unit;
    Position position;
    StateBefore before;
}
