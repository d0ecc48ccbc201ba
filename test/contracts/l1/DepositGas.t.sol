// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInbox} from "../../../contracts/l1/interfaces/IInbox.sol";
import {Inbox} from "../../../contracts/l1/Inbox.sol";
import {InvariantTest} from "../InvariantTest.sol";
import {Test} from "../Test.sol";

// Gas of a message that asks for none of L2, and of taking what it asks for from the bucket: at most this.
uint256 constant MESSAGE_GAS = 120_000;

/// @title Deposit gas handler
/// @notice Sends messages of any gas limit as time passes, and adds up what they ask for and what they burn.
contract DepositGasHandler is Test {
    uint256 public constant CAPACITY = 20_000_000;
    uint256 public constant PER_SECOND = 10_000;

    Inbox public immutable INBOX;
    uint256 public immutable STARTED_AT;

    /// @notice L2 gas that messages asked for, L1 gas that they burned for it, as the model has it.
    uint256 public asked;
    uint256 public burned;
    uint256 public level = CAPACITY;
    uint256 public levelAt;
    /// @notice How often each thing happened, so that a test can tell that the handler does something.
    mapping(string what => uint256 count) public done;

    constructor() {
        INBOX = new Inbox(42, address(1), 100, 200, 30, CAPACITY, PER_SECOND, address(2));
        STARTED_AT = block.timestamp;
        levelAt = block.timestamp;
    }

    function pass(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 0, 3_000));
    }

    function send(uint256 gasLimit, uint256 forwarded) external {
        gasLimit = bound(gasLimit, 0, 1 << 24);
        // What the call is given: often enough, sometimes just short of it.
        forwarded = bound(forwarded, 50_000, MESSAGE_GAS + gasLimit + gasLimit / 2);
        uint256 count = INBOX.messageCount();
        uint256 available = _refilled();
        uint256 expected = gasLimit > available ? gasLimit - available : 0;

        uint256 before = gasleft();
        try INBOX.sendMessage{gas: forwarded}(address(3), 0, gasLimit, "", address(3)) {
            uint256 used = before - gasleft();
            assertHolds("burns what the bucket lacks", used >= expected);
            assertHolds("and little more", used <= expected + MESSAGE_GAS);
            asked += gasLimit;
            burned += expected;
            if (gasLimit != 0) (level, levelAt) = (available - (gasLimit - expected), block.timestamp);
            ++done[
                expected == 0
                    ? "paid by the bucket"
                    : available == 0
                        ? "burned whole"
                        : "burned in part"
            ];
        } catch {
            // Nobody is kept out who brings the gas.
            assertHolds("refused for want of gas only", forwarded < expected + MESSAGE_GAS);
            assertEqual("nothing recorded", INBOX.messageCount(), count);
            ++done["refused for want of gas"];
        }
    }

    function _refilled() private view returns (uint256) {
        uint256 refilled = level + PER_SECOND * (block.timestamp - levelAt);
        return refilled < CAPACITY ? refilled : CAPACITY;
    }
}

/// @title What the L2 gas of messages costs on L1
contract DepositGasInvariantTest is InvariantTest {
    DepositGasHandler private _handler;
    Inbox private _inbox;

    function setUp() external {
        vm.warp(1_700_000_000);
        _handler = new DepositGasHandler();
        _inbox = _handler.INBOX();
        setHandler(address(_handler));
    }

    function invariant_MessagesAskForNoMoreThanCapacityAndRateAndWhatWasBurned() external view {
        uint256 time = block.timestamp - _handler.STARTED_AT();
        uint256 paid = _handler.CAPACITY() + _handler.PER_SECOND() * time + _handler.burned();
        assertHolds("bounded", _handler.asked() <= paid);
    }

    function invariant_TheBucketHoldsWhatTheModelSays() external view {
        uint256 refilled = _handler.level() + _handler.PER_SECOND() * (block.timestamp - _handler.levelAt());
        uint256 expected = refilled < _handler.CAPACITY() ? refilled : _handler.CAPACITY();
        assertEqual("available", _inbox.depositGasAvailable(), expected);
    }

    /// @dev The handler is only worth something if it reaches every case.
    function test_TheHandlerReachesEveryCase() external {
        uint256 most = 1 << 24;
        _handler.send(most, MESSAGE_GAS);
        _handler.send(most, MESSAGE_GAS);
        _handler.send(most, MESSAGE_GAS + most);
        _handler.send(most, MESSAGE_GAS + most);
        _handler.pass(3_000);
        _handler.send(0, MESSAGE_GAS);
        string[4] memory all = ["paid by the bucket", "burned whole", "burned in part", "refused for want of gas"];
        for (uint256 i = 0; i < all.length; ++i) assertHolds(all[i], _handler.done(all[i]) != 0);
    }
}

/// @title One message after another
contract DepositGasTest is Test {
    uint256 private constant _CAPACITY = 1 << 24;
    uint256 private constant _PER_SECOND = 1_000_000;

    Inbox private _inbox;

    function setUp() external {
        vm.warp(1_700_000_000);
        _inbox = new Inbox(42, address(1), 100, 200, 30, _CAPACITY, _PER_SECOND, address(2));
    }

    function testFuzz_WhatIsBurnedIsOneForOneWithinAFewHundredGas(uint24 gasLimit) external {
        uint256 asked = bound(gasLimit, 1, 1 << 24);
        _send(_CAPACITY, MESSAGE_GAS);
        // The slots are warm and nothing is new but the message, so two empty buckets differ by what is burned.
        uint256 least = _send(1, MESSAGE_GAS);
        uint256 used = _send(asked, MESSAGE_GAS + asked);
        assertHolds("at least", used + 1 >= least + asked - _LOOP_GAS);
        assertHolds("at most", used <= least + asked + _LOOP_GAS);
    }

    function test_ALoopOfMessagesBurnsAllThatItAsksForBeyondTheBucket() external {
        uint256 before = gasleft();
        for (uint256 i = 0; i < 4; ++i) _send(1 << 24, MESSAGE_GAS + (1 << 24));
        assertHolds("burned", before - gasleft() >= 3 * (1 << 24));
        assertEqual("messages", _inbox.messageCount(), 4);
    }

    function test_AMessageThatRunsNothingLeavesTheBucketAlone() external {
        _send(_CAPACITY, MESSAGE_GAS);
        assertEqual("empty", _inbox.depositGasAvailable(), 0);
        _send(0, MESSAGE_GAS);
        vm.warp(block.timestamp + 3);
        _send(0, MESSAGE_GAS);
        assertEqual("three seconds", _inbox.depositGasAvailable(), 3 * _PER_SECOND);
    }

    function testFuzz_TheBucketNeverHoldsMoreThanItsCapacity(uint40 time) external {
        _send(_CAPACITY, MESSAGE_GAS);
        vm.warp(block.timestamp + time);
        uint256 refilled = uint256(time) * _PER_SECOND;
        assertEqual("available", _inbox.depositGasAvailable(), refilled < _CAPACITY ? refilled : _CAPACITY);
    }

    function test_ACallThatBringsTooLittleGasIsToldHowMuchItNeeds() external {
        _send(_CAPACITY, MESSAGE_GAS);
        (bool success, bytes memory reason) = address(_inbox).call{gas: 1_000_000}(
            abi.encodeCall(_inbox.sendMessage, (address(3), 0, 1_000_000, "", address(3)))
        );
        assertHolds("refused", !success);
        assertEqual("error", bytes32(bytes4(reason)), bytes32(IInbox.InsufficientGas.selector));
        assertEqual("its two values", reason.length, 68);
        assertEqual("no message", _inbox.messageCount(), 1);
    }

    /// @dev What a turn of the loop costs, twice.
    uint256 private constant _LOOP_GAS = 200;

    /// @return used Gas of the call.
    function _send(uint256 gasLimit, uint256 forwarded) private returns (uint256 used) {
        uint256 before = gasleft();
        _inbox.sendMessage{gas: forwarded}(address(3), 0, gasLimit, "", address(3));
        used = before - gasleft();
    }
}
