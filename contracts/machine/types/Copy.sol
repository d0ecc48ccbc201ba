// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slice} from "./Slice.sol";

/// @notice Pending operation of `Copy`: bytes still to be moved into the frame's memory.
struct Copy {
    Slice source;
    uint256 sourceOffset;
    uint256 destination;
    uint256 length;
}

using {hash} for Copy global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Copy memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
