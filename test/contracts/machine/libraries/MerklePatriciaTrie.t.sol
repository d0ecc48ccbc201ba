// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerklePatriciaTrie} from "../../../../contracts/machine/libraries/MerklePatriciaTrie.sol";
import {Rlp} from "../../../../contracts/machine/libraries/Rlp.sol";
import {Test} from "../../Test.sol";

/// @title Tries of up to two keys, whose nodes can be written down here
/// @dev Larger ones are compared with another implementation in test/contracts/machine/libraries.
contract MerklePatriciaTrieTest is Test {
    bytes32 private constant EMPTY = MerklePatriciaTrie.EMPTY_ROOT;

    function testFuzz_OneKeyIsALeaf(bytes32 key, bytes calldata value) external view {
        vm.assume(value.length > 0);
        bytes[] memory nodes = _leafOf(key, value);
        bytes32 root = this.put(EMPTY, abi.encode(key), value, new bytes[](0));
        assertEqual("root", root, keccak256(nodes[0]));
        assertEqual("value", keccak256(this.get(root, abi.encode(key), nodes)), keccak256(value));
        assertEqual("empty again", this.remove(root, abi.encode(key), nodes), EMPTY);
    }

    function testFuzz_TheOrderOfTwoKeysMakesNoDifference(
        bytes32 key,
        uint8 shared,
        bytes32 rest,
        bytes calldata value,
        bytes calldata otherValue
    ) external view {
        vm.assume(value.length > 0 && otherValue.length > 0);
        // The first bits of both keys are the same, up to all but one.
        bytes32 other = key ^ (((rest << 1) | bytes32(uint256(1))) >> shared);
        vm.assume(other != key);
        bytes[] memory nodes = _leafOf(key, value);
        bytes[] memory otherNodes = _leafOf(other, otherValue);
        assertEqual(
            "roots",
            this.put(keccak256(nodes[0]), abi.encode(other), otherValue, nodes),
            this.put(keccak256(otherNodes[0]), abi.encode(key), value, otherNodes)
        );
        assertEqual("absent", this.get(keccak256(nodes[0]), abi.encode(other), nodes).length, 0);
        assertEqual(
            "nothing to delete",
            this.remove(keccak256(nodes[0]), abi.encode(other), nodes),
            keccak256(nodes[0])
        );
    }

    function testFuzz_DeletingOneOfTwoKeysLeavesTheOther(
        bytes32 key,
        bytes32 other,
        bytes calldata value
    ) external view {
        vm.assume(key >> 252 != other >> 252 && value.length > 0);
        bytes[] memory remaining = _leafOf(other, value);
        bytes[] memory nodes = new bytes[](3);
        // Both keys below a branch at the root, by their first nibbles.
        nodes[1] = _shortLeafOf(key, value);
        nodes[2] = _shortLeafOf(other, value);
        bytes memory payload;
        for (uint256 nibble = 0; nibble < 16; ++nibble) {
            if (nibble == uint256(key >> 252)) payload = bytes.concat(payload, _reference(nodes[1]));
            else if (nibble == uint256(other >> 252)) payload = bytes.concat(payload, _reference(nodes[2]));
            else payload = bytes.concat(payload, hex"80");
        }
        nodes[0] = Rlp.encodeList(bytes.concat(payload, hex"80"));
        bytes32 root = keccak256(nodes[0]);

        assertEqual("made by putting", this.put(keccak256(remaining[0]), abi.encode(key), value, remaining), root);
        assertEqual("left", this.remove(root, abi.encode(key), nodes), keccak256(remaining[0]));
    }

    function testFuzz_NodesThatTheRootDoesNotCommitToAreRefused(
        bytes32 root,
        bytes calldata key,
        bytes calldata node
    ) external {
        vm.assume(root != EMPTY && root != keccak256(node) && key.length <= 1024);
        bytes[] memory nodes = new bytes[](1);
        nodes[0] = node;
        bytes memory expected = abi.encodeWithSelector(MerklePatriciaTrie.NodeMismatch.selector, root, keccak256(node));
        vm.expectRevert(expected);
        this.get(root, key, nodes);
        vm.expectRevert(expected);
        this.put(root, key, hex"01", nodes);
        vm.expectRevert(expected);
        this.remove(root, key, nodes);

        vm.expectRevert(abi.encodeWithSelector(MerklePatriciaTrie.NodeMissing.selector, root));
        this.get(root, key, new bytes[](0));
    }

    function get(bytes32 root, bytes memory key, bytes[] calldata nodes) external pure returns (bytes memory) {
        return MerklePatriciaTrie.get(root, key, nodes);
    }

    function put(
        bytes32 root,
        bytes memory key,
        bytes memory value,
        bytes[] calldata nodes
    ) external pure returns (bytes32) {
        return MerklePatriciaTrie.put(root, key, value, nodes);
    }

    function remove(bytes32 root, bytes memory key, bytes[] calldata nodes) external pure returns (bytes32) {
        return MerklePatriciaTrie.remove(root, key, nodes);
    }

    /// @dev The leaf at the root, as the list of nodes it is.
    function _leafOf(bytes32 key, bytes memory value) private pure returns (bytes[] memory nodes) {
        nodes = new bytes[](1);
        bytes memory path = abi.encodePacked(hex"20", key);
        nodes[0] = Rlp.encodeList(bytes.concat(Rlp.encodeBytes(path), Rlp.encodeBytes(value)));
    }

    /// @dev The leaf below a branch at the root: 63 nibbles.
    function _shortLeafOf(bytes32 key, bytes memory value) private pure returns (bytes memory) {
        bytes32 path = ((key << 4) >> 4) | (bytes32(uint256(3)) << 252);
        return Rlp.encodeList(bytes.concat(Rlp.encodeBytes(abi.encode(path)), Rlp.encodeBytes(value)));
    }

    function _reference(bytes memory node) private pure returns (bytes memory) {
        return abi.encodePacked(uint8(0xa0), keccak256(node));
    }
}
