// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FrameContext, Slice} from "../types/MachineState.sol";
import {Opcodes} from "./Opcodes.sol";
import {Slices} from "./Slices.sol";

/// @title Frame input
/// @notice What the `input` of a frame is (docs/machine.md §1).
library FrameInput {
    /// @notice Whether the frame runs initcode.
    function isCreation(FrameContext memory context) internal pure returns (bool) {
        return context.kind == Opcodes.CREATE || context.kind == Opcodes.CREATE2;
    }

    /// @notice The calldata of the frame: its input, none for a creation, whose input is the initcode.
    function calldataOf(FrameContext memory context) internal pure returns (Slice memory) {
        return isCreation(context) ? Slices.empty() : context.input;
    }
}
