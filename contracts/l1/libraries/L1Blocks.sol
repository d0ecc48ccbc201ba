// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title L1 blocks
/// @notice Binds a transaction to a block it was made after: where L1 reorganised and that block is gone, it reverts.
library L1Blocks {
    /// @notice L1 block `number` has the hash `actual`, not `expected`: L1 reorganised since the transaction was made. `actual` is 0 if
    /// the block is not among the last 256.
    error WrongL1Block(uint256 number, bytes32 expected, bytes32 actual);

    /// @notice Reverts with WrongL1Block.
    function check(uint256 number, bytes32 expected) internal view {
        bytes32 actual = blockhash(number);
        // Zero stands for no block, so it is nobody's hash either.
        require(actual == expected && actual != 0, WrongL1Block(number, expected, actual));
    }
}
