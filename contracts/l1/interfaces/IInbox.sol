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

    /// @notice A batch was recorded. If `dataHash` is keccak256 of nothing the payload is empty; otherwise a calldata
    /// payload is the second argument of the transaction, whose input is a call of `postBatch`, and blobs are those of
    /// the transaction.
    /// @param index Position among the batches.
    /// @param kind Where the payload is.
    /// @param dataHash keccak256 of the payload, or of the concatenated versioned hashes of its blobs.
    /// @param messagesUpTo Messages below this index are read by the end of the batch.
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

    /// @notice `caller` is not the operator, who keeps the right to post alone until `selfSequencingFrom` (seconds).
    error NotOperator(address caller, uint256 selfSequencingFrom);

    /// @notice A calldata batch must be posted by the transaction's sender itself, an account without code, or the
    /// payload could not be read from the transaction's input.
    error CallerNotPlainAccount(address caller);

    /// @notice A blob batch was posted by a transaction without blobs.
    error NoBlobs();

    /// @notice `messagesUpTo` is below the `read` messages of earlier batches or above the `count` there are.
    error MessagesUpToOutOfRange(uint256 messagesUpTo, uint256 read, uint256 count);

    /// @notice The batch leaves messages unread, and nothing shows that the first of them, `index`, is recent.
    error OpeningRequired(uint256 index);

    /// @notice The opening does not give the stored hash of the message at `index`.
    error WrongOpening(uint256 index, bytes32 expected, bytes32 actual);

    /// @notice The batch leaves message `index` unread, which had to be read by `deadline` (seconds).
    error MessageOverdue(uint256 index, uint256 deadline);

    /// @notice Nothing to force: message `index` may stay unread until `deadline` (seconds).
    error MessageNotOverdue(uint256 index, uint256 deadline);

    /// @notice Nothing to force: all `count` messages are read.
    error NoUnreadMessage(uint256 count);

    /// @notice The Portal did not take the ETH.
    error ForwardingFailed(uint256 amount);

    /// @notice Mints the ETH sent to `to` on L2. Runs no code there.
    /// Reverts with ZeroAddress.
    /// @param to L2 account; not zero.
    /// @return messageHash Hash of the L2 transaction.
    function depositEther(address to) external payable returns (bytes32 messageHash);

    /// @notice Mints the ETH sent to the caller's L2 account and runs a transaction from it, paid for from there.
    /// What is left of the mint, or all of it if the transaction cannot be run, goes to `refundTo`.
    /// Reverts with ZeroAddress (for `refundTo`), ValueTooLarge, GasLimitTooHigh or DataTooLong.
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
    /// Reverts with NotOperator, CallerNotPlainAccount, MessagesUpToOutOfRange or OpeningRequired.
    /// @param messagesUpTo Messages below this index are read by the end of the batch.
    /// @param payload Specification §3.
    function postBatch(uint256 messagesUpTo, bytes calldata payload) external;

    /// @notice Posts a batch as calldata that leaves messages unread.
    /// Reverts as the other form, and with WrongOpening or MessageOverdue.
    /// @param messagesUpTo As in the other form.
    /// @param payload As in the other form.
    /// @param firstUnread Opens message `messagesUpTo`; not looked at if that many messages are all there are.
    function postBatch(uint256 messagesUpTo, bytes calldata payload, MessageOpening calldata firstUnread) external;

    /// @notice Posts a batch whose payload is in all the blobs of the transaction, in order.
    /// Reverts with NotOperator, NoBlobs, MessagesUpToOutOfRange or OpeningRequired.
    /// @param messagesUpTo Messages below this index are read by the end of the batch.
    function postBlobBatch(uint256 messagesUpTo) external;

    /// @notice Posts a blob batch that leaves messages unread.
    /// Reverts as the other form, and with WrongOpening or MessageOverdue.
    /// @param messagesUpTo As in the other form.
    /// @param firstUnread Opens message `messagesUpTo`; not looked at if that many messages are all there are.
    function postBlobBatch(uint256 messagesUpTo, MessageOpening calldata firstUnread) external;

    /// @notice Records an empty batch that reads all messages. Anyone may, once the first unread message is overdue.
    /// Reverts with NoUnreadMessage, WrongOpening or MessageNotOverdue.
    /// @param firstUnread Opens message `messagesRead()`.
    function forceInclude(MessageOpening calldata firstUnread) external;

    /// @notice Moves all ETH to the Portal.
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

    /// @notice Hash of the batch at `index`; 0 if there is none.
    /// @param index Position among the batches, from 0.
    function batchHashes(uint256 index) external view returns (bytes32);

    /// @notice Hash of the message at `index`; 0 if there is none.
    /// @param index Position among the messages, from 0.
    function messageHashes(uint256 index) external view returns (bytes32);

    /// @notice The account that orders transactions.
    function OPERATOR() external view returns (address);

    /// @notice Seconds after which a message must be read.
    function FORCE_INCLUSION_DELAY() external view returns (uint256);

    /// @notice Seconds of the operator's silence after which anyone may post.
    function SELF_SEQUENCING_DELAY() external view returns (uint256);

    /// @notice Seconds between context messages.
    function CONTEXT_INTERVAL() external view returns (uint256);

    /// @notice The Portal, which the ETH of deposits moves to.
    function PORTAL() external view returns (address);
}
