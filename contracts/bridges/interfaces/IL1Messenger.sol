// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInbox} from "../../l1/interfaces/IInbox.sol";
import {IPortal} from "../../l1/interfaces/IPortal.sol";
import {CrossDomainMessage} from "../types/CrossDomainMessage.sol";
import {IMessenger} from "./IMessenger.sol";

/// @title L1Messenger
/// @notice The messenger on L1 (specification §7). It keeps no state: the Inbox remembers what was sent, the Portal what was relayed.
interface IL1Messenger is IMessenger {
    /// @notice A message was put into the Inbox, for the first time or again.
    /// @param nonce Of the message.
    /// @param depositHash Hash of the Inbox message, and of the L2 transaction that relays it.
    /// @param mint Wei minted on L2: the value and the fee.
    /// @param gasLimit Gas limit of the L2 transaction.
    /// @param refundTo Gets what is left of the fee.
    event MessageEnqueued(
        uint256 indexed nonce,
        bytes32 indexed depositHash,
        uint256 mint,
        uint256 gasLimit,
        address refundTo
    );

    /// @notice `fee` wei do not pay for the gas limit at the price of now, `required`.
    error FeeTooLow(uint256 fee, uint256 required);

    /// @notice The gas limit does not relay the message.
    error GasLimitTooLow(uint256 gasLimit, uint256 required);

    /// @notice The message was not sent by this messenger: the Inbox has another one at `index`.
    error NotSent(uint256 index, bytes32 expected, bytes32 actual);

    /// @notice What the Inbox has of a message that was sent.
    /// @param index Position in the Inbox.
    /// @param enqueuedAt L1 timestamp in seconds.
    /// @param mint Wei.
    /// @param gasLimit Gas limit of the L2 transaction.
    /// @param refundTo Who got what was left.
    struct Enqueued {
        uint256 index;
        uint256 enqueuedAt;
        uint256 mint;
        uint256 gasLimit;
        address refundTo;
    }

    /// @notice Sends a message again whose L2 transaction could not run, as its fee had become too low, or ran out of gas. Anyone may
    /// call, and brings its value again: that of the first went to its `refundTo`. A message that has arrived is
    /// not relayed again: the ETH then goes to `refundTo`.
    /// Reverts with NotSent, GasLimitTooLow, WrongValue or FeeTooLow.
    /// @param message The message.
    /// @param enqueued How it was sent.
    /// @param gasLimit Gas limit of the new L2 transaction.
    /// @param refundTo Account on L2 that gets what is left of the fee, or all.
    /// @return depositHash Hash of the new L2 transaction.
    function resendMessage(
        CrossDomainMessage calldata message,
        Enqueued calldata enqueued,
        uint256 gasLimit,
        address refundTo
    ) external payable returns (bytes32 depositHash);

    /// @notice Gas limit of the L2 transaction that relays a message.
    /// @param minimumGas Gas that the call has at least.
    /// @param dataLength Bytes of its calldata.
    function gasLimitOf(uint256 minimumGas, uint256 dataLength) external pure returns (uint256);

    /// @notice Wei that pay for the gas on L2 at given prices of L1. Prices move: send twice as much, what is left comes back on L2.
    /// @param gasLimit Gas limit of the L2 transaction.
    /// @param baseFee Wei per gas on L1.
    /// @param blobBaseFee Wei per blob gas on L1.
    function feeOf(uint256 gasLimit, uint256 baseFee, uint256 blobBaseFee) external pure returns (uint256);

    /// @notice Takes messages to L2.
    function INBOX() external view returns (IInbox);

    /// @notice Executes messages from L2.
    function PORTAL() external view returns (IPortal);
}
