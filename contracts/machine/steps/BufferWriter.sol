// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {BufferTree} from "../libraries/BufferTree.sol";
import {Region, Witness} from "../types/Witness.sol";
import {SliceReader} from "./SliceReader.sol";
import {Step, Steps} from "./Steps.sol";

/// @title Buffer writer
/// @notice Writes bytes into a buffer, opened by a Region (docs/machine.md §2).
library BufferWriter {
    /// @notice The root of the buffer `root` after `data` was written from byte `offset` on. Takes the next Region of the witness,
    /// which must be the words of exactly these bytes; none if there is no data.
    function write(
        Step memory step,
        Witness calldata w,
        bytes32 root,
        uint256 offset,
        bytes memory data
    ) internal pure returns (bytes32) {
        if (data.length == 0) return root;
        uint256 firstWord = offset >> 5;
        uint256 size = (((offset + data.length + 31) >> 5) - firstWord) << 5;
        Region calldata region = Steps.nextRegion(step, w);
        require(region.words.length == size, SliceReader.RegionLengthMismatch(size, region.words.length));
        bytes memory words = Bytes.replace(region.words, offset & 31, data);
        return BufferTree.write(root, firstWord, region, words);
    }
}
