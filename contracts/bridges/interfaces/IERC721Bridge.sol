// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Delivery} from "../types/Delivery.sol";
import {ITokenBridge} from "./ITokenBridge.sol";

/// @title IERC721Bridge
/// @notice Takes ERC-721 tokens to the other layer and back (specification §8).
interface IERC721Bridge is ITokenBridge {
    /// @notice Only its owner sends a token.
    error NotOwner(address caller, uint256 id);

    /// @notice Sends a token. A native one needs an approval, a representation none. From L1 the ETH of the call is the value of the
    /// delivery and the fee of the message.
    /// Reverts with NotToken, NotOwner or UnexpectedAmount, and as the messenger does.
    /// @param token On this layer.
    /// @param id Of the token.
    /// @param delivery Who gets it on the other layer, and how.
    /// @return nonce Of the message.
    function send(address token, uint256 id, Delivery calldata delivery) external payable returns (uint256 nonce);

    /// @notice Makes the representation of a token of the other layer, unless there is one. Only the other bridge may call.
    /// @param description `abi.encode(name, symbol)`.
    function create(address remoteToken, bytes calldata description) external payable;

    /// @notice Mints the representation of a token that came in on the other layer. Only the other bridge may call.
    /// @param description Empty, or as of `create`, which then comes first.
    /// @param uri What `tokenURI` said there.
    function mint(
        address remoteToken,
        bytes calldata description,
        address sender,
        uint256 id,
        string calldata uri,
        address recipient,
        bytes calldata data
    ) external payable;

    /// @notice Gives out a native token whose representation was burned on the other layer. Only the other bridge may call.
    function release(
        address token,
        address sender,
        uint256 id,
        address recipient,
        bytes calldata data
    ) external payable;

    /// @notice Whether the bridge owes the token.
    function escrowed(address token, uint256 id) external view returns (bool);
}
