// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A range of bytes of a buffer (docs/machine.md §2). Bytes at or beyond `length` read as 0.
/// @param root Root of the buffer.
/// @param offset First byte.
/// @param length Bytes; the slice of no bytes has the root of the empty buffer and offset 0.
struct Slice {
    bytes32 root;
    uint256 offset;
    uint256 length;
}
