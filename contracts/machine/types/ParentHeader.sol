// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a block depends on of its parent's header (specification §4).
/// @param timestamp Seconds.
/// @param gasCapacity Most gas the bucket holds.
/// @param gasPerSecond Gas that a second of L2 time adds to the bucket.
/// @param gasLevel Gas the parent left in the bucket.
/// @param gasExcess Gas used beyond the target before the parent.
struct ParentHeader {
    bytes32 stateRoot;
    uint256 number;
    uint256 gasUsed;
    uint256 timestamp;
    uint256 gasCapacity;
    uint256 gasPerSecond;
    uint256 gasLevel;
    uint256 gasExcess;
}
