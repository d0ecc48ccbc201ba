// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BufferTree} from "../libraries/BufferTree.sol";

/// @notice What of a payload comes next: the head of a block, bytes of a stored one, symbols of another, or nothing.
enum StreamMode {
    BlockHead,
    Stored,
    Symbols,
    Ended
}

/// @notice A payload and what has been inflated of it (docs/machine.md §16). Code lengths have 4 bits each: that of symbol `s` stands in
/// word `s ÷ 64`, from bit `4 (s mod 64)` on.
/// @param payloadRoot Root of the buffer that holds the payload.
/// @param payloadLength Bytes.
/// @param bitPosition In the payload: byte `bitPosition ÷ 8`, bit `bitPosition mod 8` from the least significant one.
/// @param mode What comes next.
/// @param isFinal Whether the block is the last one.
/// @param storedLeft Bytes of a stored block still to come.
/// @param literalLengths Code lengths of the literal/length symbols.
/// @param distanceLengths Code lengths of the distance symbols.
/// @param outputRoot Root of the buffer that holds the content so far.
/// @param outputLength Bytes of it.
struct Stream {
    bytes32 payloadRoot;
    uint256 payloadLength;
    uint256 bitPosition;
    StreamMode mode;
    bool isFinal;
    uint256 storedLeft;
    uint256[5] literalLengths;
    uint256 distanceLengths;
    bytes32 outputRoot;
    uint256 outputLength;
}

using {hash, endBlock, end} for Stream global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Stream memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}

/// @notice What comes after a block: the head of the next one, or nothing.
function endBlock(Stream memory self) pure {
    if (self.isFinal) return self.end();
    self.mode = StreamMode.BlockHead;
    _clearBlock(self);
}

/// @notice Nothing comes any more. Only the content stays, so that a stream is in one state whatever ended it.
function end(Stream memory self) pure {
    self.payloadRoot = BufferTree.EMPTY_ROOT;
    self.payloadLength = 0;
    self.bitPosition = 0;
    self.mode = StreamMode.Ended;
    self.isFinal = false;
    _clearBlock(self);
}

function _clearBlock(Stream memory self) pure {
    self.storedLeft = 0;
    delete self.literalLengths;
    self.distanceLengths = 0;
}
