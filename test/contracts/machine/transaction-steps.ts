/// <reference path="../../../types/ethers-contracts/hardhat.d.ts" />
import { expect } from "chai";
import { network } from "hardhat";
import { openPreState } from "../../../scripts/conformance/state-tests.ts";
import type { StateTest } from "../../../scripts/conformance/state-tests.ts";
import { createMemoryStateDatabase } from "../../../src/ethereum/index.ts";
import type { SkipReason } from "../../../src/ethereum/index.ts";
import {
  Phase,
  createMachine,
  prepareMachine,
  rawSlice,
  createProver,
  createStateTries,
} from "../../../src/machine/index.ts";
import type { Environment, ProvenStep, Prover } from "../../../src/machine/index.ts";
import type { Witness } from "../../../src/machine/proving/witness.ts";
import { appendLeaf, bytesToHex, keccak256 } from "../../../src/primitives/index.ts";
import { encodeProveCall } from "./prove-call.ts";

const VERIFIERS = {
  decoding: "DecodingVerifier",
  validation: "ValidationVerifier",
  load: "LoadVerifier",
  settlement: "SettlementVerifier",
} as const;
type Verifier = keyof typeof VERIFIERS;

/** Which of the four verifiers proves the steps of a phase. */
function verifierOf(phase: Phase): Verifier | undefined {
  if (phase === Phase.Absorb) return undefined;
  if (phase === Phase.Transaction) return "decoding";
  if (phase >= Phase.CountTransaction && phase <= Phase.RecoverSender) return "decoding";
  if (phase >= Phase.Validate && phase <= Phase.EnterTransaction) return "validation";
  if (phase === Phase.LoadAccount || phase === Phase.LoadSlot) return "load";
  return phase >= Phase.Settle ? "settlement" : undefined;
}

/** A step of one of the four verifiers. */
export interface TransactionStep extends ProvenStep {
  readonly phase: Phase;
  /** Phase after it. */
  readonly next: Phase;
}

export interface Unit {
  readonly pre: StateTest["pre"];
  readonly raw: Uint8Array;
  readonly environment: Environment;
  /** Transactions of the block before this one. */
  readonly transactionCount?: number;
  /** By them. */
  readonly gasUsed?: bigint;
}

/** The begin of the unit of a transaction. */
export function beginTransaction({ pre, raw, environment, transactionCount = 0, gasUsed = 0n }: Unit): Prover {
  const database = createMemoryStateDatabase();
  const view = openPreState({ pre }, database);
  const machine = createMachine({ environment, state: view, isProving: true });
  const { block } = machine;
  block.raw = rawSlice(raw);
  block.gasUsed = gasUsed;
  for (; block.transactionCount < transactionCount; block.transactionCount++) {
    block.transactions = appendLeaf(block.transactions, keccak256(Uint8Array.of(1, block.transactionCount)));
    block.receipts = appendLeaf(block.receipts, keccak256(Uint8Array.of(2, block.transactionCount)));
  }
  return createProver({ machine, tries: createStateTries(database), stateRoot: view.root() });
}

export interface TracedUnit {
  /** Those of the four verifiers. */
  readonly steps: readonly TransactionStep[];
  readonly outcome: "included" | "skipped";
  /** Why it was skipped. */
  readonly reason: SkipReason["kind"] | undefined;
}

/** Takes all steps of a unit, and proves those of the four verifiers. */
export function traceTransaction(prover: Prover): TracedUnit {
  const { machine } = prover;
  const steps: TransactionStep[] = [];
  while (!prover.isDone()) {
    const { phase } = machine;
    if (verifierOf(phase) === undefined) prover.step();
    else {
      const proven = prover.prove();
      steps.push({ ...proven, phase, next: machine.phase });
    }
  }
  const outcome = machine.block.outcome === 1 ? "included" : "skipped";
  return { steps, outcome, reason: machine.skipReason?.kind };
}

export interface StepOutcome {
  readonly isSuccess: boolean;
  /** What the verifier returned, or reverted with. */
  readonly data: string;
  readonly gasUsed: number;
}

/** The four verifiers on a simulated chain. */
export interface TransactionVerifiers {
  /** Each taken by the verifier of its phase, with the witness given. */
  take(steps: readonly TransactionStep[]): Promise<StepOutcome[]>;
  /** Every step must come to the state that the machine came to. */
  verify(steps: readonly TransactionStep[]): Promise<StepOutcome[]>;
  /** What a step returns with so much gas for a transaction of its own; undefined if it reverts, for whatever reason. */
  takeWith(step: TransactionStep, gasLimit: number): Promise<string | undefined>;
}

/** What one call takes at most: characters of calldata, and steps. */
const BATCH_SIZE = 200_000;
const BATCH_STEPS = 20;

export async function deployTransactionVerifiers(): Promise<TransactionVerifiers> {
  await prepareMachine();
  const { ethers } = await network.create();
  const batch = await ethers.deployContract("StepBatch", []);
  const addresses = new Map<Verifier, string>();
  for (const [name, contract] of Object.entries(VERIFIERS)) {
    addresses.set(name as Verifier, await (await ethers.deployContract(contract, [])).getAddress());
  }

  const addressOf = (phase: Phase) => addresses.get(verifierOf(phase) as Verifier) as string;

  const take = async (steps: readonly TransactionStep[]) => {
    const outcomes: StepOutcome[] = [];
    let items: { target: string; data: string }[] = [];
    let size = 0;
    const flush = async () => {
      if (items.length === 0) return;
      const results = await batch.take(items, { gasLimit: 2n ** 24n });
      for (const { isSuccess, data, gasUsed } of results) {
        outcomes.push({ isSuccess, data, gasUsed: Number(gasUsed) });
      }
      items = [];
      size = 0;
    };
    for (const step of steps) {
      const data = encodedCall(step);
      if (size + data.length > BATCH_SIZE || items.length === BATCH_STEPS) await flush();
      items.push({ target: addressOf(step.phase), data });
      size += data.length;
    }
    await flush();
    return outcomes;
  };

  return {
    take,
    verify: async (steps) => {
      const outcomes = await take(steps);
      expect(outcomes.length).to.equal(steps.length);
      steps.forEach((step, index) => {
        const { data } = outcomes[index] as StepOutcome;
        expect(data, `phase ${step.phase} to ${step.next}`).to.equal(step.after);
      });
      return outcomes;
    },
    takeWith: async (step, gasLimit) => {
      const to = addressOf(step.phase);
      try {
        return await ethers.provider.call({ to, data: encodedCall(step), gasLimit });
      } catch {
        return undefined;
      }
    },
  };
}

function encodedCall({ before, witness }: TransactionStep): string {
  return bytesToHex(encodeProveCall(before, witness));
}

/** Copies of a witness in each of which one thing is changed. */
export function* alteredWitnesses(witness: Witness): Generator<{ readonly what: string; readonly witness: Witness }> {
  for (const [name, value] of Object.entries(witness) as [keyof Witness, unknown][]) {
    for (const altered of alterations(value)) yield { what: name, witness: { ...witness, [name]: altered } };
  }
}

/** What a value of a witness can be changed to: bytes with a bit flipped, shorter or longer; lists with an item changed or missing. */
function* alterations(value: unknown): Generator<unknown> {
  if (value instanceof Uint8Array) {
    if (value.length === 0) return;
    for (const position of new Set([0, value.length >> 1, value.length - 1])) {
      const flipped = value.slice();
      flipped[position] = (flipped[position] as number) ^ 1;
      yield flipped;
    }
    yield value.subarray(0, value.length - 32 < 0 ? 0 : value.length - 32);
    yield new Uint8Array([...value, ...new Uint8Array(32)]);
  } else if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      for (const altered of alterations(value[index])) yield value.with(index, altered);
      yield value.toSpliced(index, 1);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [name, part] of Object.entries(value)) {
      for (const altered of alterations(part)) yield { ...value, [name]: altered };
    }
  }
}
