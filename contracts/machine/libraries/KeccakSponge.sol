// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Lanes and blocks are known by their place in memory only, which takes assembly throughout.
// solhint-disable no-inline-assembly

/// @title Keccak sponge
/// @notice keccak-f[1600] and the absorbing of blocks (FIPS 202, §3; keccak256 with its own padding), for messages whose
/// hash is computed over several steps. A state is 200 bytes: 25 lanes of 8 bytes, little-endian, lane x + 5y.
/// @dev About 50,000 gas a block.
library KeccakSponge {
    /// @notice Bytes a block, the rate of keccak256.
    uint256 internal constant BLOCK_LENGTH = 136;

    /// @notice Bytes of a state.
    uint256 internal constant STATE_LENGTH = 200;

    /// @notice A state has 200 bytes.
    error StateLengthInvalid(uint256 length);

    /// @notice Blocks have 136 bytes each.
    error BlocksLengthInvalid(uint256 length);

    /// @dev Four copies of a lane in a word: while at least two are intact, a shift of the word is a rotation of the lane.
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
    function absorb(bytes memory state, bytes memory blocks) internal pure returns (bytes memory newState) {
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
            // In assembly as lanes and blocks are known by their place only.
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
        bytes memory constants =
            hex"00000000000000010000000000008082800000000000808a8000000080008000"
            hex"000000000000808b000000008000000180000000800080818000000000008009"
            hex"000000000000008a00000000000000880000000080008009000000008000000a"
            hex"000000008000808b800000000000008b80000000000080898000000000008003"
            hex"80000000000080028000000000000080000000000000800a800000008000000a"
            hex"8000000080008081800000000000808000000000800000018000000080008008";
        assembly ("memory-safe") {
            position := add(constants, 0x20)
        }
    }

    // What follows is in assembly because memory is the only place for 25 lanes, and half of the gas would go into bounds
    // checks; it is unrolled because every lane has a rotation of its own. θ is a function of its own so that the
    // optimizer keeps its results instead of computing them again for each lane.

    /// @dev keccak-f[1600] on the 25 words at `lanes`, with 25 more behind them to work in.
    function _permute(uint256 lanes, uint256 constants) private pure {
        uint256 other = lanes + 0x320;
        for (uint256 end = constants + 192; constants < end; constants += 24) {
            _round(lanes, other, constants);
            _round(other, lanes, constants + 8);
            _renewingRound(lanes, other, constants + 16);
            (lanes, other) = (other, lanes);
        }
    }

    /// @dev θ: what each column's lanes get from the parities of the columns beside it.
    function _columns(uint256 state) private pure returns (uint256 d0, uint256 d1, uint256 d2, uint256 d3, uint256 d4) {
        assembly ("memory-safe") {
            let c0 := xor(
                mload(state),
                xor(
                    mload(add(state, 0xa0)),
                    xor(mload(add(state, 0x140)), xor(mload(add(state, 0x1e0)), mload(add(state, 0x280))))
                )
            )
            let c1 := xor(
                mload(add(state, 0x20)),
                xor(
                    mload(add(state, 0xc0)),
                    xor(mload(add(state, 0x160)), xor(mload(add(state, 0x200)), mload(add(state, 0x2a0))))
                )
            )
            let c2 := xor(
                mload(add(state, 0x40)),
                xor(
                    mload(add(state, 0xe0)),
                    xor(mload(add(state, 0x180)), xor(mload(add(state, 0x220)), mload(add(state, 0x2c0))))
                )
            )
            let c3 := xor(
                mload(add(state, 0x60)),
                xor(
                    mload(add(state, 0x100)),
                    xor(mload(add(state, 0x1a0)), xor(mload(add(state, 0x240)), mload(add(state, 0x2e0))))
                )
            )
            let c4 := xor(
                mload(add(state, 0x80)),
                xor(
                    mload(add(state, 0x120)),
                    xor(mload(add(state, 0x1c0)), xor(mload(add(state, 0x260)), mload(add(state, 0x300))))
                )
            )
            d0 := xor(c4, shl(1, c1))
            d1 := xor(c0, shl(1, c2))
            d2 := xor(c1, shl(1, c3))
            d3 := xor(c2, shl(1, c4))
            d4 := xor(c3, shl(1, c0))
        }
    }

    /// @dev A round from `state` to `next` that loses up to 64 bits of the copies, at either end of the words: it shifts
    /// where it has to rotate.
    // solhint-disable-next-line function-max-lines
    function _round(uint256 state, uint256 next, uint256 constants) private pure {
        (uint256 d0, uint256 d1, uint256 d2, uint256 d3, uint256 d4) = _columns(state);
        assembly ("memory-safe") {
            let constant_ := mul(shr(192, mload(constants)), FOUR_TIMES)
            // Row by row: its lanes rotated (ρ) and moved there (π), each then mixed with the next two (χ).
            {
                let b0 := xor(mload(state), d0)
                let b1 := shr(20, xor(mload(add(state, 0xc0)), d1))
                let b2 := shr(21, xor(mload(add(state, 0x180)), d2))
                let b3 := shr(43, xor(mload(add(state, 0x240)), d3))
                let b4 := shr(50, xor(mload(add(state, 0x300)), d4))
                mstore(next, xor(xor(b0, and(not(b1), b2)), constant_))
                mstore(add(next, 0x20), xor(b1, and(not(b2), b3)))
                mstore(add(next, 0x40), xor(b2, and(not(b3), b4)))
                mstore(add(next, 0x60), xor(b3, and(not(b4), b0)))
                mstore(add(next, 0x80), xor(b4, and(not(b0), b1)))
            }
            {
                let b0 := shr(36, xor(mload(add(state, 0x60)), d3))
                let b1 := shr(44, xor(mload(add(state, 0x120)), d4))
                let b2 := shr(61, xor(mload(add(state, 0x140)), d0))
                let b3 := shr(19, xor(mload(add(state, 0x200)), d1))
                let b4 := shr(3, xor(mload(add(state, 0x2c0)), d2))
                mstore(add(next, 0xa0), xor(b0, and(not(b1), b2)))
                mstore(add(next, 0xc0), xor(b1, and(not(b2), b3)))
                mstore(add(next, 0xe0), xor(b2, and(not(b3), b4)))
                mstore(add(next, 0x100), xor(b3, and(not(b4), b0)))
                mstore(add(next, 0x120), xor(b4, and(not(b0), b1)))
            }
            {
                let b0 := shr(63, xor(mload(add(state, 0x20)), d1))
                let b1 := shr(58, xor(mload(add(state, 0xe0)), d2))
                let b2 := shr(39, xor(mload(add(state, 0x1a0)), d3))
                let b3 := shr(56, xor(mload(add(state, 0x260)), d4))
                let b4 := shr(46, xor(mload(add(state, 0x280)), d0))
                mstore(add(next, 0x140), xor(b0, and(not(b1), b2)))
                mstore(add(next, 0x160), xor(b1, and(not(b2), b3)))
                mstore(add(next, 0x180), xor(b2, and(not(b3), b4)))
                mstore(add(next, 0x1a0), xor(b3, and(not(b4), b0)))
                mstore(add(next, 0x1c0), xor(b4, and(not(b0), b1)))
            }
            {
                let b0 := shr(37, xor(mload(add(state, 0x80)), d4))
                let b1 := shr(28, xor(mload(add(state, 0xa0)), d0))
                let b2 := shr(54, xor(mload(add(state, 0x160)), d1))
                let b3 := shr(49, xor(mload(add(state, 0x220)), d2))
                let b4 := shr(8, xor(mload(add(state, 0x2e0)), d3))
                mstore(add(next, 0x1e0), xor(b0, and(not(b1), b2)))
                mstore(add(next, 0x200), xor(b1, and(not(b2), b3)))
                mstore(add(next, 0x220), xor(b2, and(not(b3), b4)))
                mstore(add(next, 0x240), xor(b3, and(not(b4), b0)))
                mstore(add(next, 0x260), xor(b4, and(not(b0), b1)))
            }
            {
                let b0 := shr(2, xor(mload(add(state, 0x40)), d2))
                let b1 := shr(9, xor(mload(add(state, 0x100)), d3))
                let b2 := shr(25, xor(mload(add(state, 0x1c0)), d4))
                let b3 := shr(23, xor(mload(add(state, 0x1e0)), d0))
                let b4 := shr(62, xor(mload(add(state, 0x2a0)), d1))
                mstore(add(next, 0x280), xor(b0, and(not(b1), b2)))
                mstore(add(next, 0x2a0), xor(b1, and(not(b2), b3)))
                mstore(add(next, 0x2c0), xor(b2, and(not(b3), b4)))
                mstore(add(next, 0x2e0), xor(b3, and(not(b4), b0)))
                mstore(add(next, 0x300), xor(b4, and(not(b0), b1)))
            }
        }
    }

    /// @dev A round after two of the other kind. Of what it reads, at least bits 3 to 129 hold copies (each round before takes
    /// one at the lower end and 63 at the upper): it takes each rotated lane from there, and copies it anew.
    // solhint-disable-next-line function-max-lines
    function _renewingRound(uint256 state, uint256 next, uint256 constants) private pure {
        (uint256 d0, uint256 d1, uint256 d2, uint256 d3, uint256 d4) = _columns(state);
        assembly ("memory-safe") {
            let constant_ := mul(shr(192, mload(constants)), FOUR_TIMES)
            {
                let b0 := mul(and(shr(64, xor(mload(state), d0)), LANE), FOUR_TIMES)
                let b1 := mul(and(shr(20, xor(mload(add(state, 0xc0)), d1)), LANE), FOUR_TIMES)
                let b2 := mul(and(shr(21, xor(mload(add(state, 0x180)), d2)), LANE), FOUR_TIMES)
                let b3 := mul(and(shr(43, xor(mload(add(state, 0x240)), d3)), LANE), FOUR_TIMES)
                let b4 := mul(and(shr(50, xor(mload(add(state, 0x300)), d4)), LANE), FOUR_TIMES)
                mstore(next, xor(xor(b0, and(not(b1), b2)), constant_))
                mstore(add(next, 0x20), xor(b1, and(not(b2), b3)))
                mstore(add(next, 0x40), xor(b2, and(not(b3), b4)))
                mstore(add(next, 0x60), xor(b3, and(not(b4), b0)))
                mstore(add(next, 0x80), xor(b4, and(not(b0), b1)))
            }
            {
                let b0 := mul(and(shr(36, xor(mload(add(state, 0x60)), d3)), LANE), FOUR_TIMES)
                let b1 := mul(and(shr(44, xor(mload(add(state, 0x120)), d4)), LANE), FOUR_TIMES)
                let b2 := mul(and(shr(61, xor(mload(add(state, 0x140)), d0)), LANE), FOUR_TIMES)
                let b3 := mul(and(shr(19, xor(mload(add(state, 0x200)), d1)), LANE), FOUR_TIMES)
                let b4 := mul(and(shr(3, xor(mload(add(state, 0x2c0)), d2)), LANE), FOUR_TIMES)
                mstore(add(next, 0xa0), xor(b0, and(not(b1), b2)))
                mstore(add(next, 0xc0), xor(b1, and(not(b2), b3)))
                mstore(add(next, 0xe0), xor(b2, and(not(b3), b4)))
                mstore(add(next, 0x100), xor(b3, and(not(b4), b0)))
                mstore(add(next, 0x120), xor(b4, and(not(b0), b1)))
            }
            {
                let b0 := mul(and(shr(63, xor(mload(add(state, 0x20)), d1)), LANE), FOUR_TIMES)
                let b1 := mul(and(shr(58, xor(mload(add(state, 0xe0)), d2)), LANE), FOUR_TIMES)
                let b2 := mul(and(shr(39, xor(mload(add(state, 0x1a0)), d3)), LANE), FOUR_TIMES)
                let b3 := mul(and(shr(56, xor(mload(add(state, 0x260)), d4)), LANE), FOUR_TIMES)
                let b4 := mul(and(shr(46, xor(mload(add(state, 0x280)), d0)), LANE), FOUR_TIMES)
                mstore(add(next, 0x140), xor(b0, and(not(b1), b2)))
                mstore(add(next, 0x160), xor(b1, and(not(b2), b3)))
                mstore(add(next, 0x180), xor(b2, and(not(b3), b4)))
                mstore(add(next, 0x1a0), xor(b3, and(not(b4), b0)))
                mstore(add(next, 0x1c0), xor(b4, and(not(b0), b1)))
            }
            {
                let b0 := mul(and(shr(37, xor(mload(add(state, 0x80)), d4)), LANE), FOUR_TIMES)
                let b1 := mul(and(shr(28, xor(mload(add(state, 0xa0)), d0)), LANE), FOUR_TIMES)
                let b2 := mul(and(shr(54, xor(mload(add(state, 0x160)), d1)), LANE), FOUR_TIMES)
                let b3 := mul(and(shr(49, xor(mload(add(state, 0x220)), d2)), LANE), FOUR_TIMES)
                let b4 := mul(and(shr(8, xor(mload(add(state, 0x2e0)), d3)), LANE), FOUR_TIMES)
                mstore(add(next, 0x1e0), xor(b0, and(not(b1), b2)))
                mstore(add(next, 0x200), xor(b1, and(not(b2), b3)))
                mstore(add(next, 0x220), xor(b2, and(not(b3), b4)))
                mstore(add(next, 0x240), xor(b3, and(not(b4), b0)))
                mstore(add(next, 0x260), xor(b4, and(not(b0), b1)))
            }
            {
                let b0 := mul(and(shr(66, xor(mload(add(state, 0x40)), d2)), LANE), FOUR_TIMES)
                let b1 := mul(and(shr(9, xor(mload(add(state, 0x100)), d3)), LANE), FOUR_TIMES)
                let b2 := mul(and(shr(25, xor(mload(add(state, 0x1c0)), d4)), LANE), FOUR_TIMES)
                let b3 := mul(and(shr(23, xor(mload(add(state, 0x1e0)), d0)), LANE), FOUR_TIMES)
                let b4 := mul(and(shr(62, xor(mload(add(state, 0x2a0)), d1)), LANE), FOUR_TIMES)
                mstore(add(next, 0x280), xor(b0, and(not(b1), b2)))
                mstore(add(next, 0x2a0), xor(b1, and(not(b2), b3)))
                mstore(add(next, 0x2c0), xor(b2, and(not(b3), b4)))
                mstore(add(next, 0x2e0), xor(b3, and(not(b4), b0)))
                mstore(add(next, 0x300), xor(b4, and(not(b0), b1)))
            }
        }
    }
}
