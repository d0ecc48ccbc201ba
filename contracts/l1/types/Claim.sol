// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where a claim stands.
/// Unknown: never proposed. Proposed: not decided; backed by a bond on it or on a descendant. Confirmed: for ever part of
/// the chain. Forfeited: lost to a sibling (or descends from a claim that did); a bond on it went to the challenge game.
enum ClaimStatus {
    Unknown,
    Proposed,
    Confirmed,
    Forfeited
}

/// @notice What the children of a claim amount to.
/// None: no child. Single: one, unrivaled. Rivals: two or more, undecided. Decided: one is confirmed.
enum Children {
    None,
    Single,
    Rivals,
    Decided
}

/// @notice A claim as stored: one slot.
/// @param proposer Owner of the bond on the claim; zero for genesis, and once the bond has left or moved on to a child.
/// @param proposedAt L1 timestamp in seconds.
/// @param nextBatchCount Number of batches after which the children of this claim give the state.
/// @param status Where the claim stands.
/// @param children What its children amount to.
struct Claim {
    address proposer;
    uint40 proposedAt;
    uint40 nextBatchCount;
    ClaimStatus status;
    Children children;
}
