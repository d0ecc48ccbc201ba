import { expect } from "chai";
import { checkDocument, checkSource } from "../../scripts/check-docs/check-document.ts";
import { anchorsOf, matchesTitle, namesPath, titlesOf } from "../../scripts/check-docs/repository.ts";
import type { Repository } from "../../scripts/check-docs/repository.ts";

const repository: Repository = {
  paths: [
    "README.md",
    "contracts",
    "contracts/machine",
    "contracts/machine/Steps.sol",
    "docs",
    "docs/machine.md",
    "docs/rpc.md",
    "src",
    "src/rpc",
    "src/rpc/readers",
    "src/rpc/readers/reader-pool.ts",
    "test",
    "test/machine",
    "test/machine/frames.test.ts",
    "test/machine/frame-steps.test.ts",
  ],
  scripts: new Set(["test", "lint", "bench:gas"]),
  anchors: (path) => anchorsOf(path === "docs/machine.md" ? "# The machine\n\n## 8. Execute\n" : ""),
  sections: (path) => new Set(path === "docs/machine.md" ? ["7", "8"] : []),
  titles: (path) => (path === "test/machine/frames.test.ts" ? ["a call halts", "gas of … is charged"] : []),
};

const problemsOf = (text: string): string[] =>
  checkDocument({ path: "docs/rpc.md", text }, repository).map(({ line, message }) => `${line}: ${message}`);

const sourceProblemsOf = (text: string): string[] =>
  checkSource({ path: "src/rpc/x.ts", text }, repository).map(({ line, message }) => `${line}: ${message}`);

describe("what documents name", () => {
  it("may be the end of a path, a folder, a test, a pattern", () => {
    const text =
      "`src/rpc/readers/reader-pool.ts`, `rpc/readers/reader-pool.ts`, `reader-pool.ts`, `Steps.sol`, `src/rpc`,\n" +
      "`rpc/readers/`, `machine/frames`, `machine/*-steps`, `README.md`.\n";
    expect(problemsOf(text)).to.eql([]);
  });

  it("may not be a file, a folder or a test that does not exist", () => {
    expect(problemsOf("# Title\n\n`src/chain` and `keccak-f.ts`,\n`rpc/reader-pool.ts`, `chain/frames`.\n")).to.eql([
      "3: there is no src/chain",
      "3: there is no keccak-f.ts",
      "4: there is no rpc/reader-pool.ts",
      "4: there is no chain/frames",
    ]);
    expect(problemsOf("`Gone.sol`, `reader-pool.ts/`, `tion/frames`, `src/*/gone.ts`, `ames`.\n")).to.eql([
      "1: there is no Gone.sol",
      "1: there is no reader-pool.ts/",
      "1: there is no tion/frames",
      "1: there is no src/*/gone.ts",
    ]);
  });

  it("is not looked for in what is no path, or in blocks of code", () => {
    expect(
      problemsOf("`/healthz`, `eth_get*`, `a / b`, `--data-dir`, `x.y`.\n\n```sh\ncat `src/gone.ts`\n```\n"),
    ).to.eql([]);
  });

  it("may be a link to a file or a heading, relative to the document", () => {
    expect(problemsOf("[a](rpc.md) [b](../README.md) [c](machine.md#8-execute) [d](https://x.org/y)\n")).to.eql([]);
    expect(problemsOf("[a](gone.md)\n[b](machine.md#9-frames)\n[c](#here)\n")).to.eql([
      "1: the link gone.md leads nowhere",
      "2: docs/machine.md has no heading #9-frames",
      "3: docs/rpc.md has no heading #here",
    ]);
  });

  it("may be the title of a test behind its file, with … for what is left away", () => {
    expect(problemsOf("`machine/frames` “a call halts”, “gas of\n… charged”; as they say “whatever”.\n")).to.eql([]);
    expect(problemsOf("`machine/frames` “a call”, “a call halts”.\n")).to.eql([
      "1: machine/frames has no test “a call”",
    ]);
  });

  it("may be a script of npm, in blocks of code too", () => {
    expect(problemsOf("`npm run bench:gas`, `npm test`\n\n```sh\nnpm run lint\n```\n")).to.eql([]);
    expect(problemsOf("`npm run bench`\n\n```sh\nnpm start\n```\n")).to.eql([
      "1: package.json has no script for npm run bench",
      "4: package.json has no script for npm start",
    ]);
  });
});

describe("what the formatter spoils", () => {
  it("a table with rows that are too long", () => {
    const row = (length: number): string => `|${"x".repeat(length - 2)}|\n`;
    expect(problemsOf(row(160))).to.eql([]);
    expect(problemsOf(row(161))).to.eql(["1: a row of a table with 161 characters: make it a list"]);
  });

  it("a sum that begins a line with its sign", () => {
    const message = "a list behind half a sentence: end it with a colon, or write a formula as code";
    expect(problemsOf("Modifies sender: balance\n\n- (gasLimit − gasUsed) × gasPrice, dirty.\n")).to.eql([
      `3: ${message}`,
    ]);
    expect(problemsOf("The nonce is\n1. of the sender\n")).to.eql([`2: ${message}`]);
    expect(
      problemsOf("# Rules\n\n- one\n  that goes on\n- two\n\nThere are two (so far).\n\n- three\n\nAs follows:\n- a\n"),
    ).to.eql([]);
  });
});

describe("what comments name", () => {
  it("may be a path and sections that exist", () => {
    expect(sourceProblemsOf("// docs/machine.md §7, §8: src/rpc/readers\n/**\n * See docs/rpc.md.\n */\n")).to.eql([]);
    expect(sourceProblemsOf("// docs/machine.md §7,\n// §9; src/chain\n/** docs/gone.md. */\n")).to.eql([
      "2: there is no src/chain",
      "3: there is no docs/gone.md",
      "1: docs/machine.md has no section 9",
    ]);
  });

  it("is looked for in comments only", () => {
    expect(sourceProblemsOf('const path = "src/gone.ts";\n')).to.eql([]);
  });
});

describe("a repository", () => {
  it("knows a path by its end, at a folder", () => {
    expect(namesPath(repository, "readers/reader-pool.ts")).to.equal(true);
    expect(namesPath(repository, "pool.ts")).to.equal(false);
  });

  it("takes titles whole", () => {
    expect(matchesTitle(repository, "machine/frames", "gas of … charged")).to.equal(true);
    expect(matchesTitle(repository, "machine/frames", "… charged")).to.equal(true);
    expect(matchesTitle(repository, "machine/frames", "gas of")).to.equal(false);
  });

  it("reads titles out of calls, also where something is put into them", () => {
    expect(titlesOf('describe("a", () => { it(`b ${c} d`, f); it.only(\'e\', f); }); // it("g")\n')).to.eql([
      "a",
      "b … d",
      "e",
    ]);
  });

  it("makes anchors as GitHub does", () => {
    const text = "# The `x.ts` file\n## 2. Buffers, and slices\n### rollup_*\n## Same\n## Same\n";
    expect([...anchorsOf(text)]).to.eql(["the-xts-file", "2-buffers-and-slices", "rollup_", "same", "same-1"]);
  });
});
