import type { Precompiles } from "../ethereum/index.ts";
import { EMPTY_APPEND_ONLY_MERKLE_TREE, ZERO_HASH } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import {
  startTransaction,
  stepCountCalldata,
  stepCountTransaction,
  stepDecodeAccessList,
  stepDecodeAuthorizations,
  stepDecodeHeader,
  stepDecodeSignature,
  stepRecoverSender,
} from "./decoding.ts";
import { runFrames, stepDepositCode, stepEnterCode, stepEnterFrame, stepExitFrame, stepPrecompile } from "./frames.ts";
import { stepCopy } from "./instructions/copies.ts";
import { stepAbsorb, stepFinishKeccak } from "./instructions/hashing.ts";
import { stepFinishLog } from "./instructions/logs.ts";
import { execute } from "./interpreter.ts";
import type { Environment, Machine, StateSink } from "./machine.ts";
import { Overlay } from "./overlay.ts";
import type { StateSource } from "./overlay.ts";
import { Phase, isBoundary } from "./phase.ts";
import { stepEndTransaction, stepFlush, stepSettle } from "./settlement.ts";
import { EMPTY_SLICE } from "./slice.ts";
import { stepLoadAccount, stepLoadSlot } from "./state-access.ts";
import { stepAuthorize, stepBuyGas, stepEnterTransaction, stepValidate } from "./validation.ts";

/** Bytes of a logs bloom. */
const BLOOM_SIZE = 256;

export interface MachineOptions {
  readonly environment: Environment;
  /** The state the transaction starts from; read only, while the machine runs. */
  readonly state: StateSource;
  /** Where the changes of a transaction go when it ends; it may change what `state` gives. */
  readonly sink?: StateSink;
  /** Every step as docs/machine.md has it. */
  readonly isProving: boolean;
  readonly precompiles?: Precompiles | undefined;
  readonly chain?: Hash;
  /** Stacks of a machine that is used no more. */
  readonly stacks?: Machine["stacks"];
}

/** A machine before the first transaction of a block; the transaction's bytes are to be put into `block.raw`. */
export function createMachine({
  environment,
  state,
  sink,
  isProving,
  precompiles,
  chain = ZERO_HASH,
  stacks = [],
}: MachineOptions): Machine {
  return {
    phase: Phase.Transaction,
    chain,
    environment,
    block: {
      gasUsed: 0n,
      transactionCount: 0,
      transactions: EMPTY_APPEND_ONLY_MERKLE_TREE,
      receipts: EMPTY_APPEND_ONLY_MERKLE_TREE,
      bloom: new Uint8Array(BLOOM_SIZE),
      raw: EMPTY_SLICE,
      outcome: 0,
    },
    transaction: undefined,
    frame: undefined,
    stacks,
    pending: undefined,
    overlay: new Overlay(state),
    logs: [],
    refund: 0,
    sink,
    skipReason: undefined,
    included: undefined,
    exit: undefined,
    isProving,
    precompiles,
    recorder: undefined,
  };
}

/** The first step of the trace of a unit. Throws an Error unless a transaction comes next. */
export function start(machine: Machine): void {
  if (!isBoundary(machine.phase)) throw new Error(`a unit does not start in phase ${machine.phase}`);
  if (machine.phase !== Phase.Transaction)
    throw new Error(`expected the boundary before a transaction, got phase ${machine.phase}`);
  startTransaction(machine);
}

/** Every later step; a boundary state steps to itself. In fast mode a step may be many. */
export function step(machine: Machine): void {
  switch (machine.phase) {
    case Phase.Halt:
    case Phase.LoadBatch:
    case Phase.BeginBlock:
    case Phase.Message:
    case Phase.Transaction:
    case Phase.EndBlock:
      return;
    case Phase.CountTransaction:
      return stepCountTransaction(machine);
    case Phase.Absorb:
      return stepAbsorb(machine);
    case Phase.DecodeHeader:
      return stepDecodeHeader(machine);
    case Phase.CountCalldata:
      return stepCountCalldata(machine);
    case Phase.DecodeAccessList:
      return stepDecodeAccessList(machine);
    case Phase.DecodeAuthorizations:
      return stepDecodeAuthorizations(machine);
    case Phase.DecodeSignature:
      return stepDecodeSignature(machine);
    case Phase.RecoverSender:
      return stepRecoverSender(machine);
    case Phase.Validate:
      return stepValidate(machine);
    case Phase.BuyGas:
      return stepBuyGas(machine);
    case Phase.Authorize:
      return stepAuthorize(machine);
    case Phase.EnterTransaction:
      return stepEnterTransaction(machine);
    case Phase.LoadAccount:
      return stepLoadAccount(machine);
    case Phase.LoadSlot:
      return stepLoadSlot(machine);
    case Phase.EnterFrame:
      return stepEnterFrame(machine);
    case Phase.EnterCode:
      return stepEnterCode(machine);
    case Phase.Precompile:
      return stepPrecompile(machine);
    case Phase.Execute:
      return execute(machine, machine.isProving ? 1 : Infinity);
    case Phase.Copy:
      return stepCopy(machine);
    case Phase.FinishKeccak:
      return stepFinishKeccak(machine);
    case Phase.FinishLog:
      return stepFinishLog(machine);
    case Phase.DepositCode:
      return stepDepositCode(machine);
    case Phase.ExitFrame:
      return stepExitFrame(machine);
    case Phase.Settle:
      return stepSettle(machine);
    case Phase.Flush:
      return stepFlush(machine);
    case Phase.EndTransaction:
      return stepEndTransaction(machine);
  }
}

/** Runs a started transaction to its end, the boundary state after it. */
export function runTransaction(machine: Machine): void {
  while (!isBoundary(machine.phase)) {
    if (machine.phase === Phase.EnterFrame && !machine.isProving) runFrames(machine);
    else step(machine);
  }
}
