// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallengeGame} from "./interfaces/IChallengeGame.sol";
import {IInbox} from "./interfaces/IInbox.sol";
import {IStateCommitmentChain} from "./interfaces/IStateCommitmentChain.sol";
import {Children, Claim, ClaimStatus} from "./types/Claim.sol";
import {ClaimId, claimIdOf, NO_CLAIM} from "./types/ClaimId.sol";

/// @title State commitment chain
/// @notice See {IStateCommitmentChain}.
contract StateCommitmentChain is IStateCommitmentChain {
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
    function propose(ClaimId parentId, bytes32 stateHash) external payable returns (ClaimId claimId) {
        Claim memory parent = _claims[parentId];
        require(
            parent.status == ClaimStatus.Proposed || parent.status == ClaimStatus.Confirmed,
            ClaimNotExtendable(parentId)
        );
        claimId = claimIdOf(parentId, stateHash);
        require(_claims[claimId].status == ClaimStatus.Unknown, ClaimExists(claimId));
        uint256 batchCount = INBOX.batchCount();
        require(batchCount >= parent.nextBatchCount, NotEnoughBatches(parent.nextBatchCount, batchCount));
        require(msg.value == CLAIM_BOND, WrongBond(CLAIM_BOND, msg.value));

        _addChild(parentId, parent.children, claimId);
        uint40 nextBatchCount = batchCount > parent.nextBatchCount ? uint40(batchCount) : parent.nextBatchCount + 1;
        _claims[claimId] = Claim({
            proposer: msg.sender,
            proposedAt: uint40(block.timestamp),
            nextBatchCount: nextBatchCount,
            status: ClaimStatus.Proposed,
            children: Children.None
        });
        emit ClaimProposed(claimId, parentId, msg.sender, stateHash, parent.nextBatchCount, nextBatchCount);
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

    /// @dev A child that stood alone for the challenge period has won already, whether or not somebody has confirmed it:
    /// nobody can hold it up by a late rival.
    function _addChild(ClaimId parentId, Children children, ClaimId child) private {
        if (children == Children.None) {
            firstChild[parentId] = child;
            _claims[parentId].children = Children.Single;
            return;
        }
        ClaimId first = firstChild[parentId];
        if (children == Children.Single) {
            require(block.timestamp < _claims[first].proposedAt + CHALLENGE_PERIOD, ChildStands(first));
            _claims[parentId].children = Children.Rivals;
            return;
        }
        require(children == Children.Rivals, ChildStands(first));
    }

    function _pay(address recipient) private {
        (bool success, ) = recipient.call{value: CLAIM_BOND}("");
        require(success, PaymentFailed(recipient, CLAIM_BOND));
    }
}
