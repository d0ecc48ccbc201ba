// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerklePatriciaTrie} from "../libraries/MerklePatriciaTrie.sol";

// keccak256 of no bytes: the code hash of an account without code.
bytes32 constant EMPTY_CODE_HASH = 0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470;

/// @notice Overlay entry of an account (docs/machine.md §4).
/// @param delegation 2^160 + target if the code is an EIP-7702 designator, else 0.
struct Account {
    uint256 nonce;
    uint256 balance;
    bytes32 codeHash;
    bytes32 storageRoot;
    uint256 codeLength;
    uint256 delegation;
    bool isWarm;
    bool isCreated;
    bool isDestroyed;
    bool isDirty;
}

using {hasCode, hash, isEmpty, isOccupied} for Account global;

/// @notice The value hash of the entry.
function hash(Account memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}

/// @notice Whether an account has code, be it a delegation.
function hasCode(Account memory self) pure returns (bool) {
    return self.codeHash != EMPTY_CODE_HASH;
}

/// @notice Whether an account has no nonce, balance or code (EIP-161).
function isEmpty(Account memory self) pure returns (bool) {
    return self.nonce == 0 && self.balance == 0 && !self.hasCode();
}

/// @notice Whether an account stands in the way of a creation at its address: by nonce or code (EIP-684), or by storage
/// (EIP-7610).
function isOccupied(Account memory self) pure returns (bool) {
    return self.nonce != 0 || self.hasCode() || self.storageRoot != MerklePatriciaTrie.EMPTY_ROOT;
}
