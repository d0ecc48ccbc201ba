// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The fields of a block's header that vary (specification §4).
/// @param logsBloom 256 bytes.
/// @param gasLimit Gas that stood at the disposal of its transactions, or the gas used where deposits used more.
/// @param gasCapacity Most gas the bucket holds; this and the three below are less than 2^64.
/// @param gasPerSecond Gas that a second of L2 time adds to the bucket.
/// @param gasLevel Gas the block left in the bucket.
/// @param gasExcess Gas used beyond the target before the block.
/// @param timestamp Seconds.
/// @param baseFee Wei per gas.
/// @param outboxRoot Root of the Outbox after the block; stands where Ethereum has `withdrawalsRoot`.
struct BlockHeader {
    bytes32 parentHash;
    address coinbase;
    bytes32 stateRoot;
    bytes32 transactionsRoot;
    bytes32 receiptsRoot;
    bytes logsBloom;
    uint256 number;
    uint256 gasLimit;
    uint256 gasUsed;
    uint256 gasCapacity;
    uint256 gasPerSecond;
    uint256 gasLevel;
    uint256 gasExcess;
    uint256 timestamp;
    bytes32 prevRandao;
    uint256 baseFee;
    bytes32 outboxRoot;
}
