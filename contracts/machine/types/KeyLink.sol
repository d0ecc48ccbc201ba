// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EntryKind} from "./EntryKind.sol";

/// @notice A key of a `keyChain` (docs/machine.md §4).
/// @param previous The chain without it.
/// @param slot 0 for an account.
struct KeyLink {
    bytes32 previous;
    EntryKind kind;
    address owner;
    uint256 slot;
}

using {hash} for KeyLink global;

/// @notice The chain with this key as its last one.
function hash(KeyLink memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
