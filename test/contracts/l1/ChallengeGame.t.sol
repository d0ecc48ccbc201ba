// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOneStepProver} from "../../../contracts/machine/interfaces/IOneStepProver.sol";
import {Witness} from "../../../contracts/machine/types/Witness.sol";
import {ChallengeGame} from "../../../contracts/l1/ChallengeGame.sol";
import {StateCommitmentChain} from "../../../contracts/l1/StateCommitmentChain.sol";
import {IInbox} from "../../../contracts/l1/interfaces/IInbox.sol";
import {IStateCommitmentChain} from "../../../contracts/l1/interfaces/IStateCommitmentChain.sol";
import {BoundaryStates} from "../../../contracts/l1/libraries/BoundaryStates.sol";
import {TraceRoots} from "../../../contracts/l1/libraries/TraceRoots.sol";
import {ClaimBody} from "../../../contracts/l1/types/ClaimBody.sol";
import {ClaimId, NO_CLAIM} from "../../../contracts/l1/types/ClaimId.sol";
import {DisputeParameters} from "../../../contracts/l1/types/DisputeParameters.sol";
import {Bisection, ClaimBisection, Opening, StateBefore, StepProof} from "../../../contracts/l1/types/Move.sol";
import {Level, Position, PositionId} from "../../../contracts/l1/types/Position.sol";
import {State} from "../../../contracts/l1/types/State.sol";
import {NodeKind, TreeNode} from "../../../contracts/l1/types/TreeNode.sol";
import {ScriptedInbox} from "../../../contracts/test/ScriptedInbox.sol";
import {ScriptedProver} from "../../../contracts/test/ScriptedProver.sol";
import {InvariantTest} from "../InvariantTest.sol";
import {Test} from "../Test.sol";

/// @title Challenge game handler
/// @notice Disputes of three claims with traces of two units, each of two steps, by four accounts at random. Claim 0 is right. Claims 1 and
/// 2 are wrong: in the second unit, and in the first.
contract ChallengeGameHandler is Test {
    /// @dev The two units of a claim, and the two steps of each; the last step of a unit is its state.
    struct Course {
        State state;
        bytes32[2] units;
        bytes32[2] middles;
    }

    /// @dev A span that was recorded, with the least time it was seen to have gathered.
    struct Seen {
        Position position;
        bytes32 unitRoot;
        bytes32 root;
        uint256 total;
        bool hasRival;
        uint256 own;
    }

    uint256 public constant CHALLENGE_PERIOD = 100;
    uint256 public constant CLAIM_BOND = 1000;
    uint256 public constant UNIT_BOND = 800;
    uint256 private constant ACCOUNTS = 4;
    uint256 private constant COURSES = 3;
    bytes32 private constant GENESIS_STATE_HASH = bytes32(uint256(1));

    ChallengeGame public immutable GAME;
    StateCommitmentChain public immutable CHAIN;

    ClaimBody private _genesis;
    bytes32 private _before;
    Course[COURSES] private _courses;
    Seen[] private _seen;
    mapping(bytes32 key => uint256 indexPlusOne) private _indexes;

    /// @notice Wei that came in as bonds of units, and as lost bonds of claims.
    uint256 public unitBonds;
    uint256 public lostBonds;
    uint256 public withdrawn;
    /// @notice Children of genesis that were decided.
    uint256 public decisions;
    uint256 public unitDecisions;
    /// @notice How often each thing worked, so that a test can tell that the handler does something.
    mapping(string what => uint256 count) public done;

    constructor() {
        ScriptedInbox inbox = new ScriptedInbox(42);
        inbox.setBatchCount(10);
        ScriptedProver prover = new ScriptedProver();
        // The fourth contract that this creates: the end of keccak256(rlp([this, 4])).
        bytes32 hash = keccak256(abi.encodePacked(hex"d694", address(this), hex"04"));
        GAME = new ChallengeGame(
            IStateCommitmentChain(address(uint160(uint256(hash)))),
            IInbox(address(inbox)),
            IOneStepProver(prover),
            DisputeParameters(CHALLENGE_PERIOD, 10, CLAIM_BOND, UNIT_BOND, 1, 1)
        );
        CHAIN = new StateCommitmentChain(IInbox(address(inbox)), GAME, GENESIS_STATE_HASH);
        _genesis = ClaimBody(NO_CLAIM, GENESIS_STATE_HASH, 0);
        _before = BoundaryStates.beforeBatch(GENESIS_STATE_HASH);
        _writeCourses();
        _script(prover);
    }

    function seenCount() external view returns (uint256) {
        return _seen.length;
    }

    function seen(uint256 index) external view returns (Seen memory) {
        return _seen[index];
    }

    function accountAt(uint256 index) public pure returns (address) {
        return address(uint160(0xacc000 + (index % ACCOUNTS)));
    }

    function bodyOf(uint256 course) public view returns (ClaimBody memory) {
        return ClaimBody(_genesis.id(), _courses[course].state.hash(), _claimRoot(course));
    }

    function pass(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, CHALLENGE_PERIOD / 2));
    }

    function propose(uint256 seed, uint256 accountSeed) external {
        uint256 course = seed % COURSES;
        bytes32[] memory siblings = new bytes32[](1);
        siblings[0] = _courses[course].units[0];
        bytes32 hash = blockhash(block.number - 1);
        _prank(accountSeed);
        try CHAIN.propose{value: CLAIM_BOND}(_genesis.id(), _courses[course].state, siblings, block.number - 1, hash) {
            assertHolds("not beside a decided claim", decisions == 0);
            ++done["propose"];
        } catch {}
    }

    function bisectClaim(uint256 seed, uint256 accountSeed) external {
        uint256 course = seed % COURSES;
        Course memory self = _courses[course];
        _prank(accountSeed);
        try GAME.bisectClaim(ClaimBisection(_genesis, self.state.hash(), self.units[0], self.units[1])) {
            _see(_leaf(course, 0), 0, self.units[0]);
            _see(_leaf(course, 1), 0, self.units[1]);
            ++done["bisectClaim"];
        } catch {}
    }

    /// @notice Opens a unit with the steps of its claim, or of another.
    function open(uint256 seed, uint256 stepsSeed, uint256 unit, uint256 accountSeed, uint256 value) external {
        uint256 course = seed % COURSES;
        unit %= 2;
        value = bound(value, 0, 3 * UNIT_BOND);
        bytes32 unitRoot = _courses[course].units[unit];
        bytes32[] memory siblings = new bytes32[](1);
        siblings[0] = _courses[stepsSeed % COURSES].middles[unit];
        Position memory leaf = _leaf(course, unit);
        Opening memory opening = Opening(
            leaf,
            unitRoot,
            _stateBefore(course, unit),
            siblings,
            block.number - 1,
            blockhash(block.number - 1)
        );
        address account = accountAt(accountSeed);
        uint256 owed = GAME.owed(account);
        _prank(accountSeed);
        try GAME.open{value: value}(opening) {
            Position memory trace = _trace(course, unit);
            bool isNew = _see(trace, unitRoot, _pair(siblings[0], unitRoot));
            if (isNew) unitBonds += UNIT_BOND;
            assertEqual("what is left", GAME.owed(account) + (isNew ? UNIT_BOND : 0), owed + value);
            ++done[isNew ? (value < UNIT_BOND ? "open of what is owed" : "open") : "open again"];
        } catch {}
    }

    function bisect(uint256 seed, uint256 stepsSeed, uint256 unit, uint256 accountSeed) external {
        uint256 course = seed % COURSES;
        unit %= 2;
        bytes32 unitRoot = _courses[course].units[unit];
        bytes32 middle = _courses[stepsSeed % COURSES].middles[unit];
        Position memory trace = _trace(course, unit);
        _prank(accountSeed);
        try GAME.bisect(Bisection(trace, unitRoot, middle, unitRoot)) {
            _see(trace.leftHalf(), 0, middle);
            _see(trace.rightHalf(middle), 0, unitRoot);
            ++done["bisect"];
        } catch {}
    }

    /// @notice Proves the first step of a unit, or the second after the middle of one of the claims.
    function prove(uint256 seed, uint256 stepsSeed, uint256 unit, uint256 step, uint256 accountSeed) external {
        uint256 course = seed % COURSES;
        unit %= 2;
        bytes32 middle = _courses[stepsSeed % COURSES].middles[unit];
        Position memory trace = _trace(course, unit);
        bytes32[] memory none = new bytes32[](0);
        StepProof memory proof =
            step % 2 == 0
                ? StepProof(_leaf(course, unit), trace.leftHalf(), StateBefore(trace.prefix, 0, none))
                : StepProof(_leaf(course, unit), trace.rightHalf(middle), StateBefore(middle, trace.prefix, none));
        Witness memory witness;
        _prank(accountSeed);
        try GAME.prove(proof, witness) {
            ++done["prove"];
        } catch {}
    }

    /// @notice Decides for one of the claims with a tree that is shown as deep as there is something to show.
    function decide(uint256 seed) external {
        uint256 course = seed % COURSES;
        ClaimBody memory body = bodyOf(course);
        ClaimId before = GAME.winner(body.parentId);
        try GAME.decide(_genesis, body.stateHash, body.traceRoot, _claimTree(course)) {
            if (before != NO_CLAIM) {
                assertHolds("the same again", before == body.id());
                return;
            }
            ++decisions;
            ++done["decide"];
        } catch {}
    }

    function decideUnit(uint256 seed, uint256 stepsSeed, uint256 unit) external {
        uint256 course = seed % COURSES;
        unit %= 2;
        bytes32 unitRoot = _courses[course].units[unit];
        Position memory trace = _trace(course, unit);
        bytes25 before = GAME.unitWinner(trace.id());
        bytes32 root = _pair(_courses[stepsSeed % COURSES].middles[unit], unitRoot);
        TreeNode[] memory tree = _unitTree(course, stepsSeed % COURSES, unit);
        try GAME.decideUnit(_leaf(course, unit), unitRoot, trace.prefix, root, tree) {
            if (before != 0) return;
            ++unitDecisions;
            ++done["decideUnit"];
        } catch {}
    }

    function finish(uint256 seed) external {
        uint256 course = seed % COURSES;
        ClaimBody memory body = bodyOf(course);
        try CHAIN.confirm(body) {
            ++done["confirm"];
        } catch {}
        try CHAIN.forfeitBond(body) {
            lostBonds += CLAIM_BOND;
            ++done["forfeit"];
        } catch {}
    }

    function collect(uint256 seed) external {
        ClaimBody memory body = bodyOf(seed % COURSES);
        TreeNode[] memory tree = new TreeNode[](3);
        Course memory self = _courses[seed % COURSES];
        tree[0] = TreeNode(NodeKind.Bisected, self.units[0], self.units[1]);
        uint256 before = _owedToAll();
        try GAME.collect(_genesis, body.stateHash, body.traceRoot, tree) {
            uint256 paid = _owedToAll() - before;
            assertHolds("whole rewards", paid % (CLAIM_BOND / 4) == 0);
            spansPaid += paid / (CLAIM_BOND / 4);
            ++done["collect"];
        } catch {}
    }

    /// @notice Spans of the claims' level that were paid for: there are two in the winner's tree.
    uint256 public spansPaid;

    function collectUnit(uint256 seed, uint256 stepsSeed, uint256 unit) external {
        uint256 course = seed % COURSES;
        unit %= 2;
        bytes32 unitRoot = _courses[course].units[unit];
        bytes32 root = _pair(_courses[stepsSeed % COURSES].middles[unit], unitRoot);
        TreeNode[] memory tree = _unitTree(course, stepsSeed % COURSES, unit);
        try GAME.collectUnit(_leaf(course, unit), unitRoot, _trace(course, unit).prefix, root, tree) {
            ++done["collectUnit"];
        } catch {}
    }

    function withdraw(uint256 accountSeed) external {
        address account = accountAt(accountSeed);
        uint256 amount = GAME.owed(account);
        uint256 before = account.balance;
        try GAME.withdraw(account) {
            assertEqual("paid", account.balance - before, amount);
            withdrawn += amount;
            ++done["withdraw"];
        } catch {
            assertEqual("nothing is owed", amount, 0);
        }
    }

    function owedToAll() external view returns (uint256) {
        return _owedToAll();
    }

    /// @notice Own time of a span that was seen.
    function ownTime(uint256 index) public view returns (uint256) {
        Seen memory self = _seen[index];
        return GAME.totalOf(self.position, self.unitRoot, self.root, new TreeNode[](1));
    }

    function _owedToAll() private view returns (uint256 sum) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) sum += GAME.owed(accountAt(i));
    }

    function _prank(uint256 accountSeed) private {
        address account = accountAt(accountSeed);
        vm.deal(account, account.balance + 10 * CLAIM_BOND);
        vm.prank(account);
    }

    /// @return isNew Whether it was not seen before. Spans that were are checked against what was seen.
    function _see(Position memory position, bytes32 unitRoot, bytes32 root) private returns (bool isNew) {
        bytes32 key = keccak256(abi.encode(position, unitRoot, root));
        isNew = _indexes[key] == 0;
        if (!isNew) return false;
        // Whoever stood at the position has stopped now.
        for (uint256 i = 0; i < _seen.length; ++i) {
            if (PositionId.unwrap(_seen[i].position.id()) != PositionId.unwrap(position.id())) continue;
            if (!_seen[i].hasRival) _seen[i].own = ownTime(i);
            _seen[i].hasRival = true;
        }
        _seen.push(Seen(position, unitRoot, root, 0, _hasRival(position), 0));
        _indexes[key] = _seen.length;
    }

    function _hasRival(Position memory position) private view returns (bool) {
        for (uint256 i = 0; i < _seen.length; ++i) {
            if (PositionId.unwrap(_seen[i].position.id()) == PositionId.unwrap(position.id())) return true;
        }
        return false;
    }

    function _leaf(uint256 course, uint256 unit) private view returns (Position memory) {
        bytes32 prefix = unit == 0 ? _before : _pair(_before, _courses[course].units[0]);
        return Position(Level.Claim, ClaimId.unwrap(_genesis.id()), uint64(unit), 0, prefix);
    }

    function _trace(uint256 course, uint256 unit) private view returns (Position memory) {
        bytes32 before = unit == 0 ? _before : _courses[course].units[0];
        return Position(Level.Unit, PositionId.unwrap(_leaf(course, unit).id()), 0, 1, before);
    }

    function _stateBefore(uint256 course, uint256 unit) private view returns (StateBefore memory) {
        bytes32[] memory none = new bytes32[](0);
        return unit == 0 ? StateBefore(_before, 0, none) : StateBefore(_courses[course].units[0], _before, none);
    }

    function _claimTree(uint256 course) private view returns (TreeNode[] memory) {
        Course memory self = _courses[course];
        TreeNode[] memory left = _leafTree(course, 0);
        TreeNode[] memory right = _leafTree(course, 1);
        if (!_isSeen(_leaf(course, 0), 0, self.units[0])) return new TreeNode[](1);
        TreeNode[] memory tree = new TreeNode[](1 + left.length + right.length);
        tree[0] = TreeNode(NodeKind.Bisected, self.units[0], self.units[1]);
        for (uint256 i = 0; i < left.length; ++i) tree[1 + i] = left[i];
        for (uint256 i = 0; i < right.length; ++i) tree[1 + left.length + i] = right[i];
        return tree;
    }

    function _leafTree(uint256 course, uint256 unit) private view returns (TreeNode[] memory) {
        bytes32 unitRoot = _courses[course].units[unit];
        bytes32 root = _pair(_courses[course].middles[unit], unitRoot);
        if (!_isSeen(_trace(course, unit), unitRoot, root)) return new TreeNode[](1);
        TreeNode[] memory below = _unitTree(course, course, unit);
        TreeNode[] memory tree = new TreeNode[](2 + below.length);
        tree[0].kind = NodeKind.Timed;
        tree[1] = TreeNode(NodeKind.Opened, root, _trace(course, unit).prefix);
        for (uint256 i = 0; i < below.length; ++i) tree[2 + i] = below[i];
        return tree;
    }

    /// @dev With what proofs there are: both steps are shown as proven if they are.
    function _unitTree(uint256 course, uint256 steps, uint256 unit) private view returns (TreeNode[] memory tree) {
        bytes32 middle = _courses[steps].middles[unit];
        bytes32 unitRoot = _courses[course].units[unit];
        Position memory trace = _trace(course, unit);
        if (!_isSeen(trace.leftHalf(), 0, middle)) return new TreeNode[](1);
        tree = new TreeNode[](3);
        tree[0] = TreeNode(NodeKind.Bisected, middle, unitRoot);
        tree[1].kind = _proofOrAlone(trace.leftHalf(), middle);
        tree[2].kind = _proofOrAlone(trace.rightHalf(middle), unitRoot);
    }

    function _proofOrAlone(Position memory step, bytes32 state) private view returns (NodeKind) {
        TreeNode[] memory tree = new TreeNode[](1);
        tree[0].kind = NodeKind.Proven;
        try GAME.totalOf(step, 0, state, tree) {
            return NodeKind.Proven;
        } catch {
            return NodeKind.Alone;
        }
    }

    function _isSeen(Position memory position, bytes32 unitRoot, bytes32 root) private view returns (bool) {
        return _indexes[keccak256(abi.encode(position, unitRoot, root))] != 0;
    }

    function _claimRoot(uint256 course) private view returns (bytes32) {
        return _pair(_courses[course].units[0], _courses[course].units[1]);
    }

    function _writeCourses() private {
        for (uint256 i = 0; i < COURSES; ++i) {
            State memory state = State(bytes32(100 + i), 0, 1, 0);
            _courses[i].state = state;
            _courses[i].units[0] = _stateOf(i == 2 ? 202 : 200);
            _courses[i].units[1] = BoundaryStates.halted(state.hash());
            _courses[i].middles[0] = _stateOf(i == 2 ? 302 : 300);
            _courses[i].middles[1] = _stateOf(310 + i);
        }
    }

    /// @dev Some state; those of small numbers would all be the same to the game, which keeps the first 25 bytes.
    function _stateOf(uint256 number) private pure returns (bytes32) {
        return keccak256(abi.encode(number));
    }

    function _script(ScriptedProver prover) private {
        Course memory right = _courses[0];
        ScriptedProver.Step[] memory steps = new ScriptedProver.Step[](4);
        steps[0] = ScriptedProver.Step(true, _before, "", right.middles[0]);
        steps[1] = ScriptedProver.Step(false, right.middles[0], "", right.units[0]);
        steps[2] = ScriptedProver.Step(true, right.units[0], "", right.middles[1]);
        steps[3] = ScriptedProver.Step(false, right.middles[1], "", right.units[1]);
        prover.script(steps);
    }

    function _pair(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encode(left, right));
    }
}

/// @title Challenge game under random use
contract ChallengeGameInvariantTest is InvariantTest {
    ChallengeGameHandler private _handler;
    ChallengeGame private _game;

    function setUp() external {
        vm.warp(1_700_000_000);
        vm.roll(1000);
        _handler = new ChallengeGameHandler();
        _game = _handler.GAME();
        setHandler(address(_handler));
    }

    function invariant_TheGameHoldsEveryBondThatWasNotPaidAndCanPayWhatItOwes() external view {
        uint256 held = address(_game).balance;
        uint256 owed = _handler.owedToAll();
        assertHolds("solvent", held >= owed);
        // Nobody is owed, or was paid, but of bonds; what was sent too much came in and is owed, too.
        assertHolds("half of the lost bonds of claims stays", held - owed >= _handler.lostBonds() / 2);
    }

    function invariant_ATimeThatStoppedNeverMoves() external view {
        uint256 count = _handler.seenCount();
        for (uint256 i = 0; i < count; ++i) {
            ChallengeGameHandler.Seen memory span = _handler.seen(i);
            if (span.hasRival) assertEqual("own time", _handler.ownTime(i), span.own);
        }
    }

    function invariant_AtMostOneChildIsDecidedAndItStays() external view {
        assertHolds("one", _handler.decisions() <= 1);
        ClaimId winner = _game.winner(_handler.CHAIN().GENESIS_CLAIM());
        assertHolds("by decide alone", (winner != NO_CLAIM) == (_handler.decisions() == 1));
    }

    function invariant_EverySpanIsPaidForOnce() external view {
        assertHolds("two spans are below the winner", _handler.spansPaid() <= 2);
    }

    function invariant_AtMostOneTraceOfAUnitIsDecided() external view {
        // The second unit stands at two positions: after the right first one and the wrong one.
        assertHolds("one for each position", _handler.unitDecisions() <= 3);
    }

    /// @dev The handler is only worth something if it reaches every case.
    function test_TheHandlerReachesEveryCase() external {
        _handler.propose(0, 0);
        _handler.propose(1, 1);
        _handler.propose(2, 2);
        _handler.bisectClaim(0, 0);
        _handler.bisectClaim(1, 1);
        _handler.bisectClaim(2, 2);
        for (uint256 course = 0; course < 2; ++course) {
            _handler.open(course, course, 1, course, 3 * _handler.UNIT_BOND());
            _handler.open(course, course, 1, course, 0);
        }
        for (uint256 course = 0; course < 2; ++course) _handler.bisect(course, course, 1, course);
        // Of what it has left: a second trace, under the same state.
        _handler.open(0, 1, 1, 0, 0);
        _handler.open(2, 2, 0, 2, _handler.UNIT_BOND());
        _handler.open(0, 0, 0, 3, _handler.UNIT_BOND());
        _handler.bisect(0, 0, 0, 3);
        _handler.bisect(2, 2, 0, 2);
        _handler.prove(0, 0, 0, 0, 3);
        _handler.prove(0, 0, 1, 0, 3);
        for (uint256 i = 0; i < 4; ++i) _handler.pass(50);
        _handler.decide(1);
        _handler.decide(2);
        assertEqual("no wrong claim", _handler.decisions(), 0);
        _handler.decide(0);
        _handler.decideUnit(0, 0, 1);
        _handler.finish(0);
        _handler.finish(1);
        _handler.collect(0);
        _handler.collectUnit(0, 0, 1);
        _handler.withdraw(0);
        string[14] memory all = [
            "propose",
            "bisectClaim",
            "open",
            "open again",
            "open of what is owed",
            "bisect",
            "prove",
            "decide",
            "decideUnit",
            "confirm",
            "forfeit",
            "collect",
            "collectUnit",
            "withdraw"
        ];
        for (uint256 i = 0; i < all.length; ++i) assertHolds(all[i], _handler.done(all[i]) != 0);
    }
}

/// @title The hashes that a move shows, for any arguments
contract TraceRootsFuzzTest is Test {
    function testFuzz_ARootFixesItsLastLeaf(bytes32 leaf, bytes32 other, bytes32[] calldata siblings) external pure {
        vm.assume(leaf != other);
        bytes32 root = TraceRoots.rootOfLast(leaf, siblings, siblings.length);
        assertHolds("another", root != TraceRoots.rootOfLast(other, siblings, siblings.length));
    }

    function testFuzz_APositionIsToldFromItsHalvesAndTheyFromEachOther(
        bytes32 context,
        uint64 start,
        uint8 height,
        bytes32 prefix
    ) external pure {
        height = uint8(bound(height, 1, 48));
        start = uint64(bound(start, 0, 1 << 50));
        Position memory self = Position(Level.Unit, context, start, height, prefix);
        bytes32[3] memory ids = [
            PositionId.unwrap(self.id()),
            PositionId.unwrap(self.leftHalf().id()),
            PositionId.unwrap(self.rightHalf(bytes32(uint256(1))).id())
        ];
        assertHolds("all different", ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    }
}
