// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Parameters} from "../types/Parameters.sol";
import {IChallengeGame} from "./IChallengeGame.sol";
import {IInbox} from "./IInbox.sol";
import {IPortal} from "./IPortal.sol";
import {IStateCommitmentChain} from "./IStateCommitmentChain.sol";

/// @title Rollup
/// @notice Deploys the contracts of one rollup and names them and their parameters. Its address identifies the rollup.
interface IRollup {
    /// @notice The rollup was deployed.
    /// @param inbox The input of L2.
    /// @param stateCommitmentChain The tree of claims about L2.
    /// @param challengeGame Decides between rival claims.
    /// @param portal Executes withdrawals.
    event RollupDeployed(
        IInbox inbox,
        IStateCommitmentChain stateCommitmentChain,
        IChallengeGame challengeGame,
        IPortal portal
    );

    /// @notice The operator is the zero address.
    error ZeroOperator();

    /// @notice The genesis state hash is zero.
    error ZeroGenesisStateHash();

    /// @notice Parameter `name` is not in the range from `minimum` to `maximum`.
    error ParameterOutOfRange(string name, uint256 value, uint256 minimum, uint256 maximum);

    /// @notice The context interval is more than half the force-inclusion delay. Both in seconds.
    error ContextIntervalTooLong(uint256 contextInterval, uint256 forceInclusionDelay);

    /// @notice The prover is an account without code.
    error ProverWithoutCode(address prover);

    /// @notice The input of L2.
    function INBOX() external view returns (IInbox);

    /// @notice The tree of claims about L2.
    function STATE_COMMITMENT_CHAIN() external view returns (IStateCommitmentChain);

    /// @notice Decides between rival claims.
    function CHALLENGE_GAME() external view returns (IChallengeGame);

    /// @notice Executes withdrawals.
    function PORTAL() external view returns (IPortal);

    /// @notice L1 block of the deployment; the Inbox holds nothing from before.
    function DEPLOYMENT_BLOCK() external view returns (uint256);

    /// @notice All parameters.
    function parameters() external view returns (Parameters memory);
}
