// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Account} from "../types/Account.sol";
import {EntryKind} from "../types/EntryKind.sol";
import {Journal} from "../types/Journal.sol";
import {KeyLink} from "../types/KeyLink.sol";
import {Slot} from "../types/Slot.sol";
import {OverlayOpening, Witness} from "../types/Witness.sol";
import {Step, Steps} from "./Steps.sol";

/// @title Overlay
/// @notice What the transaction has touched: a Merkle map of accounts, storage slots and transient slots (docs/machine.md
/// §4). Every entry is read or written through one OverlayOpening, against the root in the step's journal.
/// @dev A subtree without entries is 0, with one entry that entry's leaf (the hash of 96 bytes), else a node (the hash of
/// 64 bytes). So the path of a key can be followed in one way only, and where it ends decides whether the key is present.
library Overlay {
    /// @dev What the preimage of a leaf begins with.
    uint256 private constant LEAF = 1;

    /// @notice The opening does not lead to the root of the overlay.
    error OpeningNotProven(bytes32 root, bytes32 key);

    /// @notice An opening has more siblings than a key bits.
    error OpeningTooDeep(uint256 depth);

    /// @notice The leaf shown in place of an absent key is that key's, or does not lie on its path of `depth` bits.
    error OtherLeafMismatch(bytes32 key, bytes32 otherKey, uint256 depth);

    /// @notice The opening of a present key shows another leaf besides.
    error OtherLeafUnexpected(bytes32 otherKey, bytes32 otherValue);

    /// @notice The entry of an account. Takes one opening.
    function readAccount(
        Step memory step,
        Witness calldata w,
        address owner
    ) internal pure returns (bool isPresent, Account memory account) {
        (isPresent, account, ) = openAccount(step, w, owner);
    }

    /// @notice The entry of a storage slot. Takes one opening.
    function readSlot(
        Step memory step,
        Witness calldata w,
        address owner,
        uint256 slot
    ) internal pure returns (bool isPresent, Slot memory entry) {
        (isPresent, entry, ) = openSlot(step, w, owner, slot);
    }

    /// @notice The value of a transient slot, 0 if it has no entry. Takes one opening.
    function readTransient(
        Step memory step,
        Witness calldata w,
        address owner,
        uint256 slot
    ) internal pure returns (uint256 value) {
        (, value, ) = openTransient(step, w, owner, slot);
    }

    /// @notice As `readAccount`, for a modify.
    /// @return isPresent Whether there is an entry.
    /// @return account The entry, 0 if there is none.
    /// @return opening To be given to `writeAccount`.
    function openAccount(
        Step memory step,
        Witness calldata w,
        address owner
    ) internal pure returns (bool isPresent, Account memory account, uint256 opening) {
        bytes calldata value;
        (opening, value) = _open(step, w, keyOf(EntryKind.Account, owner, 0));
        isPresent = value.length > 0;
        if (isPresent) account = abi.decode(value, (Account));
    }

    /// @notice Puts `account` where `opening` leads: an update, or an insertion if the opening shows absence.
    function writeAccount(
        Step memory step,
        Witness calldata w,
        uint256 opening,
        address owner,
        Account memory account
    ) internal pure {
        _write(step, w, opening, EntryKind.Account, owner, 0, account.hash());
    }

    /// @notice As `readSlot`, for a modify.
    /// @return isPresent Whether there is an entry.
    /// @return entry The entry, 0 if there is none.
    /// @return opening To be given to `writeSlot`.
    function openSlot(
        Step memory step,
        Witness calldata w,
        address owner,
        uint256 slot
    ) internal pure returns (bool isPresent, Slot memory entry, uint256 opening) {
        bytes calldata value;
        (opening, value) = _open(step, w, keyOf(EntryKind.Slot, owner, slot));
        isPresent = value.length > 0;
        if (isPresent) entry = abi.decode(value, (Slot));
    }

    /// @notice Puts `entry` where `opening` leads: an update, or an insertion if the opening shows absence.
    function writeSlot(
        Step memory step,
        Witness calldata w,
        uint256 opening,
        address owner,
        uint256 slot,
        Slot memory entry
    ) internal pure {
        _write(step, w, opening, EntryKind.Slot, owner, slot, entry.hash());
    }

    /// @notice As `readTransient`, for a modify.
    /// @return isPresent Whether there is an entry.
    /// @return current The entry, 0 if there is none.
    /// @return opening To be given to `writeTransient`.
    function openTransient(
        Step memory step,
        Witness calldata w,
        address owner,
        uint256 slot
    ) internal pure returns (bool isPresent, uint256 current, uint256 opening) {
        bytes calldata value;
        (opening, value) = _open(step, w, keyOf(EntryKind.Transient, owner, slot));
        isPresent = value.length > 0;
        if (isPresent) current = abi.decode(value, (uint256));
    }

    /// @notice Puts `current` where `opening` leads: an update, or an insertion if the opening shows absence.
    function writeTransient(
        Step memory step,
        Witness calldata w,
        uint256 opening,
        address owner,
        uint256 slot,
        uint256 current
    ) internal pure {
        _write(step, w, opening, EntryKind.Transient, owner, slot, keccak256(abi.encode(current)));
    }

    /// @notice The key of an entry.
    /// @param slot 0 for an account.
    function keyOf(EntryKind kind, address owner, uint256 slot) internal pure returns (bytes32) {
        return keccak256(abi.encode(kind, owner, slot));
    }

    /// @dev Takes the next opening of the witness and proves it. `value` is empty if the key is absent.
    function _open(
        Step memory step,
        Witness calldata w,
        bytes32 key
    ) private pure returns (uint256 index, bytes calldata value) {
        index = step.overlay;
        OverlayOpening calldata opening = Steps.nextOverlay(step, w);
        value = opening.value;
        _prove(step.machine.journal.overlayRoot, opening, key);
    }

    /// @dev Proves the opening again, against the root as it is now, so that no order of reads and writes can put an entry
    /// where the opening does not lead.
    function _write(
        Step memory step,
        Witness calldata w,
        uint256 index,
        EntryKind kind,
        address owner,
        uint256 slot,
        bytes32 valueHash
    ) private pure {
        Journal memory journal = step.machine.journal;
        OverlayOpening calldata opening = w.overlay[index];
        bytes32 key = keyOf(kind, owner, slot);
        _prove(journal.overlayRoot, opening, key);

        uint256 depth = opening.siblings.length;
        bytes32 node = _leaf(key, valueHash);
        if (opening.value.length == 0) {
            if (_hasOther(opening)) node = _branch(node, key, opening, depth);
            journal.keyChain = KeyLink({previous: journal.keyChain, kind: kind, owner: owner, slot: slot}).hash();
        }
        journal.overlayRoot = _fold(node, key, opening.siblings);
    }

    function _prove(bytes32 root, OverlayOpening calldata opening, bytes32 key) private pure {
        uint256 depth = opening.siblings.length;
        require(depth <= 256, OpeningTooDeep(depth));
        bytes32 node;
        if (opening.value.length > 0) {
            require(!_hasOther(opening), OtherLeafUnexpected(opening.otherKey, opening.otherValue));
            node = _leaf(key, keccak256(opening.value));
        } else if (_hasOther(opening)) {
            bytes32 otherKey = opening.otherKey;
            // A shift by 256 gives 0: with no siblings every other key lies on the path.
            require(otherKey != key && (otherKey ^ key) >> (256 - depth) == 0, OtherLeafMismatch(key, otherKey, depth));
            node = _leaf(otherKey, opening.otherValue);
        }
        require(_fold(node, key, opening.siblings) == root, OpeningNotProven(root, key));
    }

    function _hasOther(OverlayOpening calldata opening) private pure returns (bool) {
        return opening.otherKey != 0 || opening.otherValue != 0;
    }

    function _leaf(bytes32 key, bytes32 valueHash) private pure returns (bytes32) {
        return keccak256(abi.encode(LEAF, key, valueHash));
    }

    /// @dev The subtree at `depth` of the new leaf `node` at `key` and the other leaf of the opening, which shares at least
    /// the first `depth` bits of its key.
    function _branch(
        bytes32 node,
        bytes32 key,
        OverlayOpening calldata opening,
        uint256 depth
    ) private pure returns (bytes32) {
        uint256 bits = uint256(key);
        uint256 difference = bits ^ uint256(opening.otherKey);
        uint256 height = 255;
        while (difference >> height == 0) --height;
        bytes32 other = _leaf(opening.otherKey, opening.otherValue);
        node =
            (bits >> height) & 1 == 0 ? Hashes.efficientKeccak256(node, other) : Hashes.efficientKeccak256(other, node);
        for (++height; height < 256 - depth; ++height) {
            node = (bits >> height) & 1 == 0 ? Hashes.efficientKeccak256(node, 0) : Hashes.efficientKeccak256(0, node);
        }
        return node;
    }

    /// @dev The root over `node`, which stands on the path of `key` below `siblings`.
    function _fold(bytes32 node, bytes32 key, bytes32[] calldata siblings) private pure returns (bytes32 root) {
        root = node;
        uint256 bits = uint256(key) >> (256 - siblings.length);
        // In assembly because this is what a path costs: three times that with bounds checked, which the loop cannot leave.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let begin := siblings.offset
            let position := add(begin, shl(5, siblings.length))
            for {} gt(position, begin) {} {
                position := sub(position, 0x20)
                let place := shl(5, and(bits, 1))
                mstore(place, root)
                mstore(xor(place, 0x20), calldataload(position))
                root := keccak256(0x00, 0x40)
                bits := shr(1, bits)
            }
        }
    }
}
