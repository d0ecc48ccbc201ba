// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

import {BridgedToken} from "./BridgedToken.sol";

/// @title BridgedERC20
/// @notice Stands for an ERC-20 token of the other layer, with its name, symbol and decimals, and with permits (EIP-2612).
contract BridgedERC20 is ERC20, ERC20Permit, BridgedToken {
    uint8 private immutable _DECIMALS;

    constructor(
        address remoteToken,
        string memory name,
        string memory symbol,
        uint8 decimals_
    ) ERC20(name, symbol) ERC20Permit(name) BridgedToken(remoteToken) {
        _DECIMALS = decimals_;
    }

    /// @notice Mints `amount` for `account`. Only the bridge may.
    function mint(address account, uint256 amount) external onlyBridge {
        _mint(account, amount);
    }

    /// @notice Burns `amount` of `account`, who asked the bridge to send it. Only the bridge may.
    function burn(address account, uint256 amount) external onlyBridge {
        _burn(account, amount);
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return _DECIMALS;
    }
}
