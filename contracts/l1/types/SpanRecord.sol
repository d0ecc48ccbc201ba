// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A span as stored: one slot. Its position is the key.
/// @param root The first 25 bytes of its root. To find two roots that share them takes 2^100 hashes, and gains a liar nothing but one
/// more path to be answered on (docs/disputes.md §3); for a given root it takes 2^200.
/// @param player Number of who recorded it; 0 for nobody, and once the reward for it is paid.
/// @param recordedAt L1 timestamp in seconds; 0 for no span. Lasts until 2106.
struct SpanRecord {
    bytes25 root;
    uint24 player;
    uint32 recordedAt;
}
