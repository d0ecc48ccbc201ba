// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Tricky ERC-20
/// @notice A token for tests: honest, until it is told to take a fee, to change balances, or to call somebody while it moves.
contract TrickyERC20 is ERC20 {
    uint8 private immutable _DECIMALS;

    /// @notice Taken of each transfer, in units.
    uint256 public fee;
    /// @notice Whether the last call of the hook succeeded.
    bool public hookSucceeded;
    /// @notice How often the hook was called.
    uint256 public hookCalls;

    address private _hookTarget;
    bytes private _hookData;

    constructor(string memory name, string memory symbol, uint8 decimals_) ERC20(name, symbol) {
        _DECIMALS = decimals_;
    }

    /// @notice Gives `account` tokens.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    /// @notice Takes tokens away, as a token does whose balances change by themselves.
    function burn(address account, uint256 amount) external {
        _burn(account, amount);
    }

    /// @notice Sets what is taken of each transfer.
    function setFee(uint256 amount) external {
        fee = amount;
    }

    /// @notice Sets a call made before each transfer, as tokens with hooks for senders do; none if `target` is zero.
    function setHook(address target, bytes calldata data) external {
        _hookTarget = target;
        _hookData = data;
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return _DECIMALS;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from != address(0) && to != address(0)) {
            if (_hookTarget != address(0)) {
                ++hookCalls;
                // Whatever it is.
                // solhint-disable-next-line avoid-low-level-calls
                (hookSucceeded, ) = _hookTarget.call(_hookData);
            }
            if (fee != 0) {
                super._update(from, address(0), fee);
                amount -= fee;
            }
        }
        super._update(from, to, amount);
    }
}
