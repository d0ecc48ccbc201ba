// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Jump analysis
/// @notice Which bytes of a code a jump may lead to: JUMPDESTs that are instructions, not immediate bytes of a PUSH.
library JumpAnalysis {
    /// @notice The jump destinations of `code` as the words of a buffer (docs/machine.md §1): bit `i mod 256`, counted from the
    /// least significant, of word `i ÷ 256` is set if byte `i` is one.
    /// @return words 32 bytes for every 256 bytes of code, the last ones rounded up.
    // solhint-disable-next-line function-max-lines
    function destinationsOf(bytes memory code) internal pure returns (bytes memory words) {
        words = new bytes(((code.length + 255) >> 8) << 5);
        // In assembly because every byte of 49,152 may be an instruction, and one step has to look at all of them: a bounds
        // check each would cost more than all that is done here.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let length := mload(code)
            // The code, with zeros as far behind it as the walk below reads, and a place for each of its bytes that stays 0
            // unless the byte is an instruction. They come one after the other, so there is one distance between a byte
            // and its place.
            let copy := mload(0x40)
            let distance := add(and(add(length, 0x1f), not(0x1f)), 0x80)
            mcopy(copy, add(code, 0x20), length)
            let end := add(copy, length)
            calldatacopy(end, calldatasize(), sub(mul(distance, 2), length))

            // How far from an instruction the next one is, a byte for each opcode: 1, but 2 to 33 for PUSH1 to PUSH32.
            let table := add(copy, mul(distance, 2))
            let ones := 0x0101010101010101010101010101010101010101010101010101010101010101
            mstore(table, ones)
            mstore(add(table, 0x20), ones)
            mstore(add(table, 0x40), ones)
            mstore(add(table, 0x60), 0x02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021)
            mstore(add(table, 0x80), ones)
            mstore(add(table, 0xa0), ones)
            mstore(add(table, 0xc0), ones)
            mstore(add(table, 0xe0), ones)

            // Eight instructions a turn; behind the end they are STOPs, whose places hold 0 as they did.
            for {
                let position := copy
            } lt(position, end) {} {
                let opcode := byte(0, mload(position))
                mstore8(add(position, distance), opcode)
                position := add(position, byte(0, mload(add(table, opcode))))
                opcode := byte(0, mload(position))
                mstore8(add(position, distance), opcode)
                position := add(position, byte(0, mload(add(table, opcode))))
                opcode := byte(0, mload(position))
                mstore8(add(position, distance), opcode)
                position := add(position, byte(0, mload(add(table, opcode))))
                opcode := byte(0, mload(position))
                mstore8(add(position, distance), opcode)
                position := add(position, byte(0, mload(add(table, opcode))))
                opcode := byte(0, mload(position))
                mstore8(add(position, distance), opcode)
                position := add(position, byte(0, mload(add(table, opcode))))
                opcode := byte(0, mload(position))
                mstore8(add(position, distance), opcode)
                position := add(position, byte(0, mload(add(table, opcode))))
                opcode := byte(0, mload(position))
                mstore8(add(position, distance), opcode)
                position := add(position, byte(0, mload(add(table, opcode))))
                opcode := byte(0, mload(position))
                mstore8(add(position, distance), opcode)
                position := add(position, byte(0, mload(add(table, opcode))))
            }

            // Every 0x5b in a place is a destination: 32 places a turn become 32 bits.
            let target := add(words, 0x20)
            let shift := 0
            let bits := 0
            let place := add(copy, distance)
            end := add(place, length)
            for {} lt(place, end) {
                place := add(place, 0x20)
            } {
                let flags := xor(mload(place), 0x5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b)
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
