// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Phase} from "./Phase.sol";

/// @notice Pending operation of a `Flush` that is not that of a transaction: the phase that follows it.
struct Resume {
    Phase resume;
}

using {hash} for Resume global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Resume memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
