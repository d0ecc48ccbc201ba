// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {KeccakSponge} from "../../../../contracts/machine/libraries/KeccakSponge.sol";
import {Test} from "../../Test.sol";

/// @title The sponge against the chain's own keccak256
contract KeccakSpongeTest is Test {
    function testFuzz_APaddedMessageGivesItsKeccak256(bytes calldata message) external pure {
        bytes memory state = KeccakSponge.absorb(new bytes(200), KeccakSponge.pad(message));
        assertEqual("digest", bytes32(state), keccak256(message));
        assertEqual("bytes of the state", state.length, 200);
    }

    function testFuzz_ItMakesNoDifferenceWhereAMessageIsCut(bytes32 seed, uint8 size, uint8 cut) external pure {
        uint256 blocks = bound(size, 1, 5);
        uint256 end = bound(cut, 0, blocks) * 136;
        bytes memory message;
        while (message.length < blocks * 136 - 1) message = bytes.concat(message, keccak256(abi.encode(seed, message)));
        bytes memory padded = KeccakSponge.pad(message);
        bytes memory state = KeccakSponge.absorb(new bytes(200), _slice(padded, 0, end));
        bytes32 kept = keccak256(state);
        bytes memory last = KeccakSponge.absorb(state, _slice(padded, end, padded.length));
        assertEqual("digest", bytes32(last), keccak256(message));
        assertEqual("the state before is left as it was", keccak256(state), kept);
    }

    function testFuzz_PaddingFillsWholeBlocks(bytes calldata message) external pure {
        bytes memory padded = KeccakSponge.pad(message);
        assertEqual("whole blocks", padded.length % 136, 0);
        assertHolds("at least a byte, at most a block", padded.length - message.length - 1 < 136);
        assertEqual("message", keccak256(_slice(padded, 0, message.length)), keccak256(message));
    }

    function _slice(bytes memory data, uint256 from, uint256 to) private pure returns (bytes memory slice) {
        slice = new bytes(to - from);
        for (uint256 i = from; i < to; ++i) slice[i - from] = data[i];
    }
}
