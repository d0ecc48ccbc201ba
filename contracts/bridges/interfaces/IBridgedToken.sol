// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IBridgedToken
/// @notice A token that stands for one of the other layer. Its bridge made it, and alone mints and burns.
interface IBridgedToken {
    /// @notice Only the bridge may.
    error NotBridge(address caller);

    /// @notice Who made it.
    function BRIDGE() external view returns (address);

    /// @notice The token it stands for, on the other layer.
    function REMOTE_TOKEN() external view returns (address);
}
