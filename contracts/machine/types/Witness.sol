// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Consecutive words of a buffer with what proves them (docs/machine.md §2).
/// @param words 32 bytes a word.
/// @param siblings Level by level from the leaves up, at each the left one before the right one.
struct Region {
    bytes words;
    bytes32[] siblings;
}

/// @notice The path to a key of the overlay (docs/machine.md §4).
/// @param siblings From the root down.
/// @param value `abi.encode` of the entry; no bytes if the key is absent.
/// @param otherKey If the key is absent, the key of the leaf in its place, or 0 if there is none.
/// @param otherValue Value hash of that leaf, or 0.
struct OverlayOpening {
    bytes32[] siblings;
    bytes value;
    bytes32 otherKey;
    bytes32 otherValue;
}

/// @notice Everything a step may have to open (docs/machine.md §5). What it does not need stays empty.
/// @param preimages What is opened of L1 and of the chain (docs/machine.md §16).
struct Witness {
    bytes machine;
    bytes frame;
    bytes frameContext;
    bytes parentFrame;
    bytes transaction;
    bytes blockContext;
    bytes pending;
    bytes savedJournal;
    bytes bloom;
    bytes blockBloom;
    bytes sponge;
    bytes code;
    bytes32[] stack;
    Region[] regions;
    OverlayOpening[] overlay;
    bytes[][] tries;
    bytes32[][] appends;
    bytes[] preimages;
}
