// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Phase} from "./Phase.sol";

/// @notice Pending operation of the phases `Inflate…`.
/// @param resume Phase of the step that needs the content.
/// @param needed Bytes of content it needs there to be.
struct Inflate {
    Phase resume;
    uint256 needed;
}

using {hash} for Inflate global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Inflate memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
