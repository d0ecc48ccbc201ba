// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CrossDomainMessage} from "../types/CrossDomainMessage.sol";

/// @title Messenger
/// @notice Calls accounts of the other layer (specification §7). There is one on each; they believe each other alone. A contract
/// that trusts an account of the other layer checks that the messenger calls it, and what `crossDomainSender()` is.
/// @dev Whoever sends a message decides what the messenger calls: give it no allowance, and leave nothing with it.
interface IMessenger {
    /// @notice A message was sent.
    /// @param nonce Tells it from all others of its direction.
    /// @param sender Caller.
    /// @param target Account to be called on the other layer.
    /// @param value Wei sent along.
    /// @param minimumGas Gas that the call has at least.
    /// @param data Calldata.
    event MessageSent(
        uint256 indexed nonce,
        address indexed sender,
        address indexed target,
        uint256 value,
        uint256 minimumGas,
        bytes data
    );

    /// @notice A message was relayed, and its call succeeded.
    /// @param messageHash Its hash (CrossDomainMessage).
    /// @param nonce Of the message.
    event MessageRelayed(bytes32 indexed messageHash, uint256 indexed nonce);

    /// @notice Only the other layer's messenger relays messages.
    error NotOtherMessenger(address caller);

    /// @notice No message is being relayed.
    error NoMessageInRelay();

    /// @notice What stands for this rollup's protocol, or its messengers, is not called in the messenger's name.
    error ForbiddenTarget(address target);

    /// @notice The ETH given, `given` wei, does not suffice for the message, or is not what it says.
    error WrongValue(uint256 given, uint256 expected);

    /// @notice More gas is asked for than a message can have.
    error MinimumGasTooHigh(uint256 minimumGas, uint256 maximum);

    /// @notice The `available` gas cannot give the call the `required` gas.
    error InsufficientGas(uint256 available, uint256 required);

    /// @notice The call of the target reverted with `returnData`.
    error CallFailed(address target, bytes returnData);

    /// @notice Sends a message to the other layer.
    /// Reverts with WrongValue or MinimumGasTooHigh, and as the Inbox or the Outbox does.
    /// @param target Account to be called there.
    /// @param value Wei sent along, out of the ETH of the call. From L1 the rest of it pays for the gas on L2 (`feeOf`).
    /// @param minimumGas Gas that the call has at least.
    /// @param data Calldata.
    /// @param refundTo From L1: account on L2 that gets what is left of the fee, and the value if the message could not run.
    /// From L2 it is not looked at: a message that fails there costs nothing but L1 gas, and stays executable.
    /// @return nonce Tells the message from all others of its direction.
    function sendMessage(
        address target,
        uint256 value,
        uint256 minimumGas,
        bytes calldata data,
        address refundTo
    ) external payable returns (uint256 nonce);

    /// @notice Calls the target of a message of the other messenger.
    /// Reverts with NotOtherMessenger, WrongValue or ForbiddenTarget, and on L1 with InsufficientGas or CallFailed: it then stays
    /// executable by the Portal.
    /// @param message What was sent.
    function relayMessage(CrossDomainMessage calldata message) external payable;

    /// @notice Who sent the message that is being relayed, on the other layer. Reverts with NoMessageInRelay outside of one.
    function crossDomainSender() external view returns (address);

    /// @notice The other layer's messenger.
    function otherMessenger() external view returns (address);
}
