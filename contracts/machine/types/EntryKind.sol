// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Kinds of entries of the overlay, as they enter its keys and key chain (docs/machine.md §4).
enum EntryKind {
    Account,
    Slot,
    Transient
}
