// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {BufferTree} from "./libraries/BufferTree.sol";
import {JumpAnalysis} from "./libraries/JumpAnalysis.sol";
import {Opcodes} from "./libraries/Opcodes.sol";
import {Slices} from "./libraries/Slices.sol";
import {Accounts} from "./steps/Accounts.sol";
import {Overlay} from "./steps/Overlay.sol";
import {SliceReader} from "./steps/SliceReader.sol";
import {StackChain} from "./steps/StackChain.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {Warmth} from "./steps/Warmth.sol";
import {Account} from "./types/Account.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Copy} from "./types/Copy.sol";
import {Exit, ExitStatus} from "./types/Exit.sol";
import {Frame} from "./types/Frame.sol";
import {FrameContext} from "./types/FrameContext.sol";
import {Phase} from "./types/Phase.sol";
import {Slice} from "./types/Slice.sol";
import {TransactionContext} from "./types/TransactionContext.sol";
import {Witness} from "./types/Witness.sol";

/// @title Frame verifier
/// @notice Proves the begin and the end of a frame: the phases EnterFrame, EnterCode, DepositCode and ExitFrame (docs/machine.md
/// §9; twin of src/machine/frames.ts).
contract FrameVerifier is IVerifier {
    /// @dev EIP-170.
    uint256 private constant CODE_LIMIT = 24_576;
    uint256 private constant CODE_BYTE_COST = 200;
    /// @dev EIP-3541.
    bytes1 private constant RESERVED_FIRST_BYTE = 0xef;

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        Phase phase = step.machine.phase;
        if (phase == Phase.EnterFrame) return _enterFrame(step, w);
        if (phase == Phase.EnterCode) return _enterCode(step, w);
        if (phase == Phase.DepositCode) return _depositCode(step, w);
        if (phase == Phase.ExitFrame) return _exitFrame(step, w);
        revert WrongPhase(phase);
    }

    // -------------------------------------------------------------------------------------------------- EnterFrame

    function _enterFrame(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Steps.openFrame(step, w);
        FrameContext memory context = Steps.openFrameContext(step, w);
        bool isCreation = context.isCreation();
        if (context.value != 0 && (isCreation || context.kind == Opcodes.CALL)) {
            Accounts.debit(step, w, context.caller, context.value);
        }
        if (isCreation) return _enterCreation(step, w, context);

        if (context.kind == Opcodes.CALL) Accounts.credit(step, w, context.self, context.value);
        if (Warmth.isPrecompile(context.codeAddress) && !context.isDelegated) {
            step.machine.phase = Phase.Precompile;
        } else if (Accounts.read(step, w, context.codeAddress).codeLength == 0) {
            Steps.exit(step, ExitStatus.Success, Slices.empty());
        } else {
            step.machine.phase = Phase.EnterCode;
        }
        return Steps.end(step);
    }

    function _enterCreation(
        Step memory step,
        Witness calldata w,
        FrameContext memory context
    ) private pure returns (bytes32) {
        (Account memory account, uint256 opening) = Accounts.modify(step, w, context.self);
        account.nonce = 1;
        // All ether there is stays far below 2^256; a step is total all the same.
        unchecked {
            account.balance += context.value;
        }
        account.isCreated = true;
        account.isDirty = true;
        Overlay.writeAccount(step, w, opening, context.self, account);

        if (context.input.length == 0) {
            Steps.exit(step, ExitStatus.Success, Slices.empty());
        } else {
            step.frame.code = context.input;
            step.machine.phase = Phase.EnterCode;
        }
        return Steps.endWithFrame(step);
    }

    // --------------------------------------------------------------------------------------------------- EnterCode

    function _enterCode(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Steps.openFrame(step, w);
        FrameContext memory context = Steps.openFrameContext(step, w);
        Frame memory frame = step.frame;
        bytes memory code;
        if (context.isCreation()) {
            code = SliceReader.read(step, w, frame.code, 0, frame.code.length);
        } else {
            code = Steps.openCode(w, Accounts.read(step, w, context.codeAddress).codeHash);
            frame.code = Slices.range(BufferTree.rootOf(code), 0, code.length);
        }
        frame.jumps = BufferTree.rootOf(JumpAnalysis.destinationsOf(code));
        step.machine.phase = Phase.Execute;
        return Steps.endWithFrame(step);
    }

    // ------------------------------------------------------------------------------------------------- DepositCode

    function _depositCode(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Steps.openFrame(step, w);
        FrameContext memory context = Steps.openFrameContext(step, w);
        Slice memory output = Steps.openExit(step, w).output;
        if (!_deposit(step, w, context, output)) return Steps.halt(step, w);
        Steps.exit(step, ExitStatus.Created, Slices.empty());
        return Steps.endWithFrame(step);
    }

    /// @dev Gives the new account its code. Whether that is one it can have, and was paid for.
    function _deposit(
        Step memory step,
        Witness calldata w,
        FrameContext memory context,
        Slice memory output
    ) private pure returns (bool) {
        uint256 length = output.length;
        if (length > CODE_LIMIT) return false;
        bytes memory code = SliceReader.read(step, w, output, 0, length);
        if (length > 0 && code[0] == RESERVED_FIRST_BYTE) return false;
        uint256 cost = CODE_BYTE_COST * length;
        if (step.frame.gas < cost) return false;
        step.frame.gas -= cost;

        (Account memory account, uint256 opening) = Accounts.modify(step, w, context.self);
        account.codeHash = keccak256(code);
        account.codeLength = length;
        account.isDirty = true;
        Overlay.writeAccount(step, w, opening, context.self, account);
        return true;
    }

    // --------------------------------------------------------------------------------------------------- ExitFrame

    function _exitFrame(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Steps.openFrame(step, w);
        FrameContext memory context = Steps.openFrameContext(step, w);
        Exit memory exit = Steps.openExit(step, w);
        bool isCreation = context.isCreation();
        if (isCreation && exit.status == ExitStatus.Success) {
            step.machine.phase = Phase.DepositCode;
            return Steps.end(step);
        }
        if (exit.status == ExitStatus.Halt || exit.status == ExitStatus.Revert) {
            step.machine.journal = Steps.openJournal(w, context.savedJournal);
        }
        uint256 gas = exit.status == ExitStatus.Halt ? 0 : step.frame.gas;
        step.machine.pending = bytes32(0);
        if (context.parent == bytes32(0)) return _exitOutermost(step, w, exit.status, gas);

        Frame memory parent = Steps.openParentFrame(w, context);
        parent.gas += gas;
        step.frame = parent;
        StackChain.push(step, _resultOf(context, isCreation, exit.status));
        // Of creations only a revert has return data (EIP-211).
        parent.returndata = isCreation && exit.status != ExitStatus.Revert ? Slices.empty() : exit.output;
        _resume(step, context, isCreation, exit.output);
        return Steps.endWithFrame(step);
    }

    function _exitOutermost(
        Step memory step,
        Witness calldata w,
        ExitStatus status,
        uint256 gas
    ) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        transaction.gas = gas;
        transaction.status = status == ExitStatus.Success || status == ExitStatus.Created ? 1 : 0;
        step.machine.frame = bytes32(0);
        step.machine.phase = Phase.Settle;
        return Steps.endWithTransaction(step, transaction);
    }

    function _resultOf(FrameContext memory context, bool isCreation, ExitStatus status) private pure returns (uint256) {
        if (isCreation) return status == ExitStatus.Created ? uint160(context.self) : 0;
        return status == ExitStatus.Success ? 1 : 0;
    }

    /// @dev The parent goes on, after the output of a call has been copied to where it wanted it.
    function _resume(Step memory step, FrameContext memory context, bool isCreation, Slice memory output) private pure {
        uint256 length = context.outLength < output.length ? context.outLength : output.length;
        if (isCreation || length == 0) {
            step.machine.phase = Phase.Execute;
            return;
        }
        step.machine.pending = Copy({source: output, sourceOffset: 0, destination: context.outOffset, length: length})
            .hash();
        step.machine.phase = Phase.Copy;
    }
}
