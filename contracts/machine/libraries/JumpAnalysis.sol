// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Jump analysis
/// @notice Which bytes of a code a jump may lead to: JUMPDESTs that are instructions, not immediate bytes of a PUSH.
library JumpAnalysis {
    /// @notice The jump destinations of `code` as the words of a buffer (docs/machine.md §1): bit `i mod 256`, counted from the
    /// least significant, of word `i ÷ 256` is set if byte `i` is one.
    /// @return words 32 bytes for every 256 bytes of code, the last ones rounded up.
    function destinationsOf(bytes memory code) internal pure returns (bytes memory words) {
        words = new bytes(((code.length + 255) >> 8) << 5);
        // In assembly because every byte of 49,152 may be an instruction, and one step has to look at all of them: a bounds
        // check each would cost more than all that is done here.
        assembly ("memory-safe") {
            let length := mload(code)
            // A copy of the code, in which the immediate bytes are overwritten with zeros. Zeros follow it, up to the whole
            // number of words of bits, and as far as the walk below looks and writes beyond the end.
            let copy := mload(0x40)
            mcopy(copy, add(code, 0x20), length)
            let end := add(copy, length)
            calldatacopy(end, calldatasize(), 0x140)

            // The distance to PUSH0 is the number of immediate bytes, if it is no more than 32. Four instructions a turn; those
            // behind the end are STOPs, or immediate bytes that are missing from the code.
            for {
                let position := copy
            } lt(position, end) {} {
                let count := sub(byte(0, mload(position)), 0x5f)
                position := add(position, 1)
                if lt(count, 0x21) {
                    mstore(position, shr(shl(3, count), shl(shl(3, count), mload(position))))
                    position := add(position, count)
                }
                count := sub(byte(0, mload(position)), 0x5f)
                position := add(position, 1)
                if lt(count, 0x21) {
                    mstore(position, shr(shl(3, count), shl(shl(3, count), mload(position))))
                    position := add(position, count)
                }
                count := sub(byte(0, mload(position)), 0x5f)
                position := add(position, 1)
                if lt(count, 0x21) {
                    mstore(position, shr(shl(3, count), shl(shl(3, count), mload(position))))
                    position := add(position, count)
                }
                count := sub(byte(0, mload(position)), 0x5f)
                position := add(position, 1)
                if lt(count, 0x21) {
                    mstore(position, shr(shl(3, count), shl(shl(3, count), mload(position))))
                    position := add(position, count)
                }
            }

            // Now every 0x5b is a destination: 32 bytes a turn become 32 bits.
            let target := add(words, 0x20)
            let shift := 0
            let bits := 0
            for {
                let position := copy
            } lt(position, end) {
                position := add(position, 0x20)
            } {
                let flags := xor(mload(position), 0x5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b)
                // The highest bit of a byte of `flags` is set unless the byte is 0; no sum carries into the next byte.
                flags := or(
                    flags,
                    add(
                        and(flags, 0x7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f),
                        0x7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f
                    )
                )
                flags := and(shr(7, not(flags)), 0x0101010101010101010101010101010101010101010101010101010101010101)
                // Twice as many bits stand together after each line, that of the lower position as the lower one.
                if flags {
                    flags := and(
                        or(shr(8, flags), shl(1, flags)),
                        0x0003000300030003000300030003000300030003000300030003000300030003
                    )
                    flags := and(
                        or(shr(16, flags), shl(2, flags)),
                        0x0000000f0000000f0000000f0000000f0000000f0000000f0000000f0000000f
                    )
                    flags := and(
                        or(shr(32, flags), shl(4, flags)),
                        0x00000000000000ff00000000000000ff00000000000000ff00000000000000ff
                    )
                    flags := and(
                        or(shr(64, flags), shl(8, flags)),
                        0x0000000000000000000000000000ffff0000000000000000000000000000ffff
                    )
                    flags := and(or(shr(128, flags), shl(16, flags)), 0xffffffff)
                    bits := or(bits, shl(shift, flags))
                }
                shift := add(shift, 0x20)
                if eq(shift, 0x100) {
                    mstore(target, bits)
                    target := add(target, 0x20)
                    shift := 0
                    bits := 0
                }
            }
            if shift {
                mstore(target, bits)
            }
        }
    }
}
