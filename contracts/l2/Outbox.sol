// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOutbox} from "./interfaces/IOutbox.sol";
import {AppendOnlyMerkleTree} from "../libraries/AppendOnlyMerkleTree.sol";

/// @title Outbox
/// @notice See {IOutbox}. Predeployed at 0x4f6e650000000000000000000000000000000002.
contract Outbox is IOutbox {
    using AppendOnlyMerkleTree for AppendOnlyMerkleTree.Tree;

    /// @dev The only state: the protocol reads the root from slot 1 (specification §5).
    AppendOnlyMerkleTree.Tree private _tree;

    /// @inheritdoc IOutbox
    function sendMessage(
        address target,
        uint256 minimumGas,
        bytes calldata data
    ) external payable returns (uint256 index) {
        index = _tree.count;
        bytes32 leaf = keccak256(abi.encode(index, msg.sender, target, msg.value, minimumGas, keccak256(data)));
        _tree.append(leaf);
        emit MessageSent(index, msg.sender, target, msg.value, minimumGas, data, leaf);
    }

    /// @inheritdoc IOutbox
    function count() external view returns (uint256) {
        return _tree.count;
    }

    /// @inheritdoc IOutbox
    function root() external view returns (bytes32) {
        return _tree.root;
    }
}
