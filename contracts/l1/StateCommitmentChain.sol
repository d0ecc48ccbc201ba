// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallengeGame} from "./interfaces/IChallengeGame.sol";
import {IInbox} from "./interfaces/IInbox.sol";
import {IStateCommitmentChain} from "./interfaces/IStateCommitmentChain.sol";
import {Children, Claim, ClaimStatus} from "./types/Claim.sol";
import {ClaimId, claimIdOf, NO_CLAIM} from "./types/ClaimId.sol";
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
    ClaimId public immutable GENESIS_CLAIM;

    /// @inheritdoc IStateCommitmentChain
    ClaimId public latestConfirmed;

    mapping(ClaimId claimId => Claim claim) private _claims;
    /// @inheritdoc IStateCommitmentChain
    mapping(ClaimId claimId => ClaimId child) public firstChild;
    /// @inheritdoc IStateCommitmentChain
    mapping(ClaimId claimId => uint256 timestamp) public secondChildAt;

    /// @dev Parameters are checked by the Rollup, which deploys this.
    constructor(
        IInbox inbox,
        IChallengeGame challengeGame,
        uint256 challengePeriod,
        uint256 claimBond,
        bytes32 genesisStateHash
    ) {
        INBOX = inbox;
        CHALLENGE_GAME = challengeGame;
        CHALLENGE_PERIOD = challengePeriod;
        CLAIM_BOND = claimBond;

        ClaimId genesis = claimIdOf(NO_CLAIM, genesisStateHash);
        GENESIS_CLAIM = genesis;
        latestConfirmed = genesis;
        _claims[genesis] = Claim({
            proposer: address(0),
            proposedAt: uint40(block.timestamp),
            nextBatchCount: 1,
            status: ClaimStatus.Confirmed,
            children: Children.None
        });
        emit ClaimConfirmed(genesis, NO_CLAIM, genesisStateHash);
    }

    /// @inheritdoc IStateCommitmentChain
    function propose(
        ClaimId parentId,
        State calldata state,
        uint256 l1BlockNumber,
        bytes32 l1BlockHash
    ) external payable returns (ClaimId claimId) {
        Claim memory parent = _claims[parentId];
        bytes32 stateHash = state.hash();
        claimId = claimIdOf(parentId, stateHash);
        uint256 batchCount = INBOX.batchCount();
        bool bondMoves = parent.proposer == msg.sender;
        require(
            parent.status == ClaimStatus.Proposed || parent.status == ClaimStatus.Confirmed,
            ClaimNotExtendable(parentId)
        );
        require(_claims[claimId].status == ClaimStatus.Unknown, ClaimExists(claimId));
        require(state.batchCount == parent.nextBatchCount, WrongBatchCount(parent.nextBatchCount, state.batchCount));
        require(batchCount >= state.batchCount, NotEnoughBatches(state.batchCount, batchCount));
        _checkL1Block(l1BlockNumber, l1BlockHash);
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
        emit ClaimProposed(claimId, parentId, msg.sender, stateHash, state.batchCount, nextBatchCount);
    }

    /// @inheritdoc IStateCommitmentChain
    function confirm(ClaimId parentId, bytes32 stateHash) external {
        ClaimId claimId = claimIdOf(parentId, stateHash);
        Claim memory parent = _claims[parentId];
        Claim storage self = _claims[claimId];
        require(parent.status == ClaimStatus.Confirmed, ClaimNotConfirmed(parentId));
        require(self.status == ClaimStatus.Proposed && parent.children != Children.Decided, ClaimNotPending(claimId));
        if (parent.children == Children.Single) {
            uint256 from = self.proposedAt + CHALLENGE_PERIOD;
            require(block.timestamp >= from, ChallengePeriodRuns(claimId, from));
        } else {
            require(address(CHALLENGE_GAME) != address(0), NoChallengeGame(parentId));
            ClaimId winner = CHALLENGE_GAME.winner(parentId);
            require(winner == claimId, NotTheWinner(claimId, winner));
        }

        self.status = ClaimStatus.Confirmed;
        _claims[parentId].children = Children.Decided;
        latestConfirmed = claimId;
        emit ClaimConfirmed(claimId, parentId, stateHash);
    }

    /// @inheritdoc IStateCommitmentChain
    function withdrawBond(ClaimId claimId) external {
        Claim storage self = _claims[claimId];
        address proposer = self.proposer;
        require(self.status == ClaimStatus.Confirmed, ClaimNotConfirmed(claimId));
        require(proposer != address(0), NoBond(claimId));

        self.proposer = address(0);
        emit BondWithdrawn(claimId, proposer, CLAIM_BOND);
        _pay(proposer);
    }

    /// @inheritdoc IStateCommitmentChain
    function forfeitBond(ClaimId parentId, bytes32 stateHash) external {
        ClaimId claimId = claimIdOf(parentId, stateHash);
        Claim memory parent = _claims[parentId];
        Claim storage self = _claims[claimId];
        address proposer = self.proposer;
        require(self.status == ClaimStatus.Proposed, ClaimNotPending(claimId));
        // A claim still pending beside a decided sibling is not the confirmed one.
        require(parent.children == Children.Decided || parent.status == ClaimStatus.Forfeited, ClaimNotLost(claimId));

        self.status = ClaimStatus.Forfeited;
        self.proposer = address(0);
        emit ClaimForfeited(claimId, parentId, stateHash);
        // Its bond may have moved on to a descendant, which can be forfeited from now on.
        if (proposer == address(0)) return;
        emit BondForfeited(claimId, proposer, CLAIM_BOND);
        // Not zero: without a game no rival is confirmed, so nothing is lost.
        _pay(address(CHALLENGE_GAME));
    }

    /// @inheritdoc IStateCommitmentChain
    function isConfirmed(ClaimId claimId) external view returns (bool) {
        return _claims[claimId].status == ClaimStatus.Confirmed;
    }

    /// @inheritdoc IStateCommitmentChain
    function claim(ClaimId claimId) external view returns (Claim memory) {
        return _claims[claimId];
    }

    function _pay(address recipient) private {
        (bool success, ) = recipient.call{value: CLAIM_BOND}("");
        require(success, PaymentFailed(recipient, CLAIM_BOND));
    }

    /// @dev A child that stood alone for the challenge period has won already, whether or not somebody has confirmed it:
    /// nobody can hold it up by a late rival.
    function _checkNoChildStands(ClaimId parentId, Children children) private view {
        if (children == Children.None || children == Children.Rivals) return;
        ClaimId first = firstChild[parentId];
        require(
            children == Children.Single && block.timestamp < _claims[first].proposedAt + CHALLENGE_PERIOD,
            ChildStands(first)
        );
    }

    function _checkBond(uint256 expected) private view {
        require(msg.value == expected, WrongBond(expected, msg.value));
    }

    function _checkL1Block(uint256 number, bytes32 expected) private view {
        bytes32 actual = blockhash(number);
        // Zero stands for no block, so it is nobody's hash either.
        require(actual == expected && actual != 0, WrongL1Block(number, expected, actual));
    }

    /// @dev `own` batches are covered by the claim itself, of the `posted` there are.
    function _nextBatchCount(uint256 own, uint256 posted) private pure returns (uint256) {
        if (posted <= own) return own + 1;
        return posted < own + MAXIMUM_BATCHES_PER_CLAIM ? posted : own + MAXIMUM_BATCHES_PER_CLAIM;
    }
}
