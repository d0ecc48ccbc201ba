import type { Precompiles } from "../ethereum/index.ts";
import type { ChainState } from "../rollup/index.ts";
import { newBlockProgress } from "./block-progress.ts";
import { stepEnterBlock, stepOpenBlock, stepReadBlockHead } from "./chain/begin-block.ts";
import type { Chain } from "./chain/chain.ts";
import type { ChainSource } from "./chain/chain-source.ts";
import { stepCreditFees, stepSealBlock } from "./chain/end-block.ts";
import { stepInflateBlockHead, stepInflateStored, stepInflateSymbols } from "./chain/inflate.ts";
import { startLoadBatch, stepReadCalldata, stepReadElement } from "./chain/load-batch.ts";
import { startMessage, stepEndMessage, stepMint, stepRefund, stepWriteContext } from "./chain/message.ts";
import { stepReadTransaction } from "./chain/read-transaction.ts";
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
import { OUTSIDE_BLOCKS } from "./machine.ts";
import type { Environment, Machine } from "./machine.ts";
import { Overlay } from "./overlay.ts";
import type { StateSource } from "./overlay.ts";
import { Phase, isBoundary, underway } from "./phase.ts";
import { stepEndTransaction, stepFlush, stepSettle } from "./settlement.ts";
import { stepLoadAccount, stepLoadSlot } from "./state-access.ts";
import type { StateSink } from "./state-sink.ts";
import { stepAuthorize, stepBuyGas, stepEnterTransaction, stepValidate } from "./validation.ts";

export interface MachineOptions {
  readonly environment: Environment;
  /** The state the transaction starts from; read only, while the machine runs. */
  readonly state: StateSource;
  /** Where the changes of a transaction go when it ends; it may change what `state` gives. */
  readonly sink?: StateSink;
  /** Every step as docs/machine.md has it. */
  readonly isProving: boolean;
  readonly precompiles?: Precompiles | undefined;
  /** Stacks of a machine that is used no more. */
  readonly stacks?: Machine["stacks"];
}

/**
 * A machine without a chain, before the first transaction of a block; the transaction's bytes are to be put into `block.raw`.
 */
export function createMachine({
  environment,
  state,
  sink,
  isProving,
  precompiles,
  stacks = [],
}: MachineOptions): Machine {
  return {
    phase: Phase.Transaction,
    chain: undefined,
    source: undefined,
    target: 0,
    environment,
    block: newBlockProgress(),
    transaction: undefined,
    frame: undefined,
    stacks,
    pending: undefined,
    overlay: new Overlay(state),
    toWarm: [],
    logs: [],
    refund: 0,
    sink,
    skipReason: undefined,
    included: undefined,
    exit: undefined,
    isProving,
    precompiles,
    sealed: undefined,
    recorder: undefined,
  };
}

export interface ChainMachineOptions {
  /** Where the chain stands: after some batches (specification §6), or within one, between two blocks. */
  readonly chain: ChainState | Chain;
  /** Undefined if blocks and messages are begun by hand (`beginBlock`, `beginDeposit`, `beginContext`). */
  readonly source?: ChainSource;
  /** Number of batches at which the machine halts; it goes on unless there is one. */
  readonly target?: number;
  readonly isProving: boolean;
  readonly stacks?: Machine["stacks"];
}

const NO_STATE: StateSource = {
  getAccount: () => {
    throw new Error("there is no state between two blocks");
  },
  getSlot: () => {
    throw new Error("there is no state between two blocks");
  },
  getCode: () => {
    throw new Error("there is no state between two blocks");
  },
};

/** A machine of a chain, between two blocks. */
export function createChainMachine({
  chain,
  source,
  target = Number.MAX_SAFE_INTEGER,
  ...options
}: ChainMachineOptions): Machine {
  const isInBatch = "kind" in chain;
  return {
    ...createMachine({ ...options, environment: OUTSIDE_BLOCKS, state: NO_STATE }),
    phase: isInBatch ? Phase.BeginBlock : Phase.LoadBatch,
    chain: isInBatch ? chain : { kind: "between-batches", state: chain },
    source,
    target,
  };
}

/**
 * The first step of a trace: begins the unit that comes next. Nothing comes after `Halt`; inside a unit it is `step`, so that one
 * which were longer than a trace would go on in the next. Without a chain there is no unit but a transaction.
 */
export function start(machine: Machine): void {
  if (machine.chain === undefined && machine.phase === Phase.Transaction) return startTransaction(machine);
  switch (machine.phase) {
    case Phase.LoadBatch:
      return startLoadBatch(machine);
    case Phase.Message:
      return startMessage(machine);
    default:
      machine.phase = underway(machine.phase);
      return step(machine);
  }
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
    case Phase.ReadCalldata:
      return stepReadCalldata(machine);
    case Phase.ReadElement:
      return stepReadElement(machine);
    case Phase.InflateBlockHead:
      return stepInflateBlockHead(machine);
    case Phase.InflateStored:
      return stepInflateStored(machine);
    case Phase.InflateSymbols:
      return stepInflateSymbols(machine);
    case Phase.ReadBlockHead:
      return stepReadBlockHead(machine);
    case Phase.OpenBlock:
      return stepOpenBlock(machine);
    case Phase.EnterBlock:
      return stepEnterBlock(machine);
    case Phase.ReadTransaction:
      return stepReadTransaction(machine);
    case Phase.Mint:
      return stepMint(machine);
    case Phase.Refund:
      return stepRefund(machine);
    case Phase.WriteContext:
      return stepWriteContext(machine);
    case Phase.EndMessage:
      return stepEndMessage(machine);
    case Phase.CreditFees:
      return stepCreditFees(machine);
    case Phase.SealBlock:
      return stepSealBlock(machine);
  }
}

/** Runs the unit that comes next to the boundary state after it. */
export function runUnit(machine: Machine): void {
  start(machine);
  runTransaction(machine);
}

/** Runs a started transaction, or any unit, to its end, the boundary state after it. */
export function runTransaction(machine: Machine): void {
  while (!isBoundary(machine.phase)) {
    if (machine.phase === Phase.EnterFrame && !machine.isProving) runFrames(machine);
    else step(machine);
  }
}
