import { expect } from "chai";
import { encodeFunctionData, keccak256, parseAbi, toHex, type Hex } from "viem";
import { compileProbe } from "./probe-contract.ts";
import { ask, context, deposit, result, startNode, viemClients, type TestNode } from "./node-fixture.ts";

const ABI = parseAbi([
  "constructor(uint256 first)",
  "function store(uint256 slot, uint256 value)",
  "function clear(uint256 slot)",
  "function nested(uint256 value) returns (bool ok)",
  "function create(uint256 seed, bytes32 salt) payable returns (address child)",
  "function failWithReason() view",
]);

interface Frame {
  readonly type: string;
  readonly from: Hex;
  readonly to: Hex;
  readonly value?: Hex;
  readonly gas: Hex;
  readonly gasUsed: Hex;
  readonly input: Hex;
  readonly error?: string;
  readonly revertReason?: string;
  readonly output?: Hex;
  readonly calls?: readonly Frame[];
  readonly logs?: readonly {
    readonly address: Hex;
    readonly topics: readonly Hex[];
    readonly data: Hex;
    readonly position: Hex;
  }[];
}

interface StructLogs {
  readonly gas: number;
  readonly failed: boolean;
  readonly returnValue: Hex;
  readonly structLogs: readonly {
    readonly pc: number;
    readonly op: string;
    readonly gas: number;
    readonly gasCost: number;
    readonly depth: number;
    readonly stack?: readonly string[];
    readonly memory?: readonly string[];
    readonly storage?: Record<string, string>;
  }[];
}

interface StepTrace {
  readonly stepCount: number;
  readonly failed: boolean;
  readonly steps: readonly {
    readonly index: number;
    readonly name: string;
    readonly next: string;
    readonly pc?: number;
    readonly changes: readonly string[];
    readonly text: string;
  }[];
}

type Accounts = Record<Hex, { balance?: Hex; nonce?: number; code?: Hex; codeHash?: Hex; storage?: Record<Hex, Hex> }>;

describe("debug_trace*", function () {
  this.timeout(60_000);
  let node: TestNode;
  let probe: Hex;
  let alice: Hex;
  const sent: Record<"store" | "nested" | "create" | "clear" | "transfer", Hex> = {} as never;
  const word = (value: number | bigint) => toHex(value, { size: 32 }).slice(2);
  const slotOf = (slot: number) => keccak256(`0x${word(slot)}${word(0)}`);

  before(async () => {
    node = await startNode({ rpc: { limits: { traceSteps: 2_000 } } });
    const consumed = node.nextBlock((block) => block.nextMessage === 2);
    await node.receive([context(0), deposit(1)]);
    await consumed;
    const { wallet, reader, account } = viemClients(node, "alice");
    alice = account.address.toLowerCase() as Hex;
    const mined = async (hash: Hex) => {
      expect((await reader.waitForTransactionReceipt({ hash })).status).to.equal("success");
      return hash;
    };
    const deployment = await wallet.deployContract({ abi: ABI, bytecode: compileProbe().bytecode, args: [5n] });
    probe = (await reader.waitForTransactionReceipt({ hash: await mined(deployment) })).contractAddress!;
    sent.store = await mined(
      await wallet.writeContract({ address: probe, abi: ABI, functionName: "store", args: [1n, 10n] }),
    );
    sent.nested = await mined(
      await wallet.writeContract({ address: probe, abi: ABI, functionName: "nested", args: [3n] }),
    );
    sent.create = await mined(
      await wallet.writeContract({
        address: probe,
        abi: ABI,
        functionName: "create",
        args: [9n, `0x${"01".repeat(32)}`],
        value: 4n,
      }),
    );
    sent.clear = await mined(
      await wallet.writeContract({ address: probe, abi: ABI, functionName: "clear", args: [1n] }),
    );
    sent.transfer = await mined(await wallet.sendTransaction({ to: `0x${"e0".repeat(20)}`, value: 1n }));
  });
  after(() => node.close());

  describe("struct logger", () => {
    it("logs every opcode with stack and storage; gas adds up from step to step", async () => {
      const trace = await result<StructLogs>(node, "debug_traceTransaction", sent.store);
      const receipt = await result<{ gasUsed: Hex }>(node, "eth_getTransactionReceipt", sent.store);
      expect(trace.gas).to.equal(Number(receipt.gasUsed));
      expect(trace.failed).to.equal(false);
      for (const [index, log] of trace.structLogs.entries()) {
        const next = trace.structLogs[index + 1];
        if (next !== undefined && next.depth === log.depth)
          expect(next.gas, `${log.op} at ${log.pc}`).to.equal(log.gas - log.gasCost);
      }
      const stores = trace.structLogs.filter(({ op }) => op === "SSTORE");
      expect(stores.map(({ storage }) => storage)).to.eql([
        { [`0x${word(1)}`]: `0x${word(10)}` },
        { [`0x${word(1)}`]: `0x${word(10)}`, [slotOf(1)]: `0x${word(10)}` },
      ]);
      expect(trace.structLogs.find(({ op }) => op === "SLOAD")?.storage).to.eql({
        [`0x${word(1)}`]: `0x${word(0)}`,
      });
      expect(trace.structLogs[0]?.depth).to.equal(1);
    });

    it("shows memory if asked, and leaves out stack and storage if asked", async () => {
      const trace = await result<StructLogs>(node, "debug_traceTransaction", sent.store, {
        enableMemory: true,
        disableStack: true,
        disableStorage: true,
      });
      expect(trace.structLogs.some(({ memory }) => (memory?.length ?? 0) > 0)).to.equal(true);
      expect(trace.structLogs.every(({ stack, storage }) => stack === undefined && storage === undefined)).to.equal(
        true,
      );
      expect(
        (await result<StructLogs>(node, "debug_traceTransaction", sent.store, { limit: 3 })).structLogs,
      ).to.have.length(3);
    });

    it("of a plain transfer has no entries", async () => {
      expect((await result<StructLogs>(node, "debug_traceTransaction", sent.transfer)).structLogs).to.eql([]);
    });

    it("refuses a trace that outgrows the limit, and says which", async () => {
      // JUMPDEST PUSH0 JUMP for ever.
      const { error } = await ask(node, "debug_traceCall", { to: alice, gas: "0x30000" }, "latest", {
        stateOverrides: { [alice]: { code: "0x5b5f56" } },
      });
      expect(error).to.eql({
        code: -32005,
        message: "trace too large: more than 2000 opcodes; ask for less by the tracer's options",
      });
    });
  });

  describe("callTracer", () => {
    it("gives the tree of calls with gas, errors, reasons and logs", async () => {
      const frame = await result<Frame>(node, "debug_traceTransaction", sent.nested, {
        tracer: "callTracer",
        tracerConfig: { withLog: true },
      });
      const transaction = await result<{ gas: Hex }>(node, "eth_getTransactionByHash", sent.nested);
      const receipt = await result<{ gasUsed: Hex }>(node, "eth_getTransactionReceipt", sent.nested);
      expect(frame).to.include({
        type: "CALL",
        from: alice,
        to: probe.toLowerCase(),
        value: "0x0",
        gas: transaction.gas,
        gasUsed: receipt.gasUsed,
      });
      expect(frame.error).to.equal(undefined);
      expect(frame.calls).to.have.length(1);
      expect(frame.calls![0]).to.include({
        type: "CALL",
        from: probe.toLowerCase(),
        to: probe.toLowerCase(),
        error: "execution reverted",
      });
      expect(frame.logs).to.have.length(1);
      expect(frame.logs![0]!.position).to.equal("0x1");
      expect(frame.logs![0]!.topics[2]).to.equal(`0x${word(7)}`);
      expect(frame.logs![0]!.data).to.equal(`0x${word(3)}`);
    });

    it("shows creations with the address made, and only the top call if asked", async () => {
      const frame = await result<Frame>(node, "debug_traceTransaction", sent.create, { tracer: "callTracer" });
      expect(frame.calls![0]).to.include({ type: "CREATE2", value: "0x4" });
      expect(frame.output).to.equal(`0x${frame.calls![0]!.to.slice(2).padStart(64, "0")}`);
      const top = await result<Frame>(node, "debug_traceTransaction", sent.create, {
        tracer: "callTracer",
        tracerConfig: { onlyTopCall: true },
      });
      expect(top.calls).to.equal(undefined);
      expect(top.output).to.equal(frame.output);
    });

    it("traces calls that were never sent, and their reverts", async () => {
      const data = encodeFunctionData({ abi: ABI, functionName: "failWithReason" });
      const frame = await result<Frame>(node, "debug_traceCall", { from: alice, to: probe, data }, "latest", {
        tracer: "callTracer",
      });
      expect(frame).to.include({ error: "execution reverted", revertReason: "no luck" });
    });

    it("traces deposits", async () => {
      const message = deposit(1);
      const frame = await result<Frame>(node, "debug_traceTransaction", message.hash, { tracer: "callTracer" });
      expect(frame).to.include({
        type: "CALL",
        from: message.sender,
        to: message.to,
        value: "0x1",
        gas: toHex(message.gasLimit),
        gasUsed: toHex(21_000),
      });
    });
  });

  describe("prestateTracer", () => {
    it("gives what the transaction touched as it was before", async () => {
      const { blockNumber } = await result<{ blockNumber: Hex }>(node, "eth_getTransactionReceipt", sent.store);
      const parent = toHex(BigInt(blockNumber) - 1n);
      const accounts = await result<Accounts>(node, "debug_traceTransaction", sent.store, { tracer: "prestateTracer" });
      expect(Object.keys(accounts).sort()).to.eql(
        [alice, probe.toLowerCase(), "0x4f6e650000000000000000000000000000000003"].sort(),
      );
      expect(accounts[alice]).to.eql({
        balance: await result(node, "eth_getBalance", alice, parent),
        nonce: Number(await result(node, "eth_getTransactionCount", alice, parent)),
      });
      const touched = accounts[probe.toLowerCase() as Hex]!;
      expect(touched.code).to.equal(await result(node, "eth_getCode", probe, parent));
      expect(touched.storage).to.eql({ [`0x${word(1)}`]: `0x${word(0)}`, [slotOf(1)]: `0x${word(0)}` });
    });

    it("in diff mode gives what changed, before and after", async () => {
      const { pre, post } = await result<{ pre: Accounts; post: Accounts }>(
        node,
        "debug_traceTransaction",
        sent.clear,
        { tracer: "prestateTracer", tracerConfig: { diffMode: true } },
      );
      const address = probe.toLowerCase() as Hex;
      expect(pre[address]?.storage).to.eql({ [slotOf(1)]: `0x${word(10)}` });
      expect(post[address]?.storage).to.equal(undefined);
      const { blockNumber } = await result<{ blockNumber: Hex }>(node, "eth_getTransactionReceipt", sent.clear);
      expect(post[alice]).to.eql({
        balance: await result(node, "eth_getBalance", alice, blockNumber),
        nonce: pre[alice]!.nonce! + 1,
      });
    });

    it("in diff mode shows contracts made as added", async () => {
      const frame = await result<Frame>(node, "debug_traceTransaction", sent.create, { tracer: "callTracer" });
      const child = frame.calls![0]!.to;
      const { pre, post } = await result<{ pre: Accounts; post: Accounts }>(
        node,
        "debug_traceTransaction",
        sent.create,
        { tracer: "prestateTracer", tracerConfig: { diffMode: true } },
      );
      expect(pre[child]).to.equal(undefined);
      const code = await result<Hex>(node, "eth_getCode", child, "latest");
      expect(post[child]).to.eql({ balance: "0x4", nonce: 1, code, codeHash: keccak256(code) });
    });

    it("of a transfer to a new account shows what it got", async () => {
      const to: Hex = `0x${"e0".repeat(20)}`;
      const { pre, post } = await result<{ pre: Accounts; post: Accounts }>(
        node,
        "debug_traceTransaction",
        sent.transfer,
        { tracer: "prestateTracer", tracerConfig: { diffMode: true } },
      );
      expect(pre[to]).to.equal(undefined);
      expect(post[to]).to.eql({ balance: "0x1" });
    });
  });

  it("blocks give one trace for each transaction, the same by number and by hash", async () => {
    const { blockNumber, blockHash } = await result<{ blockNumber: Hex; blockHash: Hex }>(
      node,
      "eth_getTransactionReceipt",
      sent.nested,
    );
    const byNumber = await result<{ txHash: Hex; result: Frame }[]>(node, "debug_traceBlockByNumber", blockNumber, {
      tracer: "callTracer",
    });
    const alone = await result<Frame>(node, "debug_traceTransaction", sent.nested, { tracer: "callTracer" });
    expect(byNumber.find(({ txHash }) => txHash === sent.nested)?.result).to.eql(alone);
    expect(await result(node, "debug_traceBlockByHash", blockHash, { tracer: "callTracer" })).to.eql(byNumber);
  });

  it("come as Parity's too: all calls of a transaction or a block in a row, each with its place", async () => {
    const { blockNumber, blockHash, transactionIndex } = await result<{
      blockNumber: Hex;
      blockHash: Hex;
      transactionIndex: Hex;
    }>(node, "eth_getTransactionReceipt", sent.nested);
    const tree = await result<Frame>(node, "debug_traceTransaction", sent.nested, { tracer: "callTracer" });
    const traces = await result<
      { traceAddress: number[]; subtraces: number; action: { to?: Hex; input?: Hex }; transactionHash: Hex }[]
    >(node, "trace_transaction", sent.nested);
    const flatten = (frame: Frame, traceAddress: readonly number[]): object[] => [
      { to: frame.to, input: frame.input, traceAddress, subtraces: frame.calls?.length ?? 0 },
      ...(frame.calls ?? []).flatMap((call, index) => flatten(call, [...traceAddress, index])),
    ];
    expect(traces.length).to.be.greaterThan(1);
    expect(
      traces.map(({ action: { to, input }, traceAddress, subtraces }) => ({ to, input, traceAddress, subtraces })),
    ).to.eql(flatten(tree, []));
    for (const trace of traces) {
      expect(trace).to.include({
        blockHash,
        blockNumber: Number(blockNumber),
        transactionHash: sent.nested,
        transactionPosition: Number(transactionIndex),
      });
    }
    const ofBlock = await result<typeof traces>(node, "trace_block", blockNumber);
    expect(ofBlock.filter(({ transactionHash }) => transactionHash === sent.nested)).to.eql(traces);
    expect(await result(node, "trace_transaction", `0x${"12".repeat(32)}`)).to.equal(null);
    expect(await result(node, "trace_block", "earliest")).to.eql([]);
  });

  it("are none for genesis, where an indexer that begins at block 0 would otherwise ask forever", async () => {
    const { hash } = await result<{ hash: Hex }>(node, "eth_getBlockByNumber", "earliest", false);
    expect(await result(node, "debug_traceBlockByNumber", "earliest", { tracer: "callTracer" })).to.eql([]);
    expect(await result(node, "debug_traceBlockByHash", hash, { tracer: "callTracer" })).to.eql([]);
  });

  it("refuse unknown transactions and unknown tracers", async () => {
    expect((await ask(node, "debug_traceTransaction", `0x${"12".repeat(32)}`)).error?.code).to.equal(-32000);
    expect((await ask(node, "debug_traceTransaction", sent.store, { tracer: "jsTracer" })).error?.message).to.contain(
      "expected tracer callTracer, flatCallTracer",
    );
  });

  it("leave the state alone", async () => {
    const before = await result(node, "eth_getBlockByNumber", "latest", false);
    await result(
      node,
      "debug_traceCall",
      { from: alice, to: probe, data: encodeFunctionData({ abi: ABI, functionName: "store", args: [1n, 99n] }) },
      "latest",
    );
    expect(await result(node, "eth_getBlockByNumber", "latest", false)).to.eql(before);
    expect(await result(node, "eth_getStorageAt", probe, slotOf(1), "latest")).to.equal(`0x${word(0)}`);
  });

  it("stepTracer shows the steps of the machine, from the raw bytes to the receipt", async () => {
    const parameters = [sent.store, { tracer: "stepTracer" }] as const;
    if (process.env["ONESTEP_ENGINE"] === "ethereumjs") {
      expect(JSON.stringify(await ask(node, "debug_traceTransaction", ...parameters))).to.include("engine machine");
      return;
    }
    const { stepCount, steps, failed } = await result<StepTrace>(node, "debug_traceTransaction", ...parameters);
    expect(failed).to.equal(false);
    expect(steps).to.have.lengthOf(stepCount);
    expect(steps.slice(0, 4).map(({ name }) => name)).to.eql(["start", "CountTransaction", "Absorb", "DecodeHeader"]);
    expect(steps.map(({ index }) => index)).to.eql([...steps.keys()]);
    expect(steps.at(-1)).to.include({ name: "EndTransaction", next: "EndBlock" });
    // A slot that is not in the overlay yet is loaded, then the instruction is taken again.
    const load = steps.findIndex(({ name }) => name === "LoadSlot");
    const around = [steps[load - 1], steps[load + 1]];
    expect(around.map((step) => [step?.name, step?.pc])).to.eql([
      [around[1]?.name, around[1]?.pc],
      [around[1]?.name, around[1]?.pc],
    ]);
    expect(around.map((step) => step?.next)).to.eql(["LoadSlot", "Execute"]);
    const store = steps.find(({ name, next }) => name === "SSTORE" && next === "Execute");
    expect(store?.changes[0]).to.match(/^slot 0x[0-9a-f]{64} of 0x[0-9a-f]{40}: 0x/);
    expect(store?.text).to.include(`pc ${store?.pc}`);

    const limited = await result<StepTrace>(node, "debug_traceTransaction", sent.store, {
      tracer: "stepTracer",
      limit: 5,
    });
    expect(limited.steps).to.eql(steps.slice(0, 5));
    expect(limited.stepCount).to.equal(stepCount);
  });
});
