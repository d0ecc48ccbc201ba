// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOneStepProver} from "../../machine/interfaces/IOneStepProver.sol";
import {Witness} from "../../machine/types/Witness.sol";
import {ClaimBody} from "../types/ClaimBody.sol";
import {ClaimId} from "../types/ClaimId.sol";
import {Bisection, ClaimBisection, Move, Opening, StepProof} from "../types/Move.sol";
import {Position, PositionId} from "../types/Position.sol";
import {TreeNode} from "../types/TreeNode.sol";
import {IInbox} from "./IInbox.sol";
import {IStateCommitmentChain} from "./IStateCommitmentChain.sol";

/// @title Challenge game
/// @notice Decides between rival claims (docs/disputes.md, after the BoLD paper, arXiv 2404.10491). Whoever is right bisects
/// spans of the right trace where they have rivals, down to one step, which the OneStepProver takes; time does the rest: a span
/// gains time while it has no rival, and the claim that gathers a challenge period of it has won. A move is good for whoever is
/// right, whoever makes it; what has been done once is never undone, done again, or timed anew.
/// @dev Why delay is bounded: a rival of a claim can be answered down one path only, as positions commit to all earlier states;
/// so each liar's stake buys a number of answers that the heights bound, and time between them runs for the right claim.
interface IChallengeGame {
    /// @notice A claim was bisected.
    /// @param parentId Its parent.
    /// @param claimId The claim.
    /// @param left Root of the left half of its trace.
    /// @param right Root of the right half.
    /// @param player Who did it.
    event ClaimBisected(
        ClaimId indexed parentId,
        ClaimId indexed claimId,
        bytes32 left,
        bytes32 right,
        address indexed player
    );

    /// @notice A span was bisected.
    /// @param position Its position; its root is `keccak256(left ‖ right)`.
    /// @param left Root of its left half.
    /// @param right Root of its right half.
    /// @param player Who did it.
    event Bisected(PositionId indexed position, bytes32 left, bytes32 right, address indexed player);

    /// @notice A unit was opened: the trace of its steps has the root `root`.
    /// @param unit Position of the unit.
    /// @param unitRoot State after the unit.
    /// @param before State before the unit.
    /// @param root Root of the trace of its steps.
    /// @param player Who did it, and put up the bond.
    event Opened(PositionId indexed unit, bytes32 unitRoot, bytes32 before, bytes32 root, address indexed player);

    /// @notice A step was proven.
    /// @param position Of the step.
    /// @param state The state after it.
    /// @param player Who did it.
    event Proven(PositionId indexed position, bytes32 state, address indexed player);

    /// @notice The alarm: the prover led from one state to two. Both proofs have stopped ticking, and the prover is not sound.
    /// @param position Of the step.
    /// @param state The state after it by the later proof.
    event ProofsConflict(PositionId indexed position, bytes32 state);

    /// @notice A claim won among the children of its parent.
    /// @param parentId The parent.
    /// @param claimId The winner.
    /// @param total Seconds it has gathered, at least.
    event ClaimDecided(ClaimId indexed parentId, ClaimId indexed claimId, uint256 total);

    /// @notice A trace won among those opened for a unit.
    /// @param unit Position of the unit.
    /// @param root Root of the trace that won.
    /// @param opener Who opened it, and has the bond back.
    /// @param total Seconds it has gathered, at least.
    event UnitDecided(PositionId indexed unit, bytes32 root, address indexed opener, uint256 total);

    /// @notice A total was stored.
    /// @param position Position of the span.
    /// @param root Its root.
    /// @param total Seconds.
    event TotalCached(PositionId indexed position, bytes32 root, uint256 total);

    /// @notice The bond of a claim that lost came in: half of it is for rewards, half of it is burned.
    /// @param parentId Parent of the claim that lost to its sibling; the bond may have been on a descendant of that.
    /// @param amount Wei.
    event BondLost(ClaimId indexed parentId, uint256 amount);

    /// @notice An account may withdraw more.
    /// @param account Whose.
    /// @param amount Wei.
    event Credited(address indexed account, uint256 amount);

    /// @notice An account was paid.
    /// @param account Whose.
    /// @param amount Wei.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice The dispute lasts too short: time for `moves` moves of a response time each does not fit into a challenge period.
    error ChallengePeriodTooShort(uint256 challengePeriod, uint256 moves, uint256 minimumResponseTime);

    /// @notice A trace has a height from 1 to 48.
    error HeightOutOfRange(uint256 height);

    /// @notice Only the state commitment chain may call.
    error NotStateCommitmentChain(address caller);

    /// @notice The claim has no rival.
    error UnrivaledClaim(ClaimId claimId);

    /// @notice A span of one state has no halves.
    error NothingToBisect(PositionId position);

    /// @notice The position is not that of a unit.
    error NotAUnit(PositionId position);

    /// @notice The position is not that of a step of this unit.
    error NotAStepOf(PositionId position, PositionId unit);

    /// @notice Bonds for what was opened come to `expected` wei more than the caller sent and has left.
    error BondMissing(uint256 expected);

    /// @notice The node at `index` of a tree cannot stand where it does.
    error MisplacedNode(uint256 index);

    /// @notice A tree has `expected` nodes, `actual` were given.
    error WrongNodeCount(uint256 expected, uint256 actual);

    /// @notice The halves `first` and `second` hash to `actual`, the span has the root `expected`.
    error WrongHalves(bytes32 expected, bytes32 actual);

    /// @notice Only `total` seconds of `required` are shown to have been gathered.
    error TooEarly(uint256 total, uint256 required);

    /// @notice `winner` won already.
    error LostTo(bytes32 winner);

    /// @notice It has not won: `winner` has, or nobody.
    error NotTheWinner(bytes32 winner);

    /// @notice There is nothing to pay.
    error NothingToWithdraw(address account);

    /// @notice `account` did not take what it is owed.
    error PaymentFailed(address account, uint256 amount);

    /// @notice Records the halves of a claim that has rivals. What is there already stays as it is.
    /// Reverts with UnknownClaim of the state commitment chain or UnrivaledClaim.
    function bisectClaim(ClaimBisection calldata bisection) external;

    /// @notice Records the halves of a span that has rivals. What is there already stays as it is.
    /// Reverts with NothingToBisect, Rivals.UnknownSpan or Rivals.Unrivaled.
    function bisect(Bisection calldata bisection) external;

    /// @notice Opens a unit that has rivals, which takes UNIT_BOND: of what is sent, then of what the caller has to withdraw. What is
    /// there already stays as it is, and takes nothing; what is sent too much can be withdrawn.
    /// @dev Binds itself to an L1 block like a claim, as the bond would be lost in another history of the Inbox.
    /// Reverts with NotAUnit, L1Blocks.WrongL1Block, TraceRoots.SiblingsMismatch, TraceRoots.WrongStateBefore,
    /// Rivals.UnknownSpan, Rivals.Unrivaled or BondMissing.
    function open(Opening calldata opening) external payable;

    /// @notice Makes many moves, as the functions of their names do.
    function play(Move[] calldata moves) external payable;

    /// @notice Proves the step of a span of one state that has rivals: records what the OneStepProver makes of the state before as proof.
    /// What is there already stays as it is.
    /// @dev With too little gas the prover reverts, and this does. A proof too has a time, which a proof of another state at its
    /// position stops: a prover that leads to two states costs time, not money.
    /// Reverts with NotAUnit, NotAStepOf, TraceRoots.SiblingsMismatch, TraceRoots.WrongStateBefore, Rivals.UnknownSpan (for a state that
    /// nobody claims), Rivals.Unrivaled, or as the prover does.
    function prove(StepProof calldata proof, Witness calldata witness) external;

    /// @notice Stores the total time of a span as shown, if it is more than what is stored: for trees that are too large for one
    /// transaction. Totals only grow, so what is stored stays right.
    /// Reverts with Rivals.UnknownSpan, WrongHalves, MisplacedNode or WrongNodeCount.
    /// @param position Of the span.
    /// @param unitRoot As of Bisection.
    /// @param root Its root.
    /// @param tree It and what is below it.
    function cache(Position calldata position, bytes32 unitRoot, bytes32 root, TreeNode[] calldata tree) external;

    /// @notice Makes a claim the winner among its siblings, if it is shown to have gathered CHALLENGE_PERIOD and none has won. If it has
    /// won already, nothing happens.
    /// Reverts with LostTo, TooEarly, UnknownClaim of the state commitment chain, or as `cache`.
    /// @param parent Body of its parent.
    /// @param stateHash Of the claim.
    /// @param traceRoot Of the claim.
    /// @param tree The claim's trace and what is below it.
    function decide(ClaimBody calldata parent, bytes32 stateHash, bytes32 traceRoot, TreeNode[] calldata tree) external;

    /// @notice Makes a trace the winner among those opened for a unit, if it is shown to have gathered CHALLENGE_PERIOD and none has won,
    /// and credits its bond to who opened it. If it has won already, nothing happens.
    /// Reverts with NotAUnit, LostTo, TooEarly, or as `cache`.
    /// @param unit Position of the unit.
    /// @param unitRoot The state after the unit.
    /// @param before The state before it.
    /// @param root Root of the trace.
    /// @param tree The trace and what is below it.
    function decideUnit(
        Position calldata unit,
        bytes32 unitRoot,
        bytes32 before,
        bytes32 root,
        TreeNode[] calldata tree
    ) external;

    /// @notice Credits the rewards for spans in the tree of a claim that won to those who recorded them, once for each, as long as
    /// there are bonds of claims that lost to it. Anyone may call.
    /// Reverts with NotTheWinner, or as `cache`.
    /// @param parent Body of its parent.
    /// @param stateHash Of the claim.
    /// @param traceRoot Of the claim.
    /// @param tree The claim's trace and what is below it; nodes of the kinds Alone and Bisected count.
    function collect(
        ClaimBody calldata parent,
        bytes32 stateHash,
        bytes32 traceRoot,
        TreeNode[] calldata tree
    ) external;

    /// @notice Credits the rewards for spans and proofs in the tree of a trace that won among those opened for a unit, likewise.
    /// Reverts with NotAUnit, NotTheWinner, or as `cache`.
    function collectUnit(
        Position calldata unit,
        bytes32 unitRoot,
        bytes32 before,
        bytes32 root,
        TreeNode[] calldata tree
    ) external;

    /// @notice Pays an account what it is owed. Anyone may call.
    /// Reverts with NothingToWithdraw or PaymentFailed.
    function withdraw(address account) external;

    /// @notice Takes the bond of a claim that lost. Reverts with NotStateCommitmentChain.
    /// @param parentId Parent of the claim that lost to its sibling.
    function takeLostBond(ClaimId parentId) external payable;

    /// @notice The child of `parentId` that won against its rivals, or 0 while there is none. Never changes once it names one.
    /// @param parentId Parent of the rivals.
    function winner(ClaimId parentId) external view returns (ClaimId);

    /// @notice Truncated root of the trace that won among those opened for a unit, hashed with the state after the unit; 0 while none has.
    /// @param unitTrace Position of the whole trace of the unit.
    function unitWinner(PositionId unitTrace) external view returns (bytes25);

    /// @notice Wei that an account may withdraw.
    function owed(address account) external view returns (uint256);

    /// @notice Seconds that a span has gathered, as far as `tree` shows. Reverts as `cache`.
    function totalOf(
        Position calldata position,
        bytes32 unitRoot,
        bytes32 root,
        TreeNode[] calldata tree
    ) external view returns (uint256);

    /// @notice The claims.
    function STATE_COMMITMENT_CHAIN() external view returns (IStateCommitmentChain);

    /// @notice What the units are of.
    function INBOX() external view returns (IInbox);

    /// @notice Takes the one step a dispute ends in.
    function PROVER() external view returns (IOneStepProver);

    /// @notice Seconds a claim has to gather.
    function CHALLENGE_PERIOD() external view returns (uint256);

    /// @notice Seconds that an answer takes at least; a challenge period has room for all answers to one rival, and six more.
    function MINIMUM_RESPONSE_TIME() external view returns (uint256);

    /// @notice Wei put up with a claim.
    function CLAIM_BOND() external view returns (uint256);

    /// @notice Wei put up with the trace of a unit.
    function UNIT_BOND() external view returns (uint256);

    /// @notice The trace of a claim covers 2^height units.
    function CLAIM_TRACE_HEIGHT() external view returns (uint8);

    /// @notice The trace of a unit covers 2^height steps.
    function UNIT_TRACE_HEIGHT() external view returns (uint8);
}
