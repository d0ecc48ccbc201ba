// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimId} from "../types/ClaimId.sol";

/// @title Challenge game
/// @notice Decides between rival claims (specification §6).
interface IChallengeGame {
    /// @notice The child of `parentId` that won against its rivals, or 0 while there is no winner. Once it names a
    /// winner it must never name another. At most one child can be right.
    /// @param parentId Parent of the rivals.
    function winner(ClaimId parentId) external view returns (ClaimId);
}
