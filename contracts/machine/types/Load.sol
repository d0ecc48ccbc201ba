// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Phase} from "./Phase.sol";

/// @notice Pending operation of `LoadAccount` and `LoadSlot`.
struct Load {
    Phase resume;
    address owner;
    uint256 slot;
}

using {hash} for Load global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Load memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
