// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StateCommitmentChain} from "../l1/StateCommitmentChain.sol";
import {IChallengeGame} from "../l1/interfaces/IChallengeGame.sol";
import {IInbox} from "../l1/interfaces/IInbox.sol";
import {ClaimId} from "../l1/types/ClaimId.sol";

/// @title Appointed winner game
/// @notice What a state commitment chain, which this deploys, asks of its challenge game, with winners that are appointed, for tests.
contract AppointedWinnerGame {
    /// @notice The chain whose game this is.
    StateCommitmentChain public immutable STATE_COMMITMENT_CHAIN;
    /// @notice See IChallengeGame.
    uint256 public immutable CHALLENGE_PERIOD;
    /// @notice See IChallengeGame.
    uint256 public immutable CLAIM_BOND;
    /// @notice See IChallengeGame.
    uint8 public immutable CLAIM_TRACE_HEIGHT;

    /// @notice See IChallengeGame.
    mapping(ClaimId parentId => ClaimId child) public winner;
    /// @notice Wei that came in, by the pool they came in for.
    mapping(ClaimId parentId => uint256 amount) public lostBonds;

    constructor(uint256 challengePeriod, uint256 claimBond, uint8 claimTraceHeight) {
        CHALLENGE_PERIOD = challengePeriod;
        CLAIM_BOND = claimBond;
        CLAIM_TRACE_HEIGHT = claimTraceHeight;
        // The first contract that this creates: the end of keccak256(rlp([this, 1])).
        bytes32 hash = keccak256(abi.encodePacked(hex"d694", address(this), hex"01"));
        STATE_COMMITMENT_CHAIN = StateCommitmentChain(address(uint160(uint256(hash))));
    }

    /// @notice Deploys the chain; once.
    function deployChain(IInbox inbox, bytes32 genesisStateHash) external {
        StateCommitmentChain chain = new StateCommitmentChain(inbox, IChallengeGame(address(this)), genesisStateHash);
        assert(address(chain) == address(STATE_COMMITMENT_CHAIN));
    }

    /// @notice See IChallengeGame.
    function takeLostBond(ClaimId parentId) external payable {
        lostBonds[parentId] += msg.value;
    }

    /// @notice Makes `child` the winner among the children of `parentId`.
    function appoint(ClaimId parentId, ClaimId child) external {
        winner[parentId] = child;
    }
}
