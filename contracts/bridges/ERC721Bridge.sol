// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";

import {TokenBridge} from "./TokenBridge.sol";
import {IERC721Bridge} from "./interfaces/IERC721Bridge.sol";
import {ITokenBridge} from "./interfaces/ITokenBridge.sol";
import {TokenDescription} from "./libraries/TokenDescription.sol";
import {BridgedERC721} from "./tokens/BridgedERC721.sol";
import {Delivery} from "./types/Delivery.sol";

/// @title ERC721Bridge
/// @notice See {IERC721Bridge}.
abstract contract ERC721Bridge is IERC721Bridge, TokenBridge {
    /// @dev Mints a representation and hands it over; what is said of it comes on top.
    uint256 private constant MINT_GAS = 200_000;
    /// @dev Gives out a token that others wrote, and hands it over. Where one needs more, the sender asks for it.
    uint256 private constant RELEASE_GAS = 300_000;
    /// @dev Makes a representation.
    uint256 private constant CREATION_GAS = 3_200_000;

    /// @inheritdoc IERC721Bridge
    mapping(address token => mapping(uint256 id => bool)) public escrowed;

    // ------------------------------------------------------------------------------------------------- outwards

    /// @inheritdoc IERC721Bridge
    function send(
        address token,
        uint256 id,
        Delivery calldata delivery
    ) external payable nonReentrant returns (uint256 nonce) {
        address remoteToken = remoteTokenOf[token];
        nonce =
            remoteToken == address(0) ? _sendNative(token, id, delivery) : _sendBack(token, remoteToken, id, delivery);
        emit TransferSent(
            nonce,
            token,
            msg.sender,
            delivery.recipient,
            _single(id),
            _single(1),
            delivery.value,
            delivery.data
        );
    }

    /// @inheritdoc ITokenBridge
    function announce(address token, address refundTo) external payable returns (uint256 nonce) {
        require(remoteTokenOf[token] == address(0), IsRepresentation(token));
        _noteAnnounced(token);
        bytes memory call = abi.encodeCall(IERC721Bridge.create, (token, _describe(token)));
        return _sendAnnouncement(CREATION_GAS, call, refundTo);
    }

    // ------------------------------------------------------------------------------------------------- inwards

    /// @inheritdoc IERC721Bridge
    function create(address remoteToken, bytes calldata description) external payable onlyOtherBridge {
        _create(remoteToken, description);
    }

    /// @inheritdoc IERC721Bridge
    function mint(
        address remoteToken,
        bytes calldata description,
        address sender,
        uint256 id,
        string calldata uri,
        address recipient,
        bytes calldata data
    ) external payable onlyOtherBridge {
        if (description.length != 0) _create(remoteToken, description);
        address token = _representationOf(remoteToken);

        BridgedERC721(token).mint(recipient, id, uri);
        _deliver(token, sender, recipient, _single(id), _single(1), data);
    }

    /// @inheritdoc IERC721Bridge
    function release(
        address token,
        address sender,
        uint256 id,
        address recipient,
        bytes calldata data
    ) external payable onlyOtherBridge {
        require(escrowed[token][id], NotInEscrow(token, id, 1));

        escrowed[token][id] = false;

        // A recipient that is a contract is not asked, as it is not on the other layer: it is who sent it that knows.
        IERC721(token).transferFrom(address(this), recipient, id);
        _deliver(token, sender, recipient, _single(id), _single(1), data);
    }

    // ------------------------------------------------------------------------------------------------- internals

    function _sendBack(
        address token,
        address remoteToken,
        uint256 id,
        Delivery calldata delivery
    ) private returns (uint256 nonce) {
        require(IERC721(token).ownerOf(id) == msg.sender, NotOwner(msg.sender, id));
        BridgedERC721(token).burn(id);
        bytes memory call = abi.encodeCall(
            IERC721Bridge.release,
            (remoteToken, msg.sender, id, delivery.recipient, delivery.data)
        );
        return _sendCall(delivery, RELEASE_GAS, call);
    }

    function _sendNative(address token, uint256 id, Delivery calldata delivery) private returns (uint256 nonce) {
        bool isFirst = _noteAnnounced(token);
        string memory uri = TokenDescription.text(token, abi.encodeCall(IERC721Metadata.tokenURI, (id)));
        _escrow(token, id);
        uint256 gas = MINT_GAS + _gasOfText(bytes(uri).length);
        if (isFirst) gas += CREATION_GAS;
        bytes memory description = isFirst ? _describe(token) : bytes("");
        bytes memory call = abi.encodeCall(
            IERC721Bridge.mint,
            (token, description, msg.sender, id, uri, delivery.recipient, delivery.data)
        );
        return _sendCall(delivery, gas, call);
    }

    /// @dev Only the owner sends: whom it has approved may take the token first.
    function _escrow(address token, uint256 id) private {
        require(IERC721(token).ownerOf(id) == msg.sender, NotOwner(msg.sender, id));

        escrowed[token][id] = true;

        IERC721(token).transferFrom(msg.sender, address(this), id);
        require(IERC721(token).ownerOf(id) == address(this), UnexpectedAmount(1, 0));
    }

    function _describe(address token) private view returns (bytes memory) {
        return
            abi.encode(
                TokenDescription.text(token, abi.encodeCall(IERC721Metadata.name, ())),
                TokenDescription.text(token, abi.encodeCall(IERC721Metadata.symbol, ()))
            );
    }

    function _create(address remoteToken, bytes calldata description) private {
        if (representationOf[remoteToken] != address(0)) return;
        (string memory name, string memory symbol) = abi.decode(description, (string, string));
        // The same address whatever is made before it.
        bytes32 salt = bytes32(uint256(uint160(remoteToken)));
        _noteRepresentation(remoteToken, address(new BridgedERC721{salt: salt}(remoteToken, name, symbol)));
    }
}
