import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROLES, type SeparateRoles, killRoles, startSeparateRoles } from "./kill-scenario.ts";

describe("roles in processes of their own, which put batches into blobs, and after a restart into calldata", function () {
  this.timeout(300_000);
  let folder: string;
  let roles: SeparateRoles;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "onestep-roles-"));
    roles = await startSeparateRoles(folder, { dataAvailability: "both" });
  });
  after(async () => {
    await roles.abandon();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(function () {
    if (this.currentTest?.state === "failed") process.stderr.write(`${roles.logs()}\n`);
  });

  it("lose nothing, post nothing twice and never fork, whichever is killed and whenever", async () => {
    const report = await killRoles(roles, { kills: ROLES.length, seed: "both", longestPause: 1_000 });
    expect(Object.values(report.kills)).to.eql([1, 1, 1, 1]);
    expect(report.transactions).to.be.greaterThan(20);
    expect(report.batches).to.be.greaterThan(2);
  });

  it("stop in order when they are asked to", async () => {
    expect(await roles.stop()).to.eql({ sequencer: 0, batcher: 0, proposer: 0, node: 0 });
  });
});
