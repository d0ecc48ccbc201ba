// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {BufferTree} from "./libraries/BufferTree.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {Slices} from "./libraries/Slices.sol";
import {CodeReader} from "./steps/CodeReader.sol";
import {GasMeter} from "./steps/GasMeter.sol";
import {MemoryTree} from "./steps/MemoryTree.sol";
import {Overlay} from "./steps/Overlay.sol";
import {SliceReader} from "./steps/SliceReader.sol";
import {StackChain} from "./steps/StackChain.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {Warmth} from "./steps/Warmth.sol";
import {Account} from "./types/Account.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Copy} from "./types/Copy.sol";
import {Phase} from "./types/Phase.sol";
import {Slice} from "./types/Slice.sol";
import {Witness} from "./types/Witness.sol";

/// @title Copy verifier
/// @notice Proves CALLDATACOPY, CODECOPY, RETURNDATACOPY, MCOPY and EXTCODECOPY (docs/machine.md §8) and the phase `Copy`, in
/// which the bytes move.
contract CopyVerifier is IVerifier {
    /// @dev Bytes that one step of the phase `Copy` moves.
    uint256 private constant STRIDE = 32_768;

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        if (step.machine.phase == Phase.Copy) return _copy(step, w);
        (uint256 opcode, ) = CodeReader.openInstruction(step, w, InstructionGroup.Copy);
        return opcode == Opcodes.EXTCODECOPY ? _externalCode(step, w) : _own(step, w, opcode);
    }

    function _own(Step memory step, Witness calldata w, uint256 opcode) private pure returns (bytes32) {
        if (!StackChain.fits(step, 3, 0)) return Steps.halt(step, w);
        uint256[] memory items = StackChain.pop(step, w, 3);
        if (!_charge(step, GasMeter.VERY_LOW, items[0], items[2])) return Steps.halt(step, w);
        if (opcode == Opcodes.RETURNDATACOPY) {
            uint256 size = step.frame.returndata.length;
            if (items[1] > size || items[2] > size - items[1]) return Steps.halt(step, w);
        } else if (opcode == Opcodes.MCOPY) {
            (bool isInRange, uint256 cost) = MemoryTree.expand(step, items[1], items[2]);
            if (!isInRange || !GasMeter.charge(step, cost)) return Steps.halt(step, w);
        }
        if (items[2] > 0) _begin(step, _sourceOf(step, w, opcode), items[1], items[0], items[2]);
        return Steps.endInstruction(step);
    }

    function _externalCode(Step memory step, Witness calldata w) private pure returns (bytes32) {
        if (!StackChain.fits(step, 4, 0)) return Steps.halt(step, w);
        uint256[] memory items = StackChain.pop(step, w, 4);
        address owner = address(uint160(items[0]));
        (bool isPresent, Account memory account) = Overlay.readAccount(step, w, owner);
        if (!isPresent) return Steps.faultOnAccount(step, w, owner);
        if (!_charge(step, Warmth.accessCost(owner, account), items[1], items[3])) return Steps.halt(step, w);
        Warmth.makeWarm(step, w, owner, account);
        if (items[3] > 0) {
            Slice memory source = Slices.empty();
            if (account.codeLength > 0) {
                bytes32 root = BufferTree.rootOf(Steps.openCode(w, account.codeHash));
                source = Slices.range(root, 0, account.codeLength);
            }
            _begin(step, source, items[2], items[1], items[3]);
        }
        return Steps.endInstruction(step);
    }

    /// @dev Charges `base`, the words copied and the expansion to their destination.
    /// @return Whether there is as much gas.
    function _charge(Step memory step, uint256 base, uint256 destination, uint256 length) private pure returns (bool) {
        (bool isInRange, uint256 cost) = MemoryTree.expand(step, destination, length);
        return isInRange && GasMeter.charge(step, base + cost + GasMeter.COPY_WORD * MemoryTree.wordsOf(length));
    }

    function _sourceOf(Step memory step, Witness calldata w, uint256 opcode) private pure returns (Slice memory) {
        if (opcode == Opcodes.CALLDATACOPY) return Steps.openFrameContext(step, w).calldataSlice();
        if (opcode == Opcodes.CODECOPY) return step.frame.code;
        if (opcode == Opcodes.RETURNDATACOPY) return step.frame.returndata;
        return MemoryTree.slice(step, 0, step.frame.memoryWords << 5);
    }

    function _begin(
        Step memory step,
        Slice memory source,
        uint256 sourceOffset,
        uint256 destination,
        uint256 length
    ) private pure {
        step.machine.pending = Copy({
            source: source,
            sourceOffset: _capped(sourceOffset),
            destination: destination,
            length: length
        }).hash();
        step.machine.phase = Phase.Copy;
    }

    function _copy(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Steps.openFrame(step, w);
        Copy memory copy = Steps.openCopy(step, w);
        uint256 length = copy.length < STRIDE ? copy.length : STRIDE;
        bytes memory data = SliceReader.read(step, w, copy.source, copy.sourceOffset, length);
        MemoryTree.store(step, w, copy.destination, data);
        if (copy.length == length) {
            step.machine.pending = bytes32(0);
            step.machine.phase = Phase.Execute;
        } else {
            copy.sourceOffset = _capped(copy.sourceOffset + length);
            copy.destination += length;
            copy.length -= length;
            step.machine.pending = copy.hash();
        }
        return Steps.endWithFrame(step);
    }

    /// @dev Beyond the end of any slice it makes no difference where.
    function _capped(uint256 sourceOffset) private pure returns (uint256) {
        return sourceOffset < MemoryTree.LIMIT ? sourceOffset : MemoryTree.LIMIT;
    }
}
