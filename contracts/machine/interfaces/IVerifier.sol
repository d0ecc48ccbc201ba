// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChainInput} from "../types/ChainInput.sol";
import {Phase} from "../types/Phase.sol";
import {Witness} from "../types/Witness.sol";

/// @title Verifier
/// @notice Proves the steps of some phases of the machine, in the phase `Execute` those of some opcodes. Which ones follows
/// from the committed state alone. A verifier keeps no state.
interface IVerifier {
    /// @notice Steps of this phase are another verifier's.
    error WrongPhase(Phase phase);

    /// @notice Instructions with this opcode are another verifier's.
    error WrongOpcode(uint256 opcode);

    /// @notice Proves one step. Reverts with WrongPhase or WrongOpcode if it is another verifier's, and with Steps.WrongPreimage, or
    /// an error of the library that reads it, if `w` does not open what the step needs; every witness that does gives the same
    /// result.
    /// @param before Hash of the state before the step.
    /// @param w The witness (docs/machine.md §5).
    /// @param input What steps of the chain depend on besides.
    /// @return Hash of the state after the step.
    function prove(bytes32 before, Witness calldata w, ChainInput calldata input) external view returns (bytes32);
}
