// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {CodeReader} from "./libraries/CodeReader.sol";
import {GasMeter} from "./libraries/GasMeter.sol";
import {MemoryTree} from "./libraries/MemoryTree.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {Slices} from "./libraries/Slices.sol";
import {StackChain} from "./libraries/StackChain.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {Witness} from "./types/Witness.sol";

/// @title Control verifier
/// @notice Proves the instructions that end a frame, SELFDESTRUCT excepted: STOP and the end of the code, RETURN, REVERT, INVALID
/// and opcodes that are not defined (docs/machine.md §8).
contract ControlVerifier is IVerifier {
    uint256 private constant SUCCESS = 1;
    uint256 private constant REVERTED = 2;

    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata w) external pure returns (bytes32) {
        (Step memory state, uint256 opcode, ) = CodeReader.beginInstruction(before, w);
        require(Opcodes.groupOf(opcode) == InstructionGroup.Control, WrongOpcode(opcode));
        if (opcode == Opcodes.STOP) {
            Steps.exit(state, SUCCESS, Slices.empty());
            return Steps.end(state);
        }
        if (opcode != Opcodes.RETURN && opcode != Opcodes.REVERT) return Steps.halt(before, w);
        if (!StackChain.fits(state, 2, 0)) return Steps.halt(before, w);

        (uint256[] memory items, ) = StackChain.peek(state, w, 2);
        uint256 offset = items[0];
        uint256 length = items[1];
        (bool isInRange, uint256 cost) = MemoryTree.expand(state, offset, length);
        if (!isInRange || !GasMeter.charge(state, cost)) return Steps.halt(before, w);
        Steps.exit(state, opcode == Opcodes.RETURN ? SUCCESS : REVERTED, MemoryTree.slice(state, offset, length));
        return Steps.endWithFrame(state);
    }
}
