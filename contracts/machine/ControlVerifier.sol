// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {Slices} from "./libraries/Slices.sol";
import {CodeReader} from "./steps/CodeReader.sol";
import {GasMeter} from "./steps/GasMeter.sol";
import {MemoryTree} from "./steps/MemoryTree.sol";
import {StackChain} from "./steps/StackChain.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {ExitStatus} from "./types/Exit.sol";
import {Witness} from "./types/Witness.sol";

/// @title Control verifier
/// @notice Proves the instructions that end a frame, SELFDESTRUCT excepted: STOP and the end of the code, RETURN, REVERT, INVALID
/// and opcodes that are not defined (docs/machine.md §8).
contract ControlVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        (uint256 opcode, ) = CodeReader.openInstruction(step, w, InstructionGroup.Control);
        if (opcode == Opcodes.STOP) {
            Steps.exit(step, ExitStatus.Success, Slices.empty());
            return Steps.end(step);
        }
        if (opcode != Opcodes.RETURN && opcode != Opcodes.REVERT) return Steps.halt(step, w);
        if (!StackChain.fits(step, 2, 0)) return Steps.halt(step, w);

        (uint256[] memory items, ) = StackChain.peek(step, w, 2);
        uint256 offset = items[0];
        uint256 length = items[1];
        (bool isInRange, uint256 cost) = MemoryTree.expand(step, offset, length);
        if (!isInRange || !GasMeter.charge(step, cost)) return Steps.halt(step, w);
        ExitStatus status = opcode == Opcodes.RETURN ? ExitStatus.Success : ExitStatus.Revert;
        Steps.exit(step, status, MemoryTree.slice(step, offset, length));
        return Steps.endWithFrame(step);
    }
}
