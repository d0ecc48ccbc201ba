// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CrossDomainMessage} from "../types/CrossDomainMessage.sol";
import {IMessenger} from "./IMessenger.sol";

/// @notice What became of a message from L1. A relayed one is never relayed again.
enum RelayStatus {
    None,
    Failed,
    Relayed
}

/// @title L2Messenger
/// @notice The messenger on L2 (specification §7). Calls that fail are remembered with their ETH, and may be tried again by anyone.
interface IL2Messenger is IMessenger {
    /// @notice The call of a message failed; it can be tried again (`replayMessage`).
    /// @param messageHash Its hash.
    /// @param nonce Of the message.
    event MessageFailed(bytes32 indexed messageHash, uint256 indexed nonce);

    /// @notice The message has arrived before.
    error AlreadyArrived(bytes32 messageHash);

    /// @notice The message has not failed.
    error NotFailed(bytes32 messageHash, RelayStatus status);

    /// @notice A message is being relayed; another waits until it is over.
    error AlreadyRelaying();

    /// @notice Tries a message again that failed. Anyone may call.
    /// Reverts with NotFailed, AlreadyRelaying, InsufficientGas or CallFailed; the message then can be tried again still.
    /// @param message What was sent.
    function replayMessage(CrossDomainMessage calldata message) external;

    /// @notice What became of a message.
    /// @param messageHash Its hash.
    function statusOf(bytes32 messageHash) external view returns (RelayStatus);
}
