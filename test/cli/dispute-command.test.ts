import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodePayload, payloadToBlobs } from "../../src/batch/index.ts";
import type { DisputeAnswer } from "../../src/cli/dispute-answers.ts";
import { prepareMachine } from "../../src/machine/index.ts";
import { blobVersionedHash, loadKzg } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { OUTBOX_ADDRESS } from "../../src/rollup/index.ts";
import { transfer } from "../node/follower-fixture.ts";
import { callOnestep } from "./call-onestep.ts";
import { createDisputeNode } from "./dispute-fixture.ts";
import type { DisputeNode } from "./dispute-fixture.ts";
import { startOnestep } from "./run-onestep.ts";
import { runMocha } from "./run-mocha.ts";

/** A test imports Hardhat from a folder of this repository; here it is in nobody's way. */
const CACHE = fileURLToPath(new URL("../../cache/", import.meta.url));

/** Where liars are wrong from in a batch of one blob, whose block has a deposit to a contract that stops, and a transfer. */
const LIES = [
  { unit: 0, step: 0, name: "start", reads: "batches" },
  { unit: 0, step: 3, name: "ReadElement", reads: "nothing" },
  { unit: 2, step: 0, name: "start", reads: "messages" },
  { unit: 2, step: 14, name: "STOP", reads: "nothing" },
] as const;
const UNKNOWN: Hash = `0x${"ab".repeat(32)}`;

describe("onestep dispute", function () {
  this.timeout(240_000);
  let node: DisputeNode;
  let folder: string;
  let claims: readonly Hash[];

  before(async function () {
    if (process.env["ONESTEP_ENGINE"] === "ethereumjs") this.skip();
    mkdirSync(CACHE, { recursive: true });
    folder = mkdtempSync(join(CACHE, "disputed-steps-"));
    await prepareMachine();
    const payload = encodePayload([{ timestamp: 1_700_000_012, messages: 1, transactions: [await transfer(0)] }]);
    const blobs = payloadToBlobs(payload);
    const kzg = await loadKzg();
    const versionedHashes = await Promise.all(blobs.map((blob) => blobVersionedHash(kzg, blob)));
    node = await createDisputeNode([
      [
        { kind: "deposit", deposit: { to: OUTBOX_ADDRESS, gasLimit: 90_000n } },
        { kind: "blob-batch", blobs, versionedHashes },
      ],
    ]);
  });
  after(async () => {
    await node?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const dispute = (...args: readonly string[]) => callOnestep("dispute", ...args, "--rpc-url", node.url);
  const exported = (name: string) => join(folder, `${name}.test.ts`);

  it("says that there are none, and names an id that is of none", async () => {
    expect(await dispute()).to.eql({ status: 0, stdout: "no disputes", stderr: "" });
    for (const verb of ["show", "export"]) {
      const { status, stderr } = await dispute(verb, UNKNOWN);
      expect(status).to.equal(1);
      expect(stderr).to.contain(`claim ${UNKNOWN} is not disputed`);
      expect((await dispute(verb, "0x12")).stderr).to.contain('<id>: expected a 32-byte hash, got "0x12"');
    }
  });

  it("lists who claims what, and says how far a dispute is narrowed that has come to no step", async () => {
    claims = await node.propose(LIES.map((lie, index) => ({ ...lie, player: `0x${String(index).repeat(40)}` })));
    const { stdout } = await dispute();
    expect(stdout).to.equal((await dispute("list")).stdout);
    for (const claim of claims) expect(stdout).to.contain(`claim ${claim}  ${claim === claims[0] ? "right" : "wrong"}`);
    expect(stdout).to.contain("not narrowed yet; 5 moves");
    expect((await dispute("export", claims[1]!)).stderr).to.match(/has come to no step: it is not narrowed yet/);
    await node.play({ rounds: 3 });
    expect((await dispute("export", claims[1]!)).stderr).to.match(
      /has come to no step: it is narrowed to units 0 to \d+/,
    );
  });

  it("shows all that is disputed down to the steps, and of proven ones what they are", async () => {
    await node.play();
    const { stdout, stderr } = await dispute("show", claims[2]!);
    expect(stderr).to.equal("");
    const lines = stdout.split("\n").map((line) => line.trim());
    expect(lines.filter((line) => /^(unit|step)s? .* rivals since /.test(line)).length).to.be.greaterThan(57);
    for (const { unit, step } of LIES) {
      expect(lines.some((line) => line.startsWith(`step ${step} of unit ${unit}: 2 rivals`))).to.equal(true);
    }
    expect(stdout).to.contain("step 3 of unit 0 (LoadBatch, batch 0): ReadElement");
    expect(lines.filter((line) => line.endsWith(", proven"))).to.have.length(LIES.length);
    expect(lines.filter((line) => / prove /.test(line))).to.have.length(LIES.length);
    const { steps } = JSON.parse((await dispute("show", node.parentId, "--json")).stdout) as { steps: unknown[] };
    expect(steps).to.have.length(4);
  });

  it("wants to know which of several steps to export, and names them", async () => {
    const { status, stderr } = await dispute("export", claims[1]!);
    expect(status).to.equal(1);
    expect(stderr)
      .to.contain(`narrowed to ${LIES.length} steps`)
      .and.to.match(/step 14 of unit 2 at 0x[0-9a-f]{64}/);
    expect((await dispute("export", claims[1]!, "--position", UNKNOWN)).stderr).to.contain(
      `no disputed step at position ${UNKNOWN}; there are: step 0 of unit 0 at 0x`,
    );
  });

  describe("exports a test", () => {
    let positions: readonly string[];

    before(async () => {
      const [shown] = JSON.parse((await dispute("list", "--json")).stdout) as readonly DisputeAnswer[];
      positions = LIES.map(({ unit, step }) => {
        const found = shown!.rivaledSpans.find((span) => {
          return span.level === "unit" && span.height === 0 && span.unit === unit && span.start === step;
        });
        return found!.positionId;
      });
    });

    for (const [index, { unit, step, name, reads }] of LIES.entries()) {
      it(`of step ${step} of unit ${unit}, ${name}, which passes on the prover alone and reads ${reads} of the Inbox`, async () => {
        const path = exported(`step-${index}`);
        const arguments_ = [claims[0]!, "--position", positions[index]!, "--output", path];
        const { status, stdout, stderr } = await dispute("export", ...arguments_, "--json");
        expect(stderr).to.equal("");
        expect(status).to.equal(0);
        const answer = JSON.parse(stdout) as Record<string, unknown>;
        expect(answer).to.deep.include({ path, step, name });
        const inbox = answer["inbox"] as Record<string, unknown[]>;
        for (const kind of ["batches", "messages"]) expect(inbox[kind]).to.have.length(kind === reads ? 1 : 0);
        expect(await runMocha(path)).to.eql({ passed: TITLES, failed: [] });
      });
    }

    it("which fails if a byte of the witness, the state after it or what the Inbox holds is another", async () => {
      const text = readFileSync(exported("step-2"), "utf8");
      const changes: readonly (readonly [name: string, change: (text: string) => string, title: string])[] = [
        ["witness", (whole) => changeDigit(whole, '"machine": "0x'), TITLES[1]!],
        ["after", (whole) => changeDigit(whole, '"after": "0x'), TITLES[1]!],
        [
          "inbox",
          (whole) => changeDigit(whole, '"messages": [\n        {\n          "index": 0,\n          "hash": "0x'),
          TITLES[1]!,
        ],
        ["before", (whole) => changeDigit(whole, '"state": "0x'), TITLES[0]!],
      ];
      for (const [name, change, title] of changes) {
        const path = exported(`changed-${name}`);
        writeFileSync(path, change(text));
        const { passed, failed } = await runMocha(path);
        expect(
          failed.map((one) => one.title),
          name,
        ).to.eql([title]);
        expect(passed, name).to.have.length(1);
      }
    });

    it("and leaves a file that is there, unless it is forced", async () => {
      const path = exported("kept");
      writeFileSync(path, "kept");
      const arguments_ = ["export", claims[0]!, "--position", positions[3]!, "--output", path];
      const refused = await dispute(...arguments_);
      expect(refused.status).to.equal(1);
      expect(refused.stderr).to.contain(`${path} is there already`);
      expect(readFileSync(path, "utf8")).to.equal("kept");
      const { stdout } = await startOnestep(["dispute", ...arguments_, "--force", "--rpc-url", node.url]);
      expect(stdout).to.contain("step 14 of unit 2 (Message, block 1, of batch 0): STOP");
      expect(stdout).to.contain("npx hardhat test mocha ").and.to.contain("kept.test.ts");
      expect(readFileSync(path, "utf8")).to.equal(readFileSync(exported("step-3"), "utf8"));
      expect(existsSync(path)).to.equal(true);
    });
  });
});

const TITLES = [
  "begins in the state that its position on L1 commits to",
  "leads to the right state by the prover, and to no other that is claimed",
];

/** Another digit behind the first place of `begin`. */
function changeDigit(text: string, begin: string): string {
  const at = text.indexOf(begin);
  if (at < 0) throw new Error(`expected ${begin}`);
  const place = at + begin.length;
  return `${text.slice(0, place)}${text[place] === "1" ? "2" : "1"}${text.slice(place + 1)}`;
}
