// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AppendOnlyProof} from "../machine/libraries/AppendOnlyProof.sol";
import {BufferTree} from "../machine/libraries/BufferTree.sol";
import {KeccakSponge} from "../machine/libraries/KeccakSponge.sol";
import {MerklePatriciaTrie} from "../machine/libraries/MerklePatriciaTrie.sol";
import {Overlay} from "../machine/libraries/Overlay.sol";
import {Rlp} from "../machine/libraries/Rlp.sol";
import {Slices} from "../machine/libraries/Slices.sol";
import {Step, Steps} from "../machine/libraries/Steps.sol";
import {Account, Slice, Slot} from "../machine/types/MachineState.sol";
import {OverlayOpening, Region, Witness} from "../machine/types/Witness.sol";

/// @notice Makes the machine's internal libraries callable, for tests. What takes `gas` measures the library alone.
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
        bytes memory words
    ) external view returns (bytes32 newRoot, uint256 gasUsed) {
        uint256 before = gasleft();
        newRoot = BufferTree.write(root, firstWord, region, words);
        gasUsed = before - gasleft();
    }

    function rootOf(bytes memory data) external view returns (bytes32 root, uint256 gasUsed) {
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
        data = Slices.read(Slices.range(root, sliceOffset, sliceLength), offset, length, step, w);
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
        return (
            isPresent,
            step.machine.journal.overlayRoot,
            step.machine.journal.keyChain,
            gasUsed
        );
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

    // ------------------------------------------------------------------------------------------------------ tries

    function get(
        bytes32 root,
        bytes memory key,
        bytes[] calldata nodes
    ) external view returns (bytes memory value, uint256 gasUsed) {
        uint256 before = gasleft();
        value = MerklePatriciaTrie.get(root, key, nodes);
        gasUsed = before - gasleft();
    }

    function put(
        bytes32 root,
        bytes memory key,
        bytes memory value,
        bytes[] calldata nodes
    ) external view returns (bytes32 newRoot, uint256 gasUsed) {
        uint256 before = gasleft();
        newRoot = MerklePatriciaTrie.put(root, key, value, nodes);
        gasUsed = before - gasleft();
    }

    function remove(
        bytes32 root,
        bytes memory key,
        bytes[] calldata nodes
    ) external view returns (bytes32 newRoot, uint256 gasUsed) {
        uint256 before = gasleft();
        newRoot = MerklePatriciaTrie.remove(root, key, nodes);
        gasUsed = before - gasleft();
    }

    // -------------------------------------------------------------------------------------------------------- RLP

    function item(
        bytes memory data,
        uint256 position,
        uint256 end
    ) external pure returns (bool isValid, bool isList, uint256 start, uint256 length) {
        return Rlp.item(data, position, end);
    }

    function number(
        bytes memory data,
        uint256 position,
        uint256 end,
        uint256 maximumBytes
    ) external pure returns (bool isValid, uint256 value, uint256 next) {
        return Rlp.number(data, position, end, maximumBytes);
    }

    function encodeBytes(bytes memory data) external pure returns (bytes memory) {
        return Rlp.encodeBytes(data);
    }

    function encodeNumber(uint256 value) external pure returns (bytes memory) {
        return Rlp.encodeNumber(value);
    }

    function encodeAddress(address value) external pure returns (bytes memory) {
        return Rlp.encodeAddress(value);
    }

    function encodeList(bytes memory payload) external pure returns (bytes memory) {
        return Rlp.encodeList(payload);
    }

    // ----------------------------------------------------------------------------------------------------- keccak

    function absorb(
        bytes memory state,
        bytes memory blocks
    ) external view returns (bytes memory newState, uint256 gasUsed) {
        uint256 before = gasleft();
        newState = KeccakSponge.absorb(state, blocks);
        gasUsed = before - gasleft();
    }

    function pad(bytes memory message) external pure returns (bytes memory) {
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
