// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerklePatriciaTrie} from "../machine/libraries/MerklePatriciaTrie.sol";
import {Rlp} from "../machine/libraries/Rlp.sol";

/// @notice Makes the machine's internal libraries of tries and RLP callable, for tests. A `gasUsed` is that of the library
/// alone.
contract MachineTries {
    // ------------------------------------------------------------------------------------------------------ tries

    function get(
        bytes32 root,
        bytes calldata key,
        bytes[] calldata nodes
    ) external view returns (bytes memory value, uint256 gasUsed) {
        uint256 before = gasleft();
        value = MerklePatriciaTrie.get(root, key, nodes);
        gasUsed = before - gasleft();
    }

    function put(
        bytes32 root,
        bytes calldata key,
        bytes calldata value,
        bytes[] calldata nodes
    ) external view returns (bytes32 newRoot, uint256 gasUsed) {
        uint256 before = gasleft();
        newRoot = MerklePatriciaTrie.put(root, key, value, nodes);
        gasUsed = before - gasleft();
    }

    function remove(
        bytes32 root,
        bytes calldata key,
        bytes[] calldata nodes
    ) external view returns (bytes32 newRoot, uint256 gasUsed) {
        uint256 before = gasleft();
        newRoot = MerklePatriciaTrie.remove(root, key, nodes);
        gasUsed = before - gasleft();
    }

    // -------------------------------------------------------------------------------------------------------- RLP

    function item(
        bytes calldata data,
        uint256 position,
        uint256 end
    ) external pure returns (bool isValid, bool isList, uint256 start, uint256 size) {
        return Rlp.item(data, position, end);
    }

    function number(
        bytes calldata data,
        uint256 position,
        uint256 end,
        uint256 maximumBytes
    ) external pure returns (bool isValid, uint256 value, uint256 next) {
        return Rlp.number(data, position, end, maximumBytes);
    }

    function encodeBytes(bytes calldata data) external pure returns (bytes memory) {
        return Rlp.encodeBytes(data);
    }

    function encodeNumber(uint256 value) external pure returns (bytes memory) {
        return Rlp.encodeNumber(value);
    }

    function encodeAddress(address value) external pure returns (bytes memory) {
        return Rlp.encodeAddress(value);
    }

    function encodeList(bytes calldata payload) external pure returns (bytes memory) {
        return Rlp.encodeList(payload);
    }
}
