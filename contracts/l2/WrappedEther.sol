// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {IWrappedEther} from "./interfaces/IWrappedEther.sol";

/// @title WrappedEther
/// @notice See {IWrappedEther}. Predeployed at 0x4f6e650000000000000000000000000000000008.
/// @dev A predeploy runs no constructor: name and symbol are not in storage.
contract WrappedEther is IWrappedEther, ERC20("", "") {
    /// @notice Wraps the ETH sent.
    receive() external payable {
        deposit();
    }

    /// @inheritdoc IWrappedEther
    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        emit Withdrawal(msg.sender, amount);
        Address.sendValue(payable(msg.sender), amount);
    }

    /// @inheritdoc IWrappedEther
    function deposit() public payable {
        _mint(msg.sender, msg.value);
        emit Deposit(msg.sender, msg.value);
    }

    /// @inheritdoc ERC20
    function name() public pure override returns (string memory) {
        return "Wrapped Ether";
    }

    /// @inheritdoc ERC20
    function symbol() public pure override returns (string memory) {
        return "WETH";
    }
}
