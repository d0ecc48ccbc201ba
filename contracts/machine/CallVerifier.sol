// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {Slices} from "./libraries/Slices.sol";
import {Accounts} from "./steps/Accounts.sol";
import {CodeReader} from "./steps/CodeReader.sol";
import {FrameMaking} from "./steps/FrameMaking.sol";
import {GasMeter} from "./steps/GasMeter.sol";
import {MemoryTree} from "./steps/MemoryTree.sol";
import {Overlay} from "./steps/Overlay.sol";
import {StackChain} from "./steps/StackChain.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {Warmth} from "./steps/Warmth.sol";
import {Account} from "./types/Account.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {FrameContext} from "./types/FrameContext.sol";
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

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        (uint256 opcode, ) = CodeReader.openInstruction(step, w, InstructionGroup.Call);
        bool hasValue = opcode == Opcodes.CALL || opcode == Opcodes.CALLCODE;
        if (!StackChain.fits(step, hasValue ? 7 : 6, 1)) return Steps.halt(step, w);
        FrameContext memory context = Steps.openFrameContext(step, w);
        Call memory call = _pop(step, w, opcode, hasValue);
        if (opcode == Opcodes.CALL && call.value != 0 && context.isStatic) return Steps.halt(step, w);
        return _call(step, w, context, call);
    }

    function _pop(
        Step memory step,
        Witness calldata w,
        uint256 kind,
        bool hasValue
    ) private pure returns (Call memory call) {
        uint256[] memory items = StackChain.pop(step, w, hasValue ? 7 : 6);
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
        Step memory step,
        Witness calldata w,
        FrameContext memory context,
        Call memory call
    ) private pure returns (bytes32) {
        (bool isPresent, Account memory target) = Overlay.readAccount(step, w, call.target);
        if (!isPresent) return Steps.faultOnAccount(step, w, call.target);
        (call.codeAddress, call.isDelegated) = FrameMaking.codeOf(call.target, target);
        Account memory delegate;
        if (call.isDelegated) {
            (isPresent, delegate) = Overlay.readAccount(step, w, call.codeAddress);
            if (!isPresent) return Steps.faultOnAccount(step, w, call.codeAddress);
        }
        uint256 balance = call.value == 0 ? 0 : Accounts.read(step, w, context.self).balance;

        (bool isPaid, uint256 gas) = _charge(step, call, target, delegate);
        if (!isPaid) return Steps.halt(step, w);
        Warmth.makeWarm(step, w, call.target, target);
        // The first of the two has warmed the second if they are one.
        if (call.isDelegated && call.codeAddress != call.target) {
            Warmth.makeWarm(step, w, call.codeAddress, delegate);
        }
        ++step.frame.pc;
        step.frame.returndata = Slices.empty();
        if (context.depth >= FrameMaking.DEPTH_LIMIT || balance < call.value) {
            step.frame.gas += gas;
            StackChain.push(step, 0);
            return Steps.endWithFrame(step);
        }
        FrameMaking.enter(step, _contextOf(step, context, call), gas);
        return Steps.end(step);
    }

    /// @dev Takes all costs and the forwarded gas from the frame.
    /// @return isPaid Whether there was enough.
    /// @return gas What the call gets: the forwarded gas, and the stipend with value.
    function _charge(
        Step memory step,
        Call memory call,
        Account memory target,
        Account memory delegate
    ) private pure returns (bool isPaid, uint256 gas) {
        (bool isInputInRange, uint256 inputCost) = MemoryTree.expand(step, call.inputOffset, call.inputLength);
        (bool isOutInRange, uint256 outCost) = MemoryTree.expand(step, call.outOffset, call.outLength);
        if (!isInputInRange || !isOutInRange) return (false, 0);

        uint256 cost = inputCost + outCost + Warmth.accessCost(call.target, target);
        if (call.value != 0) {
            cost += VALUE_COST;
            if (call.kind == Opcodes.CALL && target.isEmpty()) cost += GasMeter.NEW_ACCOUNT;
        }
        if (call.isDelegated) {
            cost +=
                call.codeAddress == call.target ? GasMeter.WARM_ACCESS : Warmth.accessCost(call.codeAddress, delegate);
        }
        if (!GasMeter.charge(step, cost)) return (false, 0);

        gas = FrameMaking.allButOne64th(step.frame.gas);
        if (call.requestedGas < gas) gas = call.requestedGas;
        step.frame.gas -= gas;
        if (call.value != 0) gas += GasMeter.CALL_STIPEND;
        isPaid = true;
    }

    /// @dev Suspends the frame: what is hashed as the parent is what the call returns to.
    function _contextOf(
        Step memory step,
        FrameContext memory context,
        Call memory call
    ) private pure returns (FrameContext memory child) {
        child.parent = step.frame.hash();
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
        child.input = MemoryTree.slice(step, call.inputOffset, call.inputLength);
        // An empty window lies nowhere.
        if (call.outLength != 0) (child.outOffset, child.outLength) = (call.outOffset, call.outLength);
    }
}
