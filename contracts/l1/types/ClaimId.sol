// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Identifies a claim: the hash of its body (specification §6). The genesis claim has parent 0; no claim has id 0.
type ClaimId is bytes32;

using {equals as ==, differs as !=} for ClaimId global;

// The parent of the genesis claim, which is no claim; also what stands for no child and no winner.
ClaimId constant NO_CLAIM = ClaimId.wrap(bytes32(0));

function equals(ClaimId left, ClaimId right) pure returns (bool) {
    return ClaimId.unwrap(left) == ClaimId.unwrap(right);
}

function differs(ClaimId left, ClaimId right) pure returns (bool) {
    return ClaimId.unwrap(left) != ClaimId.unwrap(right);
}
