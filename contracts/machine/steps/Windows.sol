// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {RlpCursor} from "../libraries/RlpCursors.sol";
import {Slice} from "../types/Slice.sol";
import {TransactionContext} from "../types/TransactionContext.sol";
import {Witness} from "../types/Witness.sol";
import {SliceReader} from "./SliceReader.sol";
import {Step} from "./Steps.sol";

/// @title Windows
/// @notice The bytes of a raw transaction that a step decodes (docs/machine.md §7, "Windows"). Each takes one Region, or none
/// if there are no such bytes.
library Windows {
    /// @dev Bytes opened for what comes before `data`, and for any one item behind it.
    uint256 private constant HEADER = 320;
    uint256 private constant ITEM = 192;

    /// @notice Opens the begin of the transaction.
    function openHeader(
        Step memory step,
        Witness calldata w,
        TransactionContext memory transaction
    ) internal pure returns (RlpCursor memory) {
        return _open(step, w, transaction.raw, 0, HEADER);
    }

    /// @notice Opens the item at the transaction's cursor.
    function openItem(
        Step memory step,
        Witness calldata w,
        TransactionContext memory transaction
    ) internal pure returns (RlpCursor memory) {
        return _open(step, w, transaction.raw, transaction.cursor, ITEM);
    }

    /// @dev Up to `length` bytes from `position` on.
    function _open(
        Step memory step,
        Witness calldata w,
        Slice memory raw,
        uint256 position,
        uint256 length
    ) private pure returns (RlpCursor memory cursor) {
        length = Math.min(length, raw.length - position);
        cursor.window = SliceReader.read(step, w, raw, position, length);
        cursor.start = position;
        cursor.position = position;
        cursor.end = raw.length;
    }
}
