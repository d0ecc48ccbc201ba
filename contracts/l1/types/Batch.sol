// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where the payload of a batch is found, as it enters the batch hash.
enum BatchKind {
    Calldata,
    Blobs
}

/// @notice A batch as the Inbox commits to it (specification §2).
/// @param kind Where the payload is.
/// @param dataHash keccak256 of the payload, or of the concatenated versioned hashes of its blobs.
/// @param messagesUpTo Messages below this index are read by the end of the batch.
/// @param number L1 block number.
/// @param timestamp L1 timestamp in seconds.
struct Batch {
    BatchKind kind;
    bytes32 dataHash;
    uint256 messagesUpTo;
    uint256 number;
    uint256 timestamp;
}

using {hash} for Batch global;

/// @notice `keccak256(abi.encode(kind, dataHash, messagesUpTo, number, timestamp))`.
function hash(Batch memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
