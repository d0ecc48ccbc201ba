// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slice} from "./Slice.sol";

/// @notice What became of the last transaction of a block: none yet, included, or skipped as it was invalid.
enum Outcome {
    None,
    Included,
    Skipped
}

/// @notice The block a transaction runs in, and what its transactions add to (docs/machine.md §1).
/// @param raw The raw bytes of the transaction to run next.
struct BlockContext {
    uint256 number;
    uint256 timestamp;
    address coinbase;
    uint256 gasLimit;
    uint256 baseFee;
    bytes32 prevRandao;
    uint256 chainId;
    uint256 blobBaseFee;
    uint256 dataPrice;
    uint256 gasUsed;
    uint256 transactionCount;
    bytes32 transactionsRoot;
    bytes32 receiptsRoot;
    bytes32 bloomHash;
    Slice raw;
    Outcome outcome;
}

using {hash} for BlockContext global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(BlockContext memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
