// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimId} from "./ClaimId.sol";

/// @notice What a claim says (specification §6).
/// @param parentId The claim it follows.
/// @param stateHash Hash of the state after the number of batches that the parent fixed.
/// @param traceRoot Root over the boundary states of the machine after each of the 2^CLAIM_TRACE_HEIGHT units from the parent's
/// state on (docs/machine.md §12). That of the genesis claim is 0.
struct ClaimBody {
    ClaimId parentId;
    bytes32 stateHash;
    bytes32 traceRoot;
}

using {id} for ClaimBody global;

/// @notice `keccak256(abi.encode(parentId, stateHash, traceRoot))`.
function id(ClaimBody memory self) pure returns (ClaimId) {
    return ClaimId.wrap(keccak256(abi.encode(self)));
}
