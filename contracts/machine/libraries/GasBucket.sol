// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ParentHeader} from "../types/ParentHeader.sol";

/// @title Gas bucket
/// @notice What pays for blocks and listed transactions (specification §3, §4). All amounts are gas.
/// @dev Nothing here overflows: level, capacity and speed are 8 bytes of a header, timestamps below 2^65 (a header's 8 bytes,
/// or L1's time and 900 seconds), lengths at most 131,072.
library GasBucket {
    /// @notice What a block takes out beside what is in it.
    uint256 internal constant BLOCK_CHARGE = 50_000;

    uint256 private constant TRANSACTION_CHARGE = 5_000;
    uint256 private constant BYTE_CHARGE = 16;

    /// @notice What is in the bucket when a child of `parent` begins.
    /// @param timestamp The child's, in seconds; not below the parent's.
    function available(ParentHeader memory parent, uint256 timestamp) internal pure returns (uint256) {
        uint256 added = parent.gasPerSecond * (timestamp - parent.timestamp);
        return Math.min(parent.gasCapacity, parent.gasLevel + added);
    }

    /// @notice Whether the bucket pays for a block of a payload. Blocks that messages imply are made whatever it holds.
    function paysForBlock(ParentHeader memory parent, uint256 timestamp) internal pure returns (bool) {
        return available(parent, timestamp) >= BLOCK_CHARGE;
    }

    /// @notice Gas limit of the child of `parent`: what is in the bucket once the block itself is paid for.
    function nextGasLimit(ParentHeader memory parent, uint256 timestamp) internal pure returns (uint256) {
        return Math.saturatingSub(available(parent, timestamp), BLOCK_CHARGE);
    }

    /// @notice What a listed transaction of `length` bytes takes out, valid or not.
    function listingCharge(uint256 length) internal pure returns (uint256) {
        return Math.max(TRANSACTION_CHARGE, BYTE_CHARGE * length);
    }

    /// @notice `gas`, or the listing charge of `length` bytes where that is more.
    function atLeastListingCharge(uint256 gas, uint256 length) internal pure returns (uint256) {
        return Math.max(gas, listingCharge(length));
    }
}
