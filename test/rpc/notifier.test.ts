import { expect } from "chai";
import pino from "pino";
import type { SignedTransaction } from "../../src/ethereum/index.ts";
import type { Chain, ChainEvents, TransactionPool } from "../../src/node/index.ts";
import { createEvents, ZERO_ADDRESS, ZERO_HASH } from "../../src/primitives/index.ts";
import type { Block } from "../../src/rollup/index.ts";
import { createNotifier } from "../../src/rpc/notifier.ts";
import { PLAIN_TRANSACTION } from "./signing.ts";

const HASH = `0x${"ab".repeat(32)}` as const;

function setUp() {
  const logged: string[] = [];
  const logger = pino({ level: "error" }, { write: (line: string) => void logged.push(line) });
  const chainEvents = createEvents<ChainEvents>("chain", { logger });
  const poolEvents: TransactionPool["events"] = createEvents("pool", { logger });
  let syncing: object | false = false;
  const notifier = createNotifier(
    {
      chain: { events: chainEvents } as Chain,
      pool: { events: poolEvents } as TransactionPool,
      syncing: () => syncing,
    },
    { logger },
  );
  return { notifier, chainEvents, poolEvents, logged, setSyncing: (status: object | false) => void (syncing = status) };
}

/** A block that counts how often it is formatted, or cannot be. */
function blockOf(number: number, { broken = false } = {}) {
  let formatted = 0;
  const header = {
    parentHash: ZERO_HASH,
    coinbase: ZERO_ADDRESS,
    stateRoot: ZERO_HASH,
    transactionsRoot: ZERO_HASH,
    receiptsRoot: ZERO_HASH,
    logsBloom: `0x${"00".repeat(256)}`,
    get number() {
      formatted++;
      if (broken) throw new Error("cannot be formatted");
      return number;
    },
    gasLimit: 0n,
    gasUsed: 0n,
    gasCapacity: 1n,
    gasPerSecond: 1n,
    gasLevel: 60_000_000n,
    gasExcess: 0n,
    timestamp: 0,
    prevRandao: ZERO_HASH,
    baseFeePerGas: 1n,
    outboxRoot: ZERO_HASH,
  };
  const block = {
    hash: HASH,
    header,
    transactions: [],
    receipts: [],
    firstMessage: 0,
    nextMessage: 0,
  } as unknown as Block;
  return { block, timesFormatted: () => formatted };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("Notifications", () => {
  it("are formatted once for all subscribers, and not while the event is emitted", async () => {
    const { notifier, chainEvents } = setUp();
    const told: string[] = [];
    for (let count = 0; count < 50; count++) notifier.subscribe({ kind: "newHeads" }, (json) => told.push(json));
    const { block, timesFormatted } = blockOf(7);
    chainEvents.emit("block", block);
    expect([told.length, timesFormatted()]).to.eql([0, 0]);
    await turn();
    expect([told.length, timesFormatted()]).to.eql([50, 1]);
    expect(new Set(told).size).to.equal(1);
    expect(JSON.parse(told[0]!)).to.include({ number: "0x7", hash: HASH });
  });

  it("that cannot be formatted, or not be sent, are missed by those they are for and by nobody else", async () => {
    const { notifier, chainEvents, poolEvents, logged } = setUp();
    const told: string[] = [];
    notifier.subscribe({ kind: "newHeads" }, () => {
      throw new Error("cannot be sent");
    });
    for (const name of ["a", "b"])
      notifier.subscribe({ kind: "newHeads" }, (json) =>
        told.push(`${name} ${(JSON.parse(json) as { number: string }).number}`),
      );
    notifier.subscribe({ kind: "newPendingTransactions", full: true }, () => told.push("full"));
    notifier.subscribe({ kind: "newPendingTransactions", full: false }, (json) => told.push(json));
    const { block: broken, timesFormatted } = blockOf(1, { broken: true });
    chainEvents.emit("block", broken);
    poolEvents.emit("transaction", { ...PLAIN_TRANSACTION, hash: HASH } as unknown as SignedTransaction);
    chainEvents.emit("block", blockOf(2).block);
    await turn();
    expect(told).to.eql([`"${HASH}"`, "a 0x2", "b 0x2"]);
    expect(timesFormatted()).to.equal(1);
    expect(logged.map((line) => (JSON.parse(line) as { err: { message: string } }).err.message)).to.eql([
      "cannot be formatted",
      "Cannot read properties of undefined (reading 'toString')",
      "cannot be sent",
    ]);
  });

  it("tell of what happens while one is subscribed, neither before nor after, in order", async () => {
    const { notifier, chainEvents } = setUp();
    const told: string[] = [];
    const tell = (name: string) => (json: string) =>
      void told.push(`${name} ${(JSON.parse(json) as { number: string }).number}`);
    const endEarly = notifier.subscribe({ kind: "newHeads" }, tell("early"));
    chainEvents.emit("block", blockOf(1).block);
    notifier.subscribe({ kind: "newHeads" }, tell("late"));
    chainEvents.emit("block", blockOf(2).block);
    await turn();
    expect(told).to.eql(["early 0x1", "early 0x2", "late 0x2"]);
    chainEvents.emit("block", blockOf(3).block);
    endEarly();
    await turn();
    expect(told.slice(3)).to.eql(["late 0x3"]);
    notifier.close();
    chainEvents.emit("block", blockOf(4).block);
    await turn();
    expect(told).to.have.length(4);
    expect(chainEvents.listenerCount("block")).to.equal(0);
  });

  it("of syncing come with the first block, and when it begins or ends", async () => {
    const { notifier, chainEvents, setSyncing } = setUp();
    const told: unknown[] = [];
    notifier.subscribe({ kind: "syncing" }, (json) => told.push(JSON.parse(json)));
    for (const status of [{ currentBlock: "0x1" }, { currentBlock: "0x2" }, false, false] as const) {
      setSyncing(status);
      chainEvents.emit("block", blockOf(1).block);
      await turn();
    }
    expect(told).to.eql([{ syncing: true, status: { currentBlock: "0x1" } }, false]);
  });
});
