// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BitReader} from "./BitReaders.sol";

/// @notice Of all strings of bits, how many begin with a code.
/// Complete: all. Single: those with the one code there is, of one bit. Empty: none. Invalid: there are more codes than their lengths
/// allow, or fewer.
enum CodeSpace {
    Complete,
    Single,
    Empty,
    Invalid
}

/// @notice A canonical Huffman code (RFC 1951 §3.2.2), by which symbols are found without a table of codes: those of one length are
/// consecutive numbers.
/// @param counts How many symbols have a code of each length.
/// @param symbols In the order of their codes: by length, then by value.
struct HuffmanCode {
    uint256[16] counts;
    uint256[] symbols;
}

using HuffmanCodes for HuffmanCode global;

/// @title Huffman codes
/// @notice Makes codes of code lengths, 4 bits a symbol as a Stream has them, and finds symbols by counting.
library HuffmanCodes {
    uint256 private constant MAXIMUM_CODE_LENGTH = 15;

    /// @notice The code in which the symbols below `symbolCount` have codes of these lengths; length 0 is no code.
    /// @param symbolCount At most 320.
    function ofLengths(uint256[5] memory lengths, uint256 symbolCount) internal pure returns (HuffmanCode memory self) {
        // 1. How many symbols there are of each length.
        for (uint256 symbol = 0; symbol < symbolCount; ++symbol) ++self.counts[lengthOf(lengths, symbol)];
        self.counts[0] = 0;

        // 2. Where those of each length begin.
        uint256[16] memory places;
        uint256 place = 0;
        for (uint256 length = 1; length <= MAXIMUM_CODE_LENGTH; ++length) {
            places[length] = place;
            place += self.counts[length];
        }

        // 3. Symbols by length, then by value.
        self.symbols = new uint256[](place);
        for (uint256 symbol = 0; symbol < symbolCount; ++symbol) {
            uint256 length = lengthOf(lengths, symbol);
            if (length > 0) self.symbols[places[length]++] = symbol;
        }
    }

    /// @notice The length of the code of a symbol below 320.
    function lengthOf(uint256[5] memory lengths, uint256 symbol) internal pure returns (uint256) {
        return (lengths[symbol >> 6] >> (4 * (symbol & 63))) & 15;
    }

    /// @notice Whether these codes are those of a code.
    function space(HuffmanCode memory self) internal pure returns (CodeSpace) {
        uint256 left = 1;
        for (uint256 length = 1; length <= MAXIMUM_CODE_LENGTH; ++length) {
            left *= 2;
            if (self.counts[length] > left) return CodeSpace.Invalid;
            left -= self.counts[length];
        }
        if (left == 0) return CodeSpace.Complete;
        if (self.symbols.length == 0) return CodeSpace.Empty;
        bool isSingle = self.symbols.length == 1 && self.counts[1] == 1;
        return isSingle ? CodeSpace.Single : CodeSpace.Invalid;
    }

    /// @notice The symbol whose code the next bits begin with.
    /// @return symbol 0 if there is none.
    /// @return length Bits of its code; 0 if there is none, or the bits end within it.
    function find(
        HuffmanCode memory self,
        BitReader memory reader
    ) internal pure returns (uint256 symbol, uint256 length) {
        uint256 bits = reader.peek();
        uint256 left = reader.end - reader.position;
        uint256[16] memory counts = self.counts;
        // Of the next bits as a number, how far it is beyond the first code of this length. That grows by less than a bit each time.
        uint256 rank = 0;
        uint256 place = 0;
        unchecked {
            for (length = 1; length <= MAXIMUM_CODE_LENGTH && length <= left; ++length) {
                rank = (rank << 1) | (bits & 1);
                bits >>= 1;
                uint256 count = counts[length];
                if (rank < count) return (self.symbols[place + rank], length);
                rank -= count;
                place += count;
            }
        }
        return (0, 0);
    }

    /// @notice Takes the next symbol. If there is none, the reader is malformed.
    function take(HuffmanCode memory self, BitReader memory reader) internal pure returns (uint256) {
        (uint256 symbol, uint256 length) = find(self, reader);
        if (length == 0) reader.isMalformed = true;
        reader.skip(length);
        return symbol;
    }
}
