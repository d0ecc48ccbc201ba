import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createPublicClient, http } from "viem";
import type { DevnetInfo } from "../../src/devnet/index.ts";
import { type OnestepProcess, startOnestep, until } from "../end-to-end/onestep-process.ts";
import { type Client, createEthersClient, createViemClient } from "./client.ts";
import { scenarios } from "./scenarios/index.ts";

const PATIENCE = 120_000;

describe("contracts as npm publishes them work on L2, unmodified", function () {
  this.timeout(300_000);

  let folder: string;
  let devnet: OnestepProcess<DevnetInfo>;
  const clients = new Map<Client["library"], Client>();

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "onestep-real-input-"));
    devnet = await startOnestep<DevnetInfo>({
      arguments: [
        ...["devnet", "--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"],
        ...["--data-dir", join(folder, "devnet")],
      ],
      infoFile: join(folder, "devnet.json"),
    });
    const { rpcUrl: url, chainId } = devnet.info.l2;
    // Accounts apart, as both libraries count nonces of their own.
    clients.set("ethers", createEthersClient({ url, chainId, firstAccount: 0 }));
    clients.set("viem", createViemClient({ url, chainId, firstAccount: 3 }));
  });
  after(async () => {
    for (const client of clients.values()) client.close();
    await devnet.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const library of ["ethers", "viem"] as const) {
    describe(`deployed and used with ${library}`, () => {
      for (const scenario of scenarios) {
        it(scenario.name, async () => {
          const client = clients.get(library);
          if (client === undefined) throw new Error(`no ${library} client`);
          await scenario.run(client);
        });
      }
    });
  }

  // In a block of its own: mocha runs the tests of a block before the blocks in it.
  describe("a follower that saw only L1", () => {
    it("has every one of these blocks, hash by hash", async () => {
      const { l1, l2, rollupConfig } = devnet.info;
      const sequencer = createPublicClient({ transport: http(l2.rpcUrl) });
      const last = await sequencer.getBlockNumber({ cacheTime: 0 });
      const follower = await startOnestep<{ readonly url: string }>({
        arguments: [
          ...["node", "--rollup-config", rollupConfig, "--data-dir", join(folder, "follower"), "--rpc-port", "0"],
          ...["--l1-rpc-url", l1.rpcUrl, "--l1-beacon-url", l2.beaconUrl, "--l1-poll-interval", "0.2"],
        ],
        infoFile: join(folder, "follower.json"),
      });
      try {
        const verifier = createPublicClient({ transport: http(follower.info.url) });
        await until(`the follower to derive block ${last}`, PATIENCE, async () => {
          return (await verifier.getBlockNumber({ cacheTime: 0 })) >= last;
        });
        for (let blockNumber = 0n; blockNumber <= last; blockNumber++) {
          const [expected, actual] = await Promise.all([
            sequencer.getBlock({ blockNumber }),
            verifier.getBlock({ blockNumber }),
          ]);
          expect(actual.hash, `block ${blockNumber}`).to.equal(expected.hash);
          expect(actual.transactions).to.eql(expected.transactions);
        }
        expect(Number(last)).to.be.greaterThan(200);
      } finally {
        await follower.stop();
      }
    });
  });
});
