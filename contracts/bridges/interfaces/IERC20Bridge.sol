// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Delivery} from "../types/Delivery.sol";
import {ITokenBridge} from "./ITokenBridge.sol";

/// @title IERC20Bridge
/// @notice Takes ERC-20 tokens to the other layer and back (specification §8).
/// @dev A token that takes a fee is refused. One whose balances change by themselves is held at the amounts that were sent: what it
/// gains rests here, and once it has lost, nothing more is taken in, and what is left goes to who comes first.
interface IERC20Bridge is ITokenBridge {
    /// @notice Sends tokens. A native token needs an allowance, a representation none. From L1 the ETH of the call is the value of
    /// the delivery and the fee of the message.
    /// Reverts with NotToken, UnexpectedAmount or EscrowShort, and as the messenger does.
    /// @param token On this layer.
    /// @param amount In its smallest unit.
    /// @param delivery Who gets them on the other layer, and how.
    /// @return nonce Of the message.
    function send(address token, uint256 amount, Delivery calldata delivery) external payable returns (uint256 nonce);

    /// @notice Makes the representation of a token of the other layer, unless there is one. Only the other bridge may call.
    /// @param description `abi.encode(name, symbol, decimals)`.
    function create(address remoteToken, bytes calldata description) external payable;

    /// @notice Mints the representation of tokens that came in on the other layer. Only the other bridge may call.
    /// @param description Empty, or as of `create`, which then comes first.
    function mint(
        address remoteToken,
        bytes calldata description,
        address sender,
        uint256 amount,
        address recipient,
        bytes calldata data
    ) external payable;

    /// @notice Gives out native tokens whose representation was burned on the other layer. Only the other bridge may call.
    function release(
        address token,
        address sender,
        uint256 amount,
        address recipient,
        bytes calldata data
    ) external payable;

    /// @notice What the bridge owes of a native token: what is on the other layer, or on its way.
    function escrowed(address token) external view returns (uint256);
}
