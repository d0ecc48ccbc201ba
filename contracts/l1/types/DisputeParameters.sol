// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The parameters of disputes.
/// @param challengePeriod Seconds that a claim has to gather: at least (claimTraceHeight + unitTraceHeight + 6) ×
/// `minimumResponseTime`, at most 365 days.
/// @param minimumResponseTime Seconds that the answer to a move takes at least; more than 0.
/// @param claimBond Wei put up with a claim: more than 0, below 2^96.
/// @param unitBond Wei put up with the trace of a unit: likewise.
/// @param claimTraceHeight The trace of a claim covers 2^claimTraceHeight units: 1 to 48; 32 in production.
/// @param unitTraceHeight The trace of a unit covers 2^unitTraceHeight steps: 1 to 48; 25 in production.
struct DisputeParameters {
    uint256 challengePeriod;
    uint256 minimumResponseTime;
    uint256 claimBond;
    uint256 unitBond;
    uint8 claimTraceHeight;
    uint8 unitTraceHeight;
}
