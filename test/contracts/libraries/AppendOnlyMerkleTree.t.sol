// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AppendOnlyMerkleTree} from "../../../contracts/libraries/AppendOnlyMerkleTree.sol";
import {Test} from "../Test.sol";

/// @title Append-only Merkle tree against a tree built the obvious way
contract AppendOnlyMerkleTreeTest is Test {
    using AppendOnlyMerkleTree for AppendOnlyMerkleTree.Tree;

    AppendOnlyMerkleTree.Tree private _tree;

    function testFuzz_RootAndCountAreThoseOfTheWholeTreeAfterEveryAppend(bytes32[] calldata random) external {
        uint256 size = random.length > 40 ? 40 : random.length;
        bytes32[] memory leaves = new bytes32[](0);
        assertEqual("root of nothing", _tree.root, bytes32(0));
        for (uint256 i = 0; i < size; ++i) {
            leaves = _appended(leaves, random[i]);
            assertEqual("index", _tree.append(random[i]), i);
            assertEqual("count", _tree.count, i + 1);
            assertEqual("root", _tree.root, _rootOf(leaves));
        }
    }

    function testFuzz_EveryLeafIsProvenAtItsIndexOnly(uint8 seed) external {
        uint256 size = bound(seed, 1, 33);
        bytes32[] memory leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            leaves[i] = keccak256(abi.encode(seed, i));
            _tree.append(leaves[i]);
        }
        uint256 depth = AppendOnlyMerkleTree.depthOf(size);
        for (uint256 i = 0; i < size; ++i) {
            bytes32[] memory proof = _proofOf(leaves, i);
            assertEqual("proof length", proof.length, depth);
            assertEqual("proven root", this.computeRoot(leaves[i], i, proof), _tree.root);
            for (uint256 other = 0; other < (1 << depth); ++other) {
                if (other == i) continue;
                assertHolds("other index", this.computeRoot(leaves[i], other, proof) != _tree.root);
            }
        }
    }

    function testFuzz_AnIndexBeyondTheProofIsRefused(bytes32[] calldata siblings, uint256 index) external {
        siblings = siblings[:bound(siblings.length, 0, 64)];
        index = bound(index, 1 << siblings.length, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(AppendOnlyMerkleTree.LeafOutsideTree.selector, index, siblings.length));
        this.computeRoot(bytes32(uint256(1)), index, siblings);
    }

    function testFuzz_DepthIsTheLeastThatHolds(uint64 count) external pure {
        uint256 depth = AppendOnlyMerkleTree.depthOf(count);
        assertHolds("holds", (uint256(1) << depth) >= count);
        assertHolds("least", depth == 0 || (uint256(1) << (depth - 1)) < count);
    }

    function testFuzz_ATreeWithLongHistoryContinuesFromItsFrontier(uint64 start, bytes32 leaf) external {
        // The frontier is all that is left of the leaves before: any is the frontier of some tree.
        uint256 count = bound(start, 1, type(uint64).max - 1);
        _tree.count = count;
        for (uint256 height = 0; height < 64; ++height) _tree.branch[height] = keccak256(abi.encode(height));
        _tree.append(leaf);
        assertEqual("root", _tree.root, _rootFromFrontier(count, leaf));
    }

    function test_ItHoldsTwoToThe64LessOneLeaves() external {
        _tree.count = type(uint64).max - 1;
        this.append(bytes32(uint256(1)));
        assertEqual("count", _tree.count, type(uint64).max);
        vm.expectRevert(abi.encodeWithSelector(AppendOnlyMerkleTree.TreeFull.selector));
        this.append(bytes32(uint256(1)));
    }

    function test_AProofHasAtMost64Siblings() external {
        this.computeRoot(bytes32(uint256(1)), type(uint64).max, new bytes32[](64));
        vm.expectRevert(abi.encodeWithSelector(AppendOnlyMerkleTree.LeafOutsideTree.selector, 0, 65));
        this.computeRoot(bytes32(uint256(1)), 0, new bytes32[](65));
    }

    function test_StorageIsCountThenRootThenFrontier() external {
        _tree.append(bytes32(uint256(7)));
        AppendOnlyMerkleTree.Tree storage tree = _tree;
        bytes32[3] memory slots;
        // Reads slots as the protocol does, which solc gives no other way to.
        assembly ("memory-safe") {
            for {
                let i := 0
            } lt(i, 3) {
                i := add(i, 1)
            } {
                mstore(add(slots, mul(i, 0x20)), sload(add(tree.slot, i)))
            }
        }
        assertEqual("count", slots[0], bytes32(uint256(1)));
        assertEqual("root", slots[1], bytes32(uint256(7)));
        assertEqual("frontier", slots[2], bytes32(uint256(7)));
    }

    function append(bytes32 leaf) external {
        _tree.append(leaf);
    }

    function computeRoot(bytes32 leaf, uint256 index, bytes32[] calldata siblings) external pure returns (bytes32) {
        return AppendOnlyMerkleTree.computeRoot(leaf, index, siblings);
    }

    /// @dev All leaves padded with zeros to a power of two, hashed level by level.
    function _rootOf(bytes32[] memory leaves) private pure returns (bytes32) {
        if (leaves.length == 0) return bytes32(0);
        bytes32[] memory level = _padded(leaves);
        while (level.length > 1) level = _parents(level);
        return level[0];
    }

    function _proofOf(bytes32[] memory leaves, uint256 index) private pure returns (bytes32[] memory proof) {
        bytes32[] memory level = _padded(leaves);
        proof = new bytes32[](0);
        while (level.length > 1) {
            proof = _appended(proof, level[index ^ 1]);
            level = _parents(level);
            index /= 2;
        }
    }

    /// @dev Root of the tree whose leaf `index` is `leaf`, whose complete subtrees before it are the test's frontier,
    /// and that has nothing after it.
    function _rootFromFrontier(uint256 index, bytes32 leaf) private pure returns (bytes32 node) {
        node = leaf;
        bytes32 zero = bytes32(0);
        for (uint256 height = 0; (uint256(1) << height) < index + 1; ++height) {
            bool right = (index >> height) % 2 == 1;
            node =
                right ? keccak256(abi.encode(keccak256(abi.encode(height)), node)) : keccak256(abi.encode(node, zero));
            zero = keccak256(abi.encode(zero, zero));
        }
    }

    function _padded(bytes32[] memory leaves) private pure returns (bytes32[] memory level) {
        uint256 width = 1;
        while (width < leaves.length) width *= 2;
        level = new bytes32[](width);
        for (uint256 i = 0; i < leaves.length; ++i) level[i] = leaves[i];
    }

    function _parents(bytes32[] memory level) private pure returns (bytes32[] memory parents) {
        parents = new bytes32[](level.length / 2);
        for (uint256 i = 0; i < parents.length; ++i) {
            parents[i] = keccak256(abi.encode(level[2 * i], level[2 * i + 1]));
        }
    }

    function _appended(bytes32[] memory list, bytes32 item) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) longer[i] = list[i];
        longer[list.length] = item;
    }
}
