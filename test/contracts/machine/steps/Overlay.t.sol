// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Overlay} from "../../../../contracts/machine/steps/Overlay.sol";
import {Step} from "../../../../contracts/machine/steps/Steps.sol";
import {Slot} from "../../../../contracts/machine/types/Slot.sol";
import {OverlayOpening, Witness} from "../../../../contracts/machine/types/Witness.sol";
import {Test} from "../../Test.sol";

/// @title Overlays of up to two entries, whose openings can be written down here
/// @dev Larger ones are compared with a naive tree in test/contracts/machine/libraries.
contract OverlayTest is Test {
    function testFuzz_AnInsertionIntoTheEmptyOverlayIsALeaf(address owner, uint256 slot, uint256 value) external view {
        (bytes32 root, bytes32 keyChain) = this.writeTransient(bytes32(0), owner, slot, value, _absent());
        assertEqual("root", root, _leafOf(owner, slot, value));
        assertEqual("key chain", keyChain, keccak256(abi.encode(0, 2, owner, slot)));
        assertEqual("value", this.readTransient(root, owner, slot, _present(value)), value);
        assertEqual("absent before", this.readTransient(bytes32(0), owner, slot, _absent()), 0);
    }

    function testFuzz_TheOrderOfTwoInsertionsMakesNoDifference(
        address owner,
        uint256 slot,
        uint256 value,
        address otherOwner,
        uint256 otherSlot,
        uint256 otherValue
    ) external view {
        vm.assume(owner != otherOwner || slot != otherSlot);
        OverlayOpening memory opening = _other(otherOwner, otherSlot, otherValue);
        bytes32 otherLeaf = _leafOf(otherOwner, otherSlot, otherValue);
        (bytes32 root, ) = this.writeTransient(otherLeaf, owner, slot, value, opening);
        bytes32 leaf = _leafOf(owner, slot, value);
        (bytes32 otherRoot, ) = this.writeTransient(
            leaf,
            otherOwner,
            otherSlot,
            otherValue,
            _other(owner, slot, value)
        );
        assertEqual("roots", root, otherRoot);
        assertEqual("absent", this.readTransient(otherLeaf, owner, slot, opening), 0);
    }

    function testFuzz_AnUpdateReplacesTheValueAndLeavesTheKeys(
        address owner,
        uint256 slot,
        uint256 value,
        uint256 newValue
    ) external view {
        (bytes32 root, bytes32 keyChain) = this.writeTransient(
            _leafOf(owner, slot, value),
            owner,
            slot,
            newValue,
            _present(value)
        );
        assertEqual("root", root, _leafOf(owner, slot, newValue));
        assertEqual("key chain", keyChain, bytes32(0));
    }

    function testFuzz_NoOpeningLeadsToAnotherRoot(
        bytes32 root,
        address owner,
        uint256 slot,
        OverlayOpening calldata opening
    ) external {
        vm.assume(root != 0 && opening.siblings.length <= 256);
        vm.expectRevert(_expectedFor(root, owner, slot, opening));
        this.readTransient(root, owner, slot, opening);
    }

    function testFuzz_ASlotIsReadAsItWasWritten(address owner, uint256 slot, Slot calldata entry) external view {
        OverlayOpening memory opening;
        opening.value = abi.encode(entry);
        bytes32 key = keccak256(abi.encode(1, owner, slot));
        bytes32 root = keccak256(abi.encode(1, key, keccak256(opening.value)));
        (bool isPresent, Slot memory read) = this.readSlot(root, owner, slot, opening);
        assertHolds("present", isPresent);
        assertEqual("entry", keccak256(abi.encode(read)), keccak256(abi.encode(entry)));
    }

    function readSlot(
        bytes32 root,
        address owner,
        uint256 slot,
        OverlayOpening calldata opening
    ) external view returns (bool, Slot memory) {
        return this.readSlotOf(root, owner, slot, _witness(opening));
    }

    function readSlotOf(
        bytes32 root,
        address owner,
        uint256 slot,
        Witness calldata w
    ) external pure returns (bool, Slot memory) {
        return Overlay.readSlot(_step(root), w, owner, slot);
    }

    function readTransient(
        bytes32 root,
        address owner,
        uint256 slot,
        OverlayOpening calldata opening
    ) external view returns (uint256) {
        return this.readTransientOf(root, owner, slot, _witness(opening));
    }

    function readTransientOf(
        bytes32 root,
        address owner,
        uint256 slot,
        Witness calldata w
    ) external pure returns (uint256) {
        return Overlay.readTransient(_step(root), w, owner, slot);
    }

    function writeTransient(
        bytes32 root,
        address owner,
        uint256 slot,
        uint256 value,
        OverlayOpening calldata opening
    ) external view returns (bytes32, bytes32) {
        return this.writeTransientOf(root, owner, slot, value, _witness(opening));
    }

    function writeTransientOf(
        bytes32 root,
        address owner,
        uint256 slot,
        uint256 value,
        Witness calldata w
    ) external pure returns (bytes32, bytes32) {
        Step memory step = _step(root);
        (, , uint256 opening) = Overlay.openTransient(step, w, owner, slot);
        Overlay.writeTransient(step, w, opening, owner, slot, value);
        return (step.machine.journal.overlayRoot, step.machine.journal.keyChain);
    }

    function _step(bytes32 root) private pure returns (Step memory step) {
        step.machine.journal.overlayRoot = root;
    }

    function _witness(OverlayOpening calldata opening) private pure returns (Witness memory w) {
        w.overlay = new OverlayOpening[](1);
        w.overlay[0] = opening;
    }

    function _absent() private pure returns (OverlayOpening memory opening) {
        return opening;
    }

    function _present(uint256 value) private pure returns (OverlayOpening memory opening) {
        opening.value = abi.encode(value);
    }

    function _other(address owner, uint256 slot, uint256 value) private pure returns (OverlayOpening memory opening) {
        opening.otherKey = keccak256(abi.encode(2, owner, slot));
        opening.otherValue = keccak256(abi.encode(value));
    }

    function _leafOf(address owner, uint256 slot, uint256 value) private pure returns (bytes32) {
        return keccak256(abi.encode(1, keccak256(abi.encode(2, owner, slot)), keccak256(abi.encode(value))));
    }

    /// @dev The error that is due, in the order of the checks.
    function _expectedFor(
        bytes32 root,
        address owner,
        uint256 slot,
        OverlayOpening calldata opening
    ) private pure returns (bytes memory) {
        bytes32 key = keccak256(abi.encode(2, owner, slot));
        bytes32 otherKey = opening.otherKey;
        uint256 depth = opening.siblings.length;
        bool hasOther = otherKey != 0 || opening.otherValue != 0;
        if (opening.value.length > 0) {
            if (hasOther) {
                return abi.encodeWithSelector(Overlay.OtherLeafUnexpected.selector, otherKey, opening.otherValue);
            }
        } else if (hasOther && depth > 0 && (otherKey ^ key) >> (256 - depth) != 0) {
            return abi.encodeWithSelector(Overlay.OtherLeafMismatch.selector, key, otherKey, depth);
        }
        return abi.encodeWithSelector(Overlay.OpeningNotProven.selector, root, key);
    }
}
