// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {CodeReader} from "./libraries/CodeReader.sol";
import {GasMeter} from "./libraries/GasMeter.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {Slices} from "./libraries/Slices.sol";
import {StackChain} from "./libraries/StackChain.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {Slice} from "./types/MachineState.sol";
import {Witness} from "./types/Witness.sol";

/// @title Arithmetic verifier
/// @notice Proves the instructions that know the stack and the place in the code only: arithmetic, comparison, bits, PUSH, DUP, SWAP,
/// POP, jumps, PC, MSIZE and GAS (docs/machine.md §8).
contract ArithmeticVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata w) external pure returns (bytes32) {
        (Step memory state, uint256 opcode, uint256 immediate) = CodeReader.beginInstruction(before, w);
        require(Opcodes.groupOf(opcode) == InstructionGroup.Arithmetic, WrongOpcode(opcode));
        bool isDone;
        if (opcode >= Opcodes.PUSH0 && opcode <= Opcodes.PUSH32) isDone = _push(state, opcode, immediate);
        else if (opcode >= Opcodes.DUP1 && opcode <= Opcodes.DUP16) isDone = _duplicate(state, w, opcode);
        else if (opcode >= Opcodes.SWAP1 && opcode <= Opcodes.SWAP16) isDone = _swap(state, w, opcode);
        else if (opcode >= Opcodes.POP && opcode <= Opcodes.JUMPDEST) isDone = _control(state, w, opcode);
        else if (opcode == Opcodes.ISZERO || opcode == Opcodes.NOT || opcode == Opcodes.CLZ) {
            isDone = _unary(state, w, opcode);
        } else if (opcode == Opcodes.ADDMOD || opcode == Opcodes.MULMOD) isDone = _ternary(state, w, opcode);
        else isDone = _binary(state, w, opcode);
        return isDone ? Steps.endWithFrame(state) : Steps.halt(before, w);
    }

    // In each of the following, false stands for an exceptional halt.

    function _push(Step memory state, uint256 opcode, uint256 immediate) private pure returns (bool) {
        if (!StackChain.fits(state, 0, 1)) return false;
        if (!GasMeter.charge(state, opcode == Opcodes.PUSH0 ? GasMeter.BASE : GasMeter.VERY_LOW)) return false;
        StackChain.push(state, immediate);
        state.frame.pc += 1 + Opcodes.immediatesOf(opcode);
        return true;
    }

    function _duplicate(Step memory state, Witness calldata w, uint256 opcode) private pure returns (bool) {
        uint256 depth = opcode - Opcodes.DUP1 + 1;
        if (!StackChain.fits(state, depth, depth + 1)) return false;
        if (!GasMeter.charge(state, GasMeter.VERY_LOW)) return false;
        (uint256[] memory items, ) = StackChain.peek(state, w, depth);
        StackChain.push(state, items[depth - 1]);
        ++state.frame.pc;
        return true;
    }

    function _swap(Step memory state, Witness calldata w, uint256 opcode) private pure returns (bool) {
        uint256 depth = opcode - Opcodes.SWAP1 + 1;
        if (!StackChain.fits(state, depth + 1, depth + 1)) return false;
        if (!GasMeter.charge(state, GasMeter.VERY_LOW)) return false;
        uint256[] memory items = StackChain.pop(state, w, depth + 1);
        StackChain.push(state, items[0]);
        for (uint256 i = depth - 1; i > 0; --i) StackChain.push(state, items[i]);
        StackChain.push(state, items[depth]);
        ++state.frame.pc;
        return true;
    }

    function _control(Step memory state, Witness calldata w, uint256 opcode) private pure returns (bool) {
        if (opcode == Opcodes.POP) {
            if (!StackChain.fits(state, 1, 0) || !GasMeter.charge(state, GasMeter.BASE)) return false;
            StackChain.pop(state, w, 1);
        } else if (opcode == Opcodes.JUMP) {
            if (!StackChain.fits(state, 1, 0) || !GasMeter.charge(state, GasMeter.MID)) return false;
            return _jump(state, w, StackChain.pop(state, w, 1)[0]);
        } else if (opcode == Opcodes.JUMPI) {
            if (!StackChain.fits(state, 2, 0) || !GasMeter.charge(state, GasMeter.HIGH)) return false;
            uint256[] memory items = StackChain.pop(state, w, 2);
            if (items[1] != 0) return _jump(state, w, items[0]);
        } else if (opcode == Opcodes.PC || opcode == Opcodes.MSIZE || opcode == Opcodes.GAS) {
            if (!StackChain.fits(state, 0, 1) || !GasMeter.charge(state, GasMeter.BASE)) return false;
            if (opcode == Opcodes.PC) StackChain.push(state, state.frame.pc);
            else if (opcode == Opcodes.MSIZE) StackChain.push(state, state.frame.memoryWords << 5);
            else StackChain.push(state, state.frame.gas);
        } else if (!GasMeter.charge(state, GasMeter.JUMPDEST)) {
            return false;
        }
        ++state.frame.pc;
        return true;
    }

    /// @dev A destination inside the code is looked up in the buffer of jump destinations; one beyond it needs no look.
    function _jump(Step memory state, Witness calldata w, uint256 destination) private pure returns (bool) {
        if (destination >= state.frame.code.length) return false;
        Slice memory word = Slices.range(state.frame.jumps, (destination >> 8) << 5, 32);
        uint256 destinations = uint256(bytes32(Slices.read(word, 0, 32, state, w)));
        if ((destinations >> (destination & 255)) & 1 == 0) return false;
        state.frame.pc = destination;
        return true;
    }

    function _unary(Step memory state, Witness calldata w, uint256 opcode) private pure returns (bool) {
        if (!StackChain.fits(state, 1, 1)) return false;
        if (!GasMeter.charge(state, opcode == Opcodes.CLZ ? GasMeter.LOW : GasMeter.VERY_LOW)) return false;
        uint256 a = StackChain.pop(state, w, 1)[0];
        uint256 result;
        if (opcode == Opcodes.ISZERO) result = a == 0 ? 1 : 0;
        else if (opcode == Opcodes.NOT) result = ~a;
        else result = Math.clz(a);
        StackChain.push(state, result);
        ++state.frame.pc;
        return true;
    }

    function _ternary(Step memory state, Witness calldata w, uint256 opcode) private pure returns (bool) {
        if (!StackChain.fits(state, 3, 1)) return false;
        if (!GasMeter.charge(state, GasMeter.MID)) return false;
        uint256[] memory items = StackChain.pop(state, w, 3);
        uint256 modulus = items[2];
        uint256 result;
        if (modulus != 0) {
            result =
                opcode == Opcodes.ADDMOD ? addmod(items[0], items[1], modulus) : mulmod(items[0], items[1], modulus);
        }
        StackChain.push(state, result);
        ++state.frame.pc;
        return true;
    }

    function _binary(Step memory state, Witness calldata w, uint256 opcode) private pure returns (bool) {
        uint256 cost = _binaryCost(opcode);
        if (!StackChain.fits(state, 2, 1)) return false;
        uint256[] memory items = StackChain.pop(state, w, 2);
        if (opcode == Opcodes.EXP && items[1] != 0) {
            cost += GasMeter.EXP_BYTE * ((Math.log2(items[1]) >> 3) + 1);
        }
        if (!GasMeter.charge(state, cost)) return false;
        StackChain.push(
            state,
            opcode < Opcodes.LT ? _arithmetic(opcode, items[0], items[1]) : _comparison(opcode, items[0], items[1])
        );
        ++state.frame.pc;
        return true;
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
