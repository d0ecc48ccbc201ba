// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {TokenBridge} from "./TokenBridge.sol";
import {IERC20Bridge} from "./interfaces/IERC20Bridge.sol";
import {ITokenBridge} from "./interfaces/ITokenBridge.sol";
import {TokenDescription} from "./libraries/TokenDescription.sol";
import {BridgedERC20} from "./tokens/BridgedERC20.sol";
import {Delivery} from "./types/Delivery.sol";

/// @title ERC20Bridge
/// @notice See {IERC20Bridge}.
abstract contract ERC20Bridge is IERC20Bridge, TokenBridge {
    using SafeERC20 for IERC20;

    /// @dev Mints a representation and hands it over.
    uint256 private constant MINT_GAS = 150_000;
    /// @dev Gives out a token that others wrote, and hands it over. Where one needs more, the sender asks for it.
    uint256 private constant RELEASE_GAS = 250_000;
    /// @dev Makes a representation.
    uint256 private constant CREATION_GAS = 3_200_000;

    /// @inheritdoc IERC20Bridge
    mapping(address token => uint256 amount) public escrowed;

    // ------------------------------------------------------------------------------------------------- outwards

    /// @inheritdoc IERC20Bridge
    function send(
        address token,
        uint256 amount,
        Delivery calldata delivery
    ) external payable nonReentrant returns (uint256 nonce) {
        address recipient = delivery.recipient;
        address remoteToken = remoteTokenOf[token];
        if (remoteToken != address(0)) {
            BridgedERC20(token).burn(msg.sender, amount);
            nonce = _sendCall(
                delivery,
                RELEASE_GAS,
                abi.encodeCall(IERC20Bridge.release, (remoteToken, msg.sender, amount, recipient, delivery.data))
            );
        } else {
            bool isFirst = _noteAnnounced(token);
            _escrow(token, amount);
            nonce = _sendCall(
                delivery,
                isFirst ? CREATION_GAS + MINT_GAS : MINT_GAS,
                abi.encodeCall(
                    IERC20Bridge.mint,
                    (token, isFirst ? _describe(token) : bytes(""), msg.sender, amount, recipient, delivery.data)
                )
            );
        }
        emit TransferSent(
            nonce,
            token,
            msg.sender,
            recipient,
            new uint256[](0),
            _single(amount),
            delivery.value,
            delivery.data
        );
    }

    /// @inheritdoc ITokenBridge
    function announce(address token, address refundTo) external payable returns (uint256 nonce) {
        require(remoteTokenOf[token] == address(0), IsRepresentation(token));
        _noteAnnounced(token);
        bytes memory call = abi.encodeCall(IERC20Bridge.create, (token, _describe(token)));
        return _sendAnnouncement(CREATION_GAS, call, refundTo);
    }

    // ------------------------------------------------------------------------------------------------- inwards

    /// @inheritdoc IERC20Bridge
    function create(address remoteToken, bytes calldata description) external payable onlyOtherBridge {
        _create(remoteToken, description);
    }

    /// @inheritdoc IERC20Bridge
    function mint(
        address remoteToken,
        bytes calldata description,
        address sender,
        uint256 amount,
        address recipient,
        bytes calldata data
    ) external payable onlyOtherBridge {
        if (description.length != 0) _create(remoteToken, description);
        address token = _representationOf(remoteToken);

        BridgedERC20(token).mint(recipient, amount);
        _deliver(token, sender, recipient, new uint256[](0), _single(amount), data);
    }

    /// @inheritdoc IERC20Bridge
    function release(
        address token,
        address sender,
        uint256 amount,
        address recipient,
        bytes calldata data
    ) external payable onlyOtherBridge {
        uint256 owed = escrowed[token];
        require(owed >= amount, NotInEscrow(token, 0, amount));

        escrowed[token] = owed - amount;

        IERC20(token).safeTransfer(recipient, amount);
        _deliver(token, sender, recipient, new uint256[](0), _single(amount), data);
    }

    // ------------------------------------------------------------------------------------------------- internals

    /// @dev The token may call whomever it likes meanwhile: what it says before and after is about itself alone, and nobody else's
    /// tokens depend on it.
    function _escrow(address token, uint256 amount) private {
        uint256 owed = escrowed[token];
        uint256 before = IERC20(token).balanceOf(address(this));
        require(before >= owed, EscrowShort(token, before, owed));

        escrowed[token] = owed + amount;

        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 balance = IERC20(token).balanceOf(address(this));
        uint256 received = balance > before ? balance - before : 0;
        require(received == amount, UnexpectedAmount(amount, received));
    }

    function _describe(address token) private view returns (bytes memory) {
        return
            abi.encode(
                TokenDescription.text(token, abi.encodeCall(IERC20Metadata.name, ())),
                TokenDescription.text(token, abi.encodeCall(IERC20Metadata.symbol, ())),
                TokenDescription.decimals(token)
            );
    }

    function _create(address remoteToken, bytes calldata description) private {
        if (representationOf[remoteToken] != address(0)) return;
        (string memory name, string memory symbol, uint8 decimals) = abi.decode(description, (string, string, uint8));
        // The same address whatever is made before it.
        bytes32 salt = bytes32(uint256(uint160(remoteToken)));
        _noteRepresentation(remoteToken, address(new BridgedERC20{salt: salt}(remoteToken, name, symbol, decimals)));
    }
}
