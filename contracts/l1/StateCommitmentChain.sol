// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IChallengeGame} from "./interfaces/IChallengeGame.sol";
import {IInbox} from "./interfaces/IInbox.sol";
import {IStateCommitmentChain} from "./interfaces/IStateCommitmentChain.sol";
import {BoundaryStates} from "./libraries/BoundaryStates.sol";
import {L1Blocks} from "./libraries/L1Blocks.sol";
import {TraceRoots} from "./libraries/TraceRoots.sol";
import {Children, Claim, ClaimStatus} from "./types/Claim.sol";
import {ClaimBody} from "./types/ClaimBody.sol";
import {ClaimId, NO_CLAIM} from "./types/ClaimId.sol";
import {State} from "./types/State.sol";

/// @title State commitment chain
/// @notice See {IStateCommitmentChain}.
contract StateCommitmentChain is IStateCommitmentChain {
    /// @inheritdoc IStateCommitmentChain
    uint256 public constant MAXIMUM_BATCHES_PER_CLAIM = 4096;

    /// @inheritdoc IStateCommitmentChain
    IInbox public immutable INBOX;
    /// @inheritdoc IStateCommitmentChain
    IChallengeGame public immutable CHALLENGE_GAME;
    /// @inheritdoc IStateCommitmentChain
    uint256 public immutable CHALLENGE_PERIOD;
    /// @inheritdoc IStateCommitmentChain
    uint256 public immutable CLAIM_BOND;
    /// @inheritdoc IStateCommitmentChain
    uint8 public immutable CLAIM_TRACE_HEIGHT;
    /// @inheritdoc IStateCommitmentChain
    ClaimId public immutable GENESIS_CLAIM;

    /// @inheritdoc IStateCommitmentChain
    ClaimId public latestConfirmed;

    mapping(ClaimId claimId => Claim claim) private _claims;
    /// @inheritdoc IStateCommitmentChain
    mapping(ClaimId claimId => ClaimId child) public firstChild;
    /// @inheritdoc IStateCommitmentChain
    mapping(ClaimId claimId => uint256 timestamp) public secondChildAt;

    /// @dev What claims lost, by the loser: the parent whose children it was or descends from. Only of those with children.
    mapping(ClaimId claimId => ClaimId parentId) private _lostUnder;

    /// @dev Parameters are checked by the Rollup, which deploys this and the game. Reverts with NotTheGameOf.
    constructor(IInbox inbox, IChallengeGame challengeGame, bytes32 genesisStateHash) {
        IStateCommitmentChain ofGame = challengeGame.STATE_COMMITMENT_CHAIN();
        require(address(ofGame) == address(this), NotTheGameOf(address(ofGame)));
        INBOX = inbox;
        CHALLENGE_GAME = challengeGame;
        CHALLENGE_PERIOD = challengeGame.CHALLENGE_PERIOD();
        CLAIM_BOND = challengeGame.CLAIM_BOND();
        CLAIM_TRACE_HEIGHT = challengeGame.CLAIM_TRACE_HEIGHT();

        ClaimId genesis = ClaimBody({parentId: NO_CLAIM, stateHash: genesisStateHash, traceRoot: 0}).id();
        GENESIS_CLAIM = genesis;
        latestConfirmed = genesis;
        _claims[genesis] = Claim({
            proposer: address(0),
            proposedAt: uint40(block.timestamp),
            nextBatchCount: 1,
            status: ClaimStatus.Confirmed,
            children: Children.None
        });
        emit ClaimConfirmed(genesis, NO_CLAIM, genesisStateHash, 0);
    }

    /// @inheritdoc IStateCommitmentChain
    function propose(
        ClaimId parentId,
        State calldata state,
        bytes32[] calldata siblings,
        uint256 l1BlockNumber,
        bytes32 l1BlockHash
    ) external payable returns (ClaimId claimId) {
        Claim memory parent = _claims[parentId];
        bytes32 stateHash = state.hash();
        bytes32 traceRoot = TraceRoots.rootOfLast(BoundaryStates.halted(stateHash), siblings, CLAIM_TRACE_HEIGHT);
        claimId = ClaimBody({parentId: parentId, stateHash: stateHash, traceRoot: traceRoot}).id();
        uint256 batchCount = INBOX.batchCount();
        bool bondMoves = parent.proposer == msg.sender;
        require(
            parent.status == ClaimStatus.Proposed || parent.status == ClaimStatus.Confirmed,
            ClaimNotExtendable(parentId)
        );
        require(_claims[claimId].status == ClaimStatus.Unknown, ClaimExists(claimId));
        require(state.batchCount == parent.nextBatchCount, WrongBatchCount(parent.nextBatchCount, state.batchCount));
        require(batchCount >= state.batchCount, NotEnoughBatches(state.batchCount, batchCount));
        L1Blocks.check(l1BlockNumber, l1BlockHash);
        _checkBond(bondMoves ? 0 : CLAIM_BOND);
        _checkNoChildStands(parentId, parent.children);

        if (parent.children == Children.None) {
            parent.children = Children.Single;
            firstChild[parentId] = claimId;
        } else if (parent.children == Children.Single) {
            parent.children = Children.Rivals;
            secondChildAt[parentId] = block.timestamp;
        }
        if (bondMoves) parent.proposer = address(0);
        _claims[parentId] = parent;
        uint256 nextBatchCount = _nextBatchCount(state.batchCount, batchCount);
        _claims[claimId] = Claim({
            proposer: msg.sender,
            proposedAt: uint40(block.timestamp),
            nextBatchCount: uint40(nextBatchCount),
            status: ClaimStatus.Proposed,
            children: Children.None
        });
        if (bondMoves) emit BondMoved(parentId, claimId, msg.sender);
        emit ClaimProposed(claimId, parentId, msg.sender, stateHash, traceRoot, state.batchCount, nextBatchCount);
    }

    /// @inheritdoc IStateCommitmentChain
    function confirm(ClaimBody calldata body) external {
        ClaimId parentId = body.parentId;
        ClaimId claimId = body.id();
        Claim memory parent = _claims[parentId];
        Claim storage self = _claims[claimId];
        require(parent.status == ClaimStatus.Confirmed, ClaimNotConfirmed(parentId));
        require(self.status == ClaimStatus.Proposed && parent.children != Children.Decided, ClaimNotPending(claimId));
        if (parent.children == Children.Single) {
            uint256 from = self.proposedAt + CHALLENGE_PERIOD;
            require(block.timestamp >= from, ChallengePeriodRuns(claimId, from));
        } else {
            ClaimId winner = CHALLENGE_GAME.winner(parentId);
            require(winner == claimId, NotTheWinner(claimId, winner));
        }

        self.status = ClaimStatus.Confirmed;
        _claims[parentId].children = Children.Decided;
        latestConfirmed = claimId;
        emit ClaimConfirmed(claimId, parentId, body.stateHash, body.traceRoot);
    }

    /// @inheritdoc IStateCommitmentChain
    function withdrawBond(ClaimId claimId) external {
        Claim storage self = _claims[claimId];
        address proposer = self.proposer;
        require(self.status == ClaimStatus.Confirmed, ClaimNotConfirmed(claimId));
        require(proposer != address(0), NoBond(claimId));

        self.proposer = address(0);
        emit BondWithdrawn(claimId, proposer, CLAIM_BOND);

        require(LowLevelCall.callNoReturn(proposer, CLAIM_BOND, ""), PaymentFailed(proposer, CLAIM_BOND));
    }

    /// @inheritdoc IStateCommitmentChain
    function forfeitBond(ClaimBody calldata body) external {
        ClaimId parentId = body.parentId;
        ClaimId claimId = body.id();
        Claim memory parent = _claims[parentId];
        Claim storage self = _claims[claimId];
        address proposer = self.proposer;
        require(self.status == ClaimStatus.Proposed, ClaimNotPending(claimId));
        // A claim still pending beside a decided sibling is not the confirmed one.
        require(parent.children == Children.Decided || parent.status == ClaimStatus.Forfeited, ClaimNotLost(claimId));
        ClaimId lostUnder = parent.status == ClaimStatus.Forfeited ? _lostUnder[parentId] : parentId;

        self.status = ClaimStatus.Forfeited;
        self.proposer = address(0);
        if (self.children != Children.None) _lostUnder[claimId] = lostUnder;
        emit ClaimForfeited(claimId, parentId, body.stateHash, body.traceRoot);
        // Its bond may have moved on to a descendant, which can be forfeited from now on.
        if (proposer == address(0)) return;
        emit BondForfeited(claimId, proposer, CLAIM_BOND);

        CHALLENGE_GAME.takeLostBond{value: CLAIM_BOND}(lostUnder);
    }

    /// @inheritdoc IStateCommitmentChain
    function isConfirmed(ClaimId claimId) external view returns (bool) {
        return _claims[claimId].status == ClaimStatus.Confirmed;
    }

    /// @inheritdoc IStateCommitmentChain
    function claim(ClaimId claimId) external view returns (Claim memory) {
        return _claims[claimId];
    }

    /// @inheritdoc IStateCommitmentChain
    function isRivaled(ClaimId parentId, ClaimId claimId) external view returns (bool) {
        require(_claims[claimId].status != ClaimStatus.Unknown, UnknownClaim(claimId));
        return secondChildAt[parentId] != 0;
    }

    /// @inheritdoc IStateCommitmentChain
    function unrivaledTime(ClaimId parentId, ClaimId claimId) external view returns (uint256) {
        Claim storage self = _claims[claimId];
        require(self.status != ClaimStatus.Unknown, UnknownClaim(claimId));
        if (firstChild[parentId] != claimId) return 0;
        uint256 end = secondChildAt[parentId];
        return (end == 0 ? block.timestamp : end) - self.proposedAt;
    }

    /// @dev A child that stood alone for the challenge period has won already, whether or not somebody has confirmed it:
    /// nobody can hold it up by a late rival. Nor is there a rival to one that the game has decided for.
    function _checkNoChildStands(ClaimId parentId, Children children) private view {
        if (children == Children.None) return;
        if (children == Children.Rivals) {
            ClaimId winner = CHALLENGE_GAME.winner(parentId);
            require(winner == NO_CLAIM, ChildStands(winner));
            return;
        }
        ClaimId first = firstChild[parentId];
        require(
            children == Children.Single && block.timestamp < _claims[first].proposedAt + CHALLENGE_PERIOD,
            ChildStands(first)
        );
    }

    function _checkBond(uint256 expected) private view {
        require(msg.value == expected, WrongBond(expected, msg.value));
    }

    /// @dev `own` batches are covered by the claim itself, of the `posted` there are.
    function _nextBatchCount(uint256 own, uint256 posted) private pure returns (uint256) {
        if (posted <= own) return own + 1;
        return posted < own + MAXIMUM_BATCHES_PER_CLAIM ? posted : own + MAXIMUM_BATCHES_PER_CLAIM;
    }
}
