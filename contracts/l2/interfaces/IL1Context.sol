// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title L1Context
/// @notice What L2 knows of L1: five values of the L1 block in which the last context message was enqueued
/// (specification §2, §4). They follow L1 with the delay of batches, and change between transactions only.
/// @dev The protocol writes the storage slots directly, in the order below from slot 0; no code does.
interface IL1Context {
    /// @notice L1 block number; 0 while no context has been read.
    function number() external view returns (uint256);

    /// @notice L1 block timestamp in seconds.
    function timestamp() external view returns (uint256);

    /// @notice L1 base fee in wei per gas.
    function baseFee() external view returns (uint256);

    /// @notice L1 blob base fee in wei per blob gas.
    function blobBaseFee() external view returns (uint256);

    /// @notice Hash of the parent of the L1 block.
    function parentHash() external view returns (bytes32);
}
