// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AppendOnlyMerkleTree} from "../libraries/AppendOnlyMerkleTree.sol";
import {Batch} from "../l1/types/Batch.sol";
import {ClaimBody} from "../l1/types/ClaimBody.sol";
import {ClaimId} from "../l1/types/ClaimId.sol";
import {ContextBody} from "../l1/types/ContextBody.sol";
import {DepositBody} from "../l1/types/DepositBody.sol";
import {MessageOpening} from "../l1/types/MessageOpening.sol";
import {State} from "../l1/types/State.sol";
import {Withdrawal} from "../l1/types/Withdrawal.sol";

/// @title Type hashes
/// @notice Gives tests the hashes the contracts compute inside.
contract TypeHashes {
    using AppendOnlyMerkleTree for AppendOnlyMerkleTree.Tree;

    AppendOnlyMerkleTree.Tree private _tree;

    /// @notice Appends leaves to this contract's tree.
    function append(bytes32[] calldata leaves) external {
        for (uint256 i = 0; i < leaves.length; ++i) _tree.append(leaves[i]);
    }

    /// @notice The tree's number of leaves and root.
    function tree() external view returns (uint256 count, bytes32 root) {
        return (_tree.count, _tree.root);
    }

    /// @notice See AppendOnlyMerkleTree.
    function computeRoot(bytes32 leaf, uint256 index, bytes32[] calldata siblings) external pure returns (bytes32) {
        return AppendOnlyMerkleTree.computeRoot(leaf, index, siblings);
    }

    /// @notice See AppendOnlyMerkleTree.
    function depthOf(uint256 count) external pure returns (uint256) {
        return AppendOnlyMerkleTree.depthOf(count);
    }

    /// @notice See DepositBody.
    function hashDeposit(DepositBody calldata body) external pure returns (bytes32) {
        return body.hash();
    }

    /// @notice See ContextBody.
    function hashContext(ContextBody calldata body) external pure returns (bytes32) {
        return body.hash();
    }

    /// @notice See MessageOpening.
    function hashMessage(MessageOpening calldata opening, uint256 index) external pure returns (bytes32) {
        return opening.hashAt(index);
    }

    /// @notice See Batch.
    function hashBatch(Batch calldata batch) external pure returns (bytes32) {
        return batch.hash();
    }

    /// @notice See State.
    function hashState(State calldata state) external pure returns (bytes32) {
        return state.hash();
    }

    /// @notice See ClaimBody.
    function claimId(ClaimBody calldata body) external pure returns (ClaimId) {
        return body.id();
    }

    /// @notice See Withdrawal.
    function withdrawalLeaf(Withdrawal calldata withdrawal) external pure returns (bytes32) {
        return withdrawal.leaf();
    }
}
