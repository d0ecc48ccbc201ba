// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Opcodes} from "../libraries/Opcodes.sol";
import {Slices} from "../libraries/Slices.sol";
import {Slice} from "./Slice.sol";

/// @notice What does not change while a frame runs (docs/machine.md §1).
/// @param kind Opcode that made it; CALL or CREATE for the outermost.
// Never stored: every field takes a word of the encoding that is hashed, whatever the order.
// solhint-disable-next-line gas-struct-packing
struct FrameContext {
    bytes32 parent;
    bytes32 savedJournal;
    uint256 kind;
    bool isStatic;
    uint256 depth;
    address self;
    address caller;
    uint256 value;
    address codeAddress;
    bool isDelegated;
    Slice input;
    uint256 outOffset;
    uint256 outLength;
}

using {calldataSlice, hash, isCreation} for FrameContext global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(FrameContext memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}

/// @notice Whether the frame runs initcode.
function isCreation(FrameContext memory self) pure returns (bool) {
    return self.kind == Opcodes.CREATE || self.kind == Opcodes.CREATE2;
}

/// @notice The calldata of the frame: its input, none for a creation, whose input is the initcode.
function calldataSlice(FrameContext memory self) pure returns (Slice memory) {
    return self.isCreation() ? Slices.empty() : self.input;
}
