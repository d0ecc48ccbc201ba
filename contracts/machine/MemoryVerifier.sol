// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {CodeReader} from "./steps/CodeReader.sol";
import {GasMeter} from "./steps/GasMeter.sol";
import {LongHashes} from "./steps/LongHashes.sol";
import {MemoryTree} from "./steps/MemoryTree.sol";
import {StackChain} from "./steps/StackChain.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Phase} from "./types/Phase.sol";
import {Witness} from "./types/Witness.sol";

/// @title Memory verifier
/// @notice Proves MLOAD, MSTORE, MSTORE8 and KECCAK256 (docs/machine.md §8) and the phase `FinishKeccak`.
contract MemoryVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        if (step.machine.phase == Phase.FinishKeccak) return _finishKeccak(step, w);
        (uint256 opcode, ) = CodeReader.openInstruction(step, w, InstructionGroup.Memory);
        if (opcode == Opcodes.MLOAD) return _load(step, w);
        if (opcode == Opcodes.KECCAK256) return _keccak256(step, w);
        return _store(step, w, opcode == Opcodes.MSTORE);
    }

    function _load(Step memory step, Witness calldata w) private pure returns (bytes32) {
        if (!StackChain.fits(step, 1, 1)) return Steps.halt(step, w);
        uint256 offset = StackChain.pop(step, w, 1)[0];
        (bool isInRange, uint256 cost) = MemoryTree.expand(step, offset, 32);
        if (!isInRange || !GasMeter.charge(step, GasMeter.VERY_LOW + cost)) return Steps.halt(step, w);
        StackChain.push(step, uint256(bytes32(MemoryTree.load(step, w, offset, 32))));
        return Steps.endInstruction(step);
    }

    function _store(Step memory step, Witness calldata w, bool isWord) private pure returns (bytes32) {
        if (!StackChain.fits(step, 2, 0)) return Steps.halt(step, w);
        uint256[] memory items = StackChain.pop(step, w, 2);
        (bool isInRange, uint256 cost) = MemoryTree.expand(step, items[0], isWord ? 32 : 1);
        if (!isInRange || !GasMeter.charge(step, GasMeter.VERY_LOW + cost)) return Steps.halt(step, w);
        MemoryTree.store(step, w, items[0], isWord ? abi.encodePacked(items[1]) : abi.encodePacked(uint8(items[1])));
        return Steps.endInstruction(step);
    }

    function _keccak256(Step memory step, Witness calldata w) private pure returns (bytes32) {
        if (!StackChain.fits(step, 2, 1)) return Steps.halt(step, w);
        uint256[] memory items = StackChain.pop(step, w, 2);
        uint256 length = items[1];
        (bool isInRange, uint256 cost) = MemoryTree.expand(step, items[0], length);
        if (!isInRange) return Steps.halt(step, w);
        cost += GasMeter.KECCAK256 + GasMeter.KECCAK256_WORD * MemoryTree.wordsOf(length);
        if (!GasMeter.charge(step, cost)) return Steps.halt(step, w);
        if (length > LongHashes.SHORT) {
            LongHashes.begin(step, Phase.FinishKeccak, bytes32(0), MemoryTree.slice(step, items[0], length));
        } else {
            StackChain.push(step, uint256(keccak256(MemoryTree.load(step, w, items[0], length))));
        }
        return Steps.endInstruction(step);
    }

    function _finishKeccak(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Steps.openFrame(step, w);
        StackChain.push(step, uint256(Steps.openDigest(step, w).value));
        step.machine.pending = bytes32(0);
        step.machine.phase = Phase.Execute;
        return Steps.endWithFrame(step);
    }
}
