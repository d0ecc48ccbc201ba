import { expect } from "chai";
import { keccak256 } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { createTraceProvider } from "../../src/traces/index.ts";
import { batchOf, transfer } from "../node/follower-fixture.ts";
import { storedUnits, until } from "../traces/fixture.ts";
import { startDerivedNode } from "./derived-node.ts";
import type { DerivedNode } from "./derived-node.ts";
import { ask, result } from "./node-fixture.ts";

interface Step {
  readonly index: number;
  readonly name: string;
  readonly next: string;
  readonly changes: readonly string[];
  readonly text: string;
}

interface Unit {
  readonly index: number;
  readonly kind: string;
  readonly stepCount: number;
  readonly stateHash: Hash | null;
  readonly outcome?: string;
  readonly reason?: string;
  readonly text: string;
  readonly steps?: readonly Step[];
}

interface UnitsAnswer {
  readonly block: { readonly number: number; readonly hash: Hash };
  readonly batch: number;
  readonly stepCount: number;
  readonly units: readonly Unit[];
}

interface StepTrace {
  readonly stepCount: number;
  readonly failed: boolean;
  readonly steps: readonly Step[];
}

const isReference = process.env["ONESTEP_ENGINE"] === "ethereumjs";

describe("Units of blocks", function () {
  this.timeout(240_000);
  let node: DerivedNode;
  const raw: Record<"first" | "early" | "second" | "unsafe", Uint8Array> = {} as never;

  before(async () => {
    node = await startDerivedNode({ traceSteps: 2_000 });
    raw.first = await transfer(0);
    raw.early = await transfer(5);
    raw.second = await transfer(1);
    raw.unsafe = await transfer(2);
    const { timestamp } = node.l1.head();
    await node.mine(
      [
        { kind: "deposit", deposit: { gasLimit: 90_000n, value: 7n } },
        { kind: "deposit", deposit: { gasLimit: 90_000n, value: 10n ** 30n } },
        { kind: "context" },
      ],
      [
        batchOf([
          { timestamp, messages: 1, transactions: [raw.first] },
          { timestamp, messages: 5, transactions: [raw.early, raw.second, new Uint8Array(65).fill(1)] },
        ]),
      ],
      [{ kind: "deposit" }, { kind: "force-include" }],
    );
    await node.build({ timestamp: node.l1.head().timestamp, transactions: [raw.unsafe] });
  });
  after(() => node.close());

  const units = (block: string, options?: object) =>
    result<UnitsAnswer>(node, "rollup_traceUnits", block, ...(options === undefined ? [] : [options]));
  const steps = (hash: Hash, options = {}) =>
    result<StepTrace>(node, "debug_traceTransaction", hash, { tracer: "stepTracer", ...options });
  const messageHash = (index: number): Hash => node.l1.messages()[index]!.hash;
  const failure = async (method: string, ...params: unknown[]) => (await ask(node, method, ...params)).error?.message;

  if (isReference) {
    it("are of the engine machine only", async () => {
      expect(await failure("rollup_traceUnits", "0x1")).to.contain("engine machine");
    });
    return;
  }

  it("are its begin, its messages and transactions with what came of each, and its end", async () => {
    const { block, batch, units: found, stepCount } = await units("0x2");
    expect(block).to.eql({ number: 2, hash: node.chain.store.getBlockHash(2) });
    expect(batch).to.equal(0);
    expect(found.map(({ kind, outcome }) => [kind, outcome])).to.eql([
      ["BeginBlock", undefined],
      ["Message", "not-run"],
      ["Message", "written"],
      ["Transaction", "skipped"],
      ["Transaction", "included"],
      ["Transaction", "skipped"],
      ["EndBlock", undefined],
    ]);
    expect(found[0]).to.include({ number: 2, isImplied: false, messages: 2, transactions: 3 });
    expect(found[1]).to.include({ messageIndex: 1, messageKind: "deposit", messageHash: messageHash(1) });
    expect(found[1]!.reason).to.contain("insufficient funds");
    expect(found[2]).to.include({ messageIndex: 2, messageKind: "context", messageHash: messageHash(2) });
    expect(found[3]).to.include({ transactionHash: keccak256(raw.early) });
    expect(found[3]!.reason).to.contain("nonce too high: expected 1, got 5");
    expect(found[4]).to.include({ transactionHash: keccak256(raw.second), status: 1 });
    expect(found[6]).to.include({ number: 2, hash: block.hash });
    expect(found.reduce((sum, unit) => sum + unit.stepCount, 0)).to.equal(stepCount);
    for (const { index, kind, text } of found) expect(text).to.contain(`unit ${index}`).and.to.contain(kind);
  });

  it("of a block that messages imply say so", async () => {
    const { batch, units: found } = await units("0x3");
    expect(batch).to.equal(1);
    expect(found.map(({ kind }) => kind)).to.eql(["BeginBlock", "Message", "EndBlock"]);
    expect(found[0]).to.include({ isImplied: true, messages: 1, transactions: 0 });
    expect(found[1]).to.include({ outcome: "executed", status: 1 });
  });

  it("count from the begin of the batch, whose loading comes first if it is asked for", async () => {
    expect((await units("0x1")).units[0]).to.include({ index: 1, kind: "BeginBlock" });
    const { units: found } = await units("0x2", { loadBatch: true });
    expect(found.map(({ index }) => index)).to.eql([0, 5, 6, 7, 8, 9, 10, 11]);
    expect(found[0]).to.include({ kind: "LoadBatch", dataKind: "calldata", messagesUpTo: 3 });
  });

  it("have the steps and boundary states of the trace that a dispute would be about", async () => {
    expect((await units("0x2")).units.every(({ stateHash }) => stateHash === null)).to.equal(true);
    node.traces.start();
    await until(() => node.traces.tracedBatchCount() === 2);
    const provider = createTraceProvider({ config: node.chain.config, folder: node.folder }, node.instruments);
    const claim = await provider.openClaim({ fromBatch: 0, toBatch: 1 });
    for (const block of ["0x1", "0x2"]) {
      for (const { index, stateHash, stepCount, steps: taken } of (await units(block, { loadBatch: true, steps: true }))
        .units) {
        const unit = await claim.openUnit(index);
        expect(stepCount).to.equal(unit.length);
        expect(taken!.map((step) => step.index)).to.eql([...Array(unit.length).keys()]);
        expect(stateHash).to.equal(await unit.stateHash(unit.length - 1));
        expect(stateHash).to.equal(storedUnits(node)[0]![index]);
      }
    }
    await provider.close();
  });

  it("show steps up to a limit, and count the others", async () => {
    const all = await units("0x2", { steps: true });
    const limited = await units("0x2", { steps: true, limit: 20 });
    expect(limited.stepCount).to.equal(all.stepCount);
    expect(limited.units.flatMap((unit) => unit.steps)).to.eql(all.units.flatMap((unit) => unit.steps).slice(0, 20));
    expect(limited.units.map(({ stepCount }) => stepCount)).to.eql(all.units.map(({ stepCount }) => stepCount));
  });

  it("tell in their steps what is read, moved and sealed", async () => {
    const lines = (await units("0x1", { loadBatch: true, steps: true })).units
      .flatMap((unit) => unit.steps!)
      .map(({ name, changes }) => `${name}: ${changes.join("; ")}`);
    const { sender, to, refundTo } = node.l1.messages()[0] as { sender: string; to: string; refundTo: string };
    for (const expected of [
      /^start: batch 0 at \d+: messages up to 3/,
      /^ReadCalldata: payload: \d+ bytes/,
      /^ReadBlockHead: content up to byte 16 is to be inflated/,
      /^InflateBlockHead: part of the payload: .*the last one/,
      /^Inflate\w+: content: \d+ bytes, \d+ of them new/,
      /^ReadBlockHead: block 1 at \d+: \d+ gas in the bucket; head: up to 1 messages, 1 transactions/,
      /^OpenBlock: .*base fee: \d+ wei, price of data: \d+ wei a token/,
      new RegExp(`^start: deposit ${messageHash(0)} from ${sender} to ${to}: 90000 gas`),
      /^Mint: .*mint: 1000000000000000 wei/,
      new RegExp(`^Refund: .*left of the mint: \\d+ wei, to ${refundTo}`),
      /^ReadTransaction: bucket: \d+ gas left; transactions: 0 of the block still to come/,
      /^CreditFees: .*fees: \d+ wei to the FeeVault/,
      new RegExp(`^SealBlock: block 1 is ${node.chain.store.getBlockHash(1)}; outbox root: 0x`),
    ]) {
      expect(
        lines.some((line) => expected.test(line)),
        `${expected}`,
      ).to.equal(true);
    }
  });

  it("are what stepTracer shows of deposits and transactions in a batch", async () => {
    const { units: first } = await units("0x1", { steps: true });
    const { units: second } = await units("0x2", { steps: true });
    for (const [hash, unit] of [
      [messageHash(0), first[1]!],
      [keccak256(raw.first), first[2]!],
      [messageHash(1), second[1]!],
      [keccak256(raw.second), second[4]!],
    ] as const) {
      expect(await steps(hash)).to.deep.include({ stepCount: unit.stepCount, steps: unit.steps });
    }
    expect(second[4]!.steps![0]).to.include({ index: 0, name: "ReadTransaction" });
    expect((await steps(messageHash(0))).failed).to.equal(false);
    expect((await steps(messageHash(1))).failed).to.equal(true);
    const traces = await result<{ txHash: Hash; result: StepTrace }[]>(node, "debug_traceBlockByNumber", "0x2", {
      tracer: "stepTracer",
    });
    expect(traces.map(({ txHash }) => txHash)).to.eql([messageHash(1), keccak256(raw.second)]);
    expect(traces[1]!.result.steps).to.eql(second[4]!.steps);
  });

  it("are not there for what is in no batch yet, of which stepTracer shows signed transactions alone", async () => {
    const { stepCount, steps: taken } = await steps(keccak256(raw.unsafe));
    expect(taken).to.have.lengthOf(stepCount);
    expect(taken[0]).to.include({ name: "start", next: "CountTransaction" });
    expect(await failure("rollup_traceUnits", "latest")).to.contain("block 4 is in no batch on L1 yet");
    await node.mine([{ kind: "deposit" }]);
    const { timestamp } = node.l1.head();
    const { transactions } = await node.build({ timestamp, messages: 1 });
    expect(await failure("debug_traceTransaction", transactions[0]!.hash, { tracer: "stepTracer" })).to.contain(
      "deposits once their block is in a batch",
    );
  });

  it("are refused for genesis, unknown blocks, and options that are none", async () => {
    expect(await failure("rollup_traceUnits", "0x0")).to.contain("genesis is in no batch");
    expect(await failure("rollup_traceUnits", "0x63")).to.contain("header not found");
    expect(await failure("rollup_traceUnits", `0x${"12".repeat(32)}`)).to.contain("header not found");
    expect(await failure("rollup_traceUnits", "0x1", { depth: 1 })).to.contain("unknown option depth");
    expect(await failure("rollup_traceUnits", "0x1", { limit: 1 })).to.contain("limit is an option of steps");
  });

  it("are refused if they have more steps than an answer may have, unless fewer are asked for", async () => {
    await node.mine([batchOf([{ messages: 9, transactions: Array.from({ length: 250 }, () => raw.first) }])]);
    const { latest } = node.chain.store.getHeads();
    const block = `0x${latest.toString(16)}`;
    expect(await failure("rollup_traceUnits", block, { steps: true })).to.contain("more than 2000 steps");
    expect((await units(block, { steps: true, limit: 3 })).stepCount).to.be.greaterThan(2_000);
  });
});
