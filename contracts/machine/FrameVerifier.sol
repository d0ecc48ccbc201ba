// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {Accounts} from "./libraries/Accounts.sol";
import {BufferTree} from "./libraries/BufferTree.sol";
import {JumpAnalysis} from "./libraries/JumpAnalysis.sol";
import {Opcodes} from "./libraries/Opcodes.sol";
import {Overlay} from "./libraries/Overlay.sol";
import {Slices} from "./libraries/Slices.sol";
import {StackChain} from "./libraries/StackChain.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {Warmth} from "./libraries/Warmth.sol";
import {Account, Copy, Exit, Frame, FrameContext, Slice, TransactionContext} from "./types/MachineState.sol";
import {Phase} from "./types/Phase.sol";
import {Witness} from "./types/Witness.sol";

/// @title Frame verifier
/// @notice Proves the begin and the end of a frame: the phases EnterFrame, EnterCode, DepositCode and ExitFrame (docs/machine.md
/// §9; twin of src/machine/frames.ts).
contract FrameVerifier is IVerifier {
    uint256 private constant HALT = 0;
    uint256 private constant SUCCESS = 1;
    uint256 private constant REVERT = 2;
    uint256 private constant CREATED = 3;
    /// @dev EIP-170.
    uint256 private constant CODE_LIMIT = 24_576;
    uint256 private constant CODE_BYTE_COST = 200;
    /// @dev EIP-3541.
    bytes1 private constant RESERVED_FIRST_BYTE = 0xef;

    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata witness) external pure returns (bytes32) {
        Step memory current = Steps.begin(before, witness);
        Phase phase = current.machine.phase;
        require(
            phase == Phase.EnterFrame ||
                phase == Phase.EnterCode ||
                phase == Phase.DepositCode ||
                phase == Phase.ExitFrame,
            WrongPhase(phase)
        );
        Steps.openFrame(current, witness);
        FrameContext memory context = Steps.openFrameContext(current, witness);
        if (phase == Phase.EnterFrame) return _enterFrame(witness, current, context);
        if (phase == Phase.EnterCode) return _enterCode(witness, current, context);
        if (phase == Phase.DepositCode) return _depositCode(witness, current, context);
        return _exitFrame(witness, current, context);
    }

    // -------------------------------------------------------------------------------------------------- EnterFrame

    function _enterFrame(
        Witness calldata w,
        Step memory current,
        FrameContext memory context
    ) private pure returns (bytes32) {
        bool isCreation = _isCreation(context);
        if (context.value != 0 && (isCreation || context.kind == Opcodes.CALL)) {
            Accounts.debit(current, w, context.caller, context.value);
        }
        if (isCreation) return _enterCreation(w, current, context);

        if (context.kind == Opcodes.CALL) Accounts.credit(current, w, context.self, context.value);
        if (Warmth.isPrecompile(context.codeAddress) && !context.isDelegated) {
            current.machine.phase = Phase.Precompile;
        } else if (Accounts.read(current, w, context.codeAddress).codeLength == 0) {
            Steps.exit(current, SUCCESS, Slices.empty());
        } else {
            current.machine.phase = Phase.EnterCode;
        }
        return Steps.end(current);
    }

    function _enterCreation(
        Witness calldata w,
        Step memory current,
        FrameContext memory context
    ) private pure returns (bytes32) {
        (Account memory account, uint256 opening) = Accounts.modify(current, w, context.self);
        account.nonce = 1;
        // All ether there is stays far below 2^256; a step is total all the same.
        unchecked {
            account.balance += context.value;
        }
        account.isCreated = true;
        account.isDirty = true;
        Overlay.writeAccount(current, w, opening, context.self, account);

        if (context.input.length == 0) {
            Steps.exit(current, SUCCESS, Slices.empty());
        } else {
            current.frame.code = context.input;
            current.machine.phase = Phase.EnterCode;
        }
        return Steps.endWithFrame(current);
    }

    // --------------------------------------------------------------------------------------------------- EnterCode

    function _enterCode(
        Witness calldata w,
        Step memory current,
        FrameContext memory context
    ) private pure returns (bytes32) {
        Frame memory frame = current.frame;
        bytes memory code;
        if (_isCreation(context)) {
            code = Slices.read(frame.code, 0, frame.code.length, current, w);
        } else {
            code = Steps.openCode(Accounts.read(current, w, context.codeAddress).codeHash, w);
            frame.code = Slices.range(BufferTree.rootOf(code), 0, code.length);
        }
        frame.jumps = BufferTree.rootOf(JumpAnalysis.destinationsOf(code));
        current.machine.phase = Phase.Execute;
        return Steps.endWithFrame(current);
    }

    // ------------------------------------------------------------------------------------------------- DepositCode

    function _depositCode(
        Witness calldata w,
        Step memory current,
        FrameContext memory context
    ) private pure returns (bytes32) {
        Slice memory output = Steps.openExit(current, w).output;
        if (!_deposit(w, current, context, output)) {
            Steps.exit(current, HALT, Slices.empty());
            return Steps.end(current);
        }
        Steps.exit(current, CREATED, Slices.empty());
        return Steps.endWithFrame(current);
    }

    /// @dev Gives the new account its code. Whether that is one it can have, and was paid for.
    function _deposit(
        Witness calldata w,
        Step memory current,
        FrameContext memory context,
        Slice memory output
    ) private pure returns (bool) {
        uint256 length = output.length;
        if (length > CODE_LIMIT) return false;
        bytes memory code = Slices.read(output, 0, length, current, w);
        if (length > 0 && code[0] == RESERVED_FIRST_BYTE) return false;
        uint256 cost = CODE_BYTE_COST * length;
        if (current.frame.gas < cost) return false;
        current.frame.gas -= cost;

        (Account memory account, uint256 opening) = Accounts.modify(current, w, context.self);
        account.codeHash = keccak256(code);
        account.codeLength = length;
        account.isDirty = true;
        Overlay.writeAccount(current, w, opening, context.self, account);
        return true;
    }

    // --------------------------------------------------------------------------------------------------- ExitFrame

    function _exitFrame(
        Witness calldata w,
        Step memory current,
        FrameContext memory context
    ) private pure returns (bytes32) {
        Exit memory exit = Steps.openExit(current, w);
        bool isCreation = _isCreation(context);
        if (isCreation && exit.status == SUCCESS) {
            current.machine.phase = Phase.DepositCode;
            return Steps.end(current);
        }
        if (exit.status == HALT || exit.status == REVERT) {
            current.machine.journal = Steps.openJournal(context.savedJournal, w);
        }
        uint256 gas = exit.status == HALT ? 0 : current.frame.gas;
        current.machine.pending = bytes32(0);
        if (context.parent == bytes32(0)) return _exitOutermost(w, current, exit.status, gas);

        Frame memory parent = Steps.openParentFrame(context, w);
        parent.gas += gas;
        current.frame = parent;
        StackChain.push(current, _resultOf(context, isCreation, exit.status));
        // Of creations only a revert has return data (EIP-211).
        parent.returndata = isCreation && exit.status != REVERT ? Slices.empty() : exit.output;
        _resume(current, context, isCreation, exit.output);
        return Steps.endWithFrame(current);
    }

    function _exitOutermost(
        Witness calldata w,
        Step memory current,
        uint256 status,
        uint256 gas
    ) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(current, w);
        transaction.gas = gas;
        transaction.status = status == SUCCESS || status == CREATED ? 1 : 0;
        current.machine.transaction = Steps.hashTransaction(transaction);
        current.machine.frame = bytes32(0);
        current.machine.phase = Phase.Settle;
        return Steps.end(current);
    }

    function _resultOf(FrameContext memory context, bool isCreation, uint256 status) private pure returns (uint256) {
        if (isCreation) return status == CREATED ? uint160(context.self) : 0;
        return status == SUCCESS ? 1 : 0;
    }

    /// @dev The parent goes on, after the output of a call has been copied to where it wanted it.
    function _resume(
        Step memory current,
        FrameContext memory context,
        bool isCreation,
        Slice memory output
    ) private pure {
        uint256 length = context.outLength < output.length ? context.outLength : output.length;
        if (isCreation || length == 0) {
            current.machine.phase = Phase.Execute;
            return;
        }
        current.machine.pending = Steps.hashCopy(
            Copy({source: output, sourceOffset: 0, destination: context.outOffset, length: length})
        );
        current.machine.phase = Phase.Copy;
    }

    function _isCreation(FrameContext memory context) private pure returns (bool) {
        return context.kind == Opcodes.CREATE || context.kind == Opcodes.CREATE2;
    }
}
