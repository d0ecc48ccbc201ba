// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {KeccakSponge} from "./libraries/KeccakSponge.sol";
import {LongHashes} from "./steps/LongHashes.sol";
import {SliceReader} from "./steps/SliceReader.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {Absorb} from "./types/Absorb.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Digest} from "./types/Digest.sol";
import {Phase} from "./types/Phase.sol";
import {Witness} from "./types/Witness.sol";

/// @title Absorb verifier
/// @notice Proves the phase `Absorb`: the keccak256 of `prefix ‖ source ‖ suffix`, at once or part by part (docs/machine.md §7).
contract AbsorbVerifier is IVerifier {
    /// @dev Bytes that one step absorbs: 64 blocks.
    uint256 private constant STRIDE = 64 * KeccakSponge.BLOCK_LENGTH;

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        require(step.machine.phase == Phase.Absorb, WrongPhase(step.machine.phase));
        Absorb memory absorb = Steps.openAbsorb(step, w);
        uint256 position = absorb.position;
        uint256 total = absorb.prefixLength + absorb.source.length + absorb.suffixLength;
        if (position == 0 && total <= LongHashes.SHORT) {
            return _finish(step, absorb, keccak256(_message(step, w, absorb, 0, total)));
        }

        bytes memory sponge = position == 0 ? new bytes(KeccakSponge.STATE_LENGTH) : Steps.openSponge(w, absorb);
        bool isLast = total - position < STRIDE;
        uint256 end = isLast ? total : position + STRIDE;
        bytes memory blocks = _message(step, w, absorb, position, end);
        if (isLast) blocks = KeccakSponge.pad(blocks);
        sponge = KeccakSponge.absorb(sponge, blocks);
        if (isLast) return _finish(step, absorb, bytes32(sponge));
        absorb.position = end;
        absorb.sponge = keccak256(sponge);
        step.machine.pending = absorb.hash();
        return Steps.end(step);
    }

    function _finish(Step memory step, Absorb memory absorb, bytes32 value) private pure returns (bytes32) {
        step.machine.pending = Digest({value: value, context: absorb.context}).hash();
        step.machine.phase = absorb.resume;
        return Steps.end(step);
    }

    /// @dev Bytes `start` up to `end` of the message.
    function _message(
        Step memory step,
        Witness calldata w,
        Absorb memory absorb,
        uint256 start,
        uint256 end
    ) private pure returns (bytes memory message) {
        uint256 sourceStart = absorb.prefixLength;
        uint256 sourceEnd = sourceStart + absorb.source.length;
        if (start < sourceStart) {
            message = _part(absorb.prefix, start, end < sourceStart ? end : sourceStart);
        }
        uint256 from = start > sourceStart ? start : sourceStart;
        uint256 to = end < sourceEnd ? end : sourceEnd;
        if (from < to) {
            bytes memory part = SliceReader.read(step, w, absorb.source, from - sourceStart, to - from);
            message = message.length == 0 ? part : bytes.concat(message, part);
        }
        if (end > sourceEnd) {
            from = start > sourceEnd ? start - sourceEnd : 0;
            message = bytes.concat(message, _part(absorb.suffix, from, end - sourceEnd));
        }
    }

    function _part(bytes32 word, uint256 start, uint256 end) private pure returns (bytes memory) {
        return Bytes.slice(abi.encode(word), start, end);
    }
}
