import type { Memory } from "./memory.ts";

// Gas costs of Osaka that depend on more than the opcode; the others stand in the table of opcodes.

/** What an account or slot costs the first time a transaction touches it, and afterwards (EIP-2929). */
export const COLD_ACCOUNT_GAS = 2_600;
export const COLD_SLOT_GAS = 2_100;
export const WARM_GAS = 100;

/** CALL and CALLCODE with value; what of it the callee gets; CALL with value to an empty account. */
export const CALL_VALUE_GAS = 9_000;
export const CALL_STIPEND = 2_300;
export const NEW_ACCOUNT_GAS = 25_000;

export const CREATE_GAS = 32_000;
/** Per word of initcode (EIP-3860); CREATE2 pays `KECCAK_WORD_GAS` besides. */
export const INITCODE_WORD_GAS = 2;
/** Per byte of deployed code. */
export const CODE_DEPOSIT_GAS = 200;

export const SELFDESTRUCT_GAS = 5_000;

/** SSTORE (EIP-2200, 2929, 3529). It needs more than the sentry to run at all. */
export const SSTORE_SENTRY = 2_300;
export const SSTORE_SET_GAS = 20_000;
export const SSTORE_RESET_GAS = 2_900;
export const SSTORE_CLEAR_REFUND = 4_800;

export const EXP_GAS = 10;
/** Per byte of the exponent (EIP-160). */
export const EXP_BYTE_GAS = 50;
export const KECCAK_GAS = 30;
export const KECCAK_WORD_GAS = 6;
/** Per word copied. */
export const COPY_WORD_GAS = 3;
export const LOG_GAS = 375;
export const LOG_TOPIC_GAS = 375;
export const LOG_BYTE_GAS = 8;

/** Frames deeper than this are not entered. */
export const MAX_DEPTH = 1_024;

/** First number that no offset or length may reach (docs/machine.md §8): what `toOffset` gives for anything larger. */
export const OFFSET_LIMIT = 2 ** 32;

/** Words that hold so many bytes. */
export function wordsOf(length: number): number {
  return Math.ceil(length / 32);
}

/** What memory of so many words costs in all. */
export function memoryGas(words: number): number {
  return 3 * words + Math.floor((words * words) / 512);
}

/**
 * What it costs to make memory hold `length` bytes from `offset` on; infinite if that is beyond what any gas pays
 * (docs/machine.md §8). Both are at most `OFFSET_LIMIT`.
 */
export function expansionGas(memory: Memory, offset: number, length: number): number {
  if (length === 0) return 0;
  const end = offset + length;
  if (end <= memory.size) return 0;
  if (offset >= OFFSET_LIMIT || length >= OFFSET_LIMIT || end > OFFSET_LIMIT) return Infinity;
  return memoryGas(wordsOf(end)) - memoryGas(memory.words);
}
