import { expect } from "chai";
import { network } from "hardhat";
import rollupDevnet from "../../deploy/modules/rollup-devnet.ts";
import rollupProduction from "../../deploy/modules/rollup-production.ts";
import {
  DEPLOYMENT_PRESETS,
  formatRollupConfig,
  genesisStateHash,
  l1BridgeAddresses,
  readRollup,
  verifyRollupConfig,
} from "../../src/deployment/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { genesisBlock, l1BridgesOf, rollupConfigSchema } from "../../src/rollup/index.ts";
import { OPERATOR, deployToNetwork as deploy, genesisWith } from "./deployed-rollup.ts";
import { L1_BRIDGES } from "../predeploys.ts";

/** Of these tests, but for the bridges. */
const genesis = genesisWith(L1_BRIDGES);

const STATE_HASH: Hash = `0x${"9e".repeat(32)}`;

describe("deployment", () => {
  it("deploys a rollup with a preset's parameters and writes a configuration that reads back the same", async () => {
    const { config, client } = await deploy();
    expect(rollupConfigSchema.parse(JSON.parse(formatRollupConfig(config)))).to.eql(config);
    // The speed is the L2 genesis's to say, not the contracts'.
    const { gasPerSecond: _, ...preset } = DEPLOYMENT_PRESETS.production;
    expect(config.parameters).to.eql({ operator: OPERATOR, ...preset });
    expect(config.l1ChainId).to.equal(31337);
    // After it come two transactions for the deterministic deployer, and one for each bridge.
    expect(config.l1StartBlock + 6).to.equal(Number(await client.getBlockNumber({ cacheTime: 0 })));
    expect(l1BridgesOf(config.genesis)).to.eql(l1BridgeAddresses(config.contracts.rollup));
    const deployed = await readRollup(client, config.contracts.rollup);
    expect(deployed.genesisStateHash).to.equal(genesisStateHash(genesisBlock(config.genesis).hash));
    expect(deployed.l2ChainId).to.equal(genesis.chainId);
  });

  it("accepts a configuration that agrees with L1 and names the first thing in which one differs", async () => {
    const { config, client } = await deploy();
    await verifyRollupConfig(client, config);
    const elsewhere = { ...config, contracts: { ...config.contracts, inbox: OPERATOR } };
    const otherGenesis = { ...config, genesisHash: `0x${"00".repeat(32)}` as const };
    const errorOf = async (wrong: typeof config) => verifyRollupConfig(client, wrong).then(() => "none", String);
    expect(await errorOf(elsewhere))
      .to.contain(`contracts.inbox ${config.contracts.inbox}`)
      .and.to.contain(OPERATOR);
    expect(await errorOf({ ...config, genesis: { ...config.genesis, chainId: 43 } }))
      .to.contain("l2ChainId 42")
      .and.to.contain("43");
    expect(await errorOf(otherGenesis)).to.contain("genesisStateHash");
  });

  it("says which parameter the contracts refuse", async () => {
    const preset = { ...DEPLOYMENT_PRESETS.production, contextInterval: 21_601 };
    const error = await deploy({ preset }).then(() => "none", String);
    expect(error).to.contain("ContextIntervalTooLong").and.to.contain("21601").and.to.contain("43200");
  });

  it("refuses a chain id that L1 has, before anything is deployed", async () => {
    const error = await deploy({ genesis: () => ({ ...genesis, chainId: 31337 }) }).then(() => "none", String);
    expect(error).to.contain("expected a chain id of L2 that is not L1's, got 31337 for both");
  });

  it("never has more transactions pending than the pool of an L1 node keeps of one account", async () => {
    let [pending, most] = [0, 0];
    await deploy({}, (method, answer) => {
      if (method === "eth_sendRawTransaction") most = Math.max(most, ++pending);
      if (method === "eth_getTransactionReceipt" && answer !== null) pending--;
      return answer;
    });
    expect(most).to.be.within(2, 8);
  });

  it("takes the prover of another rollup, if it is this build's", async () => {
    const { config, connection, client } = await deploy();
    const { prover } = config.contracts;
    const before = await client.getBlockNumber({ cacheTime: 0 });
    const shared = await deploy({ prover }, undefined, connection);
    expect(await client.getBlockNumber({ cacheTime: 0 })).to.equal(before + 5n);
    expect(shared.config.contracts.prover).to.equal(prover);
    const inbox = config.contracts.inbox;
    const error = await deploy({ prover: inbox }, undefined, connection).then(() => "none", String);
    expect(error).to.match(new RegExp(`the prover at ${inbox} is not this build's: OneStepProver code: expected 0x`));
    expect(await client.getBlockNumber({ cacheTime: 0 })).to.equal(before + 5n);
  });

  it("refuses a challenge period without room for an answer to each move, before anything is deployed", async () => {
    const preset = { ...DEPLOYMENT_PRESETS.production, challengePeriod: 63 * 3600 - 1 };
    const error = await deploy({ preset }).then(() => "none", String);
    expect(error).to.contain("at least 226800 s").and.to.contain("got 226799 s");
    expect(
      (await deploy({ preset: { ...preset, challengePeriod: 63 * 3600 } })).config.parameters.challengePeriod,
    ).to.equal(226_800);
  });

  it("refuses deposits a share above the chain's speed, which the contracts cannot", async () => {
    const preset = { ...DEPLOYMENT_PRESETS.production, depositGasPerSecond: genesis.gasPerSecond + 1n };
    const error = await deploy({ preset }).then(() => "none", String);
    expect(error).to.contain("at most 5000000 gas a second, got 5000001");
    const whole = { ...DEPLOYMENT_PRESETS.production, depositGasPerSecond: genesis.gasPerSecond };
    expect((await deploy({ preset: whole })).config.parameters.depositGasPerSecond).to.equal(5_000_000n);
  });

  it("gives deposits a quarter of the speed and room for a whole block, in each preset", () => {
    for (const { depositGasPerSecond, depositGasCapacity, gasPerSecond } of Object.values(DEPLOYMENT_PRESETS)) {
      expect([depositGasPerSecond * 4n, depositGasCapacity]).to.eql([gasPerSecond, genesis.gasLimit]);
    }
  });

  it("reports an address that holds no rollup", async () => {
    const { client } = await deploy();
    expect(await readRollup(client, OPERATOR).then(() => "none", String)).to.contain(OPERATOR.slice(2, 10));
  });

  for (const [name, module, preset] of [
    ["RollupDevnet", rollupDevnet, DEPLOYMENT_PRESETS.devnet],
    ["RollupProduction", rollupProduction, DEPLOYMENT_PRESETS.production],
  ] as const) {
    it(`deploys the same through the Ignition module ${name}`, async () => {
      const { ignition } = await network.create();
      const parameters = { [name]: { l2ChainId: 42, operator: OPERATOR, genesisStateHash: STATE_HASH } };
      const { rollup, inbox, challengeGame, prover } = await ignition.deploy(module, { parameters });
      expect(await challengeGame.getFunction("PROVER")()).to.equal(await prover.getAddress());
      expect(await challengeGame.getFunction("UNIT_BOND")()).to.equal(preset.unitBond);
      expect(await rollup.getFunction("INBOX")()).to.equal(await inbox.getAddress());
      expect(await inbox.getFunction("L2_CHAIN_ID")()).to.equal(42n);
      expect(await inbox.getFunction("FORCE_INCLUSION_DELAY")()).to.equal(BigInt(preset.forceInclusionDelay));
    });
  }
});
