/// <reference path="../../../types/ethers-contracts/hardhat.d.ts" />
import { expect } from "chai";
import { network } from "hardhat";
import { privateKeyToAccount } from "viem/accounts";
import { openPreState } from "../../../scripts/conformance/state-tests.ts";
import { createMemoryStateDatabase } from "../../../src/ethereum/index.ts";
import {
  Phase,
  createMachine,
  prepareMachine,
  rawSlice,
  createProver,
  createStateTries,
} from "../../../src/machine/index.ts";
import type { Machine, ProvenStep } from "../../../src/machine/index.ts";
import { bigintToBytes32, bytesToHex, hexToBytes } from "../../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../../src/primitives/index.ts";
import { encodeProveCall } from "./prove-call.ts";

export const VERIFIERS = [
  "StorageVerifier",
  "CallVerifier",
  "CreationVerifier",
  "FrameVerifier",
  "PrecompileVerifier",
] as const;
export type FrameVerifierName = (typeof VERIFIERS)[number];

const BY_PHASE: Readonly<Partial<Record<Phase, FrameVerifierName>>> = {
  [Phase.EnterFrame]: "FrameVerifier",
  [Phase.EnterCode]: "FrameVerifier",
  [Phase.DepositCode]: "FrameVerifier",
  [Phase.ExitFrame]: "FrameVerifier",
  [Phase.Precompile]: "PrecompileVerifier",
};
const BY_OPCODE: Readonly<Record<number, FrameVerifierName>> = Object.fromEntries([
  ...[0x31, 0x3b, 0x3f, 0x40, 0x47, 0x54, 0x55, 0x5c, 0x5d].map((opcode) => [opcode, "StorageVerifier"]),
  ...[0xf1, 0xf2, 0xf4, 0xfa].map((opcode) => [opcode, "CallVerifier"]),
  ...[0xf0, 0xf5, 0xff].map((opcode) => [opcode, "CreationVerifier"]),
]) as Record<number, FrameVerifierName>;

/** A step that one of the five verifiers proves. */
export interface FrameStep extends ProvenStep {
  readonly verifier: FrameVerifierName;
  readonly phase: Phase;
  /** Of the instruction; undefined in other phases than `Execute`. */
  readonly opcode: number | undefined;
  /** Phase after it. */
  readonly next: Phase;
  /** Depth of the frame before it. */
  readonly depth: number;
}

/** What comes next, if one of the five verifiers proves it. */
function nextOf({ phase, frame }: Machine): Pick<FrameStep, "verifier" | "opcode"> | undefined {
  const opcode = phase === Phase.Execute && frame !== undefined ? (frame.code.bytes[frame.pc] ?? 0) : undefined;
  const verifier = opcode === undefined ? BY_PHASE[phase] : BY_OPCODE[opcode];
  return verifier === undefined ? undefined : { verifier, opcode };
}

export interface Account {
  readonly code?: Uint8Array;
  readonly balance?: bigint;
  readonly nonce?: bigint;
  readonly storage?: Readonly<Record<Hex, Hex>>;
}

export interface Scenario {
  /** Besides the sender, who has 2^80 wei. */
  readonly accounts: Readonly<Record<Address, Account>>;
  /** Undefined for a creation. */
  readonly to: Address | undefined;
  readonly data?: Uint8Array;
  readonly value?: bigint;
  readonly gasLimit?: bigint;
  /** Delegations (EIP-7702) the transaction makes for the sender. */
  readonly delegateTo?: Address;
}

export interface Outcome {
  /** Those of the five verifiers, in their order. */
  readonly steps: readonly FrameStep[];
  /** The transaction's. */
  readonly status: 0 | 1;
  /** Of a slot after the transaction; undefined if it was not touched. */
  storage(owner: Address, slot: number): bigint | undefined;
  /** An account's fields after the transaction; undefined if it was not touched. */
  account(owner: Address): ReturnType<Machine["overlay"]["account"]>;
}

const SIGNER = privateKeyToAccount(`0x${"5e".repeat(32)}`);
export const SENDER = SIGNER.address.toLowerCase() as Address;
const CHAIN_ID = 1;
const BASE_FEE = 7n;
export const BLOCK_NUMBER = 1_000;
const SENDER_BALANCE = 2n ** 80n;
/** EIP-7825. */
const MAX_GAS = 2n ** 24n;

/** Runs a transaction in steps and proves those of the five verifiers. */
export async function runScenario({ accounts, to, data, value, gasLimit, delegateTo }: Scenario): Promise<Outcome> {
  await prepareMachine();
  const pre: Record<Address, { nonce: Hex; balance: Hex; code: Hex; storage: Readonly<Record<Hex, Hex>> }> = {};
  for (const [address, account] of Object.entries({ [SENDER]: { balance: SENDER_BALANCE }, ...accounts })) {
    const { code, balance, nonce, storage } = account as Account;
    pre[address as Address] = {
      nonce: numberToHex(nonce ?? 0n),
      balance: numberToHex(balance ?? 0n),
      code: bytesToHex(code ?? new Uint8Array()),
      storage: storage ?? {},
    };
  }
  const database = createMemoryStateDatabase();
  const view = openPreState({ pre }, database);
  const machine = createMachine({
    environment: {
      number: BLOCK_NUMBER,
      timestamp: 1_800_000_000,
      coinbase: `0x${"c0".repeat(20)}`,
      gasLimit: 60_000_000n,
      baseFee: BASE_FEE,
      prevRandao: `0x${"a5".repeat(32)}`,
      dataPrice: 0n,
      chainId: BigInt(CHAIN_ID),
      blobBaseFee: 1n,
    },
    state: view,
    isProving: true,
  });
  const common = {
    chainId: CHAIN_ID,
    nonce: 0,
    gas: gasLimit ?? MAX_GAS,
    maxFeePerGas: BASE_FEE,
    maxPriorityFeePerGas: 0n,
    value: value ?? 0n,
    data: bytesToHex(data ?? new Uint8Array()),
    ...(to === undefined ? {} : { to }),
  };
  const raw =
    delegateTo === undefined
      ? await SIGNER.signTransaction({ ...common, type: "eip1559" })
      : await SIGNER.signTransaction({
          ...common,
          type: "eip7702",
          authorizationList: [await SIGNER.signAuthorization({ chainId: CHAIN_ID, address: delegateTo, nonce: 1 })],
        });
  machine.block.raw = rawSlice(hexToBytes(raw));
  const prover = createProver({ machine, tries: createStateTries(database), stateRoot: view.root() });

  const steps: FrameStep[] = [];
  while (machine.phase !== Phase.Settle) {
    if (prover.isDone()) throw new Error(`the transaction was skipped: ${JSON.stringify(machine.skipReason)}`);
    const { phase, frame } = machine;
    const next = nextOf(machine);
    if (next === undefined) prover.step();
    else {
      const proven = prover.prove();
      steps.push({ ...proven, ...next, phase, next: machine.phase, depth: frame?.context.depth ?? 0 });
    }
  }
  const { overlay, transaction } = machine;
  return {
    steps,
    status: transaction?.status ?? 0,
    storage: (owner, slot) => overlay.slot(owner, bytesToHex(bigintToBytes32(BigInt(slot))))?.current,
    account: (owner) => overlay.account(owner),
  };
}

function numberToHex(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}

/** `phase or opcode:kind of frame>phase after`, and what else tells steps apart. */
export function kindOf({ phase, opcode, next, witness }: FrameStep): string {
  const frameKind = witness.frameContext.length === 0 ? 0 : wordAt(witness.frameContext, 2);
  const name = opcode === undefined ? `${nameOf(phase)}:${frameKind.toString(16)}` : `x${opcode.toString(16)}`;
  const pending = witness.pending.length === 0 ? "" : ` status ${wordAt(witness.pending, 0)}`;
  const target = phase === Phase.Precompile ? ` ${wordAt(witness.frameContext, 8).toString(16)}` : "";
  return `${name}>${next}${pending}${target} ${witness.regions.length} ${witness.overlay.length}`;
}

function nameOf(phase: Phase): string {
  return Object.entries(Phase).find(([, number]) => number === phase)?.[0] ?? "";
}

/** Word `index` of an encoded struct. */
export function wordAt(bytes: Uint8Array, index: number): bigint {
  return BigInt(bytesToHex(bytes.subarray(32 * index, 32 * index + 32)));
}

export interface StepResult {
  readonly isSuccess: boolean;
  /** State hash, or what the verifier reverted with. */
  readonly data: string;
  readonly gasUsed: number;
}

export interface FrameVerifiers {
  /** What the verifiers say to these steps, or to other states or witnesses in their place. */
  take(steps: readonly Pick<FrameStep, "verifier" | "before" | "witness">[]): Promise<StepResult[]>;
  /** One step, given so much gas as a transaction of its own. Undefined if it reverts, for whatever reason. */
  takeWith(step: FrameStep, gasLimit: number): Promise<Hash | undefined>;
}

// One 64th less each is what the batch and its calls leave to the verifier.
const CALL_GAS = 2n ** 24n;
const BATCH_BYTES = 80_000;
const BATCH_STEPS = 20;

/** Deploys the five verifiers on a simulated L1. */
export async function deployFrameVerifiers(): Promise<FrameVerifiers> {
  const { ethers } = await network.create();
  const batch = await ethers.deployContract("StepBatch");
  const addresses = new Map<FrameVerifierName, string>();
  for (const name of VERIFIERS) addresses.set(name, await (await ethers.deployContract(name)).getAddress());
  const addressOf = (name: FrameVerifierName) => addresses.get(name) as string;
  const [caller] = await ethers.getSigners();

  return {
    take: async (steps) => {
      const results: StepResult[] = [];
      let items: { target: string; data: Uint8Array }[] = [];
      let size = 0;
      const flush = async () => {
        if (items.length === 0) return;
        for (const { isSuccess, data, gasUsed } of await batch.take(items, { gasLimit: CALL_GAS })) {
          results.push({ isSuccess, data, gasUsed: Number(gasUsed) });
        }
        items = [];
        size = 0;
      };
      for (const { verifier, before, witness } of steps) {
        const data = encodeProveCall(before, witness);
        // Precompiles may take most of the gas there is.
        const isAlone = verifier === "PrecompileVerifier";
        if (isAlone || size + data.length > BATCH_BYTES || items.length === BATCH_STEPS) await flush();
        items.push({ target: addressOf(verifier), data });
        size += data.length;
        if (isAlone) await flush();
      }
      await flush();
      return results;
    },
    takeWith: async ({ verifier, before, witness }, gasLimit) => {
      try {
        const call = {
          to: addressOf(verifier),
          data: bytesToHex(encodeProveCall(before, witness)),
          gasLimit: BigInt(gasLimit),
        };
        return (await caller?.call(call)) as Hash | undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** Runs a transaction; each of its steps must come to the same state on L1. */
export async function runOnL1(verifiers: FrameVerifiers, scenario: Scenario): Promise<Outcome> {
  const outcome = await runScenario(scenario);
  const results = await verifiers.take(outcome.steps);
  expect(results.length).to.equal(outcome.steps.length);
  outcome.steps.forEach((step, index) => expect(results[index]?.data, kindOf(step)).to.equal(step.after));
  return outcome;
}
