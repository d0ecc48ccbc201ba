import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { dumpFolder } from "../../src/devnet/index.ts";
import { openL1Journal } from "../../src/devnet/l1-journal.ts";
import { restoreState } from "../../src/devnet/state-file.ts";

const GENESIS = {
  kind: "genesis",
  version: 1,
  chainId: 31337,
  fork: { url: "https://l1.test/v3/secret", blockNumber: 7 },
};
const JOURNAL = `${JSON.stringify(GENESIS)}\n${JSON.stringify({ kind: "revert", to: 1 })}\n`;
const DATABASE = Buffer.alloc(100_000, 3);

describe("A state file of a devnet", () => {
  let root: string;
  let data: string;
  let state: Buffer;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), "onestep-state-file-"));
    data = join(root, "data");
    mkdirSync(join(data, "node"), { recursive: true });
    // The last line was cut short by a kill.
    writeFileSync(join(data, "l1.jsonl"), `${JOURNAL}{"kind":"blo`);
    writeFileSync(join(data, "rollup.json"), JSON.stringify({ genesis: { chainId: 42 }, other: "kept" }));
    writeFileSync(join(data, "node", "data.mdb"), DATABASE);
    state = Buffer.from(await dumpFolder(data));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  /** What restoring a file with this content into a folder ends with. */
  async function restore(content: Uint8Array | string, folder = mkdtempSync(join(root, "target-"))) {
    const file = join(root, "file");
    writeFileSync(file, content);
    return restoreState(file, folder).then(
      (info) => ({ info, folder, error: "" }),
      (error: unknown) => ({ info: undefined, folder, error: String(error) }),
    );
  }
  const body = () => state.subarray(state.indexOf(0x0a));
  const header = () => JSON.parse(state.subarray(0, state.indexOf(0x0a)).toString()) as Record<string, unknown>;
  const withHeader = (changes: object) =>
    Buffer.concat([Buffer.from(JSON.stringify({ ...header(), ...changes })), body()]);

  it("gives the data directory that it was made of, and its chain ids", async () => {
    const { info, folder } = await restore(state);
    expect(info).to.eql({ l1ChainId: 31337, l2ChainId: 42 });
    expect(readFileSync(join(folder, "node", "data.mdb")).equals(DATABASE)).to.equal(true);
    expect(readFileSync(join(folder, "rollup.json"), "utf8")).to.contain('"other":"kept"');
    expect(readFileSync(join(folder, "l1.jsonl"), "utf8").split("\n").slice(1)).to.eql(JOURNAL.split("\n").slice(1));
  });

  it("tells nobody the key in the address of a chain that was forked", async () => {
    const { folder } = await restore(state);
    const journal = readFileSync(join(folder, "l1.jsonl"), "utf8");
    expect(journal).to.contain('"url":"https://l1.test"').and.not.to.contain("secret");
  });

  it("is refused if it is no state, cut short, changed, or of another version", async () => {
    for (const garbage of ["", "garbage", "{}\n", Buffer.alloc(10_000, 0xff)]) {
      expect((await restore(garbage)).error).to.contain("is no state of a devnet");
    }
    expect((await restore(state.subarray(0, state.length - 9))).error).to.contain("is cut short or changed");
    const changed = Buffer.from(state);
    changed[state.length - 20]! ^= 1;
    expect((await restore(changed)).error).to.contain("is cut short or changed");
    expect((await restore(withHeader({ version: 99 }))).error).to.match(
      /is of version 99\.\d+, this software reads version 1/,
    );
    expect((await restore(withHeader({ databaseVersion: 1 }))).error).to.contain("is of version 1.1");
  });

  it("makes no more of itself than it says, nor says more than memory is meant for", async () => {
    expect((await restore(withHeader({ bytes: [1, 1, 1] }))).error).to.contain("expected 3 bytes of content");
    expect((await restore(withHeader({ bytes: [1, 1, 2 ** 40] }))).error).to.contain("expected at most");
  });

  it("leaves a folder that holds a devnet as it is, and one empty that it cannot fill", async () => {
    expect((await restore(state, data)).error).to.contain("holds a devnet already");
    expect(readFileSync(join(data, "node", "data.mdb")).equals(DATABASE)).to.equal(true);
    const { folder } = await restore("garbage");
    expect(existsSync(join(folder, "rollup.json"))).to.equal(false);
  });

  it("is not made of a folder that is no devnet's, or whose devnet runs", async () => {
    const refusalOf = (folder: string) => dumpFolder(folder).then(() => "", String);
    expect(await refusalOf(root))
      .to.contain("is no data directory of a devnet")
      .and.to.contain("l1.jsonl is missing");
    const running = await openL1Journal(join(data, "l1.jsonl"));
    try {
      expect(await refusalOf(data)).to.contain("is in use by another process; of a devnet that runs");
    } finally {
      running.close();
    }
  }).timeout(20_000);
});
