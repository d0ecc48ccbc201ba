import { readFile, readdir } from "node:fs/promises";
import { expect } from "chai";
import { abiFolder, generateAbiFiles } from "../../scripts/export-abi.ts";

describe("exported ABIs", () => {
  it("are those of the compiled contracts (run `npm run export-abi` if not)", async () => {
    const expected = await generateAbiFiles();
    expect((await readdir(abiFolder)).sort()).to.eql([...expected.keys()].sort());
    for (const [name, source] of expected) {
      expect((await readFile(abiFolder + name, "utf8")) === source, `${name} is stale`).to.equal(true);
    }
  });
});
