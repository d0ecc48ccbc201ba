// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BufferTree} from "../libraries/BufferTree.sol";
import {Slices} from "../libraries/Slices.sol";
import {Inflate} from "../types/Inflate.sol";
import {Phase} from "../types/Phase.sol";
import {Slice} from "../types/Slice.sol";
import {Stream, StreamMode} from "../types/Stream.sol";
import {Witness} from "../types/Witness.sol";
import {SliceReader} from "./SliceReader.sol";
import {Step, Steps} from "./Steps.sol";

/// @title Content
/// @notice What a payload inflates to, as far as steps have inflated it (docs/machine.md §16, "Inflate").
library Content {
    /// @notice Bytes at which the content is cut (specification §3 rule 1).
    uint256 internal constant MAXIMUM_LENGTH = BufferTree.CAPACITY << 5;

    /// @notice Whether the first `end` bytes of the content are there.
    function has(Stream memory stream, uint256 end) internal pure returns (bool) {
        return end <= stream.outputLength;
    }

    /// @notice Whether the first `end` bytes are not there but may yet come: `inflate` goes on until they have, or the stream ends.
    function isToCome(Stream memory stream, uint256 end) internal pure returns (bool) {
        return !has(stream, end) && stream.mode != StreamMode.Ended && end <= MAXIMUM_LENGTH;
    }

    /// @notice The state after a step that needs the first `end` bytes of the content, which are to come. It has done nothing
    /// else, and is taken again.
    function inflate(Step memory step, Stream memory stream, uint256 end) internal pure returns (bytes32) {
        step.machine.pending = Inflate({resume: step.machine.phase.underway(), needed: end}).hash();
        step.machine.phase = phaseOf(stream.mode);
        return Steps.end(step);
    }

    /// @notice The phase that inflates a stream on which this comes next.
    function phaseOf(StreamMode mode) internal pure returns (Phase) {
        if (mode == StreamMode.BlockHead) return Phase.InflateBlockHead;
        return mode == StreamMode.Stored ? Phase.InflateStored : Phase.InflateSymbols;
    }

    /// @notice `length` bytes of the content, which has them, from `position` on.
    function slice(Stream memory stream, uint256 position, uint256 length) internal pure returns (Slice memory) {
        return Slices.range(stream.outputRoot, position, length);
    }

    /// @notice Opens such bytes: one Region.
    function read(
        Step memory step,
        Witness calldata w,
        Stream memory stream,
        uint256 position,
        uint256 length
    ) internal pure returns (bytes memory) {
        return SliceReader.read(step, w, slice(stream, position, length), 0, length);
    }
}
