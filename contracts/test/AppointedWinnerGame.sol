// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallengeGame} from "../l1/interfaces/IChallengeGame.sol";
import {ClaimId} from "../l1/types/ClaimId.sol";

/// @title Appointed winner game
/// @notice A challenge game for tests whose winners are appointed.
contract AppointedWinnerGame is IChallengeGame {
    /// @inheritdoc IChallengeGame
    mapping(ClaimId parentId => ClaimId child) public winner;

    receive() external payable {}

    /// @notice Makes `child` the winner among the children of `parentId`.
    function appoint(ClaimId parentId, ClaimId child) external {
        winner[parentId] = child;
    }
}
