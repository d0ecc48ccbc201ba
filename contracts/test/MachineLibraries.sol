// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AppendOnlyProof} from "../machine/libraries/AppendOnlyProof.sol";
import {BufferTree} from "../machine/libraries/BufferTree.sol";
import {KeccakSponge} from "../machine/libraries/KeccakSponge.sol";
import {Slices} from "../machine/libraries/Slices.sol";
import {Overlay} from "../machine/steps/Overlay.sol";
import {SliceReader} from "../machine/steps/SliceReader.sol";
import {Step} from "../machine/steps/Steps.sol";
import {Account} from "../machine/types/Account.sol";
import {Slot} from "../machine/types/Slot.sol";
import {Region, Witness} from "../machine/types/Witness.sol";

/// @notice Makes the machine's internal libraries callable, for tests; those of tries and RLP are in `MachineTries`. A
/// `gasUsed` is that of the library alone.
contract MachineLibraries {
    // ---------------------------------------------------------------------------------------------------- buffers

    function openBuffer(
        bytes32 root,
        uint256 firstWord,
        Region calldata region
    ) external view returns (bytes memory words, uint256 gasUsed) {
        uint256 before = gasleft();
        words = BufferTree.open(root, firstWord, region);
        gasUsed = before - gasleft();
    }

    function writeBuffer(
        bytes32 root,
        uint256 firstWord,
        Region calldata region,
        bytes calldata words
    ) external view returns (bytes32 newRoot, uint256 gasUsed) {
        uint256 before = gasleft();
        newRoot = BufferTree.write(root, firstWord, region, words);
        gasUsed = before - gasleft();
    }

    function rootOf(bytes calldata data) external view returns (bytes32 root, uint256 gasUsed) {
        uint256 before = gasleft();
        root = BufferTree.rootOf(data);
        gasUsed = before - gasleft();
    }

    function readSlice(
        bytes32 root,
        uint256 sliceOffset,
        uint256 sliceLength,
        uint256 offset,
        uint256 length,
        Witness calldata w
    ) external pure returns (bytes memory data, uint256 regionsUsed) {
        Step memory step;
        data = SliceReader.read(step, w, Slices.range(root, sliceOffset, sliceLength), offset, length);
        regionsUsed = step.regions;
    }

    // ---------------------------------------------------------------------------------------------------- overlay

    function readAccount(
        bytes32 root,
        address owner,
        Witness calldata w
    ) external view returns (bool isPresent, Account memory account, uint256 gasUsed) {
        Step memory step;
        step.machine.journal.overlayRoot = root;
        uint256 before = gasleft();
        (isPresent, account) = Overlay.readAccount(step, w, owner);
        gasUsed = before - gasleft();
    }

    function readSlot(
        bytes32 root,
        address owner,
        uint256 slot,
        Witness calldata w
    ) external pure returns (bool isPresent, Slot memory entry) {
        Step memory step;
        step.machine.journal.overlayRoot = root;
        return Overlay.readSlot(step, w, owner, slot);
    }

    function readTransient(
        bytes32 root,
        address owner,
        uint256 slot,
        Witness calldata w
    ) external pure returns (uint256) {
        Step memory step;
        step.machine.journal.overlayRoot = root;
        return Overlay.readTransient(step, w, owner, slot);
    }

    function modifyAccount(
        bytes32 root,
        bytes32 keyChain,
        address owner,
        Account calldata account,
        Witness calldata w
    ) external view returns (bool isPresent, bytes32 newRoot, bytes32 newKeyChain, uint256 gasUsed) {
        Step memory step;
        step.machine.journal.overlayRoot = root;
        step.machine.journal.keyChain = keyChain;
        uint256 before = gasleft();
        uint256 opening;
        (isPresent, , opening) = Overlay.openAccount(step, w, owner);
        Overlay.writeAccount(step, w, opening, owner, account);
        gasUsed = before - gasleft();
        return (isPresent, step.machine.journal.overlayRoot, step.machine.journal.keyChain, gasUsed);
    }

    function modifySlot(
        bytes32 root,
        bytes32 keyChain,
        address owner,
        uint256 slot,
        Slot calldata entry,
        Witness calldata w
    ) external pure returns (bool isPresent, bytes32 newRoot, bytes32 newKeyChain) {
        Step memory step;
        step.machine.journal.overlayRoot = root;
        step.machine.journal.keyChain = keyChain;
        uint256 opening;
        (isPresent, , opening) = Overlay.openSlot(step, w, owner, slot);
        Overlay.writeSlot(step, w, opening, owner, slot, entry);
        return (isPresent, step.machine.journal.overlayRoot, step.machine.journal.keyChain);
    }

    function modifyTransient(
        bytes32 root,
        bytes32 keyChain,
        address owner,
        uint256 slot,
        uint256 current,
        Witness calldata w
    ) external pure returns (bool isPresent, bytes32 newRoot, bytes32 newKeyChain) {
        Step memory step;
        step.machine.journal.overlayRoot = root;
        step.machine.journal.keyChain = keyChain;
        uint256 opening;
        (isPresent, , opening) = Overlay.openTransient(step, w, owner, slot);
        Overlay.writeTransient(step, w, opening, owner, slot, current);
        return (isPresent, step.machine.journal.overlayRoot, step.machine.journal.keyChain);
    }

    /// @notice Opens one account and writes the entry of another with that opening.
    function writeElsewhere(
        bytes32 root,
        address owner,
        address other,
        Account calldata account,
        Witness calldata w
    ) external pure returns (bytes32) {
        Step memory step;
        step.machine.journal.overlayRoot = root;
        (, , uint256 opening) = Overlay.openAccount(step, w, owner);
        Overlay.writeAccount(step, w, opening, other, account);
        return step.machine.journal.overlayRoot;
    }

    // ----------------------------------------------------------------------------------------------------- keccak

    function absorb(
        bytes calldata state,
        bytes calldata blocks
    ) external view returns (bytes memory newState, uint256 gasUsed) {
        uint256 before = gasleft();
        newState = KeccakSponge.absorb(state, blocks);
        gasUsed = before - gasleft();
    }

    function pad(bytes calldata message) external pure returns (bytes memory) {
        return KeccakSponge.pad(message);
    }

    // --------------------------------------------------------------------------------------------- append-only tree

    function append(
        bytes32 root,
        uint256 count,
        bytes32 leaf,
        bytes32[] calldata siblings
    ) external pure returns (bytes32) {
        return AppendOnlyProof.append(root, count, leaf, siblings);
    }
}
