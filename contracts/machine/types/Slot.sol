// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Overlay entry of a storage slot.
struct Slot {
    uint256 original;
    uint256 current;
    bool isWarm;
}

using {hash} for Slot global;

/// @notice The value hash of the entry.
function hash(Slot memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
