import { expect } from "chai";
import { Wallet } from "ethers";
import { DEFAULT_RPC_LIMITS } from "../../src/rpc/index.ts";
import type { RpcLimits } from "../../src/rpc/index.ts";
import { RpcError } from "../../src/rpc/protocol/index.ts";
import type { JsonText } from "../../src/rpc/protocol/index.ts";
import { createReaderPool } from "../../src/rpc/readers/reader-pool.ts";
import type { ReaderPool } from "../../src/rpc/readers/reader-pool.ts";
import { readerEngine } from "../engine.ts";
import { ask, ethersWallet, privateKey, result, startNode, until } from "./node-fixture.ts";
import type { TestNode } from "./node-fixture.ts";

/** Two calls of BLAKE2F with 7.3 million rounds, a gas each: nearly all the gas a call can have, in two instructions. */
const BLAKE2F = "60405f60d55f60095afa50";
const SLOW_CALL = [
  { to: `0x${"77".repeat(20)}` },
  "latest",
  { [`0x${"77".repeat(20)}`]: { code: `0x630070000060e01b5f52600160d453${BLAKE2F}${BLAKE2F}` } },
];
const QUICK_CALL = { to: `0x${"04".padStart(40, "0")}`, data: "0x1234" };

describe("Reader threads", function () {
  this.timeout(120_000);
  const { signal } = new AbortController();

  describe("beside the thread that builds blocks", () => {
    let node: TestNode;
    before(async () => {
      node = await startNode();
    });
    after(() => node.close());

    it("execute calls while transactions go on into blocks", async () => {
      const { wallet } = ethersWallet(node, "alice");
      let answered = 0;
      const slow = Array.from({ length: 6 }, () => ask(node, "eth_call", ...SLOW_CALL).then(() => answered++));
      const { nonce } = await wallet.sendTransaction({ to: wallet.address, gasLimit: 50_000 });
      await until(async () => Number(await result(node, "eth_getTransactionCount", wallet.address, "latest")) > nonce);
      expect(answered, "hostile calls were faster than a block").to.be.below(slow.length);
      await Promise.all(slow);
    });

    it("read blocks while other threads execute", async () => {
      // The thread that reads has started by then.
      await result(node, "eth_getLogs", {});
      let answered = 0;
      const slow = Array.from({ length: 12 }, () => ask(node, "eth_call", ...SLOW_CALL).then(() => answered++));
      for (let read = 0; read < 3; read++)
        expect(await result(node, "eth_getLogs", { fromBlock: "0x0", toBlock: "latest" })).to.eql([]);
      expect(answered).to.be.below(slow.length);
      await Promise.all(slow);
    });

    it("see what any answer before has told", async () => {
      const wallet = new Wallet(privateKey("bob"), ethersWallet(node, "bob").provider);
      for (let round = 0; round < 20; round++) {
        const to = new Wallet(privateKey(`fresh ${round}`)).address;
        const { hash } = await wallet.sendTransaction({ to, value: 1n, gasLimit: 50_000 });
        await until(async () => (await ask(node, "eth_getTransactionReceipt", hash)).result !== null);
        // A transfer of what the recipient has now, and not a wei more.
        const spend = (value: string) => ask(node, "eth_call", { from: to, to: wallet.address, value });
        expect((await spend("0x1")).result).to.equal("0x");
        expect((await spend("0x2")).error?.message).to.contain("insufficient funds");
      }
    });
  });

  describe("end by force", () => {
    let node: TestNode;
    before(async () => {
      node = await startNode({
        sequencing: false,
        rpc: { limits: { executionTimeout: 100, callTimeout: 60_000 } },
      });
    });
    after(() => node.close());

    it("a call that takes too long, however it spends the time, and answer the calls after it", async () => {
      const answers = await Promise.all(Array.from({ length: 3 }, () => ask(node, "eth_call", ...SLOW_CALL)));
      for (const { error } of answers)
        expect(error).to.eql({ code: -32002, message: "execution aborted (timeout = 100 ms)" });
      // A thread that has just started may need longer than that for the first call.
      await until(async () => (await ask(node, "eth_call", QUICK_CALL)).result === ("0x1234" as never));
      const metrics = await node.instruments.metrics.metrics();
      expect(metrics).to.match(/onestep_rpc_reader_threads_ended_total\{kind="executing",reason="time"\} [3-9]/);
    });

    it("calls that nobody waits for any more, once their turn comes", async () => {
      const gone = new AbortController();
      const abandoned = Array.from({ length: 20 }, () =>
        fetch(node.url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_call", params: SLOW_CALL }),
          signal: gone.signal,
        }).catch(() => undefined),
      );
      await until(async () => (await waitingCalls(node)) > 10);
      gone.abort();
      await Promise.all(abandoned);
      await until(async () => (await waitingCalls(node)) === 0);
    });
  });

  describe("as a pool", () => {
    let node: TestNode;
    let pool: ReaderPool | undefined;
    before(async () => {
      node = await startNode({ sequencing: false });
    });
    afterEach(() => pool?.close());
    after(() => node.close());

    function start(limits: Partial<RpcLimits> = {}): ReaderPool {
      pool = createReaderPool(
        {
          kind: "executing",
          threads: 1,
          folder: node.folder,
          config: node.config,
          ...readerEngine(),
          limits: { ...DEFAULT_RPC_LIMITS, ...limits },
          onDifference: (error) => expect.fail(error.message),
        },
        node.instruments,
      );
      return pool;
    }
    const failureOf = (running: Promise<JsonText>): Promise<Error> =>
      running.then(
        ({ text }) => expect.fail(`expected no answer, got ${text}`),
        (error: Error) => error,
      );

    it("give the callers turns: one call does not wait for a thousand of somebody else", async () => {
      const readers = start({ readerQueue: 2_000 });
      const order: string[] = [];
      const call = (client: string) =>
        readers.run("eth_call", [QUICK_CALL], { client, signal }).then(({ text }) => {
          expect(text).to.equal('"0x1234"');
          order.push(client);
        });
      const greedy = Array.from({ length: 1_000 }, () => call("greedy"));
      await call("modest");
      expect(order.length).to.be.below(20);
      await Promise.all(greedy);
    });

    it("refuse the last calls of whoever has most waiting, once too many wait", async () => {
      const readers = start({ readerQueue: 4 });
      const outcomes = Array.from({ length: 8 }, () =>
        readers.run("eth_call", [QUICK_CALL], { client: "greedy", signal }).then(
          () => "answered",
          ({ message }: Error) => message,
        ),
      );
      const modest = readers.run("eth_call", [QUICK_CALL], { client: "modest", signal });
      expect((await modest).text).to.equal('"0x1234"');
      const counts = Object.groupBy(await Promise.all(outcomes), (outcome) => outcome);
      expect(Object.keys(counts)).to.have.members(["answered", "the node is busy: too many calls are waiting"]);
      expect(counts["answered"]?.length).to.be.within(3, 4);
    });

    it("end a call that takes too much memory, and go on", async () => {
      const readers = start({
        readerMemory: 128,
        traceSteps: 100_000_000,
        responseBytes: 2 ** 31,
        executionTimeout: 60_000,
      });
      // JUMPDEST PUSH0 JUMP: some five million entries of struct logs.
      const loop = { to: `0x${"77".repeat(20)}` };
      const stateOverrides = { [loop.to]: { code: "0x5b5f56" } };
      const trace = readers.run("debug_traceCall", [loop, "latest", { stateOverrides }], { client: "a", signal });
      const error = await failureOf(trace);
      expect(error).to.be.instanceOf(RpcError);
      expect(error.message).to.equal("the call needs more than 128 MiB of memory");
      const { text } = await readers.run("eth_call", [QUICK_CALL], { client: "a", signal });
      expect(text).to.equal('"0x1234"');
    });

    it("pass on the method's own errors as they are", async () => {
      const readers = start();
      const error = (await failureOf(readers.run("eth_call", [{ to: "0x12" }], { client: "a", signal }))) as RpcError;
      expect([error.code, error.message]).to.eql([
        -32602,
        'invalid argument 0: at to: expected a 20-byte address, got "0x12"',
      ]);
    });

    it("say that they cannot start where there is no database, and do not hang", async () => {
      const readers = createReaderPool(
        {
          kind: "executing",
          threads: 2,
          folder: `${node.folder}/nothing-here`,
          config: node.config,
          ...readerEngine(),
          limits: DEFAULT_RPC_LIMITS,
          onDifference: (error) => expect.fail(error.message),
        },
        node.instruments,
      );
      const calls = Array.from({ length: 3 }, () => readers.run("eth_call", [QUICK_CALL], { client: "a", signal }));
      for (const call of calls) expect(await failureOf(call)).to.be.instanceOf(Error);
      await readers.close();
    });

    it("are closed in order while they are starting", async () => {
      for (let round = 0; round < 5; round++) {
        const readers = start();
        readers.start();
        await readers.close();
      }
    });

    it("reject what is open when they are closed", async () => {
      const readers = start();
      const open = Array.from({ length: 3 }, () => readers.run("eth_call", SLOW_CALL, { client: "a", signal }));
      const failures = Promise.all(open.map(failureOf));
      await readers.close();
      for (const { message } of await failures) expect(message).to.equal("the reader pool is closed");
      expect((await failureOf(readers.run("eth_call", [QUICK_CALL], { client: "a", signal }))).message).to.contain(
        "closed",
      );
    });
  });

  async function waitingCalls(node: TestNode): Promise<number> {
    const metric = await node.instruments.metrics.getSingleMetric("onestep_rpc_executing_calls")?.get();
    return metric?.values.find(({ labels }) => labels["state"] === "waiting")?.value ?? 0;
  }
});
