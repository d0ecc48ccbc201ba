// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {Accounts} from "./libraries/Accounts.sol";
import {CodeReader} from "./libraries/CodeReader.sol";
import {FrameMaking} from "./libraries/FrameMaking.sol";
import {GasMeter} from "./libraries/GasMeter.sol";
import {MemoryTree} from "./libraries/MemoryTree.sol";
import {Opcodes} from "./libraries/Opcodes.sol";
import {Overlay} from "./libraries/Overlay.sol";
import {Slices} from "./libraries/Slices.sol";
import {StackChain} from "./libraries/StackChain.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {Warmth} from "./libraries/Warmth.sol";
import {Account, FrameContext} from "./types/MachineState.sol";
import {Witness} from "./types/Witness.sol";

/// @title Call verifier
/// @notice Proves CALL, CALLCODE, DELEGATECALL and STATICCALL up to the frame they make (docs/machine.md §8; twin of
/// src/machine/instructions/calls.ts).
contract CallVerifier is IVerifier {
    /// @dev What the stack says, and whose code it leads to.
    struct Call {
        uint256 kind;
        uint256 requestedGas;
        address target;
        uint256 value;
        uint256 inputOffset;
        uint256 inputLength;
        uint256 outOffset;
        uint256 outLength;
        address codeAddress;
        bool isDelegated;
    }

    uint256 private constant VALUE_COST = 9_000;
    uint256 private constant NEW_ACCOUNT_COST = 25_000;
    uint256 private constant STIPEND = 2_300;

    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata witness) external pure returns (bytes32) {
        (Step memory current, uint256 opcode, ) = CodeReader.beginInstruction(before, witness);
        bool hasValue = opcode == Opcodes.CALL || opcode == Opcodes.CALLCODE;
        require(hasValue || opcode == Opcodes.DELEGATECALL || opcode == Opcodes.STATICCALL, WrongOpcode(opcode));
        if (!StackChain.fits(current, hasValue ? 7 : 6, 1)) return Steps.halt(before, witness);
        FrameContext memory context = Steps.openFrameContext(current, witness);
        Call memory call = _pop(current, witness, opcode, hasValue);
        if (opcode == Opcodes.CALL && call.value != 0 && context.isStatic) return Steps.halt(before, witness);
        return _call(before, witness, current, context, call);
    }

    function _pop(
        Step memory current,
        Witness calldata w,
        uint256 kind,
        bool hasValue
    ) private pure returns (Call memory call) {
        uint256[] memory items = StackChain.pop(current, w, hasValue ? 7 : 6);
        call.kind = kind;
        call.requestedGas = items[0];
        call.target = address(uint160(items[1]));
        uint256 next = 2;
        if (hasValue) call.value = items[next++];
        call.inputOffset = items[next];
        call.inputLength = items[next + 1];
        call.outOffset = items[next + 2];
        call.outLength = items[next + 3];
    }

    function _call(
        bytes32 before,
        Witness calldata w,
        Step memory current,
        FrameContext memory context,
        Call memory call
    ) private pure returns (bytes32) {
        (bool isPresent, Account memory target) = Overlay.readAccount(current, w, call.target);
        if (!isPresent) return Steps.fault(before, w, false, call.target, 0);
        (call.codeAddress, call.isDelegated) = FrameMaking.codeOf(call.target, target);
        Account memory delegate;
        if (call.isDelegated) {
            (isPresent, delegate) = Overlay.readAccount(current, w, call.codeAddress);
            if (!isPresent) return Steps.fault(before, w, false, call.codeAddress, 0);
        }
        uint256 balance = call.value == 0 ? 0 : Accounts.read(current, w, context.self).balance;

        (bool isPaid, uint256 gas) = _charge(current, call, target, delegate);
        if (!isPaid) return Steps.halt(before, w);
        Warmth.makeWarm(current, w, call.target, target);
        // The first of the two has warmed the second if they are one.
        if (call.isDelegated && call.codeAddress != call.target) {
            Warmth.makeWarm(current, w, call.codeAddress, delegate);
        }
        ++current.frame.pc;
        current.frame.returndata = Slices.empty();
        if (context.depth >= FrameMaking.DEPTH_LIMIT || balance < call.value) {
            current.frame.gas += gas;
            StackChain.push(current, 0);
            return Steps.endWithFrame(current);
        }
        FrameMaking.enter(current, _contextOf(current, context, call), gas);
        return Steps.end(current);
    }

    /// @dev Takes all costs and the forwarded gas from the frame.
    /// @return isPaid Whether there was enough.
    /// @return gas What the call gets: the forwarded gas, and the stipend with value.
    function _charge(
        Step memory current,
        Call memory call,
        Account memory target,
        Account memory delegate
    ) private pure returns (bool isPaid, uint256 gas) {
        (bool isInputInRange, uint256 inputCost) = MemoryTree.expand(current, call.inputOffset, call.inputLength);
        (bool isOutInRange, uint256 outCost) = MemoryTree.expand(current, call.outOffset, call.outLength);
        if (!isInputInRange || !isOutInRange) return (false, 0);

        uint256 cost = inputCost + outCost + Warmth.accessCost(call.target, target);
        if (call.value != 0) {
            cost += VALUE_COST;
            if (call.kind == Opcodes.CALL && Accounts.isEmpty(target)) cost += NEW_ACCOUNT_COST;
        }
        if (call.isDelegated) {
            cost +=
                call.codeAddress == call.target ? GasMeter.WARM_ACCESS : Warmth.accessCost(call.codeAddress, delegate);
        }
        if (!GasMeter.charge(current, cost)) return (false, 0);

        gas = FrameMaking.allButOne64th(current.frame.gas);
        if (call.requestedGas < gas) gas = call.requestedGas;
        current.frame.gas -= gas;
        if (call.value != 0) gas += STIPEND;
        isPaid = true;
    }

    /// @dev Suspends the frame: what is hashed as the parent is what the call returns to.
    function _contextOf(
        Step memory current,
        FrameContext memory context,
        Call memory call
    ) private pure returns (FrameContext memory child) {
        child.parent = Steps.hashFrame(current.frame);
        child.kind = call.kind;
        child.isStatic = context.isStatic || call.kind == Opcodes.STATICCALL;
        child.depth = context.depth + 1;
        bool isOwn = call.kind == Opcodes.CALLCODE || call.kind == Opcodes.DELEGATECALL;
        child.self = isOwn ? context.self : call.target;
        bool isDelegate = call.kind == Opcodes.DELEGATECALL;
        child.caller = isDelegate ? context.caller : context.self;
        child.value = isDelegate ? context.value : call.value;
        child.codeAddress = call.codeAddress;
        child.isDelegated = call.isDelegated;
        child.input = MemoryTree.slice(current, call.inputOffset, call.inputLength);
        // An empty window lies nowhere.
        if (call.outLength != 0) (child.outOffset, child.outLength) = (call.outOffset, call.outLength);
    }
}
