// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
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

/// @title Creation verifier
/// @notice Proves CREATE and CREATE2 up to the frame they make, and SELFDESTRUCT (docs/machine.md §8; twin of
/// src/machine/instructions/creation.ts).
contract CreationVerifier is IVerifier {
    uint256 private constant CREATE_COST = 32_000;
    /// @dev EIP-3860.
    uint256 private constant INITCODE_WORD_COST = 2;
    /// @dev EIP-3860.
    uint256 private constant INITCODE_LIMIT = 49_152;
    uint256 private constant SELFDESTRUCT_COST = 5_000;
    uint256 private constant NEW_ACCOUNT_COST = 25_000;
    /// @dev EIP-2681: an account with this nonce makes nothing more.
    uint256 private constant LAST_NONCE = type(uint64).max;

    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata witness) external pure returns (bytes32) {
        (Step memory current, uint256 opcode, ) = CodeReader.beginInstruction(before, witness);
        if (opcode == Opcodes.CREATE || opcode == Opcodes.CREATE2) return _create(before, witness, current, opcode);
        if (opcode == Opcodes.SELFDESTRUCT) return _selfDestruct(before, witness, current);
        revert WrongOpcode(opcode);
    }

    function _create(
        bytes32 before,
        Witness calldata w,
        Step memory current,
        uint256 opcode
    ) private pure returns (bytes32) {
        uint256 count = opcode == Opcodes.CREATE ? 3 : 4;
        if (!StackChain.fits(current, count, 1)) return Steps.halt(before, w);
        FrameContext memory context = Steps.openFrameContext(current, w);
        if (context.isStatic) return Steps.halt(before, w);
        uint256[] memory items = StackChain.pop(current, w, count);
        if (!_charge(current, opcode, items[1], items[2])) return Steps.halt(before, w);

        Account memory self = Accounts.read(current, w, context.self);
        ++current.frame.pc;
        current.frame.returndata = Slices.empty();
        if (self.balance < items[0] || self.nonce == LAST_NONCE || context.depth >= FrameMaking.DEPTH_LIMIT) {
            StackChain.push(current, 0);
            return Steps.endWithFrame(current);
        }
        address created =
            opcode == Opcodes.CREATE
                ? FrameMaking.addressOf(context.self, self.nonce)
                : Create2.computeAddress(
                    bytes32(items[3]),
                    keccak256(MemoryTree.load(current, w, items[1], items[2])),
                    context.self
                );
        (bool isPresent, Account memory account) = Overlay.readAccount(current, w, created);
        if (!isPresent) return Steps.fault(before, w, false, created, 0);

        _countNonce(current, w, context.self);
        Warmth.makeWarm(current, w, created, account);
        uint256 gas = FrameMaking.allButOne64th(current.frame.gas);
        current.frame.gas -= gas;
        if (Accounts.isOccupied(account)) {
            StackChain.push(current, 0);
            return Steps.endWithFrame(current);
        }
        FrameContext memory child;
        child.parent = Steps.hashFrame(current.frame);
        child.kind = opcode;
        child.depth = context.depth + 1;
        child.self = created;
        child.caller = context.self;
        child.value = items[0];
        child.codeAddress = created;
        child.input = MemoryTree.slice(current, items[1], items[2]);
        FrameMaking.enter(current, child, gas);
        return Steps.end(current);
    }

    /// @dev Whether the initcode is not too long and its costs could be charged.
    function _charge(Step memory current, uint256 opcode, uint256 offset, uint256 length) private pure returns (bool) {
        if (length > INITCODE_LIMIT) return false;
        (bool isInRange, uint256 cost) = MemoryTree.expand(current, offset, length);
        if (!isInRange) return false;
        uint256 wordCost = INITCODE_WORD_COST;
        if (opcode == Opcodes.CREATE2) wordCost += GasMeter.KECCAK256_WORD;
        return GasMeter.charge(current, CREATE_COST + wordCost * MemoryTree.wordsOf(length) + cost);
    }

    function _countNonce(Step memory current, Witness calldata w, address owner) private pure {
        (Account memory account, uint256 opening) = Accounts.modify(current, w, owner);
        ++account.nonce;
        account.isDirty = true;
        Overlay.writeAccount(current, w, opening, owner, account);
    }

    function _selfDestruct(bytes32 before, Witness calldata w, Step memory current) private pure returns (bytes32) {
        if (!StackChain.fits(current, 1, 0)) return Steps.halt(before, w);
        FrameContext memory context = Steps.openFrameContext(current, w);
        if (context.isStatic) return Steps.halt(before, w);
        (uint256[] memory items, ) = StackChain.peek(current, w, 1);
        address beneficiary = address(uint160(items[0]));
        (bool isPresent, Account memory account) = Overlay.readAccount(current, w, beneficiary);
        if (!isPresent) return Steps.fault(before, w, false, beneficiary, 0);
        uint256 balance = Accounts.read(current, w, context.self).balance;

        uint256 cost = SELFDESTRUCT_COST;
        if (!Warmth.isWarm(beneficiary, account)) cost += GasMeter.COLD_ACCOUNT_ACCESS;
        if (balance != 0 && Accounts.isEmpty(account)) cost += NEW_ACCOUNT_COST;
        if (!GasMeter.charge(current, cost)) return Steps.halt(before, w);

        if (beneficiary != context.self) _bequeath(current, w, beneficiary, balance);
        _destroy(current, w, context.self, beneficiary);
        Steps.exit(current, 1, Slices.empty());
        return Steps.endWithFrame(current);
    }

    /// @dev The beneficiary becomes warm and gets the balance.
    function _bequeath(Step memory current, Witness calldata w, address beneficiary, uint256 amount) private pure {
        (Account memory account, uint256 opening) = Accounts.modify(current, w, beneficiary);
        // All ether there is stays far below 2^256; a step is total all the same.
        unchecked {
            account.balance += amount;
        }
        account.isWarm = account.isWarm || !Warmth.isPrecompile(beneficiary);
        account.isDirty = true;
        Overlay.writeAccount(current, w, opening, beneficiary, account);
    }

    /// @dev The account that destroys itself loses its balance, be it to itself, and is destroyed if this transaction created it
    /// (EIP-6780).
    function _destroy(Step memory current, Witness calldata w, address self, address beneficiary) private pure {
        (Account memory account, uint256 opening) = Accounts.modify(current, w, self);
        if (account.isCreated) account.isDestroyed = true;
        if (account.isCreated || beneficiary != self) account.balance = 0;
        account.isDirty = true;
        Overlay.writeAccount(current, w, opening, self, account);
    }
}
