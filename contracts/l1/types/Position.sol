// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @notice The two traces a dispute goes down (docs/disputes.md §2).
/// Claim: the boundary states after each unit of a claim. Unit: the states after each step of one unit.
enum Level {
    Claim,
    Unit
}

/// @notice Where a span stands: spans at one position with different roots are rivals, of which at most one is right.
/// @param level Which trace it is of.
/// @param context In the trace of a claim the claim's parent; in that of a unit the id of the position of the unit, the leaf of
/// the claim's trace that it opens.
/// @param start Index of the first state the span covers, a multiple of 2^height.
/// @param height It covers 2^height states.
/// @param prefix Commits to the state before the trace and to all states below `start` (docs/machine.md §12). At 0 it is that
/// state itself.
struct Position {
    Level level;
    bytes32 context;
    uint64 start;
    uint8 height;
    bytes32 prefix;
}

/// @notice Identifies a position: the hash of it.
type PositionId is bytes32;

using {id, leftHalf, rightHalf} for Position global;

/// @notice `keccak256(abi.encode(level, context, start, height, prefix))`.
function id(Position memory self) pure returns (PositionId positionId) {
    // In memory the five words are what abi.encode gives. It would copy them, which is most of what a move computes.
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        positionId := keccak256(self, 160)
    }
}

/// @notice Position of the left half of a span. `height` ≥ 1.
function leftHalf(Position memory self) pure returns (Position memory) {
    return
        Position({
            level: self.level,
            context: self.context,
            start: self.start,
            height: self.height - 1,
            prefix: self.prefix
        });
}

/// @notice Position of the right half of a span whose left half has the root `left`. `height` ≥ 1.
function rightHalf(Position memory self, bytes32 left) pure returns (Position memory) {
    uint8 height = self.height - 1;
    return
        Position({
            level: self.level,
            context: self.context,
            start: self.start + uint64(1 << height),
            height: height,
            prefix: Hashes.efficientKeccak256(self.prefix, left)
        });
}
