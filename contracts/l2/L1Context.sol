// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IL1Context} from "./interfaces/IL1Context.sol";

/// @title L1Context
/// @notice See {IL1Context}. Predeployed at 0x4f6e650000000000000000000000000000000001.
contract L1Context is IL1Context {
    /// @inheritdoc IL1Context
    uint256 public number;
    /// @inheritdoc IL1Context
    uint256 public timestamp;
    /// @inheritdoc IL1Context
    uint256 public baseFee;
    /// @inheritdoc IL1Context
    uint256 public blobBaseFee;
    /// @inheritdoc IL1Context
    bytes32 public parentHash;
}
