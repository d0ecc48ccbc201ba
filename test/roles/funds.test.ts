import { expect } from "chai";
import { parseEther } from "viem";
import type { L1TransactionStatus, L1TransactionTrouble } from "../../src/l1/index.ts";
import { fundsProblems } from "../../src/roles/index.ts";

const pending: Extract<L1TransactionStatus, { readonly kind: "pending" }> = {
  ...{ kind: "pending", purpose: "batch/7", nonce: 7, cancelling: false, hashes: [], trouble: undefined },
};

describe("A role whose account runs out of ETH", () => {
  it("says which, what it has and what it needs, and nothing while it can pay", () => {
    expect(fundsProblems("batcher", [])).to.eql([]);
    expect(fundsProblems("batcher", [pending])).to.eql([]);
    const account = "0x00000000000000000000000000000000000000aa";
    const trouble: L1TransactionTrouble = {
      kind: "insufficient-funds",
      account,
      balance: parseEther("0.01"),
      required: parseEther("0.25"),
    };
    expect(fundsProblems("batcher", [pending, { ...pending, trouble }])).to.eql([
      `the batcher waits for ETH: its account ${account} has 0.01 ETH on L1, its next transaction may cost 0.25`,
    ]);
  });
});
