import { followClaims, tipOf } from "../claims/index.ts";
import { createExclusiveRunner, createLastingFailure, createStepLoop } from "../concurrency/index.ts";
import { errorText, isConnectionClosed, readNextTimestamp } from "../l1/index.ts";
import type { Instruments } from "../primitives/index.ts";
import { advanceConfirmed } from "./confirming.ts";
import { openContext } from "./context.ts";
import type { ProposerContext } from "./context.ts";
import { ProposerError } from "./errors.ts";
import { propose } from "./proposing.ts";
import { settleTransactions } from "./sending.ts";
import type { Proposer, ProposerOptions, ProposerStep } from "./types.ts";

/** Opens the proposer on its records, without touching the network. */
export function createProposer(options: ProposerOptions, instruments: Instruments): Proposer {
  const context = openContext(options, instruments);
  const { state, watch, events, log } = context;
  const exclusive = createExclusiveRunner();
  const failure = createLastingFailure("the proposer could not go on");
  let lastError = "";
  const loop = createStepLoop({
    interval: options.pollingInterval ?? 12,
    step: async () => {
      await exclusive(() => step(context));
      lastError = "";
      failure.succeeded();
      return false;
    },
    onError: (error) => {
      const text = error instanceof ProposerError ? error.message : errorText(error);
      if (text !== lastError) log.error({ error: text }, "the proposer cannot go on");
      lastError = text;
      failure.failed(text);
    },
    endsLoop: isConnectionClosed,
  });
  return {
    step: () => exclusive(() => step(context)),
    tip: () => tipOf(state.path),
    wrongClaims: () => watch.wrongClaims(),
    problems: () => failure.problems(),
    onWrongClaim(listener) {
      events.on("wrong", listener);
      return () => events.off("wrong", listener);
    },
    start: loop.start,
    stop: loop.stop,
  };
}

/**
 * One pass:
 *
 * 1. the path of right claims is followed to its tip, which must not have lost;
 * 2. the claims of others are judged;
 * 3. nothing is sent while an earlier transaction is on its way;
 * 4. a bond that cannot move on is taken back, or a claim confirmed, or else the next is proposed.
 */
async function step(context: ProposerContext): Promise<ProposerStep> {
  const { client, state, reader, states, claims, metrics, log } = context;
  await checkRollup(context);
  const head = await client.getBlock({ blockTag: "latest" });
  const tip = await followClaims(state.path, {
    reader,
    states,
    claims,
    keep(path) {
      state.path = path;
    },
    onVanished: (claim) => log.warn({ claim }, "L1 no longer knows a claim"),
  });
  if (tip.onL1.status === "forfeited") throw new ProposerError({ kind: "claim-lost", claim: tip.claim });
  if (tip.onL1.status === "unknown") throw new Error(`L1 does not know the genesis claim ${tip.claim.claimId}`);
  metrics.tipBatchCount.set(tip.claim.batchCount);
  await tryToScanClaims(context, Number(head.number));
  const waiting = await settleTransactions(context, Number(head.number));
  if (waiting !== undefined) return { kind: "waiting-for-transaction", purpose: waiting };
  const timestamp = await readNextTimestamp(client, head);
  const l1 = { number: Number(head.number), timestamp, baseFeePerGas: head.baseFeePerGas ?? 0n };
  const advanced = await advanceConfirmed(context, timestamp);
  if (advanced !== undefined) return advanced;
  if (context.answersOnly)
    return tip.onL1.children === "none" ? { kind: "nothing-to-answer" } : propose(context, tip, l1);
  return context.retiring ? { kind: "retiring" } : propose(context, tip, l1);
}

/** Once for a process. @throws ProposerError `genesis-mismatch` */
async function checkRollup({ reader, states, state }: ProposerContext): Promise<void> {
  if (state.isRollupChecked) return;
  const expected = states.genesis.claimId;
  const actual = await reader.genesisClaim();
  if (actual !== expected) throw new ProposerError({ kind: "genesis-mismatch", expected, actual });
  state.isRollupChecked = true;
}

/** An endpoint that gives no logs keeps the proposer from finding wrong claims, but not from proposing and confirming. */
async function tryToScanClaims({ watch, scanTrouble, log }: ProposerContext, l1Number: number): Promise<void> {
  try {
    await watch.scan(l1Number);
    scanTrouble.over();
  } catch (error) {
    if (isConnectionClosed(error)) throw error;
    const text = errorText(error);
    scanTrouble.report(text, (again) => {
      log.error(
        { error: text, ...again },
        "claims of others could not be read from L1; they are read at the next step",
      );
    });
  }
}
