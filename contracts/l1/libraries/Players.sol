// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Players
/// @notice Numbers for accounts, so that a span fits into one slot with who recorded it.
library Players {
    /// @param count Numbers given so far, from 1.
    /// @param accounts By number.
    /// @param numbers By account.
    struct Table {
        uint24 count;
        mapping(uint24 number => address account) accounts;
        mapping(address account => uint24 number) numbers;
    }

    /// @notice Number of an account, which gets one if it has none. 0 if there are no more, after 16,777,215 accounts (which take more
    /// than 7·10^11 gas): its moves are as good as any, but nobody is paid for them.
    function numberOf(Table storage self, address account) internal returns (uint24 number) {
        number = self.numbers[account];
        if (number != 0) return number;
        uint24 count = self.count;
        if (count == type(uint24).max) return 0;
        number = count + 1;
        self.count = number;
        self.numbers[account] = number;
        self.accounts[number] = account;
    }
}
