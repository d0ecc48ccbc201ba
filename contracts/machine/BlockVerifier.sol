// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Witness} from "./types/Witness.sol";

/// @title Block verifier
/// @notice Proves the steps of blocks that are of neither their messages nor the execution of their transactions (docs/machine.md
/// §16): the units `BeginBlock` and `EndBlock`, and where a chain is around it the start of `Transaction`.
contract BlockVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        revert WrongPhase(step.machine.phase);
    }
}
