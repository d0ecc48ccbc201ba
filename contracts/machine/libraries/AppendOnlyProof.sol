// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {AppendOnlyMerkleTree} from "../../libraries/AppendOnlyMerkleTree.sol";

/// @title Append to an append-only Merkle tree known by its count and root
/// @notice The tree of `AppendOnlyMerkleTree`, of which only the number of leaves and the root are at hand: the place of the
/// next leaf is opened by the siblings of its path (docs/machine.md §10).
library AppendOnlyProof {
    /// @notice The siblings do not show the zero leaf at index `count` of the tree.
    error AppendNotProven(bytes32 root, uint256 count);

    /// @notice The path of the next leaf has `expected` siblings.
    error AppendSiblingsMismatch(uint256 expected, uint256 actual);

    /// @notice The root of the tree after `leaf` was appended to its `count` leaves.
    /// Reverts with AppendSiblingsMismatch or AppendNotProven.
    /// @param siblings Lowest first: `⌈log₂ count⌉`, but none if `count` is 0 or a power of two, where the root says all.
    function append(
        bytes32 root,
        uint256 count,
        bytes32 leaf,
        bytes32[] calldata siblings
    ) internal pure returns (bytes32 newRoot) {
        if (count & (count - (count == 0 ? 0 : 1)) == 0) {
            require(siblings.length == 0, AppendSiblingsMismatch(0, siblings.length));
            if (count == 0) return leaf;
            bytes32 zero;
            newRoot = leaf;
            for (uint256 size = 1; size < count; size <<= 1) {
                newRoot = Hashes.efficientKeccak256(newRoot, zero);
                zero = Hashes.efficientKeccak256(zero, zero);
            }
            return Hashes.efficientKeccak256(root, newRoot);
        }
        uint256 depth = AppendOnlyMerkleTree.depthOf(count);
        require(siblings.length == depth, AppendSiblingsMismatch(depth, siblings.length));
        require(AppendOnlyMerkleTree.computeRoot(bytes32(0), count, siblings) == root, AppendNotProven(root, count));
        return AppendOnlyMerkleTree.computeRoot(leaf, count, siblings);
    }
}
