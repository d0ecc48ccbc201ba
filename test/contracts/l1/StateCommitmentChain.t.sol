// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInbox} from "../../../contracts/l1/interfaces/IInbox.sol";
import {IStateCommitmentChain} from "../../../contracts/l1/interfaces/IStateCommitmentChain.sol";
import {BoundaryStates} from "../../../contracts/l1/libraries/BoundaryStates.sol";
import {L1Blocks} from "../../../contracts/l1/libraries/L1Blocks.sol";
import {TraceRoots} from "../../../contracts/l1/libraries/TraceRoots.sol";
import {StateCommitmentChain} from "../../../contracts/l1/StateCommitmentChain.sol";
import {AppointedWinnerGame} from "../../../contracts/test/AppointedWinnerGame.sol";
import {Children, Claim, ClaimStatus} from "../../../contracts/l1/types/Claim.sol";
import {ClaimBody} from "../../../contracts/l1/types/ClaimBody.sol";
import {ClaimId, NO_CLAIM} from "../../../contracts/l1/types/ClaimId.sol";
import {State} from "../../../contracts/l1/types/State.sol";
import {InvariantTest} from "../InvariantTest.sol";
import {Test} from "../Test.sol";

/// @title Batch counter
/// @notice The one thing a StateCommitmentChain asks of its Inbox.
contract BatchCounter {
    uint256 public batchCount;

    /// @notice Sets what `batchCount` gives.
    function set(uint256 count) external {
        batchCount = count;
    }
}

/// @title State commitment chain handler
/// @notice Proposes from three accounts, disputes, confirms and forfeits at random, and keeps a list of the claims there
/// are and whose bond is on each.
contract StateCommitmentChainHandler is Test {
    struct Known {
        ClaimId id;
        ClaimBody body;
        uint256 proposedAt;
        bool confirmed;
        bool forfeited;
        address bondOwner;
    }

    uint256 public constant CHALLENGE_PERIOD = 100;
    uint256 public constant BOND = 1 ether;
    bytes32 private constant GENESIS_STATE_HASH = bytes32(uint256(1));
    uint256 private constant ACCOUNTS = 3;
    uint8 private constant CLAIM_TRACE_HEIGHT = 2;

    StateCommitmentChain public immutable CHAIN;
    AppointedWinnerGame public immutable GAME;
    BatchCounter private immutable _INBOX;

    Known[] private _known;
    /// @notice How often each thing worked, so that a test can tell that the handler does something.
    mapping(string what => uint256 count) public done;
    /// @notice Wei that accounts put up, had back, and lost.
    uint256 public putUp;
    uint256 public withdrawn;
    uint256 public lost;
    /// @notice When each claim's second child came, as this saw it.
    mapping(ClaimId parentId => uint256 timestamp) public secondChildAt;

    constructor() {
        GAME = new AppointedWinnerGame(CHALLENGE_PERIOD, BOND, CLAIM_TRACE_HEIGHT);
        _INBOX = new BatchCounter();
        GAME.deployChain(IInbox(address(_INBOX)), GENESIS_STATE_HASH);
        CHAIN = GAME.STATE_COMMITMENT_CHAIN();
        ClaimBody memory genesis = ClaimBody(NO_CLAIM, GENESIS_STATE_HASH, 0);
        _known.push(Known(genesis.id(), genesis, block.timestamp, true, false, address(0)));
    }

    function count() external view returns (uint256) {
        return _known.length;
    }

    function known(uint256 index) external view returns (Known memory) {
        return _known[index];
    }

    function accountAt(uint256 index) public pure returns (address) {
        return address(uint160(0xacc000 + (index % ACCOUNTS)));
    }

    function pass(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, CHALLENGE_PERIOD));
    }

    function postBatch() external {
        _INBOX.set(_INBOX.batchCount() + 1);
    }

    /// @notice Proposes one of three states with one of two traces on a claim, mostly a recent one.
    function propose(uint256 parentSeed, uint256 stateSeed, uint256 traceSeed, uint256 accountSeed) external {
        bytes32[] memory siblings = new bytes32[](CLAIM_TRACE_HEIGHT);
        siblings[0] = bytes32(traceSeed % 2);
        uint256 index = _pickIndex(parentSeed);
        Known memory parent = _known[index];
        address account = accountAt(accountSeed);
        State memory state = State({
            blockHash: bytes32(bound(stateSeed, 2, 4)),
            outboxRoot: 0,
            batchCount: CHAIN.claim(parent.id).nextBatchCount,
            messageCount: 0
        });
        bool moves = parent.bondOwner == account;
        uint256 value = moves ? 0 : BOND;
        Children before = CHAIN.claim(parent.id).children;
        bytes32 hash = blockhash(block.number - 1);

        vm.deal(account, 2 * BOND);
        vm.prank(account);
        try CHAIN.propose{value: BOND - value}(parent.id, state, siblings, block.number - 1, hash) {
            assertHolds("what a claim takes is not optional", false);
        } catch {}
        vm.prank(account);
        try CHAIN.propose{value: value}(parent.id, state, siblings, block.number - 1, hash) returns (ClaimId id) {
            assertHolds("not beside a confirmed child", !_hasConfirmedChild(parent.id));
            assertHolds("not on a forfeited claim", !parent.forfeited);
            putUp += value;
            if (moves) {
                _known[index].bondOwner = address(0);
                ++done["move"];
            }
            if (before == Children.Single) secondChildAt[parent.id] = block.timestamp;
            ClaimBody memory body = ClaimBody(parent.id, state.hash(), _rootOf(state, siblings));
            assertHolds("id", id == body.id());
            _known.push(Known(id, body, block.timestamp, false, false, account));
            ++done[before == Children.None ? "propose" : "rival"];
        } catch {}
    }

    function appoint(uint256 seed) external {
        Known memory winner = _known[_pickIndex(seed)];
        // The game's promise: one winner for ever.
        if (GAME.winner(winner.body.parentId) == NO_CLAIM) GAME.appoint(winner.body.parentId, winner.id);
    }

    function confirm(uint256 seed) external {
        uint256 index = _pickIndex(seed);
        Known memory self = _known[index];
        Children siblings = CHAIN.claim(self.body.parentId).children;
        try CHAIN.confirm(self.body) {
            if (siblings == Children.Single) {
                assertHolds("after its period", block.timestamp >= self.proposedAt + CHALLENGE_PERIOD);
                ++done["confirm unrivaled"];
            } else {
                assertHolds("as the game says", GAME.winner(self.body.parentId) == self.id);
                ++done["confirm winner"];
            }
            _known[index].confirmed = true;
        } catch {}
    }

    function withdrawBond(uint256 seed) external {
        uint256 index = _pickIndex(seed);
        Known memory self = _known[index];
        uint256 before = self.bondOwner.balance;
        try CHAIN.withdrawBond(self.id) {
            assertHolds("of a confirmed claim", self.confirmed);
            assertHolds("a bond that is there", self.bondOwner != address(0));
            assertEqual("to its owner", self.bondOwner.balance - before, BOND);
            _known[index].bondOwner = address(0);
            withdrawn += BOND;
            ++done["withdraw"];
        } catch {
            assertHolds("a confirmed claim pays its bond", !self.confirmed || self.bondOwner == address(0));
        }
    }

    function forfeitBond(uint256 seed) external {
        uint256 index = _pickIndex(seed);
        Known memory self = _known[index];
        uint256 before = address(GAME).balance;
        try CHAIN.forfeitBond(self.body) {
            assertHolds("not of a confirmed claim", !self.confirmed);
            assertHolds("forfeited once", !self.forfeited);
            uint256 paid = self.bondOwner == address(0) ? 0 : BOND;
            assertEqual("what is on it", address(GAME).balance - before, paid);
            lost += paid;
            _known[index].forfeited = true;
            _known[index].bondOwner = address(0);
            ++done[paid == 0 ? "forfeit without a bond" : "forfeit"];
        } catch {}
    }

    function _rootOf(State memory state, bytes32[] memory siblings) private pure returns (bytes32) {
        return TraceRoots.rootOfLast(BoundaryStates.halted(state.hash()), siblings, CLAIM_TRACE_HEIGHT);
    }

    function _hasConfirmedChild(ClaimId parentId) private view returns (bool) {
        for (uint256 i = 0; i < _known.length; ++i) {
            if (_known[i].confirmed && _known[i].body.parentId == parentId) return true;
        }
        return false;
    }

    /// @dev One of the last four claims, so that the tree grows deep.
    function _pickIndex(uint256 seed) private view returns (uint256) {
        uint256 size = _known.length;
        return size <= 4 ? seed % size : size - 1 - (seed % 4);
    }
}

/// @title State commitment chain under random use
contract StateCommitmentChainInvariantTest is InvariantTest {
    StateCommitmentChainHandler private _handler;
    StateCommitmentChain private _chain;

    function setUp() external {
        vm.warp(1_700_000_000);
        vm.roll(1000);
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
                assertHolds("one child", _handler.known(i).body.parentId != _handler.known(j).body.parentId);
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
            assertHolds("parent confirmed", claim.body.parentId == NO_CLAIM || _chain.isConfirmed(claim.body.parentId));
        }
        ClaimId end = _chain.latestConfirmed();
        uint256 length = 0;
        for (uint256 i = count; i > 0; --i) {
            StateCommitmentChainHandler.Known memory claim = _handler.known(i - 1);
            if (claim.id != end) continue;
            ++length;
            end = claim.body.parentId;
        }
        assertEqual("path length", length, confirmed);
    }

    function invariant_TheChainHoldsTheBondsThatAreOnClaimsAndNothingElse() external view {
        uint256 count = _handler.count();
        uint256 held = 0;
        for (uint256 i = 0; i < count; ++i) {
            StateCommitmentChainHandler.Known memory claim = _handler.known(i);
            address owner = _chain.claim(claim.id).proposer;
            assertHolds("whose bond", owner == claim.bondOwner);
            if (owner != address(0)) held += _handler.BOND();
        }
        assertEqual("bonds", address(_chain).balance, held);
        assertEqual("every bond once", _handler.putUp(), held + _handler.withdrawn() + _handler.lost());
    }

    function invariant_AClaimThatIsNotDecidedIsBackedByABondOnItOrOnADescendant() external view {
        uint256 count = _handler.count();
        bool[] memory backed = new bool[](count);
        // A child comes after its parent in the list.
        for (uint256 i = count; i > 1; --i) {
            StateCommitmentChainHandler.Known memory claim = _handler.known(i - 1);
            backed[i - 1] = backed[i - 1] || claim.bondOwner != address(0);
            assertHolds("backed", backed[i - 1] || claim.confirmed || claim.forfeited);
            if (!backed[i - 1]) continue;
            for (uint256 j = 0; j < i - 1; ++j) {
                if (_handler.known(j).id == claim.body.parentId) backed[j] = true;
            }
        }
    }

    function invariant_TheTimeOfTheSecondChildIsKeptAndNoOther() external view {
        uint256 count = _handler.count();
        for (uint256 i = 0; i < count; ++i) {
            ClaimId id = _handler.known(i).id;
            assertEqual("second child", _chain.secondChildAt(id), _handler.secondChildAt(id));
        }
    }

    function invariant_EveryClaimCoversMoreBatchesThanItsParent() external view {
        uint256 count = _handler.count();
        for (uint256 i = 1; i < count; ++i) {
            StateCommitmentChainHandler.Known memory claim = _handler.known(i);
            Claim memory child = _chain.claim(claim.id);
            assertHolds("more", child.nextBatchCount > _chain.claim(claim.body.parentId).nextBatchCount);
            assertHolds("known", child.status != ClaimStatus.Unknown);
        }
    }

    /// @dev The handler is only worth something if it reaches every case.
    function test_TheHandlerReachesEveryCase() external {
        for (uint256 i = 0; i < 4; ++i) _handler.postBatch();
        _handler.propose(0, 2, 0, 0);
        _handler.pass(100);
        _handler.confirm(1);
        // Account 0 moves its bond on; account 1 rivals it with the same state and another trace, and moves its own on below.
        _handler.propose(1, 2, 0, 0);
        _handler.propose(1, 2, 1, 1);
        _handler.postBatch();
        _handler.propose(3, 2, 0, 1);
        assertEqual("claims", _handler.count(), 5);
        _handler.appoint(2);
        _handler.confirm(2);
        _handler.withdrawBond(2);
        _handler.forfeitBond(1);
        _handler.forfeitBond(0);
        string[8] memory all = [
            "propose",
            "move",
            "confirm unrivaled",
            "rival",
            "confirm winner",
            "withdraw",
            "forfeit without a bond",
            "forfeit"
        ];
        for (uint256 i = 0; i < all.length; ++i) assertHolds(all[i], _handler.done(all[i]) != 0);
    }
}

/// @title What a claim takes, for any arguments
contract StateCommitmentChainFuzzTest is Test {
    BatchCounter private _inbox;
    StateCommitmentChain private _chain;
    ClaimId private _genesis;

    function setUp() external {
        vm.roll(1000);
        _inbox = new BatchCounter();
        AppointedWinnerGame game = new AppointedWinnerGame(100, 1 ether, 2);
        game.deployChain(IInbox(address(_inbox)), bytes32(uint256(1)));
        _chain = game.STATE_COMMITMENT_CHAIN();
        _genesis = _chain.GENESIS_CLAIM();
        vm.deal(address(this), 10 ether);
    }

    /// @notice Both counts come from what was posted, so `own` of the second is the first's.
    function testFuzz_AClaimGoesOnToAllBatchesPostedButAtLeast1AndAtMost4096(uint256 first, uint256 later) external {
        first = bound(first, 1, 20_000);
        later = first + bound(later, 0, 20_000);
        _inbox.set(first);
        uint256 own = 1;
        ClaimId id = _chain.propose{value: 1 ether}(_genesis, _state(own), _siblings(), 999, blockhash(999));
        assertEqual("first", _chain.claim(id).nextBatchCount, _expected(own, first));
        own = _expected(own, first);
        if (own > later) later = own;
        _inbox.set(later);
        id = _chain.propose(id, _state(own), _siblings(), 999, blockhash(999));
        assertEqual("second", _chain.claim(id).nextBatchCount, _expected(own, later));
    }

    function testFuzz_OnlyTheHashOfOneOfTheLast256BlocksIsTaken(uint256 number, bytes32 wrong) external {
        number = bound(number, 0, 1300);
        _inbox.set(1);
        bytes32 right = blockhash(number);
        vm.assume(wrong != right);
        assertHolds("a hash is there for the last 256 only", (right != 0) == (number >= 744 && number < 1000));
        vm.expectRevert(abi.encodeWithSelector(L1Blocks.WrongL1Block.selector, number, wrong, right));
        _chain.propose{value: 1 ether}(_genesis, _state(1), _siblings(), number, wrong);
        if (right == 0) {
            vm.expectRevert(abi.encodeWithSelector(L1Blocks.WrongL1Block.selector, number, 0, 0));
        }
        _chain.propose{value: 1 ether}(_genesis, _state(1), _siblings(), number, right);
    }

    function testFuzz_OnlyTheStateAfterTheBatchesTheParentFixedIsTaken(uint256 batchCount) external {
        vm.assume(batchCount != 1);
        _inbox.set(2);
        vm.expectRevert(abi.encodeWithSelector(IStateCommitmentChain.WrongBatchCount.selector, 1, batchCount));
        _chain.propose{value: 1 ether}(_genesis, _state(batchCount), _siblings(), 999, blockhash(999));
    }

    function testFuzz_AClaimIsNamedByTheStateItOpens(State calldata opened) external {
        _inbox.set(1);
        State memory state = opened;
        state.batchCount = 1;
        ClaimId id = _chain.propose{value: 1 ether}(_genesis, state, _siblings(), 999, blockhash(999));
        bytes32 stateHash = keccak256(abi.encode(state));
        bytes32[] memory siblings = _siblings();
        bytes32 pair = keccak256(abi.encode(siblings[0], BoundaryStates.halted(stateHash)));
        bytes32 traceRoot = keccak256(abi.encode(siblings[1], pair));
        assertHolds("id", id == ClaimBody(_genesis, stateHash, traceRoot).id());
    }

    function testFuzz_OnlyAsManySiblingsAsTheTraceIsHighAreTaken(uint256 count) external {
        count = bound(count, 0, 40);
        vm.assume(count != 2);
        _inbox.set(1);
        bytes32 hash = blockhash(999);
        vm.expectRevert(abi.encodeWithSelector(TraceRoots.SiblingsMismatch.selector, 2, count));
        _chain.propose{value: 1 ether}(_genesis, _state(1), new bytes32[](count), 999, hash);
    }

    function testFuzz_OnlyTheOwnerOfTheParentsBondMovesIt(address account, uint256 value) external {
        vm.assume(account != address(0) && account != address(vm));
        value = bound(value, 0, 3 ether);
        _inbox.set(2);
        ClaimId parent = _chain.propose{value: 1 ether}(_genesis, _state(1), _siblings(), 999, blockhash(999));
        uint256 expected = account == address(this) ? 0 : 1 ether;
        bytes32 hash = blockhash(999);
        vm.deal(account, 3 ether);
        if (value != expected) {
            vm.expectRevert(abi.encodeWithSelector(IStateCommitmentChain.WrongBond.selector, expected, value));
        }
        vm.prank(account);
        _chain.propose{value: value}(parent, _state(2), _siblings(), 999, hash);
    }

    function _siblings() private pure returns (bytes32[] memory siblings) {
        siblings = new bytes32[](2);
        siblings[0] = bytes32(uint256(11));
        siblings[1] = bytes32(uint256(12));
    }

    function _state(uint256 batchCount) private pure returns (State memory) {
        return State(bytes32(uint256(7)), bytes32(uint256(8)), batchCount, 9);
    }

    function _expected(uint256 own, uint256 posted) private pure returns (uint256) {
        uint256 next = posted > own + 1 ? posted : own + 1;
        return next < own + 4096 ? next : own + 4096;
    }
}
