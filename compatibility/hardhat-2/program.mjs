// A project of Hardhat 2 with Ignition and OpenZeppelin's upgrades: its tests, on both layers.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const inProject = (...path) => join(import.meta.dirname, ...path);
// Ignition and the plugin remember by chain id what they deployed on the devnet before.
for (const folder of [".openzeppelin", "ignition/deployments"])
  rmSync(inProject(folder), { recursive: true, force: true });
copyFileSync(process.env.COUNTER_SOURCE, inProject("contracts", "Counter.sol"));
for (const network of ["onestep", "l1"]) {
  const args = ["--config", "hardhat.config.js", "test", "--network", network];
  const { status } = spawnSync("hardhat", args, { cwd: import.meta.dirname, stdio: ["ignore", "inherit", "inherit"] });
  assert.equal(status, 0, `hardhat ${args.join(" ")}`);
}
