// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Call pair
/// @notice A contract for tests that makes two calls in one transaction and remembers how they ended.
contract CallPair {
    /// @notice Whether the first call succeeded.
    bool public firstSucceeded;
    /// @notice Whether the second call succeeded.
    bool public secondSucceeded;

    /// @notice Makes both calls.
    function run(address first, bytes calldata firstData, address second, bytes calldata secondData) external {
        // solhint-disable avoid-low-level-calls
        (firstSucceeded, ) = first.call(firstData);
        (secondSucceeded, ) = second.call(secondData);
        // solhint-enable avoid-low-level-calls
    }
}
