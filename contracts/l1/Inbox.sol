// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccountAlias} from "../libraries/AccountAlias.sol";
import {IInbox} from "./interfaces/IInbox.sol";
import {Batch, BatchKind} from "./types/Batch.sol";
import {ContextBody} from "./types/ContextBody.sol";
import {DepositBody} from "./types/DepositBody.sol";
import {DepositGasBucket, depositGasBucket} from "./types/DepositGasBucket.sol";
import {InboxCursor} from "./types/InboxCursor.sol";
import {MessageKind, MessageOpening} from "./types/MessageOpening.sol";

/// @title Inbox
/// @notice See {IInbox}.
contract Inbox is IInbox {
    /// @dev EIP-7825.
    uint256 private constant MAXIMUM_GAS_LIMIT = 1 << 24;
    uint256 private constant MAXIMUM_DATA_LENGTH = 65_536;
    /// @dev One step of a fraud proof opens the whole payload.
    uint256 private constant MAXIMUM_PAYLOAD_LENGTH = 65_536;
    uint256 private constant MAXIMUM_BLOBS = 32;
    /// @dev EIP-4844: first byte of a versioned hash that commits to a blob by KZG.
    bytes1 private constant BLOB_VERSION = 0x01;
    /// @dev More than the call costs after it has burned gas: it returns.
    uint256 private constant GAS_AFTER_BURNING = 1_000;
    /// @dev EIP-7702: the code of an account that delegates is this prefix and an address.
    bytes3 private constant DELEGATION_PREFIX = 0xef0100;
    uint256 private constant DELEGATION_LENGTH = 23;
    bytes32 private constant EMPTY_HASH = keccak256("");

    /// @inheritdoc IInbox
    uint256 public immutable L2_CHAIN_ID;
    /// @inheritdoc IInbox
    address public immutable OPERATOR;
    /// @inheritdoc IInbox
    uint256 public immutable FORCE_INCLUSION_DELAY;
    /// @inheritdoc IInbox
    uint256 public immutable SELF_SEQUENCING_DELAY;
    /// @inheritdoc IInbox
    uint256 public immutable CONTEXT_INTERVAL;
    /// @inheritdoc IInbox
    uint256 public immutable DEPOSIT_GAS_CAPACITY;
    /// @inheritdoc IInbox
    uint256 public immutable DEPOSIT_GAS_PER_SECOND;
    /// @inheritdoc IInbox
    address public immutable PORTAL;

    InboxCursor private _cursor;
    /// @dev In a slot of its own, so that a message that runs nothing does not touch it.
    DepositGasBucket private _depositGas;

    /// @inheritdoc IInbox
    mapping(uint256 index => bytes32 messageHash) public messageHashes;
    /// @inheritdoc IInbox
    mapping(uint256 index => bytes32 batchHash) public batchHashes;

    /// @dev Parameters are checked by the Rollup, which deploys this.
    constructor(
        uint256 l2ChainId,
        address operator,
        uint256 forceInclusionDelay,
        uint256 selfSequencingDelay,
        uint256 contextInterval,
        uint256 depositGasCapacity,
        uint256 depositGasPerSecond,
        address portal
    ) {
        L2_CHAIN_ID = l2ChainId;
        OPERATOR = operator;
        FORCE_INCLUSION_DELAY = forceInclusionDelay;
        SELF_SEQUENCING_DELAY = selfSequencingDelay;
        CONTEXT_INTERVAL = contextInterval;
        DEPOSIT_GAS_CAPACITY = depositGasCapacity;
        DEPOSIT_GAS_PER_SECOND = depositGasPerSecond;
        PORTAL = portal;
        _cursor = _cursor.withLastOperatorBatchAt(block.timestamp);
        _depositGas = depositGasBucket(depositGasCapacity, block.timestamp);
    }

    // ------------------------------------------------------------------------------------------------- messages

    /// @notice Mints the ETH sent to the caller on L2. Reverts with UseDepositEther if the caller is a contract.
    receive() external payable {
        require(_isExternallyOwned(msg.sender), UseDepositEther(msg.sender));
        _depositEther(msg.sender);
    }

    /// @inheritdoc IInbox
    function depositEther(address to) external payable returns (bytes32 messageHash) {
        require(to != address(0), ZeroAddress());
        return _depositEther(to);
    }

    /// @inheritdoc IInbox
    function sendMessage(
        address to,
        uint256 value,
        uint256 gasLimit,
        bytes calldata data,
        address refundTo
    ) external payable returns (bytes32 messageHash) {
        require(refundTo != address(0), ZeroAddress());
        require(value <= type(uint128).max, ValueTooLarge(value));
        require(gasLimit <= MAXIMUM_GAS_LIMIT, GasLimitTooHigh(gasLimit, MAXIMUM_GAS_LIMIT));
        require(data.length <= MAXIMUM_DATA_LENGTH, DataTooLong(data.length, MAXIMUM_DATA_LENGTH));
        messageHash = _enqueueDeposit(to, value, gasLimit, data, refundTo);
        if (gasLimit != 0) _payForGas(messageHash, gasLimit);
    }

    // ------------------------------------------------------------------------------------------------- batches

    /// @inheritdoc IInbox
    function postBatch(uint256 messagesUpTo, bytes calldata payload) external {
        InboxCursor cursor = _authorizeBatch(messagesUpTo);
        _requireRecentContext(cursor);
        _recordBatch(cursor, BatchKind.Calldata, _payloadHash(payload));
    }

    /// @inheritdoc IInbox
    function postBatch(uint256 messagesUpTo, bytes calldata payload, MessageOpening calldata opening) external {
        InboxCursor cursor = _authorizeBatch(messagesUpTo);
        _requireNotOverdue(cursor, messagesUpTo, opening);
        _recordBatch(cursor, BatchKind.Calldata, _payloadHash(payload));
    }

    /// @inheritdoc IInbox
    function postBlobBatch(uint256 messagesUpTo) external {
        InboxCursor cursor = _authorizeBatch(messagesUpTo);
        _requireRecentContext(cursor);
        _recordBatch(cursor, BatchKind.Blobs, _blobsHash());
    }

    /// @inheritdoc IInbox
    function postBlobBatch(uint256 messagesUpTo, MessageOpening calldata opening) external {
        InboxCursor cursor = _authorizeBatch(messagesUpTo);
        _requireNotOverdue(cursor, messagesUpTo, opening);
        _recordBatch(cursor, BatchKind.Blobs, _blobsHash());
    }

    /// @inheritdoc IInbox
    function forceInclude(uint256 lastOverdue, MessageOpening calldata opening) external {
        InboxCursor cursor = _cursor;
        require(
            lastOverdue >= cursor.messagesRead() && lastOverdue < cursor.messageCount(),
            MessageNotUnread(lastOverdue, cursor.messagesRead(), cursor.messageCount())
        );
        uint256 deadline = _deadline(lastOverdue, opening);
        require(block.timestamp > deadline, MessageNotOverdue(lastOverdue, deadline));
        _recordBatch(cursor.withMessagesRead(lastOverdue + 1), BatchKind.Calldata, EMPTY_HASH);
    }

    /// @inheritdoc IInbox
    function forwardEther() external {
        uint256 amount = address(this).balance;
        // Nobody makes logs for those who read them without having deposited.
        if (amount == 0) return;
        emit EtherForwarded(amount);
        (bool success, ) = PORTAL.call{value: amount}("");
        require(success, ForwardingFailed(amount));
    }

    // ------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IInbox
    function canPost(address poster) external view returns (bool) {
        return poster == OPERATOR || block.timestamp >= _selfSequencingFrom(_cursor.lastOperatorBatchAt());
    }

    /// @inheritdoc IInbox
    function selfSequencingFrom() external view returns (uint256) {
        return _selfSequencingFrom(_cursor.lastOperatorBatchAt());
    }

    /// @inheritdoc IInbox
    function batchCount() external view returns (uint256) {
        return _cursor.batchCount();
    }

    /// @inheritdoc IInbox
    function messageCount() external view returns (uint256) {
        return _cursor.messageCount();
    }

    /// @inheritdoc IInbox
    function messagesRead() external view returns (uint256) {
        return _cursor.messagesRead();
    }

    /// @inheritdoc IInbox
    function lastContextIndex() external view returns (uint256) {
        return _cursor.lastContextIndex();
    }

    /// @inheritdoc IInbox
    function lastContextAt() external view returns (uint256) {
        return _cursor.lastContextAt();
    }

    /// @inheritdoc IInbox
    function lastOperatorBatchAt() external view returns (uint256) {
        return _cursor.lastOperatorBatchAt();
    }

    /// @inheritdoc IInbox
    function depositGasAvailable() external view returns (uint256) {
        return _depositGasAvailable();
    }

    // ------------------------------------------------------------------------------------------------- internals

    function _depositEther(address to) private returns (bytes32 messageHash) {
        return _enqueueDeposit(to, 0, 0, msg.data[0:0], to);
    }

    function _enqueueDeposit(
        address to,
        uint256 value,
        uint256 gasLimit,
        bytes calldata data,
        address refundTo
    ) private returns (bytes32 messageHash) {
        address sender = _isExternallyOwned(msg.sender) ? msg.sender : AccountAlias.aliasOf(msg.sender);
        InboxCursor cursor = _cursor;
        uint256 index = cursor.messageCount();
        messageHash = MessageOpening({
            enqueuedAt: block.timestamp,
            kind: MessageKind.Deposit,
            bodyHash: DepositBody({
                sender: sender,
                to: to,
                mint: msg.value,
                value: value,
                gasLimit: gasLimit,
                refundTo: refundTo,
                dataHash: keccak256(data)
            }).hash()
        }).hashAt(index);

        messageHashes[index] = messageHash;
        _cursor = cursor.withMessageCount(index + 1);
        emit DepositEnqueued(
            index,
            sender,
            to,
            messageHash,
            block.timestamp,
            msg.value,
            value,
            gasLimit,
            refundTo,
            data
        );
    }

    /// @dev Takes the gas of a message out of the bucket, and burns what is missing there. Nothing but returning comes after
    /// it, so what the call has left is what it can burn.
    function _payForGas(bytes32 messageHash, uint256 gasLimit) private {
        uint256 available = _depositGasAvailable();
        uint256 fromBucket = available < gasLimit ? available : gasLimit;
        uint256 burned = gasLimit - fromBucket;
        _depositGas = depositGasBucket(available - fromBucket, block.timestamp);
        emit DepositGasPaid(messageHash, fromBucket, burned);

        if (burned == 0) return;
        uint256 left = gasleft();
        require(left >= burned + GAS_AFTER_BURNING, InsufficientGas(left, burned + GAS_AFTER_BURNING));
        // solhint-disable-next-line no-empty-blocks
        while (left - gasleft() < burned) {}
    }

    function _depositGasAvailable() private view returns (uint256) {
        return _depositGas.availableAt(block.timestamp, DEPOSIT_GAS_CAPACITY, DEPOSIT_GAS_PER_SECOND);
    }

    /// @dev Checks who posts, notes the operator's activity, and how far the batch reads: up to `messagesUpTo`, or to where
    /// others have read already.
    function _authorizeBatch(uint256 messagesUpTo) private view returns (InboxCursor cursor) {
        cursor = _cursor;
        if (msg.sender == OPERATOR) {
            cursor = cursor.withLastOperatorBatchAt(block.timestamp);
        } else {
            uint256 from = _selfSequencingFrom(cursor.lastOperatorBatchAt());
            require(block.timestamp >= from, NotOperator(msg.sender, from));
        }
        require(messagesUpTo <= cursor.messageCount(), MessagesUpToTooHigh(messagesUpTo, cursor.messageCount()));
        if (messagesUpTo > cursor.messagesRead()) cursor = cursor.withMessagesRead(messagesUpTo);
    }

    function _requireRecentContext(InboxCursor cursor) private view {
        require(_unreadAreRecent(cursor), OpeningRequired(cursor.messagesRead()));
    }

    /// @dev What is opened stands before everything unread or is the first of it, and messages are in the order of their
    /// time.
    function _requireNotOverdue(
        InboxCursor cursor,
        uint256 messagesUpTo,
        MessageOpening calldata opening
    ) private view {
        if (_unreadAreRecent(cursor)) return;
        bool opensFirst = messagesUpTo == 0 || opening.hashAt(messagesUpTo) == messageHashes[messagesUpTo];
        uint256 opened = opensFirst ? messagesUpTo : messagesUpTo - 1;
        uint256 deadline = _deadline(opened, opening);
        require(block.timestamp <= deadline, MessageOverdue(opened, deadline));
    }

    /// @dev Whether the Inbox knows, without an opening, that no unread message is overdue: there is none, or all stand at
    /// or after a recent context message. That lets a batch be posted while messages the poster cannot have seen yet arrive.
    function _unreadAreRecent(InboxCursor cursor) private view returns (bool) {
        uint256 read = cursor.messagesRead();
        if (read == cursor.messageCount()) return true;
        return read >= cursor.lastContextIndex() && block.timestamp <= cursor.lastContextAt() + FORCE_INCLUSION_DELAY;
    }

    /// @dev The last second in which the message at `index`, which `opening` opens, may be left unread.
    function _deadline(uint256 index, MessageOpening calldata opening) private view returns (uint256) {
        bytes32 expected = messageHashes[index];
        bytes32 actual = opening.hashAt(index);
        require(actual == expected, WrongOpening(index, expected, actual));
        return opening.enqueuedAt + FORCE_INCLUSION_DELAY;
    }

    /// @dev Writes `cursor` back, which knows how far the batch reads. The context message comes after the batch: a batch
    /// never reads its own.
    function _recordBatch(InboxCursor cursor, BatchKind kind, bytes32 dataHash) private {
        uint256 index = cursor.batchCount();
        uint256 messagesUpTo = cursor.messagesRead();
        batchHashes[index] = Batch({
            kind: kind,
            dataHash: dataHash,
            messagesUpTo: messagesUpTo,
            number: block.number,
            timestamp: block.timestamp
        }).hash();
        emit BatchPosted(index, kind, dataHash, messagesUpTo, block.number, block.timestamp);

        cursor = cursor.withBatchCount(index + 1);
        if (block.timestamp >= cursor.lastContextAt() + CONTEXT_INTERVAL) cursor = _enqueueContext(cursor);
        _cursor = cursor;
    }

    /// @dev Leaves writing the new cursor to the caller.
    function _enqueueContext(InboxCursor cursor) private returns (InboxCursor) {
        ContextBody memory body = ContextBody({
            number: block.number,
            timestamp: block.timestamp,
            baseFee: block.basefee,
            blobBaseFee: block.blobbasefee,
            parentHash: blockhash(block.number - 1)
        });
        uint256 index = cursor.messageCount();
        bytes32 messageHash = MessageOpening({
            enqueuedAt: block.timestamp,
            kind: MessageKind.Context,
            bodyHash: body.hash()
        }).hashAt(index);

        messageHashes[index] = messageHash;
        emit ContextEnqueued(
            index,
            messageHash,
            body.number,
            body.timestamp,
            body.baseFee,
            body.blobBaseFee,
            body.parentHash
        );
        return cursor.withMessageCount(index + 1).withLastContextIndex(index).withLastContextAt(block.timestamp);
    }

    /// @dev keccak256 of a payload that can be read from the transaction's input: a sender without code has run none, so a
    /// call that has it as caller is the outermost of the transaction.
    function _payloadHash(bytes calldata payload) private view returns (bytes32) {
        // solhint-disable-next-line avoid-tx-origin
        require(msg.sender == tx.origin && msg.sender.code.length == 0, CallerNotPlainAccount(msg.sender));
        require(payload.length <= MAXIMUM_PAYLOAD_LENGTH, PayloadTooLong(payload.length, MAXIMUM_PAYLOAD_LENGTH));
        return keccak256(payload);
    }

    /// @dev keccak256 of the concatenated versioned hashes of all blobs of the transaction.
    function _blobsHash() private view returns (bytes32) {
        uint256 count = 0;
        while (blobhash(count) != 0) ++count;
        require(count != 0, NoBlobs());
        require(count <= MAXIMUM_BLOBS, TooManyBlobs(count, MAXIMUM_BLOBS));
        bytes32[] memory versionedHashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            bytes32 versionedHash = blobhash(i);
            require(versionedHash[0] == BLOB_VERSION, UnknownBlobVersion(i, versionedHash));
            versionedHashes[i] = versionedHash;
        }
        return keccak256(abi.encodePacked(versionedHashes));
    }

    function _selfSequencingFrom(uint256 lastOperatorBatch) private view returns (uint256) {
        return lastOperatorBatch + SELF_SEQUENCING_DELAY;
    }

    /// @dev An account with a key: the sender of the transaction, or one that delegates (EIP-7702). No deployed code
    /// begins with 0xef (EIP-3541), and a contract under construction, which has no code, is not the sender.
    function _isExternallyOwned(address account) private view returns (bool) {
        // solhint-disable-next-line avoid-tx-origin
        if (account == tx.origin) return true;
        return account.code.length == DELEGATION_LENGTH && bytes3(account.code) == DELEGATION_PREFIX;
    }
}
