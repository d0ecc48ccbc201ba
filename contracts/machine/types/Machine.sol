// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Journal} from "./Journal.sol";
import {Phase} from "./Phase.sol";

/// @notice The machine (docs/machine.md §1); its hash is the state of a trace.
struct Machine {
    Phase phase;
    bytes32 chain;
    bytes32 blockContext;
    bytes32 stateRoot;
    bytes32 transaction;
    bytes32 frame;
    bytes32 pending;
    Journal journal;
}

using {hash} for Machine global;

/// @notice The state of a trace: `keccak256(abi.encode(machine))`.
function hash(Machine memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
