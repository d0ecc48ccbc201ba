import { expect } from "chai";
import {
  BLOB_PAYLOAD_SIZE,
  BLOCK_HEAD_SIZE,
  FIELD_ELEMENTS_PER_BLOB,
  MAXIMUM_BLOCKS,
  MAXIMUM_CONTENT_SIZE,
  PAYLOAD_VERSION,
  TRANSACTION_LENGTH_SIZE,
  compressContent,
  encodeBlocks,
  isTransactionLength,
} from "../../../src/batch/index.ts";
import { Phase, createChainMachine, isBoundary, runUnit, start, step } from "../../../src/machine/index.ts";
import type { ChainSource, Machine } from "../../../src/machine/index.ts";
import { keccak256 } from "../../../src/primitives/index.ts";
import { repeated } from "../../batch/deflate-bits.ts";
import { L1_TIME, createHistory } from "./history.ts";
import { HISTORIES } from "./histories.ts";
import { runFast } from "./run-history.ts";

/** Heights of traces: of a claim in units, of a unit in steps (docs/machine.md §12). */
const [CLAIM_HEIGHT, UNIT_HEIGHT] = [32, 25];
const MOST_BATCHES = 4_096;
const MOST_BLOBS = 32;
const MOST_PAYLOAD = MOST_BLOBS * BLOB_PAYLOAD_SIZE;
/** Of a transaction in the content of a batch, with its length. */
const LEAST_LISTED =
  TRANSACTION_LENGTH_SIZE + Array.from({ length: 200 }, (_, length) => length).find(isTransactionLength)!;
const LONGEST_TRANSACTION = 131_072;
/** Gas of a transaction (EIP-7825), each unit of which is a step at most, and steps before and behind its execution (§12). */
const [MOST_GAS, MOST_AROUND] = [2 ** 24, 2 ** 15];

/** A batch that an Inbox would take, of any size and kind, after the genesis of a test's history. */
async function begin(payload: Uint8Array, kind: "calldata" | "blobs", isProving: boolean): Promise<Machine> {
  const history = await createHistory({ batches: [{}] });
  const source = history.source();
  const headers = new Map([[history.genesis.hash, history.genesis.header]]);
  const plenty = { gasCapacity: 2n ** 50n, gasLevel: 2n ** 50n };
  const dataHash = keccak256(payload);
  const unlimited: ChainSource = {
    ...source,
    batch: (index) => ({ ...source.batch(index), kind, dataHash }),
    payload: () => payload,
    header: (hash) => {
      if (machine.sealed !== undefined) headers.set(machine.sealed.hash, machine.sealed.header);
      return { ...headers.get(hash)!, ...plenty };
    },
  };
  const machine: Machine = createChainMachine({ chain: history.before, source: unlimited, target: 1, isProving });
  return machine;
}

function unitsOf(machine: Machine): Map<Phase, number> {
  const units = new Map<Phase, number>();
  while (machine.phase !== Phase.Halt) {
    units.set(machine.phase, (units.get(machine.phase) ?? 0) + 1);
    runUnit(machine);
  }
  return units;
}

/** Steps of the unit that comes next, by phase. */
function stepsOf(machine: Machine): Map<Phase, number> {
  const steps = new Map<Phase, number>();
  const count = () => steps.set(machine.phase, (steps.get(machine.phase) ?? 0) + 1);
  count();
  start(machine);
  while (!isBoundary(machine.phase)) {
    count();
    step(machine);
  }
  return steps;
}

const total = (counts: Map<Phase, number>): number => [...counts.values()].reduce((sum, count) => sum + count, 0);

describe("The largest claims and units", function () {
  this.timeout(300_000);

  /** Of a batch, but for the units of messages. */
  const mostUnits = 1 + 2 * MAXIMUM_BLOCKS + Math.floor((MAXIMUM_CONTENT_SIZE - BLOCK_HEAD_SIZE) / LEAST_LISTED);

  it("have no more units in a batch than are counted: as many transactions as its content holds, in one block", async () => {
    const count = Math.floor((MAXIMUM_CONTENT_SIZE - BLOCK_HEAD_SIZE) / LEAST_LISTED);
    expect(count).to.equal(61_680);
    const transactions = Array<Uint8Array>(count).fill(new Uint8Array(LEAST_LISTED - TRANSACTION_LENGTH_SIZE));
    const content = encodeBlocks([{ timestamp: L1_TIME, messages: 0, transactions }]);
    const units = unitsOf(await begin(compressContent(content), "calldata", false));
    expect(units.get(Phase.Transaction)).to.equal(count);
    // The last is where the target is found to be reached; one more block is looked for, of which there is no head.
    expect(total(units)).to.equal(2 + 2 + count + 1);
    expect(total(units)).to.be.below(mostUnits);
  });

  it("nor in as many blocks as a batch has, with all the transactions that are left room for", async () => {
    const room = MAXIMUM_CONTENT_SIZE - MAXIMUM_BLOCKS * BLOCK_HEAD_SIZE;
    const count = Math.floor(room / LEAST_LISTED);
    const transaction = new Uint8Array(LEAST_LISTED - TRANSACTION_LENGTH_SIZE);
    const each = Math.floor(count / MAXIMUM_BLOCKS);
    const content = encodeBlocks(
      Array.from({ length: MAXIMUM_BLOCKS }, (_, index) => ({
        timestamp: L1_TIME,
        messages: 0,
        transactions: Array<Uint8Array>(index === 0 ? count - each * (MAXIMUM_BLOCKS - 1) : each).fill(transaction),
      })),
    );
    expect(content.length).to.be.within(MAXIMUM_CONTENT_SIZE - LEAST_LISTED, MAXIMUM_CONTENT_SIZE);
    const units = unitsOf(await begin(compressContent(content), "calldata", false));
    expect(units.get(Phase.EndBlock)).to.equal(MAXIMUM_BLOCKS);
    expect(units.get(Phase.Transaction)).to.equal(count);
    expect(total(units)).to.be.below(mostUnits);
  });

  it("fit the trace of a claim, whose messages are too few by far to be the rest of it", () => {
    expect(mostUnits).to.equal(69_873);
    expect(MOST_BATCHES * mostUnits).to.be.below(2 ** 29);
    // Each message costs more than 29,000 L1 gas, and an implied block of its own has two units more.
    const messages = (2 ** CLAIM_HEIGHT - 2 ** 29) / 3;
    const blocks = (messages * 29_000) / 60_000_000;
    expect((blocks * 12) / 86_400).to.be.above(80);
  });

  it("have a step in their loads for each element of all blobs of a batch, and one more", async () => {
    const machine = await begin(new Uint8Array(MOST_PAYLOAD), "blobs", true);
    const steps = stepsOf(machine);
    expect(total(steps)).to.equal(1 + MOST_BLOBS * FIELD_ELEMENTS_PER_BLOB);
    expect(total(steps)).to.be.below(2 ** UNIT_HEIGHT);
  });

  it("take two steps for 10 bits of a payload that gives nothing, however long it is", async () => {
    // The head of a block of the fixed codes, and its end.
    const blocks = repeated("010" + "0000000", MOST_PAYLOAD - 2);
    const machine = await begin(Buffer.concat([Uint8Array.of(PAYLOAD_VERSION), blocks]), "calldata", true);
    runUnit(machine);
    const steps = stepsOf(machine);
    const [heads, symbols] = [steps.get(Phase.InflateBlockHead)!, steps.get(Phase.InflateSymbols)!];
    expect(heads).to.equal((8 * blocks.length) / 10 + 1);
    expect(symbols).to.equal((8 * blocks.length) / 10);
    expect(total(steps)).to.equal(heads + symbols + 2);
    expect(total(steps)).to.be.below(2 ** 23);
  });

  it("fit the trace of a unit: a payload of nothing to the last bit, a transaction behind it, and all gas in one step each", () => {
    const inflating = 2 * Math.ceil((8 * MOST_PAYLOAD) / 10) + LONGEST_TRANSACTION + TRANSACTION_LENGTH_SIZE + 257;
    expect(inflating).to.be.below(2 ** 23);
    expect(MOST_GAS + MOST_AROUND + inflating).to.be.below(2 ** UNIT_HEIGHT);
  });

  for (const height of [1, 4])
    it(`would go on in the next trace, to the same end, if traces had 2^${height} steps`, async () => {
      for (const name of ["messages of every kind", "transactions, valid and not", "implied blocks"]) {
        const history = await createHistory(HISTORIES[name]!);
        const machine = createChainMachine({
          chain: history.before,
          source: history.source(),
          target: history.batches.length,
          isProving: true,
        });
        const blocks: string[] = [];
        let longest = 0;
        while (machine.phase !== Phase.Halt) {
          const { sealed } = machine;
          let traces = 0;
          do {
            start(machine);
            for (let count = 1; count < 2 ** height; count++) step(machine);
            traces++;
          } while (!isBoundary(machine.phase));
          longest = Math.max(longest, traces);
          if (machine.sealed !== undefined && machine.sealed !== sealed) blocks.push(machine.sealed.hash);
        }
        expect(longest).to.be.above(1);
        const fast = runFast(history);
        expect(blocks).to.eql(fast.blocks);
        expect(machine.chain).to.eql(fast.machine.chain);
      }
    });
});
