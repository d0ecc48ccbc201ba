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
import {Digest} from "./types/Digest.sol";
import {FrameContext} from "./types/FrameContext.sol";
import {Phase} from "./types/Phase.sol";
import {Witness} from "./types/Witness.sol";

/// @title Log verifier
/// @notice Proves LOG0 to LOG4 (docs/machine.md §8) and the phase `FinishLog`.
contract LogVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        if (step.machine.phase == Phase.FinishLog) return _finish(step, w);
        (uint256 opcode, ) = CodeReader.openInstruction(step, w, InstructionGroup.Log);
        return _log(step, w, opcode - Opcodes.LOG0);
    }

    function _log(Step memory step, Witness calldata w, uint256 topicCount) private pure returns (bytes32) {
        if (!StackChain.fits(step, 2 + topicCount, 0)) return Steps.halt(step, w);
        FrameContext memory context = Steps.openFrameContext(step, w);
        if (context.isStatic) return Steps.halt(step, w);
        uint256[] memory items = StackChain.pop(step, w, 2 + topicCount);
        uint256 length = items[1];
        (bool isInRange, uint256 cost) = MemoryTree.expand(step, items[0], length);
        if (!isInRange) return Steps.halt(step, w);
        cost += GasMeter.LOG + GasMeter.LOG_TOPIC * topicCount + GasMeter.LOG_BYTE * length;
        if (!GasMeter.charge(step, cost)) return Steps.halt(step, w);

        bytes memory bloom = Steps.openBloom(step, w);
        bytes memory topics;
        _add(bloom, keccak256(abi.encodePacked(context.self)));
        for (uint256 i = 0; i < topicCount; ++i) {
            bytes32 topic = bytes32(items[2 + i]);
            _add(bloom, keccak256(abi.encode(topic)));
            topics = abi.encodePacked(topics, topic);
        }
        step.machine.journal.bloomHash = keccak256(bloom);

        bytes32 topicsHash = keccak256(topics);
        if (length > LongHashes.SHORT) {
            LongHashes.begin(step, Phase.FinishLog, topicsHash, MemoryTree.slice(step, items[0], length));
        } else {
            _append(step, context.self, topicsHash, keccak256(MemoryTree.load(step, w, items[0], length)));
        }
        return Steps.endInstruction(step);
    }

    function _finish(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Steps.openFrame(step, w);
        FrameContext memory context = Steps.openFrameContext(step, w);
        Digest memory digest = Steps.openDigest(step, w);
        _append(step, context.self, digest.context, digest.value);
        step.machine.pending = bytes32(0);
        step.machine.phase = Phase.Execute;
        return Steps.end(step);
    }

    /// @dev Specification §4, `logsHash`.
    function _append(Step memory step, address emitter, bytes32 topicsHash, bytes32 dataHash) private pure {
        bytes32 logsHash = step.machine.journal.logsHash;
        step.machine.journal.logsHash = keccak256(abi.encode(logsHash, emitter, topicsHash, dataHash));
    }

    /// @dev Sets the three bits of a value with this hash (Yellow Paper, 4.4.3: M3:2048).
    function _add(bytes memory bloom, bytes32 hash) private pure {
        for (uint256 shift = 240; shift >= 208; shift -= 16) {
            uint256 bit = (uint256(hash) >> shift) & 2047;
            uint256 position = 255 - (bit >> 3);
            bloom[position] = bloom[position] | bytes1(uint8(1 << (bit & 7)));
        }
    }
}
