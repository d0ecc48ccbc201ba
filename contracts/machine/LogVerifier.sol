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
import {Digest, FrameContext} from "./types/MachineState.sol";
import {Phase} from "./types/Phase.sol";
import {Witness} from "./types/Witness.sol";

/// @title Log verifier
/// @notice Proves LOG0 to LOG4 (docs/machine.md §8) and the phase `FinishLog`.
contract LogVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata w) external pure returns (bytes32) {
        Step memory state = Steps.begin(before, w);
        if (state.machine.phase == Phase.FinishLog) return _finish(state, w);
        uint256 opcode;
        (state, opcode, ) = CodeReader.beginInstruction(before, w);
        require(Opcodes.groupOf(opcode) == InstructionGroup.Log, WrongOpcode(opcode));
        return _log(state, w, opcode - Opcodes.LOG0) ? Steps.endWithFrame(state) : Steps.halt(before, w);
    }

    /// @return Whether it does not halt.
    function _log(Step memory state, Witness calldata w, uint256 topicCount) private pure returns (bool) {
        if (!StackChain.fits(state, 2 + topicCount, 0)) return false;
        FrameContext memory context = Steps.openFrameContext(state, w);
        if (context.isStatic) return false;
        uint256[] memory items = StackChain.pop(state, w, 2 + topicCount);
        uint256 length = items[1];
        (bool isInRange, uint256 cost) = MemoryTree.expand(state, items[0], length);
        if (!isInRange) return false;
        cost += GasMeter.LOG + GasMeter.LOG_TOPIC * topicCount + GasMeter.LOG_BYTE * length;
        if (!GasMeter.charge(state, cost)) return false;
        ++state.frame.pc;

        bytes memory bloom = Steps.openBloom(state, w);
        bytes memory topics;
        _add(bloom, keccak256(abi.encodePacked(context.self)));
        for (uint256 i = 0; i < topicCount; ++i) {
            bytes32 topic = bytes32(items[2 + i]);
            _add(bloom, keccak256(abi.encode(topic)));
            topics = abi.encodePacked(topics, topic);
        }
        state.machine.journal.bloomHash = keccak256(bloom);

        bytes32 topicsHash = keccak256(topics);
        if (length > LongHashes.SHORT) {
            LongHashes.begin(state, Phase.FinishLog, topicsHash, MemoryTree.slice(state, items[0], length));
        } else {
            _append(state, context.self, topicsHash, keccak256(MemoryTree.load(state, w, items[0], length)));
        }
        return true;
    }

    function _finish(Step memory state, Witness calldata w) private pure returns (bytes32) {
        Steps.openFrame(state, w);
        FrameContext memory context = Steps.openFrameContext(state, w);
        Digest memory digest = Steps.openDigest(state, w);
        _append(state, context.self, digest.context, digest.value);
        state.machine.pending = bytes32(0);
        state.machine.phase = Phase.Execute;
        return Steps.end(state);
    }

    /// @dev Specification §4, `logsHash`.
    function _append(Step memory state, address emitter, bytes32 topicsHash, bytes32 dataHash) private pure {
        bytes32 logsHash = state.machine.journal.logsHash;
        state.machine.journal.logsHash = keccak256(abi.encode(logsHash, emitter, topicsHash, dataHash));
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
