/** A precompile by Osaka's rules (https://eips.ethereum.org): a pure function of its input. */
export interface Precompile {
  /** Gas that this input costs; Infinity where nobody could pay for it. Cheap to compute, for any input. */
  gas(input: Uint8Array): number;
  /** The output, or undefined if the precompile fails on this input. To be run by who has paid for it. */
  run(input: Uint8Array): Uint8Array | undefined;
  /** Whether it takes inputs longer than `MAX_PRECOMPILE_INPUT`: identity does. */
  readonly takesAnyLength?: boolean;
  /** Gas above which it fails, in place of `MAX_PRECOMPILE_GAS`. */
  readonly maxGas?: number;
  /** Bytes of input that gas and output depend on, if not all. */
  readonly significantLength?: number;
}

/**
 * Bytes of input above which a precompile fails, identity excepted (docs/differences.md): L1 runs the same precompile to prove
 * a step, and gets its input as calldata.
 */
export const MAX_PRECOMPILE_INPUT = 65_536;

/** Gas above which a precompile fails, unless it says otherwise (docs/differences.md): L1 spends as much on proving the step. */
export const MAX_PRECOMPILE_GAS = 7_500_000;

export type PrecompileResult =
  { readonly gas: number; readonly output: Uint8Array } | { readonly failure: "out of gas" | "invalid input" };

/** Whether a precompile fails for the length of its input, where Ethereum's does not. */
export function isTooLong({ takesAnyLength }: Precompile, input: Uint8Array): boolean {
  return input.length > MAX_PRECOMPILE_INPUT && takesAnyLength !== true;
}

/** Whether a precompile fails because its input costs this gas, which Ethereum's does not. */
export function isTooDear({ maxGas = MAX_PRECOMPILE_GAS }: Precompile, gas: number): boolean {
  return gas > maxGas;
}

/** Runs a precompile that `gasLimit` gas is left for. A failure takes all of that gas. */
export function runPrecompile(precompile: Precompile, input: Uint8Array, gasLimit: number): PrecompileResult {
  if (isTooLong(precompile, input)) return { failure: "invalid input" };
  const gas = precompile.gas(input);
  if (gas > gasLimit || isTooDear(precompile, gas)) return { failure: "out of gas" };
  const output = precompile.run(input);
  return output === undefined ? { failure: "invalid input" } : { gas, output };
}
