// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IBridgeRecipient} from "./interfaces/IBridgeRecipient.sol";
import {IMessenger} from "./interfaces/IMessenger.sol";
import {ITokenBridge} from "./interfaces/ITokenBridge.sol";
import {Delivery} from "./types/Delivery.sol";

/// @title TokenBridge
/// @notice What the token bridges share. See {ITokenBridge}.
abstract contract TokenBridge is ITokenBridge, ReentrancyGuardTransient {
    /// @dev Writes a slot of what a token says of an id, and tells of it.
    uint256 private constant GAS_PER_TEXT_SLOT = 24_000;
    /// @dev Hands on a byte of a delivery's data: it is copied, and stands in an event (8).
    uint256 private constant GAS_PER_BYTE = 12;

    /// @inheritdoc ITokenBridge
    mapping(address remoteToken => address token) public representationOf;
    /// @inheritdoc ITokenBridge
    mapping(address token => address remoteToken) public remoteTokenOf;
    /// @inheritdoc ITokenBridge
    mapping(address token => bool announced) public isAnnounced;

    modifier onlyOtherBridge() {
        require(
            msg.sender == address(_messenger()) && _messenger().crossDomainSender() == _otherBridge(),
            NotOtherBridge(msg.sender)
        );
        _;
    }

    /// @inheritdoc ITokenBridge
    function messenger() external view returns (IMessenger) {
        return _messenger();
    }

    /// @inheritdoc ITokenBridge
    function otherBridge() external view returns (address) {
        return _otherBridge();
    }

    function _messenger() internal view virtual returns (IMessenger);

    function _otherBridge() internal view virtual returns (address);

    /// @dev Gives the other bridge a call, with `gas` for what it does and what the delivery asks for besides.
    function _sendCall(Delivery calldata delivery, uint256 gas, bytes memory call) internal returns (uint256 nonce) {
        // No token is handed over to it: the message would fail for ever.
        require(delivery.recipient != address(0), ZeroRecipient());
        // The bridge keeps a 64th of what it is given, too. A sum that is too high is refused by the messenger.
        uint256 callGas = Math.saturatingAdd(delivery.minimumGas, delivery.minimumGas / 63);
        return
            _messenger().sendMessage{value: msg.value}(
                _otherBridge(),
                delivery.value,
                Math.saturatingAdd(gas + GAS_PER_BYTE * delivery.data.length, callGas),
                call,
                delivery.refundTo
            );
    }

    /// @dev Gives the other bridge a call that makes a representation.
    function _sendAnnouncement(uint256 gas, bytes memory call, address refundTo) internal returns (uint256 nonce) {
        return _messenger().sendMessage{value: msg.value}(_otherBridge(), 0, gas, call, refundTo);
    }

    /// @dev Notes that a native token's description is sent. Returns whether that is the first time.
    function _noteAnnounced(address token) internal returns (bool isFirst) {
        isFirst = !isAnnounced[token];
        if (!isFirst) return false;
        require(token.code.length != 0, NotToken(token));
        isAnnounced[token] = true;
    }

    function _noteRepresentation(address remoteToken, address token) internal {
        representationOf[remoteToken] = token;
        remoteTokenOf[token] = remoteToken;
        emit RepresentationCreated(remoteToken, token);
    }

    function _representationOf(address remoteToken) internal view returns (address token) {
        token = representationOf[remoteToken];
        require(token != address(0), UnknownToken(remoteToken));
    }

    /// @dev The last step of a transfer: gives the recipient the ETH, with a call if there is data for it. The recipient may do
    /// whatever it likes, sending on what it got included.
    function _deliver(
        address token,
        address sender,
        address recipient,
        uint256[] memory ids,
        uint256[] memory amounts,
        bytes calldata data
    ) internal {
        emit TransferReceived(token, sender, recipient, ids, amounts, msg.value, data);
        if (data.length != 0) {
            bytes4 answer = IBridgeRecipient(recipient).onTokensBridged{value: msg.value}(
                sender,
                token,
                ids,
                amounts,
                data
            );
            require(answer == IBridgeRecipient.onTokensBridged.selector, RefusedByRecipient(recipient));
        } else if (msg.value != 0) {
            Address.sendValue(payable(recipient), msg.value);
        }
    }

    /// @dev Gas of writing what a token says of an id. Up to 31 bytes are in one slot, more have one for their length.
    function _gasOfText(uint256 length) internal pure returns (uint256) {
        return GAS_PER_TEXT_SLOT * (length < 32 ? 1 : 1 + (length + 31) / 32);
    }

    function _single(uint256 value) internal pure returns (uint256[] memory values) {
        values = new uint256[](1);
        values[0] = value;
    }
}
