import { expect } from "chai";
import fc from "fast-check";
import { encodePayload, openPayload } from "../../src/batch/index.ts";
import type { EncodedBlock } from "../../src/batch/index.ts";
import { deriveBlocks, payloadBlocks } from "../../src/derivation/index.ts";
import { createMemoryStateDatabase } from "../../src/ethereum/index.ts";
import { executeBlock } from "../../src/execution/index.ts";
import type { Hash, Instruments } from "../../src/primitives/index.ts";
import { BLOCK_CHARGE, initializeState } from "../../src/rollup/index.ts";
import type { Block, RollupConfig } from "../../src/rollup/index.ts";
import { createSequencer } from "../../src/sequencer/index.ts";
import { createTestEngine } from "../engine.ts";
import { FUNDED, GENESIS_TIME, createTestNode, testConfig } from "./support/test-node.ts";
import type { TestNode } from "./support/test-node.ts";
import { CHAIN_ID, GWEI } from "./support/wallets.ts";

const SPEED = 1_000_000n;
/** A creation whose initcode is INVALID: it uses all of its gas. */
const BURN = { to: undefined, data: Uint8Array.of(0xfe), maxFeePerGas: 10_000n * GWEI } as const;

/** What derivation makes of a payload of these blocks. */
async function deriveAgain(
  { genesis }: RollupConfig,
  blocks: readonly EncodedBlock[],
  instruments: Instruments,
): Promise<readonly Hash[]> {
  const state = createMemoryStateDatabase();
  const engine = createTestEngine({ chainId: CHAIN_ID, state }, instruments);
  const batch = {
    index: 0,
    messagesUpTo: 0,
    timestamp: blocks.at(-1)?.timestamp ?? 0,
  };
  let parent = await initializeState(genesis, state);
  const { timestamp: parentTimestamp, gasLevel } = parent.header;
  const cursor = { nextBatch: 0, nextMessage: 0, parentTimestamp, gasLevel };
  const noMessage = () => {
    throw new Error("there are no messages");
  };
  const derivation = deriveBlocks(
    cursor,
    batch,
    payloadBlocks(cursor, batch, openPayload(encodePayload(blocks)), parent.header),
    noMessage,
    parent.header,
  );
  const hashes: Hash[] = [];
  let next = derivation.next({ gasLevel, isCut: false });
  while (next.done !== true) {
    const { block, isCut } = await executeBlock(engine, parent, next.value, CHAIN_ID);
    parent = block;
    hashes.push(block.hash);
    next = derivation.next({ gasLevel: block.header.gasLevel, isCut });
  }
  return hashes;
}

const encoded = ({ header, transactions }: Block): EncodedBlock => ({
  timestamp: header.timestamp,
  messages: 0,
  transactions: transactions.flatMap((transaction) => (transaction.kind === "signed" ? [transaction.raw] : [])),
});

describe("The sequencer and the gas bucket", function () {
  this.timeout(120_000);
  const config = testConfig({ gasPerSecond: SPEED });
  let node: TestNode;
  beforeEach(async () => {
    node = await createTestNode({ config });
  });
  afterEach(() => node.close());

  async function start() {
    const mempool = await node.mempool();
    let now = GENESIS_TIME;
    const sequencer = createSequencer(
      {
        chain: node.chain,
        mempool,
        mode: { kind: "on-demand" },
        messageConfirmations: 0,
        l1Timestamp: () => now,
        now: () => now * 1_000,
      },
      node.instruments,
    );
    return {
      mempool,
      pass: (seconds: number) => void (now += seconds),
      build: async (empty = false) => {
        await mempool.settled();
        return sequencer.buildBlock({ empty });
      },
    };
  }

  it("a block is not built while the bucket cannot pay for it, and is a second later", async () => {
    const { mempool, build, pass } = await start();
    const [alice] = FUNDED;
    for (let nonce = 0; nonce < 5; nonce++)
      await mempool.submit(alice!.sign({ ...BURN, nonce, gasLimit: 11_900_000n }));
    while (node.chain.latest().header.gasLevel >= BLOCK_CHARGE) expect(await build(true)).to.not.equal(undefined);
    expect(await build(true)).to.equal(undefined);
    pass(1);
    expect((await build(true))?.header.gasLimit).to.equal(node.chain.latest().header.gasLevel);
    await mempool.close();
  });

  it("a transaction waits for the gas it asks for, and for its listing charge", async () => {
    const { mempool, build, pass } = await start();
    const [alice, bob] = FUNDED;
    for (let nonce = 0; nonce < 4; nonce++)
      await mempool.submit(alice!.sign({ ...BURN, nonce, gasLimit: nonce < 3 ? 16_000_000n : 11_000_000n }));
    await build();
    expect(node.chain.latest().header.gasLevel).to.equal(60_000_000n - 59_000_000n - BLOCK_CHARGE);
    // 100,000 bytes: 1,021,000 gas at most, but 1,600,000 and more to list.
    await mempool.submit(
      bob!.sign({ data: new Uint8Array(100_000), gasLimit: 1_021_000n, maxFeePerGas: 10_000n * GWEI }),
    );
    expect(await build()).to.equal(undefined);
    pass(1);
    expect((await build())?.transactions.length).to.equal(1);
    await mempool.close();
  });

  it("whatever is pooled and however time goes, derivation gives the blocks that were built, and cuts none", async () => {
    const action = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("burn" as const), gas: fc.nat(16_700_000) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("data" as const), size: fc.nat(100_000) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("block" as const), empty: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("time" as const), seconds: fc.nat(20) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 80 }), async (actions) => {
        await node.chain.exclusive((writer) => writer.rewindTo(0));
        const { mempool, build, pass } = await start();
        const nonces = FUNDED.map(() => 0);
        for (const [index, each] of actions.entries()) {
          const sender = index % FUNDED.length;
          if (each.kind === "time") pass(each.seconds);
          else if (each.kind === "block") await build(each.empty);
          else {
            const fields =
              each.kind === "burn"
                ? { ...BURN, gasLimit: 60_000n + BigInt(each.gas) }
                : {
                    data: new Uint8Array(each.size),
                    gasLimit: 21_000n + 10n * BigInt(each.size),
                    maxFeePerGas: BURN.maxFeePerGas,
                  };
            await mempool.submit(FUNDED[sender]!.sign({ ...fields, nonce: nonces[sender]!++ }));
          }
        }
        await build(true);
        await mempool.close();
        const { latest } = node.chain.store.getHeads();
        const blocks = Array.from({ length: latest }, (_, number) => node.chain.store.getBlock(number + 1)!);
        for (const { header } of blocks) expect(header.gasLevel >= 0n).to.equal(true);
        expect(await deriveAgain(config, blocks.map(encoded), node.instruments)).to.eql(blocks.map(({ hash }) => hash));
      }),
      { numRuns: 25 },
    );
  });
});
