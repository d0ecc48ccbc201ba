// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What an `Absorb` leaves pending for the phase it resumes.
struct Digest {
    bytes32 value;
    bytes32 context;
}

using {hash} for Digest global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Digest memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
