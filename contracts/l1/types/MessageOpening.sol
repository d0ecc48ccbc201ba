// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Kinds of Inbox messages, as they enter the message hash.
enum MessageKind {
    Deposit,
    Context
}

/// @notice Opens the stored hash of a message whose index is known.
/// @param enqueuedAt L1 timestamp in seconds.
/// @param kind Kind of the message.
/// @param bodyHash Hash of its body.
struct MessageOpening {
    uint256 enqueuedAt;
    MessageKind kind;
    bytes32 bodyHash;
}

using {hashAt} for MessageOpening global;

/// @notice Hash of the message at `index`: `keccak256(abi.encode(index, enqueuedAt, kind, bodyHash))`.
function hashAt(MessageOpening memory self, uint256 index) pure returns (bytes32) {
    return keccak256(abi.encode(index, self.enqueuedAt, self.kind, self.bodyHash));
}
