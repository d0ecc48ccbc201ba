// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slot} from "../types/Slot.sol";
import {Witness} from "../types/Witness.sol";
import {Overlay} from "./Overlay.sol";
import {Step} from "./Steps.sol";

/// @title Slots
/// @notice Modifies storage slots that are known to be in the overlay.
library Slots {
    /// @notice The step needs a slot in the overlay, where earlier steps have put it, and the opening shows that it is not there. No
    /// state that a trace reaches allows this.
    error SlotNotInOverlay(address owner, uint256 slot);

    /// @notice Reads a slot that earlier steps have put into the overlay: one opening.
    function read(
        Step memory step,
        Witness calldata w,
        address owner,
        uint256 slot
    ) internal pure returns (Slot memory entry) {
        bool isPresent;
        (isPresent, entry) = Overlay.readSlot(step, w, owner, slot);
        require(isPresent, SlotNotInOverlay(owner, slot));
    }

    /// @notice Sets the value of a slot that earlier steps have put into the overlay: one modify.
    function set(Step memory step, Witness calldata w, address owner, uint256 slot, uint256 value) internal pure {
        (bool isPresent, Slot memory entry, uint256 opening) = Overlay.openSlot(step, w, owner, slot);
        require(isPresent, SlotNotInOverlay(owner, slot));
        entry.current = value;
        Overlay.writeSlot(step, w, opening, owner, slot, entry);
    }
}
