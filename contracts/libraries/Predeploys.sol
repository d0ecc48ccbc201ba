// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Predeploys
/// @notice Where the contracts of L2's genesis are, and the slots in which the protocol finds their values (specification §1, §4, §5).
library Predeploys {
    address internal constant L1_CONTEXT = 0x4F6e650000000000000000000000000000000001;
    address internal constant OUTBOX = 0x4F6E650000000000000000000000000000000002;
    /// @notice Also the coinbase of every block.
    address internal constant FEE_VAULT = 0x4f6e650000000000000000000000000000000003;
    address internal constant MESSENGER = 0x4F6e650000000000000000000000000000000004;
    address internal constant ERC20_BRIDGE = 0x4F6E650000000000000000000000000000000005;
    address internal constant ERC721_BRIDGE = 0x4F6E650000000000000000000000000000000006;
    address internal constant ERC1155_BRIDGE = 0x4f6E650000000000000000000000000000000007;
    address internal constant WRAPPED_ETHER = 0x4f6E650000000000000000000000000000000008;

    uint256 internal constant L1_CONTEXT_NUMBER_SLOT = 0;
    uint256 internal constant L1_CONTEXT_TIMESTAMP_SLOT = 1;
    uint256 internal constant L1_CONTEXT_BASE_FEE_SLOT = 2;
    uint256 internal constant L1_CONTEXT_BLOB_BASE_FEE_SLOT = 3;
    uint256 internal constant L1_CONTEXT_PARENT_HASH_SLOT = 4;

    uint256 internal constant OUTBOX_ROOT_SLOT = 1;
}
