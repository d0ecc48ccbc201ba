// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Region} from "../types/Witness.sol";

/// @title Buffer
/// @notice A binary keccak256 Merkle tree of depth 17 over 32-byte words, 4 MiB (docs/machine.md §2). The leaf is the word
/// itself, an inner node `keccak256(left ‖ right)`; words never written are 0. It is opened and written by Regions:
/// consecutive words with the siblings that complete their paths.
/// @dev The depth is fixed, so no node can pass for one of another level.
library BufferTree {
    /// @notice Levels above the words.
    uint256 internal constant DEPTH = 17;

    /// @notice Words of a buffer.
    uint256 internal constant CAPACITY = 1 << DEPTH;

    /// @notice Root of the buffer of zeros.
    bytes32 internal constant EMPTY_ROOT = 0xe1d3b5c807b281e4683cc6d6315cf95b9ade8641defcb32372f1c126e398ef7a;

    /// @notice The words of a Region from word `firstWord` on are not those of the buffer.
    error RegionNotProven(bytes32 root, uint256 firstWord);

    /// @notice A Region has to hold whole words, at least one, inside the buffer; it holds `length` bytes at `firstWord`.
    error RegionMisshapen(uint256 firstWord, uint256 length);

    /// @notice A Region with `expected` siblings was due.
    error RegionSiblingsMismatch(uint256 expected, uint256 actual);

    /// @notice The words to write must be as many bytes as those they replace.
    error WordsLengthMismatch(uint256 expected, uint256 actual);

    /// @notice A buffer holds at most 4 MiB.
    error BufferTooLong(uint256 length);

    /// @notice The words of `region`, proven to stand in the buffer `root` from word `firstWord` on.
    /// Reverts with RegionNotProven, RegionMisshapen or RegionSiblingsMismatch.
    /// @return words 32 bytes a word.
    function open(bytes32 root, uint256 firstWord, Region calldata region) internal pure returns (bytes memory words) {
        _prove(root, firstWord, region);
        words = region.words;
    }

    /// @notice The root of the buffer `root` after `words` have taken the place of those of `region`, which are proven to
    /// stand there from word `firstWord` on.
    /// Reverts like `open`, and with WordsLengthMismatch.
    function write(
        bytes32 root,
        uint256 firstWord,
        Region calldata region,
        bytes memory words
    ) internal pure returns (bytes32 newRoot) {
        require(words.length == region.words.length, WordsLengthMismatch(region.words.length, words.length));
        _prove(root, firstWord, region);
        uint256 source;
        // In assembly as there is no other way to learn where an array lies.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            source := add(words, 0x20)
        }
        newRoot = _rootWith(source, words.length, false, firstWord, region.siblings);
    }

    /// @notice The root of the buffer that holds `data` from its begin on, and zeros.
    /// Reverts with BufferTooLong.
    function rootOf(bytes memory data) internal pure returns (bytes32 root) {
        require(data.length <= CAPACITY << 5, BufferTooLong(data.length));
        if (data.length == 0) return EMPTY_ROOT;
        // In assembly because a buffer of 1,536 words has as many nodes, and a bounds check each costs more than its hash.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let nodes := mload(0x40)
            let length := mload(data)
            let count := shr(5, add(length, 31))
            // The padding of the last word, and of the last pair, before the data over it.
            mstore(add(nodes, shl(5, sub(count, 1))), 0)
            mcopy(nodes, add(data, 0x20), length)
            let zero := 0
            for {
                let height := 0
            } lt(height, DEPTH) {
                height := add(height, 1)
            } {
                if and(count, 1) {
                    mstore(add(nodes, shl(5, count)), zero)
                    count := add(count, 1)
                }
                count := shr(1, count)
                let source := nodes
                for {
                    let target := nodes
                    let end := add(nodes, shl(5, count))
                } lt(target, end) {
                    target := add(target, 0x20)
                } {
                    mstore(target, keccak256(source, 0x40))
                    source := add(source, 0x40)
                }
                mstore(0x00, zero)
                mstore(0x20, zero)
                zero := keccak256(0x00, 0x40)
            }
            root := mload(nodes)
        }
    }

    function _prove(bytes32 root, uint256 firstWord, Region calldata region) private pure {
        bytes calldata words = region.words;
        uint256 source;
        // In assembly as there is no other way to learn where an array lies.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            source := words.offset
        }
        require(
            _rootWith(source, words.length, true, firstWord, region.siblings) == root,
            RegionNotProven(root, firstWord)
        );
    }

    /// @dev The root of a buffer with the `length` bytes at `position` (of calldata or memory) from word `first` on and
    /// `siblings` beside them.
    // solhint-disable-next-line function-max-lines
    function _rootWith(
        uint256 position,
        uint256 length,
        bool inCalldata,
        uint256 first,
        bytes32[] calldata siblings
    ) private pure returns (bytes32 root) {
        require(
            length & 31 == 0 && length > 0 && length <= CAPACITY << 5 && first <= CAPACITY - (length >> 5),
            RegionMisshapen(first, length)
        );
        uint256 used;
        // In assembly because a Region of 2,048 words has as many nodes, and a bounds check each costs more than its hash.
        // Siblings are read before it is known that there are enough: what lies behind them is calldata or zero, and
        // their number is checked below.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            // A left sibling takes the first place, the nodes stand behind it, level after level.
            let scratch := mload(0x40)
            let nodes := add(scratch, 0x20)
            switch inCalldata
            case 0 {
                mcopy(nodes, position, length)
            }
            default {
                calldatacopy(nodes, position, length)
            }
            let count := shr(5, length)
            let sibling := siblings.offset
            let height := 0
            for {} gt(count, 1) {
                height := add(height, 1)
            } {
                let source := nodes
                if and(first, 1) {
                    mstore(scratch, calldataload(sibling))
                    sibling := add(sibling, 0x20)
                    source := scratch
                    count := add(count, 1)
                }
                if and(count, 1) {
                    mstore(add(source, shl(5, count)), calldataload(sibling))
                    sibling := add(sibling, 0x20)
                    count := add(count, 1)
                }
                first := shr(1, first)
                count := shr(1, count)
                // Every parent is written at or before the second of its children.
                for {
                    let target := nodes
                    let end := add(nodes, shl(5, count))
                } lt(target, end) {
                    target := add(target, 0x20)
                } {
                    mstore(target, keccak256(source, 0x40))
                    source := add(source, 0x40)
                }
            }
            root := mload(nodes)
            for {} lt(height, DEPTH) {
                height := add(height, 1)
            } {
                let place := shl(5, and(first, 1))
                mstore(place, root)
                mstore(xor(place, 0x20), calldataload(sibling))
                root := keccak256(0x00, 0x40)
                sibling := add(sibling, 0x20)
                first := shr(1, first)
            }
            used := shr(5, sub(sibling, siblings.offset))
        }
        require(used == siblings.length, RegionSiblingsMismatch(used, siblings.length));
    }
}
