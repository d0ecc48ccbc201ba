// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Batch, BatchKind} from "../l1/types/Batch.sol";
import {State} from "../l1/types/State.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {BufferTree} from "./libraries/BufferTree.sol";
import {PointEvaluation} from "./libraries/PointEvaluation.sol";
import {BufferWriter} from "./steps/BufferWriter.sol";
import {NextUnit} from "./steps/NextUnit.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {Chain} from "./types/Chain.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Phase} from "./types/Phase.sol";
import {Reading} from "./types/Reading.sol";
import {Stream} from "./types/Stream.sol";
import {Witness} from "./types/Witness.sol";

/// @title Load batch verifier
/// @notice Proves the unit `LoadBatch` (docs/machine.md §16): takes the next batch from the Inbox and reads its payload.
contract LoadBatchVerifier is IVerifier {
    bytes32 private constant EMPTY_HASH = keccak256("");
    /// @dev Bytes of a field element that are of the payload, and in which place: the low ones, as any value of so many is below
    /// the order of the field.
    uint256 private constant USABLE_LENGTH = 31;

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata input) external view returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        Phase phase = step.machine.phase;
        if (phase == Phase.LoadBatch) return _start(step, w, input);
        if (phase == Phase.ReadCalldata) return _readCalldata(step, w);
        if (phase == Phase.ReadElement) return _readElement(step, w);
        revert WrongPhase(phase);
    }

    function _start(Step memory step, Witness calldata w, ChainInput calldata input) private view returns (bytes32) {
        State memory state = Steps.openState(step, w);
        if (state.batchCount >= input.target) {
            step.machine.phase = Phase.Halt;
            return Steps.end(step);
        }
        // 0 for a batch that is not there, of which there is no preimage.
        bytes32 batchHash = input.inbox.batchHashes(state.batchCount);
        Batch memory batch = abi.decode(Steps.nextPreimage(step, w, batchHash), (Batch));
        Chain memory chain;
        chain.blockHash = state.blockHash;
        chain.outboxRoot = state.outboxRoot;
        chain.batchCount = state.batchCount;
        chain.messageCount = state.messageCount;
        chain.messagesUpTo = batch.messagesUpTo;
        chain.batchTimestamp = batch.timestamp;
        if (batch.dataHash == EMPTY_HASH) return NextUnit.betweenBlocks(step, chain);

        step.machine.pending = Reading({dataHash: batch.dataHash, root: BufferTree.EMPTY_ROOT, count: 0}).hash();
        step.machine.phase = batch.kind == BatchKind.Calldata ? Phase.ReadCalldata : Phase.ReadElement;
        return Steps.endWithChain(step, chain);
    }

    function _readCalldata(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Reading memory reading = Steps.openReading(step, w);
        Chain memory chain = Steps.openChain(step, w);
        bytes memory payload = Steps.nextPreimage(step, w, reading.dataHash);
        return _beginStream(step, chain, BufferTree.rootOf(payload), payload.length);
    }

    function _readElement(Step memory step, Witness calldata w) private view returns (bytes32) {
        Reading memory reading = Steps.openReading(step, w);
        bytes calldata versionedHashes = Steps.nextPreimage(step, w, reading.dataHash);
        uint256 count = reading.count;
        bytes32 element = PointEvaluation.open(
            bytes32(versionedHashes[32 * (count / PointEvaluation.ELEMENTS):]),
            count % PointEvaluation.ELEMENTS,
            Steps.nextEntry(step, w)
        );
        bytes memory data = abi.encodePacked(bytes31(element << 8));
        reading.root = BufferWriter.write(step, w, reading.root, USABLE_LENGTH * count, data);
        reading.count = count + 1;
        uint256 total = PointEvaluation.ELEMENTS * (versionedHashes.length / 32);
        if (reading.count == total) {
            return _beginStream(step, Steps.openChain(step, w), reading.root, USABLE_LENGTH * total);
        }
        step.machine.pending = reading.hash();
        return Steps.end(step);
    }

    /// @dev Once all of a payload is read.
    function _beginStream(
        Step memory step,
        Chain memory chain,
        bytes32 root,
        uint256 length
    ) private pure returns (bytes32) {
        Stream memory stream;
        stream.payloadRoot = root;
        stream.payloadLength = length;
        stream.outputRoot = BufferTree.EMPTY_ROOT;
        chain.stream = stream.hash();
        return NextUnit.betweenBlocks(step, chain);
    }
}
