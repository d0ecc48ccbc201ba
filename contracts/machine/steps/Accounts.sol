// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Account} from "../types/Account.sol";
import {Witness} from "../types/Witness.sol";
import {Overlay} from "./Overlay.sol";
import {Step} from "./Steps.sol";

/// @title Accounts
/// @notice Reads and modifies accounts that are known to be in the overlay.
library Accounts {
    /// @notice The step needs the account of `owner` in the overlay, where earlier steps have put it, and the opening shows that
    /// it is not there. No state that a trace reaches allows this.
    error AccountNotInOverlay(address owner);

    /// @notice Reads an account that earlier steps have put into the overlay: one opening.
    function read(Step memory step, Witness calldata w, address owner) internal pure returns (Account memory account) {
        bool isPresent;
        (isPresent, account) = Overlay.readAccount(step, w, owner);
        require(isPresent, AccountNotInOverlay(owner));
    }

    /// @notice Begins to modify an account that earlier steps have put into the overlay: one opening.
    /// @return account Its entry.
    /// @return opening For `Overlay.writeAccount`.
    function modify(
        Step memory step,
        Witness calldata w,
        address owner
    ) internal pure returns (Account memory account, uint256 opening) {
        bool isPresent;
        (isPresent, account, opening) = Overlay.openAccount(step, w, owner);
        require(isPresent, AccountNotInOverlay(owner));
    }

    /// @notice Adds `amount` wei (modulo 2^256) to the balance of `owner`, which becomes dirty: one modify.
    function credit(Step memory step, Witness calldata w, address owner, uint256 amount) internal pure {
        (Account memory account, uint256 opening) = modify(step, w, owner);
        // All ether there is stays far below 2^256; a step is total all the same.
        unchecked {
            account.balance += amount;
        }
        account.isDirty = true;
        Overlay.writeAccount(step, w, opening, owner, account);
    }

    /// @notice Takes `amount` wei from the balance of `owner`, which has them, and becomes dirty: one modify.
    function debit(Step memory step, Witness calldata w, address owner, uint256 amount) internal pure {
        (Account memory account, uint256 opening) = modify(step, w, owner);
        account.balance -= amount;
        account.isDirty = true;
        Overlay.writeAccount(step, w, opening, owner, account);
    }
}
