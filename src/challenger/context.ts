import { createTroubleReporter } from "../l1/index.ts";
import type { TroubleReporter } from "../l1/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { MetricsOf } from "../metrics/index.ts";
import type { Hash, Instruments, Logger } from "../primitives/index.ts";
import type { Alarm } from "./alarms.ts";
import { createDisputeLog } from "./event-log.ts";
import type { DisputeLog } from "./event-log.ts";
import { createHiddenClaims } from "./hidden-claims.ts";
import type { HiddenClaims } from "./hidden-claims.ts";
import type { Judgement } from "./judgement.ts";
import { createProverCheck } from "./prover-check.ts";
import type { ProverCheck } from "./prover-check.ts";
import { createFeeReader } from "./spending.ts";
import type { FeeReader } from "./spending.ts";
import type { ChallengerMode, ChallengerOptions, Withheld } from "./types.ts";

/** What a challenger knows beside what it reads; gone with the process. */
export interface ChallengerState {
  judgement: Judgement;
  alarms: readonly Alarm[];
  withheld: readonly Withheld[];
  /** Parents of claims whose dispute has nothing left to win; until L1 takes back something. */
  readonly settled: Set<Hash>;
  /** What the last step failed with. */
  failure: string | undefined;
}

/** What the parts of a challenger work on. */
export interface ChallengerContext {
  readonly options: ChallengerOptions;
  readonly mode: ChallengerMode;
  readonly disputes: DisputeLog;
  readonly hiddenClaims: HiddenClaims;
  readonly fees: FeeReader;
  readonly prover: ProverCheck;
  readonly withheldTrouble: TroubleReporter;
  readonly state: ChallengerState;
  readonly metrics: MetricsOf<"challenger">;
  readonly log: Logger;
}

/** Touches no network. */
export function openContext(options: ChallengerOptions, { logger, metrics: registry }: Instruments): ChallengerContext {
  const { client, contracts, parameters, startBlock, transactions } = options;
  const mode = options.mode ?? "play";
  if (mode !== "watch-only" && transactions === undefined) throw new Error(`expected transactions in mode ${mode}`);
  const log = logger.child({ component: "challenger" });
  const settled = new Set<Hash>();
  const disputes = createDisputeLog({
    client,
    contracts,
    heights: parameters,
    startBlock,
    logRange: options.logRange ?? 5_000,
    onReorganisation: (kept) => {
      settled.clear();
      log.warn({ kept }, "L1 took back what was read of disputes; they are read again from there");
    },
  });
  return {
    options,
    mode,
    disputes,
    hiddenClaims: createHiddenClaims(client, contracts.stateCommitmentChain),
    fees: createFeeReader(client),
    prover: createProverCheck(client, contracts.challengeGame),
    withheldTrouble: createTroubleReporter(),
    state: { judgement: { kind: "behind" }, alarms: [], withheld: [], settled, failure: undefined },
    metrics: registerMetrics(registry, "challenger"),
    log,
  };
}
