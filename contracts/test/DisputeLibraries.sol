// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BoundaryStates} from "../l1/libraries/BoundaryStates.sol";
import {TraceRoots} from "../l1/libraries/TraceRoots.sol";
import {StateBefore} from "../l1/types/Move.sol";
import {Position} from "../l1/types/Position.sol";

/// @title Dispute libraries
/// @notice The libraries of disputes as calls, for tests.
contract DisputeLibraries {
    using TraceRoots for StateBefore;

    /// @notice See TraceRoots.
    function rootOfLast(bytes32 leaf, bytes32[] calldata siblings, uint256 height) external pure returns (bytes32) {
        return TraceRoots.rootOfLast(leaf, siblings, height);
    }

    /// @notice See TraceRoots.
    function check(StateBefore calldata before, Position calldata position) external pure {
        before.check(position);
    }

    /// @notice See BoundaryStates.
    function beforeBatch(bytes32 stateHash) external pure returns (bytes32) {
        return BoundaryStates.beforeBatch(stateHash);
    }

    /// @notice See BoundaryStates.
    function halted(bytes32 stateHash) external pure returns (bytes32) {
        return BoundaryStates.halted(stateHash);
    }
}
