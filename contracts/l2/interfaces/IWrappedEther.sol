// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IWrappedEther
/// @notice ETH as an ERC-20 token, with the functions and events of WETH9. Every token is backed by one wei held here.
interface IWrappedEther {
    /// @notice ETH was wrapped.
    /// @param account Whose tokens they are.
    /// @param amount Wei.
    event Deposit(address indexed account, uint256 amount);

    /// @notice Tokens were unwrapped.
    /// @param account Whose tokens they were.
    /// @param amount Wei.
    event Withdrawal(address indexed account, uint256 amount);

    /// @notice Wraps the ETH of the call, as sending it does.
    function deposit() external payable;

    /// @notice Unwraps tokens of the caller and sends it the ETH. Reverts if the caller does not take it.
    /// @param amount Wei.
    function withdraw(uint256 amount) external;
}
