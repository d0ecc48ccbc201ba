// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

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
