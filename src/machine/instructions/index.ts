import type { Frame, Machine } from "../machine.ts";
import {
  call,
  callcode,
  delegatecall,
  invalid,
  returnInstruction,
  revertInstruction,
  selfdestruct,
  staticcall,
  stop,
} from "./calls.ts";
import { calldatacopy, codecopy, mcopy, returndatacopy } from "./copies.ts";
import { create, create2 } from "./creation.ts";
import * as environment from "./environment.ts";
import { keccak256 } from "./hashing.ts";
import { log0, log1, log2, log3, log4 } from "./logs.ts";
import {
  balance,
  extcodecopy,
  extcodehash,
  extcodesize,
  selfbalance,
  sload,
  sstore,
  tload,
  tstore,
} from "./storage.ts";

/**
 * An instruction that is not part of the interpreter's loop. The frame is up to date, the stack has the items the instruction
 * needs and room for those it pushes, and the gas of the table of opcodes is charged. It moves `pc` itself. The interpreter goes
 * on if the phase and the running frame are still the same.
 */
export type Instruction = (machine: Machine, frame: Frame) => void;

const INSTRUCTIONS: ReadonlyMap<number, Instruction> = new Map([
  [0x00, stop],
  [0x20, keccak256],
  [0x30, environment.address],
  [0x31, balance],
  [0x32, environment.origin],
  [0x33, environment.caller],
  [0x34, environment.callvalue],
  [0x35, environment.calldataload],
  [0x36, environment.calldatasize],
  [0x37, calldatacopy],
  [0x38, environment.codesize],
  [0x39, codecopy],
  [0x3a, environment.gasprice],
  [0x3b, extcodesize],
  [0x3c, extcodecopy],
  [0x3d, environment.returndatasize],
  [0x3e, returndatacopy],
  [0x3f, extcodehash],
  [0x40, environment.blockhash],
  [0x41, environment.coinbase],
  [0x42, environment.timestamp],
  [0x43, environment.number],
  [0x44, environment.prevrandao],
  [0x45, environment.gaslimit],
  [0x46, environment.chainid],
  [0x47, selfbalance],
  [0x48, environment.basefee],
  [0x49, environment.blobhash],
  [0x4a, environment.blobbasefee],
  [0x54, sload],
  [0x55, sstore],
  [0x5c, tload],
  [0x5d, tstore],
  [0x5e, mcopy],
  [0xa0, log0],
  [0xa1, log1],
  [0xa2, log2],
  [0xa3, log3],
  [0xa4, log4],
  [0xf0, create],
  [0xf1, call],
  [0xf2, callcode],
  [0xf3, returnInstruction],
  [0xf4, delegatecall],
  [0xf5, create2],
  [0xfa, staticcall],
  [0xfd, revertInstruction],
  [0xfe, invalid],
  [0xff, selfdestruct],
]);

export function instructionOf(opcode: number): Instruction | undefined {
  return INSTRUCTIONS.get(opcode);
}
