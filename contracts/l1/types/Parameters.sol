// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DisputeParameters} from "./DisputeParameters.sol";

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
/// @param genesisStateHash Hash of the state before the first batch (specification §6); not zero.
/// @param prover The OneStepProver, which has code.
/// @param dispute Parameters of claims and disputes.
struct Parameters {
    uint256 l2ChainId;
    address operator;
    uint256 forceInclusionDelay;
    uint256 selfSequencingDelay;
    uint256 contextInterval;
    uint256 depositGasCapacity;
    uint256 depositGasPerSecond;
    bytes32 genesisStateHash;
    address prover;
    DisputeParameters dispute;
}
