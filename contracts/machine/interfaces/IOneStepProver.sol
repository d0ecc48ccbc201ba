// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Phase} from "../types/Phase.sol";
import {Witness} from "../types/Witness.sol";

/// @title One-step prover
/// @notice Takes any one step of the machine (docs/machine.md §6). It keeps no state and nobody has a say in it: the
/// verifier that takes the step follows from the committed phase and, in `Execute`, the committed opcode.
interface IOneStepProver {
    /// @notice A unit starts at a boundary only, not in a state of this phase.
    error NotABoundary(Phase phase);

    /// @notice Units of this kind cannot be proven step by step yet.
    error UnitNotProvable(Phase phase);

    /// @notice The first step of a trace: begins the unit that comes next in a boundary state.
    /// Reverts with NotABoundary or UnitNotProvable, and like `step`.
    /// @param before Hash of the boundary state.
    /// @param w The witness (docs/machine.md §5).
    /// @return Hash of the state after the step.
    function start(bytes32 before, Witness calldata w) external view returns (bytes32);

    /// @notice Every later step of a trace; on a boundary state, which ends it, that state itself. Reverts with Steps.WrongPreimage,
    /// or an error of the library that reads it, if `w` does not open what the step needs; every witness that
    /// does gives the same result.
    /// @param before Hash of the state before the step.
    /// @param w The witness (docs/machine.md §5).
    /// @return Hash of the state after the step.
    function step(bytes32 before, Witness calldata w) external view returns (bytes32);
}
