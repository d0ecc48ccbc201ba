// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where a step reads the bits of a payload, of which it has opened a window (docs/machine.md §16). The lowest bit of each
/// byte comes first, as DEFLATE packs them (RFC 1951 §3.1.1).
/// @param window The opened bytes, and zeros behind them as `BitReaders.open` puts there.
/// @param start Bits of the payload before the window.
/// @param position Bits of the payload before the next one.
/// @param end Bits of the payload before the end of the window.
/// @param isMalformed Whether something was not as it must be, or not there. What is read from then on is of no meaning.
struct BitReader {
    bytes window;
    uint256 start;
    uint256 position;
    uint256 end;
    bool isMalformed;
}

using BitReaders for BitReader global;

/// @title Bit readers
/// @notice Reads bits from front to back. Total: where bits run out, the reader is marked as malformed, as an error of a payload has
/// to end its content and not to make a step unprovable.
library BitReaders {
    /// @dev `peek` may begin in the last bit of the window, or behind it.
    uint256 private constant PADDING = 3;

    /// @notice A reader of the bytes `data`, which stand in the payload from byte `position ÷ 8` on. Reads from bit `position`
    /// on, which is in the first byte, or nowhere if there is none.
    function open(bytes memory data, uint256 position) internal pure returns (BitReader memory self) {
        self.window = bytes.concat(data, new bytes(PADDING));
        self.start = position & ~uint256(7);
        self.position = position;
        self.end = self.start + 8 * data.length;
    }

    /// @notice The number that the next bits make, the first one lowest; 0 if fewer are left.
    /// @param count At most 16.
    function take(BitReader memory self, uint256 count) internal pure returns (uint256 value) {
        value = peek(self) & ((1 << count) - 1);
        skip(self, count);
        if (self.isMalformed) return 0;
    }

    /// @notice Passes bits by, which must be there.
    function skip(BitReader memory self, uint256 count) internal pure {
        if (count > self.end - self.position) self.isMalformed = true;
        else self.position += count;
    }

    /// @notice Passes by what is left of a byte of which some bits are read.
    function alignToByte(BitReader memory self) internal pure {
        self.position = (self.position + 7) & ~uint256(7);
    }

    /// @notice The next 17 bits or more, the first one lowest; zeros where none are left.
    function peek(BitReader memory self) internal pure returns (uint256) {
        uint256 offset = self.position - self.start;
        bytes memory window = self.window;
        uint256 index = offset >> 3;
        uint256 bits = uint8(window[index]);
        bits |= uint256(uint8(window[index + 1])) << 8;
        bits |= uint256(uint8(window[index + 2])) << 16;
        return bits >> (offset & 7);
    }
}
