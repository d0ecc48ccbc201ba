// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMessenger} from "./IMessenger.sol";

/// @title ITokenBridge
/// @notice What the token bridges share (specification §8). There is one of each standard on each layer, of the same code. A token
/// is native to the layer it was deployed on: there the bridge holds what is on the other, where a representation stands for
/// it, which the bridge makes, mints and burns. Nobody is asked, and any token may cross, in either direction.
interface ITokenBridge {
    /// @notice Tokens were taken in, and a message was sent.
    /// @param nonce Of the message (IMessenger).
    /// @param token On this layer.
    /// @param sender Whose they were.
    /// @param recipient Account on the other layer.
    /// @param ids Of ERC-721 and ERC-1155; none for ERC-20.
    /// @param amounts In units of the token; 1 for ERC-721.
    /// @param value Wei sent along.
    /// @param data Not empty if the recipient is called.
    event TransferSent(
        uint256 indexed nonce,
        address indexed token,
        address indexed sender,
        address recipient,
        uint256[] ids,
        uint256[] amounts,
        uint256 value,
        bytes data
    );

    /// @notice Tokens were handed over.
    /// @param token On this layer.
    /// @param sender Account on the other layer.
    /// @param recipient Who got them.
    /// @param ids Of ERC-721 and ERC-1155; none for ERC-20.
    /// @param amounts In units of the token; 1 for ERC-721.
    /// @param value Wei handed over too.
    /// @param data Not empty if the recipient was called.
    event TransferReceived(
        address indexed token,
        address indexed sender,
        address indexed recipient,
        uint256[] ids,
        uint256[] amounts,
        uint256 value,
        bytes data
    );

    /// @notice A token was made that stands for one of the other layer.
    /// @param remoteToken On the other layer.
    /// @param token On this one.
    event RepresentationCreated(address indexed remoteToken, address indexed token);

    /// @notice Only the other layer's bridge, by the messenger.
    error NotOtherBridge(address caller);

    /// @notice There is no contract at the token's address.
    error NotToken(address token);

    /// @notice No representation of the token was made here: its description has not arrived. Anyone can send it (`announce`).
    error UnknownToken(address remoteToken);

    /// @notice The token stands for one of the other layer, which knows it.
    error IsRepresentation(address token);

    /// @notice The bridge did not get what was sent: it takes no token that takes a fee.
    error UnexpectedAmount(uint256 expected, uint256 actual);

    /// @notice The bridge has `balance` of what it owes, `owed`: the token takes balances away. It takes no more of it in.
    error EscrowShort(address token, uint256 balance, uint256 owed);

    /// @notice More is asked for than the bridge holds of the token.
    error NotInEscrow(address token, uint256 id, uint256 amount);

    /// @notice Nobody is at the zero address.
    error ZeroRecipient();

    /// @notice The recipient did not answer as one that takes tokens (IBridgeRecipient).
    error RefusedByRecipient(address recipient);

    /// @notice Sends the description of a native token, so that the other layer has a representation. The first transfer does it too;
    /// this helps when that one's message has failed. Anyone may call. From L1 the ETH of the call is the fee.
    /// @param token On this layer.
    /// @param refundTo As of a message (IMessenger).
    /// @return nonce Of the message.
    function announce(address token, address refundTo) external payable returns (uint256 nonce);

    /// @notice What takes its messages.
    function messenger() external view returns (IMessenger);

    /// @notice Its counterpart on the other layer.
    function otherBridge() external view returns (address);

    /// @notice The token on this layer that stands for one of the other; zero if there is none.
    function representationOf(address remoteToken) external view returns (address);

    /// @notice The token of the other layer that one of this layer stands for; zero if it stands for none.
    function remoteTokenOf(address token) external view returns (address);

    /// @notice Whether the token's description has been sent.
    function isAnnounced(address token) external view returns (bool);
}
