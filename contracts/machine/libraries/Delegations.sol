// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Delegations
/// @notice Code that stands for the code of another account (EIP-7702): `0xef0100 ‖ address`.
library Delegations {
    /// @notice Bytes of such code.
    uint256 internal constant CODE_LENGTH = 23;

    bytes3 private constant PREFIX = 0xef0100;
    uint256 private constant FLAG = 1 << 160;

    /// @notice The field `delegation` of an account (docs/machine.md §4) that delegates to `target`.
    function delegationTo(address target) internal pure returns (uint256) {
        return FLAG + uint160(target);
    }

    /// @notice Hash of the code that delegates to `target`.
    function codeHashTo(address target) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(PREFIX, target));
    }

    /// @notice The field `delegation` of an account with this code: 0 if that is no delegation.
    function delegationOf(bytes calldata code) internal pure returns (uint256) {
        if (code.length != CODE_LENGTH || bytes3(code) != PREFIX) return 0;
        return delegationTo(address(bytes20(code[3:])));
    }
}
