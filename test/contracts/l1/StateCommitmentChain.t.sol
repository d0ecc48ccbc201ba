// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Inbox} from "../../../contracts/l1/Inbox.sol";
import {Rollup} from "../../../contracts/l1/Rollup.sol";
import {StateCommitmentChain} from "../../../contracts/l1/StateCommitmentChain.sol";
import {AppointedWinnerGame} from "../../../contracts/test/AppointedWinnerGame.sol";
import {Children, Claim, ClaimStatus} from "../../../contracts/l1/types/Claim.sol";
import {ClaimId, claimIdOf, NO_CLAIM} from "../../../contracts/l1/types/ClaimId.sol";
import {Parameters} from "../../../contracts/l1/types/Parameters.sol";
import {InvariantTest} from "../InvariantTest.sol";
import {Test} from "../Test.sol";

/// @title State commitment chain handler
/// @notice Proposes, disputes, confirms and forfeits at random, and keeps a list of the claims there are.
contract StateCommitmentChainHandler is Test {
    struct Known {
        ClaimId id;
        ClaimId parentId;
        bytes32 stateHash;
        uint256 proposedAt;
        bool confirmed;
        bool bondLeft;
    }

    uint256 public constant CHALLENGE_PERIOD = 100;
    uint256 public constant BOND = 1 ether;
    address public constant OPERATOR = address(0x0Fe4a704);
    bytes32 private constant GENESIS_STATE_HASH = bytes32(uint256(1));

    StateCommitmentChain public immutable CHAIN;
    AppointedWinnerGame public immutable GAME;
    Inbox private immutable _INBOX;

    Known[] private _known;
    /// @notice How often each thing worked, so that a test can tell that the handler does something.
    mapping(string what => uint256 count) public done;

    constructor() {
        GAME = new AppointedWinnerGame();
        Rollup rollup = new Rollup(
            Parameters({
                operator: OPERATOR,
                forceInclusionDelay: 100,
                selfSequencingDelay: 100,
                contextInterval: 50,
                depositGasCapacity: 1 << 24,
                depositGasPerSecond: 0,
                challengePeriod: CHALLENGE_PERIOD,
                claimBond: BOND,
                genesisStateHash: GENESIS_STATE_HASH,
                challengeGame: address(GAME)
            })
        );
        CHAIN = StateCommitmentChain(address(rollup.STATE_COMMITMENT_CHAIN()));
        _INBOX = Inbox(payable(address(rollup.INBOX())));
        ClaimId genesis = claimIdOf(NO_CLAIM, GENESIS_STATE_HASH);
        _known.push(Known(genesis, NO_CLAIM, GENESIS_STATE_HASH, block.timestamp, true, true));
    }

    function count() external view returns (uint256) {
        return _known.length;
    }

    function known(uint256 index) external view returns (Known memory) {
        return _known[index];
    }

    function pass(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, CHALLENGE_PERIOD));
    }

    function postBatch() external {
        uint256 messages = _INBOX.messageCount();
        vm.prank(OPERATOR, OPERATOR);
        _INBOX.postBatch(messages, "");
    }

    /// @notice Proposes one of three states on a claim, mostly a recent one.
    function propose(uint256 parentSeed, uint256 stateSeed) external {
        Known memory parent = _pick(parentSeed);
        bytes32 stateHash = bytes32(bound(stateSeed, 2, 4));
        vm.deal(address(this), BOND);
        Children before = CHAIN.claim(parent.id).children;
        try CHAIN.propose{value: BOND}(parent.id, stateHash) returns (ClaimId id) {
            assertHolds("not beside a confirmed child", !_hasConfirmedChild(parent.id));
            _known.push(Known(id, parent.id, stateHash, block.timestamp, false, false));
            ++done[before == Children.None ? "propose" : "rival"];
        } catch {}
    }

    function appoint(uint256 seed) external {
        Known memory winner = _pick(seed);
        // The game's promise: one winner for ever.
        if (GAME.winner(winner.parentId) == NO_CLAIM) GAME.appoint(winner.parentId, winner.id);
    }

    function confirm(uint256 seed) external {
        uint256 index = _pickIndex(seed);
        Known memory self = _known[index];
        Children siblings = CHAIN.claim(self.parentId).children;
        try CHAIN.confirm(self.parentId, self.stateHash) {
            if (siblings == Children.Single) {
                assertHolds("after its period", block.timestamp >= self.proposedAt + CHALLENGE_PERIOD);
                ++done["confirm unrivaled"];
            } else {
                assertHolds("as the game says", GAME.winner(self.parentId) == self.id);
                ++done["confirm winner"];
            }
            _known[index].confirmed = true;
        } catch {}
    }

    function withdrawBond(uint256 seed) external {
        uint256 index = _pickIndex(seed);
        try CHAIN.withdrawBond(_known[index].id) {
            assertHolds("of a confirmed claim", _known[index].confirmed);
            assertHolds("bond paid once", !_known[index].bondLeft);
            _known[index].bondLeft = true;
            ++done["withdraw"];
        } catch {}
    }

    function forfeitBond(uint256 seed) external {
        uint256 index = _pickIndex(seed);
        Known memory self = _known[index];
        try CHAIN.forfeitBond(self.parentId, self.stateHash) {
            assertHolds("not of a confirmed claim", !self.confirmed);
            assertHolds("bond forfeited once", !self.bondLeft);
            _known[index].bondLeft = true;
            ++done["forfeit"];
        } catch {}
    }

    receive() external payable {}

    function _hasConfirmedChild(ClaimId parentId) private view returns (bool) {
        for (uint256 i = 0; i < _known.length; ++i) {
            if (_known[i].confirmed && _known[i].parentId == parentId) return true;
        }
        return false;
    }

    /// @dev One of the last four claims, so that the tree grows deep.
    function _pickIndex(uint256 seed) private view returns (uint256) {
        uint256 size = _known.length;
        return size <= 4 ? seed % size : size - 1 - (seed % 4);
    }

    function _pick(uint256 seed) private view returns (Known memory) {
        return _known[_pickIndex(seed)];
    }
}

/// @title State commitment chain under random use
contract StateCommitmentChainInvariantTest is InvariantTest {
    StateCommitmentChainHandler private _handler;
    StateCommitmentChain private _chain;

    function setUp() external {
        vm.warp(1_700_000_000);
        _handler = new StateCommitmentChainHandler();
        _chain = _handler.CHAIN();
        setHandler(address(_handler));
    }

    function invariant_AtMostOneChildOfAClaimIsConfirmed() external view {
        uint256 count = _handler.count();
        for (uint256 i = 0; i < count; ++i) {
            if (!_chain.isConfirmed(_handler.known(i).id)) continue;
            for (uint256 j = 0; j < i; ++j) {
                if (!_chain.isConfirmed(_handler.known(j).id)) continue;
                assertHolds("one child", _handler.known(i).parentId != _handler.known(j).parentId);
            }
        }
    }

    function invariant_TheConfirmedClaimsAreOnePathFromGenesisToTheLatest() external view {
        uint256 count = _handler.count();
        uint256 confirmed = 0;
        for (uint256 i = 0; i < count; ++i) {
            StateCommitmentChainHandler.Known memory claim = _handler.known(i);
            assertHolds("only by confirm", _chain.isConfirmed(claim.id) == claim.confirmed);
            if (!claim.confirmed) continue;
            ++confirmed;
            assertHolds("parent confirmed", claim.parentId == NO_CLAIM || _chain.isConfirmed(claim.parentId));
        }
        ClaimId end = _chain.latestConfirmed();
        uint256 length = 0;
        for (uint256 i = count; i > 0; --i) {
            StateCommitmentChainHandler.Known memory claim = _handler.known(i - 1);
            if (claim.id != end) continue;
            ++length;
            end = claim.parentId;
        }
        assertEqual("path length", length, confirmed);
    }

    function invariant_TheChainHoldsTheBondsThatHaveNotLeftAndNothingElse() external view {
        uint256 count = _handler.count();
        uint256 held = 0;
        for (uint256 i = 0; i < count; ++i) {
            if (!_handler.known(i).bondLeft) held += _handler.BOND();
        }
        assertEqual("bonds", address(_chain).balance, held);
    }

    function invariant_EveryClaimCoversMoreBatchesThanItsParent() external view {
        uint256 count = _handler.count();
        for (uint256 i = 1; i < count; ++i) {
            StateCommitmentChainHandler.Known memory claim = _handler.known(i);
            Claim memory child = _chain.claim(claim.id);
            assertHolds("more", child.nextBatchCount > _chain.claim(claim.parentId).nextBatchCount);
            assertHolds("known", child.status != ClaimStatus.Unknown);
        }
    }

    /// @dev The handler is only worth something if it reaches every case.
    function test_TheHandlerReachesEveryCase() external {
        _handler.postBatch();
        _handler.postBatch();
        _handler.propose(0, 2);
        _handler.pass(100);
        _handler.confirm(1);
        _handler.propose(1, 2);
        _handler.propose(1, 3);
        _handler.appoint(3);
        _handler.confirm(3);
        _handler.withdrawBond(1);
        _handler.forfeitBond(2);
        string[6] memory all = ["propose", "confirm unrivaled", "rival", "confirm winner", "withdraw", "forfeit"];
        for (uint256 i = 0; i < all.length; ++i) assertHolds(all[i], _handler.done(all[i]) != 0);
    }
}
