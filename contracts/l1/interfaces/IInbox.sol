// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchKind} from "../types/Batch.sol";
import {MessageOpening} from "../types/MessageOpening.sol";

/// @title Inbox
/// @notice The only input of L2: an append-only list of messages, which anyone extends, and one of batches, which the
/// operator extends, or anyone once the operator is silent (specification §2). Each entry is one stored hash; the events
/// carry what the hashes commit to, except the payloads, which are found in the posting transaction.
interface IInbox {
    /// @notice A deposit was enqueued.
    /// @param index Position among the messages.
    /// @param sender L2 sender: the caller, aliased if it is a contract.
    /// @param to Recipient on L2.
    /// @param messageHash The stored hash, which is also the hash of the L2 transaction.
    /// @param enqueuedAt L1 timestamp in seconds.
    /// @param mint Wei minted on L2.
    /// @param value Wei the L2 transaction carries.
    /// @param gasLimit Gas limit of the L2 transaction; 0 runs none.
    /// @param refundTo Receives what is left of the mint.
    /// @param data Calldata of the L2 transaction.
    event DepositEnqueued(
        uint256 indexed index,
        address indexed sender,
        address indexed to,
        bytes32 messageHash,
        uint256 enqueuedAt,
        uint256 mint,
        uint256 value,
        uint256 gasLimit,
        address refundTo,
        bytes data
    );

    /// @notice A context message was enqueued.
    /// @param index Position among the messages.
    /// @param messageHash The stored hash.
    /// @param number L1 block number.
    /// @param timestamp L1 timestamp in seconds; also when the message was enqueued.
    /// @param baseFee Wei per gas.
    /// @param blobBaseFee Wei per blob gas.
    /// @param parentHash Hash of the parent L1 block.
    event ContextEnqueued(
        uint256 indexed index,
        bytes32 messageHash,
        uint256 number,
        uint256 timestamp,
        uint256 baseFee,
        uint256 blobBaseFee,
        bytes32 parentHash
    );

    /// @notice The L2 gas of a message was paid for.
    /// @param messageHash The message's hash.
    /// @param fromBucket Gas the bucket paid.
    /// @param burned Gas the call burned for the rest.
    event DepositGasPaid(bytes32 indexed messageHash, uint256 fromBucket, uint256 burned);

    /// @notice A batch was recorded. If `dataHash` is keccak256 of nothing the payload is empty; otherwise a calldata
    /// payload is the second argument of the transaction, whose input is a call of `postBatch`, and blobs are those of
    /// the transaction.
    /// @param index Position among the batches.
    /// @param kind Where the payload is.
    /// @param dataHash keccak256 of the payload, or of the concatenated versioned hashes of its blobs.
    /// @param messagesUpTo Messages below this index are read by the end of the batch: what the poster gave, or more if
    /// earlier batches had read further.
    /// @param number L1 block number.
    /// @param timestamp L1 timestamp in seconds.
    event BatchPosted(
        uint256 indexed index,
        BatchKind kind,
        bytes32 dataHash,
        uint256 messagesUpTo,
        uint256 number,
        uint256 timestamp
    );

    /// @notice The ETH of deposits moved to the Portal.
    /// @param amount Wei.
    event EtherForwarded(uint256 amount);

    /// @notice A contract sent ETH without calldata; what its L2 account could be is its own to say, by `depositEther`.
    error UseDepositEther(address caller);

    /// @notice A deposit names no recipient, or no account for the refund.
    error ZeroAddress();

    /// @notice The L2 transaction's value is not below 2^128.
    error ValueTooLarge(uint256 value);

    /// @notice The L2 transaction's gas limit exceeds `maximum` (EIP-7825).
    error GasLimitTooHigh(uint256 gasLimit, uint256 maximum);

    /// @notice The L2 transaction's data exceeds `maximum` bytes.
    error DataTooLong(uint256 length, uint256 maximum);

    /// @notice The call has `available` gas left, and must burn gas for the L2 gas that the bucket cannot pay for: it needs
    /// `required`.
    error InsufficientGas(uint256 available, uint256 required);

    /// @notice `caller` is not the operator, who keeps the right to post alone until `selfSequencingFrom` (seconds).
    error NotOperator(address caller, uint256 selfSequencingFrom);

    /// @notice A calldata batch must be posted by the transaction's sender itself, an account without code, or the
    /// payload could not be read from the transaction's input.
    error CallerNotPlainAccount(address caller);

    /// @notice A blob batch was posted by a transaction without blobs.
    error NoBlobs();

    /// @notice A blob batch has more than `maximum` blobs.
    error TooManyBlobs(uint256 count, uint256 maximum);

    /// @notice The versioned hash of blob `index` does not begin with 0x01 (EIP-4844).
    error UnknownBlobVersion(uint256 index, bytes32 versionedHash);

    /// @notice A calldata payload has more than `maximum` bytes.
    error PayloadTooLong(uint256 length, uint256 maximum);

    /// @notice `messagesUpTo` is above the `count` of messages there are.
    error MessagesUpToTooHigh(uint256 messagesUpTo, uint256 count);

    /// @notice The batch leaves messages unread, and nothing shows that the first of them, `index`, is recent.
    error OpeningRequired(uint256 index);

    /// @notice The opening does not give the stored hash of the message at `index` (nor, beside a batch, of the one after
    /// it).
    error WrongOpening(uint256 index, bytes32 expected, bytes32 actual);

    /// @notice The batch leaves messages unread, and the one opened to show that they are recent, `index`, had to be read by
    /// `deadline` (seconds).
    error MessageOverdue(uint256 index, uint256 deadline);

    /// @notice Nothing to force: message `index` may stay unread until `deadline` (seconds).
    error MessageNotOverdue(uint256 index, uint256 deadline);

    /// @notice Nothing to force: message `index` is among the `read`, or not among the `count` there are.
    error MessageNotUnread(uint256 index, uint256 read, uint256 count);

    /// @notice The Portal did not take the ETH.
    error ForwardingFailed(uint256 amount);

    /// @notice Mints the ETH sent to `to` on L2. Runs no code there.
    /// Reverts with ZeroAddress.
    /// @param to L2 account; not zero.
    /// @return messageHash Hash of the L2 transaction.
    function depositEther(address to) external payable returns (bytes32 messageHash);

    /// @notice Mints the ETH sent to the caller's L2 account and runs a transaction from it, paid for from there.
    /// What is left of the mint, or all of it if the transaction cannot be run, goes to `refundTo`.
    /// Reverts with ZeroAddress (for `refundTo`), ValueTooLarge, GasLimitTooHigh, DataTooLong or InsufficientGas.
    /// @dev `gasLimit` is taken out of a bucket, and the call burns L1 gas for what is not in it, one for one. So the L2 gas
    /// that all messages of a span of time ask for is at most DEPOSIT_GAS_CAPACITY + DEPOSIT_GAS_PER_SECOND × seconds +
    /// the L1 gas burned: nobody can make those who check L2 do work without bound, and nobody who empties the bucket can
    /// keep another's message out, which then only costs more. A call with `gasLimit` more gas than it otherwise takes
    /// succeeds whatever others do. An L1 transaction has at most 2^24 gas (EIP-7825), so a `gasLimit` so high that this
    /// does not fit beside the call has to wait until the bucket holds the difference.
    /// @param to Recipient on L2.
    /// @param value Wei the L2 transaction carries; may exceed the ETH sent if the L2 account has it.
    /// @param gasLimit Gas limit of the L2 transaction; 0 runs none.
    /// @param data Calldata of the L2 transaction, at most 65,536 bytes.
    /// @param refundTo L2 account.
    /// @return messageHash Hash of the L2 transaction.
    function sendMessage(
        address to,
        uint256 value,
        uint256 gasLimit,
        bytes calldata data,
        address refundTo
    ) external payable returns (bytes32 messageHash);

    /// @notice Posts a batch as calldata. It may leave messages unread if the last context message is recent and among
    /// the read or the first unread; otherwise the other form must be used.
    /// Reverts with NotOperator, MessagesUpToTooHigh, OpeningRequired, CallerNotPlainAccount or PayloadTooLong.
    /// @param messagesUpTo Messages below this index are read by the end of the batch. A minimum: if others have read
    /// further meanwhile, that is how far this batch reads.
    /// @param payload Specification §3; at most 65,536 bytes.
    function postBatch(uint256 messagesUpTo, bytes calldata payload) external;

    /// @notice Posts a batch as calldata that leaves messages unread, and shows that they are not overdue.
    /// Reverts as the other form except with OpeningRequired, and with WrongOpening or MessageOverdue.
    /// @dev What others do in front of this cannot make it revert while the opened message is not overdue.
    /// @param messagesUpTo As in the other form.
    /// @param payload As in the other form.
    /// @param opening Opens message `messagesUpTo` or, as where that is not there yet, the one before it. Not looked at
    /// where the other form would do.
    function postBatch(uint256 messagesUpTo, bytes calldata payload, MessageOpening calldata opening) external;

    /// @notice Posts a batch whose payload is in all the blobs of the transaction, in order: 1 to 32.
    /// Reverts with NotOperator, MessagesUpToTooHigh, OpeningRequired, NoBlobs, TooManyBlobs or UnknownBlobVersion.
    /// @param messagesUpTo As in `postBatch`.
    function postBlobBatch(uint256 messagesUpTo) external;

    /// @notice Posts a blob batch that leaves messages unread, and shows that they are not overdue.
    /// Reverts as the other form except with OpeningRequired, and with WrongOpening or MessageOverdue.
    /// @param messagesUpTo As in `postBatch`.
    /// @param opening As in `postBatch`.
    function postBlobBatch(uint256 messagesUpTo, MessageOpening calldata opening) external;

    /// @notice Records an empty batch that reads the messages up to one that is overdue, and none after it. Anyone may.
    /// Reverts with MessageNotUnread, WrongOpening or MessageNotOverdue.
    /// @param lastOverdue Index of an unread message that is overdue.
    /// @param opening Opens it.
    function forceInclude(uint256 lastOverdue, MessageOpening calldata opening) external;

    /// @notice Moves all ETH to the Portal; does nothing if there is none.
    function forwardEther() external;

    /// @notice Whether `poster` may post a batch in a block with the current timestamp.
    /// @param poster Sender of the transaction.
    function canPost(address poster) external view returns (bool);

    /// @notice L1 timestamp in seconds from which anyone may post, unless the operator posts before.
    function selfSequencingFrom() external view returns (uint256);

    /// @notice Number of batches.
    function batchCount() external view returns (uint256);

    /// @notice Number of messages.
    function messageCount() external view returns (uint256);

    /// @notice `messagesUpTo` of the last batch.
    function messagesRead() external view returns (uint256);

    /// @notice Position of the last context message; 0 if there is none.
    function lastContextIndex() external view returns (uint256);

    /// @notice L1 timestamp in seconds of the last context message; 0 if there is none.
    function lastContextAt() external view returns (uint256);

    /// @notice L1 timestamp in seconds of the operator's last batch, or of the deployment.
    function lastOperatorBatchAt() external view returns (uint256);

    /// @notice L2 gas of messages that the bucket can pay for in a block with the current timestamp.
    function depositGasAvailable() external view returns (uint256);

    /// @notice Hash of the batch at `index`; 0 if there is none.
    /// @param index Position among the batches, from 0.
    function batchHashes(uint256 index) external view returns (bytes32);

    /// @notice Hash of the message at `index`; 0 if there is none.
    /// @param index Position among the messages, from 0.
    function messageHashes(uint256 index) external view returns (bytes32);

    /// @notice Chain id of L2, which the prover reads.
    function L2_CHAIN_ID() external view returns (uint256);

    /// @notice The account that orders transactions.
    function OPERATOR() external view returns (address);

    /// @notice Seconds after which a message must be read.
    function FORCE_INCLUSION_DELAY() external view returns (uint256);

    /// @notice Seconds of the operator's silence after which anyone may post.
    function SELF_SEQUENCING_DELAY() external view returns (uint256);

    /// @notice Seconds between context messages.
    function CONTEXT_INTERVAL() external view returns (uint256);

    /// @notice L2 gas of messages that the bucket holds at most, as it does at first; at least 2^24.
    function DEPOSIT_GAS_CAPACITY() external view returns (uint256);

    /// @notice L2 gas of messages that each second adds to the bucket.
    function DEPOSIT_GAS_PER_SECOND() external view returns (uint256);

    /// @notice The Portal, which the ETH of deposits moves to.
    function PORTAL() external view returns (address);
}
