// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Inbox} from "../../../contracts/l1/Inbox.sol";
import {Portal} from "../../../contracts/l1/Portal.sol";
import {Rollup} from "../../../contracts/l1/Rollup.sol";
import {StateCommitmentChain} from "../../../contracts/l1/StateCommitmentChain.sol";
import {AppendOnlyMerkleTree} from "../../../contracts/libraries/AppendOnlyMerkleTree.sol";
import {BoundaryStates} from "../../../contracts/l1/libraries/BoundaryStates.sol";
import {TraceRoots} from "../../../contracts/l1/libraries/TraceRoots.sol";
import {ClaimBody} from "../../../contracts/l1/types/ClaimBody.sol";
import {ClaimId} from "../../../contracts/l1/types/ClaimId.sol";
import {DisputeParameters} from "../../../contracts/l1/types/DisputeParameters.sol";
import {Parameters} from "../../../contracts/l1/types/Parameters.sol";
import {State} from "../../../contracts/l1/types/State.sol";
import {ClaimOpening, Withdrawal} from "../../../contracts/l1/types/Withdrawal.sol";
import {ScriptedProver} from "../../../contracts/test/ScriptedProver.sol";
import {InvariantTest} from "../InvariantTest.sol";
import {Test} from "../Test.sol";

/// @title Greedy recipient
/// @notice Takes ETH and, while it is paid, tries to be paid again.
contract GreedyRecipient {
    bytes private _again;

    receive() external payable {
        (bool success, ) = msg.sender.call(_again);
        require(!success);
    }

    /// @notice Sets the call that would pay again.
    function prepare(bytes calldata again) external {
        _again = again;
    }
}

/// @title Portal handler
/// @notice Deposits, withdraws, and tries to withdraw again at random.
contract PortalHandler is Test {
    uint256 public constant COUNT = 300;
    uint256 private constant CHALLENGE_PERIOD = 100;
    uint256 private constant BOND = 1 ether;
    address private constant OPERATOR = address(0x0Fe4a704);

    Portal public immutable PORTAL;
    Inbox public immutable INBOX;

    /// @dev Two confirmed claims hold the same withdrawals.
    ClaimOpening[2] private _openings;
    bytes32[][] private _levels;
    GreedyRecipient private immutable _GREEDY = new GreedyRecipient();

    uint256 public deposited;
    uint256 public paid;
    mapping(uint256 index => uint256 times) public executions;
    uint256 public refusals;

    constructor() {
        Rollup rollup = new Rollup(
            Parameters({
                l2ChainId: 42,
                operator: OPERATOR,
                forceInclusionDelay: 100,
                selfSequencingDelay: 100,
                contextInterval: 50,
                depositGasCapacity: 1 << 24,
                depositGasPerSecond: 0,
                genesisStateHash: bytes32(uint256(1)),
                prover: address(new ScriptedProver()),
                dispute: DisputeParameters({
                    challengePeriod: CHALLENGE_PERIOD,
                    minimumResponseTime: 1,
                    claimBond: BOND,
                    unitBond: 1 ether,
                    claimTraceHeight: 2,
                    unitTraceHeight: 2
                })
            })
        );
        PORTAL = Portal(payable(address(rollup.PORTAL())));
        INBOX = Inbox(payable(address(rollup.INBOX())));
        _buildTree();
        StateCommitmentChain chain = StateCommitmentChain(address(rollup.STATE_COMMITMENT_CHAIN()));
        ClaimId parentId = chain.GENESIS_CLAIM();
        // The compiler takes the timestamp for the same throughout, so it is kept here.
        uint256 time = block.timestamp;
        for (uint256 i = 0; i < 2; ++i) {
            uint256 messages = INBOX.messageCount();
            vm.prank(OPERATOR, OPERATOR);
            INBOX.postBatch(messages, "");
            bytes32[] memory siblings = new bytes32[](2);
            State memory state = State(bytes32(i), _levels[_levels.length - 1][0], i + 1, i);
            bytes32 stateHash = state.hash();
            bytes32 traceRoot = TraceRoots.rootOfLast(BoundaryStates.halted(stateHash), siblings, 2);
            ClaimBody memory body = ClaimBody(parentId, stateHash, traceRoot);
            _openings[i] = ClaimOpening(parentId, bytes32(i), i + 1, i, traceRoot);
            // The second claim takes the bond of the first on.
            uint256 bond = i == 0 ? BOND : 0;
            vm.deal(address(this), bond);
            chain.propose{value: bond}(parentId, state, siblings, block.number - 1, blockhash(block.number - 1));
            time += CHALLENGE_PERIOD;
            vm.warp(time);
            chain.confirm(body);
            parentId = body.id();
        }
    }

    /// @notice The withdrawal at `index`: every third one goes to the greedy recipient.
    function withdrawalAt(uint256 index) public view returns (Withdrawal memory) {
        address target = index % 3 == 0 ? address(_GREEDY) : address(uint160(0x10000 + index));
        return Withdrawal(index, address(uint160(index)), target, (index % 7) * 1 ether, 0, "");
    }

    function deposit(uint256 amount) external {
        amount = bound(amount, 0, 10 ether);
        vm.deal(address(this), amount);
        INBOX.depositEther{value: amount}(address(this));
        deposited += amount;
    }

    function forwardEther() external {
        INBOX.forwardEther();
    }

    /// @notice Executes a withdrawal out of few, so that many are tried again.
    function execute(uint256 index, bool later) external {
        index = bound(index, 0, 19) * 15;
        Withdrawal memory withdrawal = withdrawalAt(index);
        bytes memory call = abi.encodeCall(PORTAL.execute, (withdrawal, _openings[later ? 1 : 0], _proofOf(index)));
        _GREEDY.prepare(call);
        bool executable =
            executions[index] == 0 && withdrawal.value <= address(PORTAL).balance + address(INBOX).balance;
        uint256 before = withdrawal.target.balance;
        (bool success, ) = address(PORTAL).call(call);
        assertHolds("executed exactly when it can be", success == executable);
        if (!success) {
            ++refusals;
            return;
        }
        ++executions[index];
        paid += withdrawal.value;
        assertEqual("paid", withdrawal.target.balance - before, withdrawal.value);
    }

    /// @notice Tries a withdrawal nobody made.
    function forge(uint256 index, uint256 value, bool later) external {
        index = bound(index, 0, COUNT - 1);
        Withdrawal memory withdrawal = withdrawalAt(index);
        if (value == withdrawal.value) return;
        withdrawal.value = value;
        (bool success, ) = address(PORTAL).call(
            abi.encodeCall(PORTAL.execute, (withdrawal, _openings[later ? 1 : 0], _proofOf(index)))
        );
        assertHolds("no forgery", !success);
    }

    function _buildTree() private {
        uint256 width = 1 << AppendOnlyMerkleTree.depthOf(COUNT);
        bytes32[] memory level = new bytes32[](width);
        for (uint256 i = 0; i < COUNT; ++i) level[i] = _leafOf(withdrawalAt(i));
        _levels.push(level);
        while (level.length > 1) {
            bytes32[] memory parents = new bytes32[](level.length / 2);
            for (uint256 i = 0; i < parents.length; ++i) {
                parents[i] = keccak256(abi.encode(level[2 * i], level[2 * i + 1]));
            }
            level = parents;
            _levels.push(level);
        }
    }

    function _leafOf(Withdrawal memory self) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(self.index, self.sender, self.target, self.value, self.minimumGas, keccak256(self.data))
            );
    }

    function _proofOf(uint256 index) private view returns (bytes32[] memory proof) {
        proof = new bytes32[](_levels.length - 1);
        for (uint256 height = 0; height < proof.length; ++height)
            proof[height] = _levels[height][(index >> height) ^ 1];
    }
}

/// @title Portal under random use
contract PortalInvariantTest is InvariantTest {
    PortalHandler private _handler;

    function setUp() external {
        vm.warp(1_700_000_000);
        _handler = new PortalHandler();
        setHandler(address(_handler));
    }

    function invariant_NoWithdrawalIsPaidTwice() external view {
        for (uint256 i = 0; i < _handler.COUNT(); ++i) {
            assertHolds("once", _handler.executions(i) <= 1);
            assertHolds("bit", _handler.PORTAL().isExecuted(i) == (_handler.executions(i) == 1));
        }
    }

    function invariant_WhatWasDepositedIsPaidOrStillHeld() external view {
        assertEqual(
            "ETH",
            address(_handler.PORTAL()).balance + address(_handler.INBOX()).balance + _handler.paid(),
            _handler.deposited()
        );
    }

    function test_TheHandlerReachesEveryCase() external {
        _handler.execute(1, false);
        assertHolds("refuses what it cannot pay", _handler.refusals() == 1);
        _handler.deposit(10 ether);
        _handler.execute(1, false);
        _handler.execute(1, true);
        assertHolds("executed once", _handler.executions(15) == 1);
        assertHolds("refuses what it has paid", _handler.refusals() == 2);
    }
}
