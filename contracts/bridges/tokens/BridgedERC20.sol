// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {BridgedToken} from "./BridgedToken.sol";

/// @title BridgedERC20
/// @notice Stands for an ERC-20 token of the other layer, with its name, symbol and decimals, and with permits (EIP-2612).
/// @dev OpenZeppelin's ERC20Permit takes no name of more than 31 bytes, and tokens have such: permits are its, without that bound.
contract BridgedERC20 is ERC20, IERC20Permit, IERC5267, Nonces, BridgedToken {
    bytes32 private constant DOMAIN_TYPE_HASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant PERMIT_TYPE_HASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );
    string private constant VERSION = "1";
    /// @dev EIP-5267: the domain has the first four fields.
    bytes1 private constant DOMAIN_FIELDS = 0x0f;

    uint8 private immutable _DECIMALS;
    bytes32 private immutable _NAME_HASH;

    /// @notice The permit's deadline has passed.
    error ERC2612ExpiredSignature(uint256 deadline);

    /// @notice The permit is signed by `signer`.
    error ERC2612InvalidSigner(address signer, address owner);

    constructor(
        address remoteToken,
        string memory name,
        string memory symbol,
        uint8 decimals_
    ) ERC20(name, symbol) BridgedToken(remoteToken) {
        _DECIMALS = decimals_;
        _NAME_HASH = keccak256(bytes(name));
    }

    /// @notice Mints `amount` for `account`. Only the bridge may.
    function mint(address account, uint256 amount) external onlyBridge {
        _mint(account, amount);
    }

    /// @notice Burns `amount` of `account`, who asked the bridge to send it. Only the bridge may.
    function burn(address account, uint256 amount) external onlyBridge {
        _burn(account, amount);
    }

    /// @inheritdoc IERC20Permit
    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        require(block.timestamp <= deadline, ERC2612ExpiredSignature(deadline));
        bytes32 structHash = keccak256(abi.encode(PERMIT_TYPE_HASH, owner, spender, value, _useNonce(owner), deadline));
        address signer = ECDSA.recover(MessageHashUtils.toTypedDataHash(_domainSeparator(), structHash), v, r, s);
        require(signer == owner, ERC2612InvalidSigner(signer, owner));
        _approve(owner, spender, value);
    }

    /// @inheritdoc IERC20Permit
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparator();
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (DOMAIN_FIELDS, ERC20.name(), VERSION, block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(IERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return _DECIMALS;
    }

    function _domainSeparator() private view returns (bytes32) {
        return
            keccak256(
                abi.encode(DOMAIN_TYPE_HASH, _NAME_HASH, keccak256(bytes(VERSION)), block.chainid, address(this))
            );
    }
}
