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
/// @param counts How many symbols have a code of each length: 16 bits for length `l`, from bit `16 l` on; 0 for length 0.
/// @param symbols In the order of their codes: by length, then by value.
struct HuffmanCode {
    uint256 counts;
    uint256[] symbols;
}

using HuffmanCodes for HuffmanCode global;

/// @title Huffman codes
/// @notice Makes codes of code lengths, 4 bits a symbol as a Stream has them, and finds symbols by counting.
library HuffmanCodes {
    uint256 private constant MAXIMUM_LENGTH = 15;

    /// @notice The code in which symbols have codes of these lengths; length 0 is no code.
    function ofLengths(uint256[5] memory lengths) internal pure returns (HuffmanCode memory self) {
        // There are at most 320 symbols, which no field of 16 bits overflows with. Checks would cost as much as all else.
        unchecked {
            // 1. How many symbols there are of each length.
            uint256 counts = 0;
            for (uint256 word = 0; word < 5; ++word) {
                for (uint256 rest = lengths[word]; rest > 0; rest >>= 4) counts += 1 << ((rest & 15) << 4);
            }
            counts &= ~uint256(type(uint16).max);
            self.counts = counts;

            // 2. Where those of each length begin, as `counts`.
            uint256 places = 0;
            uint256 place = 0;
            for (uint256 length = 1; length <= MAXIMUM_LENGTH; ++length) {
                places |= place << (length << 4);
                place += _at(counts, length);
            }

            // 3. Symbols by length, then by value.
            uint256[] memory symbols = new uint256[](place);
            for (uint256 word = 0; word < 5; ++word) {
                uint256 symbol = word << 6;
                for (uint256 rest = lengths[word]; rest > 0; rest >>= 4) {
                    uint256 length = rest & 15;
                    if (length > 0) {
                        symbols[_at(places, length)] = symbol;
                        places += 1 << (length << 4);
                    }
                    ++symbol;
                }
            }
            self.symbols = symbols;
        }
    }

    /// @notice The length of the code of a symbol below 320.
    function lengthOf(uint256[5] memory lengths, uint256 symbol) internal pure returns (uint256) {
        return (lengths[symbol >> 6] >> (4 * (symbol & 63))) & 15;
    }

    /// @notice Whether these codes are those of a code.
    function space(HuffmanCode memory self) internal pure returns (CodeSpace) {
        uint256 left = 1;
        for (uint256 length = 1; length <= MAXIMUM_LENGTH; ++length) {
            uint256 count = _at(self.counts, length);
            left *= 2;
            if (count > left) return CodeSpace.Invalid;
            left -= count;
        }
        if (left == 0) return CodeSpace.Complete;
        if (self.symbols.length == 0) return CodeSpace.Empty;
        bool isSingle = self.symbols.length == 1 && _at(self.counts, 1) == 1;
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
        uint256 counts = self.counts;
        // Of the bits so far as a number, how far it is beyond the first code of as many bits. `place` is that of the first one.
        uint256 rank = 0;
        uint256 place = 0;
        // Both stay below 2^16: the rank doubles at most 15 times.
        unchecked {
            for (length = 1; length <= MAXIMUM_LENGTH && length <= left; ++length) {
                rank = (rank << 1) | (bits & 1);
                bits >>= 1;
                uint256 count = _at(counts, length);
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

    /// @dev The field of `packed` for this length.
    function _at(uint256 packed, uint256 length) private pure returns (uint256) {
        return (packed >> (length << 4)) & type(uint16).max;
    }
}
