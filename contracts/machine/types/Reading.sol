// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Pending operation of `ReadCalldata` and `ReadElement`.
/// @param dataHash What the batch commits to.
/// @param root Root of the buffer that holds what has been read of the payload.
/// @param count Field elements read.
struct Reading {
    bytes32 dataHash;
    bytes32 root;
    uint256 count;
}

using {hash} for Reading global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Reading memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
