// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title AccountAlias
/// @notice Who a contract on L1 is on L2, so that it cannot act for the contract that has its address there (specification §2).
library AccountAlias {
    uint160 private constant OFFSET = uint160(0x1111000000000000000000000000000000001111);

    /// @notice The account on L2 of a contract on L1.
    function aliasOf(address account) internal pure returns (address) {
        unchecked {
            return address(uint160(account) + OFFSET);
        }
    }
}
