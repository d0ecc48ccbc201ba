// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Accounts} from "./libraries/Accounts.sol";
import {Authorization, Authorizations} from "./libraries/Authorizations.sol";
import {Delegations} from "./libraries/Delegations.sol";
import {FrameMaking} from "./libraries/FrameMaking.sol";
import {Overlay} from "./libraries/Overlay.sol";
import {Rlp} from "./libraries/Rlp.sol";
import {RlpCursor, RlpCursors} from "./libraries/RlpCursors.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {TransactionEnd} from "./libraries/TransactionEnd.sol";
import {Warmth} from "./libraries/Warmth.sol";
import {Account, BlockContext, FrameContext, TransactionContext} from "./types/MachineState.sol";
import {Phase} from "./types/Phase.sol";
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
    uint256 private constant INITCODE_WORD_GAS = 2;
    uint256 private constant ACCESS_LIST_ADDRESS_GAS = 2_400;
    uint256 private constant ACCESS_LIST_SLOT_GAS = 1_900;
    uint256 private constant AUTHORIZATION_GAS = 25_000;
    uint256 private constant EXISTING_AUTHORITY_REFUND = 12_500;
    /// @dev EIP-3860.
    uint256 private constant MAXIMUM_INITCODE = 49_152;
    /// @dev No account gets there (EIP-2681).
    uint256 private constant NONCE_LIMIT = type(uint64).max;
    /// @dev Bytes opened for an authorization.
    uint256 private constant ITEM_WINDOW = 192;

    uint256 private constant CREATE = 0xf0;
    uint256 private constant CALL = 0xf1;

    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata w) external pure returns (bytes32) {
        Step memory current = Steps.begin(before, w);
        Phase phase = current.machine.phase;
        require(phase >= Phase.Validate && phase <= Phase.EnterTransaction, WrongPhase(phase));

        TransactionContext memory transaction = Steps.openTransaction(current, w);
        if (phase == Phase.Validate) return _validate(before, current, w, transaction);
        if (phase == Phase.BuyGas) return _buyGas(before, current, w, transaction);
        if (phase == Phase.Authorize) return _authorize(before, current, w, transaction);
        return
            transaction.isCreation
                ? _enterCreation(before, current, w, transaction)
                : _enterCall(before, current, w, transaction);
    }

    function _validate(
        bytes32 before,
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        BlockContext memory context = Steps.openBlockContext(current, w);
        (bool isPresent, Account memory sender) = Overlay.readAccount(current, w, transaction.sender);
        if (!isPresent) return Steps.fault(before, w, false, transaction.sender, 0);

        transaction.dataGas = _dataGas(transaction.tokens, context.dataPrice, context.baseFee);
        transaction.intrinsicGas = _intrinsicGas(transaction);
        transaction.floorGas = TRANSACTION_GAS + FLOOR_TOKEN_GAS * transaction.dataTokens;
        if (!_isValid(transaction, context, sender)) return TransactionEnd.skip(current, w);

        uint256 room = transaction.maxFeePerGas - context.baseFee;
        transaction.gasPrice = context.baseFee + Math.min(room, transaction.maxPriorityFeePerGas);
        current.machine.transaction = Steps.hashTransaction(transaction);
        current.machine.phase = Phase.BuyGas;
        return Steps.end(current);
    }

    function _buyGas(
        bytes32 before,
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        address sender = transaction.sender;
        address coinbase = Steps.openBlockContext(current, w).coinbase;
        address to = transaction.to;
        bool isPresent;
        Account memory coinbaseAccount;
        Account memory toAccount;
        (isPresent, ) = Overlay.readAccount(current, w, sender);
        if (!isPresent) return Steps.fault(before, w, false, sender, 0);
        (isPresent, coinbaseAccount) = Overlay.readAccount(current, w, coinbase);
        if (!isPresent) return Steps.fault(before, w, false, coinbase, 0);
        if (!transaction.isCreation) {
            (isPresent, toAccount) = Overlay.readAccount(current, w, to);
            if (!isPresent) return Steps.fault(before, w, false, to, 0);
        }

        (Account memory account, uint256 opening) = Accounts.modify(current, w, sender);
        ++account.nonce;
        account.balance -= transaction.gasLimit * transaction.gasPrice;
        account.isWarm = true;
        account.isDirty = true;
        Overlay.writeAccount(current, w, opening, sender, account);

        if (coinbase == sender) coinbaseAccount.isWarm = true;
        Warmth.makeWarm(current, w, coinbase, coinbaseAccount);
        if (!transaction.isCreation) {
            if (to == sender || to == coinbase) toAccount.isWarm = true;
            Warmth.makeWarm(current, w, to, toAccount);
        }

        transaction.cursor = transaction.authorizationsStart;
        current.machine.transaction = Steps.hashTransaction(transaction);
        current.machine.phase = transaction.authorizationCount > 0 ? Phase.Authorize : Phase.EnterTransaction;
        return Steps.end(current);
    }

    function _authorize(
        bytes32 before,
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        if (transaction.cursor == transaction.authorizationsEnd) {
            current.machine.phase = Phase.EnterTransaction;
            return Steps.end(current);
        }

        RlpCursor memory cursor = RlpCursors.open(transaction.raw, transaction.cursor, ITEM_WINDOW, current, w);
        Authorization memory authorization = Authorizations.read(cursor);
        uint256 chainId = authorization.chainId;
        if (
            (chainId == 0 || chainId == Steps.openBlockContext(current, w).chainId) && authorization.nonce < NONCE_LIMIT
        ) {
            address authority = Authorizations.authority(authorization);
            if (authority != address(0)) {
                (bool isPresent, Account memory account) = Overlay.readAccount(current, w, authority);
                if (!isPresent) return Steps.fault(before, w, false, authority, 0);
                if (_hasForeignCode(account) || account.nonce != authorization.nonce) {
                    Warmth.makeWarm(current, w, authority, account);
                } else {
                    _delegate(current, w, authority, authorization.target);
                }
            }
        }
        transaction.cursor = cursor.position;
        current.machine.transaction = Steps.hashTransaction(transaction);
        return Steps.end(current);
    }

    /// @dev `authority` takes on the code of `target`, or none if that is 0: one modify.
    function _delegate(Step memory current, Witness calldata w, address authority, address target) private pure {
        (Account memory account, uint256 opening) = Accounts.modify(current, w, authority);
        if (!Accounts.isEmpty(account)) current.machine.journal.refund += EXISTING_AUTHORITY_REFUND;
        bool isCleared = target == address(0);
        account.codeHash = isCleared ? Accounts.EMPTY_CODE_HASH : Delegations.codeHashTo(target);
        account.codeLength = isCleared ? 0 : Delegations.CODE_LENGTH;
        account.delegation = isCleared ? 0 : Delegations.delegationTo(target);
        ++account.nonce;
        account.isWarm = true;
        account.isDirty = true;
        Overlay.writeAccount(current, w, opening, authority, account);
    }

    function _enterCall(
        bytes32 before,
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        address to = transaction.to;
        (bool isPresent, Account memory account) = Overlay.readAccount(current, w, to);
        if (!isPresent) return Steps.fault(before, w, false, to, 0);
        (address codeAddress, bool isDelegated) = FrameMaking.codeOf(to, account);
        if (isDelegated) {
            Account memory delegate;
            (isPresent, delegate) = Overlay.readAccount(current, w, codeAddress);
            if (!isPresent) return Steps.fault(before, w, false, codeAddress, 0);
            Warmth.makeWarm(current, w, codeAddress, delegate);
        }
        return _enterFrame(current, transaction, CALL, to, codeAddress, isDelegated);
    }

    function _enterCreation(
        bytes32 before,
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        bytes memory encoded = Rlp.encodeList(
            bytes.concat(Rlp.encodeAddress(transaction.sender), Rlp.encodeNumber(transaction.nonce))
        );
        address created = address(uint160(uint256(keccak256(encoded))));
        (bool isPresent, Account memory account) = Overlay.readAccount(current, w, created);
        if (!isPresent) return Steps.fault(before, w, false, created, 0);
        Warmth.makeWarm(current, w, created, account);
        if (Accounts.isOccupied(account)) {
            transaction.gas = 0;
            transaction.status = 0;
            current.machine.transaction = Steps.hashTransaction(transaction);
            current.machine.phase = Phase.Settle;
            return Steps.end(current);
        }
        return _enterFrame(current, transaction, CREATE, created, created, false);
    }

    function _enterFrame(
        Step memory current,
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
        FrameMaking.enter(current, context, gas);
        return Steps.end(current);
    }

    /// @dev Whether the rules of specification §4 let the transaction run. Fees and value are anything below 2^256.
    function _isValid(
        TransactionContext memory transaction,
        BlockContext memory context,
        Account memory sender
    ) private pure returns (bool) {
        uint256 gasLimit = transaction.gasLimit;
        uint256 minimumGas = Math.max(transaction.intrinsicGas, transaction.floorGas);
        if (
            transaction.maxFeePerGas < context.baseFee ||
            gasLimit < Math.saturatingAdd(minimumGas, transaction.dataGas) ||
            gasLimit > Math.saturatingSub(context.gasLimit, context.gasUsed) ||
            transaction.nonce != sender.nonce ||
            transaction.nonce >= NONCE_LIMIT ||
            _hasForeignCode(sender) ||
            (transaction.isCreation && transaction.data.length > MAXIMUM_INITCODE)
        ) return false;

        (bool fits, uint256 cost) = Math.tryMul(gasLimit, transaction.maxFeePerGas);
        if (!fits) return false;
        (fits, cost) = Math.tryAdd(cost, transaction.value);
        return fits && sender.balance >= cost;
    }

    /// @dev Whether an account has code other than a delegation.
    function _hasForeignCode(Account memory account) private pure returns (bool) {
        return account.codeHash != Accounts.EMPTY_CODE_HASH && account.delegation == 0;
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
        if (transaction.isCreation) gas += CREATION_GAS + INITCODE_WORD_GAS * Math.ceilDiv(transaction.data.length, 32);
        gas += ACCESS_LIST_ADDRESS_GAS * transaction.addressCount;
        gas += ACCESS_LIST_SLOT_GAS * transaction.slotCount;
        gas += AUTHORIZATION_GAS * transaction.authorizationCount;
    }
}
