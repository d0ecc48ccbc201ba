// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The immutable parameters of a rollup.
/// @param l2ChainId Chain id of L2: 1 to 4,503,599,627,370,477.
/// @param operator Account that orders transactions; not zero.
/// @param forceInclusionDelay Seconds after which a message must be read: 1 to 365 days.
/// @param selfSequencingDelay Seconds of the operator's silence after which anyone may post batches: 1 to 365 days.
/// @param contextInterval Seconds between context messages: 0 (one with every batch) to half of
/// `forceInclusionDelay`.
/// @param depositGasCapacity L2 gas of messages that the Inbox lets in at once for no more than they cost: 2^24 to 2^64 - 1.
/// @param depositGasPerSecond L2 gas of messages that it lets in per second: 0 to 2^64 - 1; must be a share of the chain's
/// speed, which no contract on L1 knows.
/// @param challengePeriod Seconds for which a claim must stand unrivaled: 1 to 365 days.
/// @param claimBond Wei put up with a claim: more than 0, below 2^128.
/// @param genesisStateHash Hash of the state before the first batch (specification §6); not zero.
/// @param challengeGame Names the winner among rival claims; zero if there is none, and rival claims then stay undecided.
struct Parameters {
    uint256 l2ChainId;
    address operator;
    uint256 forceInclusionDelay;
    uint256 selfSequencingDelay;
    uint256 contextInterval;
    uint256 depositGasCapacity;
    uint256 depositGasPerSecond;
    uint256 challengePeriod;
    uint256 claimBond;
    bytes32 genesisStateHash;
    address challengeGame;
}
