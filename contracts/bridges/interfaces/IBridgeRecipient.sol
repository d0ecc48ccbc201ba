// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IBridgeRecipient
/// @notice A contract that does something with tokens and ETH that a bridge hands over (specification §8).
interface IBridgeRecipient {
    /// @notice Tokens have arrived; the ETH of the transfer comes with the call. Check that a bridge you know is the caller. If this
    /// reverts, the whole transfer does, and can be tried again.
    /// @param sender Who sent them, on the other layer. A contract there is not who has its address here.
    /// @param token Token on this layer.
    /// @param ids Of ERC-721 and ERC-1155; none for ERC-20.
    /// @param amounts In units of the token; 1 for ERC-721.
    /// @param data What the sender wants done.
    /// @return `IBridgeRecipient.onTokensBridged.selector`, or the transfer reverts.
    function onTokensBridged(
        address sender,
        address token,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        bytes calldata data
    ) external payable returns (bytes4);
}
