/** Why a frame fails, in go-ethereum's words (core/vm/errors.go). */
export const FRAME_ERROR = {
  reverted: "execution reverted",
  halted: "exceptional halt",
  outOfGas: "out of gas",
  codeDepositOutOfGas: "contract creation code storage out of gas",
  codeTooLong: "max code size exceeded",
  reservedCode: "invalid code: must not begin with 0xef",
  initcodeTooLong: "max initcode size exceeded",
  invalidJump: "invalid jump destination",
  writeProtection: "write protection",
  returnDataOutOfBounds: "return data out of bounds",
  addressCollision: "contract address collision",
  tooDeep: "max call depth exceeded",
  insufficientBalance: "insufficient balance for transfer",
  nonceOverflow: "nonce uint64 overflow",
  stackUnderflow: "stack underflow",
  stackOverflow: "stack overflow",
} as const;

/** An opcode as go-ethereum names it; `name` is undefined if there is no such instruction. */
export function opcodeLabel(opcode: number, name: string | undefined): string {
  return name ?? `opcode 0x${opcode.toString(16)} not defined`;
}

/** The error of INVALID and of opcodes without an instruction. */
export function invalidOpcodeError(opcode: number, name: string | undefined): string {
  return `invalid opcode: ${opcodeLabel(opcode, name)}`;
}
