// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {KeccakSponge} from "./libraries/KeccakSponge.sol";
import {LongHashes} from "./libraries/LongHashes.sol";
import {Slices} from "./libraries/Slices.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {Absorb, Digest} from "./types/MachineState.sol";
import {Phase} from "./types/Phase.sol";
import {Witness} from "./types/Witness.sol";

/// @title Absorb verifier
/// @notice Proves the phase `Absorb`: the keccak256 of `prefix ‖ source ‖ suffix`, at once or part by part (docs/machine.md §7).
contract AbsorbVerifier is IVerifier {
    /// @dev Bytes of a block of keccak256.
    uint256 private constant BLOCK = 136;

    /// @dev Bytes that one step absorbs: 64 blocks.
    uint256 private constant STRIDE = 64 * BLOCK;

    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata w) external pure returns (bytes32) {
        Step memory state = Steps.begin(before, w);
        require(state.machine.phase == Phase.Absorb, WrongPhase(state.machine.phase));
        Absorb memory absorb = Steps.openAbsorb(state, w);
        uint256 position = absorb.position;
        uint256 total = absorb.prefixLength + absorb.source.length + absorb.suffixLength;
        if (position == 0 && total <= LongHashes.SHORT) {
            _finish(state, absorb, keccak256(_message(absorb, 0, total, state, w)));
            return Steps.end(state);
        }

        bytes memory sponge = position == 0 ? new bytes(200) : Steps.openSponge(absorb, w);
        bool isLast = total - position < STRIDE;
        uint256 end = isLast ? total : position + STRIDE;
        bytes memory blocks = _message(absorb, position, end, state, w);
        if (isLast) blocks = _padded(blocks);
        sponge = KeccakSponge.absorb(sponge, blocks);
        if (isLast) {
            _finish(state, absorb, bytes32(sponge));
        } else {
            absorb.position = end;
            absorb.sponge = keccak256(sponge);
            state.machine.pending = Steps.hashAbsorb(absorb);
        }
        return Steps.end(state);
    }

    function _finish(Step memory state, Absorb memory absorb, bytes32 value) private pure {
        state.machine.pending = Steps.hashDigest(Digest({value: value, context: absorb.context}));
        state.machine.phase = absorb.resume;
    }

    /// @dev Bytes `start` up to `end` of the message.
    function _message(
        Absorb memory absorb,
        uint256 start,
        uint256 end,
        Step memory state,
        Witness calldata w
    ) private pure returns (bytes memory message) {
        uint256 sourceStart = absorb.prefixLength;
        uint256 sourceEnd = sourceStart + absorb.source.length;
        if (start < sourceStart) {
            message = _part(absorb.prefix, start, end < sourceStart ? end : sourceStart);
        }
        uint256 from = start > sourceStart ? start : sourceStart;
        uint256 to = end < sourceEnd ? end : sourceEnd;
        if (from < to) {
            bytes memory part = Slices.read(absorb.source, from - sourceStart, to - from, state, w);
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

    /// @dev With the padding 0x01 … 0x80, which may be one byte, up to a whole number of blocks.
    function _padded(bytes memory message) private pure returns (bytes memory padded) {
        padded = new bytes((message.length / BLOCK + 1) * BLOCK);
        Bytes.replace(padded, 0, message);
        padded[message.length] = 0x01;
        padded[padded.length - 1] |= 0x80;
    }
}
