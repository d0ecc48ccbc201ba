// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IOneStepProver} from "../machine/interfaces/IOneStepProver.sol";
import {ChainInput} from "../machine/types/ChainInput.sol";
import {Witness} from "../machine/types/Witness.sol";
import {IChallengeGame} from "./interfaces/IChallengeGame.sol";
import {IInbox} from "./interfaces/IInbox.sol";
import {IStateCommitmentChain} from "./interfaces/IStateCommitmentChain.sol";
import {BoundaryStates} from "./libraries/BoundaryStates.sol";
import {L1Blocks} from "./libraries/L1Blocks.sol";
import {Players} from "./libraries/Players.sol";
import {Rivals} from "./libraries/Rivals.sol";
import {TraceRoots} from "./libraries/TraceRoots.sol";
import {ClaimBody} from "./types/ClaimBody.sol";
import {ClaimId, NO_CLAIM} from "./types/ClaimId.sol";
import {DisputeParameters} from "./types/DisputeParameters.sol";
import {Bisection, ClaimBisection, Move, MoveKind, Opening, StateBefore, StepProof} from "./types/Move.sol";
import {Level, Position, PositionId} from "./types/Position.sol";
import {SpanRecord} from "./types/SpanRecord.sol";
import {NodeKind, TreeNode} from "./types/TreeNode.sol";

/// @title Challenge game
/// @notice See {IChallengeGame}.
contract ChallengeGame is IChallengeGame {
    using Rivals for Rivals.Spans;
    using Players for Players.Table;
    using TraceRoots for StateBefore;

    uint256 private constant MAXIMUM_HEIGHT = 48;
    /// @dev Moves of a dispute besides its bisections: a claim, an opening, a proof, and their decisions.
    uint256 private constant OTHER_MOVES = 6;

    /// @inheritdoc IChallengeGame
    IStateCommitmentChain public immutable STATE_COMMITMENT_CHAIN;
    /// @inheritdoc IChallengeGame
    IInbox public immutable INBOX;
    /// @inheritdoc IChallengeGame
    IOneStepProver public immutable PROVER;
    /// @inheritdoc IChallengeGame
    uint256 public immutable CHALLENGE_PERIOD;
    /// @inheritdoc IChallengeGame
    uint256 public immutable MINIMUM_RESPONSE_TIME;
    /// @inheritdoc IChallengeGame
    uint256 public immutable CLAIM_BOND;
    /// @inheritdoc IChallengeGame
    uint256 public immutable UNIT_BOND;
    /// @inheritdoc IChallengeGame
    uint8 public immutable CLAIM_TRACE_HEIGHT;
    /// @inheritdoc IChallengeGame
    uint8 public immutable UNIT_TRACE_HEIGHT;

    /// @dev Bonds of one position.
    /// @param taken Wei put up by losers; of a unit, by all who opened it.
    /// @param rewarded Wei paid for spans.
    struct Pool {
        uint128 taken;
        uint128 rewarded;
    }

    /// @dev A tree in calldata that is walked from the top.
    /// @param next Index of the next node.
    struct Walk {
        uint256 next;
    }

    /// @dev What is paid for the spans of a tree.
    /// @param available Wei left for them.
    /// @param ofSpan Wei for a span.
    /// @param ofProof Wei for a proof.
    /// @param player Number of the account that is credited next.
    /// @param amount Wei that it is credited.
    struct Payment {
        uint256 available;
        uint256 ofSpan;
        uint256 ofProof;
        uint24 player;
        uint256 amount;
    }

    /// @inheritdoc IChallengeGame
    mapping(ClaimId parentId => ClaimId claimId) public winner;
    /// @inheritdoc IChallengeGame
    mapping(PositionId unitTrace => bytes25 root) public unitWinner;
    /// @inheritdoc IChallengeGame
    mapping(address account => uint256 amount) public owed;

    Players.Table private _players;
    mapping(PositionId position => Rivals.Spans spans) private _spans;
    mapping(PositionId position => Rivals.Spans proofs) private _proofs;
    mapping(PositionId position => mapping(bytes25 root => uint256 seconds_)) private _cached;
    mapping(ClaimId parentId => Pool pool) private _claimPools;
    mapping(PositionId unitTrace => Pool pool) private _unitPools;

    /// @dev `stateCommitmentChain` may be one that is deployed next. Its constructor checks that it is this game's.
    /// Reverts with HeightOutOfRange or ChallengePeriodTooShort.
    constructor(
        IStateCommitmentChain stateCommitmentChain,
        IInbox inbox,
        IOneStepProver prover,
        DisputeParameters memory chosen
    ) {
        _checkHeight(chosen.claimTraceHeight);
        _checkHeight(chosen.unitTraceHeight);
        uint256 moves = uint256(chosen.claimTraceHeight) + chosen.unitTraceHeight + OTHER_MOVES;
        require(
            chosen.challengePeriod / moves >= chosen.minimumResponseTime,
            ChallengePeriodTooShort(chosen.challengePeriod, moves, chosen.minimumResponseTime)
        );
        STATE_COMMITMENT_CHAIN = stateCommitmentChain;
        INBOX = inbox;
        PROVER = prover;
        CHALLENGE_PERIOD = chosen.challengePeriod;
        MINIMUM_RESPONSE_TIME = chosen.minimumResponseTime;
        CLAIM_BOND = chosen.claimBond;
        UNIT_BOND = chosen.unitBond;
        CLAIM_TRACE_HEIGHT = chosen.claimTraceHeight;
        UNIT_TRACE_HEIGHT = chosen.unitTraceHeight;
    }

    /// @inheritdoc IChallengeGame
    function bisectClaim(ClaimBisection calldata bisection) external {
        _bisectClaim(bisection);
    }

    /// @inheritdoc IChallengeGame
    function bisect(Bisection calldata bisection) external {
        _bisect(bisection);
    }

    /// @inheritdoc IChallengeGame
    function open(Opening calldata opening) external payable {
        _credit(msg.sender, _open(opening, msg.value));
    }

    /// @inheritdoc IChallengeGame
    function play(Move[] calldata moves) external payable {
        uint256 sent = msg.value;
        for (uint256 index = 0; index < moves.length; index++) {
            bytes calldata details = moves[index].details;
            MoveKind kind = moves[index].kind;
            if (kind == MoveKind.BisectClaim) _bisectClaim(abi.decode(details, (ClaimBisection)));
            else if (kind == MoveKind.Bisect) _bisect(abi.decode(details, (Bisection)));
            else sent = _open(abi.decode(details, (Opening)), sent);
        }
        _credit(msg.sender, sent);
    }

    /// @inheritdoc IChallengeGame
    function prove(StepProof calldata proof, Witness calldata witness) external {
        Position memory position = proof.position;
        PositionId positionId = position.id();
        PositionId unit = _checkUnit(proof.unit);
        require(
            position.level == Level.Unit && position.height == 0 && position.context == PositionId.unwrap(unit),
            NotAStepOf(positionId, unit)
        );
        proof.before.check(position);
        ChainInput memory input = ChainInput({
            inbox: INBOX,
            target: STATE_COMMITMENT_CHAIN.claim(ClaimId.wrap(proof.unit.context)).nextBatchCount
        });
        bytes32 state =
            position.start == 0
                ? PROVER.start(proof.before.state, witness, input)
                : PROVER.step(proof.before.state, witness, input);
        _spans[positionId].checkRivaled(bytes25(state));

        Rivals.Recorded recorded = _proofs[positionId].record(bytes25(state), _players.numberOf(msg.sender));
        if (recorded == Rivals.Recorded.Before) return;
        emit Proven(positionId, state, msg.sender);
        if (recorded == Rivals.Recorded.Rival) emit ProofsConflict(positionId, state);
    }

    /// @inheritdoc IChallengeGame
    function cache(Position calldata position, bytes32 unitRoot, bytes32 root, TreeNode[] calldata tree) external {
        uint256 total = _totalOf(position, unitRoot, root, tree);
        PositionId positionId = position.id();
        bytes25 recordedRoot = _recordedRoot(position, unitRoot, root);
        if (total <= _cached[positionId][recordedRoot]) return;

        _cached[positionId][recordedRoot] = total;
        emit TotalCached(positionId, root, total);
    }

    /// @inheritdoc IChallengeGame
    function decide(
        ClaimBody calldata parent,
        bytes32 stateHash,
        bytes32 traceRoot,
        TreeNode[] calldata tree
    ) external {
        ClaimId parentId = parent.id();
        ClaimId claimId = ClaimBody({parentId: parentId, stateHash: stateHash, traceRoot: traceRoot}).id();
        ClaimId decided = winner[parentId];
        if (decided == claimId) return;
        require(decided == NO_CLAIM, LostTo(ClaimId.unwrap(decided)));
        Walk memory walk;
        uint256 total =
            STATE_COMMITMENT_CHAIN.unrivaledTime(parentId, claimId) +
                _totalBelow(walk, tree, _claimTrace(parent), traceRoot, _next(walk, tree));
        _checkEnd(walk, tree);
        require(total >= CHALLENGE_PERIOD, TooEarly(total, CHALLENGE_PERIOD));

        winner[parentId] = claimId;
        emit ClaimDecided(parentId, claimId, total);
    }

    /// @inheritdoc IChallengeGame
    function decideUnit(
        Position calldata unit,
        bytes32 unitRoot,
        bytes32 before,
        bytes32 root,
        TreeNode[] calldata tree
    ) external {
        Position memory trace = _unitTrace(_checkUnit(unit), before);
        PositionId traceId = trace.id();
        bytes25 recordedRoot = _recordedRoot(trace, unitRoot, root);
        bytes25 decided = unitWinner[traceId];
        if (decided == recordedRoot) return;
        require(decided == 0, LostTo(decided));
        uint256 total = _totalOf(trace, unitRoot, root, tree);
        require(total >= CHALLENGE_PERIOD, TooEarly(total, CHALLENGE_PERIOD));

        unitWinner[traceId] = recordedRoot;
        address opener = _players.accounts[_spans[traceId].find(recordedRoot).player];
        emit UnitDecided(PositionId.wrap(trace.context), root, opener, total);
        // Nobody has number 0: a bond put up when there were no numbers left stays here.
        if (opener != address(0)) _credit(opener, UNIT_BOND);
    }

    /// @inheritdoc IChallengeGame
    function collect(
        ClaimBody calldata parent,
        bytes32 stateHash,
        bytes32 traceRoot,
        TreeNode[] calldata tree
    ) external {
        ClaimId parentId = parent.id();
        ClaimId claimId = ClaimBody({parentId: parentId, stateHash: stateHash, traceRoot: traceRoot}).id();
        require(winner[parentId] == claimId, NotTheWinner(ClaimId.unwrap(winner[parentId])));

        Pool storage pool = _claimPools[parentId];
        // A rival makes for two spans at each height: together, half of its bond.
        Payment memory payment;
        payment.ofSpan = CLAIM_BOND / (4 * uint256(CLAIM_TRACE_HEIGHT));
        _collect(pool, pool.taken, payment, _claimTrace(parent), traceRoot, tree);
    }

    /// @inheritdoc IChallengeGame
    function collectUnit(
        Position calldata unit,
        bytes32 unitRoot,
        bytes32 before,
        bytes32 root,
        TreeNode[] calldata tree
    ) external {
        Position memory trace = _unitTrace(_checkUnit(unit), before);
        PositionId traceId = trace.id();
        bytes25 decided = unitWinner[traceId];
        require(decided == _recordedRoot(trace, unitRoot, root), NotTheWinner(decided));

        Pool storage pool = _unitPools[traceId];
        // A quarter of the bond for the spans, and a quarter for the proof, which is the dearest move.
        Payment memory payment;
        payment.ofSpan = UNIT_BOND / (8 * uint256(UNIT_TRACE_HEIGHT));
        payment.ofProof = UNIT_BOND / 4;
        // All that was put up but the winner's own.
        _collect(pool, pool.taken - UNIT_BOND, payment, trace, root, tree);
    }

    /// @inheritdoc IChallengeGame
    function withdraw(address account) external {
        uint256 amount = owed[account];
        require(amount != 0, NothingToWithdraw(account));

        owed[account] = 0;
        emit Withdrawn(account, amount);

        require(LowLevelCall.callNoReturn(account, amount, ""), PaymentFailed(account, amount));
    }

    /// @inheritdoc IChallengeGame
    function takeLostBond(ClaimId parentId) external payable {
        require(msg.sender == address(STATE_COMMITMENT_CHAIN), NotStateCommitmentChain(msg.sender));

        _claimPools[parentId].taken += uint128(msg.value);
        emit BondLost(parentId, msg.value);
    }

    /// @inheritdoc IChallengeGame
    function totalOf(
        Position calldata position,
        bytes32 unitRoot,
        bytes32 root,
        TreeNode[] calldata tree
    ) external view returns (uint256) {
        return _totalOf(position, unitRoot, root, tree);
    }

    function _bisectClaim(ClaimBisection memory bisection) private {
        ClaimId parentId = bisection.parent.id();
        bytes32 root = Hashes.efficientKeccak256(bisection.left, bisection.right);
        ClaimId claimId = ClaimBody({parentId: parentId, stateHash: bisection.stateHash, traceRoot: root}).id();
        require(STATE_COMMITMENT_CHAIN.isRivaled(parentId, claimId), UnrivaledClaim(claimId));

        if (_recordHalves(_claimTrace(bisection.parent), bisection.left, bisection.right)) {
            emit ClaimBisected(parentId, claimId, bisection.left, bisection.right, msg.sender);
        }
    }

    function _bisect(Bisection memory bisection) private {
        Position memory position = bisection.position;
        PositionId positionId = position.id();
        bytes32 root = Hashes.efficientKeccak256(bisection.left, bisection.right);
        require(position.height != 0, NothingToBisect(positionId));
        _spans[positionId].checkRivaled(_recordedRoot(position, bisection.unitRoot, root));

        if (_recordHalves(position, bisection.left, bisection.right)) {
            emit Bisected(positionId, bisection.left, bisection.right, msg.sender);
        }
    }

    /// @return isNew Whether one of them was not there.
    function _recordHalves(Position memory position, bytes32 left, bytes32 right) private returns (bool isNew) {
        uint24 player = _players.numberOf(msg.sender);
        Rivals.Recorded ofLeft = _spans[position.leftHalf().id()].record(bytes25(left), player);
        Rivals.Recorded ofRight = _spans[position.rightHalf(left).id()].record(bytes25(right), player);
        return ofLeft != Rivals.Recorded.Before || ofRight != Rivals.Recorded.Before;
    }

    /// @param sent Wei the caller sent that no bond has taken.
    /// @return What is left of it.
    function _open(Opening memory opening, uint256 sent) private returns (uint256) {
        PositionId unit = _checkUnit(opening.position);
        L1Blocks.check(opening.l1BlockNumber, opening.l1BlockHash);
        _spans[unit].checkRivaled(bytes25(opening.unitRoot));
        opening.before.check(opening.position);
        bytes32 root = TraceRoots.rootOfLast(opening.unitRoot, opening.siblings, UNIT_TRACE_HEIGHT);
        Position memory trace = _unitTrace(unit, opening.before.state);
        PositionId traceId = trace.id();

        bytes25 recordedRoot = _recordedRoot(trace, opening.unitRoot, root);
        if (_spans[traceId].record(recordedRoot, _players.numberOf(msg.sender)) == Rivals.Recorded.Before) return sent;
        _unitPools[traceId].taken += uint128(UNIT_BOND);
        emit Opened(unit, opening.unitRoot, opening.before.state, root, msg.sender);
        if (sent >= UNIT_BOND) return sent - UNIT_BOND;
        uint256 missing = UNIT_BOND - sent;
        uint256 available = owed[msg.sender];
        // What an error carries is computed whether or not it is thrown.
        require(available >= missing, BondMissing(Math.saturatingSub(missing, available)));
        owed[msg.sender] = available - missing;
        return 0;
    }

    /// @dev Pays for the spans of a winner's tree.
    /// @param lost Wei of bonds lost to the winner.
    /// @param payment What is paid for what.
    function _collect(
        Pool storage pool,
        uint256 lost,
        Payment memory payment,
        Position memory trace,
        bytes32 root,
        TreeNode[] calldata tree
    ) private {
        uint256 available = lost / 2 - pool.rewarded;
        payment.available = available;
        Walk memory walk;
        _collectBelow(payment, walk, tree, trace, root);
        _checkEnd(walk, tree);
        _payOut(payment, 0);
        pool.rewarded += uint128(available - payment.available);
    }

    function _collectBelow(
        Payment memory payment,
        Walk memory walk,
        TreeNode[] calldata tree,
        Position memory position,
        bytes32 root
    ) private {
        TreeNode calldata node = _next(walk, tree);
        if (node.kind == NodeKind.Alone) return;
        if (node.kind == NodeKind.Proven) {
            _checkPlace(position.level == Level.Unit && position.height == 0, walk);
            _reward(payment, _proofs[position.id()].find(bytes25(root)), payment.ofProof);
            return;
        }
        _checkPlace(node.kind == NodeKind.Bisected, walk);
        _checkHalves(position, root, node, walk);
        Position memory left = position.leftHalf();
        _reward(payment, _spans[left.id()].find(bytes25(node.first)), payment.ofSpan);
        _collectBelow(payment, walk, tree, left, node.first);
        Position memory right = position.rightHalf(node.first);
        _reward(payment, _spans[right.id()].find(bytes25(node.second)), payment.ofSpan);
        _collectBelow(payment, walk, tree, right, node.second);
    }

    /// @dev A reward that the pool has not enough for is left: more bonds may come.
    function _reward(Payment memory payment, SpanRecord storage span, uint256 amount) private {
        uint24 player = span.player;
        if (player == 0 || payment.available < amount) return;
        span.player = 0;
        payment.available -= amount;
        if (player != payment.player) _payOut(payment, player);
        payment.amount += amount;
    }

    /// @dev Spans of one account mostly follow each other: it is credited once for them.
    function _payOut(Payment memory payment, uint24 next) private {
        _credit(_players.accounts[payment.player], payment.amount);
        payment.player = next;
        payment.amount = 0;
    }

    function _credit(address account, uint256 amount) private {
        if (amount == 0) return;
        owed[account] += amount;
        emit Credited(account, amount);
    }

    function _totalOf(
        Position memory position,
        bytes32 unitRoot,
        bytes32 root,
        TreeNode[] calldata tree
    ) private view returns (uint256 total) {
        _checkRecorded(position, unitRoot, root);
        Walk memory walk;
        total = _total(walk, tree, position, unitRoot, root);
        _checkEnd(walk, tree);
    }

    /// @dev What the next node shows of the total of a span. That the span is recorded is checked only if its own time is asked for: halves
    /// and proofs are recorded below rivals alone, so that of what is not recorded nothing but 0 can be shown. (The whole trace of a
    /// unit, below which nothing tells for which end it was opened, is checked before.)
    function _total(
        Walk memory walk,
        TreeNode[] calldata tree,
        Position memory position,
        bytes32 unitRoot,
        bytes32 root
    ) private view returns (uint256) {
        TreeNode calldata node = _next(walk, tree);
        if (node.kind == NodeKind.Cached) return _cached[position.id()][_recordedRoot(position, unitRoot, root)];
        if (node.kind != NodeKind.Alone && node.kind != NodeKind.Timed) {
            return _totalBelow(walk, tree, position, root, node);
        }
        uint256 own = _spans[position.id()].unrivaledTime(_recordedRoot(position, unitRoot, root));
        return node.kind == NodeKind.Alone ? own : own + _totalBelow(walk, tree, position, root, _next(walk, tree));
    }

    /// @dev What a span has gathered by what is below it.
    function _totalBelow(
        Walk memory walk,
        TreeNode[] calldata tree,
        Position memory position,
        bytes32 root,
        TreeNode calldata node
    ) private view returns (uint256) {
        if (node.kind == NodeKind.Alone) return 0;
        if (node.kind == NodeKind.Bisected) {
            _checkHalves(position, root, node, walk);
            uint256 ofLeft = _total(walk, tree, position.leftHalf(), 0, node.first);
            uint256 ofRight = _total(walk, tree, position.rightHalf(node.first), 0, node.second);
            return Math.min(ofLeft, ofRight);
        }
        _checkPlace(position.height == 0, walk);
        if (node.kind == NodeKind.Opened) {
            _checkPlace(position.level == Level.Claim, walk);
            Position memory trace = _unitTrace(position.id(), node.second);
            _checkRecorded(trace, root, node.first);
            return _total(walk, tree, trace, root, node.first);
        }
        _checkPlace(node.kind == NodeKind.Proven && position.level == Level.Unit, walk);
        return _proofs[position.id()].unrivaledTime(bytes25(root));
    }

    function _checkRecorded(Position memory position, bytes32 unitRoot, bytes32 root) private view {
        _spans[position.id()].find(_recordedRoot(position, unitRoot, root));
    }

    function _claimTrace(ClaimBody memory parent) private view returns (Position memory) {
        return
            Position({
                level: Level.Claim,
                context: ClaimId.unwrap(parent.id()),
                start: 0,
                height: CLAIM_TRACE_HEIGHT,
                prefix: BoundaryStates.beforeBatch(parent.stateHash)
            });
    }

    function _unitTrace(PositionId unit, bytes32 before) private view returns (Position memory) {
        return
            Position({
                level: Level.Unit,
                context: PositionId.unwrap(unit),
                start: 0,
                height: UNIT_TRACE_HEIGHT,
                prefix: before
            });
    }

    /// @dev The whole trace of a unit is recorded together with the state it ends in, so that it counts for the span that claims
    /// this state, and for no other. (It could not be another's, as a root fixes its last leaf; recorded so, nobody has to
    /// show that.)
    function _recordedRoot(Position memory position, bytes32 unitRoot, bytes32 root) private view returns (bytes25) {
        bool isWhole = position.level == Level.Unit && position.height == UNIT_TRACE_HEIGHT;
        return bytes25(isWhole ? Hashes.efficientKeccak256(root, unitRoot) : root);
    }

    function _next(Walk memory walk, TreeNode[] calldata tree) private pure returns (TreeNode calldata) {
        require(walk.next < tree.length, WrongNodeCount(walk.next + 1, tree.length));
        return tree[walk.next++];
    }

    function _checkEnd(Walk memory walk, TreeNode[] calldata tree) private pure {
        require(walk.next == tree.length, WrongNodeCount(walk.next, tree.length));
    }

    /// @dev Of the node that was read last.
    function _checkPlace(bool isRight, Walk memory walk) private pure {
        require(isRight, MisplacedNode(walk.next - 1));
    }

    function _checkHalves(
        Position memory position,
        bytes32 root,
        TreeNode calldata node,
        Walk memory walk
    ) private pure {
        _checkPlace(position.height != 0, walk);
        bytes32 actual = Hashes.efficientKeccak256(node.first, node.second);
        require(actual == root, WrongHalves(root, actual));
    }

    function _checkUnit(Position memory position) private pure returns (PositionId positionId) {
        positionId = position.id();
        require(position.level == Level.Claim && position.height == 0, NotAUnit(positionId));
    }

    function _checkHeight(uint256 height) private pure {
        require(height >= 1 && height <= MAXIMUM_HEIGHT, HeightOutOfRange(height));
    }
}
