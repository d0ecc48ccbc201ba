// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Instructions that one verifier proves.
enum InstructionGroup {
    Control,
    Arithmetic,
    Environment,
    Memory,
    Copy,
    Log,
    Storage,
    Call,
    Creation
}

/// @title Opcodes
/// @notice The instructions of Osaka and who proves them.
library Opcodes {
    uint256 internal constant STOP = 0x00;
    uint256 internal constant ADD = 0x01;
    uint256 internal constant MUL = 0x02;
    uint256 internal constant SUB = 0x03;
    uint256 internal constant DIV = 0x04;
    uint256 internal constant SDIV = 0x05;
    uint256 internal constant MOD = 0x06;
    uint256 internal constant SMOD = 0x07;
    uint256 internal constant ADDMOD = 0x08;
    uint256 internal constant MULMOD = 0x09;
    uint256 internal constant EXP = 0x0a;
    uint256 internal constant SIGNEXTEND = 0x0b;
    uint256 internal constant LT = 0x10;
    uint256 internal constant GT = 0x11;
    uint256 internal constant SLT = 0x12;
    uint256 internal constant SGT = 0x13;
    uint256 internal constant EQ = 0x14;
    uint256 internal constant ISZERO = 0x15;
    uint256 internal constant AND = 0x16;
    uint256 internal constant OR = 0x17;
    uint256 internal constant XOR = 0x18;
    uint256 internal constant NOT = 0x19;
    uint256 internal constant BYTE = 0x1a;
    uint256 internal constant SHL = 0x1b;
    uint256 internal constant SHR = 0x1c;
    uint256 internal constant SAR = 0x1d;
    uint256 internal constant CLZ = 0x1e;
    uint256 internal constant KECCAK256 = 0x20;
    uint256 internal constant ADDRESS = 0x30;
    uint256 internal constant BALANCE = 0x31;
    uint256 internal constant ORIGIN = 0x32;
    uint256 internal constant CALLER = 0x33;
    uint256 internal constant CALLVALUE = 0x34;
    uint256 internal constant CALLDATALOAD = 0x35;
    uint256 internal constant CALLDATASIZE = 0x36;
    uint256 internal constant CALLDATACOPY = 0x37;
    uint256 internal constant CODESIZE = 0x38;
    uint256 internal constant CODECOPY = 0x39;
    uint256 internal constant GASPRICE = 0x3a;
    uint256 internal constant EXTCODESIZE = 0x3b;
    uint256 internal constant EXTCODECOPY = 0x3c;
    uint256 internal constant RETURNDATASIZE = 0x3d;
    uint256 internal constant RETURNDATACOPY = 0x3e;
    uint256 internal constant EXTCODEHASH = 0x3f;
    uint256 internal constant BLOCKHASH = 0x40;
    uint256 internal constant COINBASE = 0x41;
    uint256 internal constant TIMESTAMP = 0x42;
    uint256 internal constant NUMBER = 0x43;
    uint256 internal constant PREVRANDAO = 0x44;
    uint256 internal constant GASLIMIT = 0x45;
    uint256 internal constant CHAINID = 0x46;
    uint256 internal constant SELFBALANCE = 0x47;
    uint256 internal constant BASEFEE = 0x48;
    uint256 internal constant BLOBHASH = 0x49;
    uint256 internal constant BLOBBASEFEE = 0x4a;
    uint256 internal constant POP = 0x50;
    uint256 internal constant MLOAD = 0x51;
    uint256 internal constant MSTORE = 0x52;
    uint256 internal constant MSTORE8 = 0x53;
    uint256 internal constant SLOAD = 0x54;
    uint256 internal constant SSTORE = 0x55;
    uint256 internal constant JUMP = 0x56;
    uint256 internal constant JUMPI = 0x57;
    uint256 internal constant PC = 0x58;
    uint256 internal constant MSIZE = 0x59;
    uint256 internal constant GAS = 0x5a;
    uint256 internal constant JUMPDEST = 0x5b;
    uint256 internal constant TLOAD = 0x5c;
    uint256 internal constant TSTORE = 0x5d;
    uint256 internal constant MCOPY = 0x5e;
    uint256 internal constant PUSH0 = 0x5f;
    uint256 internal constant PUSH32 = 0x7f;
    uint256 internal constant DUP1 = 0x80;
    uint256 internal constant DUP16 = 0x8f;
    uint256 internal constant SWAP1 = 0x90;
    uint256 internal constant SWAP16 = 0x9f;
    uint256 internal constant LOG0 = 0xa0;
    uint256 internal constant LOG4 = 0xa4;
    uint256 internal constant CREATE = 0xf0;
    uint256 internal constant CALL = 0xf1;
    uint256 internal constant CALLCODE = 0xf2;
    uint256 internal constant RETURN = 0xf3;
    uint256 internal constant DELEGATECALL = 0xf4;
    uint256 internal constant CREATE2 = 0xf5;
    uint256 internal constant STATICCALL = 0xfa;
    uint256 internal constant REVERT = 0xfd;
    uint256 internal constant INVALID = 0xfe;
    uint256 internal constant SELFDESTRUCT = 0xff;

    /// @dev The group of every opcode, one hexadecimal digit each, 64 opcodes a word, that of the lowest opcode first.
    /// 0 also stands for the opcodes that Osaka does not define.
    uint256 private constant GROUPS_00 = 0x0111111111110000111111111111111030000000000000002622222424264246;
    uint256 private constant GROUPS_40 = 0x6222222622200000133366111111664111111111111111111111111111111111;
    uint256 private constant GROUPS_80 = 0x1111111111111111111111111111111155555000000000000000000000000000;
    uint256 private constant GROUPS_C0 = 0x0000000000000000000000000000000000000000000000008770780000700008;

    /// @notice Bytes of the number that follows an opcode in the code.
    function immediatesOf(uint256 opcode) internal pure returns (uint256) {
        return opcode > PUSH0 && opcode <= PUSH32 ? opcode - PUSH0 : 0;
    }

    /// @notice Who proves an instruction: `Control` STOP, RETURN, REVERT, INVALID and what is undefined.
    /// @param opcode Below 256.
    function groupOf(uint256 opcode) internal pure returns (InstructionGroup) {
        uint256 groups;
        if (opcode < 0x40) groups = GROUPS_00;
        else if (opcode < 0x80) groups = GROUPS_40;
        else if (opcode < 0xc0) groups = GROUPS_80;
        else groups = GROUPS_C0;
        return InstructionGroup((groups >> ((63 - (opcode & 63)) << 2)) & 0xf);
    }
}
