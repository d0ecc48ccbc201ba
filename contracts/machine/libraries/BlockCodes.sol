// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BitReader} from "./BitReaders.sol";
import {CodeSpace, HuffmanCode, HuffmanCodes} from "./HuffmanCodes.sol";

/// @title Block codes
/// @notice The code lengths of the two codes of a block of DEFLATE (RFC 1951 §3.2.6, §3.2.7): 4 bits a symbol, as a Stream has them.
library BlockCodes {
    /// @notice Literal/length and distance symbols that have a meaning.
    uint256 internal constant LITERAL_SYMBOLS = 286;
    uint256 internal constant DISTANCE_SYMBOLS = 30;

    /// @notice Those that may have a code: in a fixed block two more of each.
    uint256 internal constant LITERAL_CODES = 288;
    uint256 internal constant DISTANCE_CODES = 32;

    /// @notice The symbol that ends a block.
    uint256 internal constant END_OF_BLOCK = 256;

    uint256 private constant REPEAT_PREVIOUS = 16;
    uint256 private constant REPEAT_ZERO = 17;
    uint256 private constant CODE_LENGTH_SYMBOLS = 19;
    /// @dev The order in which a block names the lengths of the codes of code lengths.
    bytes19 private constant CODE_LENGTH_ORDER = 0x10111200080709060a050b040c030d020e010f;

    /// @notice The codes of a fixed block: 144 literal/length symbols of 8 bits, 112 of 9, 24 of 7 and 8 of 8; 32 distance symbols of 5.
    function fixedLengths() internal pure returns (uint256[5] memory literals, uint256 distances) {
        literals[0] = 0x8888888888888888888888888888888888888888888888888888888888888888;
        literals[1] = 0x8888888888888888888888888888888888888888888888888888888888888888;
        literals[2] = 0x9999999999999999999999999999999999999999999999998888888888888888;
        literals[3] = 0x9999999999999999999999999999999999999999999999999999999999999999;
        literals[4] = 0x88888888777777777777777777777777;
        distances = 0x55555555555555555555555555555555;
    }

    /// @notice Reads the codes of a dynamic block, with which its head goes on. If they are not as they must be, the reader is
    /// malformed.
    function readDynamic(
        BitReader memory reader
    ) internal pure returns (uint256[5] memory literals, uint256 distances) {
        // 1. How many codes there are.
        uint256 literalCount = reader.take(5) + 257;
        uint256 distanceCount = reader.take(5) + 1;
        uint256 codeLengthCount = reader.take(4) + 4;
        if (literalCount > LITERAL_SYMBOLS || distanceCount > DISTANCE_SYMBOLS) reader.isMalformed = true;
        if (reader.isMalformed) return (literals, 0);

        // 2. The code of code lengths.
        uint256[5] memory lengths;
        for (uint256 index = 0; index < codeLengthCount; ++index) {
            _setLengths(lengths, uint8(CODE_LENGTH_ORDER[index]), 1, reader.take(3));
        }
        HuffmanCode memory codeLengths = HuffmanCodes.ofLengths(lengths, CODE_LENGTH_SYMBOLS);
        if (codeLengths.space() != CodeSpace.Complete) reader.isMalformed = true;

        // 3. The lengths of both codes, in one list: those of distances begin in its last word, and end there.
        literals = _readLengths(reader, codeLengths, literalCount + distanceCount);
        uint256 shift = 4 * (literalCount - END_OF_BLOCK);
        distances = literals[4] >> shift;
        literals[4] &= (1 << shift) - 1;

        // 4. The codes.
        if (
            HuffmanCodes.lengthOf(literals, END_OF_BLOCK) == 0 ||
            HuffmanCodes.ofLengths(literals, LITERAL_SYMBOLS).space() == CodeSpace.Invalid ||
            HuffmanCodes.ofLengths([distances, 0, 0, 0, 0], DISTANCE_SYMBOLS).space() == CodeSpace.Invalid
        ) reader.isMalformed = true;
    }

    /// @dev One run of lengths may be of the last symbols of the one code and the first of the other.
    function _readLengths(
        BitReader memory reader,
        HuffmanCode memory codeLengths,
        uint256 count
    ) private pure returns (uint256[5] memory lengths) {
        uint256 previous = 0;
        for (uint256 index = 0; index < count && !reader.isMalformed;) {
            uint256 symbol = codeLengths.take(reader);
            uint256 repeats = 1;
            if (symbol < REPEAT_PREVIOUS) {
                previous = symbol;
            } else if (symbol == REPEAT_PREVIOUS) {
                if (index == 0) reader.isMalformed = true;
                repeats = 3 + reader.take(2);
            } else {
                previous = 0;
                repeats = symbol == REPEAT_ZERO ? 3 + reader.take(3) : 11 + reader.take(7);
            }
            if (repeats > count - index) reader.isMalformed = true;
            else _setLengths(lengths, index, repeats, previous);
            index += repeats;
        }
    }

    /// @dev Of `count` symbols from `first` on, which have none yet.
    function _setLengths(uint256[5] memory lengths, uint256 first, uint256 count, uint256 length) private pure {
        for (uint256 symbol = first; symbol < first + count; ++symbol) {
            lengths[symbol >> 6] |= length << (4 * (symbol & 63));
        }
    }
}
