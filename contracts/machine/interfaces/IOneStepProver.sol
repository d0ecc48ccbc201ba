// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChainInput} from "../types/ChainInput.sol";
import {Witness} from "../types/Witness.sol";

/// @title One-step prover
/// @notice Takes any one step of the machine (docs/machine.md §6). It keeps no state and nobody has a say in it: the
/// verifier that takes the step follows from the committed phase and, in `Execute`, the committed opcode.
interface IOneStepProver {
    /// @notice The first step of a trace: begins the unit that comes next in a boundary state. `Halt`, after which none comes,
    /// gives that state itself; a state inside a unit is stepped as by `step`. Reverts like `step`.
    /// @param before Hash of the state before the step.
    /// @param w The witness (docs/machine.md §5).
    /// @param input What steps of the chain depend on besides. Without a chain it is ignored, and all 0 will do.
    /// @return Hash of the state after the step.
    function start(bytes32 before, Witness calldata w, ChainInput calldata input) external view returns (bytes32);

    /// @notice Every later step of a trace; on a boundary state, which ends it, that state itself. Reverts with Steps.WrongPreimage,
    /// or an error of the library that reads it, if `w` does not open what the step needs; every witness that
    /// does gives the same result.
    /// @param before Hash of the state before the step.
    /// @param w The witness (docs/machine.md §5).
    /// @param input As of `start`.
    /// @return Hash of the state after the step.
    function step(bytes32 before, Witness calldata w, ChainInput calldata input) external view returns (bytes32);
}
