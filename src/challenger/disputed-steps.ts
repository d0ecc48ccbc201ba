import { ZERO_HASH } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import { TraceUnavailableError } from "../traces/index.ts";
import type { ExplainedStep, TraceProvider } from "../traces/index.ts";
import { describeSpan, reportSpan, rivaledPositions } from "./dispute-report.ts";
import type { ReportedRival } from "./dispute-report.ts";
import type { DisputeState, DisputedClaim, RecordedPosition } from "./dispute-state.ts";
import type { StateBefore } from "./moves.ts";
import { UnitBusyError, unlessBusy } from "./own-claims.ts";
import type { Position } from "./position.ts";

/** A step that rivals claim different results of, with what L1's prover takes to decide between them. */
export interface DisputedStep {
  readonly parentId: Hash;
  /** The batches that are claimed about: from `fromBatch` to before `toBatch`. */
  readonly fromBatch: number;
  readonly toBatch: number;
  readonly positionId: Hash;
  readonly position: Position;
  /** Index of the unit in the claim. */
  readonly unit: number;
  /** In the order in which they were recorded. */
  readonly rivals: readonly (ReportedRival & { readonly isRight: boolean })[];
  /** The states that were proven on L1. */
  readonly proven: readonly Hash[];
  /** Opens the position's prefix to the state before the step. */
  readonly opening: StateBefore;
  readonly explained: ExplainedStep;
  /** The last L1 block of which events of disputes are known. */
  readonly l1BlockNumber: number;
}

/** Why a disputed step cannot be given, in words that name what was asked for. */
export class NoDisputedStepError extends Error {
  override readonly name = "NoDisputedStepError";
}

/** Looks into the steps that disputes come down to. */
export interface DisputedSteps {
  /**
   * The step that the dispute about the children of a claim is narrowed to, or that at a position of it, which is to be said
   * where there are several. Runs the unit, one at a time and on a thread of its own, which takes minutes if it has many steps.
   * @throws NoDisputedStepError; UnitBusyError if it takes long, or another is being run: it is to be asked for again
   */
  find(parentId: Hash, positionId?: Hash): Promise<DisputedStep>;
  /** Ends what is being run. */
  close(): Promise<void>;
}

export interface DisputedStepsOptions {
  readonly state: () => DisputeState;
  /** The state hash this node derived after so many batches; undefined if it has derived fewer. */
  readonly stateHashAt: (batchCount: number) => Hash | undefined;
  /** Changes whenever L1 takes back something of the Inbox. */
  readonly rewindCount: () => number;
  /** Traces that nobody else waits for: a challenger's own must not wait for whoever asks here. Closed when nobody does any more. */
  readonly openTraces: () => Pick<TraceProvider, "openClaim" | "close">;
  /** Seconds to wait for a unit; default 5. */
  readonly patience?: number;
  /** Seconds after an answer in which the next may use the same traces: they take memory, and a while to open; default 30. */
  readonly idleTime?: number;
}

/** What was found of steps that is kept, at most 100,000 bytes each, the witness. */
const KEPT_STEPS = 16;
/** Steps that an error names, where there are several. */
const NAMED_STEPS = 8;

/** Where a disputed step stands. */
interface Place {
  readonly parent: DisputedClaim;
  readonly unit: RecordedPosition;
  readonly step: RecordedPosition;
}

type Found = Pick<DisputedStep, "opening" | "explained">;

export function createDisputedSteps(options: DisputedStepsOptions): DisputedSteps {
  const { state, rewindCount, openTraces, patience = 5, idleTime = 30 } = options;
  const kept = new Map<Hash, Found>();
  let rewinds = rewindCount();
  let running: { readonly id: Hash; readonly unit: number; readonly found: Promise<Found> } | undefined;
  let opened: ReturnType<DisputedStepsOptions["openTraces"]> | undefined;
  let idle: NodeJS.Timeout | undefined;

  async function closeTraces(): Promise<void> {
    clearTimeout(idle);
    const traces = opened;
    opened = undefined;
    await traces?.close();
  }

  function start(place: Place): Promise<Found> {
    clearTimeout(idle);
    opened ??= openTraces();
    const { id } = place.step;
    const begun = rewinds;
    const found = explainStep(place, opened)
      .then((one) => {
        if (kept.size >= KEPT_STEPS) kept.clear();
        if (begun === rewindCount()) kept.set(id, one);
        return one;
      })
      .finally(() => {
        running = undefined;
        idle = setTimeout(() => void closeTraces(), idleTime * 1_000);
        idle.unref();
      });
    // Where nobody waits for it any more.
    found.catch(() => undefined);
    running = { id, unit: place.unit.position.start, found };
    return found;
  }

  return {
    async find(parentId, positionId) {
      if (rewinds !== rewindCount()) kept.clear();
      rewinds = rewindCount();
      const place = findPlace(state(), parentId, positionId);
      requireRightParent(place.parent, options);
      const unit = place.unit.position.start;
      let found = kept.get(place.step.id);
      if (found === undefined) {
        if (running !== undefined && running.id !== place.step.id) throw new UnitBusyError(running.unit);
        found = await unlessBusy(running?.found ?? start(place), unit, patience);
      }
      return describe(state(), place, found);
    },
    close: closeTraces,
  };
}

/** @throws NoDisputedStepError */
function findPlace(state: DisputeState, parentId: Hash, positionId: Hash | undefined): Place {
  const parent = state.claims.get(parentId);
  const children = state.children.get(parentId) ?? [];
  if (parent === undefined || children.length < 2) {
    throw new NoDisputedStepError(`there is no dispute about the children of ${parentId}`);
  }
  const rivaled = rivaledPositions(state).get(parentId) ?? [];
  const steps = rivaled.filter(({ position }) => position.level === "unit" && position.height === 0);
  const wanted = positionId === undefined ? steps : steps.filter(({ id }) => id === positionId);
  const [step, ...others] = wanted;
  if (steps.length === 0) {
    const [smallest] = rivaled;
    const narrowed =
      smallest === undefined ? "not narrowed yet" : `narrowed to ${describeSpan(reportSpan(state, smallest))}`;
    throw new NoDisputedStepError(
      `the dispute about the children of ${parentId} has come to no step: it is ${narrowed}`,
    );
  }
  if (step === undefined) {
    throw new NoDisputedStepError(
      `the dispute about the children of ${parentId} has no disputed step at position ${positionId}; ${nameSteps(state, steps)}`,
    );
  }
  if (others.length > 0) {
    throw new NoDisputedStepError(
      `the dispute about the children of ${parentId} is narrowed to ${steps.length} steps, of which one is to be chosen by its position; ${nameSteps(state, steps)}`,
    );
  }
  const unit = state.positions.get(step.position.context);
  if (unit === undefined) throw new Error(`expected the unit ${step.position.context} of a step to be recorded`);
  return { parent, unit, step };
}

function nameSteps(state: DisputeState, steps: readonly RecordedPosition[]): string {
  const named = steps.slice(0, NAMED_STEPS).map((step) => {
    const { positionId, unit, start } = reportSpan(state, step);
    return `step ${start} of unit ${unit} at ${positionId}`;
  });
  const rest = steps.length - named.length;
  return `there are: ${named.join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}

/** @throws NoDisputedStepError */
function requireRightParent({ claimId, batchCount, stateHash }: DisputedClaim, options: DisputedStepsOptions): void {
  const own = options.stateHashAt(batchCount);
  if (own === undefined) {
    throw new NoDisputedStepError(`this node has not derived the ${batchCount} batches of claim ${claimId} yet`);
  }
  if (own !== stateHash) {
    throw new NoDisputedStepError(
      `claim ${claimId}, whose children are disputed, is itself wrong by what this node derived: it has no trace of them`,
    );
  }
}

/** @throws NoDisputedStepError */
async function explainStep({ parent, unit, step }: Place, traces: Pick<TraceProvider, "openClaim">): Promise<Found> {
  const requireOwn = (prefix: Hash, { id, position }: RecordedPosition, what: string): void => {
    if (prefix === position.prefix) return;
    throw new NoDisputedStepError(
      `position ${id} (${what} ${position.start}) is past states that are wrong by what this node derived: it has no step from them`,
    );
  };
  try {
    const claim = await traces.openClaim({ fromBatch: parent.batchCount, toBatch: parent.nextBatchCount });
    requireOwn(await claim.prefix(unit.position.start), unit, "unit");
    const opened = await claim.openUnit(unit.position.start);
    const { start, prefix } = step.position;
    requireOwn(await opened.prefix(start), step, "step");
    const opening = start === 0 ? { state: prefix, prefix: ZERO_HASH, siblings: [] } : await opened.openPrefix(start);
    return { opening, explained: await opened.explain(start) };
  } catch (error) {
    if (error instanceof TraceUnavailableError) throw new NoDisputedStepError(error.message);
    throw error;
  }
}

function describe(state: DisputeState, { parent, unit, step }: Place, { opening, explained }: Found): DisputedStep {
  const { rivals, proven } = reportSpan(state, step);
  return {
    parentId: parent.claimId,
    fromBatch: parent.batchCount,
    toBatch: parent.nextBatchCount,
    positionId: step.id,
    position: step.position,
    unit: unit.position.start,
    rivals: rivals.map((rival) => ({ ...rival, isRight: rival.root === explained.proven.after })),
    proven,
    opening,
    explained,
    l1BlockNumber: state.last?.blockNumber ?? 0,
  };
}
