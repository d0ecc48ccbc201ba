// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim} from "../types/Claim.sol";
import {ClaimId} from "../types/ClaimId.sol";
import {IChallengeGame} from "./IChallengeGame.sol";
import {IInbox} from "./IInbox.sol";

/// @title State commitment chain
/// @notice The tree of claims about the state of L2, and the confirmed path in it (specification §6). A claim says what
/// the state is after the number of batches its parent fixed, so at most one child of a claim is right.
interface IStateCommitmentChain {
    /// @notice A claim was proposed.
    /// @param claimId The claim.
    /// @param parentId Its parent.
    /// @param proposer Owner of the bond.
    /// @param stateHash Hash of the claimed state.
    /// @param batchCount Batches the claimed state must have derived.
    /// @param nextBatchCount Batches the states of its children must have derived.
    event ClaimProposed(
        ClaimId indexed claimId,
        ClaimId indexed parentId,
        address indexed proposer,
        bytes32 stateHash,
        uint256 batchCount,
        uint256 nextBatchCount
    );

    /// @notice A claim became part of the chain for ever. Emitted for the genesis claim too.
    /// @param claimId The claim.
    /// @param parentId Its parent.
    /// @param stateHash Hash of the confirmed state.
    event ClaimConfirmed(ClaimId indexed claimId, ClaimId indexed parentId, bytes32 stateHash);

    /// @notice The bond of a confirmed claim was paid back.
    /// @param claimId The claim.
    /// @param proposer Owner of the bond.
    /// @param amount Wei.
    event BondWithdrawn(ClaimId indexed claimId, address indexed proposer, uint256 amount);

    /// @notice The bond of a claim that lost was handed to the challenge game.
    /// @param claimId The claim.
    /// @param proposer Owner of the bond until then.
    /// @param amount Wei.
    event BondForfeited(ClaimId indexed claimId, address indexed proposer, uint256 amount);

    /// @notice There is no such claim, or it has lost.
    error ClaimNotExtendable(ClaimId claimId);

    /// @notice The claim was proposed before.
    error ClaimExists(ClaimId claimId);

    /// @notice The claim was never proposed, or is decided already.
    error ClaimNotPending(ClaimId claimId);

    /// @notice The claim is not confirmed.
    error ClaimNotConfirmed(ClaimId claimId);

    /// @notice The claim has not lost: neither its parent has, nor is a sibling confirmed.
    error ClaimNotLost(ClaimId claimId);

    /// @notice A child needs `required` batches in the Inbox, which has `actual`.
    error NotEnoughBatches(uint256 required, uint256 actual);

    /// @notice The ETH sent is not the bond.
    error WrongBond(uint256 required, uint256 actual);

    /// @notice Too late for a rival: `child` stood unrivaled for the challenge period, or is confirmed.
    error ChildStands(ClaimId child);

    /// @notice The claim can be confirmed from `from` (seconds) on, if no rival is proposed before.
    error ChallengePeriodRuns(ClaimId claimId, uint256 from);

    /// @notice The claim has rivals, and this rollup has no challenge game to decide between them.
    error NoChallengeGame(ClaimId parentId);

    /// @notice The claim has rivals, and the challenge game does not name it the winner.
    error NotTheWinner(ClaimId claimId, ClaimId winner);

    /// @notice The bond has been paid out before (or there never was one: genesis).
    error NoBond(ClaimId claimId);

    /// @notice `recipient` did not take the bond.
    error PaymentFailed(address recipient, uint256 amount);

    /// @notice Proposes a child of `parentId`, putting up exactly the claim bond.
    /// Reverts with ClaimNotExtendable, ClaimExists, NotEnoughBatches, WrongBond or ChildStands.
    /// @param parentId A claim that has not lost.
    /// @param stateHash Hash of the state after the batches the parent fixed.
    /// @return claimId The claim.
    function propose(ClaimId parentId, bytes32 stateHash) external payable returns (ClaimId claimId);

    /// @notice Confirms the child of `parentId` with `stateHash`: the only child, after the challenge period, or the one
    /// the challenge game names.
    /// Reverts with ClaimNotConfirmed (for the parent), ClaimNotPending, ChallengePeriodRuns, NoChallengeGame or
    /// NotTheWinner.
    /// @param parentId A confirmed claim.
    /// @param stateHash Hash of the state claimed by its child.
    function confirm(ClaimId parentId, bytes32 stateHash) external;

    /// @notice Pays the bond of a confirmed claim to its proposer. Anyone may call.
    /// Reverts with ClaimNotConfirmed, NoBond or PaymentFailed.
    /// @param claimId The claim.
    function withdrawBond(ClaimId claimId) external;

    /// @notice Hands the bond of a claim that lost to the challenge game. Anyone may call.
    /// Reverts with ClaimNotPending, ClaimNotLost or PaymentFailed.
    /// @param parentId Its parent.
    /// @param stateHash Hash of the state it claimed.
    function forfeitBond(ClaimId parentId, bytes32 stateHash) external;

    /// @notice Whether a claim is confirmed.
    /// @param claimId The claim; any other value is not.
    function isConfirmed(ClaimId claimId) external view returns (bool);

    /// @notice A claim; all zero if there is none.
    /// @param claimId Its id.
    function claim(ClaimId claimId) external view returns (Claim memory);

    /// @notice The first child of a claim; 0 if there is none.
    /// @param claimId The parent.
    function firstChild(ClaimId claimId) external view returns (ClaimId);

    /// @notice The claim confirmed last: the end of the confirmed path.
    function latestConfirmed() external view returns (ClaimId);

    /// @notice The claim that is confirmed from the start.
    function GENESIS_CLAIM() external view returns (ClaimId);

    /// @notice Counts the batches.
    function INBOX() external view returns (IInbox);

    /// @notice Decides between rivals; zero if there is none.
    function CHALLENGE_GAME() external view returns (IChallengeGame);

    /// @notice Seconds for which a claim must stand unrivaled.
    function CHALLENGE_PERIOD() external view returns (uint256);

    /// @notice Wei put up with a claim.
    function CLAIM_BOND() external view returns (uint256);
}
