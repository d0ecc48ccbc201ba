// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {emptyJournal} from "../../machine/types/Journal.sol";
import {Machine} from "../../machine/types/Machine.sol";
import {Phase} from "../../machine/types/Phase.sol";

/// @title Boundary states
/// @notice The states of the machine between two batches, which hold nothing but the state of the chain (docs/machine.md §16).
library BoundaryStates {
    /// @notice The machine before it loads a batch: what the trace of a claim begins after.
    /// @param stateHash Hash of the chain's state.
    function beforeBatch(bytes32 stateHash) internal pure returns (bytes32) {
        return _boundary(Phase.LoadBatch, stateHash);
    }

    /// @notice The machine after the last batch of a claim: what its trace ends with.
    /// @param stateHash Hash of the chain's state.
    function halted(bytes32 stateHash) internal pure returns (bytes32) {
        return _boundary(Phase.Halt, stateHash);
    }

    function _boundary(Phase phase, bytes32 stateHash) private pure returns (bytes32) {
        Machine memory machine;
        machine.phase = phase;
        machine.chain = stateHash;
        machine.journal = emptyJournal();
        return machine.hash();
    }
}
