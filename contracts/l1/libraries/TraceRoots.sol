// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Position} from "../types/Position.sol";
import {StateBefore} from "../types/Move.sol";

/// @title Trace roots
/// @notice The Merkle trees over traces (docs/machine.md §12).
library TraceRoots {
    /// @notice A last leaf has `expected` siblings.
    error SiblingsMismatch(uint256 expected, uint256 actual);

    /// @notice What was shown to end in the state before a position commits to `actual`, its prefix is `expected`.
    error WrongStateBefore(bytes32 expected, bytes32 actual);

    /// @notice Root of the tree over 2^height states whose last is `leaf`. So a root fixes its last leaf.
    /// Reverts with SiblingsMismatch.
    /// @param siblings `height`, lowest first, all of them left ones.
    function rootOfLast(bytes32 leaf, bytes32[] memory siblings, uint256 height) internal pure returns (bytes32 root) {
        require(siblings.length == height, SiblingsMismatch(height, siblings.length));
        root = leaf;
        for (uint256 level = 0; level < height; level++) root = Hashes.efficientKeccak256(siblings[level], root);
    }

    /// @notice Checks that a state is the one before a position. Reverts with SiblingsMismatch or WrongStateBefore.
    function check(StateBefore memory self, Position memory position) internal pure {
        bytes32 prefix = self.state;
        if (position.start == 0) {
            require(self.siblings.length == 0, SiblingsMismatch(0, self.siblings.length));
        } else {
            bytes32 part = rootOfLast(self.state, self.siblings, _trailingZeros(position.start));
            prefix = Hashes.efficientKeccak256(self.prefix, part);
        }
        require(prefix == position.prefix, WrongStateBefore(position.prefix, prefix));
    }

    function _trailingZeros(uint64 value) private pure returns (uint256 count) {
        while (value & 1 == 0) {
            value >>= 1;
            count++;
        }
    }
}
