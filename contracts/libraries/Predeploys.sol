// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Predeploys
/// @notice Where the contracts of L2's genesis are (specification §1).
library Predeploys {
    address internal constant L1_CONTEXT = 0x4F6e650000000000000000000000000000000001;
    address internal constant OUTBOX = 0x4F6E650000000000000000000000000000000002;
    /// @notice Also the coinbase of every block.
    address internal constant FEE_VAULT = 0x4f6e650000000000000000000000000000000003;
}
