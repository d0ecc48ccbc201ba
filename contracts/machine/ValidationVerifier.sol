// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Authorization, Authorizations} from "./libraries/Authorizations.sol";
import {Delegations} from "./libraries/Delegations.sol";
import {GasBucket} from "./libraries/GasBucket.sol";
import {Opcodes} from "./libraries/Opcodes.sol";
import {RlpCursor} from "./libraries/RlpCursors.sol";
import {Accounts} from "./steps/Accounts.sol";
import {FrameMaking} from "./steps/FrameMaking.sol";
import {GasMeter} from "./steps/GasMeter.sol";
import {Overlay} from "./steps/Overlay.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {TransactionEnd} from "./steps/TransactionEnd.sol";
import {Warmth} from "./steps/Warmth.sol";
import {Windows} from "./steps/Windows.sol";
import {Account, EMPTY_CODE_HASH} from "./types/Account.sol";
import {BlockContext} from "./types/BlockContext.sol";
import {Chain} from "./types/Chain.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {FrameContext} from "./types/FrameContext.sol";
import {Phase} from "./types/Phase.sol";
import {TransactionContext} from "./types/TransactionContext.sol";
import {Witness} from "./types/Witness.sol";

/// @title Validation verifier
/// @notice Proves the steps between a decoded transaction and its outermost frame (docs/machine.md §7): `Validate`,
/// `BuyGas`, `Authorize` and `EnterTransaction`.
contract ValidationVerifier is IVerifier {
    /// @dev Gas of a transaction as such (Osaka).
    uint256 private constant TRANSACTION_GAS = 21_000;
    uint256 private constant CREATION_GAS = 32_000;
    uint256 private constant TOKEN_GAS = 4;
    uint256 private constant FLOOR_TOKEN_GAS = 10;
    uint256 private constant ACCESS_LIST_ADDRESS_GAS = 2_400;
    uint256 private constant ACCESS_LIST_SLOT_GAS = 1_900;
    uint256 private constant AUTHORIZATION_GAS = 25_000;
    uint256 private constant EXISTING_AUTHORITY_REFUND = 12_500;

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        Phase phase = step.machine.phase;
        if (phase == Phase.Validate) return _validate(step, w);
        if (phase == Phase.BuyGas) return _buyGas(step, w);
        if (phase == Phase.Authorize) return _authorize(step, w);
        if (phase == Phase.EnterTransaction) return _enterTransaction(step, w);
        revert WrongPhase(phase);
    }

    function _validate(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        BlockContext memory context = Steps.openBlockContext(step, w);
        bool isListed = step.machine.chain != 0 && !transaction.isDeposit();
        Chain memory chain;
        if (isListed) chain = Steps.openChain(step, w);
        (bool isPresent, Account memory sender) = Overlay.readAccount(step, w, transaction.sender);
        if (!isPresent) return Steps.faultOnAccount(step, w, transaction.sender);

        transaction.dataGas = _dataGas(transaction.tokens, context.dataPrice, context.baseFee);
        transaction.intrinsicGas = _intrinsicGas(transaction);
        transaction.floorGas = TRANSACTION_GAS + FLOOR_TOKEN_GAS * transaction.dataTokens;
        bool isValid = _isValid(transaction, sender);
        if (transaction.isDeposit()) return _endDeposit(step, transaction, isValid);

        uint256 available =
            isListed
                ? chain.gasLeft + GasBucket.listingCharge(transaction.raw.length)
                : Math.saturatingSub(context.gasLimit, context.gasUsed);
        if (!isValid || transaction.maxFeePerGas < context.baseFee || transaction.gasLimit > available)
            return isListed ? TransactionEnd.skip(step, w, chain) : TransactionEnd.skip(step, w);

        uint256 room = transaction.maxFeePerGas - context.baseFee;
        transaction.gasPrice = context.baseFee + Math.min(room, transaction.maxPriorityFeePerGas);
        step.machine.phase = Phase.BuyGas;
        return Steps.endWithTransaction(step, transaction);
    }

    /// @dev A deposit pays its own price, whatever the base fee and the gas bucket. One that is not valid is not run, and all else
    /// of it stays.
    function _endDeposit(
        Step memory step,
        TransactionContext memory transaction,
        bool isValid
    ) private pure returns (bytes32) {
        if (!isValid) {
            step.machine.phase = Phase.Refund;
            return Steps.end(step);
        }
        transaction.gasPrice = transaction.maxFeePerGas;
        step.machine.phase = Phase.BuyGas;
        return Steps.endWithTransaction(step, transaction);
    }

    function _buyGas(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        address sender = transaction.sender;
        address coinbase = Steps.openBlockContext(step, w).coinbase;
        address to = transaction.to;
        bool isPresent;
        Account memory coinbaseAccount;
        Account memory toAccount;
        (isPresent, ) = Overlay.readAccount(step, w, sender);
        if (!isPresent) return Steps.faultOnAccount(step, w, sender);
        (isPresent, coinbaseAccount) = Overlay.readAccount(step, w, coinbase);
        if (!isPresent) return Steps.faultOnAccount(step, w, coinbase);
        if (!transaction.isCreation) {
            (isPresent, toAccount) = Overlay.readAccount(step, w, to);
            if (!isPresent) return Steps.faultOnAccount(step, w, to);
        }

        (Account memory account, uint256 opening) = Accounts.modify(step, w, sender);
        ++account.nonce;
        account.balance -= transaction.gasLimit * transaction.gasPrice;
        account.isWarm = true;
        account.isDirty = true;
        Overlay.writeAccount(step, w, opening, sender, account);

        if (coinbase == sender) coinbaseAccount.isWarm = true;
        Warmth.makeWarm(step, w, coinbase, coinbaseAccount);
        if (!transaction.isCreation) {
            if (to == sender || to == coinbase) toAccount.isWarm = true;
            Warmth.makeWarm(step, w, to, toAccount);
        }

        transaction.cursor = transaction.authorizationsStart;
        step.machine.phase = transaction.authorizationCount > 0 ? Phase.Authorize : Phase.EnterTransaction;
        return Steps.endWithTransaction(step, transaction);
    }

    function _authorize(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        if (transaction.cursor == transaction.authorizationsEnd) {
            step.machine.phase = Phase.EnterTransaction;
            return Steps.end(step);
        }

        RlpCursor memory cursor = Windows.openItem(step, w, transaction);
        Authorization memory authorization = Authorizations.read(cursor);
        uint256 chainId = authorization.chainId;
        if (
            (chainId == 0 || chainId == Steps.openBlockContext(step, w).chainId) &&
            authorization.nonce < FrameMaking.LAST_NONCE
        ) {
            address authority = Authorizations.authority(authorization);
            if (authority != address(0)) {
                (bool isPresent, Account memory account) = Overlay.readAccount(step, w, authority);
                if (!isPresent) return Steps.faultOnAccount(step, w, authority);
                if (_hasForeignCode(account) || account.nonce != authorization.nonce) {
                    Warmth.makeWarm(step, w, authority, account);
                } else {
                    _delegate(step, w, authority, authorization.target);
                }
            }
        }
        transaction.cursor = cursor.position;
        return Steps.endWithTransaction(step, transaction);
    }

    /// @dev `authority` takes on the code of `target`, or none if that is 0: one modify.
    function _delegate(Step memory step, Witness calldata w, address authority, address target) private pure {
        (Account memory account, uint256 opening) = Accounts.modify(step, w, authority);
        if (!account.isEmpty()) step.machine.journal.refund += EXISTING_AUTHORITY_REFUND;
        bool isCleared = target == address(0);
        account.codeHash = isCleared ? EMPTY_CODE_HASH : Delegations.codeHashTo(target);
        account.codeLength = isCleared ? 0 : Delegations.CODE_LENGTH;
        account.delegation = isCleared ? 0 : Delegations.delegationTo(target);
        ++account.nonce;
        account.isWarm = true;
        account.isDirty = true;
        Overlay.writeAccount(step, w, opening, authority, account);
    }

    function _enterTransaction(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        return transaction.isCreation ? _enterCreation(step, w, transaction) : _enterCall(step, w, transaction);
    }

    function _enterCall(
        Step memory step,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        address to = transaction.to;
        (bool isPresent, Account memory account) = Overlay.readAccount(step, w, to);
        if (!isPresent) return Steps.faultOnAccount(step, w, to);
        (address codeAddress, bool isDelegated) = FrameMaking.codeOf(to, account);
        if (isDelegated) {
            Account memory delegate;
            (isPresent, delegate) = Overlay.readAccount(step, w, codeAddress);
            if (!isPresent) return Steps.faultOnAccount(step, w, codeAddress);
            Warmth.makeWarm(step, w, codeAddress, delegate);
        }
        return _enterFrame(step, transaction, Opcodes.CALL, to, codeAddress, isDelegated);
    }

    function _enterCreation(
        Step memory step,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        address created = FrameMaking.addressOf(transaction.sender, transaction.nonce);
        (bool isPresent, Account memory account) = Overlay.readAccount(step, w, created);
        if (!isPresent) return Steps.faultOnAccount(step, w, created);
        Warmth.makeWarm(step, w, created, account);
        if (account.isOccupied()) {
            transaction.gas = 0;
            transaction.status = 0;
            step.machine.phase = Phase.Settle;
            return Steps.endWithTransaction(step, transaction);
        }
        return _enterFrame(step, transaction, Opcodes.CREATE, created, created, false);
    }

    function _enterFrame(
        Step memory step,
        TransactionContext memory transaction,
        uint256 kind,
        address self,
        address codeAddress,
        bool isDelegated
    ) private pure returns (bytes32) {
        FrameContext memory context;
        context.kind = kind;
        context.self = self;
        context.caller = transaction.sender;
        context.value = transaction.value;
        context.codeAddress = codeAddress;
        context.isDelegated = isDelegated;
        context.input = transaction.data;
        uint256 gas = transaction.gasLimit - transaction.dataGas - transaction.intrinsicGas;
        FrameMaking.enter(step, context, gas);
        return Steps.end(step);
    }

    /// @dev Whether the rules of specification §4 let the transaction run, but for those of the base fee and of the gas there is.
    /// Fees and value are anything below 2^256.
    function _isValid(TransactionContext memory transaction, Account memory sender) private pure returns (bool) {
        uint256 gasLimit = transaction.gasLimit;
        uint256 minimumGas = Math.max(transaction.intrinsicGas, transaction.floorGas);
        if (
            gasLimit < Math.saturatingAdd(minimumGas, transaction.dataGas) ||
            transaction.nonce != sender.nonce ||
            transaction.nonce >= FrameMaking.LAST_NONCE ||
            _hasForeignCode(sender) ||
            (transaction.isCreation && transaction.data.length > FrameMaking.INITCODE_LIMIT)
        ) return false;

        (bool fits, uint256 cost) = Math.tryMul(gasLimit, transaction.maxFeePerGas);
        if (!fits) return false;
        (fits, cost) = Math.tryAdd(cost, transaction.value);
        return fits && sender.balance >= cost;
    }

    /// @dev Whether an account has code other than a delegation.
    function _hasForeignCode(Account memory account) private pure returns (bool) {
        return account.hasCode() && account.delegation == 0;
    }

    /// @dev `⌈tokens × price ÷ baseFee⌉`, 0 if `price` is 0. More than 2^256 - 1, which no gas limit covers, is given as that.
    function _dataGas(uint256 tokens, uint256 price, uint256 baseFee) private pure returns (uint256) {
        if (price == 0) return 0;
        (uint256 high, ) = Math.mul512(tokens, price);
        if (high >= baseFee) return type(uint256).max;
        uint256 remainder = mulmod(tokens, price, baseFee);
        return Math.saturatingAdd(Math.mulDiv(tokens, price, baseFee), remainder > 0 ? 1 : 0);
    }

    function _intrinsicGas(TransactionContext memory transaction) private pure returns (uint256 gas) {
        gas = TRANSACTION_GAS + TOKEN_GAS * transaction.dataTokens;
        if (transaction.isCreation)
            gas += CREATION_GAS + GasMeter.INITCODE_WORD * Math.ceilDiv(transaction.data.length, 32);
        gas += ACCESS_LIST_ADDRESS_GAS * transaction.addressCount;
        gas += ACCESS_LIST_SLOT_GAS * transaction.slotCount;
        gas += AUTHORIZATION_GAS * transaction.authorizationCount;
    }
}
