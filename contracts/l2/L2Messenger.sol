// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

import {Messenger} from "../bridges/Messenger.sol";
import {IL2Messenger, RelayStatus} from "../bridges/interfaces/IL2Messenger.sol";
import {IMessenger} from "../bridges/interfaces/IMessenger.sol";
import {CrossDomainMessage} from "../bridges/types/CrossDomainMessage.sol";
import {AccountAlias} from "../libraries/AccountAlias.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {IOutbox} from "./interfaces/IOutbox.sol";

/// @title L2Messenger
/// @notice See {IL2Messenger}. Predeployed at 0x4f6e650000000000000000000000000000000004.
contract L2Messenger is IL2Messenger, Messenger {
    IOutbox private constant OUTBOX = IOutbox(Predeploys.OUTBOX);

    /// @dev EIP-7825; what the Outbox takes is less.
    uint256 private constant MAXIMUM_GAS = 1 << 24;
    /// @dev What L1 takes for a message besides its call and its data: a cold account and the Portal's answer, the event and the
    /// code of the messenger (below 30,000), and the CALL_COST that is kept back.
    uint256 private constant RELAY_GAS = 70_000;
    /// @dev Copies and hashes a byte of data, with the memory for it.
    uint256 private constant GAS_PER_BYTE = 4;

    /// @inheritdoc IMessenger
    /// @dev Slot 0, written by the genesis state; nothing changes it.
    address public otherMessenger;

    /// @inheritdoc IL2Messenger
    mapping(bytes32 messageHash => RelayStatus status) public statusOf;

    // ------------------------------------------------------------------------------------------------- to L1

    /// @inheritdoc IMessenger
    function sendMessage(
        address target,
        uint256 value,
        uint256 minimumGas,
        bytes calldata data,
        address
    ) external payable returns (uint256 nonce) {
        require(msg.value == value, WrongValue(msg.value, value));
        require(minimumGas <= MAXIMUM_GAS, MinimumGasTooHigh(minimumGas, MAXIMUM_GAS));
        // Nor does it call Inbox and Portal, which are not known here.
        require(target != otherMessenger, ForbiddenTarget(target));
        nonce = OUTBOX.count();
        CrossDomainMessage memory message = CrossDomainMessage({
            nonce: nonce,
            sender: msg.sender,
            target: target,
            value: value,
            minimumGas: minimumGas,
            data: data
        });
        emit MessageSent(nonce, msg.sender, target, value, minimumGas, data);
        OUTBOX.sendMessage{value: value}(
            otherMessenger,
            RELAY_GAS + GAS_PER_BYTE * data.length + minimumGas + minimumGas / 63 + 1,
            abi.encodeCall(IMessenger.relayMessage, (message))
        );
    }

    // ------------------------------------------------------------------------------------------------- from L1

    /// @inheritdoc IMessenger
    /// @dev Reverts for nothing that its sender, or the target, can bring about, as the ETH would go to the refund account: what fails
    /// is remembered.
    function relayMessage(CrossDomainMessage calldata message) external payable {
        require(msg.sender == AccountAlias.aliasOf(otherMessenger), NotOtherMessenger(msg.sender));
        require(msg.value == message.value, WrongValue(msg.value, message.value));
        bytes32 messageHash = message.hash();
        require(statusOf[messageHash] == RelayStatus.None, AlreadyArrived(messageHash));

        // While the call lasts it has not failed, so that it cannot be tried from within.
        statusOf[messageHash] = RelayStatus.Relayed;

        bool success = false;
        // It is not within another: a deposit's call is the outermost of its transaction, and nobody else has this sender.
        if (!_isForbidden(message.target)) (, success, ) = _call(message);
        if (success) {
            emit MessageRelayed(messageHash, message.nonce);
        } else {
            statusOf[messageHash] = RelayStatus.Failed;
            emit MessageFailed(messageHash, message.nonce);
        }
    }

    /// @inheritdoc IL2Messenger
    function replayMessage(CrossDomainMessage calldata message) external {
        bytes32 messageHash = message.hash();
        RelayStatus status = statusOf[messageHash];
        require(status == RelayStatus.Failed, NotFailed(messageHash, status));
        require(!_isForbidden(message.target), ForbiddenTarget(message.target));
        require(!_isRelaying(), AlreadyRelaying());

        statusOf[messageHash] = RelayStatus.Relayed;
        emit MessageRelayed(messageHash, message.nonce);

        (bool enough, bool success, uint256 available) = _call(message);
        require(enough, InsufficientGas(available, message.minimumGas));
        require(success, CallFailed(message.target, LowLevelCall.returnData()));
    }

    // ------------------------------------------------------------------------------------------------- internals

    /// @dev The Outbox takes what this messenger sends for messages.
    function _isForbidden(address target) private view returns (bool) {
        return target == address(this) || target == address(OUTBOX);
    }
}
