// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Scripted Inbox
/// @notice What the prover and the state commitment chain read of an Inbox, with any hashes, for tests.
contract ScriptedInbox {
    /// @notice See IInbox.
    uint256 public immutable L2_CHAIN_ID;

    /// @notice See IInbox.
    uint256 public batchCount;

    /// @notice See IInbox.
    mapping(uint256 index => bytes32 batchHash) public batchHashes;

    /// @notice See IInbox.
    mapping(uint256 index => bytes32 messageHash) public messageHashes;

    constructor(uint256 l2ChainId) {
        L2_CHAIN_ID = l2ChainId;
    }

    /// @notice Sets the number of batches.
    function setBatchCount(uint256 count) external {
        batchCount = count;
    }

    /// @notice Sets the hash of the batch at `index`.
    function setBatch(uint256 index, bytes32 batchHash) external {
        batchHashes[index] = batchHash;
    }

    /// @notice Sets the hash of the message at `index`.
    function setMessage(uint256 index, bytes32 messageHash) external {
        messageHashes[index] = messageHash;
    }
}
