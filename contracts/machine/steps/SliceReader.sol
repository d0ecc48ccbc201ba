// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BufferTree} from "../libraries/BufferTree.sol";
import {Slice} from "../types/Slice.sol";
import {Region, Witness} from "../types/Witness.sol";
import {Step, Steps} from "./Steps.sol";

/// @title Slice reader
/// @notice The bytes of a slice, opened by Regions (docs/machine.md §2).
library SliceReader {
    /// @notice Reading `expected` bytes' worth of words, the Region holds `actual` bytes.
    error RegionLengthMismatch(uint256 expected, uint256 actual);

    /// @notice `length` bytes from byte `offset` on of the slice, zero beyond its end. Takes the next Region of the
    /// witness if any of them lies inside, which must be the words of exactly those; else none.
    /// @param length Bytes; the caller bounds it.
    function read(
        Step memory step,
        Witness calldata w,
        Slice memory slice,
        uint256 offset,
        uint256 length
    ) internal pure returns (bytes memory data) {
        data = new bytes(length);
        if (offset >= slice.length || length == 0) return data;
        uint256 available = slice.length - offset;
        if (available > length) available = length;

        uint256 start = slice.offset + offset;
        uint256 firstWord = start >> 5;
        uint256 size = (((start + available - 1) >> 5) - firstWord + 1) << 5;
        Region calldata region = Steps.nextRegion(step, w);
        require(region.words.length == size, RegionLengthMismatch(size, region.words.length));
        bytes memory words = BufferTree.open(slice.root, firstWord, region);
        // In assembly as Solidity has no copy between byte arrays; both ranges lie inside their arrays.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mcopy(add(data, 0x20), add(add(words, 0x20), and(start, 31)), available)
        }
    }
}
