import { expect } from "chai";
import { openPreState } from "../../../../scripts/conformance/state-tests.ts";
import type { StepChecker } from "../../../../scripts/conformance/step-checker.ts";
import { createMemoryStateDatabase } from "../../../../src/ethereum/index.ts";
import { Phase, encodeStepCall } from "../../../../src/machine/index.ts";
import type { ProvenStep } from "../../../../src/machine/index.ts";
import type { Address } from "../../../../src/primitives/index.ts";
import type { World } from "../../../machine/world.ts";
import { beginTransaction } from "../transaction-steps.ts";
import type { Unit } from "../transaction-steps.ts";
import { COINBASE, GAS_PRICE, SENDER, SENDER_BALANCE, preStateOf, unitOf } from "./transactions.ts";
import type { TransactionFields } from "./transactions.ts";

/** What a transaction should come to. */
export interface Expected {
  /** 1 unless said otherwise. */
  readonly status?: 0 | 1;
  readonly gasUsed: bigint;
  /** Accounts that are different afterwards, with all they have then; sender and coinbase, whom the gas changes, unless said otherwise. */
  readonly changes?: World;
  /** Accounts that are no more. */
  readonly gone?: readonly Address[];
  /** The nonce of the sender, 1 unless said otherwise. */
  readonly nonce?: bigint;
}

/**
 * Runs a transaction of the sender on `world`, step by step, and every step on the contracts. Its status, the gas it has used and
 * the root of the state behind it must be what is expected.
 */
export async function expectTransaction(
  checker: StepChecker,
  world: World,
  fields: TransactionFields,
  expected: Expected,
  block: Partial<Unit> = {},
): Promise<void> {
  const unit = unitOf(world, fields, block);
  const { included, stateRoot, touched } = await proveAll(checker, unit);
  const { status = 1, gasUsed, changes = {}, nonce = 1n } = expected;
  expect(included === undefined ? "skipped" : [included.transaction.status, included.transaction.gasUsed]).to.eql([
    status,
    Number(gasUsed),
  ]);
  const fee = gasUsed * (GAS_PRICE - unit.environment.baseFee);
  const spent = gasUsed * GAS_PRICE + (status === 1 ? (fields.value ?? 0n) : 0n);
  const after: World = {
    ...world,
    [SENDER.address]: { ...world[SENDER.address], nonce, balance: SENDER_BALANCE - spent },
    ...(fee === 0n ? {} : { [COINBASE]: { balance: fee } }),
    ...changes,
  };
  const kept = Object.fromEntries(
    Object.entries(after).filter(([address]) => !expected.gone?.includes(address as Address)),
  );
  expect(stateRoot, `touched:\n${touched}`).to.equal(rootOf(kept));
}

/** The same for a transaction that must be skipped: nothing changes. */
export async function expectSkipped(
  checker: StepChecker,
  world: World,
  fields: TransactionFields,
  block: Partial<Unit> = {},
): Promise<void> {
  const unit = unitOf(world, fields, block);
  const { included, outcome, stateRoot } = await proveAll(checker, unit);
  expect([included, outcome]).to.eql([undefined, 2]);
  expect(stateRoot).to.equal(openPreState({ pre: unit.pre }).root());
}

function rootOf(world: World) {
  return openPreState({ pre: preStateOf(world) }, createMemoryStateDatabase()).root();
}

async function proveAll(checker: StepChecker, unit: Unit) {
  const prover = beginTransaction(unit);
  const { machine } = prover;
  const steps: (ProvenStep & { readonly phase: Phase })[] = [];
  // What there is to see where the state root is another one.
  let touched = "";
  while (!prover.isDone()) {
    const { phase } = machine;
    if (phase === Phase.Flush) touched ||= describeTouched(machine);
    steps.push({ ...prover.prove(), phase });
  }
  const verdicts = await checker.check(steps.map(({ kind, before, witness }) => encodeStepCall(kind, before, witness)));
  expect(verdicts).to.eql(steps.map(({ after }) => ({ kind: "taken", after })));
  return { included: machine.included, outcome: machine.block.outcome, stateRoot: prover.stateRoot(), touched };
}

function describeTouched({ overlay }: ReturnType<typeof beginTransaction>["machine"]): string {
  const lines: string[] = [];
  for (const item of overlay.keys) {
    if (item.kind === 0) lines.push(`${item.address} nonce ${item.entry.nonce}, balance ${item.entry.balance}`);
    else if (item.kind === 1) lines.push(`${item.address} ${item.slot}: ${item.entry.current}`);
  }
  return lines.join("\n");
}
