// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Delivery} from "../types/Delivery.sol";
import {ITokenBridge} from "./ITokenBridge.sol";

/// @title IERC1155Bridge
/// @notice Takes ERC-1155 tokens to the other layer and back (specification §8).
interface IERC1155Bridge is ITokenBridge {
    /// @notice There are as many amounts as ids, and at least one.
    error WrongLengths(uint256 ids, uint256 amounts);

    /// @notice Ids rise: none stands twice.
    error IdsNotRising(uint256 id, uint256 next);

    /// @notice The bridge takes only what it fetches itself.
    error NotFetched(address token);

    /// @notice Sends tokens. Native ones need an approval, a representation none. From L1 the ETH of the call is the value of the
    /// delivery and the fee of the message.
    /// Reverts with NotToken, WrongLengths, IdsNotRising, UnexpectedAmount or EscrowShort, and as the messenger does.
    /// @param token On this layer.
    /// @param ids Rising.
    /// @param amounts Of each.
    /// @param delivery Who gets them on the other layer, and how.
    /// @return nonce Of the message.
    function send(
        address token,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        Delivery calldata delivery
    ) external payable returns (uint256 nonce);

    /// @notice Makes the representation of a token of the other layer, unless there is one. Only the other bridge may call.
    function create(address remoteToken) external payable;

    /// @notice Mints the representation of tokens that came in on the other layer, whose contract it makes unless it is there. Only the
    /// other bridge may call.
    /// @param uris What `uri` said of each there.
    function mint(
        address remoteToken,
        address sender,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        string[] calldata uris,
        address recipient,
        bytes calldata data
    ) external payable;

    /// @notice Gives out native tokens whose representation was burned on the other layer. Only the other bridge may call.
    function release(
        address token,
        address sender,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        address recipient,
        bytes calldata data
    ) external payable;

    /// @notice What the bridge owes of an id of a native token.
    function escrowed(address token, uint256 id) external view returns (uint256);
}
