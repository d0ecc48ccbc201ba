// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title RLP
/// @notice Ethereum's serialization (Yellow Paper, appendix B), in its canonical form only. Decoding never reverts, as what
/// is malformed is for the caller to judge; it says `isValid = false`.
library Rlp {
    /// @dev A payload of at least 56 bytes has a length of its own in the header.
    uint256 private constant LONG = 56;

    /// @notice The item whose header stands at byte `position` of `data`: where its payload starts, and its bytes.
    /// Not valid unless the header lies in `data`, is the shortest for its payload, and the item ends at or before `end`.
    /// @param end May lie behind the end of `data`: then only the header has to be at hand, and the byte of a one-byte
    /// string with a header.
    function item(
        bytes memory data,
        uint256 position,
        uint256 end
    ) internal pure returns (bool isValid, bool isList, uint256 start, uint256 length) {
        uint256 known = data.length < end ? data.length : end;
        if (position >= known) return (false, false, 0, 0);
        uint256 first = uint8(data[position]);
        if (first < 0x80) return (true, false, position, 1);

        isList = first >= 0xc0;
        start = position + 1;
        length = first - (isList ? 0xc0 : 0x80);
        if (length >= LONG) {
            uint256 size = length - (LONG - 1);
            if (size > known - start || data[start] == 0) return (false, false, 0, 0);
            length = 0;
            for (uint256 i = 0; i < size; ++i) length = (length << 8) | uint8(data[start + i]);
            start += size;
            if (length < LONG) return (false, false, 0, 0);
        } else if (length == 1 && !isList) {
            // A byte below 0x80 is its own encoding.
            if (start >= known || uint8(data[start]) < 0x80) return (false, false, 0, 0);
        }
        if (length > end - start) return (false, false, 0, 0);
        return (true, isList, start, length);
    }

    /// @notice The number at byte `position` of `data`, and where the next item stands. Not valid unless it is an item as
    /// of `item`, a string of at most `maximumBytes` without leading zeros, and lies in `data`.
    /// @param maximumBytes At most 32.
    function number(
        bytes memory data,
        uint256 position,
        uint256 end,
        uint256 maximumBytes
    ) internal pure returns (bool isValid, uint256 value, uint256 next) {
        bool isList;
        uint256 start;
        uint256 length;
        (isValid, isList, start, length) = item(data, position, end);
        if (!isValid || isList || length > maximumBytes || start + length > data.length) return (false, 0, 0);
        if (length > 0) {
            if (data[start] == 0) return (false, 0, 0);
            value = uint256(_word(data, start)) >> (256 - 8 * length);
        }
        next = start + length;
    }

    /// @notice A string of bytes.
    function encodeBytes(bytes memory data) internal pure returns (bytes memory) {
        if (data.length == 1 && uint8(data[0]) < 0x80) return data;
        return bytes.concat(_header(0x80, data.length), data);
    }

    /// @notice A number: the string of its bytes, without leading zeros.
    function encodeNumber(uint256 value) internal pure returns (bytes memory) {
        if (value == 0) return hex"80";
        if (value < 0x80) return abi.encodePacked(uint8(value));
        uint256 size = _byteLength(value);
        return _cut(abi.encodePacked(uint8(0x80 + size), value << (256 - 8 * size)), size + 1);
    }

    /// @notice A 20-byte string.
    function encodeAddress(address value) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(0x80 + 20), value);
    }

    /// @notice A list of the items whose encodings make up `payload`.
    function encodeList(bytes memory payload) internal pure returns (bytes memory) {
        return bytes.concat(listHeader(payload.length), payload);
    }

    /// @notice What stands before the items of a list.
    /// @param length Bytes of all its items.
    function listHeader(uint256 length) internal pure returns (bytes memory) {
        return _header(0xc0, length);
    }

    function _header(uint256 base, uint256 length) private pure returns (bytes memory) {
        if (length < LONG) return abi.encodePacked(uint8(base + length));
        uint256 size = _byteLength(length);
        return _cut(abi.encodePacked(uint8(base + LONG - 1 + size), length << (256 - 8 * size)), size + 1);
    }

    function _byteLength(uint256 value) private pure returns (uint256 size) {
        while (value > 0) {
            value >>= 8;
            ++size;
        }
    }

    /// @dev Shortens `data` to `length` bytes, in place.
    function _cut(bytes memory data, uint256 length) private pure returns (bytes memory) {
        // In assembly as Solidity cannot shorten an array.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(data, length)
        }
        return data;
    }

    function _word(bytes memory data, uint256 position) private pure returns (bytes32 word) {
        // In assembly as Solidity reads an array byte by byte only. What is beyond its end is shifted out by the caller.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            word := mload(add(add(data, 0x20), position))
        }
    }
}
