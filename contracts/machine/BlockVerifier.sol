// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {BlockHashHistory} from "./libraries/BlockHashHistory.sol";
import {BlockHeaders} from "./libraries/BlockHeaders.sol";
import {BlockTimestamps} from "./libraries/BlockTimestamps.sol";
import {Fees} from "./libraries/Fees.sol";
import {GasBucket} from "./libraries/GasBucket.sol";
import {Slices} from "./libraries/Slices.sol";
import {Accounts} from "./steps/Accounts.sol";
import {Content} from "./steps/Content.sol";
import {Flushing} from "./steps/Flushing.sol";
import {NextUnit} from "./steps/NextUnit.sol";
import {Overlay} from "./steps/Overlay.sol";
import {Slots} from "./steps/Slots.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {TransactionBegin} from "./steps/TransactionBegin.sol";
import {Account} from "./types/Account.sol";
import {BlockContext} from "./types/BlockContext.sol";
import {BlockHeader} from "./types/BlockHeader.sol";
import {Chain} from "./types/Chain.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {EMPTY_BLOOM_HASH} from "./types/Journal.sol";
import {ParentHeader} from "./types/ParentHeader.sol";
import {Phase} from "./types/Phase.sol";
import {Slot} from "./types/Slot.sol";
import {Stream} from "./types/Stream.sol";
import {Witness} from "./types/Witness.sol";

/// @title Block verifier
/// @notice Proves the steps of blocks that are of neither their messages nor the execution of their transactions (docs/machine.md
/// §16): the units `BeginBlock` and `EndBlock`, and where a chain is around it the start of `Transaction`.
contract BlockVerifier is IVerifier {
    /// @dev Blocks that a payload gives at most (specification §3 rule 2).
    uint256 private constant MAXIMUM_BLOCKS = 4_096;
    /// @dev `timestamp (8) ‖ messages (4) ‖ transactions (4)`.
    uint256 private constant BLOCK_HEAD_SIZE = 16;
    /// @dev What stands before the bytes of a listed transaction: how many there are.
    uint256 private constant LENGTH_SIZE = 3;
    /// @dev Wei per blob gas on a chain without blobs.
    uint256 private constant BLOB_BASE_FEE = 1;

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata input) external view returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        Phase phase = step.machine.phase.underway();
        if (phase == Phase.ReadBlockHead) return _readBlockHead(step, w, input);
        if (phase == Phase.OpenBlock) return _openBlock(step, w);
        if (phase == Phase.EnterBlock) return NextUnit.withinBlock(step, Steps.openChain(step, w));
        if (phase == Phase.ReadTransaction && step.machine.chain != 0) return _readTransaction(step, w);
        if (phase == Phase.CreditFees) return _creditFees(step, w);
        if (phase == Phase.SealBlock) return _sealBlock(step, w);
        revert WrongPhase(step.machine.phase);
    }

    function _readBlockHead(
        Step memory step,
        Witness calldata w,
        ChainInput calldata input
    ) private view returns (bytes32) {
        Chain memory chain = Steps.openChain(step, w);
        if (chain.blockCount == MAXIMUM_BLOCKS) chain.endPayload();
        uint256 head = 0;
        if (chain.stream != 0) {
            Stream memory stream = Steps.openStream(step, w, chain);
            uint256 end = chain.position + BLOCK_HEAD_SIZE;
            if (Content.isToCome(stream, end)) return Content.inflate(step, stream, end);
            if (Content.has(stream, end)) {
                head = uint128(bytes16(Content.read(step, w, stream, chain.position, BLOCK_HEAD_SIZE)));
            } else {
                chain.endPayload();
            }
        }
        if (_isBatchOver(chain)) return NextUnit.betweenBlocks(step, chain);

        ParentHeader memory parent = BlockHeaders.decodeParent(Steps.nextPreimage(step, w, chain.blockHash));
        uint256 timestamp;
        if (chain.stream != 0) {
            timestamp = BlockTimestamps.clamp(head >> 64, parent.timestamp, chain.batchTimestamp);
            if (GasBucket.paysForBlock(parent, timestamp)) {
                chain.position += BLOCK_HEAD_SIZE;
                ++chain.blockCount;
                chain.transactionsLeft = uint32(head);
                chain.messagesEnd = Math.min(chain.messageCount + uint32(head >> 32), chain.messagesUpTo);
            } else {
                chain.endPayload();
                if (_isBatchOver(chain)) return NextUnit.betweenBlocks(step, chain);
            }
        }
        if (chain.stream == 0) {
            timestamp = Math.max(parent.timestamp, chain.batchTimestamp);
            chain.messagesEnd = chain.messagesUpTo;
        }
        return _beginBlock(step, chain, parent, timestamp, input);
    }

    /// @dev Whether the batch gives no more blocks, as nothing is left to be read.
    function _isBatchOver(Chain memory chain) private pure returns (bool) {
        return chain.stream == 0 && chain.messageCount >= chain.messagesUpTo;
    }

    /// @dev Begins a block of which all is known that does not depend on the state.
    function _beginBlock(
        Step memory step,
        Chain memory chain,
        ParentHeader memory parent,
        uint256 timestamp,
        ChainInput calldata input
    ) private view returns (bytes32) {
        BlockContext memory context;
        context.number = parent.number + 1;
        context.timestamp = timestamp;
        context.coinbase = Predeploys.FEE_VAULT;
        context.gasLimit = GasBucket.nextGasLimit(parent, timestamp);
        context.chainId = input.inbox.L2_CHAIN_ID();
        context.blobBaseFee = BLOB_BASE_FEE;
        context.bloomHash = EMPTY_BLOOM_HASH;
        context.raw = Slices.empty();

        chain.messageWeight = parent.gasCapacity;
        chain.gasLeft = context.gasLimit;
        chain.gasExcess = Fees.nextGasExcess(parent, timestamp);
        chain.gasCapacity = parent.gasCapacity;
        chain.gasPerSecond = parent.gasPerSecond;

        step.machine.blockContext = context.hash();
        step.machine.stateRoot = parent.stateRoot;
        step.machine.pending = 0;
        step.machine.phase = Phase.OpenBlock;
        return Steps.endWithChain(step, chain);
    }

    function _openBlock(Step memory step, Witness calldata w) private pure returns (bytes32) {
        BlockContext memory context = Steps.openBlockContext(step, w);
        Chain memory chain = Steps.openChain(step, w);

        address owner = Predeploys.L1_CONTEXT;
        (bool isPresent, ) = Overlay.readAccount(step, w, owner);
        if (!isPresent) return Steps.faultOnAccount(step, w, owner);
        uint256[4] memory slots = [
            Predeploys.L1_CONTEXT_NUMBER_SLOT,
            Predeploys.L1_CONTEXT_BASE_FEE_SLOT,
            Predeploys.L1_CONTEXT_BLOB_BASE_FEE_SLOT,
            Predeploys.L1_CONTEXT_PARENT_HASH_SLOT
        ];
        uint256[4] memory values;
        Slot memory entry;
        for (uint256 i = 0; i < 4; ++i) {
            (isPresent, entry) = Overlay.readSlot(step, w, owner, slots[i]);
            if (!isPresent) return Steps.faultOnSlot(step, w, owner, slots[i]);
            values[i] = entry.current;
        }

        owner = BlockHashHistory.ADDRESS;
        Account memory history;
        (isPresent, history) = Overlay.readAccount(step, w, owner);
        if (!isPresent) return Steps.faultOnAccount(step, w, owner);
        if (!history.isEmpty()) {
            uint256 slot = BlockHashHistory.slotOf(context.number - 1);
            (isPresent, ) = Overlay.readSlot(step, w, owner, slot);
            if (!isPresent) return Steps.faultOnSlot(step, w, owner, slot);
            Slots.set(step, w, owner, slot, uint256(chain.blockHash));
        }

        context.dataPrice = Fees.dataPrice(values[0], values[1], values[2]);
        context.baseFee = Fees.baseFeeOf(chain.gasExcess, chain.gasPerSecond, context.dataPrice);
        context.prevRandao = bytes32(values[3]);
        step.machine.blockContext = context.hash();
        Flushing.begin(step, Phase.EnterBlock);
        return Steps.end(step);
    }

    function _readTransaction(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Chain memory chain = Steps.openChain(step, w);
        Stream memory stream = Steps.openStream(step, w, chain);
        uint256 position = chain.position + LENGTH_SIZE;
        if (Content.isToCome(stream, position)) return Content.inflate(step, stream, position);
        if (!Content.has(stream, position)) return _endPayload(step, chain);
        uint256 length = uint24(bytes3(Content.read(step, w, stream, chain.position, LENGTH_SIZE)));
        uint256 charge = GasBucket.listingCharge(length);
        if (!TransactionBegin.isSize(length) || charge > chain.gasLeft) return _endPayload(step, chain);
        uint256 end = position + length;
        if (Content.isToCome(stream, end)) return Content.inflate(step, stream, end);
        if (!Content.has(stream, end)) return _endPayload(step, chain);

        chain.position = end;
        --chain.transactionsLeft;
        chain.gasLeft -= charge;
        TransactionBegin.begin(step, Content.slice(stream, position, length));
        return Steps.endWithChain(step, chain);
    }

    /// @dev The payload ends before a transaction, and the block goes on without.
    function _endPayload(Step memory step, Chain memory chain) private pure returns (bytes32) {
        chain.endPayload();
        return NextUnit.withinBlock(step, chain);
    }

    function _creditFees(Step memory step, Witness calldata w) private pure returns (bytes32) {
        BlockContext memory context = Steps.openBlockContext(step, w);
        uint256 depositGas = Steps.openChain(step, w).depositGas;
        // Fees are below 2^128 wei (Fees.sol), and the gas of a block below 2^64, as it is in a header.
        uint256 amount =
            context.baseFee * (context.gasUsed - depositGas) + Fees.minimumBaseFee(context.dataPrice) * depositGas;
        if (amount > 0) {
            (bool isPresent, ) = Overlay.readAccount(step, w, Predeploys.FEE_VAULT);
            if (!isPresent) return Steps.faultOnAccount(step, w, Predeploys.FEE_VAULT);
            Accounts.credit(step, w, Predeploys.FEE_VAULT, amount);
        }
        Flushing.begin(step, Phase.SealBlock);
        return Steps.end(step);
    }

    function _sealBlock(Step memory step, Witness calldata w) private pure returns (bytes32) {
        BlockContext memory context = Steps.openBlockContext(step, w);
        Chain memory chain = Steps.openChain(step, w);
        (bool isPresent, ) = Overlay.readAccount(step, w, Predeploys.OUTBOX);
        if (!isPresent) return Steps.faultOnAccount(step, w, Predeploys.OUTBOX);
        Slot memory outboxRoot;
        (isPresent, outboxRoot) = Overlay.readSlot(step, w, Predeploys.OUTBOX, Predeploys.OUTBOX_ROOT_SLOT);
        if (!isPresent) return Steps.faultOnSlot(step, w, Predeploys.OUTBOX, Predeploys.OUTBOX_ROOT_SLOT);

        chain.outboxRoot = bytes32(outboxRoot.current);
        chain.blockHash = keccak256(
            BlockHeaders.encode(
                BlockHeader({
                    parentHash: chain.blockHash,
                    coinbase: context.coinbase,
                    stateRoot: step.machine.stateRoot,
                    transactionsRoot: context.transactionsRoot,
                    receiptsRoot: context.receiptsRoot,
                    logsBloom: Steps.openBlockBloom(w, context),
                    number: context.number,
                    gasLimit: Math.max(context.gasLimit, context.gasUsed),
                    gasUsed: context.gasUsed,
                    gasCapacity: chain.gasCapacity,
                    gasPerSecond: chain.gasPerSecond,
                    gasLevel: chain.gasLeft,
                    gasExcess: chain.gasExcess,
                    timestamp: context.timestamp,
                    prevRandao: context.prevRandao,
                    baseFee: context.baseFee,
                    outboxRoot: chain.outboxRoot
                })
            )
        );
        _clearBlock(chain);
        return NextUnit.betweenBlocks(step, chain);
    }

    /// @dev Nothing of a block stays in the chain at its end.
    function _clearBlock(Chain memory chain) private pure {
        chain.transactionsLeft = 0;
        chain.messagesEnd = 0;
        chain.messageWeight = 0;
        chain.gasLeft = 0;
        chain.depositGas = 0;
        chain.gasExcess = 0;
        chain.gasCapacity = 0;
        chain.gasPerSecond = 0;
        chain.message = 0;
    }
}
