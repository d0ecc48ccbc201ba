// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slices} from "../libraries/Slices.sol";
import {Slice} from "../types/Slice.sol";
import {Witness} from "../types/Witness.sol";
import {BufferWriter} from "./BufferWriter.sol";
import {GasMeter} from "./GasMeter.sol";
import {SliceReader} from "./SliceReader.sol";
import {Step} from "./Steps.sol";

/// @title Memory
/// @notice The memory of `step.frame`, a buffer (docs/machine.md §2, §8). Whoever reads or writes it has paid for its
/// expansion before, which keeps it inside the buffer.
library MemoryTree {
    /// @notice Offsets, lengths and ends beyond are out of gas, whatever the gas.
    uint256 internal constant LIMIT = 1 << 32;

    /// @notice Lets memory reach the end of `length` bytes from `offset` on; no bytes reach nowhere.
    /// @return isInRange Whether such a range can be paid for at all; if not, the instruction halts.
    /// @return cost Gas of the expansion, to be charged.
    function expand(
        Step memory step,
        uint256 offset,
        uint256 length
    ) internal pure returns (bool isInRange, uint256 cost) {
        if (length == 0) return (true, 0);
        if (offset >= LIMIT || length >= LIMIT || offset + length > LIMIT) return (false, 0);
        uint256 current = step.frame.memoryWords;
        uint256 needed = wordsOf(offset + length);
        if (needed <= current) return (true, 0);
        step.frame.memoryWords = needed;
        return (true, _costOf(needed) - _costOf(current));
    }

    /// @notice A range of bytes as a slice of the memory as it is now.
    function slice(Step memory step, uint256 offset, uint256 length) internal pure returns (Slice memory) {
        return Slices.range(step.frame.memoryRoot, offset, length);
    }

    /// @notice The `length` bytes from `offset` on. Takes one Region, none if `length` is 0.
    function load(
        Step memory step,
        Witness calldata w,
        uint256 offset,
        uint256 length
    ) internal pure returns (bytes memory) {
        return SliceReader.read(step, w, slice(step, offset, length), 0, length);
    }

    /// @notice Writes `data` from `offset` on. Takes one Region, none if there is no data.
    function store(Step memory step, Witness calldata w, uint256 offset, bytes memory data) internal pure {
        step.frame.memoryRoot = BufferWriter.write(step, w, step.frame.memoryRoot, offset, data);
    }

    /// @notice Words that `length` bytes take.
    function wordsOf(uint256 length) internal pure returns (uint256) {
        return (length + 31) >> 5;
    }

    function _costOf(uint256 words) private pure returns (uint256) {
        return words * GasMeter.MEMORY_WORD + (words * words) / GasMeter.MEMORY_WORDS_SQUARED_DIVISOR;
    }
}
