// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {BufferTree} from "./libraries/BufferTree.sol";
import {CodeReader} from "./libraries/CodeReader.sol";
import {FrameInput} from "./libraries/FrameInput.sol";
import {GasMeter} from "./libraries/GasMeter.sol";
import {MemoryTree} from "./libraries/MemoryTree.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {Overlay} from "./libraries/Overlay.sol";
import {Slices} from "./libraries/Slices.sol";
import {StackChain} from "./libraries/StackChain.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {Warmth} from "./libraries/Warmth.sol";
import {Account, Copy, Slice} from "./types/MachineState.sol";
import {Phase} from "./types/Phase.sol";
import {Witness} from "./types/Witness.sol";

/// @title Copy verifier
/// @notice Proves CALLDATACOPY, CODECOPY, RETURNDATACOPY, MCOPY and EXTCODECOPY (docs/machine.md §8) and the phase `Copy`, in
/// which the bytes move.
contract CopyVerifier is IVerifier {
    /// @dev Bytes that one step of the phase `Copy` moves.
    uint256 private constant STRIDE = 32_768;

    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata w) external pure returns (bytes32) {
        Step memory state = Steps.begin(before, w);
        if (state.machine.phase == Phase.Copy) return _copy(state, w);
        uint256 opcode;
        (state, opcode, ) = CodeReader.beginInstruction(before, w);
        require(Opcodes.groupOf(opcode) == InstructionGroup.Copy, WrongOpcode(opcode));
        if (opcode == Opcodes.EXTCODECOPY) return _externalCode(before, state, w);
        return _own(state, w, opcode) ? Steps.endWithFrame(state) : Steps.halt(before, w);
    }

    /// @return Whether it does not halt.
    function _own(Step memory state, Witness calldata w, uint256 opcode) private pure returns (bool) {
        if (!StackChain.fits(state, 3, 0)) return false;
        uint256[] memory items = StackChain.pop(state, w, 3);
        if (!_charge(state, GasMeter.VERY_LOW, items[0], items[2])) return false;
        if (opcode == Opcodes.RETURNDATACOPY) {
            uint256 size = state.frame.returndata.length;
            if (items[1] > size || items[2] > size - items[1]) return false;
        } else if (opcode == Opcodes.MCOPY) {
            (bool isInRange, uint256 cost) = MemoryTree.expand(state, items[1], items[2]);
            if (!isInRange || !GasMeter.charge(state, cost)) return false;
        }
        ++state.frame.pc;
        if (items[2] > 0) _begin(state, _sourceOf(state, w, opcode), items[1], items[0], items[2]);
        return true;
    }

    function _externalCode(bytes32 before, Step memory state, Witness calldata w) private pure returns (bytes32) {
        if (!StackChain.fits(state, 4, 0)) return Steps.halt(before, w);
        uint256[] memory items = StackChain.pop(state, w, 4);
        address owner = address(uint160(items[0]));
        (bool isPresent, Account memory account) = Overlay.readAccount(state, w, owner);
        if (!isPresent) return Steps.fault(before, w, false, owner, 0);
        if (!_charge(state, Warmth.accessCost(owner, account), items[1], items[3])) return Steps.halt(before, w);
        Warmth.makeWarm(state, w, owner, account);
        ++state.frame.pc;
        if (items[3] > 0) {
            Slice memory source = Slices.empty();
            if (account.codeLength > 0) {
                bytes32 root = BufferTree.rootOf(Steps.openCode(account.codeHash, w));
                source = Slices.range(root, 0, account.codeLength);
            }
            _begin(state, source, items[2], items[1], items[3]);
        }
        return Steps.endWithFrame(state);
    }

    /// @dev Charges `base`, the words copied and the expansion to their destination.
    /// @return Whether there is as much gas.
    function _charge(Step memory state, uint256 base, uint256 destination, uint256 length) private pure returns (bool) {
        (bool isInRange, uint256 cost) = MemoryTree.expand(state, destination, length);
        return isInRange && GasMeter.charge(state, base + cost + GasMeter.COPY_WORD * MemoryTree.wordsOf(length));
    }

    function _sourceOf(Step memory state, Witness calldata w, uint256 opcode) private pure returns (Slice memory) {
        if (opcode == Opcodes.CALLDATACOPY) return FrameInput.calldataOf(Steps.openFrameContext(state, w));
        if (opcode == Opcodes.CODECOPY) return state.frame.code;
        if (opcode == Opcodes.RETURNDATACOPY) return state.frame.returndata;
        return MemoryTree.slice(state, 0, state.frame.memoryWords << 5);
    }

    function _begin(
        Step memory state,
        Slice memory source,
        uint256 sourceOffset,
        uint256 destination,
        uint256 length
    ) private pure {
        state.machine.pending = Steps.hashCopy(
            Copy({source: source, sourceOffset: _capped(sourceOffset), destination: destination, length: length})
        );
        state.machine.phase = Phase.Copy;
    }

    function _copy(Step memory state, Witness calldata w) private pure returns (bytes32) {
        Steps.openFrame(state, w);
        Copy memory copy = Steps.openCopy(state, w);
        uint256 length = copy.length < STRIDE ? copy.length : STRIDE;
        bytes memory data = Slices.read(copy.source, copy.sourceOffset, length, state, w);
        MemoryTree.store(state, w, copy.destination, data);
        if (copy.length == length) {
            state.machine.pending = bytes32(0);
            state.machine.phase = Phase.Execute;
        } else {
            copy.sourceOffset = _capped(copy.sourceOffset + length);
            copy.destination += length;
            copy.length -= length;
            state.machine.pending = Steps.hashCopy(copy);
        }
        return Steps.endWithFrame(state);
    }

    /// @dev Beyond the end of any slice it makes no difference where.
    function _capped(uint256 sourceOffset) private pure returns (uint256) {
        return sourceOffset < MemoryTree.LIMIT ? sourceOffset : MemoryTree.LIMIT;
    }
}
