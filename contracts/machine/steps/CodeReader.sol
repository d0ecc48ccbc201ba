// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "../interfaces/IVerifier.sol";
import {BufferTree} from "../libraries/BufferTree.sol";
import {InstructionGroup, Opcodes} from "../libraries/Opcodes.sol";
import {Frame} from "../types/Frame.sol";
import {Phase} from "../types/Phase.sol";
import {Region, Witness} from "../types/Witness.sol";
import {SliceReader} from "./SliceReader.sol";
import {Lane, Step, Steps} from "./Steps.sol";

/// @title Code reader
/// @notice The instruction at the pc of a frame (docs/machine.md §8).
library CodeReader {
    /// @dev Where these fields are in the encoding of a Frame: 32 bytes a word, a Slice having three.
    uint256 private constant CODE_OFFSET = 0x40;
    uint256 private constant CODE_LENGTH = 0x60;
    uint256 private constant PC = 0xa0;

    /// @notice Opens the frame of a step of the phase `Execute`, and the instruction at its pc.
    /// Reverts with IVerifier.WrongPhase in another phase, with IVerifier.WrongOpcode for an instruction of another group.
    /// @return opcode The instruction; STOP beyond the end of the code.
    /// @return immediate Number that follows the opcode; 0 unless it is a PUSH.
    function openInstruction(
        Step memory step,
        Witness calldata w,
        InstructionGroup group
    ) internal pure returns (uint256 opcode, uint256 immediate) {
        Phase phase = step.machine.phase;
        require(phase == Phase.Execute, IVerifier.WrongPhase(phase));
        Steps.openFrame(step, w);
        (opcode, immediate) = _read(step, w);
        require(Opcodes.groupOf(opcode) == group, IVerifier.WrongOpcode(opcode));
    }

    /// @notice The opcode at the pc of the machine that `Steps.phaseOf` has checked, if the witness's Region of the code is right, of
    /// which nothing is checked: good enough to choose who proves the instruction, and no more.
    function claimedOpcode(Witness calldata w) internal pure returns (uint256) {
        bytes calldata frame = Steps.encodedFrame(w);
        uint256 pc = uint256(bytes32(frame[PC:]));
        if (pc >= uint256(bytes32(frame[CODE_LENGTH:]))) return Opcodes.STOP;
        require(w.regions.length > 0, Steps.WitnessTooShort(Lane.Regions, 0));
        return uint8(w.regions[0].words[(uint256(bytes32(frame[CODE_OFFSET:])) + pc) & 31]);
    }

    /// @dev The instruction at the pc of `step.frame`, as above. Takes one Region, none beyond the end of the code.
    function _read(Step memory step, Witness calldata w) private pure returns (uint256 opcode, uint256 immediate) {
        Frame memory frame = step.frame;
        uint256 pc = frame.pc;
        uint256 length = frame.code.length;
        if (pc >= length) return (Opcodes.STOP, 0);

        uint256 position = frame.code.offset + pc;
        Region calldata region = Steps.nextRegion(step, w);
        bytes calldata words = region.words;
        BufferTree.open(frame.code.root, position >> 5, region);

        uint256 offset = position & 31;
        opcode = uint8(words[offset]);
        uint256 count = Opcodes.immediatesOf(opcode);
        uint256 available = length - pc - 1;
        if (available > count) available = count;
        uint256 size = (((offset + available) >> 5) + 1) << 5;
        require(words.length == size, SliceReader.RegionLengthMismatch(size, words.length));
        if (count == 0) return (opcode, 0);

        uint256 first = uint256(bytes32(words[:32]));
        uint256 second = size > 32 ? uint256(bytes32(words[32:])) : 0;
        // The 32 bytes behind the opcode, then the first of them that are immediates, then those in the code: zeros for the
        // rest. Shifts by 256 give 0.
        immediate = (first << ((offset + 1) << 3)) | (second >> ((31 - offset) << 3));
        immediate = (immediate >> ((32 - count) << 3)) >> ((count - available) << 3);
        immediate <<= (count - available) << 3;
    }
}
