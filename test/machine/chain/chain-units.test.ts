import { expect } from "chai";
import { createHistory } from "./history.ts";
import { HISTORIES } from "./histories.ts";
import { runFast, runProving } from "./run-history.ts";

describe("The units of a chain", () => {
  for (const [name, options] of Object.entries(HISTORIES)) {
    it(`come by the same boundaries at once and step by step, and by the blocks of the engine: ${name}`, async () => {
      const history = await createHistory(options);
      const fast = runFast(history);
      const proving = runProving(history);
      expect(fast.blocks).to.eql(history.blocks.flat().map(({ hash }) => hash));
      expect(proving.boundaries).to.eql(fast.boundaries);
      expect(proving.blocks).to.eql(fast.blocks);
    });
  }
});
