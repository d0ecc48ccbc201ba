// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOutbox} from "./interfaces/IOutbox.sol";
import {AppendOnlyMerkleTree} from "../libraries/AppendOnlyMerkleTree.sol";

/// @title Outbox
/// @notice See {IOutbox}. Predeployed at 0x4f6e650000000000000000000000000000000002.
contract Outbox is IOutbox {
    using AppendOnlyMerkleTree for AppendOnlyMerkleTree.Tree;

    /// @dev With this much data and a proof of all 64 siblings, a transaction of 2^24 gas on L1 (EIP-7825) can give the call
    /// 15.2 million: 1.1 million go to calldata, a 64th stays with the Portal, and what the Portal does takes the rest.
    uint256 private constant MAXIMUM_DATA_LENGTH = 65_536;
    /// @dev Leaves a million to future repricings of L1: what is sent now must be executable then.
    uint256 private constant MAXIMUM_MINIMUM_GAS = 14_000_000;

    /// @dev The only state: the protocol reads the root from slot 1 (specification §5).
    AppendOnlyMerkleTree.Tree private _tree;

    /// @inheritdoc IOutbox
    function sendMessage(
        address target,
        uint256 minimumGas,
        bytes calldata data
    ) external payable returns (uint256 index) {
        require(minimumGas <= MAXIMUM_MINIMUM_GAS, MinimumGasTooHigh(minimumGas, MAXIMUM_MINIMUM_GAS));
        require(data.length <= MAXIMUM_DATA_LENGTH, DataTooLong(data.length, MAXIMUM_DATA_LENGTH));
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
