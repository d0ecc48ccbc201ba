// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {BlockHashHistory} from "./libraries/BlockHashHistory.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {Accounts} from "./steps/Accounts.sol";
import {CodeReader} from "./steps/CodeReader.sol";
import {GasMeter} from "./steps/GasMeter.sol";
import {Overlay} from "./steps/Overlay.sol";
import {StackChain} from "./steps/StackChain.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {Warmth} from "./steps/Warmth.sol";
import {Account} from "./types/Account.sol";
import {BlockContext} from "./types/BlockContext.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {FrameContext} from "./types/FrameContext.sol";
import {Slot} from "./types/Slot.sol";
import {Witness} from "./types/Witness.sol";

/// @title Storage verifier
/// @notice Proves the instructions that read the state or write storage: SLOAD, SSTORE, TLOAD, TSTORE, BALANCE, SELFBALANCE,
/// EXTCODESIZE, EXTCODEHASH, BLOCKHASH (docs/machine.md §8; twin of src/machine/instructions/storage.ts).
contract StorageVerifier is IVerifier {
    /// @dev EIP-2929.
    uint256 private constant COLD_SLOT_ACCESS = 2_100;
    /// @dev EIP-2200, EIP-2929.
    uint256 private constant SSTORE_SET = 20_000;
    /// @dev EIP-2200, EIP-2929.
    uint256 private constant SSTORE_RESET = 2_900;
    /// @dev EIP-3529.
    uint256 private constant SSTORE_CLEAR_REFUND = 4_800;
    uint256 private constant BLOCKHASH = 20;
    /// @dev Blocks before this one whose hash BLOCKHASH gives.
    uint256 private constant BLOCKHASH_WINDOW = 256;

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        (uint256 opcode, ) = CodeReader.openInstruction(step, w, InstructionGroup.Storage);
        if (opcode == Opcodes.SLOAD) return _sload(step, w);
        if (opcode == Opcodes.SSTORE) return _sstore(step, w);
        if (opcode == Opcodes.TLOAD) return _tload(step, w);
        if (opcode == Opcodes.TSTORE) return _tstore(step, w);
        if (opcode == Opcodes.SELFBALANCE) return _selfBalance(step, w);
        if (opcode == Opcodes.BLOCKHASH) return _blockHash(step, w);
        return _ofAccount(step, w, opcode);
    }

    function _sload(Step memory step, Witness calldata w) private pure returns (bytes32) {
        if (!StackChain.fits(step, 1, 1)) return Steps.halt(step, w);
        address self = Steps.openFrameContext(step, w).self;
        uint256 slot = StackChain.pop(step, w, 1)[0];
        (bool isPresent, Slot memory entry) = Overlay.readSlot(step, w, self, slot);
        if (!isPresent) return Steps.faultOnSlot(step, w, self, slot);

        if (!GasMeter.charge(step, entry.isWarm ? GasMeter.WARM_ACCESS : COLD_SLOT_ACCESS)) {
            return Steps.halt(step, w);
        }
        if (!entry.isWarm) {
            (, , uint256 opening) = Overlay.openSlot(step, w, self, slot);
            entry.isWarm = true;
            Overlay.writeSlot(step, w, opening, self, slot, entry);
        }
        return _push(step, entry.current);
    }

    function _sstore(Step memory step, Witness calldata w) private pure returns (bytes32) {
        if (!StackChain.fits(step, 2, 0)) return Steps.halt(step, w);
        FrameContext memory context = Steps.openFrameContext(step, w);
        if (context.isStatic) return Steps.halt(step, w);
        uint256[] memory items = StackChain.pop(step, w, 2);
        (uint256 slot, uint256 value) = (items[0], items[1]);
        (bool isPresent, Slot memory entry) = Overlay.readSlot(step, w, context.self, slot);
        if (!isPresent) return Steps.faultOnSlot(step, w, context.self, slot);

        // EIP-2200: with no more gas left than a call comes with by itself.
        if (step.frame.gas <= GasMeter.CALL_STIPEND) return Steps.halt(step, w);
        uint256 cost = entry.isWarm ? 0 : COLD_SLOT_ACCESS;
        if (entry.original == entry.current && entry.current != value) {
            cost += entry.original == 0 ? SSTORE_SET : SSTORE_RESET;
        } else {
            cost += GasMeter.WARM_ACCESS;
        }
        if (!GasMeter.charge(step, cost)) return Steps.halt(step, w);

        step.machine.journal.refund = _refundAfter(step.machine.journal.refund, entry, value);
        (, , uint256 opening) = Overlay.openSlot(step, w, context.self, slot);
        entry.isWarm = true;
        entry.current = value;
        Overlay.writeSlot(step, w, opening, context.self, slot, entry);
        return Steps.endInstruction(step);
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

    function _tload(Step memory step, Witness calldata w) private pure returns (bytes32) {
        if (!StackChain.fits(step, 1, 1)) return Steps.halt(step, w);
        address self = Steps.openFrameContext(step, w).self;
        if (!GasMeter.charge(step, GasMeter.WARM_ACCESS)) return Steps.halt(step, w);
        uint256 slot = StackChain.pop(step, w, 1)[0];
        return _push(step, Overlay.readTransient(step, w, self, slot));
    }

    function _tstore(Step memory step, Witness calldata w) private pure returns (bytes32) {
        if (!StackChain.fits(step, 2, 0)) return Steps.halt(step, w);
        FrameContext memory context = Steps.openFrameContext(step, w);
        if (context.isStatic || !GasMeter.charge(step, GasMeter.WARM_ACCESS)) return Steps.halt(step, w);
        uint256[] memory items = StackChain.pop(step, w, 2);
        (, , uint256 opening) = Overlay.openTransient(step, w, context.self, items[0]);
        Overlay.writeTransient(step, w, opening, context.self, items[0], items[1]);
        return Steps.endInstruction(step);
    }

    function _ofAccount(Step memory step, Witness calldata w, uint256 opcode) private pure returns (bytes32) {
        if (!StackChain.fits(step, 1, 1)) return Steps.halt(step, w);
        address owner = address(uint160(StackChain.pop(step, w, 1)[0]));
        (bool isPresent, Account memory account) = Overlay.readAccount(step, w, owner);
        if (!isPresent) return Steps.faultOnAccount(step, w, owner);

        if (!GasMeter.charge(step, Warmth.accessCost(owner, account))) return Steps.halt(step, w);
        Warmth.makeWarm(step, w, owner, account);
        if (opcode == Opcodes.BALANCE) return _push(step, account.balance);
        if (opcode == Opcodes.EXTCODESIZE) return _push(step, account.codeLength);
        // EIP-1052.
        return _push(step, account.isEmpty() ? 0 : uint256(account.codeHash));
    }

    function _selfBalance(Step memory step, Witness calldata w) private pure returns (bytes32) {
        if (!StackChain.fits(step, 0, 1)) return Steps.halt(step, w);
        Account memory account = Accounts.read(step, w, Steps.openFrameContext(step, w).self);
        if (!GasMeter.charge(step, GasMeter.LOW)) return Steps.halt(step, w);
        return _push(step, account.balance);
    }

    function _blockHash(Step memory step, Witness calldata w) private pure returns (bytes32) {
        if (!StackChain.fits(step, 1, 1)) return Steps.halt(step, w);
        BlockContext memory context = Steps.openBlockContext(step, w);
        uint256 number = StackChain.pop(step, w, 1)[0];
        uint256 hash = 0;
        if (number < context.number && context.number - number <= BLOCKHASH_WINDOW) {
            (bool isAccountPresent, ) = Overlay.readAccount(step, w, BlockHashHistory.ADDRESS);
            if (!isAccountPresent) return Steps.faultOnAccount(step, w, BlockHashHistory.ADDRESS);
            uint256 slot = BlockHashHistory.slotOf(number);
            (bool isPresent, Slot memory entry) = Overlay.readSlot(step, w, BlockHashHistory.ADDRESS, slot);
            if (!isPresent) return Steps.faultOnSlot(step, w, BlockHashHistory.ADDRESS, slot);
            hash = entry.current;
        }
        if (!GasMeter.charge(step, BLOCKHASH)) return Steps.halt(step, w);
        return _push(step, hash);
    }

    function _push(Step memory step, uint256 item) private pure returns (bytes32) {
        StackChain.push(step, item);
        return Steps.endInstruction(step);
    }
}
