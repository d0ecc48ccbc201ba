// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The L2 chain after exactly `batchCount` batches (specification §6).
/// @param blockHash Hash of its last block.
/// @param outboxRoot Root of the Outbox tree after that block.
/// @param batchCount Number of batches derived.
/// @param messageCount Number of Inbox messages read.
struct State {
    bytes32 blockHash;
    bytes32 outboxRoot;
    uint256 batchCount;
    uint256 messageCount;
}

using {hash} for State global;

/// @notice `keccak256(abi.encode(blockHash, outboxRoot, batchCount, messageCount))`.
function hash(State memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
