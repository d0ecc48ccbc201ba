// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Phase} from "../types/Phase.sol";
import {Resume} from "../types/Resume.sol";
import {Step} from "./Steps.sol";

/// @title Flushing
/// @notice Writes the overlay to the state where no transaction ends (docs/machine.md §10 `Flush`, §16).
library Flushing {
    /// @notice Goes on with `Flush`, and with the phase `resume` once all is written.
    function begin(Step memory step, Phase resume) internal pure {
        step.machine.pending = Resume({resume: resume}).hash();
        step.machine.phase = Phase.Flush;
    }
}
