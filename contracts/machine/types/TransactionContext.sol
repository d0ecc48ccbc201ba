// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slice} from "./Slice.sol";

/// @dev The kind of a deposit's transaction, which no raw bytes have.
uint256 constant DEPOSIT_KIND = 0x7e;

/// @notice The transaction being executed (docs/machine.md §1, §7). Amounts in wei or gas; positions and lengths in bytes.
/// @param transactionHash keccak256 of `raw`.
struct TransactionContext {
    Slice raw;
    bytes32 transactionHash;
    uint256 tokens;
    uint256 kind;
    uint256 nonce;
    uint256 maxPriorityFeePerGas;
    uint256 maxFeePerGas;
    uint256 gasLimit;
    bool isCreation;
    address to;
    uint256 value;
    Slice data;
    uint256 dataTokens;
    uint256 cursor;
    uint256 payloadStart;
    uint256 listEnd;
    uint256 keysEnd;
    address listAddress;
    uint256 addressCount;
    uint256 slotCount;
    uint256 authorizationsStart;
    uint256 authorizationsEnd;
    uint256 authorizationCount;
    uint256 yParity;
    uint256 r;
    uint256 s;
    address sender;
    uint256 gasPrice;
    uint256 dataGas;
    uint256 intrinsicGas;
    uint256 floorGas;
    uint256 gas;
    uint256 status;
    uint256 gasUsed;
}

using {hash, isDeposit} for TransactionContext global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(TransactionContext memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}

/// @notice Whether it is the transaction of a deposit, which nobody has signed.
function isDeposit(TransactionContext memory self) pure returns (bool) {
    return self.kind == DEPOSIT_KIND;
}
