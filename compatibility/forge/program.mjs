// Forge's commands: create, script (with CREATE2), and test on a fork, on both layers.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const { L1_RPC_URL, L2_RPC_URL, PRIVATE_KEY, COUNTER_SOURCE } = process.env;
const inProject = (...path) => join(import.meta.dirname, ...path);
const done = (what) => console.log(what);

function forge(args, environment = {}) {
  const { status, stdout, stderr } = spawnSync("forge", args, {
    cwd: import.meta.dirname,
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  assert.equal(status, 0, `forge ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

for (const folder of ["out", "cache", "broadcast"]) rmSync(inProject(folder), { recursive: true, force: true });
mkdirSync(inProject("src"), { recursive: true });
copyFileSync(COUNTER_SOURCE, inProject("src", "Counter.sol"));
for (const [layer, url] of [
  ["L1", L1_RPC_URL],
  ["L2", L2_RPC_URL],
]) {
  const signed = ["--rpc-url", url, "--private-key", PRIVATE_KEY, "--broadcast"];
  const created = forge(["create", ...signed, "src/Counter.sol:Counter", "--constructor-args", "3"]);
  const deployed = /^Deployed to: (0x[0-9a-fA-F]{40})$/m.exec(created)[1];
  done(`${layer}: creates a contract`);
  assert.match(forge(["script", ...signed, "script/Deploy.s.sol"]), /ONCHAIN EXECUTION COMPLETE & SUCCESSFUL/);
  done(`${layer}: runs a script that deploys, calls and deploys by CREATE2`);
  assert.match(forge(["test", "--fork-url", url], { DEPLOYED_COUNTER: deployed }), /1 tests passed, 0 failed/);
  done(`${layer}: tests on a fork`);
}
