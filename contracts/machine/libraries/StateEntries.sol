// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Account, EMPTY_CODE_HASH} from "../types/Account.sol";
import {MerklePatriciaTrie} from "./MerklePatriciaTrie.sol";
import {Rlp} from "./Rlp.sol";

/// @title State entries
/// @notice Keys and values of the state trie and of storage tries (Yellow Paper, section 4.1).
library StateEntries {
    /// @notice The state holds an entry that no Ethereum state has.
    error EntryMalformed(bytes value);

    /// @notice Key of an account in the state trie.
    function accountKey(address owner) internal pure returns (bytes memory) {
        return abi.encodePacked(keccak256(abi.encodePacked(owner)));
    }

    /// @notice Key of a slot in a storage trie.
    function slotKey(uint256 slot) internal pure returns (bytes memory) {
        return abi.encodePacked(keccak256(abi.encode(slot)));
    }

    /// @notice Value of an account in the state trie.
    function encodeAccount(Account memory account) internal pure returns (bytes memory) {
        return
            Rlp.encodeList(
                bytes.concat(
                    Rlp.encodeNumber(account.nonce),
                    Rlp.encodeNumber(account.balance),
                    Rlp.encodeBytes(abi.encodePacked(account.storageRoot)),
                    Rlp.encodeBytes(abi.encodePacked(account.codeHash))
                )
            );
    }

    /// @notice The account with this value in the state trie, of no bytes if there is none; what its code is, and its
    /// flags, are left 0. Reverts with EntryMalformed.
    function decodeAccount(bytes memory value) internal pure returns (Account memory account) {
        if (value.length == 0) {
            account.storageRoot = MerklePatriciaTrie.EMPTY_ROOT;
            account.codeHash = EMPTY_CODE_HASH;
            return account;
        }
        (bool isValid, bool isList, uint256 position, ) = Rlp.item(value, 0, value.length);
        require(isValid && isList, EntryMalformed(value));
        (account.nonce, position) = _number(value, position);
        (account.balance, position) = _number(value, position);
        (account.storageRoot, position) = _hash(value, position);
        (account.codeHash, position) = _hash(value, position);
        require(position == value.length, EntryMalformed(value));
    }

    /// @notice Value of a slot that is not 0 in a storage trie.
    function encodeSlot(uint256 value) internal pure returns (bytes memory) {
        return Rlp.encodeNumber(value);
    }

    /// @notice The slot with this value in a storage trie, of no bytes if it is 0. Reverts with EntryMalformed.
    function decodeSlot(bytes memory value) internal pure returns (uint256 slot) {
        if (value.length == 0) return 0;
        uint256 end;
        (slot, end) = _number(value, 0);
        require(end == value.length, EntryMalformed(value));
    }

    function _number(bytes memory value, uint256 position) private pure returns (uint256 number, uint256 next) {
        bool isValid;
        (isValid, number, next) = Rlp.number(value, position, value.length, 32);
        require(isValid, EntryMalformed(value));
    }

    function _hash(bytes memory value, uint256 position) private pure returns (bytes32 hash, uint256 next) {
        (bool isValid, bool isList, uint256 start, uint256 length) = Rlp.item(value, position, value.length);
        require(isValid && !isList && length == 32, EntryMalformed(value));
        // In assembly as Solidity reads an array byte by byte only; the item lies inside `value`.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            hash := mload(add(add(value, 0x20), start))
        }
        next = start + 32;
    }
}
