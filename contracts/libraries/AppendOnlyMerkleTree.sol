// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title Append-only Merkle tree
/// @notice A binary keccak256 Merkle tree that grows one leaf at a time and keeps its root current (specification §4).
/// `n` leaves are padded with zero leaves to the smallest power of two that is at least `n`; an inner node is
/// `keccak256(left ‖ right)`. The root of no leaf is 0, the root of one leaf is that leaf. A proof has exactly
/// `⌈log₂ n⌉` siblings, lowest level first.
/// @dev Leaves must be hashes of something other than 64 bytes, so that no inner node can be presented as a leaf. That
/// also fixes the depth of a proof: a path that stops above or runs below the leaf level would need a node that is both.
library AppendOnlyMerkleTree {
    /// @dev At a billion leaves a second a tree of this depth is full after 584 years.
    uint256 private constant MAXIMUM_DEPTH = 64;
    uint256 private constant MAXIMUM_COUNT = (1 << MAXIMUM_DEPTH) - 1;

    /// @param count Number of leaves; at most 2^64 - 1.
    /// @param root Root over all leaves.
    /// @param branch `branch[h]` is the last complete subtree of height `h`, if bit `h` of `count` is set.
    struct Tree {
        uint256 count;
        bytes32 root;
        bytes32[MAXIMUM_DEPTH] branch;
    }

    /// @notice The tree holds 2^64 - 1 leaves, all it can.
    error TreeFull();

    /// @notice `index` is no leaf of a tree with proofs of `depth` siblings.
    error LeafOutsideTree(uint256 index, uint256 depth);

    /// @notice Appends `leaf` and updates the root.
    /// @return index Position of the leaf, from 0.
    function append(Tree storage self, bytes32 leaf) internal returns (uint256 index) {
        index = self.count;
        require(index < MAXIMUM_COUNT, TreeFull());
        uint256 count = index + 1;
        self.count = count;

        bytes32 node = leaf;
        bytes32 zero = bytes32(0);
        bool complete = true;
        // While bit `height` of the index is set, the node is the right child of a subtree that is now complete; from
        // the first clear bit on it is a left child, and what is right of it is padding.
        for (uint256 height = 0; (1 << height) < count; ++height) {
            if ((index >> height) & 1 == 1) {
                node = Hashes.efficientKeccak256(self.branch[height], node);
            } else {
                if (complete) {
                    self.branch[height] = node;
                    complete = false;
                }
                node = Hashes.efficientKeccak256(node, zero);
            }
            zero = Hashes.efficientKeccak256(zero, zero);
        }
        // A power of two of leaves: the whole tree is the complete subtree.
        if (complete) self.branch[depthOf(count)] = node;
        self.root = node;
    }

    /// @notice The root of the tree in which `leaf` stands at `index` beside `siblings`, lowest level first.
    /// Reverts with LeafOutsideTree unless `index < 2^siblings.length`, so a proof binds the index.
    function computeRoot(
        bytes32 leaf,
        uint256 index,
        bytes32[] calldata siblings
    ) internal pure returns (bytes32 root) {
        uint256 depth = siblings.length;
        require(depth <= MAXIMUM_DEPTH && index >> depth == 0, LeafOutsideTree(index, depth));
        root = leaf;
        for (uint256 height = 0; height < depth; ++height) {
            bytes32 sibling = siblings[height];
            root =
                (index >> height) & 1 == 1
                    ? Hashes.efficientKeccak256(sibling, root)
                    : Hashes.efficientKeccak256(root, sibling);
        }
    }

    /// @notice Number of siblings in a proof of a tree with `count` leaves: `⌈log₂ count⌉`, 0 for no leaf.
    function depthOf(uint256 count) internal pure returns (uint256 depth) {
        while ((1 << depth) < count) ++depth;
    }
}
