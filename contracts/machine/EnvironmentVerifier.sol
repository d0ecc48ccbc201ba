// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {CodeReader} from "./steps/CodeReader.sol";
import {GasMeter} from "./steps/GasMeter.sol";
import {SliceReader} from "./steps/SliceReader.sol";
import {StackChain} from "./steps/StackChain.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {BlockContext} from "./types/BlockContext.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {FrameContext} from "./types/FrameContext.sol";
import {Slice} from "./types/Slice.sol";
import {TransactionContext} from "./types/TransactionContext.sol";
import {Witness} from "./types/Witness.sol";

/// @title Environment verifier
/// @notice Proves the instructions that push a value of the frame, the transaction or the block (docs/machine.md §8).
contract EnvironmentVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        (uint256 opcode, ) = CodeReader.openInstruction(step, w, InstructionGroup.Environment);
        bool takesItem = opcode == Opcodes.CALLDATALOAD || opcode == Opcodes.BLOBHASH;
        if (!StackChain.fits(step, takesItem ? 1 : 0, 1)) return Steps.halt(step, w);
        if (!GasMeter.charge(step, takesItem ? GasMeter.VERY_LOW : GasMeter.BASE)) return Steps.halt(step, w);
        uint256 item = takesItem ? StackChain.pop(step, w, 1)[0] : 0;
        StackChain.push(step, _valueOf(step, w, opcode, item));
        return Steps.endInstruction(step);
    }

    function _valueOf(
        Step memory step,
        Witness calldata w,
        uint256 opcode,
        uint256 item
    ) private pure returns (uint256) {
        if (opcode == Opcodes.CODESIZE) return step.frame.code.length;
        if (opcode == Opcodes.RETURNDATASIZE) return step.frame.returndata.length;
        // Blob transactions do not exist here.
        if (opcode == Opcodes.BLOBHASH) return 0;
        if (opcode == Opcodes.ORIGIN || opcode == Opcodes.GASPRICE) {
            TransactionContext memory transaction = Steps.openTransaction(step, w);
            return opcode == Opcodes.ORIGIN ? uint160(transaction.sender) : transaction.gasPrice;
        }
        if (opcode >= Opcodes.ADDRESS && opcode <= Opcodes.CALLDATASIZE) return _ofFrame(step, w, opcode, item);
        return _ofBlock(step, w, opcode);
    }

    function _ofFrame(
        Step memory step,
        Witness calldata w,
        uint256 opcode,
        uint256 item
    ) private pure returns (uint256) {
        FrameContext memory context = Steps.openFrameContext(step, w);
        if (opcode == Opcodes.ADDRESS) return uint160(context.self);
        if (opcode == Opcodes.CALLER) return uint160(context.caller);
        if (opcode == Opcodes.CALLVALUE) return context.value;
        Slice memory data = context.calldataSlice();
        if (opcode == Opcodes.CALLDATASIZE) return data.length;
        return uint256(bytes32(SliceReader.read(step, w, data, item, 32)));
    }

    function _ofBlock(Step memory step, Witness calldata w, uint256 opcode) private pure returns (uint256) {
        BlockContext memory context = Steps.openBlockContext(step, w);
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
