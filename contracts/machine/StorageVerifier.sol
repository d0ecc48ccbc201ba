// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {CodeReader} from "./libraries/CodeReader.sol";
import {GasMeter} from "./libraries/GasMeter.sol";
import {Opcodes} from "./libraries/Opcodes.sol";
import {Accounts} from "./libraries/Accounts.sol";
import {Overlay} from "./libraries/Overlay.sol";
import {StackChain} from "./libraries/StackChain.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {Warmth} from "./libraries/Warmth.sol";
import {Account, BlockContext, FrameContext, Slot} from "./types/MachineState.sol";
import {Witness} from "./types/Witness.sol";

/// @title Storage verifier
/// @notice Proves the instructions that read the state or write storage: SLOAD, SSTORE, TLOAD, TSTORE, BALANCE, SELFBALANCE,
/// EXTCODESIZE, EXTCODEHASH, BLOCKHASH (docs/machine.md §8; twin of src/machine/instructions/storage.ts).
contract StorageVerifier is IVerifier {
    /// @dev EIP-2929.
    uint256 private constant COLD_SLOT_ACCESS = 2_100;
    /// @dev EIP-2200: SSTORE halts with no more gas left than the stipend of a call.
    uint256 private constant STIPEND = 2_300;
    /// @dev EIP-2200, EIP-2929.
    uint256 private constant SSTORE_SET = 20_000;
    /// @dev EIP-2200, EIP-2929.
    uint256 private constant SSTORE_RESET = 2_900;
    /// @dev EIP-3529.
    uint256 private constant SSTORE_CLEAR_REFUND = 4_800;
    uint256 private constant BLOCKHASH = 20;
    /// @dev EIP-2935.
    address private constant HISTORY_STORAGE = 0x0000F90827F1C53a10cb7A02335B175320002935;
    /// @dev EIP-2935: slots its ring has.
    uint256 private constant HISTORY_SERVE_WINDOW = 8_191;
    /// @dev Blocks before this one whose hash BLOCKHASH gives.
    uint256 private constant BLOCKHASH_WINDOW = 256;

    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata witness) external pure returns (bytes32) {
        (Step memory current, uint256 opcode, ) = CodeReader.beginInstruction(before, witness);
        if (opcode == Opcodes.SLOAD) return _sload(before, witness, current);
        if (opcode == Opcodes.SSTORE) return _sstore(before, witness, current);
        if (opcode == Opcodes.TLOAD) return _tload(before, witness, current);
        if (opcode == Opcodes.TSTORE) return _tstore(before, witness, current);
        if (opcode == Opcodes.SELFBALANCE) return _selfBalance(before, witness, current);
        if (opcode == Opcodes.BLOCKHASH) return _blockHash(before, witness, current);
        if (opcode == Opcodes.BALANCE || opcode == Opcodes.EXTCODESIZE || opcode == Opcodes.EXTCODEHASH) {
            return _ofAccount(before, witness, current, opcode);
        }
        revert WrongOpcode(opcode);
    }

    function _sload(bytes32 before, Witness calldata w, Step memory current) private pure returns (bytes32) {
        if (!StackChain.fits(current, 1, 1)) return Steps.halt(before, w);
        address self = Steps.openFrameContext(current, w).self;
        uint256 slot = StackChain.pop(current, w, 1)[0];
        (bool isPresent, Slot memory entry) = Overlay.readSlot(current, w, self, slot);
        if (!isPresent) return Steps.fault(before, w, true, self, slot);

        if (!GasMeter.charge(current, entry.isWarm ? GasMeter.WARM_ACCESS : COLD_SLOT_ACCESS)) {
            return Steps.halt(before, w);
        }
        if (!entry.isWarm) {
            (, , uint256 opening) = Overlay.openSlot(current, w, self, slot);
            entry.isWarm = true;
            Overlay.writeSlot(current, w, opening, self, slot, entry);
        }
        return _push(current, entry.current);
    }

    function _sstore(bytes32 before, Witness calldata w, Step memory current) private pure returns (bytes32) {
        if (!StackChain.fits(current, 2, 0)) return Steps.halt(before, w);
        FrameContext memory context = Steps.openFrameContext(current, w);
        if (context.isStatic) return Steps.halt(before, w);
        uint256[] memory items = StackChain.pop(current, w, 2);
        (uint256 slot, uint256 value) = (items[0], items[1]);
        (bool isPresent, Slot memory entry) = Overlay.readSlot(current, w, context.self, slot);
        if (!isPresent) return Steps.fault(before, w, true, context.self, slot);

        if (current.frame.gas <= STIPEND) return Steps.halt(before, w);
        uint256 cost = entry.isWarm ? 0 : COLD_SLOT_ACCESS;
        if (entry.original == entry.current && entry.current != value) {
            cost += entry.original == 0 ? SSTORE_SET : SSTORE_RESET;
        } else {
            cost += GasMeter.WARM_ACCESS;
        }
        if (!GasMeter.charge(current, cost)) return Steps.halt(before, w);

        current.machine.journal.refund = _refundAfter(current.machine.journal.refund, entry, value);
        (, , uint256 opening) = Overlay.openSlot(current, w, context.self, slot);
        entry.isWarm = true;
        entry.current = value;
        Overlay.writeSlot(current, w, opening, context.self, slot, entry);
        return _end(current);
    }

    /// @dev EIP-2200 as EIP-3529 has it. What is taken off was added by the write that it undoes.
    function _refundAfter(uint256 refund, Slot memory entry, uint256 value) private pure returns (uint256) {
        (uint256 original, uint256 current) = (entry.original, entry.current);
        if (current == value) return refund;
        if (original != 0) {
            if (current == 0) refund -= SSTORE_CLEAR_REFUND;
            else if (value == 0) refund += SSTORE_CLEAR_REFUND;
        }
        if (original == value) {
            refund += (original == 0 ? SSTORE_SET : SSTORE_RESET) - GasMeter.WARM_ACCESS;
        }
        return refund;
    }

    function _tload(bytes32 before, Witness calldata w, Step memory current) private pure returns (bytes32) {
        if (!StackChain.fits(current, 1, 1)) return Steps.halt(before, w);
        address self = Steps.openFrameContext(current, w).self;
        if (!GasMeter.charge(current, GasMeter.WARM_ACCESS)) return Steps.halt(before, w);
        uint256 slot = StackChain.pop(current, w, 1)[0];
        return _push(current, Overlay.readTransient(current, w, self, slot));
    }

    function _tstore(bytes32 before, Witness calldata w, Step memory current) private pure returns (bytes32) {
        if (!StackChain.fits(current, 2, 0)) return Steps.halt(before, w);
        FrameContext memory context = Steps.openFrameContext(current, w);
        if (context.isStatic || !GasMeter.charge(current, GasMeter.WARM_ACCESS)) return Steps.halt(before, w);
        uint256[] memory items = StackChain.pop(current, w, 2);
        (, , uint256 opening) = Overlay.openTransient(current, w, context.self, items[0]);
        Overlay.writeTransient(current, w, opening, context.self, items[0], items[1]);
        return _end(current);
    }

    function _ofAccount(
        bytes32 before,
        Witness calldata w,
        Step memory current,
        uint256 opcode
    ) private pure returns (bytes32) {
        if (!StackChain.fits(current, 1, 1)) return Steps.halt(before, w);
        address owner = address(uint160(StackChain.pop(current, w, 1)[0]));
        (bool isPresent, Account memory account) = Overlay.readAccount(current, w, owner);
        if (!isPresent) return Steps.fault(before, w, false, owner, 0);

        if (!GasMeter.charge(current, Warmth.accessCost(owner, account))) return Steps.halt(before, w);
        Warmth.makeWarm(current, w, owner, account);
        if (opcode == Opcodes.BALANCE) return _push(current, account.balance);
        if (opcode == Opcodes.EXTCODESIZE) return _push(current, account.codeLength);
        // EIP-1052.
        return _push(current, Accounts.isEmpty(account) ? 0 : uint256(account.codeHash));
    }

    function _selfBalance(bytes32 before, Witness calldata w, Step memory current) private pure returns (bytes32) {
        if (!StackChain.fits(current, 0, 1)) return Steps.halt(before, w);
        Account memory account = Accounts.read(current, w, Steps.openFrameContext(current, w).self);
        if (!GasMeter.charge(current, GasMeter.LOW)) return Steps.halt(before, w);
        return _push(current, account.balance);
    }

    function _blockHash(bytes32 before, Witness calldata w, Step memory current) private pure returns (bytes32) {
        if (!StackChain.fits(current, 1, 1)) return Steps.halt(before, w);
        BlockContext memory context = Steps.openBlockContext(current, w);
        uint256 number = StackChain.pop(current, w, 1)[0];
        uint256 hash = 0;
        if (number < context.number && context.number - number <= BLOCKHASH_WINDOW) {
            (bool isAccountPresent, ) = Overlay.readAccount(current, w, HISTORY_STORAGE);
            if (!isAccountPresent) return Steps.fault(before, w, false, HISTORY_STORAGE, 0);
            uint256 slot = number % HISTORY_SERVE_WINDOW;
            (bool isPresent, Slot memory entry) = Overlay.readSlot(current, w, HISTORY_STORAGE, slot);
            if (!isPresent) return Steps.fault(before, w, true, HISTORY_STORAGE, slot);
            hash = entry.current;
        }
        if (!GasMeter.charge(current, BLOCKHASH)) return Steps.halt(before, w);
        return _push(current, hash);
    }

    function _push(Step memory current, uint256 item) private pure returns (bytes32) {
        StackChain.push(current, item);
        return _end(current);
    }

    function _end(Step memory current) private pure returns (bytes32) {
        ++current.frame.pc;
        return Steps.endWithFrame(current);
    }
}
