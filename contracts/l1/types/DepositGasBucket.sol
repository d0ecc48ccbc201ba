// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The bucket that pays for the L2 gas of messages (specification §2), packed in one slot: the gas left in it when it
/// was last drawn from (low 128 bits), and when that was, in seconds of L1 time (high 128 bits).
type DepositGasBucket is uint256;

using {availableAt} for DepositGasBucket global;

uint256 constant LEVEL_MASK = type(uint128).max;
uint256 constant DRAWN_AT_OFFSET = 128;

/// @notice A bucket that holds `level` gas at `timestamp`. Both must be below 2^128: a level is at most the capacity.
function depositGasBucket(uint256 level, uint256 timestamp) pure returns (DepositGasBucket) {
    return DepositGasBucket.wrap(level | (timestamp << DRAWN_AT_OFFSET));
}

/// @notice Gas in the bucket at `timestamp`, which is not before it was last drawn from.
/// @param capacity Gas it holds at most.
/// @param perSecond Gas each second adds, below 2^128.
function availableAt(
    DepositGasBucket self,
    uint256 timestamp,
    uint256 capacity,
    uint256 perSecond
) pure returns (uint256) {
    uint256 packed = DepositGasBucket.unwrap(self);
    uint256 refilled = (packed & LEVEL_MASK) + perSecond * (timestamp - (packed >> DRAWN_AT_OFFSET));
    return refilled < capacity ? refilled : capacity;
}
