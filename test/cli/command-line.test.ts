import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKeyToAddress } from "viem/accounts";
import { formatRollupConfig } from "../../src/deployment/index.ts";
import { testConfig } from "../sequencer/support/test-node.ts";
import { KEY, onestep } from "./run-onestep.ts";

describe("onestep command line", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "onestep-cli-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  for (const command of [
    ...["devnet", "genesis", "deploy", "verify", "sequencer", "batcher", "proposer", "node"],
    ...["deposit", "withdraw", "status", "finalize", "force", "addresses", "doctor"],
  ]) {
    it(`explains ${command} with every setting's environment variable, and examples`, () => {
      const { status, stdout } = onestep([command, "--help"]);
      expect(status).to.equal(0);
      expect(stdout).to.contain("Examples:\n").and.to.contain(`onestep ${command}`);
      const flags = [...stdout.matchAll(/^ {2}--([\w-]+)/gm)].map((match) => match[1]!);
      expect(flags).to.include.members(["config", "log-level"]);
      const unbroken = stdout.replace(/\s+/g, " ");
      for (const flag of flags) {
        expect(unbroken).to.contain(`ONESTEP_${flag.replaceAll("-", "_").toUpperCase()}`);
      }
    });
  }

  it("ends with exit code 2 and a reason for a command, flag or argument that there is not", () => {
    expect(onestep(["challenge"]))
      .to.include({ status: 2 })
      .and.to.have.property("stderr")
      .that.contains("challenge");
    expect(onestep(["node", "--rcp-port", "1"]))
      .to.include({ status: 2 })
      .and.to.have.property("stderr")
      .that.contains("--rcp-port");
    expect(onestep(["node", "extra"]).status).to.equal(2);
    expect(onestep([]).status).to.equal(2);
  });

  it("ends with exit code 2 and lists everything that is wrong with the settings", () => {
    const { status, stderr } = onestep(["sequencer", "--rpc-port", "x"], { ONESTEP_L1_RPC_URL: "l1" });
    expect(status).to.equal(2);
    expect(stderr.trim().split("\n")).to.have.length(4);
    for (const part of [
      "--rollup-config is required",
      "--operator-key",
      "--rpc-port: expected",
      "ONESTEP_L1_RPC_URL: expected",
    ]) {
      expect(stderr).to.contain(part);
    }
  });

  it("ends with exit code 2 for a rollup configuration that is none", () => {
    const path = join(folder, "rollup.json");
    expect(onestep(["node", "--rollup-config", path]))
      .to.include({ status: 2 })
      .and.to.have.property("stderr")
      .that.contains("ENOENT");
    writeFileSync(path, '{"l1ChainId": "one"}');
    const { status, stderr } = onestep(["node", "--rollup-config", path]);
    expect(status).to.equal(2);
    expect(stderr).to.contain("l1ChainId").and.to.contain(path);
  });

  it("refuses settings of the devnet that contradict each other", () => {
    const both = onestep(["devnet", "--fork", "http://a", "--l1-rpc-url", "http://b"]);
    expect(both).to.include({ status: 2 }).and.to.have.property("stderr").that.contains("exclude each other");
    const keyless = onestep(["devnet", "--l1-rpc-url", "http://b"]);
    expect(keyless).to.include({ status: 2 }).and.to.have.property("stderr").that.contains("needs --deployer-key");
  });

  it("refuses, before anything runs, a key that is not the operator's to the roles that need the operator's", () => {
    const path = join(folder, "of-another-operator.json");
    writeFileSync(path, formatRollupConfig(testConfig()));
    for (const role of ["sequencer", "batcher"]) {
      const { status, stderr } = onestep([role, "--rollup-config", path], { ONESTEP_OPERATOR_KEY: KEY });
      expect(status, stderr).to.equal(2);
      expect(stderr)
        .to.contain(`expected the key of the rollup's operator ${testConfig().parameters.operator}`)
        .and.to.contain(privateKeyToAddress(KEY).toLowerCase())
        .and.not.to.contain(KEY);
    }
  });

  it("refuses to deploy, before anything is paid for, what could not be written down", () => {
    const output = join(folder, "nowhere", "rollup.json");
    const args = ["deploy", "--l1-rpc-url", "http://127.0.0.1:1", "--operator", `0x${"11".repeat(20)}`];
    const { status, stderr } = onestep([...args, "--output", output], { ONESTEP_DEPLOYER_KEY: KEY });
    expect(status, stderr).to.equal(2);
    expect(stderr).to.contain("--output: expected").and.to.contain(join(folder, "nowhere"));
  });

  it("ends with exit code 1 and names the endpoint when L1 does not answer", () => {
    const args = ["deploy", "--l1-rpc-url", "http://127.0.0.1:1", "--operator", `0x${"11".repeat(20)}`];
    const { status, stderr } = onestep([...args, "--output", join(folder, "out.json")], { ONESTEP_DEPLOYER_KEY: KEY });
    expect(status).to.equal(1);
    expect(stderr).to.contain("http://127.0.0.1:1").and.not.to.contain(KEY);
  });
});
