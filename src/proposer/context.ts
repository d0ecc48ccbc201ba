import type { EventEmitter } from "node:events";
import {
  createClaimReader,
  createClaimWatch,
  createOwnStates,
  createOwnTraces,
  createProposalLog,
  createProposalReader,
  createTracedClaims,
} from "../claims/index.ts";
import type {
  Claim,
  ClaimPath,
  ClaimReader,
  ClaimWatch,
  OwnStates,
  OwnTraces,
  RightClaims,
  WrongClaim,
} from "../claims/index.ts";
import { createTroubleReporter } from "../l1/index.ts";
import type { L1Client, TransactionManager, TroubleReporter } from "../l1/index.ts";
import type { Chain } from "../node/index.ts";
import { createEvents } from "../primitives/index.ts";
import type { Instruments, Logger } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { MetricsOf } from "../metrics/index.ts";
import type { ProposerOptions } from "./types.ts";

/** What a proposer knows beside what is on disk; gone with the process. */
export interface ProposerState {
  /** From a claim with nothing left to do (confirmed, its bond gone or waiting for a child) to the tip. */
  path: ClaimPath;
  /** Whether L1 was found to have this node's genesis claim. */
  isRollupChecked: boolean;
}

/** What the parts of a proposer work on. */
export interface ProposerContext {
  readonly chain: Chain;
  readonly client: L1Client;
  readonly transactions: TransactionManager;
  readonly records: RecordStore;
  /** Least seconds of L1 time between a claim and its child. */
  readonly interval: number;
  readonly depth: "finalized" | number;
  readonly retiring: boolean;
  readonly answersOnly: boolean;
  readonly reader: ClaimReader;
  readonly states: OwnStates;
  readonly traces: OwnTraces;
  readonly claims: RightClaims;
  readonly watch: ClaimWatch;
  readonly scanTrouble: TroubleReporter;
  /** Why a claim that is due cannot be proposed for now. */
  readonly proposalTrouble: TroubleReporter;
  readonly state: ProposerState;
  readonly events: EventEmitter<{ wrong: [claim: WrongClaim] }>;
  readonly metrics: MetricsOf<"proposer">;
  readonly log: Logger;
}

const CHECKPOINT_KEY = "checkpoint";

/** Opens the records, without touching the network. */
export function openContext(options: ProposerOptions, { logger, metrics: registry }: Instruments): ProposerContext {
  const { chain, client, transactions, records } = options;
  const { config } = chain;
  const log = logger.child({ component: "proposer" });
  const metrics = registerMetrics(registry, "proposer");
  const events = createEvents<{ wrong: [claim: WrongClaim] }>("proposer", { logger: log });
  const states = createOwnStates(chain);
  const traces = createOwnTraces(options.traces, config.parameters.claimTraceHeight);
  const proposals = createProposalLog({
    readProposals: createProposalReader(client, config.contracts.stateCommitmentChain, options.logRange ?? 5000),
    startBlock: config.l1StartBlock,
    records,
  });
  const watch = createClaimWatch({
    log: proposals,
    states,
    traces,
    rewindCount: () => chain.inbox.rewindCount(),
    records,
    onWrong(claim) {
      log.error({ claim }, "a wrong claim was proposed; it must be disputed before its challenge period ends");
      metrics.wrongClaims.inc();
      events.emit("wrong", claim);
    },
  });
  return {
    chain,
    client,
    transactions,
    records,
    interval: options.interval ?? 3600,
    depth: options.depth ?? "finalized",
    retiring: options.retiring ?? options.answersOnly ?? false,
    answersOnly: options.answersOnly ?? false,
    reader: createClaimReader(client, config.contracts),
    states,
    traces,
    claims: createTracedClaims(states, traces),
    watch,
    scanTrouble: createTroubleReporter(),
    proposalTrouble: createTroubleReporter(),
    state: { path: [records.get<Claim>(CHECKPOINT_KEY) ?? states.genesis], isRollupChecked: false },
    events,
    metrics,
    log,
  };
}

/** Has the path begin at a later claim of it, also after a restart. */
export async function movePathBegin({ records, state }: ProposerContext, position: number): Promise<void> {
  const [first, ...rest] = state.path.slice(position);
  if (first === undefined)
    throw new RangeError(`expected a position in a path of ${state.path.length} claims, got ${position}`);
  state.path = [first, ...rest];
  await records.put(CHECKPOINT_KEY, first);
}
