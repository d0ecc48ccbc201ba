// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
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
import {ExitStatus} from "./types/Exit.sol";
import {FrameContext} from "./types/FrameContext.sol";
import {Witness} from "./types/Witness.sol";

/// @title Creation verifier
/// @notice Proves CREATE and CREATE2 up to the frame they make, and SELFDESTRUCT (docs/machine.md §8; twin of
/// src/machine/instructions/creation.ts).
contract CreationVerifier is IVerifier {
    uint256 private constant CREATE_COST = 32_000;
    uint256 private constant SELFDESTRUCT_COST = 5_000;

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        (uint256 opcode, ) = CodeReader.openInstruction(step, w, InstructionGroup.Creation);
        return opcode == Opcodes.SELFDESTRUCT ? _selfDestruct(step, w) : _create(step, w, opcode);
    }

    function _create(Step memory step, Witness calldata w, uint256 opcode) private pure returns (bytes32) {
        uint256 count = opcode == Opcodes.CREATE ? 3 : 4;
        if (!StackChain.fits(step, count, 1)) return Steps.halt(step, w);
        FrameContext memory context = Steps.openFrameContext(step, w);
        if (context.isStatic) return Steps.halt(step, w);
        uint256[] memory items = StackChain.pop(step, w, count);
        if (!_charge(step, opcode, items[1], items[2])) return Steps.halt(step, w);

        Account memory self = Accounts.read(step, w, context.self);
        ++step.frame.pc;
        step.frame.returndata = Slices.empty();
        if (
            self.balance < items[0] || self.nonce == FrameMaking.LAST_NONCE || context.depth >= FrameMaking.DEPTH_LIMIT
        ) {
            StackChain.push(step, 0);
            return Steps.endWithFrame(step);
        }
        address created =
            opcode == Opcodes.CREATE
                ? FrameMaking.addressOf(context.self, self.nonce)
                : Create2.computeAddress(
                    bytes32(items[3]),
                    keccak256(MemoryTree.load(step, w, items[1], items[2])),
                    context.self
                );
        (bool isPresent, Account memory account) = Overlay.readAccount(step, w, created);
        if (!isPresent) return Steps.faultOnAccount(step, w, created);

        _countNonce(step, w, context.self);
        Warmth.makeWarm(step, w, created, account);
        uint256 gas = FrameMaking.allButOne64th(step.frame.gas);
        step.frame.gas -= gas;
        if (account.isOccupied()) {
            StackChain.push(step, 0);
            return Steps.endWithFrame(step);
        }
        FrameContext memory child;
        child.parent = step.frame.hash();
        child.kind = opcode;
        child.depth = context.depth + 1;
        child.self = created;
        child.caller = context.self;
        child.value = items[0];
        child.codeAddress = created;
        child.input = MemoryTree.slice(step, items[1], items[2]);
        FrameMaking.enter(step, child, gas);
        return Steps.end(step);
    }

    /// @dev Whether the initcode is not too long and its costs could be charged.
    function _charge(Step memory step, uint256 opcode, uint256 offset, uint256 length) private pure returns (bool) {
        if (length > FrameMaking.INITCODE_LIMIT) return false;
        (bool isInRange, uint256 cost) = MemoryTree.expand(step, offset, length);
        if (!isInRange) return false;
        uint256 wordCost = GasMeter.INITCODE_WORD;
        if (opcode == Opcodes.CREATE2) wordCost += GasMeter.KECCAK256_WORD;
        return GasMeter.charge(step, CREATE_COST + wordCost * MemoryTree.wordsOf(length) + cost);
    }

    function _countNonce(Step memory step, Witness calldata w, address owner) private pure {
        (Account memory account, uint256 opening) = Accounts.modify(step, w, owner);
        ++account.nonce;
        account.isDirty = true;
        Overlay.writeAccount(step, w, opening, owner, account);
    }

    function _selfDestruct(Step memory step, Witness calldata w) private pure returns (bytes32) {
        if (!StackChain.fits(step, 1, 0)) return Steps.halt(step, w);
        FrameContext memory context = Steps.openFrameContext(step, w);
        if (context.isStatic) return Steps.halt(step, w);
        (uint256[] memory items, ) = StackChain.peek(step, w, 1);
        address beneficiary = address(uint160(items[0]));
        (bool isPresent, Account memory account) = Overlay.readAccount(step, w, beneficiary);
        if (!isPresent) return Steps.faultOnAccount(step, w, beneficiary);
        uint256 balance = Accounts.read(step, w, context.self).balance;

        uint256 cost = SELFDESTRUCT_COST;
        if (!Warmth.isWarm(beneficiary, account)) cost += GasMeter.COLD_ACCOUNT_ACCESS;
        if (balance != 0 && account.isEmpty()) cost += GasMeter.NEW_ACCOUNT;
        if (!GasMeter.charge(step, cost)) return Steps.halt(step, w);

        if (beneficiary != context.self) _bequeath(step, w, beneficiary, balance);
        _destroy(step, w, context.self, beneficiary);
        Steps.exit(step, ExitStatus.Success, Slices.empty());
        return Steps.endWithFrame(step);
    }

    /// @dev The beneficiary becomes warm and gets the balance.
    function _bequeath(Step memory step, Witness calldata w, address beneficiary, uint256 amount) private pure {
        (Account memory account, uint256 opening) = Accounts.modify(step, w, beneficiary);
        // All ether there is stays far below 2^256; a step is total all the same.
        unchecked {
            account.balance += amount;
        }
        account.isWarm = account.isWarm || !Warmth.isPrecompile(beneficiary);
        account.isDirty = true;
        Overlay.writeAccount(step, w, opening, beneficiary, account);
    }

    /// @dev The account that destroys itself loses its balance, be it to itself, and is destroyed if this transaction created it
    /// (EIP-6780).
    function _destroy(Step memory step, Witness calldata w, address self, address beneficiary) private pure {
        (Account memory account, uint256 opening) = Accounts.modify(step, w, self);
        if (account.isCreated) account.isDestroyed = true;
        if (account.isCreated || beneficiary != self) account.balance = 0;
        account.isDirty = true;
        Overlay.writeAccount(step, w, opening, self, account);
    }
}
