// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slice} from "../types/Slice.sol";
import {BufferTree} from "./BufferTree.sol";

/// @title Slices
/// @notice Makes slices (docs/machine.md §2): ranges of bytes of a buffer.
library Slices {
    /// @notice A slice has to end inside the 4 MiB of a buffer.
    error SliceOutsideBuffer(uint256 offset, uint256 length);

    /// @notice The slice of no bytes.
    function empty() internal pure returns (Slice memory) {
        return Slice({root: BufferTree.EMPTY_ROOT, offset: 0, length: 0});
    }

    /// @notice `length` bytes from byte `offset` on of the buffer `root`; the empty slice if `length` is 0.
    /// Reverts with SliceOutsideBuffer.
    function range(bytes32 root, uint256 offset, uint256 length) internal pure returns (Slice memory) {
        if (length == 0) return empty();
        require(
            length <= BufferTree.CAPACITY << 5 && offset <= (BufferTree.CAPACITY << 5) - length,
            SliceOutsideBuffer(offset, length)
        );
        return Slice({root: root, offset: offset, length: length});
    }
}
