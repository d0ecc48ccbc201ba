import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judge } from "../../src/cli/claims-on-l1.ts";
import { formatDuration } from "../../src/cli/narration.ts";
import { amountText } from "../../src/cli/setting-types.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { callOnestep } from "./call-onestep.ts";
import { KEY } from "./run-onestep.ts";

/** Nobody listens there; what stands behind the port may be a provider's key. */
const NOWHERE = "http://127.0.0.1:1/provider-key";
const endpoints = ["--rpc-url", NOWHERE, "--l1-rpc-url", NOWHERE];
const key = ["--private-key", KEY];
const RECIPIENT = `0x${"11".repeat(20)}`;

describe("The commands for users", () => {
  describe("refuse with exit code 2, naming the value and what was expected,", () => {
    const refused: readonly (readonly [args: readonly string[], message: string])[] = [
      [["deposit", ...key], "missing required argument 'amount'"],
      [["deposit", "0.1", ...key], 'expected an amount as 0.1ether, 5gwei or a whole number of wei, got "0.1"'],
      [["deposit", "1.5wei", ...key], '"1.5wei"'],
      [["deposit", "-1", ...key], "-1"],
      [["deposit", "1ether"], "--private-key or --private-key-file is required"],
      [["deposit", "1ether", "--private-key", "0x12"], "expected a private key"],
      [["deposit", "1ether", ...key, "--to", "me"], '--to: expected a 20-byte address, got "me"'],
      [["deposit", "1ether", ...key, "--timeout", "soon"], "--timeout: expected a number of seconds"],
      [["withdraw", "1lightyear", ...key], '"1lightyear"'],
      [["withdraw", "1ether", ...key, "--data", "0x1"], "--data: expected bytes as 0x-prefixed hex"],
      [
        ["withdraw", "1ether", ...key, "--minimum-gas", "99999999"],
        "--minimum-gas: expected an integer from 0 to 16777216",
      ],
      [["finalize", ...key], "missing required argument 'withdrawal'"],
      [["finalize", "first", ...key], 'expected an index or a 32-byte hash, got "first"'],
      [["status", "0x12"], 'expected an index or a 32-byte hash, got "0x12"'],
      [["force", ...key], "expected either a message to force, or --to"],
      [["force", "1", ...key, "--to", RECIPIENT], "and not both"],
      [["force", "--to", RECIPIENT, "--gas-limit", "1e6", ...key], "--gas-limit"],
      [["claim", "show", "7"], 'expected a 32-byte hash, got "7"'],
      [["claim", "list", "--limit", "0"], "--limit: expected an integer from 1 to 1000"],
      [["addresses", "--rpc-url", "ws://l2"], "--rpc-url: expected a URL with http:// or https://"],
      [["doctor", "everything"], "too many arguments"],
    ];
    for (const [args, message] of refused) {
      it(args.map((arg) => (arg === KEY ? "0x…" : arg)).join(" "), async () => {
        const { status, stdout, stderr } = await callOnestep(...args);
        expect(stderr).to.contain(message).and.not.to.contain(KEY);
        expect({ status, stdout }).to.eql({ status: 2, stdout: "" });
      });
    }
  });

  it("end with exit code 1 where nobody answers, and name the endpoint without what may be its key", async () => {
    for (const args of [
      ["deposit", "1", ...key],
      ["withdraw", "1", ...key],
      ["finalize", "0", ...key],
      ["status"],
      ["claim"],
      ["addresses"],
    ]) {
      const { status, stdout, stderr } = await callOnestep(...args, ...endpoints);
      expect(stderr, args[0]).to.contain("the L2 endpoint http://127.0.0.1:1 does not answer: ");
      expect(stderr).not.to.contain("provider-key");
      expect({ status, stdout }).to.eql({ status: 1, stdout: "" });
    }
  });

  it("doctor tells of every endpoint that does not answer what to do about it, and ends with exit code 1", async () => {
    const { status, stdout } = await callOnestep("doctor", ...endpoints, "--json");
    const report = JSON.parse(stdout) as {
      healthy: boolean;
      findings: { subject: string; level: string; advice: string }[];
    };
    expect(report.healthy).to.equal(false);
    expect(report.findings.map(({ subject, level }) => [subject, level])).to.eql([
      ["rollup", "problem"],
      ["L1 endpoint", "problem"],
    ]);
    for (const { advice } of report.findings) expect(advice).to.contain("rpc-url");
    expect(status).to.equal(1);
  });

  describe("with a configuration of the rollup", () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "onestep-user-"));
    });
    after(() => {
      rmSync(folder, { recursive: true });
    });

    it("refuse one that is none with exit code 2, and name the file and what is wrong", async () => {
      const path = join(folder, "rollup.json");
      for (const [text, reason] of [
        [undefined, "ENOENT"],
        ["{", "JSON"],
        ['{"l1ChainId": 1}', "a rollup configuration"],
      ] as const) {
        if (text !== undefined) writeFileSync(path, text);
        const { status, stderr } = await callOnestep("addresses", ...endpoints, "--rollup-config", path);
        expect(stderr).to.contain(path).and.to.contain(reason);
        expect(status).to.equal(2);
      }
    });
  });

  it("take amounts with a unit, or in wei, to the last wei", () => {
    const read = (text: string): bigint | undefined => amountText.safeParse(text).data;
    expect(["0.1ether", "5gwei", "7", "7wei", "1.000000000000000001 ETH", "0"].map(read)).to.eql([
      10n ** 17n,
      5n * 10n ** 9n,
      7n,
      7n,
      10n ** 18n + 1n,
      0n,
    ]);
    for (const wrong of ["", "ether", "1.0000000001gwei", "0x1", "1,5ether", "1e18", "1 2ether", "0.1"]) {
      expect(read(wrong), wrong).to.equal(undefined);
    }
  });

  it("say times in two units at most", () => {
    expect([0, 59, 61, 3_600, 90_061, 604_800].map(formatDuration)).to.eql([
      "0 s",
      "59 s",
      "1 min 1 s",
      "1 h",
      "1 d 1 h",
      "7 d",
    ]);
  });

  describe("judge claims by what the node holds right:", () => {
    const id = (digit: string): Hash => `0x${digit.repeat(64)}`;
    const [genesis, a, b, c, liar, onLiar, rival] = ["0", "a", "b", "c", "d", "e", "f"].map(id) as [
      Hash,
      Hash,
      Hash,
      Hash,
      Hash,
      Hash,
      Hash,
    ];
    const proposed = [
      { claimId: a, parentId: genesis },
      { claimId: rival, parentId: genesis },
      { claimId: liar, parentId: a },
      { claimId: onLiar, parentId: liar },
      { claimId: b, parentId: a },
      { claimId: c, parentId: b },
    ];

    it("right is what its path has, wrong what stands in place of it, and all that stands on that", () => {
      const verdict = judge(proposed, {
        claims: [
          { id: a, parentId: genesis },
          { id: b, parentId: a },
        ],
        next: null,
      });
      expect(proposed.map(({ claimId }) => verdict(claimId))).to.eql([
        "right",
        "wrong",
        "wrong",
        "wrong",
        "right",
        "unknown",
      ]);
    });

    it("a claim that nobody rivals is wrong if the node knows what has to be there, and otherwise unknown", () => {
      const path = [{ id: a, parentId: genesis }];
      const alone = [proposed[0]!, proposed[2]!];
      expect(judge(alone, { claims: path, next: { id: b, parentId: a } })(liar)).to.equal("wrong");
      expect(judge(alone, { claims: path, next: null })(liar)).to.equal("unknown");
    });
  });
});
