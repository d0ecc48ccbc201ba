/** The parameters of a rollup that a network chooses once: delays, the bond, its speed and deposits' share of it. Seconds, wei and gas. */
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
  /** Time for which a claim must stand unrivaled. */
  readonly challengePeriod: number;
  /** Wei put up with a claim. */
  readonly claimBond: bigint;
  /** L2 gas per second of L2 time; whoever checks claims must be able to execute that much of anything. */
  readonly gasPerSecond: bigint;
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
    claimBond: 6n * 10n ** 18n,
    gasPerSecond: 5_000_000n,
  },
  /** For a network on one's own machine, where nobody waits for hours. */
  devnet: {
    forceInclusionDelay: 60,
    selfSequencingDelay: 300,
    contextInterval: 12,
    depositGasCapacity: 60_000_000n,
    depositGasPerSecond: 250_000_000n,
    challengePeriod: 20,
    claimBond: 10n ** 17n,
    gasPerSecond: 1_000_000_000n,
  },
} as const satisfies Record<string, DeploymentPreset>;

export type DeploymentPresetName = keyof typeof DEPLOYMENT_PRESETS;
