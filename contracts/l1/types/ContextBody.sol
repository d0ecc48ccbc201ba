// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Body of a message that tells L2 about L1: values of the L1 block it is enqueued in.
/// @param number Block number.
/// @param timestamp Seconds.
/// @param baseFee Wei per gas.
/// @param blobBaseFee Wei per blob gas.
/// @param parentHash Hash of the parent block.
struct ContextBody {
    uint256 number;
    uint256 timestamp;
    uint256 baseFee;
    uint256 blobBaseFee;
    bytes32 parentHash;
}

using {hash} for ContextBody global;

/// @notice `keccak256(abi.encode(number, timestamp, baseFee, blobBaseFee, parentHash))`.
function hash(ContextBody memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
