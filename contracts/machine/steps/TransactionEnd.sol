// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlockContext, Outcome} from "../types/BlockContext.sol";
import {emptyJournal} from "../types/Journal.sol";
import {Phase} from "../types/Phase.sol";
import {Witness} from "../types/Witness.sol";
import {Step, Steps} from "./Steps.sol";

/// @title Transaction end
/// @notice The two ways out of the `Transaction` unit (docs/machine.md §6, §10).
library TransactionEnd {
    /// @notice The state after an invalid transaction, which leaves no trace. Opens the block.
    function skip(Step memory step, Witness calldata w) internal pure returns (bytes32) {
        return _leave(step, Steps.openBlockContext(step, w), Outcome.Skipped);
    }

    /// @notice The state after a transaction that `context` has in it already.
    function include(Step memory step, BlockContext memory context) internal pure returns (bytes32) {
        return _leave(step, context, Outcome.Included);
    }

    function _leave(Step memory step, BlockContext memory context, Outcome outcome) private pure returns (bytes32) {
        context.outcome = outcome;
        step.machine.blockContext = context.hash();
        step.machine.transaction = 0;
        step.machine.frame = 0;
        step.machine.pending = 0;
        step.machine.journal = emptyJournal();
        step.machine.phase = Phase.EndBlock;
        return Steps.end(step);
    }
}
