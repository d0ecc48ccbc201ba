// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim} from "../types/Claim.sol";
import {ClaimBody} from "../types/ClaimBody.sol";
import {ClaimId} from "../types/ClaimId.sol";
import {State} from "../types/State.sol";
import {IChallengeGame} from "./IChallengeGame.sol";
import {IInbox} from "./IInbox.sol";

/// @title State commitment chain
/// @notice The tree of claims about the state of L2, and the confirmed path in it (specification §6). A claim says what
/// the state is after the number of batches its parent fixed, so at most one child of a claim is right.
interface IStateCommitmentChain {
    /// @notice A claim was proposed.
    /// @param claimId The claim.
    /// @param parentId Its parent.
    /// @param proposer Owner of the bond, put up with the claim or moved on from the parent.
    /// @param stateHash Hash of the claimed state.
    /// @param traceRoot Root of its trace.
    /// @param batchCount Batches the claimed state must have derived.
    /// @param nextBatchCount Batches the states of its children must have derived.
    event ClaimProposed(
        ClaimId indexed claimId,
        ClaimId indexed parentId,
        address indexed proposer,
        bytes32 stateHash,
        bytes32 traceRoot,
        uint256 batchCount,
        uint256 nextBatchCount
    );

    /// @notice A claim became part of the chain for ever. Emitted for the genesis claim too.
    /// @param claimId The claim.
    /// @param parentId Its parent.
    /// @param stateHash Hash of the confirmed state.
    /// @param traceRoot Root of its trace.
    event ClaimConfirmed(ClaimId indexed claimId, ClaimId indexed parentId, bytes32 stateHash, bytes32 traceRoot);

    /// @notice A proposer's bond moved on from its claim to its child of that.
    /// @param from The claim that holds no bond any more.
    /// @param to The child that holds it now.
    /// @param proposer Owner of the bond.
    event BondMoved(ClaimId indexed from, ClaimId indexed to, address indexed proposer);

    /// @notice The bond of a confirmed claim was paid back.
    /// @param claimId The claim.
    /// @param proposer Owner of the bond.
    /// @param amount Wei.
    event BondWithdrawn(ClaimId indexed claimId, address indexed proposer, uint256 amount);

    /// @notice A claim is out: a sibling is confirmed, or its parent is out. So its own children can be forfeited.
    /// @param claimId The claim.
    /// @param parentId Its parent.
    /// @param stateHash Hash of the state it claimed.
    /// @param traceRoot Root of its trace.
    event ClaimForfeited(ClaimId indexed claimId, ClaimId indexed parentId, bytes32 stateHash, bytes32 traceRoot);

    /// @notice The bond of a claim that lost was handed to the challenge game.
    /// @param claimId The claim.
    /// @param proposer Owner of the bond until then.
    /// @param amount Wei.
    event BondForfeited(ClaimId indexed claimId, address indexed proposer, uint256 amount);

    /// @notice There is no such claim, or it has lost.
    error ClaimNotExtendable(ClaimId claimId);

    /// @notice There is no such claim.
    error UnknownClaim(ClaimId claimId);

    /// @notice The challenge game is that of another state commitment chain.
    error NotTheGameOf(address stateCommitmentChain);

    /// @notice The claim was proposed before.
    error ClaimExists(ClaimId claimId);

    /// @notice The claim was never proposed, or is decided already.
    error ClaimNotPending(ClaimId claimId);

    /// @notice The claim is not confirmed.
    error ClaimNotConfirmed(ClaimId claimId);

    /// @notice The claim has not lost: neither its parent has, nor is a sibling confirmed.
    error ClaimNotLost(ClaimId claimId);

    /// @notice The parent fixed `expected` batches for its children; the state has `actual`.
    error WrongBatchCount(uint256 expected, uint256 actual);

    /// @notice A child needs `required` batches in the Inbox, which has `actual`.
    error NotEnoughBatches(uint256 required, uint256 actual);

    /// @notice The ETH sent (`actual`, wei) is not what the claim takes: the bond, or nothing where that moves on.
    error WrongBond(uint256 expected, uint256 actual);

    /// @notice Too late for a rival: `child` stood unrivaled for the challenge period, was decided for, or is confirmed.
    error ChildStands(ClaimId child);

    /// @notice The claim can be confirmed from `from` (seconds) on, if no rival is proposed before.
    error ChallengePeriodRuns(ClaimId claimId, uint256 from);

    /// @notice The claim has rivals, and the challenge game does not name it the winner.
    error NotTheWinner(ClaimId claimId, ClaimId winner);

    /// @notice The bond has left the claim: paid out or moved on (or there never was one: genesis).
    error NoBond(ClaimId claimId);

    /// @notice `recipient` did not take the bond.
    error PaymentFailed(address recipient, uint256 amount);

    /// @notice Proposes a child of `parentId`. If the caller's bond is still on `parentId`, it moves on to the child, and
    /// no ETH is taken; else exactly the claim bond is. So a proposer that nobody disputes has one bond locked.
    /// @dev The L1 block binds the claim to what its proposer read: it should be one at which the Inbox had the claimed
    /// batches. After a reorganisation of L1 that took the block, the same transaction reverts, instead of claiming the
    /// state of other batches. Only the last 256 blocks can be named, and not the one the transaction is in.
    /// Reverts with TraceRoots.SiblingsMismatch, ClaimNotExtendable, ClaimExists, WrongBatchCount, NotEnoughBatches,
    /// L1Blocks.WrongL1Block, WrongBond or ChildStands.
    /// @param parentId A claim that has not lost.
    /// @param state The state after the batches the parent fixed.
    /// @param siblings Of the last state of the claim's trace, `Halt` with that state of the chain: CLAIM_TRACE_HEIGHT, lowest first, all
    /// left ones. They give the root of the trace.
    /// @param l1BlockNumber Number of one of the last 256 L1 blocks.
    /// @param l1BlockHash Its hash.
    /// @return claimId The claim.
    function propose(
        ClaimId parentId,
        State calldata state,
        bytes32[] calldata siblings,
        uint256 l1BlockNumber,
        bytes32 l1BlockHash
    ) external payable returns (ClaimId claimId);

    /// @notice Confirms a child of a confirmed claim: the only child, after the challenge period, or the one the challenge game
    /// names.
    /// Reverts with ClaimNotConfirmed (for the parent), ClaimNotPending, ChallengePeriodRuns or NotTheWinner.
    /// @param body What the child says.
    function confirm(ClaimBody calldata body) external;

    /// @notice Pays the bond that is on a confirmed claim to its proposer. Anyone may call.
    /// Reverts with ClaimNotConfirmed, NoBond or PaymentFailed.
    /// @param claimId The claim.
    function withdrawBond(ClaimId claimId) external;

    /// @notice Forfeits a claim that lost, and hands the bond that is on it, if any, to the challenge game, as one lost to the sibling
    /// that was confirmed instead of it or of the ancestor that lost. A bond that moved on is reached by forfeiting the claims
    /// below, one after the other. Anyone may call.
    /// Reverts with ClaimNotPending or ClaimNotLost.
    /// @param body What it said.
    function forfeitBond(ClaimBody calldata body) external;

    /// @notice Whether a claim is confirmed.
    /// @param claimId The claim; any other value is not.
    function isConfirmed(ClaimId claimId) external view returns (bool);

    /// @notice A claim; all zero if there is none.
    /// @param claimId Its id.
    function claim(ClaimId claimId) external view returns (Claim memory);

    /// @notice The first child of a claim; 0 if there is none.
    /// @param claimId The parent.
    function firstChild(ClaimId claimId) external view returns (ClaimId);

    /// @notice L1 timestamp in seconds at which the second child of a claim was proposed; 0 if it has at most one. Later
    /// children leave it as it is.
    /// @param claimId The parent.
    function secondChildAt(ClaimId claimId) external view returns (uint256);

    /// @notice Whether a claim has had a rival. Reverts with UnknownClaim.
    /// @param parentId Its parent.
    /// @param claimId The claim.
    function isRivaled(ClaimId parentId, ClaimId claimId) external view returns (bool);

    /// @notice Seconds for which a claim has been the only child of its parent: those from the first child to the second, or to now;
    /// none for all others. Reverts with UnknownClaim.
    /// @param parentId Its parent.
    /// @param claimId The claim.
    function unrivaledTime(ClaimId parentId, ClaimId claimId) external view returns (uint256);

    /// @notice The claim confirmed last: the end of the confirmed path.
    function latestConfirmed() external view returns (ClaimId);

    /// @notice The claim that is confirmed from the start.
    function GENESIS_CLAIM() external view returns (ClaimId);

    /// @notice Counts the batches.
    function INBOX() external view returns (IInbox);

    /// @notice Decides between rivals; what is a parameter of disputes it has from there.
    function CHALLENGE_GAME() external view returns (IChallengeGame);

    /// @notice Seconds for which a claim must stand unrivaled.
    function CHALLENGE_PERIOD() external view returns (uint256);

    /// @notice Wei put up with a claim.
    function CLAIM_BOND() external view returns (uint256);

    /// @notice The trace of a claim covers 2^height units.
    function CLAIM_TRACE_HEIGHT() external view returns (uint8);

    /// @notice Batches by which a claim goes beyond its parent, at most: 4,096, so that what it claims fits into a dispute
    /// of 2^32 units, of which a payload gives fewer than 2^17.
    function MAXIMUM_BATCHES_PER_CLAIM() external view returns (uint256);
}
