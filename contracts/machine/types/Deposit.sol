// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The deposit under way (docs/machine.md §16): what its transaction does not hold.
/// @param mint Wei.
/// @param refundTo Receives what is left of the mint.
/// @param balanceBefore Wei that the sender had before the mint.
struct Deposit {
    uint256 mint;
    address refundTo;
    uint256 balanceBefore;
}

using {hash} for Deposit global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Deposit memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
