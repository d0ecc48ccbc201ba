import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";
import compilerSettings from "./compiler.json" with { type: "json" };
import { compilerPlugin } from "./scripts/compiler/compiler-plugin.ts";

const require = createRequire(import.meta.url);

/**
 * The predeploys' code is in genesis, and what only a comment changes must not change the genesis block: so no hash of the metadata.
 */
const compiler = {
  ...compilerSettings,
  // The npm package's own compiler build: nothing is downloaded. `compilerPlugin` takes a native one where there is one.
  path: require.resolve("solc/soljson.js"),
};

/** The contracts that are deployed; what they import besides is in folders below. */
const deployed = ["l1", "l2", "machine", "bridges/tokens"]
  .map((name) => `contracts/${name}`)
  .flatMap((folder) =>
    readdirSync(new URL(folder, import.meta.url))
      .filter((name) => name.endsWith(".sol"))
      .map((name) => `${folder}/${name}`),
  );

/**
 * Files with a configuration of their own are each compiled alone with what they import, all others together. The compiler's
 * code for a contract depends on everything it is given beside it: alone, a contract has the same code whatever tests there
 * are, and whatever was built before.
 */
const solidity = { compilers: [compiler], overrides: Object.fromEntries(deployed.map((file) => [file, compiler])) };

const invariant = { depth: 100, failOnRevert: true };

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers, compilerPlugin(fileURLToPath(new URL("cache", import.meta.url)))],
  solidity: { profiles: { default: solidity, production: solidity } },
  paths: { ignition: "deploy", tests: { mocha: "test", solidity: "test/contracts" } },
  test: {
    mocha: {
      timeout: 120_000,
      parallel: true,
      jobs: 2,
      require: [new URL("test/parallel-worker.ts", import.meta.url).href],
    },
    solidity: {
      profiles: {
        default: { fuzz: { runs: 256 }, invariant: { ...invariant, runs: 64 } },
        // The runner does not draw the same in every run, even with the same seed: the campaign draws so much that a test
        // that passes it is not left to chance.
        campaign: { fuzz: { runs: 10_000 }, invariant: { ...invariant, runs: 2_000 } },
      },
    },
  },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    node: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "osaka",
      chainId: 31337,
    },
  },
});
