import { expect } from "chai";
import { createClient, custom, parseEther } from "viem";
import type { Client, Hash, Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createClaimsView, createOwnTraces } from "../../src/claims/index.ts";
import { createPublicActionsL1, createWalletActionsL1, parseRollup, walletSender } from "../../src/client/index.ts";
import { OnestepError } from "../../src/client/index.ts";
import type { OnestepProblem } from "../../src/client/index.ts";
import { createRollupFixture, DAY, HOUR } from "../batcher/rollup-fixture.ts";
import type { RollupFixture } from "../batcher/rollup-fixture.ts";
import { postAndClaim } from "../claims/post-and-claim.ts";
import { KEYS } from "../l1-transactions/l1-fixture.ts";
import { createTestDisk } from "../l1-transactions/memory-record-store.ts";

const account = privateKeyToAccount(KEYS[2]!);

describe("What a user does on L1 without the operator", () => {
  let rollup: RollupFixture;
  let l1: ReturnType<typeof open>;

  beforeEach(async () => {
    rollup = await createRollupFixture();
    l1 = open();
  });
  afterEach(() => rollup.close());

  const request = ({ method, params }: { method: string; params?: readonly unknown[] }) =>
    rollup.l1.rpc(method, ...(params ?? []));

  function open() {
    const client = createClient({ account, transport: custom({ request }) });
    const known = parseRollup(rollup.config);
    return { ...createPublicActionsL1(client, known), ...createWalletActionsL1(client, walletSender(client), known) };
  }

  async function problemOf(asked: Promise<unknown>): Promise<OnestepProblem | undefined> {
    try {
      await asked;
    } catch (error) {
      if (error instanceof OnestepError) return error.problem;
      throw error;
    }
    return undefined;
  }

  it("forces a message in once it is overdue, with all before it, and is told when that is, or that it is done", async () => {
    const to = account.address;
    const [first] = await l1.getMessages({ hash: await l1.depositEther({ value: 1n }) });
    const sent = await l1.sendMessage({ to, mint: parseEther("0.1"), gasLimit: 100_000n, data: "0x1234" });
    const [second] = await l1.getMessages({ hash: sent });
    expect([first!.kind, second!.index - first!.index]).to.eql(["deposit", 1]);

    const early = await problemOf(l1.forceInclude({ index: second!.index }));
    const forceableAt = second!.enqueuedAt + 12 * HOUR + 1;
    expect(early).to.include({ kind: "not-overdue", index: second!.index, forceableAt });
    expect(await l1.getForcingStatus({ index: first!.index })).to.include({ status: "waiting" });
    // L1 mines nothing meanwhile: its clock goes on all the same.
    await rollup.l1.increaseTime(forceableAt - (await l1.getL1Timestamp()) + 1);
    expect(await l1.getForcingStatus({ index: second!.index })).to.include({ status: "overdue", forceableAt });

    await l1.forceInclude({ index: second!.index });
    for (const { index } of [first!, second!]) {
      expect(await l1.getForcingStatus({ index })).to.include({ status: "included" });
      expect(await problemOf(l1.forceInclude({ index }))).to.eql({ kind: "already-included", index });
    }
    // Forcing puts a context behind them, which can be forced too, by its opening.
    const context = await l1.getForcingStatus({ index: second!.index + 1 });
    if (context.status === "included") throw new Error("nobody has read it");
    expect(context.message.kind).to.equal("context");
    await rollup.l1.increaseTime(12 * HOUR + 2);
    await l1.forceInclude({ index: context.index });
    expect(await l1.getForcingStatus({ index: context.index })).to.include({ status: "included" });
    expect(await problemOf(l1.getForcingStatus({ index: 99 }))).to.eql({ kind: "unknown-message", message: 99 });
  });

  it("pays for a message's gas by burning, where the bucket is empty, without being told", async () => {
    const to = account.address;
    for (let gas = 0n; gas < rollup.config.parameters.depositGasCapacity; gas += 15_000_000n) {
      await l1.sendMessage({ to, gasLimit: 15_000_000n });
    }
    const [message] = await l1.getMessages({ hash: await l1.sendMessage({ to, gasLimit: 12_000_000n }) });
    expect(message!.kind).to.equal("deposit");
  });

  it("confirms the claims that a withdrawal waits for, in their order, also if a proposer is faster with one", async () => {
    await postAndClaim(rollup);
    await postAndClaim(rollup);
    const view = createClaimsView({
      chain: rollup.chain,
      client: rollup.l1.client,
      records: createTestDisk().open(),
      traces: createOwnTraces(rollup.traces, 32),
    });
    await rollup.l1.increaseTime(7 * DAY);
    await rollup.l1.mine();
    const { unconfirmed, claim, l1Timestamp } = await view.standingOfBatch(1);
    expect(unconfirmed.map(({ status }) => status)).to.eql(["confirmable", "confirmable"]);
    const withdrawal = {
      index: 0,
      sender: account.address,
      target: account.address,
      value: "1",
      minimumGas: "0",
      data: "0x",
    };
    const status = {
      ...{ status: "confirmable", l1Timestamp, executableAt: l1Timestamp, claim, unconfirmed },
      ...{ blockNumber: 1, transactionHash: `0x${"11".repeat(32)}`, withdrawal },
    };
    // A node that knows of a withdrawal which was never sent: what it is confirmed by is real, and L1 would not pay it.
    const proof = { withdrawal, opening: { ...claim, status: undefined }, proof: [], claim };
    const l2: Client = createClient({
      transport: custom({
        request: ({ method }: { method: string }) =>
          Promise.resolve(method === "rollup_getWithdrawalStatus" ? status : proof),
      }),
    });
    const [first] = unconfirmed;
    await l1.confirmClaim(first!);
    const sent: (readonly [what: string, hash: Hash])[] = [];
    const onSent = (what: string, hash: Hex): void => void sent.push([what, hash]);
    const refused = await problemOf(l1.finalizeWithdrawal({ index: 0, l2, onSent, pollingInterval: 10 }));
    expect(
      sent.map(([what]) => what),
      "the first was confirmed already",
    ).to.eql(["confirm"]);
    expect((await view.standingOfBatch(1)).unconfirmed).to.eql([]);
    expect(refused).to.include({ kind: "refused", errorName: "ClaimNotConfirmed" });
  });
});
