// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rlp} from "./Rlp.sol";

/// @notice Where in RLP-encoded bytes a step reads, of which it has opened a window (docs/machine.md §7, "Windows").
/// @param window The opened bytes.
/// @param start Position of the first of them.
/// @param position Where the next item begins.
/// @param end Where the innermost list ends; no item reaches beyond it.
/// @param isMalformed Whether something was not as it must be. What is read from then on is 0.
struct RlpCursor {
    bytes window;
    uint256 start;
    uint256 position;
    uint256 end;
    bool isMalformed;
}

using RlpCursors for RlpCursor global;

/// @title RLP cursors
/// @notice Reads canonical RLP from front to back. Total: bytes that are anything else mark the cursor as malformed, as an
/// invalid transaction has to be skipped and not to make a step unprovable.
library RlpCursors {
    /// @notice Reads a number: no leading zeros.
    /// @param maximum Most bytes it may have; at most 32.
    function readNumber(RlpCursor memory self, uint256 maximum) internal pure returns (uint256 value) {
        uint256 length;
        (value, length) = readString(self, maximum);
        if (length > 0 && value >> (8 * (length - 1)) == 0) self.isMalformed = true;
    }

    /// @notice Reads a string of exactly `length` bytes.
    /// @param length At most 32.
    /// @return value Big-endian.
    function readFixed(RlpCursor memory self, uint256 length) internal pure returns (uint256 value) {
        uint256 actual;
        (value, actual) = readString(self, length);
        if (actual != length) self.isMalformed = true;
    }

    /// @notice Reads a string.
    /// @param maximum Most bytes it may have; at most 32.
    /// @return value Big-endian.
    /// @return length Bytes.
    function readString(RlpCursor memory self, uint256 maximum) internal pure returns (uint256 value, uint256 length) {
        length = readStringHeader(self);
        bytes memory window = self.window;
        uint256 offset = self.position - self.start;
        if (length > maximum || offset + length > window.length) {
            self.isMalformed = true;
            return (0, 0);
        }
        // In assembly to read a word at any offset. What lies behind the string is shifted out, all of it if `length` is 0.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, length)), mload(add(add(window, 0x20), offset)))
        }
        self.position += length;
    }

    /// @notice Reads the header of a string, behind which the position is then.
    /// @return length Bytes of the string, which ends at or before `end`.
    function readStringHeader(RlpCursor memory self) internal pure returns (uint256 length) {
        return _readHeader(self, false);
    }

    /// @notice Reads the header of a list, behind which the position is then.
    /// @return end Position at which the list ends, at most `end` of the cursor.
    function readListHeader(RlpCursor memory self) internal pure returns (uint256 end) {
        uint256 length = _readHeader(self, true);
        return self.position + length;
    }

    function _readHeader(RlpCursor memory self, bool expectsList) private pure returns (uint256) {
        if (self.isMalformed) return 0;
        uint256 start = self.start;
        (bool isValid, bool isList, uint256 content, uint256 length) = Rlp.item(
            self.window,
            self.position - start,
            self.end - start
        );
        if (!isValid || isList != expectsList) {
            self.isMalformed = true;
            return 0;
        }
        self.position = start + content;
        return length;
    }
}
