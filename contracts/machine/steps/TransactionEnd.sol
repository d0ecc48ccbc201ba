// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlockContext, Outcome} from "../types/BlockContext.sol";
import {Chain} from "../types/Chain.sol";
import {Witness} from "../types/Witness.sol";
import {NextUnit} from "./NextUnit.sol";
import {Step, Steps} from "./Steps.sol";

/// @title Transaction end
/// @notice The two ways out of the `Transaction` unit (docs/machine.md §6, §10), with a chain around it or without.
library TransactionEnd {
    /// @notice The state after an invalid transaction, which leaves no trace. Opens the block, and the chain if there is one.
    function skip(Step memory step, Witness calldata w) internal pure returns (bytes32) {
        if (step.machine.chain != 0) return skip(step, w, Steps.openChain(step, w));
        _setOutcome(step, Steps.openBlockContext(step, w), Outcome.Skipped);
        return NextUnit.withoutChain(step);
    }

    /// @notice As above, where the step has opened the chain.
    function skip(Step memory step, Witness calldata w, Chain memory chain) internal pure returns (bytes32) {
        _setOutcome(step, Steps.openBlockContext(step, w), Outcome.Skipped);
        return NextUnit.withinBlock(step, chain);
    }

    /// @notice The state after a transaction without a chain around it that `context` has in it already.
    function include(Step memory step, BlockContext memory context) internal pure returns (bytes32) {
        _setOutcome(step, context, Outcome.Included);
        return NextUnit.withoutChain(step);
    }

    /// @notice The state after a transaction that `context` and `chain` have in them already.
    function include(
        Step memory step,
        BlockContext memory context,
        Chain memory chain
    ) internal pure returns (bytes32) {
        _setOutcome(step, context, Outcome.Included);
        return NextUnit.withinBlock(step, chain);
    }

    function _setOutcome(Step memory step, BlockContext memory context, Outcome outcome) private pure {
        context.outcome = outcome;
        step.machine.blockContext = context.hash();
    }
}
