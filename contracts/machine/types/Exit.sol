// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slice} from "./Slice.sol";

/// @notice How a frame ends (docs/machine.md §9).
/// Halt: exceptionally, without gas left. Success: of a creation, before its code is deposited. Created: after that.
enum ExitStatus {
    Halt,
    Success,
    Revert,
    Created
}

/// @notice Pending operation of `DepositCode` and `ExitFrame`.
/// @param output What RETURN or REVERT gives.
struct Exit {
    ExitStatus status;
    Slice output;
}

using {hash} for Exit global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Exit memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
