import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { Phase, canonicalStateHash } from "../../src/machine/index.ts";
import { VERIFIERS, genesisStateHash } from "../../src/deployment/index.ts";
import { createAddress } from "../../src/ethereum/index.ts";
import { startL1Node } from "../../src/devnet/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { onestep } from "./run-onestep.ts";

const OPERATOR = `0x${"11".repeat(20)}`;
// The first account of the devnet's L1, which has ETH.
const DEPLOYER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
const DEPLOYER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

interface GenesisOutput {
  readonly machineStateHash: Hash;
  readonly stateHash: Hash;
  readonly genesisHash: Hash;
  readonly contracts: readonly { readonly name: string; readonly codeHash: Hash }[];
}

describe("onestep genesis and onestep verify", () => {
  let folder: string;
  let l1: Awaited<ReturnType<typeof startL1Node>>;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "onestep-verify-"));
    const options = { hostname: "127.0.0.1", port: 0, chainId: 31337, blockInterval: 1 };
    l1 = await startL1Node(
      { ...options, journalPath: undefined, forkUrl: undefined },
      { logger: pino({ level: "silent" }) },
    );
  });
  after(async () => {
    await l1.close();
    rmSync(folder, { recursive: true });
  });

  it("what genesis prints is what deploy deploys with the same settings, and verify finds nothing else on L1", () => {
    const path = join(folder, "rollup.json");
    const same = [
      "--operator",
      OPERATOR,
      "--genesis-timestamp",
      "1700000000",
      "--preset",
      "devnet",
      "--l2-chain-id",
      "77",
    ];
    // On a fresh L1: the transactions before it are the prover's.
    const rollup = createAddress(DEPLOYER, BigInt(VERIFIERS.length + 1));
    const before = onestep(["genesis", "--rollup", rollup, ...same, "--json"]);
    expect(before.status, before.stderr).to.equal(0);
    const described = JSON.parse(before.stdout) as GenesisOutput;
    expect(described.stateHash).to.equal(genesisStateHash(described.genesisHash));
    expect(described.machineStateHash).to.equal(canonicalStateHash(Phase.LoadBatch, described.stateHash));
    const names = described.contracts.map(({ name }) => name);
    expect(names).to.include.members(["Rollup", "Inbox", "OneStepProver", "StorageVerifier", "Outbox"]);
    expect(onestep(["genesis", "--rollup", rollup, ...same, "--json"]).stdout).to.equal(before.stdout);

    const environment = { ONESTEP_DEPLOYER_KEY: DEPLOYER_KEY };
    const deployed = onestep(["deploy", ...same, "--l1-rpc-url", l1.url, "--output", path], environment);
    expect(deployed.status, deployed.stderr).to.equal(0);
    expect(onestep(["genesis", "--rollup-config", path, "--json"]).stdout).to.equal(before.stdout);

    const verified = onestep(["verify", "--rollup-config", path, "--l1-rpc-url", l1.url]);
    expect(verified.status, verified.stderr).to.equal(0);
    expect(verified.stdout).to.contain("Nothing differs").and.not.to.contain("DIFFERS");
    const config = JSON.parse(readFileSync(path, "utf8")) as {
      contracts: { rollup: string; prover: string };
      parameters: object;
    };
    const alone = onestep(["verify", "--rollup", config.contracts.rollup, "--l1-rpc-url", l1.url, "--json"]);
    expect(alone.status, alone.stderr).to.equal(0);
    expect(JSON.parse(alone.stdout)).to.deep.include({ differences: [], genesisCompared: false });

    const sharing = join(folder, "sharing.json");
    const { prover } = config.contracts;
    const shared = onestep(
      ["deploy", ...same, "--l1-rpc-url", l1.url, "--output", sharing, "--prover", prover],
      environment,
    );
    expect(shared.status, shared.stderr).to.equal(0);
    expect(JSON.parse(readFileSync(sharing, "utf8"))).to.have.nested.property("contracts.prover", prover);

    const other = join(folder, "other.json");
    writeFileSync(other, JSON.stringify({ ...config, parameters: { ...config.parameters, challengePeriod: 121 } }));
    const differing = onestep(["verify", "--rollup-config", other, "--l1-rpc-url", l1.url]);
    expect(differing.status).to.equal(1);
    expect(differing.stdout).to.contain("DIFFERS");
    expect(differing.stderr).to.contain("StateCommitmentChain CHALLENGE_PERIOD: expected 121, is 120");
  });

  it("verify ends with exit code 1 where there is no contract, or no L1, and names it", () => {
    const none = onestep(["verify", "--rollup", OPERATOR, "--l1-rpc-url", l1.url]);
    expect(none.status).to.equal(1);
    expect(none.stderr).to.contain(OPERATOR).and.to.contain("no contract");
    const down = onestep(["verify", "--rollup", OPERATOR, "--l1-rpc-url", "http://127.0.0.1:1/secret"]);
    expect(down.status).to.equal(1);
    expect(down.stderr).to.contain("http://127.0.0.1:1 does not answer").and.not.to.contain("secret");
  });

  it("end with exit code 2 and what is missing if they are not told which genesis or rollup", () => {
    const genesis = onestep(["genesis"]);
    expect(genesis.status).to.equal(2);
    expect(genesis.stderr).to.contain("--operator").and.to.contain("--genesis-timestamp");
    const verify = onestep(["verify"]);
    expect(verify.status).to.equal(2);
    expect(verify.stderr).to.contain("--rollup");
  });
});
