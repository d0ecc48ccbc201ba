// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {CodeReader} from "./libraries/CodeReader.sol";
import {GasMeter} from "./libraries/GasMeter.sol";
import {LongHashes} from "./libraries/LongHashes.sol";
import {MemoryTree} from "./libraries/MemoryTree.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {StackChain} from "./libraries/StackChain.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {Phase} from "./types/Phase.sol";
import {Witness} from "./types/Witness.sol";

/// @title Memory verifier
/// @notice Proves MLOAD, MSTORE, MSTORE8 and KECCAK256 (docs/machine.md §8) and the phase `FinishKeccak`.
contract MemoryVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata w) external pure returns (bytes32) {
        Step memory state = Steps.begin(before, w);
        if (state.machine.phase == Phase.FinishKeccak) return _finishKeccak(state, w);
        uint256 opcode;
        (state, opcode, ) = CodeReader.beginInstruction(before, w);
        require(Opcodes.groupOf(opcode) == InstructionGroup.Memory, WrongOpcode(opcode));
        bool isDone;
        if (opcode == Opcodes.MLOAD) isDone = _load(state, w);
        else if (opcode == Opcodes.KECCAK256) isDone = _keccak256(state, w);
        else isDone = _store(state, w, opcode == Opcodes.MSTORE);
        return isDone ? Steps.endWithFrame(state) : Steps.halt(before, w);
    }

    // In each of the following, false stands for an exceptional halt.

    function _load(Step memory state, Witness calldata w) private pure returns (bool) {
        if (!StackChain.fits(state, 1, 1)) return false;
        uint256 offset = StackChain.pop(state, w, 1)[0];
        (bool isInRange, uint256 cost) = MemoryTree.expand(state, offset, 32);
        if (!isInRange || !GasMeter.charge(state, GasMeter.VERY_LOW + cost)) return false;
        StackChain.push(state, uint256(bytes32(MemoryTree.load(state, w, offset, 32))));
        ++state.frame.pc;
        return true;
    }

    function _store(Step memory state, Witness calldata w, bool isWord) private pure returns (bool) {
        if (!StackChain.fits(state, 2, 0)) return false;
        uint256[] memory items = StackChain.pop(state, w, 2);
        (bool isInRange, uint256 cost) = MemoryTree.expand(state, items[0], isWord ? 32 : 1);
        if (!isInRange || !GasMeter.charge(state, GasMeter.VERY_LOW + cost)) return false;
        MemoryTree.store(state, w, items[0], isWord ? abi.encodePacked(items[1]) : abi.encodePacked(uint8(items[1])));
        ++state.frame.pc;
        return true;
    }

    function _keccak256(Step memory state, Witness calldata w) private pure returns (bool) {
        if (!StackChain.fits(state, 2, 1)) return false;
        uint256[] memory items = StackChain.pop(state, w, 2);
        uint256 length = items[1];
        (bool isInRange, uint256 cost) = MemoryTree.expand(state, items[0], length);
        if (!isInRange) return false;
        cost += GasMeter.KECCAK256 + GasMeter.KECCAK256_WORD * MemoryTree.wordsOf(length);
        if (!GasMeter.charge(state, cost)) return false;
        ++state.frame.pc;
        if (length > LongHashes.SHORT) {
            LongHashes.begin(state, Phase.FinishKeccak, bytes32(0), MemoryTree.slice(state, items[0], length));
        } else {
            StackChain.push(state, uint256(keccak256(MemoryTree.load(state, w, items[0], length))));
        }
        return true;
    }

    function _finishKeccak(Step memory state, Witness calldata w) private pure returns (bytes32) {
        Steps.openFrame(state, w);
        StackChain.push(state, uint256(Steps.openDigest(state, w).value));
        state.machine.pending = bytes32(0);
        state.machine.phase = Phase.Execute;
        return Steps.endWithFrame(state);
    }
}
