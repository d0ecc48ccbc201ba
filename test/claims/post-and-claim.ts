import { expect } from "chai";
import { createBatcher } from "../../src/batcher/index.ts";
import { createTransactionManager } from "../../src/l1/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { createProposer } from "../../src/proposer/index.ts";
import { OPERATOR_KEY, OTHER_KEY } from "../batcher/rollup-fixture.ts";
import type { RollupFixture } from "../batcher/rollup-fixture.ts";
import { createTestInstruments } from "../l1-transactions/l1-fixture.ts";
import { createTestDisk } from "../l1-transactions/memory-record-store.ts";

/** An account that sends on the L1 of a fixture. */
export function openTransactions({ l1 }: Pick<RollupFixture, "l1">, privateKey: Hash) {
  return createTransactionManager(
    { client: l1.client, chainId: 31337, privateKey, records: createTestDisk().open() },
    createTestInstruments(),
  );
}

/** Posts a batch and claims the state after it. */
export async function postAndClaim(rollup: RollupFixture): Promise<void> {
  const { chain, l1 } = rollup;
  const batches = await openTransactions(rollup, OPERATOR_KEY);
  const common = { chain, client: l1.client };
  const batcher = createBatcher(
    { ...common, transactions: batches, records: createTestDisk().open(), dataKind: "calldata" },
    createTestInstruments(),
  );
  await rollup.addBlock();
  await batcher.postNow();
  await batches.step();
  await l1.mine();
  await rollup.follow();
  const claims = await openTransactions(rollup, OTHER_KEY);
  const proposer = createProposer(
    { ...common, traces: rollup.traces, transactions: claims, records: createTestDisk().open(), interval: 0 },
    createTestInstruments(),
  );
  expect((await proposer.step()).kind).to.equal("proposed");
  await claims.step();
}
