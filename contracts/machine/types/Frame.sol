// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slice} from "./Slice.sol";

/// @notice A running or suspended call (docs/machine.md §1).
/// @param context Hash of its FrameContext.
/// @param jumps Root of the buffer of jump destinations.
/// @param stack Hash chain over the stack.
struct Frame {
    bytes32 context;
    Slice code;
    bytes32 jumps;
    uint256 pc;
    uint256 gas;
    bytes32 stack;
    uint256 stackSize;
    bytes32 memoryRoot;
    uint256 memoryWords;
    Slice returndata;
}

using {hash} for Frame global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Frame memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
