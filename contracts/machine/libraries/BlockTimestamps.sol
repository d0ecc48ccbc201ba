// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Block timestamps
/// @notice What time a block can have (specification §3). All times are in seconds.
library BlockTimestamps {
    /// @dev How far it may lie before L1's, and after it.
    uint256 private constant MAXIMUM_LAG = 86_400;
    uint256 private constant MAXIMUM_LEAD = 900;

    /// @notice The timestamp of a block for which a payload says `timestamp` (rule 3).
    /// @param parent Its parent's.
    /// @param batch That of its batch, of L1 and so far below 2^256.
    function clamp(uint256 timestamp, uint256 parent, uint256 batch) internal pure returns (uint256) {
        uint256 earliest = Math.saturatingSub(batch, MAXIMUM_LAG);
        uint256 latest = batch + MAXIMUM_LEAD;
        return Math.max(parent, Math.min(Math.max(timestamp, earliest), latest));
    }
}
