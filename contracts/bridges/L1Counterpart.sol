// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title L1Counterpart
/// @notice What a predeploy knows of L1: the first thing in its storage, so that genesis can write it.
abstract contract L1Counterpart {
    /// @dev Slot 0, written by the genesis state; nothing changes it.
    address internal _l1Counterpart;
}
