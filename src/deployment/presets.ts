/** The parameters of a rollup that a network chooses once: delays, bonds, its speed and deposits' share of it. Seconds, wei and gas. */
export interface DeploymentPreset {
  /** Age at which a message must be read by a batch. */
  readonly forceInclusionDelay: number;
  /** Silence of the operator after which anyone may post batches. */
  readonly selfSequencingDelay: number;
  /** Age at which the last context message is followed by another; at most half of `forceInclusionDelay`. */
  readonly contextInterval: number;
  /** L2 gas of messages that the Inbox lets in at once for no more than they cost; at least 2^24. */
  readonly depositGasCapacity: bigint;
  /** L2 gas of messages that it lets in per second: a share of `gasPerSecond`, so that others' work does not take all of it. */
  readonly depositGasPerSecond: bigint;
  /** Time for which a claim must stand unrivaled, or that it must gather in a dispute. */
  readonly challengePeriod: number;
  /** Time that an answer to a move takes at least; `challengePeriod` has room for all answers to one rival (`OTHER_MOVES`). */
  readonly minimumResponseTime: number;
  /** Wei put up with a claim. */
  readonly claimBond: bigint;
  /** Wei put up with the trace of a unit. */
  readonly unitBond: bigint;
  /** The trace of a claim covers 2^height units: what the most batches of a claim can hold fits into 32. */
  readonly claimTraceHeight: number;
  /** The trace of a unit covers 2^height steps: the longest unit fits into 25. */
  readonly unitTraceHeight: number;
  /** L2 gas per second of L2 time; whoever checks claims must be able to execute that much of anything. */
  readonly gasPerSecond: bigint;
}

/** Heights of the traces of a rollup that any batch can be posted to (docs/machine.md §12). */
export const TRACE_HEIGHTS = { claimTraceHeight: 32, unitTraceHeight: 25 } as const;

/** Moves of a dispute besides its bisections, as the contract counts them: a claim, an opening, a proof, and their decisions. */
const OTHER_MOVES = 6;

/** Least challenge period in seconds of a rollup that the contracts take: one answer to each move that a rival can force. */
export function minimumChallengePeriod({
  minimumResponseTime,
  claimTraceHeight,
  unitTraceHeight,
}: Pick<DeploymentPreset, "minimumResponseTime" | "claimTraceHeight" | "unitTraceHeight">): number {
  return (claimTraceHeight + unitTraceHeight + OTHER_MOVES) * minimumResponseTime;
}

export const DEPLOYMENT_PRESETS = {
  /** For a network that holds money. */
  production: {
    forceInclusionDelay: 12 * 3600,
    selfSequencingDelay: 24 * 3600,
    contextInterval: 600,
    depositGasCapacity: 60_000_000n,
    depositGasPerSecond: 1_250_000n,
    challengePeriod: 7 * 24 * 3600,
    minimumResponseTime: 3600,
    claimBond: 6n * 10n ** 18n,
    unitBond: 10n ** 18n,
    ...TRACE_HEIGHTS,
    gasPerSecond: 5_000_000n,
  },
  /** For a network on one's own machine, where nobody waits for hours. */
  devnet: {
    forceInclusionDelay: 60,
    selfSequencingDelay: 300,
    contextInterval: 12,
    depositGasCapacity: 60_000_000n,
    depositGasPerSecond: 250_000_000n,
    challengePeriod: 120,
    minimumResponseTime: 1,
    claimBond: 10n ** 17n,
    unitBond: 5n * 10n ** 16n,
    ...TRACE_HEIGHTS,
    gasPerSecond: 1_000_000_000n,
  },
} as const satisfies Record<string, DeploymentPreset>;

export type DeploymentPresetName = keyof typeof DEPLOYMENT_PRESETS;
