// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Accounts} from "./libraries/Accounts.sol";
import {AppendOnlyProof} from "./libraries/AppendOnlyProof.sol";
import {MerklePatriciaTrie} from "./libraries/MerklePatriciaTrie.sol";
import {Overlay} from "./libraries/Overlay.sol";
import {StateEntries} from "./libraries/StateEntries.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {TransactionEnd} from "./libraries/TransactionEnd.sol";
import {Account, BlockContext, KeyLink, Slot, TransactionContext} from "./types/MachineState.sol";
import {Phase} from "./types/Phase.sol";
import {Witness} from "./types/Witness.sol";

/// @title Settlement verifier
/// @notice Proves the steps behind the outermost frame (docs/machine.md §10): `Settle`, `Flush` and `EndTransaction`.
contract SettlementVerifier is IVerifier {
    /// @notice The entry of a key of the key chain is shown to be absent. No state that a trace reaches allows this.
    error SlotNotInOverlay(address owner, uint256 slot);

    /// @dev EIP-3529.
    uint256 private constant MAXIMUM_REFUND_QUOTIENT = 5;
    /// @dev Kinds of keys (docs/machine.md §4).
    uint256 private constant ACCOUNT = 0;
    uint256 private constant SLOT = 1;

    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata w) external pure returns (bytes32) {
        Step memory current = Steps.begin(before, w);
        Phase phase = current.machine.phase;
        if (phase == Phase.Settle) return _settle(current, w);
        if (phase == Phase.Flush) return _flush(current, w);
        require(phase == Phase.EndTransaction, WrongPhase(phase));
        return _endTransaction(current, w);
    }

    function _settle(Step memory current, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(current, w);
        BlockContext memory context = Steps.openBlockContext(current, w);

        uint256 used = transaction.gasLimit - transaction.dataGas - transaction.gas;
        used -= Math.min(current.machine.journal.refund, used / MAXIMUM_REFUND_QUOTIENT);
        used = Math.max(used, transaction.floorGas) + transaction.dataGas;
        transaction.gasUsed = used;

        uint256 gasPrice = transaction.gasPrice;
        Accounts.credit(current, w, transaction.sender, (transaction.gasLimit - used) * gasPrice);
        Accounts.credit(current, w, context.coinbase, used * (gasPrice - context.baseFee));
        current.machine.transaction = Steps.hashTransaction(transaction);
        current.machine.phase = Phase.Flush;
        return Steps.end(current);
    }

    function _flush(Step memory current, Witness calldata w) private pure returns (bytes32) {
        if (current.machine.journal.keyChain == 0) {
            current.machine.phase = Phase.EndTransaction;
            return Steps.end(current);
        }
        KeyLink memory link = Steps.openKeyLink(current, w);
        if (link.kind == ACCOUNT) _flushAccount(current, w, link.owner);
        if (link.kind == SLOT) _flushSlot(current, w, link.owner, link.slot);
        current.machine.journal.keyChain = link.previous;
        return Steps.end(current);
    }

    function _flushAccount(Step memory current, Witness calldata w, address owner) private pure {
        Account memory account = Accounts.read(current, w, owner);
        if (!account.isDirty) return;
        bytes[] calldata nodes = Steps.nextTrie(current, w);
        bytes memory key = StateEntries.accountKey(owner);
        current.machine.stateRoot =
            account.isDestroyed || Accounts.isEmpty(account)
                ? MerklePatriciaTrie.remove(current.machine.stateRoot, key, nodes)
                : MerklePatriciaTrie.put(current.machine.stateRoot, key, StateEntries.encodeAccount(account), nodes);
    }

    function _flushSlot(Step memory current, Witness calldata w, address owner, uint256 slot) private pure {
        (bool isPresent, Slot memory entry) = Overlay.readSlot(current, w, owner, slot);
        require(isPresent, SlotNotInOverlay(owner, slot));
        if (entry.current == entry.original) return;
        (Account memory account, uint256 opening) = Accounts.modify(current, w, owner);
        if (account.isDestroyed) return;
        bytes[] calldata nodes = Steps.nextTrie(current, w);
        bytes memory key = StateEntries.slotKey(slot);
        account.storageRoot =
            entry.current == 0
                ? MerklePatriciaTrie.remove(account.storageRoot, key, nodes)
                : MerklePatriciaTrie.put(account.storageRoot, key, StateEntries.encodeSlot(entry.current), nodes);
        account.isDirty = true;
        Overlay.writeAccount(current, w, opening, owner, account);
    }

    function _endTransaction(Step memory current, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(current, w);
        BlockContext memory context = Steps.openBlockContext(current, w);
        context.gasUsed += transaction.gasUsed;
        bytes32 receiptHash = keccak256(
            abi.encode(transaction.hash, transaction.status, context.gasUsed, current.machine.journal.logsHash)
        );
        uint256 count = context.transactionCount++;
        context.transactionsRoot = AppendOnlyProof.append(
            context.transactionsRoot,
            count,
            transaction.hash,
            Steps.nextAppend(current, w)
        );
        context.receiptsRoot = AppendOnlyProof.append(
            context.receiptsRoot,
            count,
            receiptHash,
            Steps.nextAppend(current, w)
        );
        context.bloomHash = _mergedBloomHash(Steps.openBloom(current, w), Steps.openBlockBloom(context, w));
        return TransactionEnd.include(current, context);
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
