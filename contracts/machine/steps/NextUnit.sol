// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {State} from "../../l1/types/State.sol";
import {Chain} from "../types/Chain.sol";
import {emptyJournal} from "../types/Journal.sol";
import {Phase} from "../types/Phase.sol";
import {Step, Steps} from "./Steps.sol";

/// @title Next unit
/// @notice Ends a unit of a chain: the boundary state that follows (docs/machine.md §16, "Which unit is next").
library NextUnit {
    /// @notice The boundary between blocks: the next block of the batch, or the next batch if this one has no more.
    function betweenBlocks(Step memory step, Chain memory chain) internal pure returns (bytes32) {
        step.machine.blockContext = 0;
        step.machine.stateRoot = 0;
        if (chain.stream != 0 || chain.messageCount < chain.messagesUpTo) return _end(step, chain, Phase.BeginBlock);

        _clear(step, Phase.LoadBatch);
        step.machine.chain = State({
            blockHash: chain.blockHash,
            outboxRoot: chain.outboxRoot,
            batchCount: chain.batchCount + 1,
            messageCount: chain.messageCount
        }).hash();
        return Steps.end(step);
    }

    /// @notice The boundary within a block: its next message, its next transaction, or its end.
    function withinBlock(Step memory step, Chain memory chain) internal pure returns (bytes32) {
        if (chain.messageCount < chain.messagesEnd) return _end(step, chain, Phase.Message);
        return _end(step, chain, chain.transactionsLeft > 0 ? Phase.Transaction : Phase.EndBlock);
    }

    /// @notice The boundary after a transaction that has no chain around it.
    function withoutChain(Step memory step) internal pure returns (bytes32) {
        _clear(step, Phase.EndBlock);
        return Steps.end(step);
    }

    function _end(Step memory step, Chain memory chain, Phase boundary) private pure returns (bytes32) {
        _clear(step, boundary);
        return Steps.endWithChain(step, chain);
    }

    /// @dev Nothing of a unit stays in the state at its end.
    function _clear(Step memory step, Phase boundary) private pure {
        step.machine.phase = boundary;
        step.machine.transaction = 0;
        step.machine.frame = 0;
        step.machine.pending = 0;
        step.machine.journal = emptyJournal();
    }
}
