import { expect } from "chai";
import { createMemoryStateDatabase } from "../../src/ethereum/index.ts";
import { createMachineExecutor } from "../../src/execution/index.ts";
import type {
  ExecutionEngine,
  ExecutionObserver,
  ProcessingResult,
  TransactionExecutor,
} from "../../src/execution/index.ts";
import { hexToBytes } from "../../src/primitives/index.ts";
import { createEthereumjsExecutor } from "../../src/reference/ethereumjs-executor.ts";
import { createExecutionEngine } from "../../src/reference/index.ts";
import { createShadowEngine } from "../../src/reference/shadow-engine.ts";
import type { EngineDifferenceError } from "../../src/reference/shadow-engine.ts";
import { initializeState } from "../../src/rollup/index.ts";
import type { Block } from "../../src/rollup/index.ts";
import {
  CHAIN_ID,
  ETHER,
  PROGRAMS,
  account,
  createTestChain,
  hash,
  instruments,
  sign,
  wallet,
} from "../execution/harness.ts";

const alice = wallet(1);
const CONTRACT = account(1);
/** PUSH1 0, POP, TIMESTAMP, PUSH1 0, SSTORE, STOP: stores the timestamp in slot 0. */
const PROGRAM = "0x6000504260005500";

type Executor = TransactionExecutor["process"];

/** An engine whose second executor is the machine, but for what `distort` does to it. */
async function createDistorted(distort: (process: Executor, state: TransactionExecutor["state"]) => Executor) {
  const chain = await createTestChain({ balances: { [alice.address]: ETHER }, code: { [CONTRACT]: PROGRAM } });
  const found: EngineDifferenceError[] = [];
  const engine = createShadowEngine(
    {
      chainId: CHAIN_ID,
      state: chain.state,
      primary: { name: "ethereumjs", createExecutor: () => createEthereumjsExecutor(CHAIN_ID) },
      secondary: {
        name: "machine",
        createExecutor: async () => {
          const executor = await createMachineExecutor();
          return { ...executor, process: distort(executor.process, executor.state) };
        },
      },
      onDifference: (error) => found.push(error),
    },
    instruments(),
  );
  return { engine, found, latest: chain.latest() };
}

async function failureOf(task: Promise<unknown>): Promise<Error> {
  return task.then(
    () => {
      throw new Error("expected a rejection");
    },
    (error: unknown) => error as Error,
  );
}

async function executeOne(engine: ExecutionEngine, parent: Block): Promise<unknown> {
  const execution = await engine.openBlock(parent, { timestamp: parent.header.timestamp + 2 });
  return execution.executeTransaction(sign(alice, { to: CONTRACT }));
}

describe("a shadow engine", () => {
  it("gives the blocks, calls and traces that either engine gives alone", async () => {
    const results: unknown[] = [];
    for (const [engineName, isShadow] of [
      ["machine", false],
      ["ethereumjs", false],
      ["machine", true],
      ["ethereumjs", true],
    ] as const) {
      const chain = await createTestChain({
        balances: { [alice.address]: ETHER },
        code: { [CONTRACT]: PROGRAMS.remember, [account(2)]: PROGRAMS.selfDestruct, [account(3)]: PROGRAMS.invalid },
      });
      const state = createMemoryStateDatabase();
      let latest = await initializeState(chain.genesis, state);
      const failures: Error[] = [];
      const onDifference = isShadow ? { onDifference: (error: Error) => failures.push(error) } : {};
      const engine = createExecutionEngine(
        { chainId: CHAIN_ID, state, engine: engineName, ...onDifference },
        instruments(),
      );
      expect(engine.name).to.equal(engineName);
      const parent = latest;
      const execution = await engine.openBlock(parent, { timestamp: parent.header.timestamp + 2 });
      await execution.executeMessage(chain.deposit({ mint: ETHER, value: 5n, gasLimit: 100_000n, to: CONTRACT }));
      const outcomes: unknown[] = [];
      for (const [nonce, to] of [CONTRACT, account(2), account(3), account(9), undefined, CONTRACT].entries()) {
        const fields: Record<string, unknown> = {
          nonce: BigInt(nonce === 5 ? 99 : nonce),
          value: nonce === 2 ? 0n : 7n,
          data: "0x6001",
          ...(to === undefined ? {} : { to }),
        };
        outcomes.push(await execution.executeTransaction(sign(alice, fields)));
      }
      latest = await execution.seal();
      const call = await engine.call(
        { from: alice.address, to: CONTRACT, data: new Uint8Array(), value: 0n, gas: 1_000_000n, gasPrice: 0n },
        { at: latest.header, stateOverrides: new Map([[CONTRACT, { code: hexToBytes("0x4260005260206000f3") }]]) },
      );
      const steps: unknown[] = [];
      const observer: ExecutionObserver = {
        onStep: ({ pc, opcode, gas, stack }) => steps.push({ pc, opcode, gas, stack: [...stack] }),
      };
      const watched = latest.transactions[1]?.hash ?? hash(0);
      await engine.replay({
        parent,
        block: latest,
        through: watched,
        messages: [chain.deposit({ mint: ETHER, value: 5n, gasLimit: 100_000n, to: CONTRACT })],
        observe: async (each) => (each === watched ? observer : undefined),
      });
      expect(failures).to.eql([]);
      expect(steps.length).to.be.greaterThan(5);
      results.push({ hash: latest.hash, receipts: latest.receipts, outcomes, call, steps });
    }
    for (const result of results) expect(result).to.eql(results[0]);
  });

  it("stops at a difference, and says in which block and transaction, and after which step", async () => {
    const { engine, found, latest } = await createDistorted((process) => (message, context) => {
      const { environment } = context;
      return process(message, { ...context, environment: { ...environment, timestamp: environment.timestamp + 1 } });
    });
    const error = await failureOf(executeOne(engine, latest));
    expect(found).to.eql([error]);
    expect(error.name).to.equal("EngineDifferenceError");
    expect(error.message.split("\n")[0]).to.include(
      `ethereumjs and machine differ in a transaction of block 1: from ${alice.address}, nonce 0, to ${CONTRACT}`,
    );
    expect(error.message).to.match(new RegExp(`slot ${hash(0)} of ${CONTRACT}: ethereumjs 0x[0-9a-f]+, machine 0x`));
    expect(error.message).to.match(
      /first difference: step 3, PUSH1 \(0x60\) at pc 4, depth 0: stack item 0 from the top: .*after step 2: TIMESTAMP/,
    );
  });

  it("finds other gas, other logs, another outcome and other changes of the state", async () => {
    const distortions: readonly (readonly [
      RegExp,
      (process: Executor, state: TransactionExecutor["state"]) => Executor,
    ])[] = [
      [/gasUsed: ethereumjs \d+, machine \d+/, changing((result) => ({ ...result, gasUsed: result.gasUsed + 1n }))],
      [
        /outcome: ethereumjs success, machine exceptional halt/,
        changing((result) => ({ ...result, error: "out of gas" })),
      ],
      [
        /logs: /,
        changing((result) => ({ ...result, logs: [{ address: CONTRACT, topics: [], data: new Uint8Array() }] })),
      ],
      [/output: ethereumjs 0x, machine 0x07/, changing((result) => ({ ...result, output: Uint8Array.of(7) }))],
      [
        /outcome: ethereumjs success, machine skipped/,
        () => async () => ({ kind: "skipped", reason: { kind: "invalid", message: "" } }),
      ],
      [
        /balance of 0x[0-9a-f]{40}: ethereumjs 0, machine 1/,
        (process, state) => async (message, context) => {
          const result = await process(message, context);
          state.addBalance(account(77), 1n);
          return result;
        },
      ],
      [
        /slot 0x0*5 of 0x[0-9a-f]{40}: ethereumjs 0x0, machine 0x9/,
        (process, state) => async (message, context) => {
          const result = await process(message, context);
          state.setSlot(CONTRACT, hash(5), Uint8Array.of(9));
          return result;
        },
      ],
      [
        /codeHash of /,
        (process, state) => async (message, context) => {
          const result = await process(message, context);
          state.setCode(CONTRACT, Uint8Array.of(9));
          return result;
        },
      ],
    ];
    for (const [expected, distort] of distortions) {
      const { engine, found, latest } = await createDistorted(distort);
      const error = await failureOf(executeOne(engine, latest));
      expect(error.message).to.match(expected);
      expect(error.message).to.match(/first difference: only ethereumjs takes step 0|no step differs/);
      expect(found).to.eql([error]);
    }
  });

  it("executes nothing after a difference, and tells of it once, be it of a call", async () => {
    const { engine, found, latest } = await createDistorted(changing((result) => ({ ...result, gasUsed: 1n })));
    const request = {
      from: alice.address,
      to: CONTRACT,
      data: new Uint8Array(),
      value: 0n,
      gas: 100_000n,
      gasPrice: 0n,
    };
    const error = await failureOf(engine.call(request, { at: latest.header }));
    expect(error.message).to.include("differ in a call at block 0");
    expect(await failureOf(engine.call(request, { at: latest.header }))).to.equal(error);
    expect(await failureOf(executeOne(engine, latest))).to.equal(error);
    expect(found).to.eql([error]);
  });
});

type Executed = Extract<ProcessingResult, { readonly kind: "executed" }>;

function changing(change: (result: Executed) => Executed): (process: Executor) => Executor {
  return (process) => async (message, context) => {
    const result = await process(message, context);
    return result.kind === "executed" ? change(result) : result;
  };
}
