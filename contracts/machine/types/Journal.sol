// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev keccak256 of 256 zero bytes: the bloom of no logs.
bytes32 constant EMPTY_BLOOM_HASH = 0xd397b3b043d87fcd6fad1291ff0bfd16401c274896d8c63a923727f077b8e0b5;

/// @notice What a revert restores (docs/machine.md §1).
/// @param overlayRoot Root of the overlay.
/// @param keyChain Hash chain over the keys of the overlay, in the order of their insertion.
/// @param logsHash Hash chain over the logs (specification §4).
/// @param bloomHash keccak256 of the 256 bytes of the logs bloom.
/// @param refund Gas.
struct Journal {
    bytes32 overlayRoot;
    bytes32 keyChain;
    bytes32 logsHash;
    bytes32 bloomHash;
    uint256 refund;
}

using {hash} for Journal global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Journal memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}

/// @notice The journal of every boundary state.
function emptyJournal() pure returns (Journal memory journal) {
    journal.bloomHash = EMPTY_BLOOM_HASH;
}
