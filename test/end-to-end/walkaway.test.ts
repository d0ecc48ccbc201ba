import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { REQUIREMENTS, STEPS } from "../../scripts/walkaway/requirements.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/walkaway.ts", import.meta.url));

interface Evidence {
  readonly requirements: readonly { readonly stage: number }[];
  readonly steps: readonly { readonly title: string }[];
  readonly transactions: readonly { readonly by: string; readonly call: string; readonly succeeded: boolean }[];
  readonly code: readonly { readonly contract: string; readonly codeHash: string }[];
}

describe("npm run walkaway", function () {
  this.timeout(400_000);
  const folder = mkdtempSync(join(tmpdir(), "onestep-walkaway-test-"));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("lets somebody with a new key and an L1 endpoint do all that a killed operator did, and be paid, with evidence", async () => {
    const [document, json] = [join(folder, "walkaway.md"), join(folder, "walkaway.json")];
    const child = spawn(process.execPath, [SCRIPT, "--output", document, "--json", json], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    expect(code, output).to.equal(0);

    const { transactions, ...evidence } = JSON.parse(readFileSync(json, "utf8")) as Evidence;
    // The last step writes the evidence.
    expect(evidence.steps.map(({ title }) => title)).to.eql(Object.values(STEPS).slice(0, -1));
    expect(evidence.requirements.length).to.equal(REQUIREMENTS.length);
    expect(evidence.code.map(({ contract }) => contract)).to.include.members([
      "Inbox",
      "ChallengeGame",
      "OneStepProver",
    ]);
    const calls = transactions.filter(({ by, succeeded }) => by === "outsider" && succeeded).map(({ call }) => call);
    expect(calls).to.include.members([
      ...["Inbox.sendMessage", "Inbox.forceInclude", "Inbox.postBatch", "StateCommitmentChain.propose"],
      ...["ChallengeGame.prove", "ChallengeGame.decide", "StateCommitmentChain.confirm"],
    ]);
    expect(calls.filter((call) => call === "Portal.execute")).to.have.length(3);
    expect(transactions.map(({ by }) => by))
      .to.include("liar")
      .and.not.include("operator");

    const text = readFileSync(document, "utf8");
    for (const { asks } of REQUIREMENTS) expect(text).to.include(asks);
    for (const { codeHash } of evidence.code) expect(text).to.include(codeHash);
  });
});
