// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimId} from "./ClaimId.sol";

/// @notice A message sent through the L2 Outbox (specification §5).
/// @param index Position in the Outbox tree.
/// @param sender Caller of the Outbox on L2.
/// @param target L1 account to call.
/// @param value Wei to send along.
/// @param minimumGas Gas the call is given at least.
/// @param data Calldata of the call.
struct Withdrawal {
    uint256 index;
    address sender;
    address target;
    uint256 value;
    uint256 minimumGas;
    bytes data;
}

/// @notice Opens a claim up to its Outbox root, which the withdrawal's Merkle proof gives.
/// @param parentId Parent of the claim.
/// @param blockHash Last L2 block of the claimed state.
/// @param batchCount Batches derived in the claimed state.
/// @param messageCount Inbox messages read in the claimed state.
/// @param traceRoot Root of its trace.
struct ClaimOpening {
    ClaimId parentId;
    bytes32 blockHash;
    uint256 batchCount;
    uint256 messageCount;
    bytes32 traceRoot;
}

using {leaf} for Withdrawal global;

/// @notice The Outbox leaf: `keccak256(abi.encode(index, sender, target, value, minimumGas, keccak256(data)))`.
function leaf(Withdrawal calldata self) pure returns (bytes32) {
    return
        keccak256(abi.encode(self.index, self.sender, self.target, self.value, self.minimumGas, keccak256(self.data)));
}
