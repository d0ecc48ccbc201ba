// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ContextBody} from "../l1/types/ContextBody.sol";
import {DepositBody} from "../l1/types/DepositBody.sol";
import {MessageKind} from "../l1/types/MessageOpening.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {BufferTree} from "./libraries/BufferTree.sol";
import {Fees} from "./libraries/Fees.sol";
import {GasBucket} from "./libraries/GasBucket.sol";
import {Slices} from "./libraries/Slices.sol";
import {Accounts} from "./steps/Accounts.sol";
import {Flushing} from "./steps/Flushing.sol";
import {NextUnit} from "./steps/NextUnit.sol";
import {Overlay} from "./steps/Overlay.sol";
import {Slots} from "./steps/Slots.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {Account} from "./types/Account.sol";
import {BlockContext} from "./types/BlockContext.sol";
import {Chain} from "./types/Chain.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Deposit} from "./types/Deposit.sol";
import {Phase} from "./types/Phase.sol";
import {DEPOSIT_KIND, TransactionContext} from "./types/TransactionContext.sol";
import {Witness} from "./types/Witness.sol";

/// @title Message verifier
/// @notice Proves the steps of the unit `Message` that are not of every transaction (docs/machine.md §16).
contract MessageVerifier is IVerifier {
    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata input) external view returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        Phase phase = step.machine.phase;
        if (phase == Phase.Message) return _start(step, w, input);
        if (phase == Phase.Mint) return _mint(step, w);
        if (phase == Phase.Refund) return _refund(step, w);
        if (phase == Phase.WriteContext) return _writeContext(step, w);
        if (phase == Phase.EndMessage) return _endMessage(step, w);
        revert WrongPhase(phase);
    }

    function _start(Step memory step, Witness calldata w, ChainInput calldata input) private view returns (bytes32) {
        Chain memory chain = Steps.openChain(step, w);
        bytes32 messageHash = input.inbox.messageHashes(chain.messageCount);
        (, , MessageKind kind, bytes32 bodyHash) = abi.decode(
            Steps.nextPreimage(step, w, messageHash),
            (uint256, uint256, MessageKind, bytes32)
        );
        bytes calldata encodedBody = Steps.nextPreimage(step, w, bodyHash);
        if (kind == MessageKind.Context) {
            if (!_takeWeight(chain, GasBucket.listingCharge(0))) return NextUnit.withinBlock(step, chain);
            chain.message = bodyHash;
            step.machine.phase = Phase.WriteContext;
            return Steps.endWithChain(step, chain);
        }

        DepositBody memory body = abi.decode(encodedBody, (DepositBody));
        bytes memory data = Steps.nextPreimage(step, w, body.dataHash);
        uint256 weight = GasBucket.atLeastListingCharge(body.gasLimit, data.length);
        if (!_takeWeight(chain, weight)) return NextUnit.withinBlock(step, chain);

        chain.message = Deposit({mint: body.mint, refundTo: body.refundTo, balanceBefore: 0}).hash();
        TransactionContext memory transaction;
        transaction.raw = Slices.empty();
        transaction.transactionHash = messageHash;
        transaction.kind = DEPOSIT_KIND;
        transaction.gasLimit = body.gasLimit;
        transaction.to = body.to;
        transaction.value = body.value;
        transaction.data = Slices.range(BufferTree.rootOf(data), 0, data.length);
        transaction.sender = body.sender;
        step.machine.transaction = transaction.hash();
        step.machine.phase = Phase.CountCalldata;
        return Steps.endWithChain(step, chain);
    }

    /// @dev Whether the block can consume a message of this weight (specification §3 rule 4), which is then taken off what it may
    /// still consume. If not, its messages end before this one.
    function _takeWeight(Chain memory chain, uint256 weight) private pure returns (bool fits) {
        fits = weight <= chain.messageWeight;
        if (fits) chain.messageWeight -= weight;
        else chain.messagesEnd = chain.messageCount;
    }

    function _mint(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        BlockContext memory context = Steps.openBlockContext(step, w);
        Chain memory chain = Steps.openChain(step, w);
        Deposit memory deposit = Steps.openDeposit(step, w, chain);
        address sender = transaction.sender;
        (bool isPresent, Account memory account) = Overlay.readAccount(step, w, sender);
        if (!isPresent) return Steps.faultOnAccount(step, w, sender);

        deposit.balanceBefore = account.balance;
        if (deposit.mint > 0) Accounts.credit(step, w, sender, deposit.mint);
        chain.message = deposit.hash();
        step.machine.chain = chain.hash();

        bool runs = transaction.gasLimit > 0;
        transaction.nonce = account.nonce;
        transaction.maxFeePerGas = Fees.minimumBaseFee(context.dataPrice);
        transaction.status = runs ? 0 : 1;
        step.machine.phase = runs ? Phase.Validate : Phase.Refund;
        return Steps.endWithTransaction(step, transaction);
    }

    function _refund(Step memory step, Witness calldata w) private pure returns (bytes32) {
        address sender = Steps.openTransaction(step, w).sender;
        Chain memory chain = Steps.openChain(step, w);
        Deposit memory deposit = Steps.openDeposit(step, w, chain);
        (bool isPresent, Account memory account) = Overlay.readAccount(step, w, sender);
        if (!isPresent) return Steps.faultOnAccount(step, w, sender);

        uint256 left = Math.min(deposit.mint, Math.saturatingSub(account.balance, deposit.balanceBefore));
        address refundTo = deposit.refundTo;
        if (left > 0 && refundTo != sender) {
            (isPresent, ) = Overlay.readAccount(step, w, refundTo);
            if (!isPresent) return Steps.faultOnAccount(step, w, refundTo);
            Accounts.debit(step, w, sender, left);
            Accounts.credit(step, w, refundTo, left);
        }
        chain.message = 0;
        step.machine.phase = Phase.Flush;
        return Steps.endWithChain(step, chain);
    }

    function _writeContext(Step memory step, Witness calldata w) private pure returns (bytes32) {
        ContextBody memory body = Steps.openContextBody(step, w, Steps.openChain(step, w));
        address owner = Predeploys.L1_CONTEXT;
        (bool isPresent, ) = Overlay.readAccount(step, w, owner);
        if (!isPresent) return Steps.faultOnAccount(step, w, owner);
        uint256[5] memory slots = [
            Predeploys.L1_CONTEXT_NUMBER_SLOT,
            Predeploys.L1_CONTEXT_TIMESTAMP_SLOT,
            Predeploys.L1_CONTEXT_BASE_FEE_SLOT,
            Predeploys.L1_CONTEXT_BLOB_BASE_FEE_SLOT,
            Predeploys.L1_CONTEXT_PARENT_HASH_SLOT
        ];
        for (uint256 i = 0; i < 5; ++i) {
            (isPresent, ) = Overlay.readSlot(step, w, owner, slots[i]);
            if (!isPresent) return Steps.faultOnSlot(step, w, owner, slots[i]);
        }

        uint256[5] memory values = [
            body.number,
            body.timestamp,
            body.baseFee,
            body.blobBaseFee,
            uint256(body.parentHash)
        ];
        for (uint256 i = 0; i < 5; ++i) Slots.set(step, w, owner, slots[i], values[i]);
        Flushing.begin(step, Phase.EndMessage);
        return Steps.end(step);
    }

    function _endMessage(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Chain memory chain = Steps.openChain(step, w);
        chain.message = 0;
        ++chain.messageCount;
        return NextUnit.withinBlock(step, chain);
    }
}
