// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The cheatcodes these tests use, at the address Hardhat's Solidity test runner serves them.
interface Vm {
    function assume(bool condition) external pure;
    function deal(address account, uint256 balance) external;
    function etch(address account, bytes calldata code) external;
    function expectRevert(bytes calldata data) external;
    function prank(address sender) external;
    function prank(address sender, address origin) external;
    function roll(uint256 blockNumber) external;
    function store(address account, bytes32 slot, bytes32 value) external;
    function warp(uint256 timestamp) external;
}

/// @title Test
/// @notice What Solidity tests share.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error Different(string what, bytes32 actual, bytes32 expected);
    error Violated(string what);

    function assertEqual(string memory what, bytes32 actual, bytes32 expected) internal pure {
        require(actual == expected, Different(what, actual, expected));
    }

    function assertEqual(string memory what, uint256 actual, uint256 expected) internal pure {
        require(actual == expected, Different(what, bytes32(actual), bytes32(expected)));
    }

    function assertHolds(string memory what, bool condition) internal pure {
        require(condition, Violated(what));
    }

    /// @dev `value` if it is in the range from `minimum` to `maximum`, else folded into it.
    function bound(uint256 value, uint256 minimum, uint256 maximum) internal pure returns (uint256) {
        if (value >= minimum && value <= maximum) return value;
        uint256 size = maximum - minimum + 1;
        return size == 0 ? value : minimum + (value % size);
    }
}
