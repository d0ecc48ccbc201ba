// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Authorizations} from "./libraries/Authorizations.sol";
import {CalldataTokens} from "./libraries/CalldataTokens.sol";
import {Overlay} from "./libraries/Overlay.sol";
import {Rlp} from "./libraries/Rlp.sol";
import {RlpCursor, RlpCursors} from "./libraries/RlpCursors.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {Slices} from "./libraries/Slices.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {TransactionEnd} from "./libraries/TransactionEnd.sol";
import {Warmth} from "./libraries/Warmth.sol";
import {Absorb, Account, Slice, Slot, TransactionContext} from "./types/MachineState.sol";
import {Phase} from "./types/Phase.sol";
import {Witness} from "./types/Witness.sol";

/// @title Decoding verifier
/// @notice Proves the steps that make a transaction out of raw bytes (docs/machine.md §7): the start of the unit on a
/// boundary of phase `Transaction`, `CountTransaction`, and `DecodeHeader` to `RecoverSender`. Whatever the bytes are, there
/// is a next state: what is not the one canonical encoding of a transaction is skipped.
contract DecodingVerifier is IVerifier {
    using RlpCursors for RlpCursor;

    /// @dev Bytes of a raw transaction (specification §3 rule 5).
    uint256 private constant MINIMUM_SIZE = 65;
    uint256 private constant MAXIMUM_SIZE = 131_072;
    /// @dev EIP-7825.
    uint256 private constant GAS_LIMIT_CAP = 1 << 24;
    /// @dev Most bytes counted in one step.
    uint256 private constant COUNTED_BYTES = 65_536;
    /// @dev Bytes opened for what comes before `data`, and for any one item behind it.
    uint256 private constant HEADER_WINDOW = 320;
    uint256 private constant ITEM_WINDOW = 192;

    uint256 private constant LEGACY = 0;
    uint256 private constant ACCESS_LIST = 1;
    uint256 private constant DYNAMIC_FEE = 2;
    uint256 private constant SET_CODE = 4;
    /// @dev First bytes from here on begin a list, which is a legacy transaction (EIP-2718).
    uint256 private constant FIRST_LIST_BYTE = 0xc0;

    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata w) external pure returns (bytes32) {
        Step memory current = Steps.begin(before, w);
        Phase phase = current.machine.phase;
        if (phase == Phase.Transaction) return _start(current, w);
        require(
            phase == Phase.CountTransaction || (phase >= Phase.DecodeHeader && phase <= Phase.RecoverSender),
            WrongPhase(phase)
        );

        TransactionContext memory transaction = Steps.openTransaction(current, w);
        if (phase == Phase.CountTransaction) return _countTransaction(current, w, transaction);
        if (phase == Phase.DecodeHeader) return _decodeHeader(current, w, transaction);
        if (phase == Phase.CountCalldata) return _countCalldata(current, w, transaction);
        if (phase == Phase.DecodeAccessList) return _decodeAccessList(before, current, w, transaction);
        if (phase == Phase.DecodeAuthorizations) return _decodeAuthorizations(current, w, transaction);
        if (phase == Phase.DecodeSignature) return _decodeSignature(current, w, transaction);
        return _recoverSender(current, w, transaction);
    }

    function _start(Step memory current, Witness calldata w) private pure returns (bytes32) {
        Slice memory raw = Steps.openBlockContext(current, w).raw;
        if (raw.length < MINIMUM_SIZE || raw.length > MAXIMUM_SIZE) return TransactionEnd.skip(current, w);
        TransactionContext memory transaction;
        transaction.raw = raw;
        transaction.data = Slices.empty();
        current.machine.phase = Phase.CountTransaction;
        return _end(current, transaction);
    }

    function _countTransaction(
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        Slice memory raw = transaction.raw;
        transaction.tokens += _count(current, w, transaction, raw);
        if (transaction.cursor == raw.length) {
            transaction.cursor = 0;
            Absorb memory absorb;
            absorb.resume = Phase.DecodeHeader;
            absorb.source = raw;
            current.machine.pending = Steps.hashAbsorb(absorb);
            current.machine.phase = Phase.Absorb;
        }
        return _end(current, transaction);
    }

    function _decodeHeader(
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        transaction.hash = Steps.openDigest(current, w).value;
        current.machine.pending = 0;
        Slice memory raw = transaction.raw;
        RlpCursor memory cursor = RlpCursors.open(raw, 0, HEADER_WINDOW, current, w);

        uint256 kind = uint8(cursor.window[0]);
        if (kind >= FIRST_LIST_BYTE) {
            kind = LEGACY;
        } else {
            if (kind != ACCESS_LIST && kind != DYNAMIC_FEE && kind != SET_CODE) return TransactionEnd.skip(current, w);
            cursor.position = 1;
        }
        transaction.kind = kind;
        if (cursor.readListHeader() != raw.length) cursor.isMalformed = true;
        transaction.payloadStart = cursor.position;
        if (kind != LEGACY && cursor.readNumber(32) != Steps.openBlockContext(current, w).chainId) {
            cursor.isMalformed = true;
        }
        transaction.nonce = cursor.readNumber(8);
        transaction.maxPriorityFeePerGas = cursor.readNumber(32);
        transaction.maxFeePerGas =
            kind == DYNAMIC_FEE || kind == SET_CODE ? cursor.readNumber(32) : transaction.maxPriorityFeePerGas;
        transaction.gasLimit = cursor.readNumber(8);
        (uint256 to, uint256 toLength) = cursor.readString(20);
        transaction.isCreation = toLength == 0 && kind != SET_CODE;
        if (toLength != 20 && !transaction.isCreation) cursor.isMalformed = true;
        transaction.to = address(uint160(to));
        transaction.value = cursor.readNumber(32);
        uint256 dataLength = cursor.readStringHeader();

        if (
            cursor.isMalformed ||
            transaction.gasLimit > GAS_LIMIT_CAP ||
            transaction.maxPriorityFeePerGas > transaction.maxFeePerGas
        ) return TransactionEnd.skip(current, w);
        transaction.data = Slices.range(raw.root, raw.offset + cursor.position, dataLength);
        transaction.listEnd = cursor.position + dataLength;
        current.machine.phase = Phase.CountCalldata;
        return _end(current, transaction);
    }

    function _countCalldata(
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        transaction.dataTokens += _count(current, w, transaction, transaction.data);
        if (transaction.cursor == transaction.data.length) {
            transaction.cursor = transaction.listEnd;
            transaction.listEnd = 0;
            current.machine.phase = transaction.kind == LEGACY ? Phase.DecodeSignature : Phase.DecodeAccessList;
        }
        return _end(current, transaction);
    }

    function _decodeAccessList(
        bytes32 before,
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        uint256 listEnd = transaction.listEnd;
        if (listEnd != 0 && transaction.cursor == listEnd) {
            transaction.listEnd = 0;
            transaction.keysEnd = 0;
            current.machine.phase = transaction.kind == SET_CODE ? Phase.DecodeAuthorizations : Phase.DecodeSignature;
            return _end(current, transaction);
        }

        RlpCursor memory cursor = _openItem(current, w, transaction);
        if (listEnd == 0) {
            transaction.listEnd = cursor.readListHeader();
            if (cursor.isMalformed) return TransactionEnd.skip(current, w);
        } else if (transaction.cursor < transaction.keysEnd) {
            cursor.end = transaction.keysEnd;
            uint256 key = cursor.readFixed(32);
            if (cursor.isMalformed) return TransactionEnd.skip(current, w);
            address owner = transaction.listAddress;
            (bool isPresent, Slot memory entry) = Overlay.readSlot(current, w, owner, key);
            if (!isPresent) return Steps.fault(before, w, true, owner, key);
            if (!entry.isWarm) _warmSlot(current, w, owner, key);
            ++transaction.slotCount;
        } else {
            cursor.end = listEnd;
            uint256 itemEnd = cursor.readListHeader();
            cursor.end = itemEnd;
            address owner = address(uint160(cursor.readFixed(20)));
            transaction.listAddress = owner;
            transaction.keysEnd = cursor.readListHeader();
            if (cursor.isMalformed || transaction.keysEnd != itemEnd) return TransactionEnd.skip(current, w);
            (bool isPresent, Account memory account) = Overlay.readAccount(current, w, owner);
            if (!isPresent) return Steps.fault(before, w, false, owner, 0);
            Warmth.makeWarm(current, w, owner, account);
            ++transaction.addressCount;
        }
        transaction.cursor = cursor.position;
        return _end(current, transaction);
    }

    function _decodeAuthorizations(
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        uint256 listEnd = transaction.listEnd;
        if (listEnd != 0 && transaction.cursor == listEnd) {
            transaction.listEnd = 0;
            current.machine.phase = Phase.DecodeSignature;
            return _end(current, transaction);
        }

        RlpCursor memory cursor = _openItem(current, w, transaction);
        if (listEnd == 0) {
            listEnd = cursor.readListHeader();
            if (cursor.isMalformed || listEnd == cursor.position) return TransactionEnd.skip(current, w);
            transaction.listEnd = listEnd;
            transaction.authorizationsStart = cursor.position;
            transaction.authorizationsEnd = listEnd;
        } else {
            cursor.end = listEnd;
            Authorizations.read(cursor);
            if (cursor.isMalformed) return TransactionEnd.skip(current, w);
            ++transaction.authorizationCount;
        }
        transaction.cursor = cursor.position;
        return _end(current, transaction);
    }

    function _decodeSignature(
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        RlpCursor memory cursor = _openItem(current, w, transaction);
        uint256 v = cursor.readNumber(32);
        uint256 r = cursor.readNumber(32);
        uint256 s = cursor.readNumber(32);
        if (cursor.isMalformed || cursor.position != transaction.raw.length || !Secp256k1.isInRange(r, s)) {
            return TransactionEnd.skip(current, w);
        }

        bytes memory suffix;
        if (transaction.kind == LEGACY && v != 27 && v != 28) {
            // EIP-155: the chain id, below 2^64, is signed though it is no field.
            uint256 chainId = Steps.openBlockContext(current, w).chainId;
            uint256 even = 35 + 2 * chainId;
            if (v != even && v != even + 1) return TransactionEnd.skip(current, w);
            v -= even;
            suffix = bytes.concat(Rlp.encodeNumber(chainId), hex"8080");
        } else {
            if (transaction.kind == LEGACY) v -= 27;
            if (v > 1) return TransactionEnd.skip(current, w);
        }
        transaction.yParity = v;
        transaction.r = r;
        transaction.s = s;

        Slice memory raw = transaction.raw;
        uint256 start = transaction.payloadStart;
        uint256 fieldsLength = transaction.cursor - start;
        Absorb memory absorb;
        absorb.resume = Phase.RecoverSender;
        absorb.source = Slices.range(raw.root, raw.offset + start, fieldsLength);
        bytes memory prefix = Rlp.listHeader(fieldsLength + suffix.length);
        if (transaction.kind != LEGACY) prefix = bytes.concat(bytes1(uint8(transaction.kind)), prefix);
        (absorb.prefix, absorb.prefixLength) = (bytes32(prefix), prefix.length);
        (absorb.suffix, absorb.suffixLength) = (bytes32(suffix), suffix.length);
        current.machine.pending = Steps.hashAbsorb(absorb);
        current.machine.phase = Phase.Absorb;
        return _end(current, transaction);
    }

    function _recoverSender(
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (bytes32) {
        bytes32 signingHash = Steps.openDigest(current, w).value;
        transaction.sender = Secp256k1.recover(signingHash, transaction.yParity, transaction.r, transaction.s);
        if (transaction.sender == address(0)) return TransactionEnd.skip(current, w);
        current.machine.pending = 0;
        current.machine.phase = Phase.Validate;
        return _end(current, transaction);
    }

    /// @dev Commits to the transaction as it is now.
    function _end(Step memory current, TransactionContext memory transaction) private pure returns (bytes32) {
        current.machine.transaction = Steps.hashTransaction(transaction);
        return Steps.end(current);
    }

    /// @dev Counts the tokens of the next bytes of `counted` and moves the cursor behind them.
    function _count(
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction,
        Slice memory counted
    ) private pure returns (uint256) {
        uint256 cursor = transaction.cursor;
        uint256 length = Math.min(COUNTED_BYTES, counted.length - cursor);
        transaction.cursor = cursor + length;
        return CalldataTokens.count(Slices.read(counted, cursor, length, current, w));
    }

    function _openItem(
        Step memory current,
        Witness calldata w,
        TransactionContext memory transaction
    ) private pure returns (RlpCursor memory) {
        return RlpCursors.open(transaction.raw, transaction.cursor, ITEM_WINDOW, current, w);
    }

    function _warmSlot(Step memory current, Witness calldata w, address owner, uint256 key) private pure {
        (, Slot memory entry, uint256 opening) = Overlay.openSlot(current, w, owner, key);
        entry.isWarm = true;
        Overlay.writeSlot(current, w, opening, owner, key, entry);
    }
}
