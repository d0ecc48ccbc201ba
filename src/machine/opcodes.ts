/** What is known of an instruction before it runs. */
export interface Opcode {
  readonly name: string;
  /** Bytes of the code behind the opcode that belong to it. */
  readonly immediates: number;
  /** Items that must be on the stack. */
  readonly pops: number;
  /** Items that are there instead of those afterwards. */
  readonly pushes: number;
  /** Gas the interpreter charges; 0 if the instruction charges all of its gas itself. */
  readonly gas: number;
}

const VERY_LOW_GAS = 3;

/** Opcode, name, pops, pushes, gas of Osaka's instructions, without PUSH, DUP, SWAP and LOG. */
const INSTRUCTIONS: readonly (readonly [opcode: number, name: string, pops: number, pushes: number, gas: number])[] = [
  [0x00, "STOP", 0, 0, 0],
  [0x01, "ADD", 2, 1, 3],
  [0x02, "MUL", 2, 1, 5],
  [0x03, "SUB", 2, 1, 3],
  [0x04, "DIV", 2, 1, 5],
  [0x05, "SDIV", 2, 1, 5],
  [0x06, "MOD", 2, 1, 5],
  [0x07, "SMOD", 2, 1, 5],
  [0x08, "ADDMOD", 3, 1, 8],
  [0x09, "MULMOD", 3, 1, 8],
  [0x0a, "EXP", 2, 1, 10],
  [0x0b, "SIGNEXTEND", 2, 1, 5],
  [0x10, "LT", 2, 1, 3],
  [0x11, "GT", 2, 1, 3],
  [0x12, "SLT", 2, 1, 3],
  [0x13, "SGT", 2, 1, 3],
  [0x14, "EQ", 2, 1, 3],
  [0x15, "ISZERO", 1, 1, 3],
  [0x16, "AND", 2, 1, 3],
  [0x17, "OR", 2, 1, 3],
  [0x18, "XOR", 2, 1, 3],
  [0x19, "NOT", 1, 1, 3],
  [0x1a, "BYTE", 2, 1, 3],
  [0x1b, "SHL", 2, 1, 3],
  [0x1c, "SHR", 2, 1, 3],
  [0x1d, "SAR", 2, 1, 3],
  [0x1e, "CLZ", 1, 1, 5],
  [0x20, "KECCAK256", 2, 1, 0],
  [0x30, "ADDRESS", 0, 1, 2],
  [0x31, "BALANCE", 1, 1, 0],
  [0x32, "ORIGIN", 0, 1, 2],
  [0x33, "CALLER", 0, 1, 2],
  [0x34, "CALLVALUE", 0, 1, 2],
  [0x35, "CALLDATALOAD", 1, 1, 3],
  [0x36, "CALLDATASIZE", 0, 1, 2],
  [0x37, "CALLDATACOPY", 3, 0, 0],
  [0x38, "CODESIZE", 0, 1, 2],
  [0x39, "CODECOPY", 3, 0, 0],
  [0x3a, "GASPRICE", 0, 1, 2],
  [0x3b, "EXTCODESIZE", 1, 1, 0],
  [0x3c, "EXTCODECOPY", 4, 0, 0],
  [0x3d, "RETURNDATASIZE", 0, 1, 2],
  [0x3e, "RETURNDATACOPY", 3, 0, 0],
  [0x3f, "EXTCODEHASH", 1, 1, 0],
  [0x40, "BLOCKHASH", 1, 1, 0],
  [0x41, "COINBASE", 0, 1, 2],
  [0x42, "TIMESTAMP", 0, 1, 2],
  [0x43, "NUMBER", 0, 1, 2],
  [0x44, "PREVRANDAO", 0, 1, 2],
  [0x45, "GASLIMIT", 0, 1, 2],
  [0x46, "CHAINID", 0, 1, 2],
  [0x47, "SELFBALANCE", 0, 1, 0],
  [0x48, "BASEFEE", 0, 1, 2],
  [0x49, "BLOBHASH", 1, 1, 3],
  [0x4a, "BLOBBASEFEE", 0, 1, 2],
  [0x50, "POP", 1, 0, 2],
  [0x51, "MLOAD", 1, 1, 3],
  [0x52, "MSTORE", 2, 0, 3],
  [0x53, "MSTORE8", 2, 0, 3],
  [0x54, "SLOAD", 1, 1, 0],
  [0x55, "SSTORE", 2, 0, 0],
  [0x56, "JUMP", 1, 0, 8],
  [0x57, "JUMPI", 2, 0, 10],
  [0x58, "PC", 0, 1, 2],
  [0x59, "MSIZE", 0, 1, 2],
  [0x5a, "GAS", 0, 1, 2],
  [0x5b, "JUMPDEST", 0, 0, 1],
  [0x5c, "TLOAD", 1, 1, 0],
  [0x5d, "TSTORE", 2, 0, 0],
  [0x5e, "MCOPY", 3, 0, 0],
  [0x5f, "PUSH0", 0, 1, 2],
  [0xf0, "CREATE", 3, 1, 0],
  [0xf1, "CALL", 7, 1, 0],
  [0xf2, "CALLCODE", 7, 1, 0],
  [0xf3, "RETURN", 2, 0, 0],
  [0xf4, "DELEGATECALL", 6, 1, 0],
  [0xf5, "CREATE2", 4, 1, 0],
  [0xfa, "STATICCALL", 6, 1, 0],
  [0xfd, "REVERT", 2, 0, 0],
  [0xfe, "INVALID", 0, 0, 0],
  [0xff, "SELFDESTRUCT", 1, 0, 0],
];

/** The 256 opcodes of Osaka; undefined where there is no instruction. INVALID is one, which always halts. */
export const OPCODES: readonly (Opcode | undefined)[] = makeTable();

function makeTable(): (Opcode | undefined)[] {
  const table = new Array<Opcode | undefined>(256).fill(undefined);
  for (const [opcode, name, pops, pushes, gas] of INSTRUCTIONS) {
    table[opcode] = { name, immediates: 0, pops, pushes, gas };
  }
  for (let size = 1; size <= 32; size++) {
    table[0x5f + size] = { name: `PUSH${size}`, immediates: size, pops: 0, pushes: 1, gas: VERY_LOW_GAS };
  }
  for (let depth = 1; depth <= 16; depth++) {
    table[0x7f + depth] = { name: `DUP${depth}`, immediates: 0, pops: depth, pushes: depth + 1, gas: VERY_LOW_GAS };
    table[0x8f + depth] = {
      name: `SWAP${depth}`,
      immediates: 0,
      pops: depth + 1,
      pushes: depth + 1,
      gas: VERY_LOW_GAS,
    };
  }
  for (let topics = 0; topics <= 4; topics++) {
    table[0xa0 + topics] = { name: `LOG${topics}`, immediates: 0, pops: topics + 2, pushes: 0, gas: 0 };
  }
  return table;
}
