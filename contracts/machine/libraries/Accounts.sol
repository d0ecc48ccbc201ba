// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Account} from "../types/MachineState.sol";
import {Witness} from "../types/Witness.sol";
import {Overlay} from "./Overlay.sol";
import {Step} from "./Steps.sol";

/// @title Accounts
/// @notice What the rules ask of an account, and the reads and modifies of one that is known to be in the overlay.
library Accounts {
    /// @notice keccak256 of no bytes.
    bytes32 internal constant EMPTY_CODE_HASH = 0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470;

    /// @notice Root of the trie without entries: keccak256 of the RLP of no bytes.
    bytes32 internal constant EMPTY_TRIE_ROOT = 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421;

    /// @notice The step needs the account of `owner` in the overlay, where earlier steps have put it, and the opening shows that
    /// it is not there. No state that a trace reaches allows this.
    error AccountNotInOverlay(address owner);

    /// @notice Reads an account that earlier steps have put into the overlay: one opening.
    function read(Step memory step, Witness calldata w, address owner) internal pure returns (Account memory account) {
        bool present;
        (present, account) = Overlay.readAccount(step, w, owner);
        require(present, AccountNotInOverlay(owner));
    }

    /// @notice Begins to modify an account that earlier steps have put into the overlay: one opening.
    /// @return account Its entry.
    /// @return opening For `Overlay.writeAccount`.
    function modify(
        Step memory step,
        Witness calldata w,
        address owner
    ) internal pure returns (Account memory account, uint256 opening) {
        bool present;
        (present, account, opening) = Overlay.openAccount(step, w, owner);
        require(present, AccountNotInOverlay(owner));
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

    /// @notice Whether an account has no nonce, balance or code (EIP-161).
    function isEmpty(Account memory account) internal pure returns (bool) {
        return account.nonce == 0 && account.balance == 0 && account.codeHash == EMPTY_CODE_HASH;
    }

    /// @notice Whether an account stands in the way of a creation at its address: by nonce or code (EIP-684), or by storage
    /// (EIP-7610).
    function isOccupied(Account memory account) internal pure returns (bool) {
        return account.nonce != 0 || account.codeHash != EMPTY_CODE_HASH || account.storageRoot != EMPTY_TRIE_ROOT;
    }
}
