// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Authorization, Authorizations} from "../machine/libraries/Authorizations.sol";
import {CalldataTokens} from "../machine/libraries/CalldataTokens.sol";
import {Delegations} from "../machine/libraries/Delegations.sol";
import {RlpCursor} from "../machine/libraries/RlpCursors.sol";
import {Secp256k1} from "../machine/libraries/Secp256k1.sol";
import {StateEntries} from "../machine/libraries/StateEntries.sol";
import {Account} from "../machine/types/Account.sol";
import {EMPTY_BLOOM_HASH} from "../machine/types/Journal.sol";

/// @notice Makes the libraries of the transaction's phases callable, for tests.
contract TransactionLibraries {
    /// @notice How a cursor is after it has read something.
    struct Reading {
        bool isMalformed;
        uint256 value;
        uint256 position;
    }

    /// @notice Tokens of `data`, and the gas that counting them took.
    function countTokens(bytes calldata data) external view returns (uint256 tokens, uint256 gasUsed) {
        bytes memory copied = data;
        uint256 before = gasleft();
        tokens = CalldataTokens.count(copied);
        gasUsed = before - gasleft();
    }

    function recover(bytes32 hash, uint256 yParity, uint256 r, uint256 s) external pure returns (address) {
        return Secp256k1.recover(hash, yParity, r, s);
    }

    function readNumber(RlpCursor calldata begin, uint256 maximum) external pure returns (Reading memory) {
        RlpCursor memory cursor = begin;
        uint256 value = cursor.readNumber(maximum);
        return Reading({isMalformed: cursor.isMalformed, value: value, position: cursor.position});
    }

    function readFixed(RlpCursor calldata begin, uint256 length) external pure returns (Reading memory) {
        RlpCursor memory cursor = begin;
        uint256 value = cursor.readFixed(length);
        return Reading({isMalformed: cursor.isMalformed, value: value, position: cursor.position});
    }

    function readStringHeader(RlpCursor calldata begin) external pure returns (Reading memory) {
        RlpCursor memory cursor = begin;
        uint256 value = cursor.readStringHeader();
        return Reading({isMalformed: cursor.isMalformed, value: value, position: cursor.position});
    }

    function readListHeader(RlpCursor calldata begin) external pure returns (Reading memory) {
        RlpCursor memory cursor = begin;
        uint256 value = cursor.readListHeader();
        return Reading({isMalformed: cursor.isMalformed, value: value, position: cursor.position});
    }

    /// @notice The authorization at `begin`, and who signed it.
    function readAuthorization(
        RlpCursor calldata begin
    ) external pure returns (bool isMalformed, Authorization memory authorization, address authority) {
        RlpCursor memory cursor = begin;
        authorization = Authorizations.read(cursor);
        return (cursor.isMalformed, authorization, Authorizations.authority(authorization));
    }

    function encodeAccount(Account calldata account) external pure returns (bytes memory) {
        return StateEntries.encodeAccount(account);
    }

    function decodeAccount(bytes calldata value) external pure returns (Account memory) {
        return StateEntries.decodeAccount(value);
    }

    function encodeSlot(uint256 value) external pure returns (bytes memory) {
        return StateEntries.encodeSlot(value);
    }

    function decodeSlot(bytes calldata value) external pure returns (uint256) {
        return StateEntries.decodeSlot(value);
    }

    function delegationOf(bytes calldata code) external pure returns (uint256) {
        return Delegations.delegationOf(code);
    }

    function emptyBloomHash() external pure returns (bytes32) {
        return EMPTY_BLOOM_HASH;
    }
}
