// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchKind} from "../../../contracts/l1/types/Batch.sol";
import {Inbox} from "../../../contracts/l1/Inbox.sol";
import {MessageKind, MessageOpening} from "../../../contracts/l1/types/MessageOpening.sol";
import {DisputeParameters} from "../../../contracts/l1/types/DisputeParameters.sol";
import {Parameters} from "../../../contracts/l1/types/Parameters.sol";
import {Rollup} from "../../../contracts/l1/Rollup.sol";
import {ScriptedProver} from "../../../contracts/test/ScriptedProver.sol";
import {InvariantTest} from "../InvariantTest.sol";
import {Test} from "../Test.sol";

/// @title Inbox handler
/// @notice Makes random use of an Inbox and keeps a model of what it must have recorded.
contract InboxHandler is Test {
    uint256 public constant FORCE_INCLUSION_DELAY = 100;
    uint256 public constant SELF_SEQUENCING_DELAY = 250;
    uint256 public constant CONTEXT_INTERVAL = 30;
    uint256 public constant DEPOSIT_GAS_CAPACITY = 1 << 24;
    uint256 public constant DEPOSIT_GAS_PER_SECOND = 1_000;
    address public constant OPERATOR = address(0x0Fe4a704);
    /// @dev Sends the transactions in which a contract is the caller.
    address private constant _ORIGIN = address(0x0419);

    Inbox public immutable INBOX;

    MessageOpening[] private _messages;
    bytes32[] private _batchHashes;
    uint256 public deposited;
    uint256 public messagesRead;
    uint256 public lastContextAt;
    uint256 public lastOperatorBatchAt;
    /// @notice How often each thing worked, so that a test can tell that the handler does something.
    mapping(string what => uint256 count) public done;

    constructor() {
        Rollup rollup = new Rollup(
            Parameters({
                l2ChainId: 42,
                operator: OPERATOR,
                forceInclusionDelay: FORCE_INCLUSION_DELAY,
                selfSequencingDelay: SELF_SEQUENCING_DELAY,
                contextInterval: CONTEXT_INTERVAL,
                depositGasCapacity: DEPOSIT_GAS_CAPACITY,
                depositGasPerSecond: DEPOSIT_GAS_PER_SECOND,
                genesisStateHash: bytes32(uint256(1)),
                prover: address(new ScriptedProver()),
                dispute: DisputeParameters({
                    challengePeriod: 1 days,
                    minimumResponseTime: 1,
                    claimBond: 1 ether,
                    unitBond: 1 ether,
                    claimTraceHeight: 2,
                    unitTraceHeight: 2
                })
            })
        );
        INBOX = Inbox(payable(address(rollup.INBOX())));
        lastOperatorBatchAt = block.timestamp;
    }

    function messageCount() external view returns (uint256) {
        return _messages.length;
    }

    function message(uint256 index) external view returns (MessageOpening memory) {
        return _messages[index];
    }

    function batchCount() external view returns (uint256) {
        return _batchHashes.length;
    }

    function batchHash(uint256 index) external view returns (bytes32) {
        return _batchHashes[index];
    }

    // ------------------------------------------------------------------------------------------------- actions

    function pass(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 60));
    }

    function passLong(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 300));
    }

    function deposit(uint256 actor, uint96 amount, bytes calldata data, bool contractCaller) external {
        address caller = _actor(actor);
        vm.deal(caller, amount);
        // Who sends the transaction is named: the runner draws it, and may draw an actor.
        vm.prank(caller, contractCaller ? _ORIGIN : caller);
        INBOX.sendMessage{value: amount}(address(0x70), actor >> 128, 21_000, data, address(0x7f));
        address sender =
            contractCaller
                ? address(uint160(uint256(uint160(caller)) + uint160(0x1111000000000000000000000000000000001111)))
                : caller;
        deposited += amount;
        _expectMessage(
            MessageKind.Deposit,
            keccak256(abi.encode(sender, address(0x70), amount, actor >> 128, 21_000, address(0x7f), keccak256(data)))
        );
        ++done["deposit"];
    }

    /// @dev `opens`: the message at `messagesUpTo`, the one before it, or none.
    function post(uint256 messagesUpTo, bytes calldata payload, uint8 opens, bool byOperator) external {
        address caller = byOperator ? OPERATOR : _actor(messagesUpTo);
        // Anything below, too: a batch that meant to read less than others have meanwhile.
        messagesUpTo = bound(messagesUpTo, 0, _messages.length + 1);
        uint256 opened = opens % 3 == 1 && messagesUpTo != 0 ? messagesUpTo - 1 : messagesUpTo;
        bool hasOpening = opens % 3 != 0 && opened < _messages.length;
        MessageOpening memory opening;
        if (hasOpening) opening = _messages[opened];
        vm.prank(caller, caller);
        bytes memory call =
            hasOpening
                ? abi.encodeWithSignature(
                    "postBatch(uint256,bytes,(uint256,uint8,bytes32))",
                    messagesUpTo,
                    payload,
                    opening
                )
                : abi.encodeWithSignature("postBatch(uint256,bytes)", messagesUpTo, payload);
        (bool success, ) = address(INBOX).call(call);

        bool allowed = byOperator || block.timestamp >= lastOperatorBatchAt + SELF_SEQUENCING_DELAY;
        bool inRange = messagesUpTo <= _messages.length;
        uint256 recorded = messagesUpTo > messagesRead ? messagesUpTo : messagesRead;
        if (success) {
            assertHolds("posted by who may", allowed);
            assertHolds("in range", inRange);
            assertHolds("nothing overdue left unread", !_isOverdue(recorded));
            if (messagesUpTo < messagesRead) ++done["post what others have overtaken"];
            if (byOperator) lastOperatorBatchAt = block.timestamp;
            _expectBatch(keccak256(payload), recorded);
            ++done[hasOpening ? "post with an opening" : "post without an opening"];
            if (!byOperator) ++done["post by another"];
        } else {
            // With an opening of a message that is not overdue, nothing else is a reason to refuse.
            assertHolds("refused for a reason", !allowed || !inRange || !hasOpening || _isOverdue(opened));
            if (inRange && _isOverdue(recorded)) ++done["refuse what leaves overdue messages"];
        }
    }

    function forceInclude(uint256 actor, uint256 index) external {
        if (_messages.length == 0) return;
        index = bound(index, 0, _messages.length - 1);
        bool forcible = index >= messagesRead && _isOverdue(index);
        vm.prank(_actor(actor));
        (bool success, ) = address(INBOX).call(abi.encodeCall(INBOX.forceInclude, (index, _messages[index])));
        assertHolds("forced exactly when unread and overdue", success == forcible);
        if (!success) return;
        _expectBatch(keccak256(""), index + 1);
        ++done["force"];
    }

    function forwardEther() external {
        INBOX.forwardEther();
    }

    // ------------------------------------------------------------------------------------------------- model

    function _isOverdue(uint256 index) private view returns (bool) {
        return index < _messages.length && block.timestamp > _messages[index].enqueuedAt + FORCE_INCLUSION_DELAY;
    }

    function _expectMessage(MessageKind kind, bytes32 bodyHash) private {
        _messages.push(MessageOpening({enqueuedAt: block.timestamp, kind: kind, bodyHash: bodyHash}));
    }

    function _expectBatch(bytes32 dataHash, uint256 messagesUpTo) private {
        _batchHashes.push(
            keccak256(abi.encode(BatchKind.Calldata, dataHash, messagesUpTo, block.number, block.timestamp))
        );
        messagesRead = messagesUpTo;
        if (block.timestamp < lastContextAt + CONTEXT_INTERVAL) return;
        lastContextAt = block.timestamp;
        _expectMessage(
            MessageKind.Context,
            keccak256(
                abi.encode(block.number, block.timestamp, block.basefee, block.blobbasefee, blockhash(block.number - 1))
            )
        );
    }

    function _actor(uint256 seed) private pure returns (address) {
        return address(uint160(0xac7000 + (seed % 3)));
    }
}

/// @title Inbox under random use
contract InboxInvariantTest is InvariantTest {
    InboxHandler private _handler;
    Inbox private _inbox;

    function setUp() external {
        vm.warp(1_700_000_000);
        _handler = new InboxHandler();
        _inbox = _handler.INBOX();
        setHandler(address(_handler));
    }

    function invariant_BothListsAreExactlyWhatWasPutInAndNothingChangesLater() external view {
        uint256 messages = _handler.messageCount();
        assertEqual("messages", _inbox.messageCount(), messages);
        for (uint256 i = 0; i < messages; ++i) {
            assertEqual("message", _inbox.messageHashes(i), _handler.message(i).hashAt(i));
        }
        assertEqual("no message beyond", _inbox.messageHashes(messages), bytes32(0));
        uint256 batches = _handler.batchCount();
        assertEqual("batches", _inbox.batchCount(), batches);
        for (uint256 i = 0; i < batches; ++i) assertEqual("batch", _inbox.batchHashes(i), _handler.batchHash(i));
        assertEqual("no batch beyond", _inbox.batchHashes(batches), bytes32(0));
    }

    function invariant_WhatIsReadIsWhatTheLastBatchReadAndNoMoreThanThereIs() external view {
        assertEqual("read", _inbox.messagesRead(), _handler.messagesRead());
        assertHolds("no more than there is", _inbox.messagesRead() <= _inbox.messageCount());
    }

    function invariant_ClocksAreThoseOfTheModel() external view {
        assertEqual("last context", _inbox.lastContextAt(), _handler.lastContextAt());
        assertEqual("last operator batch", _inbox.lastOperatorBatchAt(), _handler.lastOperatorBatchAt());
    }

    function invariant_AllEtherDepositedIsInTheInboxOrThePortal() external view {
        assertEqual("ETH", address(_inbox).balance + _inbox.PORTAL().balance, _handler.deposited());
    }

    /// @dev The handler is only worth something if it reaches every case.
    function test_TheHandlerReachesEveryCase() external {
        bytes memory payload = hex"01";
        _handler.deposit(1, 5, "", false);
        _handler.deposit(2, 5, "", true);
        _handler.post(0, payload, 2, true);
        _handler.post(2, payload, 0, true);
        _handler.post(1, payload, 1, true);
        _handler.passLong(299);
        _handler.post(_inbox.messagesRead(), payload, 2, false);
        _handler.passLong(299);
        _handler.forceInclude(0, _inbox.messagesRead());
        _handler.post(_inbox.messageCount(), payload, 0, false);
        string[7] memory all = [
            "deposit",
            "post with an opening",
            "post without an opening",
            "post by another",
            "post what others have overtaken",
            "force",
            "refuse what leaves overdue messages"
        ];
        for (uint256 i = 0; i < all.length; ++i) assertHolds(all[i], _handler.done(all[i]) != 0);
    }
}
