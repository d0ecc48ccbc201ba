// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {AppendOnlyProof} from "./libraries/AppendOnlyProof.sol";
import {GasBucket} from "./libraries/GasBucket.sol";
import {MerklePatriciaTrie} from "./libraries/MerklePatriciaTrie.sol";
import {StateEntries} from "./libraries/StateEntries.sol";
import {Accounts} from "./steps/Accounts.sol";
import {Flushing} from "./steps/Flushing.sol";
import {Overlay} from "./steps/Overlay.sol";
import {Slots} from "./steps/Slots.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {TransactionEnd} from "./steps/TransactionEnd.sol";
import {Account} from "./types/Account.sol";
import {BlockContext} from "./types/BlockContext.sol";
import {Chain} from "./types/Chain.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {EntryKind} from "./types/EntryKind.sol";
import {KeyLink} from "./types/KeyLink.sol";
import {Phase} from "./types/Phase.sol";
import {Slot} from "./types/Slot.sol";
import {TransactionContext} from "./types/TransactionContext.sol";
import {Witness} from "./types/Witness.sol";

/// @title Settlement verifier
/// @notice Proves the steps behind the outermost frame (docs/machine.md §10): `Settle`, `Flush` and `EndTransaction`.
contract SettlementVerifier is IVerifier {
    /// @dev EIP-3529.
    uint256 private constant MAXIMUM_REFUND_QUOTIENT = 5;

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        Phase phase = step.machine.phase;
        if (phase == Phase.Settle) return _settle(step, w);
        if (phase == Phase.Flush) return _flush(step, w);
        if (phase == Phase.EndTransaction) return _endTransaction(step, w);
        revert WrongPhase(phase);
    }

    function _settle(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        BlockContext memory context = Steps.openBlockContext(step, w);

        uint256 used = transaction.gasLimit - transaction.dataGas - transaction.gas;
        used -= Math.min(step.machine.journal.refund, used / MAXIMUM_REFUND_QUOTIENT);
        used = Math.max(used, transaction.floorGas) + transaction.dataGas;
        transaction.gasUsed = used;

        uint256 gasPrice = transaction.gasPrice;
        Accounts.credit(step, w, transaction.sender, (transaction.gasLimit - used) * gasPrice);
        // A deposit pays less than the base fee.
        uint256 tip = transaction.isDeposit() ? 0 : gasPrice - context.baseFee;
        Accounts.credit(step, w, context.coinbase, used * tip);
        if (transaction.isDeposit()) Flushing.begin(step, Phase.Refund);
        else step.machine.phase = Phase.Flush;
        return Steps.endWithTransaction(step, transaction);
    }

    function _flush(Step memory step, Witness calldata w) private pure returns (bytes32) {
        if (step.machine.journal.keyChain == 0) return _endFlush(step, w);
        KeyLink memory link = Steps.openKeyLink(step, w);
        if (link.kind == EntryKind.Account) _flushAccount(step, w, link.owner);
        if (link.kind == EntryKind.Slot) _flushSlot(step, w, link.owner, link.slot);
        step.machine.journal.keyChain = link.previous;
        return Steps.end(step);
    }

    /// @dev Nothing is left to be written. What follows, if it is not the end of a transaction, finds an overlay without entries.
    function _endFlush(Step memory step, Witness calldata w) private pure returns (bytes32) {
        if (step.machine.pending == 0) {
            step.machine.phase = Phase.EndTransaction;
            return Steps.end(step);
        }
        step.machine.phase = Steps.openResume(step, w).resume;
        step.machine.pending = 0;
        step.machine.journal.overlayRoot = 0;
        return Steps.end(step);
    }

    function _flushAccount(Step memory step, Witness calldata w, address owner) private pure {
        Account memory account = Accounts.read(step, w, owner);
        if (!account.isDirty) return;
        bytes[] calldata nodes = Steps.nextTrie(step, w);
        bytes memory key = StateEntries.accountKey(owner);
        step.machine.stateRoot =
            account.isDestroyed || account.isEmpty()
                ? MerklePatriciaTrie.remove(step.machine.stateRoot, key, nodes)
                : MerklePatriciaTrie.put(step.machine.stateRoot, key, StateEntries.encodeAccount(account), nodes);
    }

    function _flushSlot(Step memory step, Witness calldata w, address owner, uint256 slot) private pure {
        Slot memory entry = Slots.read(step, w, owner, slot);
        if (entry.current == entry.original) return;
        (Account memory account, uint256 opening) = Accounts.modify(step, w, owner);
        if (account.isDestroyed) return;
        bytes[] calldata nodes = Steps.nextTrie(step, w);
        bytes memory key = StateEntries.slotKey(slot);
        account.storageRoot =
            entry.current == 0
                ? MerklePatriciaTrie.remove(account.storageRoot, key, nodes)
                : MerklePatriciaTrie.put(account.storageRoot, key, StateEntries.encodeSlot(entry.current), nodes);
        account.isDirty = true;
        Overlay.writeAccount(step, w, opening, owner, account);
    }

    function _endTransaction(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        BlockContext memory context = Steps.openBlockContext(step, w);
        context.gasUsed += transaction.gasUsed;
        bytes32 receiptHash = keccak256(
            abi.encode(transaction.transactionHash, transaction.status, context.gasUsed, step.machine.journal.logsHash)
        );
        uint256 count = context.transactionCount++;
        context.transactionsRoot = AppendOnlyProof.append(
            context.transactionsRoot,
            count,
            transaction.transactionHash,
            Steps.nextAppend(step, w)
        );
        context.receiptsRoot = AppendOnlyProof.append(
            context.receiptsRoot,
            count,
            receiptHash,
            Steps.nextAppend(step, w)
        );
        context.bloomHash = _mergedBloomHash(Steps.openBloom(step, w), Steps.openBlockBloom(w, context));
        if (step.machine.chain == 0) return TransactionEnd.include(step, context);
        Chain memory chain = Steps.openChain(step, w);
        _countGas(chain, transaction);
        return TransactionEnd.include(step, context, chain);
    }

    /// @dev A deposit is not taken out of the gas bucket, and is a message of the block. A signed transaction has been charged for
    /// its bytes, and had at most that charge and what is left to use (`Validate`).
    function _countGas(Chain memory chain, TransactionContext memory transaction) private pure {
        uint256 gasUsed = transaction.gasUsed;
        if (transaction.isDeposit()) {
            chain.depositGas += gasUsed;
            ++chain.messageCount;
        } else {
            chain.gasLeft -= Math.saturatingSub(gasUsed, GasBucket.listingCharge(transaction.raw.length));
        }
    }

    /// @dev Hash of the bits of two blooms of 256 bytes. Writes to `bloom`.
    function _mergedBloomHash(bytes memory bloom, bytes memory blockBloom) private pure returns (bytes32) {
        // In assembly as Solidity has no access to the words of a byte array; both arrays have 8.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            for {
                let offset := 0x20
            } lt(offset, 0x120) {
                offset := add(offset, 0x20)
            } {
                mstore(add(bloom, offset), or(mload(add(bloom, offset)), mload(add(blockBloom, offset))))
            }
        }
        return keccak256(bloom);
    }
}
