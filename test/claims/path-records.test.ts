import { expect } from "chai";
import { openPathRecords } from "../../src/claims/path-records.ts";
import { positionOf } from "../../src/claims/claims-view.ts";
import type { Claim } from "../../src/claims/index.ts";
import { createTestDisk } from "../l1-transactions/memory-record-store.ts";
import { createSimulatedClaims, stateOf } from "./simulated-claims.ts";

describe("Path of claims on disk", () => {
  const l1 = createSimulatedClaims();
  const { genesis } = l1.states;
  const first = l1.propose(genesis, 1, 2);
  const second = l1.propose(first, 2, 3);
  const other = { ...second, claimId: stateOf(77) };

  it("is what it was last changed to", async () => {
    const disk = createTestDisk();
    const records = openPathRecords(disk.open());
    let path: Claim[] = [genesis];
    for (const next of [[genesis, first], [genesis, first, second], [genesis, first, other], [genesis]]) {
      await records.save(path, next);
      path = next;
      expect(openPathRecords(disk.open()).load()).to.eql(next.slice(1));
    }
  });

  it("has the first claim that covers a batch at its position", () => {
    const path = [0, 1, 4, 9].map((batchCount) => ({ batchCount }));
    expect([0, 1, 3, 4, 8, 9].map((index) => positionOf(path, index))).to.eql([1, 2, 2, 3, 3, 4]);
  });
});
