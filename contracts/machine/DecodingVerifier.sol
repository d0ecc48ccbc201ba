// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Authorizations} from "./libraries/Authorizations.sol";
import {CalldataTokens} from "./libraries/CalldataTokens.sol";
import {Rlp} from "./libraries/Rlp.sol";
import {RlpCursor} from "./libraries/RlpCursors.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {Slices} from "./libraries/Slices.sol";
import {LongHashes} from "./steps/LongHashes.sol";
import {Overlay} from "./steps/Overlay.sol";
import {SliceReader} from "./steps/SliceReader.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {TransactionBegin} from "./steps/TransactionBegin.sol";
import {TransactionEnd} from "./steps/TransactionEnd.sol";
import {Warmth} from "./steps/Warmth.sol";
import {Windows} from "./steps/Windows.sol";
import {Absorb} from "./types/Absorb.sol";
import {Account} from "./types/Account.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Phase} from "./types/Phase.sol";
import {Slice} from "./types/Slice.sol";
import {Slot} from "./types/Slot.sol";
import {TransactionContext} from "./types/TransactionContext.sol";
import {Witness} from "./types/Witness.sol";

/// @title Decoding verifier
/// @notice Proves the steps that make a transaction out of raw bytes (docs/machine.md §7): the start of the unit on a
/// boundary of phase `Transaction`, `CountTransaction`, and `DecodeHeader` to `RecoverSender`. Whatever the bytes are, there
/// is a next state: what is not the one canonical encoding of a transaction is skipped.
contract DecodingVerifier is IVerifier {
    /// @dev EIP-7825.
    uint256 private constant GAS_LIMIT_CAP = 1 << 24;
    /// @dev Most bytes counted in one step.
    uint256 private constant COUNTED_BYTES = 65_536;

    uint256 private constant LEGACY = 0;
    uint256 private constant ACCESS_LIST = 1;
    uint256 private constant DYNAMIC_FEE = 2;
    uint256 private constant SET_CODE = 4;
    /// @dev First bytes from here on begin a list, which is a legacy transaction (EIP-2718).
    uint256 private constant FIRST_LIST_BYTE = 0xc0;

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        Phase phase = step.machine.phase;
        // In a chain the bytes of the transaction come from the payload, which is another verifier's to read.
        if (phase == Phase.Transaction && step.machine.chain == 0) return _start(step, w);
        if (phase == Phase.CountTransaction) return _countTransaction(step, w);
        if (phase == Phase.DecodeHeader) return _decodeHeader(step, w);
        if (phase == Phase.CountCalldata) return _countCalldata(step, w);
        if (phase == Phase.DecodeAccessList) return _decodeAccessList(step, w);
        if (phase == Phase.DecodeAuthorizations) return _decodeAuthorizations(step, w);
        if (phase == Phase.DecodeSignature) return _decodeSignature(step, w);
        if (phase == Phase.RecoverSender) return _recoverSender(step, w);
        revert WrongPhase(phase);
    }

    function _start(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Slice memory raw = Steps.openBlockContext(step, w).raw;
        if (!TransactionBegin.isSize(raw.length)) return TransactionEnd.skip(step, w);
        TransactionBegin.begin(step, raw);
        return Steps.end(step);
    }

    function _countTransaction(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        Slice memory raw = transaction.raw;
        transaction.tokens += _count(step, w, transaction, raw);
        if (transaction.cursor == raw.length) {
            transaction.cursor = 0;
            LongHashes.begin(step, Phase.DecodeHeader, bytes32(0), raw);
        }
        return Steps.endWithTransaction(step, transaction);
    }

    function _decodeHeader(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        transaction.transactionHash = Steps.openDigest(step, w).value;
        step.machine.pending = 0;
        Slice memory raw = transaction.raw;
        RlpCursor memory cursor = Windows.openHeader(step, w, transaction);

        uint256 kind = uint8(cursor.window[0]);
        if (kind >= FIRST_LIST_BYTE) {
            kind = LEGACY;
        } else {
            if (kind != ACCESS_LIST && kind != DYNAMIC_FEE && kind != SET_CODE) return TransactionEnd.skip(step, w);
            cursor.position = 1;
        }
        transaction.kind = kind;
        if (cursor.readListHeader() != raw.length) cursor.isMalformed = true;
        transaction.payloadStart = cursor.position;
        if (kind != LEGACY && cursor.readNumber(32) != Steps.openBlockContext(step, w).chainId) {
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
        ) return TransactionEnd.skip(step, w);
        transaction.data = Slices.range(raw.root, raw.offset + cursor.position, dataLength);
        transaction.listEnd = cursor.position + dataLength;
        step.machine.phase = Phase.CountCalldata;
        return Steps.endWithTransaction(step, transaction);
    }

    function _countCalldata(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        transaction.dataTokens += _count(step, w, transaction, transaction.data);
        if (transaction.cursor == transaction.data.length) {
            transaction.cursor = transaction.listEnd;
            transaction.listEnd = 0;
            if (transaction.isDeposit()) step.machine.phase = Phase.Mint;
            else step.machine.phase = transaction.kind == LEGACY ? Phase.DecodeSignature : Phase.DecodeAccessList;
        }
        return Steps.endWithTransaction(step, transaction);
    }

    function _decodeAccessList(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        uint256 listEnd = transaction.listEnd;
        if (listEnd != 0 && transaction.cursor == listEnd) {
            transaction.listEnd = 0;
            transaction.keysEnd = 0;
            step.machine.phase = transaction.kind == SET_CODE ? Phase.DecodeAuthorizations : Phase.DecodeSignature;
            return Steps.endWithTransaction(step, transaction);
        }

        RlpCursor memory cursor = Windows.openItem(step, w, transaction);
        if (listEnd == 0) {
            transaction.listEnd = cursor.readListHeader();
            if (cursor.isMalformed) return TransactionEnd.skip(step, w);
        } else if (transaction.cursor < transaction.keysEnd) {
            cursor.end = transaction.keysEnd;
            uint256 key = cursor.readFixed(32);
            if (cursor.isMalformed) return TransactionEnd.skip(step, w);
            address owner = transaction.listAddress;
            (bool isPresent, Slot memory entry) = Overlay.readSlot(step, w, owner, key);
            if (!isPresent) return Steps.faultOnSlot(step, w, owner, key);
            if (!entry.isWarm) _warmSlot(step, w, owner, key);
            ++transaction.slotCount;
        } else {
            cursor.end = listEnd;
            uint256 itemEnd = cursor.readListHeader();
            cursor.end = itemEnd;
            address owner = address(uint160(cursor.readFixed(20)));
            transaction.listAddress = owner;
            transaction.keysEnd = cursor.readListHeader();
            if (cursor.isMalformed || transaction.keysEnd != itemEnd) return TransactionEnd.skip(step, w);
            (bool isPresent, Account memory account) = Overlay.readAccount(step, w, owner);
            if (!isPresent) return Steps.faultOnAccount(step, w, owner);
            Warmth.makeWarm(step, w, owner, account);
            ++transaction.addressCount;
        }
        transaction.cursor = cursor.position;
        return Steps.endWithTransaction(step, transaction);
    }

    function _decodeAuthorizations(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        uint256 listEnd = transaction.listEnd;
        if (listEnd != 0 && transaction.cursor == listEnd) {
            transaction.listEnd = 0;
            step.machine.phase = Phase.DecodeSignature;
            return Steps.endWithTransaction(step, transaction);
        }

        RlpCursor memory cursor = Windows.openItem(step, w, transaction);
        if (listEnd == 0) {
            listEnd = cursor.readListHeader();
            if (cursor.isMalformed || listEnd == cursor.position) return TransactionEnd.skip(step, w);
            transaction.listEnd = listEnd;
            transaction.authorizationsStart = cursor.position;
            transaction.authorizationsEnd = listEnd;
        } else {
            cursor.end = listEnd;
            Authorizations.read(cursor);
            if (cursor.isMalformed) return TransactionEnd.skip(step, w);
            ++transaction.authorizationCount;
        }
        transaction.cursor = cursor.position;
        return Steps.endWithTransaction(step, transaction);
    }

    function _decodeSignature(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        RlpCursor memory cursor = Windows.openItem(step, w, transaction);
        uint256 v = cursor.readNumber(32);
        uint256 r = cursor.readNumber(32);
        uint256 s = cursor.readNumber(32);
        if (cursor.isMalformed || cursor.position != transaction.raw.length || !Secp256k1.isInRange(r, s)) {
            return TransactionEnd.skip(step, w);
        }

        bytes memory suffix;
        if (transaction.kind == LEGACY && v != 27 && v != 28) {
            // EIP-155: the chain id, below 2^64, is signed though it is no field.
            uint256 chainId = Steps.openBlockContext(step, w).chainId;
            uint256 even = 35 + 2 * chainId;
            if (v != even && v != even + 1) return TransactionEnd.skip(step, w);
            v -= even;
            suffix = bytes.concat(Rlp.encodeNumber(chainId), hex"8080");
        } else {
            if (transaction.kind == LEGACY) v -= 27;
            if (v > 1) return TransactionEnd.skip(step, w);
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
        LongHashes.begin(step, absorb);
        return Steps.endWithTransaction(step, transaction);
    }

    function _recoverSender(Step memory step, Witness calldata w) private pure returns (bytes32) {
        TransactionContext memory transaction = Steps.openTransaction(step, w);
        bytes32 signingHash = Steps.openDigest(step, w).value;
        transaction.sender = Secp256k1.recover(signingHash, transaction.yParity, transaction.r, transaction.s);
        if (transaction.sender == address(0)) return TransactionEnd.skip(step, w);
        step.machine.pending = 0;
        step.machine.phase = Phase.Validate;
        return Steps.endWithTransaction(step, transaction);
    }

    /// @dev Counts the tokens of the next bytes of `counted` and moves the cursor behind them.
    function _count(
        Step memory step,
        Witness calldata w,
        TransactionContext memory transaction,
        Slice memory counted
    ) private pure returns (uint256) {
        uint256 cursor = transaction.cursor;
        uint256 length = Math.min(COUNTED_BYTES, counted.length - cursor);
        transaction.cursor = cursor + length;
        return CalldataTokens.count(SliceReader.read(step, w, counted, cursor, length));
    }

    function _warmSlot(Step memory step, Witness calldata w, address owner, uint256 key) private pure {
        (, Slot memory entry, uint256 opening) = Overlay.openSlot(step, w, owner, key);
        entry.isWarm = true;
        Overlay.writeSlot(step, w, opening, owner, key, entry);
    }
}
