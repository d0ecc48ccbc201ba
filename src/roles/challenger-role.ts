import { createChallenger, createDisputedSteps, createOwnClaims, reportDisputes } from "../challenger/index.ts";
import type { Challenger, ChallengerMode, ProposeMissing, SpendingLimits } from "../challenger/index.ts";
import { createOwnStates } from "../claims/index.ts";
import type { Interval } from "../concurrency/index.ts";
import type { Hex } from "../primitives/index.ts";
import { createProposer } from "../proposer/index.ts";
import type { Proposer } from "../proposer/index.ts";
import { openTransactions } from "./l1-writing-roles.ts";
import type { RunningNode } from "./running-node.ts";

export interface ChallengerRoleOptions {
  /** Of the account that plays and puts up bonds. Undefined only with `watch-only`. */
  readonly challengerKey: Hex | undefined;
  readonly mode: ChallengerMode;
  readonly spendingLimits?: SpendingLimits | undefined;
  /** Whether a right claim that is missing beside wrong ones is left to a proposer that runs in this process. */
  readonly hasProposer: boolean;
  /** Seconds between looks at what is to be done. */
  readonly pollingInterval: Interval;
}

/** Adds the playing of disputes to a node, which follows with traces. */
export async function startChallengerRole(node: RunningNode, options: ChallengerRoleOptions): Promise<Challenger> {
  const { chain, client, config, database, traces, instruments } = node;
  const { challengerKey, mode, pollingInterval } = options;
  if (traces === undefined) throw new Error("expected a node with traces, to judge claims with");
  const { parameters, contracts } = config;
  const transactions =
    challengerKey === undefined
      ? undefined
      : await openTransactions(node, "challenger", challengerKey, pollingInterval);
  const proposer =
    transactions === undefined || options.hasProposer || mode !== "play"
      ? undefined
      : createProposer(
          {
            chain,
            client,
            traces,
            transactions,
            records: database.records("challenger/proposer"),
            interval: 0,
            answersOnly: true,
          },
          instruments,
        );
  const { stateHashAt } = createOwnStates(chain);
  const rewindCount = () => chain.inbox.rewindCount();
  const challenger = createChallenger(
    {
      client,
      contracts,
      parameters,
      startBlock: config.l1StartBlock,
      own: createOwnClaims({
        traces,
        stateHashAt,
        rewindCount,
        claimTraceHeight: parameters.claimTraceHeight,
      }),
      transactions,
      proposeMissing: proposer === undefined ? undefined : proposeWith(proposer),
      withdrawsBonds: proposer !== undefined,
      mode,
      pollingInterval,
      ...(options.spendingLimits === undefined ? {} : { spendingLimits: options.spendingLimits }),
    },
    instruments,
  );
  challenger.start();
  node.onClose("challenger", () => challenger.stop());
  node.addProblems(() => challenger.problems());
  const steps = createDisputedSteps({
    state: () => challenger.state(),
    stateHashAt,
    rewindCount,
    openTraces: () => node.openTraces(),
  });
  node.onClose("disputed steps", () => steps.close());
  node.followDisputes({
    report: () => {
      const state = challenger.state();
      const now = node.l1Timestamp() ?? state.last?.timestamp ?? 0;
      return reportDisputes(state, challenger.judgement(), parameters, now);
    },
    steps,
  });
  return challenger;
}

/** A step of a proposer that only answers. */
function proposeWith(proposer: Proposer): ProposeMissing {
  return async () => {
    const step = await proposer.step();
    return step.kind === "proposed" ? { kind: "sent" } : { kind: "not-sent", reason: `the proposer is ${step.kind}` };
  };
}
