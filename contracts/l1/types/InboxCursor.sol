// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Everything of the Inbox that changes with a message or a batch besides its own hash, packed in one slot so
/// that either costs one new slot and one update: six fields of 40 bits. 2^40 entries or seconds are out of reach.
/// Packed by hand because the compiler writes a packed struct back in several stores.
type InboxCursor is uint256;

using {
    messageCount,
    messagesRead,
    batchCount,
    lastContextIndex,
    lastContextAt,
    lastOperatorBatchAt,
    withMessageCount,
    withMessagesRead,
    withBatchCount,
    withLastContextIndex,
    withLastContextAt,
    withLastOperatorBatchAt
} for InboxCursor global;

uint256 constant FIELD_MASK = type(uint40).max;
uint256 constant MESSAGE_COUNT_OFFSET = 0;
uint256 constant MESSAGES_READ_OFFSET = 40;
uint256 constant BATCH_COUNT_OFFSET = 80;
uint256 constant LAST_CONTEXT_INDEX_OFFSET = 120;
uint256 constant LAST_CONTEXT_AT_OFFSET = 160;
uint256 constant LAST_OPERATOR_BATCH_AT_OFFSET = 200;

/// @notice Number of messages.
function messageCount(InboxCursor self) pure returns (uint256) {
    return _field(self, MESSAGE_COUNT_OFFSET);
}

/// @notice `messagesUpTo` of the last batch.
function messagesRead(InboxCursor self) pure returns (uint256) {
    return _field(self, MESSAGES_READ_OFFSET);
}

/// @notice Number of batches.
function batchCount(InboxCursor self) pure returns (uint256) {
    return _field(self, BATCH_COUNT_OFFSET);
}

/// @notice Position of the last context message.
function lastContextIndex(InboxCursor self) pure returns (uint256) {
    return _field(self, LAST_CONTEXT_INDEX_OFFSET);
}

/// @notice L1 timestamp in seconds of the last context message.
function lastContextAt(InboxCursor self) pure returns (uint256) {
    return _field(self, LAST_CONTEXT_AT_OFFSET);
}

/// @notice L1 timestamp in seconds of the operator's last batch.
function lastOperatorBatchAt(InboxCursor self) pure returns (uint256) {
    return _field(self, LAST_OPERATOR_BATCH_AT_OFFSET);
}

/// @notice Sets `messageCount`.
function withMessageCount(InboxCursor self, uint256 value) pure returns (InboxCursor) {
    return _withField(self, MESSAGE_COUNT_OFFSET, value);
}

/// @notice Sets `messagesRead`.
function withMessagesRead(InboxCursor self, uint256 value) pure returns (InboxCursor) {
    return _withField(self, MESSAGES_READ_OFFSET, value);
}

/// @notice Sets `batchCount`.
function withBatchCount(InboxCursor self, uint256 value) pure returns (InboxCursor) {
    return _withField(self, BATCH_COUNT_OFFSET, value);
}

/// @notice Sets `lastContextIndex`.
function withLastContextIndex(InboxCursor self, uint256 value) pure returns (InboxCursor) {
    return _withField(self, LAST_CONTEXT_INDEX_OFFSET, value);
}

/// @notice Sets `lastContextAt`.
function withLastContextAt(InboxCursor self, uint256 value) pure returns (InboxCursor) {
    return _withField(self, LAST_CONTEXT_AT_OFFSET, value);
}

/// @notice Sets `lastOperatorBatchAt`.
function withLastOperatorBatchAt(InboxCursor self, uint256 value) pure returns (InboxCursor) {
    return _withField(self, LAST_OPERATOR_BATCH_AT_OFFSET, value);
}

function _field(InboxCursor self, uint256 offset) pure returns (uint256) {
    return (InboxCursor.unwrap(self) >> offset) & FIELD_MASK;
}

/// @dev `value` must be below 2^40: the caller's values are counts that grow by one, and timestamps.
function _withField(InboxCursor self, uint256 offset, uint256 value) pure returns (InboxCursor) {
    return InboxCursor.wrap((InboxCursor.unwrap(self) & ~(FIELD_MASK << offset)) | (value << offset));
}
