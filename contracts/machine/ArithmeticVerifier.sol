// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {Slices} from "./libraries/Slices.sol";
import {CodeReader} from "./steps/CodeReader.sol";
import {GasMeter} from "./steps/GasMeter.sol";
import {SliceReader} from "./steps/SliceReader.sol";
import {StackChain} from "./steps/StackChain.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Slice} from "./types/Slice.sol";
import {Witness} from "./types/Witness.sol";

/// @title Arithmetic verifier
/// @notice Proves the instructions that know the stack and the place in the code only: arithmetic, comparison, bits, PUSH, DUP, SWAP,
/// POP, jumps, PC, MSIZE and GAS (docs/machine.md §8).
contract ArithmeticVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        (uint256 opcode, uint256 immediate) = CodeReader.openInstruction(step, w, InstructionGroup.Arithmetic);
        if (opcode >= Opcodes.PUSH0 && opcode <= Opcodes.PUSH32) return _push(step, w, opcode, immediate);
        if (opcode >= Opcodes.DUP1 && opcode <= Opcodes.DUP16) return _duplicate(step, w, opcode);
        if (opcode >= Opcodes.SWAP1 && opcode <= Opcodes.SWAP16) return _swap(step, w, opcode);
        if (opcode >= Opcodes.POP && opcode <= Opcodes.JUMPDEST) return _control(step, w, opcode);
        if (opcode == Opcodes.ISZERO || opcode == Opcodes.NOT || opcode == Opcodes.CLZ) return _unary(step, w, opcode);
        if (opcode == Opcodes.ADDMOD || opcode == Opcodes.MULMOD) return _ternary(step, w, opcode);
        return _binary(step, w, opcode);
    }

    function _push(
        Step memory step,
        Witness calldata w,
        uint256 opcode,
        uint256 immediate
    ) private pure returns (bytes32) {
        if (!StackChain.fits(step, 0, 1)) return Steps.halt(step, w);
        uint256 cost = opcode == Opcodes.PUSH0 ? GasMeter.BASE : GasMeter.VERY_LOW;
        if (!GasMeter.charge(step, cost)) return Steps.halt(step, w);
        StackChain.push(step, immediate);
        step.frame.pc += Opcodes.immediatesOf(opcode);
        return Steps.endInstruction(step);
    }

    function _duplicate(Step memory step, Witness calldata w, uint256 opcode) private pure returns (bytes32) {
        uint256 depth = opcode - Opcodes.DUP1 + 1;
        if (!StackChain.fits(step, depth, depth + 1)) return Steps.halt(step, w);
        if (!GasMeter.charge(step, GasMeter.VERY_LOW)) return Steps.halt(step, w);
        (uint256[] memory items, ) = StackChain.peek(step, w, depth);
        StackChain.push(step, items[depth - 1]);
        return Steps.endInstruction(step);
    }

    function _swap(Step memory step, Witness calldata w, uint256 opcode) private pure returns (bytes32) {
        uint256 depth = opcode - Opcodes.SWAP1 + 1;
        if (!StackChain.fits(step, depth + 1, depth + 1)) return Steps.halt(step, w);
        if (!GasMeter.charge(step, GasMeter.VERY_LOW)) return Steps.halt(step, w);
        uint256[] memory items = StackChain.pop(step, w, depth + 1);
        StackChain.push(step, items[0]);
        for (uint256 i = depth - 1; i > 0; --i) StackChain.push(step, items[i]);
        StackChain.push(step, items[depth]);
        return Steps.endInstruction(step);
    }

    function _control(Step memory step, Witness calldata w, uint256 opcode) private pure returns (bytes32) {
        if (opcode == Opcodes.POP) {
            if (!StackChain.fits(step, 1, 0) || !GasMeter.charge(step, GasMeter.BASE)) return Steps.halt(step, w);
            StackChain.pop(step, w, 1);
        } else if (opcode == Opcodes.JUMP) {
            if (!StackChain.fits(step, 1, 0) || !GasMeter.charge(step, GasMeter.MID)) return Steps.halt(step, w);
            return _jump(step, w, StackChain.pop(step, w, 1)[0]);
        } else if (opcode == Opcodes.JUMPI) {
            if (!StackChain.fits(step, 2, 0) || !GasMeter.charge(step, GasMeter.HIGH)) return Steps.halt(step, w);
            uint256[] memory items = StackChain.pop(step, w, 2);
            if (items[1] != 0) return _jump(step, w, items[0]);
        } else if (opcode == Opcodes.PC || opcode == Opcodes.MSIZE || opcode == Opcodes.GAS) {
            if (!StackChain.fits(step, 0, 1) || !GasMeter.charge(step, GasMeter.BASE)) return Steps.halt(step, w);
            if (opcode == Opcodes.PC) StackChain.push(step, step.frame.pc);
            else if (opcode == Opcodes.MSIZE) StackChain.push(step, step.frame.memoryWords << 5);
            else StackChain.push(step, step.frame.gas);
        } else if (!GasMeter.charge(step, GasMeter.JUMPDEST)) {
            return Steps.halt(step, w);
        }
        return Steps.endInstruction(step);
    }

    /// @dev A destination inside the code is looked up in the buffer of jump destinations; one beyond it needs no look.
    function _jump(Step memory step, Witness calldata w, uint256 destination) private pure returns (bytes32) {
        if (destination >= step.frame.code.length) return Steps.halt(step, w);
        Slice memory word = Slices.range(step.frame.jumps, (destination >> 8) << 5, 32);
        uint256 destinations = uint256(bytes32(SliceReader.read(step, w, word, 0, 32)));
        if ((destinations >> (destination & 255)) & 1 == 0) return Steps.halt(step, w);
        step.frame.pc = destination;
        return Steps.endWithFrame(step);
    }

    function _unary(Step memory step, Witness calldata w, uint256 opcode) private pure returns (bytes32) {
        if (!StackChain.fits(step, 1, 1)) return Steps.halt(step, w);
        uint256 cost = opcode == Opcodes.CLZ ? GasMeter.LOW : GasMeter.VERY_LOW;
        if (!GasMeter.charge(step, cost)) return Steps.halt(step, w);
        uint256 a = StackChain.pop(step, w, 1)[0];
        uint256 result;
        if (opcode == Opcodes.ISZERO) result = a == 0 ? 1 : 0;
        else if (opcode == Opcodes.NOT) result = ~a;
        else result = Math.clz(a);
        StackChain.push(step, result);
        return Steps.endInstruction(step);
    }

    function _ternary(Step memory step, Witness calldata w, uint256 opcode) private pure returns (bytes32) {
        if (!StackChain.fits(step, 3, 1)) return Steps.halt(step, w);
        if (!GasMeter.charge(step, GasMeter.MID)) return Steps.halt(step, w);
        uint256[] memory items = StackChain.pop(step, w, 3);
        uint256 modulus = items[2];
        uint256 result;
        if (modulus != 0) {
            result =
                opcode == Opcodes.ADDMOD ? addmod(items[0], items[1], modulus) : mulmod(items[0], items[1], modulus);
        }
        StackChain.push(step, result);
        return Steps.endInstruction(step);
    }

    function _binary(Step memory step, Witness calldata w, uint256 opcode) private pure returns (bytes32) {
        uint256 cost = _binaryCost(opcode);
        if (!StackChain.fits(step, 2, 1)) return Steps.halt(step, w);
        uint256[] memory items = StackChain.pop(step, w, 2);
        if (opcode == Opcodes.EXP && items[1] != 0) {
            cost += GasMeter.EXP_BYTE * ((Math.log2(items[1]) >> 3) + 1);
        }
        if (!GasMeter.charge(step, cost)) return Steps.halt(step, w);
        StackChain.push(
            step,
            opcode < Opcodes.LT ? _arithmetic(opcode, items[0], items[1]) : _comparison(opcode, items[0], items[1])
        );
        return Steps.endInstruction(step);
    }

    function _binaryCost(uint256 opcode) private pure returns (uint256) {
        if (opcode == Opcodes.ADD || opcode == Opcodes.SUB) return GasMeter.VERY_LOW;
        if (opcode == Opcodes.EXP) return GasMeter.EXP;
        return opcode < Opcodes.LT ? GasMeter.LOW : GasMeter.VERY_LOW;
    }

    /// @dev 0x01–0x0b. Everything wraps around; what is divided by 0 gives 0.
    function _arithmetic(uint256 opcode, uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            if (opcode == Opcodes.ADD) return a + b;
            if (opcode == Opcodes.MUL) return a * b;
            if (opcode == Opcodes.SUB) return a - b;
            if (opcode == Opcodes.EXP) return a ** b;
            if (opcode == Opcodes.SIGNEXTEND) {
                if (a >= 31) return b;
                uint256 unused = 248 - (a << 3);
                return uint256(int256(b << unused) >> unused);
            }
            if (b == 0) return 0;
            if (opcode == Opcodes.DIV) return a / b;
            if (opcode == Opcodes.SDIV) return uint256(int256(a) / int256(b));
            if (opcode == Opcodes.MOD) return a % b;
            return uint256(int256(a) % int256(b));
        }
    }

    /// @dev 0x10–0x1d. Shifts by 256 bits and more shift out everything.
    function _comparison(uint256 opcode, uint256 a, uint256 b) private pure returns (uint256) {
        if (opcode == Opcodes.LT) return a < b ? 1 : 0;
        if (opcode == Opcodes.GT) return a > b ? 1 : 0;
        if (opcode == Opcodes.SLT) return int256(a) < int256(b) ? 1 : 0;
        if (opcode == Opcodes.SGT) return int256(a) > int256(b) ? 1 : 0;
        if (opcode == Opcodes.EQ) return a == b ? 1 : 0;
        if (opcode == Opcodes.AND) return a & b;
        if (opcode == Opcodes.OR) return a | b;
        if (opcode == Opcodes.XOR) return a ^ b;
        if (opcode == Opcodes.BYTE) return a < 32 ? (b >> (248 - (a << 3))) & 0xff : 0;
        if (opcode == Opcodes.SHL) return b << a;
        if (opcode == Opcodes.SHR) return b >> a;
        return uint256(int256(b) >> a);
    }
}
