// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Witness} from "./types/Witness.sol";

/// @title Message verifier
/// @notice Proves the steps of the unit `Message` that are not of every transaction (docs/machine.md §16).
contract MessageVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        revert WrongPhase(step.machine.phase);
    }
}
