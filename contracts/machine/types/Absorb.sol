// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Phase} from "./Phase.sol";
import {Slice} from "./Slice.sol";

/// @notice Pending operation of `Absorb`: the keccak256 of `prefix ‖ source ‖ suffix`.
struct Absorb {
    Phase resume;
    bytes32 context;
    Slice source;
    bytes32 prefix;
    uint256 prefixLength;
    bytes32 suffix;
    uint256 suffixLength;
    uint256 position;
    bytes32 sponge;
}

using {hash} for Absorb global;

/// @notice What a machine commits to: keccak256 of the fields, a word each.
function hash(Absorb memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
