// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Call loop
/// @notice Makes many calls in one transaction: the cheapest way to flood a contract.
contract CallLoop {
    /// @notice A call failed.
    /// @param turn Its place among the calls, from 0.
    error CallFailed(uint256 turn);

    /// @notice Makes the same call again and again, for which `data` is copied once.
    // solhint-disable-next-line gas-calldata-parameters
    function repeat(address target, bytes memory data, uint256 times) external {
        for (uint256 i = 0; i < times; ++i) _call(target, data, i);
    }

    /// @notice Calls a function of one argument that counts up from `first`.
    function countUp(address target, bytes4 selector, uint256 first, uint256 times) external {
        for (uint256 i = 0; i < times; ++i) _call(target, abi.encodeWithSelector(selector, first + i), i);
    }

    /// @notice Makes the calls one after the other.
    function each(address target, bytes[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) _call(target, calls[i], i);
    }

    function _call(address target, bytes memory data, uint256 turn) private {
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, ) = target.call(data);
        require(success, CallFailed(turn));
    }
}
