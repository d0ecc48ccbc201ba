// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {BitReader, BitReaders} from "./libraries/BitReaders.sol";
import {BlockCodes} from "./libraries/BlockCodes.sol";
import {HuffmanCode, HuffmanCodes} from "./libraries/HuffmanCodes.sol";
import {Slices} from "./libraries/Slices.sol";
import {BufferWriter} from "./steps/BufferWriter.sol";
import {Content} from "./steps/Content.sol";
import {SliceReader} from "./steps/SliceReader.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {Chain} from "./types/Chain.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Inflate} from "./types/Inflate.sol";
import {Phase} from "./types/Phase.sol";
import {Slice} from "./types/Slice.sol";
import {Stream, StreamMode} from "./types/Stream.sol";
import {Witness} from "./types/Witness.sol";

/// @title Inflate verifier
/// @notice Proves the phases `InflateBlockHead`, `InflateStored` and `InflateSymbols` (docs/machine.md §16; twin of
/// src/batch/inflate.ts): raw DEFLATE (RFC 1951), which ends where it has an error by specification §3.
contract InflateVerifier is IVerifier {
    /// @dev First byte of every payload.
    uint256 private constant PAYLOAD_VERSION = 0x01;
    /// @dev Bytes of the payload that a step opens: more than the head of a block or as many literals take.
    uint256 private constant HEAD_WINDOW = 320;
    uint256 private constant SYMBOLS_WINDOW = 512;
    /// @dev Bytes that one step copies of a stored block, and literals that it takes.
    uint256 private constant STRIDE = 32_768;
    uint256 private constant MOST_LITERALS = 256;

    uint256 private constant STORED = 0;
    uint256 private constant FIXED = 1;
    uint256 private constant DYNAMIC = 2;
    uint256 private constant FIRST_LENGTH = 257;
    uint256 private constant LENGTHS = 29;
    uint256 private constant LONGEST_MATCH = 258;

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        Phase phase = step.machine.phase;
        require(phase >= Phase.InflateBlockHead && phase <= Phase.InflateSymbols, WrongPhase(phase));
        Inflate memory inflate = Steps.openInflate(step, w);
        Chain memory chain = Steps.openChain(step, w);
        Stream memory stream = Steps.openStream(step, w, chain);

        if (phase == Phase.InflateBlockHead) _readHead(step, w, stream);
        else if (phase == Phase.InflateStored) _copyStored(step, w, stream, inflate.needed);
        else _inflateSymbols(step, w, stream, inflate.needed);

        if (stream.outputLength >= inflate.needed || stream.mode == StreamMode.Ended) {
            step.machine.pending = 0;
            step.machine.phase = inflate.resume;
        } else {
            step.machine.phase = Content.phaseOf(stream.mode);
        }
        chain.stream = stream.hash();
        return Steps.endWithChain(step, chain);
    }

    // ------------------------------------------------------------------------------------------------------- head

    function _readHead(Step memory step, Witness calldata w, Stream memory stream) private pure {
        BitReader memory reader = _openPayload(step, w, stream, HEAD_WINDOW);
        if (stream.bitPosition == 0 && reader.take(8) != PAYLOAD_VERSION) return stream.end();
        stream.isFinal = reader.take(1) == 1;
        uint256 kind = reader.take(2);
        if (kind == STORED) {
            reader.alignToByte();
            uint256 length = reader.take(16);
            if (reader.take(16) != length ^ 0xffff) return stream.end();
            stream.mode = StreamMode.Stored;
            stream.storedLeft = length;
        } else if (kind == FIXED) {
            stream.mode = StreamMode.Symbols;
            (stream.literalLengths, stream.distanceLengths) = BlockCodes.fixedLengths();
        } else if (kind == DYNAMIC) {
            stream.mode = StreamMode.Symbols;
            (stream.literalLengths, stream.distanceLengths) = BlockCodes.readDynamic(reader);
        } else {
            return stream.end();
        }
        if (reader.isMalformed) return stream.end();
        stream.bitPosition = reader.position;
    }

    // ----------------------------------------------------------------------------------------------------- stored

    function _copyStored(Step memory step, Witness calldata w, Stream memory stream, uint256 needed) private pure {
        uint256 position = stream.bitPosition >> 3;
        uint256 left = stream.payloadLength - position;
        uint256 length = Math.min(Math.min(stream.storedLeft, needed - stream.outputLength), Math.min(STRIDE, left));
        _write(step, w, stream, SliceReader.read(step, w, _payloadOf(stream), position, length));
        stream.bitPosition += 8 * length;
        stream.storedLeft -= length;
        if (stream.storedLeft == 0) stream.endBlock();
        else if (length == left) stream.end();
    }

    // ---------------------------------------------------------------------------------------------------- symbols

    function _inflateSymbols(Step memory step, Witness calldata w, Stream memory stream, uint256 needed) private pure {
        BitReader memory reader = _openPayload(step, w, stream, SYMBOLS_WINDOW);
        HuffmanCode memory literals = HuffmanCodes.ofLengths(stream.literalLengths);
        uint256 symbol = literals.take(reader);
        if (reader.isMalformed) return stream.end();
        if (symbol < BlockCodes.END_OF_BLOCK) {
            uint256 most = Math.min(needed - stream.outputLength, MOST_LITERALS);
            _write(step, w, stream, _takeLiterals(reader, literals, symbol, most));
        } else if (symbol > BlockCodes.END_OF_BLOCK) {
            (uint256 length, uint256 distance) = _takeMatch(reader, stream, symbol - FIRST_LENGTH);
            if (reader.isMalformed || distance > stream.outputLength) return stream.end();
            _write(step, w, stream, _repeat(step, w, stream, length, distance));
        }
        stream.bitPosition = reader.position;
        if (symbol == BlockCodes.END_OF_BLOCK) stream.endBlock();
    }

    /// @dev `first`, and the literals after it, up to `most` of them together.
    function _takeLiterals(
        BitReader memory reader,
        HuffmanCode memory literals,
        uint256 first,
        uint256 most
    ) private pure returns (bytes memory data) {
        data = new bytes(most);
        data[0] = bytes1(uint8(first));
        for (uint256 count = 1; count < most; ++count) {
            (uint256 symbol, uint256 codeLength) = literals.find(reader);
            if (codeLength == 0 || symbol >= BlockCodes.END_OF_BLOCK) return Bytes.slice(data, 0, count);
            reader.skip(codeLength);
            data[count] = bytes1(uint8(symbol));
        }
    }

    /// @dev What follows a length symbol. If it is not as it must be, the reader is malformed.
    function _takeMatch(
        BitReader memory reader,
        Stream memory stream,
        uint256 lengthSymbol
    ) private pure returns (uint256 length, uint256 distance) {
        if (lengthSymbol >= LENGTHS) reader.isMalformed = true;
        length = _takeLength(reader, lengthSymbol);
        uint256[5] memory lengths = [stream.distanceLengths, 0, 0, 0, 0];
        uint256 distanceSymbol = HuffmanCodes.ofLengths(lengths).take(reader);
        if (distanceSymbol >= BlockCodes.DISTANCE_SYMBOLS) reader.isMalformed = true;
        distance = _takeDistance(reader, distanceSymbol);
    }

    /// @dev RFC 1951 §3.2.5: lengths 3 to 10, then four symbols for each number of extra bits; the last one is an exception.
    function _takeLength(BitReader memory reader, uint256 symbol) private pure returns (uint256) {
        if (symbol < 8) return 3 + symbol;
        if (symbol >= LENGTHS - 1) return LONGEST_MATCH;
        uint256 extraBits = (symbol >> 2) - 1;
        return 3 + ((4 + (symbol & 3)) << extraBits) + reader.take(extraBits);
    }

    /// @dev RFC 1951 §3.2.5: distances 1 to 4, then two symbols for each number of extra bits.
    function _takeDistance(BitReader memory reader, uint256 symbol) private pure returns (uint256) {
        if (symbol < 4) return 1 + symbol;
        uint256 extraBits = (symbol >> 1) - 1;
        return 1 + ((2 + (symbol & 1)) << extraBits) + reader.take(extraBits);
    }

    /// @dev The bytes of a match, which repeats what it writes if it is longer than its distance; cut where content is.
    function _repeat(
        Step memory step,
        Witness calldata w,
        Stream memory stream,
        uint256 length,
        uint256 distance
    ) private pure returns (bytes memory data) {
        uint256 size = stream.outputLength;
        Slice memory output = Slices.range(stream.outputRoot, 0, size);
        bytes memory pattern = SliceReader.read(step, w, output, size - distance, Math.min(distance, length));
        length = Math.min(length, Content.MAXIMUM_LENGTH - size);
        data = new bytes(length);
        for (uint256 index = 0; index < length; ++index) data[index] = pattern[index % pattern.length];
    }

    // ----------------------------------------------------------------------------------------------------- private

    /// @dev Up to `length` bytes from the next bit on.
    function _openPayload(
        Step memory step,
        Witness calldata w,
        Stream memory stream,
        uint256 length
    ) private pure returns (BitReader memory) {
        uint256 position = stream.bitPosition >> 3;
        length = Math.min(length, stream.payloadLength - position);
        return BitReaders.open(SliceReader.read(step, w, _payloadOf(stream), position, length), stream.bitPosition);
    }

    function _payloadOf(Stream memory stream) private pure returns (Slice memory) {
        return Slices.range(stream.payloadRoot, 0, stream.payloadLength);
    }

    /// @dev At the end of the content.
    function _write(Step memory step, Witness calldata w, Stream memory stream, bytes memory data) private pure {
        stream.outputRoot = BufferWriter.write(step, w, stream.outputRoot, stream.outputLength, data);
        stream.outputLength += data.length;
    }
}
