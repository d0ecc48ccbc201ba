// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOneStepProver} from "../machine/interfaces/IOneStepProver.sol";
import {IChallengeGame} from "./interfaces/IChallengeGame.sol";
import {IInbox} from "./interfaces/IInbox.sol";
import {IPortal} from "./interfaces/IPortal.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {IStateCommitmentChain} from "./interfaces/IStateCommitmentChain.sol";
import {DisputeParameters} from "./types/DisputeParameters.sol";
import {Parameters} from "./types/Parameters.sol";
import {ChallengeGame} from "./ChallengeGame.sol";
import {Inbox} from "./Inbox.sol";
import {Portal} from "./Portal.sol";
import {StateCommitmentChain} from "./StateCommitmentChain.sol";

/// @title Rollup
/// @notice See {IRollup}.
contract Rollup is IRollup {
    /// @dev The last with which every `v` of EIP-155, at most twice the id and 36, stays below 2^53.
    uint256 private constant MAXIMUM_CHAIN_ID = 4_503_599_627_370_477;
    uint256 private constant MAXIMUM_DELAY = 365 days;
    /// @dev EIP-7825: the gas limit a message may have. The bucket must be able to pay for any.
    uint256 private constant MINIMUM_DEPOSIT_GAS_CAPACITY = 1 << 24;

    /// @inheritdoc IRollup
    IInbox public immutable INBOX;
    /// @inheritdoc IRollup
    IStateCommitmentChain public immutable STATE_COMMITMENT_CHAIN;
    /// @inheritdoc IRollup
    IChallengeGame public immutable CHALLENGE_GAME;
    /// @inheritdoc IRollup
    IPortal public immutable PORTAL;
    /// @inheritdoc IRollup
    uint256 public immutable DEPLOYMENT_BLOCK;

    bytes32 private immutable _GENESIS_STATE_HASH;

    /// @notice Deploys the rollup.
    /// Reverts with ZeroOperator, ZeroGenesisStateHash, ParameterOutOfRange, ContextIntervalTooLong, ProverWithoutCode, or
    /// ChallengeGame's HeightOutOfRange or ChallengePeriodTooShort.
    constructor(Parameters memory chosen) {
        _check(chosen);
        DEPLOYMENT_BLOCK = block.number;
        _GENESIS_STATE_HASH = chosen.genesisStateHash;

        // Two circles among the links: the Inbox pays the Portal, which knows the Inbox, and the state commitment chain and its
        // game know each other.
        address predictedPortal = _addressOfCreation(4);
        Inbox inbox = new Inbox(
            chosen.l2ChainId,
            chosen.operator,
            chosen.forceInclusionDelay,
            chosen.selfSequencingDelay,
            chosen.contextInterval,
            chosen.depositGasCapacity,
            chosen.depositGasPerSecond,
            predictedPortal
        );
        ChallengeGame challengeGame = new ChallengeGame(
            IStateCommitmentChain(_addressOfCreation(3)),
            inbox,
            IOneStepProver(chosen.prover),
            chosen.dispute
        );
        StateCommitmentChain stateCommitmentChain = new StateCommitmentChain(
            inbox,
            challengeGame,
            chosen.genesisStateHash
        );
        Portal portal = new Portal(inbox, stateCommitmentChain);
        assert(address(portal) == predictedPortal);

        INBOX = inbox;
        STATE_COMMITMENT_CHAIN = stateCommitmentChain;
        CHALLENGE_GAME = challengeGame;
        PORTAL = portal;
        emit RollupDeployed(inbox, stateCommitmentChain, challengeGame, portal);
    }

    /// @inheritdoc IRollup
    function parameters() external view returns (Parameters memory) {
        return
            Parameters({
                l2ChainId: INBOX.L2_CHAIN_ID(),
                operator: INBOX.OPERATOR(),
                forceInclusionDelay: INBOX.FORCE_INCLUSION_DELAY(),
                selfSequencingDelay: INBOX.SELF_SEQUENCING_DELAY(),
                contextInterval: INBOX.CONTEXT_INTERVAL(),
                depositGasCapacity: INBOX.DEPOSIT_GAS_CAPACITY(),
                depositGasPerSecond: INBOX.DEPOSIT_GAS_PER_SECOND(),
                genesisStateHash: _GENESIS_STATE_HASH,
                prover: address(CHALLENGE_GAME.PROVER()),
                dispute: DisputeParameters({
                    challengePeriod: CHALLENGE_GAME.CHALLENGE_PERIOD(),
                    minimumResponseTime: CHALLENGE_GAME.MINIMUM_RESPONSE_TIME(),
                    claimBond: CHALLENGE_GAME.CLAIM_BOND(),
                    unitBond: CHALLENGE_GAME.UNIT_BOND(),
                    claimTraceHeight: CHALLENGE_GAME.CLAIM_TRACE_HEIGHT(),
                    unitTraceHeight: CHALLENGE_GAME.UNIT_TRACE_HEIGHT()
                })
            });
    }

    /// @dev Address of the contract this one creates at `nonce`, below 128: the end of keccak256(rlp([this, nonce])).
    function _addressOfCreation(uint8 nonce) private view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", address(this), nonce)))));
    }

    function _check(Parameters memory chosen) private view {
        require(chosen.operator != address(0), ZeroOperator());
        require(chosen.genesisStateHash != 0, ZeroGenesisStateHash());
        require(chosen.prover.code.length != 0, ProverWithoutCode(chosen.prover));
        // A signature for chain 0 would be one for every chain.
        _checkRange("l2ChainId", chosen.l2ChainId, 1, MAXIMUM_CHAIN_ID);
        _checkRange("forceInclusionDelay", chosen.forceInclusionDelay, 1, MAXIMUM_DELAY);
        _checkRange("selfSequencingDelay", chosen.selfSequencingDelay, 1, MAXIMUM_DELAY);
        // A batch needs no opening while the last context is younger than the delay (see Inbox). Were the interval as long,
        // that of an idle rollup could be older when a batch is due, and a deposit in front would make the batch revert.
        require(
            chosen.contextInterval <= chosen.forceInclusionDelay / 2,
            ContextIntervalTooLong(chosen.contextInterval, chosen.forceInclusionDelay)
        );
        _checkRange("depositGasCapacity", chosen.depositGasCapacity, MINIMUM_DEPOSIT_GAS_CAPACITY, type(uint64).max);
        _checkRange("depositGasPerSecond", chosen.depositGasPerSecond, 0, type(uint64).max);
        _checkRange("challengePeriod", chosen.dispute.challengePeriod, 1, MAXIMUM_DELAY);
        _checkRange("minimumResponseTime", chosen.dispute.minimumResponseTime, 1, MAXIMUM_DELAY);
        // Sums of bonds are kept in 128 bits, and there is not as much ETH.
        _checkRange("claimBond", chosen.dispute.claimBond, 1, type(uint96).max);
        _checkRange("unitBond", chosen.dispute.unitBond, 1, type(uint96).max);
    }

    function _checkRange(string memory name, uint256 value, uint256 minimum, uint256 maximum) private pure {
        require(value >= minimum && value <= maximum, ParameterOutOfRange(name, value, minimum, maximum));
    }
}
