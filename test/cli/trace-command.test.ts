import { expect } from "chai";
import { keccak256 } from "../../src/primitives/index.ts";
import { batchOf, transfer } from "../node/follower-fixture.ts";
import { startDerivedNode } from "../rpc/derived-node.ts";
import type { DerivedNode } from "../rpc/derived-node.ts";
import { startOnestep } from "./run-onestep.ts";

const trace = (...args: readonly string[]) => startOnestep(["trace", ...args]);

describe("onestep trace", function () {
  this.timeout(600_000);

  it("wants either a transaction or a block, and says what it cannot read", async () => {
    const hash = `0x${"12".repeat(32)}`;
    for (const [args, reason] of [
      [[], "either --transaction or --block"],
      [["--transaction", hash, "--block", "1"], "either --transaction or --block"],
      [["--block", "first"], "--block: expected the number or the 32-byte hash of a block"],
      [["--block", "1", "--limit", "5"], "--limit needs --steps"],
      [["--transaction", hash, "--steps"], "are of a --block"],
    ] as const) {
      const { status, stderr } = await trace(...args);
      expect(status, reason).to.equal(2);
      expect(stderr).to.contain(reason);
    }
  });

  describe("of a node", () => {
    let node: DerivedNode;
    let transaction: string;

    before(async function () {
      if (process.env["ONESTEP_ENGINE"] === "ethereumjs") this.skip();
      node = await startDerivedNode();
      const raw = await transfer(0);
      transaction = keccak256(raw);
      const { timestamp } = node.l1.head();
      await node.mine(
        [{ kind: "deposit", deposit: { gasLimit: 90_000n } }],
        [batchOf([{ timestamp, messages: 1, transactions: [raw] }])],
      );
    });
    after(() => node.close());

    const ofNode = (...args: readonly string[]) => trace("--rpc-url", node.url, ...args);

    it("prints a line for each unit of a block, by number or hash, and how many there are", async () => {
      const byNumber = await ofNode("--block", "1");
      expect(byNumber.stderr).to.equal("");
      expect(byNumber.status).to.equal(0);
      expect(byNumber.lines.map((line) => line.split(/ {2,}/)[1])).to.eql([
        "BeginBlock",
        "Message",
        "Transaction",
        "EndBlock",
        undefined,
      ]);
      expect(byNumber.lines[2]).to.contain(`${transaction}: included, status 1`);
      expect(byNumber.lines.at(-1)).to.match(/^4 units, \d+ steps: block 1, 0x[0-9a-f]{64}, of batch 0$/);
      expect((await ofNode("--block", node.chain.store.getBlockHash(1)!)).stdout).to.equal(byNumber.stdout);
    });

    it("prints the steps of each unit up to a limit, and all as JSON", async () => {
      const { lines } = await ofNode("--block", "latest", "--load-batch", "--steps", "--limit", "4");
      expect(lines.filter((line) => /^unit \d/.test(line))).to.have.lengthOf(5);
      expect(lines.filter((line) => /^ +\d+ {2}\w+/.test(line))).to.have.lengthOf(4);
      expect(lines.at(-1)).to.match(/^5 units, 4 of \d+ steps/);
      const { stdout } = await ofNode("--block", "latest", "--json");
      expect(JSON.parse(stdout)).to.deep.include({ batch: 0 }).and.to.have.property("units").with.lengthOf(4);
    });

    it("prints every step of a transaction and of a deposit", async () => {
      const signed = await ofNode("--transaction", transaction);
      expect(signed.lines[0]).to.match(/^ +0 {2}ReadTransaction/);
      expect(signed.lines.at(-1)).to.match(/^\d+ steps$/);
      const deposit = await ofNode("--transaction", node.l1.messages()[0]!.hash);
      expect(deposit.stdout).to.contain("Mint").and.to.contain("Refund");
    });

    it("fails with the node's reason, or the one why it cannot be asked", async () => {
      const { status, stderr } = await ofNode("--block", "0");
      expect(status).to.equal(1);
      expect(stderr).to.contain("genesis is in no batch");
      expect((await trace("--block", "1", "--rpc-url", "http://127.0.0.1:1")).stderr).to.contain(
        "http://127.0.0.1:1: ",
      );
    });
  });
});
