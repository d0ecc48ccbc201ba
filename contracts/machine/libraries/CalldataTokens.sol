// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Calldata tokens
/// @notice The measure of data that EIP-7623 and data gas (specification §4) charge for.
library CalldataTokens {
    /// @dev 0x7f and 0x01 in every byte.
    uint256 private constant LOW_BITS = 0x7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f;
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;

    /// @notice Zero bytes + 4 × other bytes of `data`.
    function count(bytes memory data) internal pure returns (uint256) {
        uint256 length = data.length;
        uint256 zeros = 0;
        // Neither the number of bytes nor a sum inside a byte overflows.
        unchecked {
            for (uint256 offset = 0; offset < length; offset += 32) {
                uint256 word;
                // In assembly to take 32 bytes at once: 64 KiB byte by byte would cost millions of gas.
                // solhint-disable-next-line no-inline-assembly
                assembly ("memory-safe") {
                    word := mload(add(add(data, 0x20), offset))
                }
                // Bytes behind the end count as not zero here, and not at all below.
                if (length - offset < 32) word |= type(uint256).max >> (8 * (length - offset));
                // Adding 0x7f carries into the high bit of a byte unless its low seven bits are 0, and never further. So after
                // the negation the high bit of a byte is set exactly if the byte is 0.
                uint256 isZero = ~(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS);
                // The highest byte of the product is the sum of all bytes, at most 32.
                zeros += ((isZero >> 7) * ONES) >> 248;
            }
            return 4 * length - 3 * zeros;
        }
    }
}
