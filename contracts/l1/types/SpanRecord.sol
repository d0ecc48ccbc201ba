// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A span as stored: one slot. Its position is the key.
/// @param root The first 25 bytes of its root. To match a given root takes 2^200 hashes; two that match, of which one may be made
/// right by choosing the transactions before it, take 2^100 (docs/disputes.md §3).
/// @param player Number of who recorded it; 0 for nobody, and once the reward for it is paid.
/// @param recordedAt L1 timestamp in seconds; 0 for no span. Lasts until 2106.
struct SpanRecord {
    bytes25 root;
    uint24 player;
    uint32 recordedAt;
}
