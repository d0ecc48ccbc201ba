// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155MetadataURI} from "@openzeppelin/contracts/token/ERC1155/extensions/IERC1155MetadataURI.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";

import {TokenBridge} from "./TokenBridge.sol";
import {IERC1155Bridge} from "./interfaces/IERC1155Bridge.sol";
import {ITokenBridge} from "./interfaces/ITokenBridge.sol";
import {TokenDescription} from "./libraries/TokenDescription.sol";
import {BridgedERC1155} from "./tokens/BridgedERC1155.sol";
import {Delivery} from "./types/Delivery.sol";

/// @title ERC1155Bridge
/// @notice See {IERC1155Bridge}.
abstract contract ERC1155Bridge is IERC1155Bridge, TokenBridge, ERC1155Holder {
    /// @dev Mints representations and hands them over; each id, and what is said of it, come on top.
    uint256 private constant MINT_GAS = 150_000;
    uint256 private constant MINT_GAS_PER_ID = 40_000;
    /// @dev Gives out tokens that others wrote, and hands them over. Where one needs more, the sender asks for it.
    uint256 private constant RELEASE_GAS = 250_000;
    uint256 private constant RELEASE_GAS_PER_ID = 60_000;
    /// @dev Makes a representation.
    uint256 private constant CREATION_GAS = 2_000_000;

    /// @inheritdoc IERC1155Bridge
    mapping(address token => mapping(uint256 id => uint256 amount)) public escrowed;

    /// @dev The token that is being fetched from a sender.
    address private transient _fetching;

    // ------------------------------------------------------------------------------------------------- outwards

    /// @inheritdoc IERC1155Bridge
    function send(
        address token,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        Delivery calldata delivery
    ) external payable nonReentrant returns (uint256 nonce) {
        _requireRising(ids, amounts);
        address remoteToken = remoteTokenOf[token];
        nonce =
            remoteToken == address(0)
                ? _sendNative(token, ids, amounts, delivery)
                : _sendBack(token, remoteToken, ids, amounts, delivery);
        emit TransferSent(nonce, token, msg.sender, delivery.recipient, ids, amounts, delivery.value, delivery.data);
    }

    /// @inheritdoc ITokenBridge
    function announce(address token, address refundTo) external payable returns (uint256 nonce) {
        require(remoteTokenOf[token] == address(0), IsRepresentation(token));
        _noteAnnounced(token);
        return _sendAnnouncement(CREATION_GAS, abi.encodeCall(IERC1155Bridge.create, (token)), refundTo);
    }

    // ------------------------------------------------------------------------------------------------- inwards

    /// @inheritdoc IERC1155Bridge
    function create(address remoteToken) external payable onlyOtherBridge {
        _obtain(remoteToken);
    }

    /// @inheritdoc IERC1155Bridge
    function mint(
        address remoteToken,
        address sender,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        string[] calldata uris,
        address recipient,
        bytes calldata data
    ) external payable onlyOtherBridge {
        address token = _obtain(remoteToken);
        BridgedERC1155(token).mint(recipient, ids, amounts, uris);
        _deliver(token, sender, recipient, ids, amounts, data);
    }

    /// @inheritdoc IERC1155Bridge
    function release(
        address token,
        address sender,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        address recipient,
        bytes calldata data
    ) external payable onlyOtherBridge {
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 owed = escrowed[token][ids[i]];
            require(owed >= amounts[i], NotInEscrow(token, ids[i], amounts[i]));
            escrowed[token][ids[i]] = owed - amounts[i];
        }
        IERC1155(token).safeBatchTransferFrom(address(this), recipient, ids, amounts, "");
        _deliver(token, sender, recipient, ids, amounts, data);
    }

    /// @inheritdoc ERC1155Holder
    function onERC1155Received(
        address operator,
        address from,
        uint256 id,
        uint256 amount,
        bytes memory data
    ) public override returns (bytes4) {
        require(msg.sender == _fetching, NotFetched(msg.sender));
        return super.onERC1155Received(operator, from, id, amount, data);
    }

    /// @inheritdoc ERC1155Holder
    function onERC1155BatchReceived(
        address operator,
        address from,
        uint256[] memory ids,
        uint256[] memory amounts,
        bytes memory data
    ) public override returns (bytes4) {
        require(msg.sender == _fetching, NotFetched(msg.sender));
        return super.onERC1155BatchReceived(operator, from, ids, amounts, data);
    }

    // ------------------------------------------------------------------------------------------------- internals

    function _requireRising(uint256[] calldata ids, uint256[] calldata amounts) private pure {
        require(ids.length == amounts.length && ids.length != 0, WrongLengths(ids.length, amounts.length));
        for (uint256 i = 1; i < ids.length; ++i) require(ids[i - 1] < ids[i], IdsNotRising(ids[i - 1], ids[i]));
    }

    function _sendBack(
        address token,
        address remoteToken,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        Delivery calldata delivery
    ) private returns (uint256 nonce) {
        BridgedERC1155(token).burn(msg.sender, ids, amounts);
        bytes memory call = abi.encodeCall(
            IERC1155Bridge.release,
            (remoteToken, msg.sender, ids, amounts, delivery.recipient, delivery.data)
        );
        return _sendCall(delivery, RELEASE_GAS + RELEASE_GAS_PER_ID * ids.length, call);
    }

    function _sendNative(
        address token,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        Delivery calldata delivery
    ) private returns (uint256 nonce) {
        uint256 gas = MINT_GAS + MINT_GAS_PER_ID * ids.length;
        if (_noteAnnounced(token)) gas += CREATION_GAS;
        string[] memory uris = new string[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            uris[i] = TokenDescription.text(token, abi.encodeCall(IERC1155MetadataURI.uri, (ids[i])));
            gas += _gasOfText(bytes(uris[i]).length);
        }
        _escrow(token, ids, amounts);
        bytes memory call = abi.encodeCall(
            IERC1155Bridge.mint,
            (token, msg.sender, ids, amounts, uris, delivery.recipient, delivery.data)
        );
        return _sendCall(delivery, gas, call);
    }

    function _escrow(address token, uint256[] calldata ids, uint256[] calldata amounts) private {
        uint256[] memory expected = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 owed = escrowed[token][ids[i]];
            uint256 before = IERC1155(token).balanceOf(address(this), ids[i]);
            require(before >= owed, EscrowShort(token, before, owed));
            expected[i] = before + amounts[i];
            escrowed[token][ids[i]] = owed + amounts[i];
        }
        _fetching = token;
        IERC1155(token).safeBatchTransferFrom(msg.sender, address(this), ids, amounts, "");
        _fetching = address(0);
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 balance = IERC1155(token).balanceOf(address(this), ids[i]);
            require(balance == expected[i], UnexpectedAmount(expected[i], balance));
        }
    }

    function _obtain(address remoteToken) private returns (address token) {
        token = representationOf[remoteToken];
        if (token != address(0)) return token;
        // The same address whatever is made before it.
        token = address(new BridgedERC1155{salt: bytes32(uint256(uint160(remoteToken)))}(remoteToken));
        _noteRepresentation(remoteToken, token);
    }
}
