// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The chain around the unit under way, inside a batch (docs/machine.md §16). Gas amounts and timestamps (seconds) as in
/// specification §3 and §4; the fields from `transactionsLeft` on are 0 between blocks.
/// @param blockHash Of the last block.
/// @param outboxRoot Of the last block.
/// @param batchCount Batches before this one, which is its index in the Inbox.
/// @param messageCount Messages read so far.
/// @param messagesUpTo Of the batch.
/// @param batchTimestamp Of the batch.
/// @param stream Hash of the Stream of the payload; 0 once the payload has ended.
/// @param position In the content: what is parsed next.
/// @param blockCount Blocks the payload has given.
/// @param transactionsLeft Listed transactions of the block still to come.
/// @param messagesEnd Index at which the messages of the block end.
/// @param messageWeight What messages of the block may still weigh.
/// @param gasLeft Gas in the bucket.
/// @param depositGas Gas used by deposits of the block.
/// @param gasExcess For the header of the block, as the next two.
/// @param message Hash of the Deposit or the ContextBody under way, else 0.
struct Chain {
    bytes32 blockHash;
    bytes32 outboxRoot;
    uint256 batchCount;
    uint256 messageCount;
    uint256 messagesUpTo;
    uint256 batchTimestamp;
    bytes32 stream;
    uint256 position;
    uint256 blockCount;
    uint256 transactionsLeft;
    uint256 messagesEnd;
    uint256 messageWeight;
    uint256 gasLeft;
    uint256 depositGas;
    uint256 gasExcess;
    uint256 gasCapacity;
    uint256 gasPerSecond;
    bytes32 message;
}

using {hash, endPayload} for Chain global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Chain memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}

/// @notice Nothing more is read from the payload.
function endPayload(Chain memory self) pure {
    self.stream = 0;
    self.transactionsLeft = 0;
}
