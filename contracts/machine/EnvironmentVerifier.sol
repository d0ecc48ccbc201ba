// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {CodeReader} from "./libraries/CodeReader.sol";
import {FrameInput} from "./libraries/FrameInput.sol";
import {GasMeter} from "./libraries/GasMeter.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {Slices} from "./libraries/Slices.sol";
import {StackChain} from "./libraries/StackChain.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {BlockContext, FrameContext, Slice, TransactionContext} from "./types/MachineState.sol";
import {Witness} from "./types/Witness.sol";

/// @title Environment verifier
/// @notice Proves the instructions that push a value of the frame, the transaction or the block (docs/machine.md §8).
contract EnvironmentVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata w) external pure returns (bytes32) {
        (Step memory state, uint256 opcode, ) = CodeReader.beginInstruction(before, w);
        require(Opcodes.groupOf(opcode) == InstructionGroup.Environment, WrongOpcode(opcode));
        bool takesItem = opcode == Opcodes.CALLDATALOAD || opcode == Opcodes.BLOBHASH;
        if (!StackChain.fits(state, takesItem ? 1 : 0, 1)) return Steps.halt(before, w);
        if (!GasMeter.charge(state, takesItem ? GasMeter.VERY_LOW : GasMeter.BASE)) return Steps.halt(before, w);
        uint256 item = takesItem ? StackChain.pop(state, w, 1)[0] : 0;
        StackChain.push(state, _valueOf(state, w, opcode, item));
        ++state.frame.pc;
        return Steps.endWithFrame(state);
    }

    function _valueOf(
        Step memory state,
        Witness calldata w,
        uint256 opcode,
        uint256 item
    ) private pure returns (uint256) {
        if (opcode == Opcodes.CODESIZE) return state.frame.code.length;
        if (opcode == Opcodes.RETURNDATASIZE) return state.frame.returndata.length;
        // Blob transactions do not exist here.
        if (opcode == Opcodes.BLOBHASH) return 0;
        if (opcode == Opcodes.ORIGIN || opcode == Opcodes.GASPRICE) {
            TransactionContext memory transaction = Steps.openTransaction(state, w);
            return opcode == Opcodes.ORIGIN ? uint160(transaction.sender) : transaction.gasPrice;
        }
        if (opcode >= Opcodes.ADDRESS && opcode <= Opcodes.CALLDATASIZE) return _ofFrame(state, w, opcode, item);
        return _ofBlock(state, w, opcode);
    }

    function _ofFrame(
        Step memory state,
        Witness calldata w,
        uint256 opcode,
        uint256 item
    ) private pure returns (uint256) {
        FrameContext memory context = Steps.openFrameContext(state, w);
        if (opcode == Opcodes.ADDRESS) return uint160(context.self);
        if (opcode == Opcodes.CALLER) return uint160(context.caller);
        if (opcode == Opcodes.CALLVALUE) return context.value;
        Slice memory calldataSlice = FrameInput.calldataOf(context);
        if (opcode == Opcodes.CALLDATASIZE) return calldataSlice.length;
        return uint256(bytes32(Slices.read(calldataSlice, item, 32, state, w)));
    }

    function _ofBlock(Step memory state, Witness calldata w, uint256 opcode) private pure returns (uint256) {
        BlockContext memory context = Steps.openBlockContext(state, w);
        if (opcode == Opcodes.COINBASE) return uint160(context.coinbase);
        if (opcode == Opcodes.TIMESTAMP) return context.timestamp;
        if (opcode == Opcodes.NUMBER) return context.number;
        if (opcode == Opcodes.PREVRANDAO) return uint256(context.prevRandao);
        if (opcode == Opcodes.GASLIMIT) return context.gasLimit;
        if (opcode == Opcodes.CHAINID) return context.chainId;
        if (opcode == Opcodes.BASEFEE) return context.baseFee;
        return context.blobBaseFee;
    }
}
