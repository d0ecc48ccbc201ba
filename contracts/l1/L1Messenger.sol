// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

import {Messenger} from "../bridges/Messenger.sol";
import {IL1Messenger} from "../bridges/interfaces/IL1Messenger.sol";
import {IMessenger} from "../bridges/interfaces/IMessenger.sol";
import {CrossDomainMessage} from "../bridges/types/CrossDomainMessage.sol";
import {AccountAlias} from "../libraries/AccountAlias.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {Fees} from "../machine/libraries/Fees.sol";
import {IInbox} from "./interfaces/IInbox.sol";
import {IPortal} from "./interfaces/IPortal.sol";
import {DepositBody} from "./types/DepositBody.sol";
import {MessageKind, MessageOpening} from "./types/MessageOpening.sol";

/// @title L1Messenger
/// @notice See {IL1Messenger}.
contract L1Messenger is IL1Messenger, Messenger {
    /// @dev EIP-7825.
    uint256 private constant MAXIMUM_GAS = 1 << 24;
    /// @dev What L2 takes for a message besides its call and its data: the transaction (21,000), three cold slots, one of which is
    /// new (26,300), the event and the code of the messenger (below 15,000), and the CALL_COST that is kept back.
    uint256 private constant RELAY_GAS = 120_000;
    /// @dev The floor of EIP-7623 for a byte that is not zero. What is above the 16 that the byte costs otherwise pays for copying
    /// and hashing it.
    uint256 private constant GAS_PER_BYTE = 40;
    /// @dev Bytes around the data in the call of the L2 messenger, without those that pad it.
    uint256 private constant CALL_LENGTH = 4 + 32 * 8;
    /// @dev Prices of L1 have the same effect in whichever block but 0, which stands for none.
    uint256 private constant ANY_BLOCK = 1;

    /// @inheritdoc IL1Messenger
    IInbox public immutable INBOX;
    /// @inheritdoc IL1Messenger
    IPortal public immutable PORTAL;

    constructor(IInbox inbox, IPortal portal) {
        INBOX = inbox;
        PORTAL = portal;
    }

    // ------------------------------------------------------------------------------------------------- to L2

    /// @inheritdoc IMessenger
    function sendMessage(
        address target,
        uint256 value,
        uint256 minimumGas,
        bytes calldata data,
        address refundTo
    ) external payable returns (uint256 nonce) {
        // The other messenger would never call it, and keep the value.
        require(target != Predeploys.MESSENGER && target != Predeploys.OUTBOX, ForbiddenTarget(target));
        nonce = INBOX.messageCount();
        CrossDomainMessage memory message = CrossDomainMessage({
            nonce: nonce,
            sender: msg.sender,
            target: target,
            value: value,
            minimumGas: minimumGas,
            data: data
        });
        emit MessageSent(nonce, msg.sender, target, value, minimumGas, data);
        _enqueue(
            nonce,
            value,
            gasLimitOf(minimumGas, data.length),
            abi.encodeCall(IMessenger.relayMessage, (message)),
            refundTo
        );
    }

    /// @inheritdoc IL1Messenger
    function resendMessage(
        CrossDomainMessage calldata message,
        Enqueued calldata enqueued,
        uint256 gasLimit,
        address refundTo
    ) external payable returns (bytes32 depositHash) {
        uint256 required = gasLimitOf(message.minimumGas, message.data.length);
        require(gasLimit >= required, GasLimitTooLow(gasLimit, required));
        bytes memory relay = abi.encodeCall(IMessenger.relayMessage, (message));
        _requireSent(message.value, relay, enqueued);
        return _enqueue(message.nonce, message.value, gasLimit, relay, refundTo);
    }

    // ------------------------------------------------------------------------------------------------- from L2

    /// @inheritdoc IMessenger
    /// @dev The Portal executes one message at a time, each once, and one that reverts stays executable: so nothing is remembered here.
    function relayMessage(CrossDomainMessage calldata message) external payable {
        require(
            msg.sender == address(PORTAL) && PORTAL.l2Sender() == Predeploys.MESSENGER,
            NotOtherMessenger(msg.sender)
        );
        require(msg.value == message.value, WrongValue(msg.value, message.value));
        address target = message.target;
        // The Inbox takes what this messenger sends for messages.
        require(
            target != address(this) && target != address(INBOX) && target != address(PORTAL),
            ForbiddenTarget(target)
        );
        emit MessageRelayed(message.hash(), message.nonce);

        (bool enough, bool success, uint256 available) = _call(message);
        require(enough, InsufficientGas(available, message.minimumGas));
        require(success, CallFailed(target, LowLevelCall.returnData()));
    }

    // ------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IL1Messenger
    function gasLimitOf(uint256 minimumGas, uint256 dataLength) public pure returns (uint256) {
        require(minimumGas <= MAXIMUM_GAS, MinimumGasTooHigh(minimumGas, MAXIMUM_GAS));
        uint256 padded = (dataLength + 31) & ~uint256(31);
        return RELAY_GAS + GAS_PER_BYTE * (CALL_LENGTH + padded) + minimumGas + minimumGas / 63 + 1;
    }

    /// @inheritdoc IL1Messenger
    function feeOf(uint256 gasLimit, uint256 baseFee, uint256 blobBaseFee) public pure returns (uint256) {
        return gasLimit * Fees.minimumBaseFee(Fees.dataPrice(ANY_BLOCK, baseFee, blobBaseFee));
    }

    /// @inheritdoc IMessenger
    function otherMessenger() external pure returns (address) {
        return Predeploys.MESSENGER;
    }

    // ------------------------------------------------------------------------------------------------- internals

    function _enqueue(
        uint256 nonce,
        uint256 value,
        uint256 gasLimit,
        bytes memory relay,
        address refundTo
    ) private returns (bytes32 depositHash) {
        require(msg.value >= value, WrongValue(msg.value, value));
        uint256 fee = msg.value - value;
        uint256 required = feeOf(gasLimit, block.basefee, block.blobbasefee);
        require(fee >= required, FeeTooLow(fee, required));
        depositHash = INBOX.sendMessage{value: msg.value}(Predeploys.MESSENGER, value, gasLimit, relay, refundTo);
        emit MessageEnqueued(nonce, depositHash, msg.value, gasLimit, refundTo);
    }

    /// @dev That this messenger has put the message into the Inbox before: the Inbox keeps the hash of all that was.
    function _requireSent(uint256 value, bytes memory relay, Enqueued calldata enqueued) private view {
        DepositBody memory body = DepositBody({
            sender: AccountAlias.aliasOf(address(this)),
            to: Predeploys.MESSENGER,
            mint: enqueued.mint,
            value: value,
            gasLimit: enqueued.gasLimit,
            refundTo: enqueued.refundTo,
            dataHash: keccak256(relay)
        });
        bytes32 actual = MessageOpening({
            enqueuedAt: enqueued.enqueuedAt,
            kind: MessageKind.Deposit,
            bodyHash: body.hash()
        }).hashAt(enqueued.index);
        bytes32 expected = INBOX.messageHashes(enqueued.index);
        require(actual == expected, NotSent(enqueued.index, expected, actual));
    }
}
