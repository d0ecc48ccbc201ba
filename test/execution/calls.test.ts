import { createHash } from "node:crypto";
import { expect } from "chai";
import type { AccountOverride, CallOptions, CallRequest, ExecutionObserver } from "../../src/execution/index.ts";
import { bytesToHex, hexToBytes } from "../../src/primitives/index.ts";
import type { Address, Hex } from "../../src/primitives/index.ts";
import { ETHER, GWEI, PROGRAMS, account, createTestChain, hash, sign, wallet } from "./harness.ts";
import type { TestChain, TestChainOptions } from "./harness.ts";

const alice = wallet(1);
const CONTRACT = account(60);
const PROXY = account(61);
/** Returns slot 0. */
const READER: Hex = "0x60005460005260206000f3";
/** Calls (f1), callcodes (f2), delegatecalls (f4) and staticcalls (fa) CONTRACT, then creates with empty code. */
const CALLER: Hex = `0x${[
  ...["f1", "f2"].map((opcode) => `${"6000".repeat(5)}73${CONTRACT.slice(2)}5a${opcode}50`),
  ...["f4", "fa"].map((opcode) => `${"6000".repeat(4)}73${CONTRACT.slice(2)}5a${opcode}50`),
  `${"6000".repeat(3)}f050`,
  `${"6000".repeat(4)}f55000`,
].join("")}`;

async function call(chain: TestChain, request: Partial<CallRequest>, options: Partial<CallOptions> = {}) {
  const complete: CallRequest = {
    from: alice.address,
    to: CONTRACT,
    data: new Uint8Array(),
    value: 0n,
    gas: 1_000_000n,
    gasPrice: 0n,
    ...request,
  };
  return chain.engine.call(complete, { at: chain.latest().header, ...options });
}

const withContract = (code: Hex, options: TestChainOptions = {}) =>
  createTestChain({ balances: { [alice.address]: ETHER }, code: { [CONTRACT]: code }, ...options });

describe("a call", () => {
  it("returns output and gas, intrinsic gas included, and changes nothing", async () => {
    const chain = await withContract(PROGRAMS.count);
    const outcome = await call(chain, {});
    expect(outcome.kind).to.equal("success");
    expect(outcome.gasUsed > 21_000n + 20_000n).to.equal(true);
    expect(await chain.slot(CONTRACT, 0n)).to.equal(0n);
    expect(await chain.nonce(alice.address)).to.equal(0n);
  });

  it("uses exactly the gas that the transaction it simulates uses", async () => {
    const chain = await withContract(PROGRAMS.count);
    const outcome = await call(chain, { data: Uint8Array.of(1, 2, 3) });
    const receipt = await chain.include(sign(alice, { to: CONTRACT, data: "0x010203" }));
    expect(outcome.gasUsed).to.equal(receipt.gasUsed);
  });

  it("tells reverts, with their data, from halts", async () => {
    const chain = await withContract("0x60aa60005360016000fd");
    const reverted = await call(chain, {});
    expect(reverted.kind === "revert" ? bytesToHex(reverted.output) : reverted.kind).to.equal("0xaa");
    const halted = await call(
      chain,
      {},
      { stateOverrides: new Map([[CONTRACT, { code: hexToBytes(PROGRAMS.invalid) }]]) },
    );
    expect(halted).to.eql({ kind: "halt", gasUsed: 1_000_000n, error: "invalid opcode: INVALID" });
  });

  it("says what is missing if it cannot start", async () => {
    const chain = await withContract(READER);
    expect(await call(chain, { value: 2n * ETHER })).to.eql({
      kind: "refused",
      gasUsed: 0n,
      error: `insufficient funds for gas * price + value: have ${ETHER}, want ${2n * ETHER}`,
    });
    expect(await call(chain, { gas: 20_999n })).to.eql({
      kind: "refused",
      gasUsed: 0n,
      error: "intrinsic gas too low: have 20999, want 21000",
    });
  });

  it("needs no funds at gas price 0, and pays at any other", async () => {
    const chain = await withContract(READER);
    expect((await call(chain, { from: account(1) })).kind).to.equal("success");
    expect((await call(chain, { from: account(1), gasPrice: GWEI })).kind).to.equal("refused");
  });

  it("creates contracts and names their address", async () => {
    const chain = await withContract(READER);
    const outcome = await call(chain, { to: undefined, data: hexToBytes("0x60016000f3") });
    const receipt = await chain.include(sign(alice, { data: "0x60016000f3" }));
    expect(outcome.kind === "success" ? outcome.contractAddress : undefined).to.equal(receipt.contractAddress);
  });

  it("reads the state after its block, and that of older blocks", async () => {
    const chain = await withContract(PROGRAMS.count);
    const headers = [chain.latest().header];
    for (let nonce = 0n; nonce < 3n; nonce++) {
      await chain.include(sign(alice, { nonce, to: CONTRACT }));
      headers.push(chain.latest().header);
    }
    const reader = new Map<Address, AccountOverride>([[CONTRACT, { code: hexToBytes(READER) }]]);
    for (const [count, at] of headers.entries()) {
      const outcome = await call(chain, {}, { at, stateOverrides: reader });
      expect(outcome.kind === "success" ? bytesToHex(outcome.output) : outcome.kind).to.equal(hash(count));
    }
  });

  it("sees overridden balance, nonce, code and storage", async () => {
    const chain = await withContract(PROGRAMS.count);
    await chain.include(sign(alice, { to: CONTRACT }));
    const run = async (override: AccountOverride) => {
      const outcome = await call(
        chain,
        {},
        { stateOverrides: new Map([[CONTRACT, { code: hexToBytes(READER), ...override }]]) },
      );
      return outcome.kind === "success" ? BigInt(bytesToHex(outcome.output)) : outcome;
    };
    expect(await run({})).to.equal(1n);
    expect(await run({ stateDiff: new Map([[hash(0), hash(8)]]) })).to.equal(8n);
    expect(await run({ stateDiff: new Map([[hash(1), hash(8)]]) })).to.equal(1n);
    expect(await run({ state: new Map([[hash(1), hash(8)]]) })).to.equal(0n);
    // SELFBALANCE.
    const outcome = await call(
      chain,
      {},
      { stateOverrides: new Map([[CONTRACT, { balance: 5n, code: hexToBytes("0x4760005260206000f3") }]]) },
    );
    expect(outcome.kind === "success" ? bytesToHex(outcome.output) : outcome.kind).to.equal(hash(5));
  });

  it("of the next block sees its number, and the hash of this one", async () => {
    const chain = await withContract(READER);
    await chain.block();
    const { header, hash: blockHash } = chain.latest();
    const ask = (code: Hex) =>
      call(
        chain,
        {},
        {
          environment: { number: header.number + 1, timestamp: 77 },
          stateOverrides: new Map([[CONTRACT, { code: hexToBytes(code) }]]),
        },
      );
    const output = async (code: Hex) => {
      const outcome = await ask(code);
      return outcome.kind === "success" ? bytesToHex(outcome.output) : outcome.kind;
    };
    expect(await output("0x4360005260206000f3")).to.equal(hash(header.number + 1));
    expect(await output("0x4260005260206000f3")).to.equal(hash(77));
    expect(await output("0x600143034060005260206000f3")).to.equal(blockHash);
  });

  it("runs beside others without mixing with them", async () => {
    const chain = await withContract(READER);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        call(chain, {}, { stateOverrides: new Map([[CONTRACT, { stateDiff: new Map([[hash(0), hash(index)]]) }]]) }),
      ),
    );
    expect(outcomes.map((outcome) => (outcome.kind === "success" ? BigInt(bytesToHex(outcome.output)) : -1n))).to.eql(
      Array.from({ length: 20 }, (_, index) => BigInt(index)),
    );
  });
});

describe("precompiles", () => {
  const at = (value: number): Address => `0x${value.toString(16).padStart(40, "0")}`;
  const run = async (address: number, data: Uint8Array) => {
    const chain = await createTestChain({ balances: { [alice.address]: ETHER } });
    const outcome = await call(chain, { to: at(address), data });
    return outcome.kind === "success" ? bytesToHex(outcome.output) : outcome.kind;
  };

  it("include SHA-256 (0x02)", async () => {
    expect(await run(2, Uint8Array.of(1, 2))).to.equal(
      `0x${createHash("sha256").update(Uint8Array.of(1, 2)).digest("hex")}`,
    );
  });

  it("include KZG point evaluation (0x0a), at once", async () => {
    // The zero polynomial: commitment and proof are the point at infinity, and its value is 0 everywhere.
    const infinity = `c0${"00".repeat(47)}`;
    const versionedHash = `01${createHash("sha256").update(Buffer.from(infinity, "hex")).digest("hex").slice(2)}`;
    const input = (y: string) => hexToBytes(`0x${versionedHash}${hash(5).slice(2)}${y}${infinity}${infinity}`);
    const expected = `${hash(4096)}73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001`;
    expect(await run(10, input(hash(0).slice(2)))).to.equal(expected);
    expect(await run(10, input(hash(1).slice(2)))).to.equal("halt");
    expect(await run(10, input("ff".repeat(32)))).to.equal("halt");
    expect(await run(10, new Uint8Array(191))).to.equal("halt");
  });

  it("include BLS12-381 addition (0x0b) and P256 verification (0x100)", async () => {
    expect(await run(11, new Uint8Array(256))).to.equal(`0x${"00".repeat(128)}`);
    expect(await run(256, new Uint8Array(160))).to.equal("0x");
  });
});

describe("observing", () => {
  interface Trace {
    readonly events: string[];
    readonly observer: ExecutionObserver;
  }
  const trace = (): Trace => {
    const events: string[] = [];
    return {
      events,
      observer: {
        onTransactionStart: ({ from, state }) => events.push(`start ${from} ${state.getAccount(from)?.nonce ?? "-"}`),
        onTransactionEnd: ({ state }) => events.push(`end ${state.getAccount(alice.address)?.nonce ?? "-"}`),
        onCallStart: ({ kind, depth, from, to }) => events.push(`${kind} ${depth} ${from} ${to ?? "-"}`),
        onCallEnd: ({ depth, error }) => events.push(`return ${depth} ${error ?? "ok"}`),
      },
    };
  };

  it("tells the kinds of calls apart, with the code's address as target", async () => {
    const chain = await withContract("0x00", { code: { [CONTRACT]: "0x00", [PROXY]: CALLER } });
    const { events, observer } = trace();
    const outcome = await call(chain, { to: PROXY }, { observer });
    expect(outcome.kind).to.equal("success");
    const inner = ["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"].flatMap((kind) => [
      `${kind} 1 ${PROXY} ${CONTRACT}`,
      "return 1 ok",
    ]);
    expect(
      events.filter((event) => !event.startsWith("CREATE") && !event.startsWith("start") && !event.startsWith("end")),
    ).to.eql([`CALL 0 ${alice.address} ${PROXY}`, ...inner, "return 1 ok", "return 1 ok", "return 0 ok"]);
    expect(events.filter((event) => event.startsWith("CREATE"))).to.eql([
      `CREATE 1 ${PROXY} -`,
      `CREATE2 1 ${PROXY} -`,
    ]);
    expect([events[0], events.at(-1)]).to.eql([`start ${alice.address} 0`, "end 1"]);
  });

  it("shows every step with stack, memory and gas", async () => {
    const chain = await withContract(READER);
    const steps: string[] = [];
    await call(
      chain,
      {},
      {
        observer: {
          onStep: ({ pc, opcodeName, gas, gasCost, stack }) =>
            steps.push(`${pc} ${opcodeName} ${gas} ${gasCost} [${stack.join()}]`),
        },
      },
    );
    expect(steps.slice(0, 3)).to.eql(["0 PUSH1 979000 3 []", "2 SLOAD 978997 2100 [0]", "3 PUSH1 976897 3 [0]"]);
    expect(steps.length).to.equal(7);
  });

  it("sees plain transfers as one call", async () => {
    const chain = await withContract(READER);
    const { events, observer } = trace();
    await call(chain, { to: account(1), value: 1n }, { observer });
    expect(events).to.eql([
      `start ${alice.address} 0`,
      `CALL 0 ${alice.address} ${account(1)}`,
      "return 0 ok",
      "end 1",
    ]);
  });

  it("of a replayed block sees the one transaction asked for, as it ran", async () => {
    const chain = await withContract(PROGRAMS.count);
    const parent = chain.latest();
    const deposit = chain.deposit({ mint: ETHER, to: CONTRACT, gasLimit: 100_000n });
    const transactions = [0n, 1n, 2n].map((nonce) => sign(alice, { nonce, to: CONTRACT }));
    const block = await chain.block(async (execution) => {
      await execution.executeMessage(deposit);
      for (const transaction of transactions) await execution.executeTransaction(transaction);
    });
    const stored: bigint[] = [];
    const observer: ExecutionObserver = {
      onStep: ({ opcodeName, stack }) => opcodeName === "SSTORE" && stored.push(stack[0] as bigint),
    };
    for (const transactionHash of [deposit.hash, ...transactions.map((each) => each.hash)]) {
      await chain.engine.replay({
        parent,
        block,
        through: transactionHash,
        messages: [deposit],
        observe: async (each) => (each === transactionHash ? observer : undefined),
      });
    }
    expect(stored).to.eql([1n, 2n, 3n, 4n]);
    const error = await chain.engine
      .replay({ parent, block, through: hash(1), messages: [], observe: async () => undefined })
      .catch((reason: Error) => reason.message);
    expect(error).to.equal(`transaction ${hash(1)} is not in block ${block.hash}`);
  });
});
