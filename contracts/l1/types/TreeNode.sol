// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What is shown below a span, to compute its total time (docs/disputes.md §4).
/// Alone: nothing; the time it stood unrivaled itself.
/// Timed: that time, to which what the next node shows of it is added. Where that is enough, it is left out with what it takes to read.
/// Cached: the total that was stored for it.
/// Bisected: its halves `first` and `second`, whose nodes follow, first all of the left one.
/// Opened: for a unit of a claim's trace, the root `first` of the unit's trace, which begins after the state `second`; its node
/// follows.
/// Proven: for a step of a unit's trace, the proof of it.
enum NodeKind {
    Alone,
    Cached,
    Bisected,
    Opened,
    Proven,
    Timed
}

/// @notice A span in a tree of spans, which is listed from the top, a span before its halves. Nodes that are not needed can be left out
/// (`Alone`): that only makes a total smaller.
/// @param kind What is shown below it.
/// @param first As `kind` says; else 0.
/// @param second As `kind` says; else 0.
struct TreeNode {
    NodeKind kind;
    bytes32 first;
    bytes32 second;
}
