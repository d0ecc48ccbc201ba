// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Keccak sponge
/// @notice keccak-f[1600] and the absorbing of blocks (FIPS 202, §3; keccak256 with its own padding), for messages whose
/// hash is computed over several steps. A state is 200 bytes: 25 lanes of 8 bytes, little-endian, lane x + 5y.
/// @dev About 40,000 gas a block.
library KeccakSponge {
    /// @notice Bytes a block, the rate of keccak256.
    uint256 internal constant BLOCK_LENGTH = 136;

    /// @notice Bytes of a state.
    uint256 internal constant STATE_LENGTH = 200;

    /// @notice A state has 200 bytes.
    error StateLengthInvalid(uint256 length);

    /// @notice Blocks have 136 bytes each.
    error BlocksLengthInvalid(uint256 length);

    /// @dev Four copies of a lane in a word: what rotates the word rotates every lane.
    uint256 private constant FOUR_TIMES = 0x0000000000000001000000000000000100000000000000010000000000000001;

    uint256 private constant LANE = 0xffffffffffffffff;

    /// @dev Every other byte, pair of bytes, and four bytes: what the reversal of the lanes' bytes exchanges.
    uint256 private constant BYTES_1 = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
    uint256 private constant BYTES_2 = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
    uint256 private constant BYTES_4 = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;

    /// @notice The state after `blocks` were absorbed into `state`. The state of no block is 200 zero bytes; the first
    /// 32 bytes of that after the last block of a padded message are its keccak256.
    /// Reverts with StateLengthInvalid or BlocksLengthInvalid.
    /// @param state 200 bytes; left as it is.
    /// @param blocks Any number of blocks of 136 bytes.
    function absorb(
        bytes memory state,
        bytes memory blocks
    ) internal pure returns (bytes memory newState) {
        require(state.length == STATE_LENGTH, StateLengthInvalid(state.length));
        require(blocks.length % BLOCK_LENGTH == 0, BlocksLengthInvalid(blocks.length));
        // Whole words, as lanes are written four at a time.
        newState = new bytes(224);
        uint256 lanes = _load(state);
        uint256 position;
        uint256 end;
        // In assembly as there is no other way to learn where an array lies.
        assembly ("memory-safe") {
            position := add(blocks, 0x20)
            end := add(position, mload(blocks))
        }
        uint256 constants = _roundConstants();
        for (; position < end; position += BLOCK_LENGTH) {
            _mix(lanes, position);
            _permute(lanes, constants);
        }
        _store(lanes, newState);
    }

    /// @notice `message` with the padding of keccak256, a whole number of blocks.
    function pad(bytes memory message) internal pure returns (bytes memory blocks) {
        uint256 length = message.length;
        blocks = bytes.concat(message, new bytes(BLOCK_LENGTH - (length % BLOCK_LENGTH)));
        blocks[length] = 0x01;
        blocks[blocks.length - 1] |= 0x80;
    }

    /// @dev Reverses the bytes of each of the four lanes in `word`.
    function _reverse(uint256 word) private pure returns (uint256) {
        word = ((word & BYTES_1) << 8) | ((word >> 8) & BYTES_1);
        word = ((word & BYTES_2) << 16) | ((word >> 16) & BYTES_2);
        return ((word & BYTES_4) << 32) | ((word >> 32) & BYTES_4);
    }

    /// @dev Allocates 50 words: the 25 lanes of `state`, four times in a word each, and as many to permute them into.
    function _load(bytes memory state) private pure returns (uint256 lanes) {
        uint256[50] memory buffer;
        for (uint256 i = 0; i < 25; ++i) {
            uint256 lane;
            // In assembly as Solidity reads an array byte by byte only.
            assembly ("memory-safe") {
                lane := mload(add(add(state, 0x20), shl(3, i)))
            }
            buffer[i] = (_reverse(lane) >> 192) * FOUR_TIMES;
        }
        // In assembly as there is no other way to learn where an array lies.
        assembly ("memory-safe") {
            lanes := buffer
        }
    }

    /// @dev Writes the lanes into `state`, which has 224 bytes, and makes it one of 200.
    function _store(uint256 lanes, bytes memory state) private pure {
        for (uint256 i = 0; i < 7; ++i) {
            uint256 word;
            // In assembly as the lanes are known by their place only. Of the last word the first lane counts.
            assembly ("memory-safe") {
                let four := add(lanes, shl(7, i))
                word := or(
                    or(shl(192, mload(four)), shl(128, and(mload(add(four, 0x20)), LANE))),
                    or(shl(64, and(mload(add(four, 0x40)), LANE)), and(mload(add(four, 0x60)), LANE))
                )
            }
            word = _reverse(word);
            assembly ("memory-safe") {
                mstore(add(add(state, 0x20), shl(5, i)), word)
            }
        }
        assembly ("memory-safe") {
            mstore(state, STATE_LENGTH)
        }
    }

    /// @dev Adds the block at `position` to the first 17 lanes.
    function _mix(uint256 lanes, uint256 position) private pure {
        for (uint256 i = 0; i < 16; i += 4) {
            uint256 word;
            // In assembly, as is all that follows, because lanes and blocks are known by their place only, and a bounds check
            // for each would cost as much as the permutation.
            assembly ("memory-safe") {
                word := mload(add(position, shl(3, i)))
            }
            word = _reverse(word);
            assembly ("memory-safe") {
                let four := add(lanes, shl(5, i))
                mstore(four, xor(mload(four), mul(shr(192, word), FOUR_TIMES)))
                four := add(four, 0x20)
                mstore(four, xor(mload(four), mul(and(shr(128, word), LANE), FOUR_TIMES)))
                four := add(four, 0x20)
                mstore(four, xor(mload(four), mul(and(shr(64, word), LANE), FOUR_TIMES)))
                four := add(four, 0x20)
                mstore(four, xor(mload(four), mul(and(word, LANE), FOUR_TIMES)))
            }
        }
        uint256 last;
        assembly ("memory-safe") {
            last := mload(add(position, 0x80))
        }
        last = _reverse(last);
        assembly ("memory-safe") {
            let lane := add(lanes, 0x200)
            mstore(lane, xor(mload(lane), mul(shr(192, last), FOUR_TIMES)))
        }
    }

    /// @dev Where the 24 round constants stand, 8 bytes each.
    function _roundConstants() private pure returns (uint256 position) {
        bytes
            memory constants = hex"00000000000000010000000000008082800000000000808a8000000080008000"
                hex"000000000000808b000000008000000180000000800080818000000000008009"
                hex"000000000000008a00000000000000880000000080008009000000008000000a"
                hex"000000008000808b800000000000008b80000000000080898000000000008003"
                hex"80000000000080028000000000000080000000000000800a800000008000000a"
                hex"8000000080008081800000000000808000000000800000018000000080008008";
        assembly ("memory-safe") {
            position := add(constants, 0x20)
        }
    }

    /// @dev keccak-f[1600] on the 25 words at `lanes`, with 25 more behind them to work in. Every round reads the one half
    /// and writes the other; as their number is even, the last one writes the first half.
    function _permute(uint256 lanes, uint256 constants) private pure {
        // In assembly because memory is the only place for 25 lanes and ten more are at hand at a time; unrolled because a
        // rotation is different for each lane, and an instruction of a loop costs as much as one of the permutation.
        assembly ("memory-safe") {
            let state := lanes
            let next := add(lanes, 0x320)
            for { let end := add(constants, 192) } lt(constants, end) { constants := add(constants, 8) } {
                {
                    // The parity of each column, and what it adds to the lanes of the columns beside it (θ).
                    let c0 := xor(mload(state), xor(mload(add(state, 0xa0)), xor(mload(add(state, 0x140)), xor(mload(add(state, 0x1e0)), mload(add(state, 0x280))))))
                    let c1 := xor(mload(add(state, 0x20)), xor(mload(add(state, 0xc0)), xor(mload(add(state, 0x160)), xor(mload(add(state, 0x200)), mload(add(state, 0x2a0))))))
                    let c2 := xor(mload(add(state, 0x40)), xor(mload(add(state, 0xe0)), xor(mload(add(state, 0x180)), xor(mload(add(state, 0x220)), mload(add(state, 0x2c0))))))
                    let c3 := xor(mload(add(state, 0x60)), xor(mload(add(state, 0x100)), xor(mload(add(state, 0x1a0)), xor(mload(add(state, 0x240)), mload(add(state, 0x2e0))))))
                    let c4 := xor(mload(add(state, 0x80)), xor(mload(add(state, 0x120)), xor(mload(add(state, 0x1c0)), xor(mload(add(state, 0x260)), mload(add(state, 0x300))))))
                    let d0 := xor(c4, or(shl(1, c1), shr(255, c1)))
                    let d1 := xor(c0, or(shl(1, c2), shr(255, c2)))
                    let d2 := xor(c1, or(shl(1, c3), shr(255, c3)))
                    let d3 := xor(c2, or(shl(1, c4), shr(255, c4)))
                    let d4 := xor(c3, or(shl(1, c0), shr(255, c0)))
                    // The lanes of row 0, rotated (ρ) and moved (π); each then mixes with the two right of it (χ).
                    {
                      let b0 := xor(mload(state), d0)
                      let b1 := xor(mload(add(state, 0xc0)), d1)
                      b1 := or(shl(44, b1), shr(212, b1))
                      let b2 := xor(mload(add(state, 0x180)), d2)
                      b2 := or(shl(43, b2), shr(213, b2))
                      let b3 := xor(mload(add(state, 0x240)), d3)
                      b3 := or(shl(21, b3), shr(235, b3))
                      let b4 := xor(mload(add(state, 0x300)), d4)
                      b4 := or(shl(14, b4), shr(242, b4))
                      mstore(next, xor(xor(b0, and(not(b1), b2)), mul(shr(192, mload(constants)), FOUR_TIMES)))
                      mstore(add(next, 0x20), xor(b1, and(not(b2), b3)))
                      mstore(add(next, 0x40), xor(b2, and(not(b3), b4)))
                      mstore(add(next, 0x60), xor(b3, and(not(b4), b0)))
                      mstore(add(next, 0x80), xor(b4, and(not(b0), b1)))
                    }
                    // The lanes of row 1, rotated (ρ) and moved (π); each then mixes with the two right of it (χ).
                    {
                      let b0 := xor(mload(add(state, 0x60)), d3)
                      b0 := or(shl(28, b0), shr(228, b0))
                      let b1 := xor(mload(add(state, 0x120)), d4)
                      b1 := or(shl(20, b1), shr(236, b1))
                      let b2 := xor(mload(add(state, 0x140)), d0)
                      b2 := or(shl(3, b2), shr(253, b2))
                      let b3 := xor(mload(add(state, 0x200)), d1)
                      b3 := or(shl(45, b3), shr(211, b3))
                      let b4 := xor(mload(add(state, 0x2c0)), d2)
                      b4 := or(shl(61, b4), shr(195, b4))
                      mstore(add(next, 0xa0), xor(b0, and(not(b1), b2)))
                      mstore(add(next, 0xc0), xor(b1, and(not(b2), b3)))
                      mstore(add(next, 0xe0), xor(b2, and(not(b3), b4)))
                      mstore(add(next, 0x100), xor(b3, and(not(b4), b0)))
                      mstore(add(next, 0x120), xor(b4, and(not(b0), b1)))
                    }
                    // The lanes of row 2, rotated (ρ) and moved (π); each then mixes with the two right of it (χ).
                    {
                      let b0 := xor(mload(add(state, 0x20)), d1)
                      b0 := or(shl(1, b0), shr(255, b0))
                      let b1 := xor(mload(add(state, 0xe0)), d2)
                      b1 := or(shl(6, b1), shr(250, b1))
                      let b2 := xor(mload(add(state, 0x1a0)), d3)
                      b2 := or(shl(25, b2), shr(231, b2))
                      let b3 := xor(mload(add(state, 0x260)), d4)
                      b3 := or(shl(8, b3), shr(248, b3))
                      let b4 := xor(mload(add(state, 0x280)), d0)
                      b4 := or(shl(18, b4), shr(238, b4))
                      mstore(add(next, 0x140), xor(b0, and(not(b1), b2)))
                      mstore(add(next, 0x160), xor(b1, and(not(b2), b3)))
                      mstore(add(next, 0x180), xor(b2, and(not(b3), b4)))
                      mstore(add(next, 0x1a0), xor(b3, and(not(b4), b0)))
                      mstore(add(next, 0x1c0), xor(b4, and(not(b0), b1)))
                    }
                    // The lanes of row 3, rotated (ρ) and moved (π); each then mixes with the two right of it (χ).
                    {
                      let b0 := xor(mload(add(state, 0x80)), d4)
                      b0 := or(shl(27, b0), shr(229, b0))
                      let b1 := xor(mload(add(state, 0xa0)), d0)
                      b1 := or(shl(36, b1), shr(220, b1))
                      let b2 := xor(mload(add(state, 0x160)), d1)
                      b2 := or(shl(10, b2), shr(246, b2))
                      let b3 := xor(mload(add(state, 0x220)), d2)
                      b3 := or(shl(15, b3), shr(241, b3))
                      let b4 := xor(mload(add(state, 0x2e0)), d3)
                      b4 := or(shl(56, b4), shr(200, b4))
                      mstore(add(next, 0x1e0), xor(b0, and(not(b1), b2)))
                      mstore(add(next, 0x200), xor(b1, and(not(b2), b3)))
                      mstore(add(next, 0x220), xor(b2, and(not(b3), b4)))
                      mstore(add(next, 0x240), xor(b3, and(not(b4), b0)))
                      mstore(add(next, 0x260), xor(b4, and(not(b0), b1)))
                    }
                    // The lanes of row 4, rotated (ρ) and moved (π); each then mixes with the two right of it (χ).
                    {
                      let b0 := xor(mload(add(state, 0x40)), d2)
                      b0 := or(shl(62, b0), shr(194, b0))
                      let b1 := xor(mload(add(state, 0x100)), d3)
                      b1 := or(shl(55, b1), shr(201, b1))
                      let b2 := xor(mload(add(state, 0x1c0)), d4)
                      b2 := or(shl(39, b2), shr(217, b2))
                      let b3 := xor(mload(add(state, 0x1e0)), d0)
                      b3 := or(shl(41, b3), shr(215, b3))
                      let b4 := xor(mload(add(state, 0x2a0)), d1)
                      b4 := or(shl(2, b4), shr(254, b4))
                      mstore(add(next, 0x280), xor(b0, and(not(b1), b2)))
                      mstore(add(next, 0x2a0), xor(b1, and(not(b2), b3)))
                      mstore(add(next, 0x2c0), xor(b2, and(not(b3), b4)))
                      mstore(add(next, 0x2e0), xor(b3, and(not(b4), b0)))
                      mstore(add(next, 0x300), xor(b4, and(not(b0), b1)))
                    }
                }
                let swapped := state
                state := next
                next := swapped
            }
        }
    }
}
