import { expect } from "chai";
import fc from "fast-check";
import { openStateView } from "../../../src/ethereum/index.ts";
import { Phase, prepareMachine } from "../../../src/machine/index.ts";
import { MINIMUM_BASE_FEE } from "../../../src/rollup/index.ts";
import { createHistory } from "../../machine/chain/history.ts";
import type { HistoryOptions } from "../../machine/chain/history.ts";
import { HISTORIES } from "../../machine/chain/histories.ts";
import { runProving } from "../../machine/chain/run-history.ts";
import { deployChainProver, stepsOf } from "./chain-prover.ts";
import type { ChainProver, ChainStep } from "./chain-prover.ts";
import { DESTROYED, MESSAGE_HISTORIES, anyMessages } from "./message-histories.ts";
import { alteredWitnesses } from "./transaction-steps.ts";

/** Phases whose step opens something of the chain or of L1, or is different in a chain. */
const OF_BLOCKS_AND_MESSAGES: readonly Phase[] = [
  Phase.BeginBlock,
  Phase.Message,
  Phase.Transaction,
  Phase.EndBlock,
  Phase.CountCalldata,
  Phase.DecodeHeader,
  Phase.Validate,
  Phase.Settle,
  Phase.Flush,
  Phase.EndTransaction,
  Phase.ReadBlockHead,
  Phase.OpenBlock,
  Phase.EnterBlock,
  Phase.ReadTransaction,
  Phase.Mint,
  Phase.Refund,
  Phase.WriteContext,
  Phase.EndMessage,
  Phase.CreditFees,
  Phase.SealBlock,
];

describe("the units of a chain on-chain", function () {
  this.timeout(1_200_000);
  let prover: ChainProver;
  const taken = new Set<Phase>();

  before(async () => {
    await prepareMachine();
    prover = await deployChainProver();
  });

  /** Blocks as the engine of the node makes them; and every step, but of blobs without a proof, as on-chain. */
  const agree = async (options: HistoryOptions): Promise<void> => {
    const history = await createHistory(options);
    expect(runProving(history).blocks).to.eql(history.blocks.flat().map(({ hash }) => hash));
    const steps = stepsOf(history).filter(({ phase }) => phase !== Phase.ReadElement);
    for (const { phase } of steps) taken.add(phase);
    await prover.verify(steps, await prover.inputOf(history));
  };

  describe("come to the state the machine comes to, step by step", () => {
    for (const [name, options] of Object.entries({ ...HISTORIES, ...MESSAGE_HISTORIES }))
      it(name, async () => agree(options));

    it("in histories that are what they are called", async () => {
      const blocksOf = async (name: string) => (await createHistory(MESSAGE_HISTORIES[name]!)).blocks.flat();
      const depositsOf = async (name: string) =>
        (await blocksOf(name)).flatMap(({ transactions, receipts }) =>
          receipts.filter((_, index) => transactions[index]!.kind === "deposit"),
        );
      const [succeeded] = await depositsOf("a deposit that succeeds and logs, its rest for another");
      expect([succeeded?.status, succeeded?.logs.length]).to.eql([1, 1]);
      const failed = await depositsOf("a deposit that reverts, and one that takes all its gas");
      expect(failed.map(({ status }) => status)).to.eql([0, 0]);
      expect(failed.map(({ gasUsed }) => gasUsed === 100_000n)).to.eql([false, true]);
      for (const { status, gasUsed } of await depositsOf("deposits that are not valid"))
        expect([status, gasUsed]).to.eql([0, 0n]);
      for (const { status, gasUsed } of await depositsOf("deposits that run nothing"))
        expect([status, gasUsed]).to.eql([1, 0n]);

      const destroyed = await createHistory(
        MESSAGE_HISTORIES["a rest for a contract that was destroyed in the same transaction"]!,
      );
      const last = destroyed.blocks.flat().at(-1)!;
      const account = openStateView(destroyed.state, last.header.stateRoot).getAccount(DESTROYED);
      expect(account?.nonce).to.equal(0n);
      expect(account !== undefined && account.balance > 9n).to.equal(true);

      const raised = await blocksOf("a base fee above the floor, for transactions alone");
      expect(raised.at(-1)!.header.baseFeePerGas > 2n * MINIMUM_BASE_FEE).to.equal(true);
      const [, beyond] = await blocksOf("deposits that use more than the gas limit of their block");
      expect([beyond?.header.gasLimit, beyond?.header.gasUsed]).to.eql([3n * 2n ** 24n, 3n * 2n ** 24n]);
      const sent = await blocksOf("messages to L1, and fees that are withdrawn");
      expect(new Set(sent.map(({ header }) => header.outboxRoot)).size).to.equal(3);
    });

    it("whatever the messages are", async () => {
      await fc.assert(fc.asyncProperty(anyMessages, agree), { numRuns: 8 });
    });

    it("with steps of every phase of blocks and messages", () => {
      expect(OF_BLOCKS_AND_MESSAGES.filter((phase) => !taken.has(phase))).to.eql([]);
    });
  });

  it("go on with a start in the next trace, if a unit were longer than traces of 2^4 steps", async () => {
    const history = await createHistory(HISTORIES["messages of every kind"]!);
    const steps: ChainStep[] = [];
    let longest = 0;
    runProving(history, (unit) => {
      for (let index = 0; !unit.isDone(); index++) {
        const { phase } = unit.machine;
        const step = unit.prove();
        // The first step of every trace.
        if (index % 2 ** 4 === 0) steps.push({ ...step, kind: "start", phase, next: unit.machine.phase });
        longest = Math.max(longest, index);
      }
    });
    expect(longest).to.be.above(2 * 2 ** 4);
    await prover.verify(steps, await prover.inputOf(history));
  });

  it("come to no other state with another witness", async () => {
    const kinds = new Map<string, { readonly step: ChainStep; readonly options: HistoryOptions }>();
    const histories = [HISTORIES["messages of every kind"]!, HISTORIES["transactions, valid and not"]!];
    let refused = 0;
    for (const options of histories) {
      const history = await createHistory(options);
      const input = await prover.inputOf(history);
      for (const step of stepsOf(history)) {
        const { phase, next, witness, before, kind } = step;
        if (!OF_BLOCKS_AND_MESSAGES.includes(phase) || kinds.has(`${phase} to ${next}`)) continue;
        kinds.set(`${phase} to ${next}`, { step, options });
        const altered = [...alteredWitnesses(witness)].map(({ what, witness: other }) => ({
          what,
          kind,
          before,
          witness: other,
        }));
        const outcomes = await prover.take(altered, input);
        for (const [index, { isSuccess, data }] of outcomes.entries()) {
          if (isSuccess) expect(data, `phase ${phase} to ${next}, ${altered[index]!.what}`).to.equal(step.after);
          else refused++;
        }
      }
    }
    expect(kinds.size).to.be.greaterThan(30);
    expect(refused).to.be.greaterThan(1_000);
  });
});
