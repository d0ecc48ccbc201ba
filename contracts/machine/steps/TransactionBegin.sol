// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slices} from "../libraries/Slices.sol";
import {Phase} from "../types/Phase.sol";
import {Slice} from "../types/Slice.sol";
import {TransactionContext} from "../types/TransactionContext.sol";
import {Step} from "./Steps.sol";

/// @title Transaction begin
/// @notice How raw bytes come to be decoded (docs/machine.md §7 `start`, §16 `ReadTransaction`).
library TransactionBegin {
    uint256 private constant MINIMUM_SIZE = 65;
    uint256 private constant MAXIMUM_SIZE = 131_072;

    /// @notice Whether a listed transaction can have so many bytes (specification §3 rule 2).
    function isSize(uint256 length) internal pure returns (bool) {
        return length >= MINIMUM_SIZE && length <= MAXIMUM_SIZE;
    }

    /// @notice Goes on with `raw` as the transaction being executed, of which nothing is known yet.
    function begin(Step memory step, Slice memory raw) internal pure {
        TransactionContext memory transaction;
        transaction.raw = raw;
        transaction.data = Slices.empty();
        step.machine.transaction = transaction.hash();
        step.machine.phase = Phase.CountTransaction;
    }
}
