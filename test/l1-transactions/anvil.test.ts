import { expect } from "chai";
import { createPublicClient, http } from "viem";
import type { PublicClient } from "viem";
import { createTransactionManager } from "../../src/l1/index.ts";
import type { L1TransactionStatus, TransactionManager, TransactionManagerOptions } from "../../src/l1/index.ts";
import { startAnvil } from "../l1/anvil-process.ts";
import type { AnvilProcess } from "../l1/anvil-process.ts";
import { createTestInstruments, KEYS } from "./l1-fixture.ts";
import { createTestDisk } from "./memory-record-store.ts";

const RECIPIENT = "0x00000000000000000000000000000000000000aa";

/** The other L1 node of the tests: unlike Hardhat's it keeps blob transactions in a pool and reads cell proofs. */
describe("L1 transaction manager on Anvil, over HTTP", function () {
  this.timeout(30_000);
  let anvil: AnvilProcess;
  let client: PublicClient;
  let clock: number;

  beforeEach(async () => {
    anvil = await startAnvil("--no-mining");
    client = createPublicClient({ transport: http(anvil.url, { retryCount: 0 }), cacheTime: 0 });
    clock = 1_000_000;
  });

  afterEach(() => anvil.close());

  const open = (options: Partial<TransactionManagerOptions> = {}): Promise<TransactionManager> =>
    createTransactionManager(
      { client, chainId: 31337, privateKey: KEYS[0]!, records: createTestDisk().open(), now: () => clock, ...options },
      createTestInstruments(),
    );

  const mine = async (): Promise<void> => {
    await client.request({ method: "evm_mine" as never, params: [] as never });
  };

  /** Mines and steps until the transaction is no longer pending: a block of a busy Anvil need not hold all it was sent. */
  const settle = async (manager: TransactionManager, purpose: string): Promise<L1TransactionStatus | undefined> => {
    for (let blocks = 0; blocks < 20; blocks++) {
      await mine();
      await manager.step();
      if (manager.status(purpose)?.kind !== "pending") break;
    }
    return manager.status(purpose);
  };

  const blobs = [new Uint8Array(131_072).fill(1, 1, 32)];
  const posting = (purpose: string) =>
    ({ purpose, to: RECIPIENT, data: new Uint8Array(), gasLimit: 50_000n, blobs }) as const;

  it("sends blobs with cell proofs", async () => {
    const manager = await open();
    expect(await manager.submit(posting("a"))).to.include({ kind: "pending", trouble: undefined });
    expect(await settle(manager, "a")).to.have.property("kind", "succeeded");
  });

  it("finds out which form of blobs the node reads", async () => {
    // Told nothing, and lied to about the node's software.
    const lying = {
      ...client,
      request: ((request: { method: string }) =>
        request.method === "web3_clientVersion"
          ? Promise.resolve("HardhatNetwork/3")
          : client.request(request as never)) as PublicClient["request"],
    };
    const manager = await open({ client: lying });
    await manager.submit(posting("a"));
    await manager.step();
    expect(await settle(manager, "a")).to.have.property("kind", "succeeded");
  });

  it("replaces stuck blobs at twice the fees", async () => {
    const manager = await open();
    await manager.submit(posting("a"));
    clock += 61_000;
    await manager.step();
    const status = manager.status("a");
    expect(status?.kind === "pending" && status.hashes).to.have.length(2);
    expect(status?.kind === "pending" && status.trouble).to.equal(undefined);
    const mined = await settle(manager, "a");
    expect(mined?.kind === "succeeded" && status?.kind === "pending" && mined.hash === status.hashes[1]).to.equal(true);
  });

  it("cancels blobs by a blob of zeros", async () => {
    const manager = await open();
    await manager.submit(posting("a"));
    await manager.cancel("a");
    const status = await settle(manager, "a");
    expect(status?.kind).to.equal("cancelled");
    const transaction = await client.getTransaction({ hash: status?.kind === "cancelled" ? status.hash! : "0x" });
    expect(transaction.type).to.equal("eip4844");
  });

  it("keeps a nonce order of blobs and others", async () => {
    const manager = await open();
    await manager.submit(posting("a"));
    await manager.submit({ purpose: "b", to: RECIPIENT, data: new Uint8Array(), value: 5n });
    await manager.submit(posting("c"));
    for (const purpose of ["a", "b", "c"]) await settle(manager, purpose);
    expect(manager.statuses().map(({ kind, nonce }) => [kind, nonce])).to.eql([
      ["succeeded", 0],
      ["succeeded", 1],
      ["succeeded", 2],
    ]);
  });
});
