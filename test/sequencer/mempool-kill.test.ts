import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Hash } from "../../src/primitives/index.ts";
import { createTestNode } from "./support/test-node.ts";

describe("A sequencer killed at any moment", () => {
  it("has every acknowledged transaction in its chain or its pool when it comes back", async function () {
    this.timeout(60_000);
    const folder = await mkdtemp(join(tmpdir(), "onestep-"));
    const acknowledged = new Set<Hash>();
    for (const enough of [30, 47]) {
      const child = fork(fileURLToPath(new URL("./support/submitting-process.ts", import.meta.url)), [folder]);
      const before = acknowledged.size;
      child.on("message", (hash: Hash) => {
        acknowledged.add(hash);
        if (acknowledged.size - before >= enough) child.kill("SIGKILL");
      });
      const [, signal] = (await once(child, "exit")) as [number | null, string | null];
      expect(signal).to.equal("SIGKILL");
    }
    const node = await createTestNode({ folder });
    const mempool = await node.mempool();
    const lost = [...acknowledged].filter(
      (hash) => mempool.get(hash) === undefined && node.chain.store.getTransactionLocation(hash) === undefined,
    );
    const sequenced = [...acknowledged].filter((hash) => node.chain.store.getTransactionLocation(hash) !== undefined);
    await mempool.close();
    await node.close();
    expect(lost).to.eql([]);
    expect(acknowledged.size).to.be.at.least(77);
    expect(sequenced.length).to.be.greaterThan(0);
  });
});
