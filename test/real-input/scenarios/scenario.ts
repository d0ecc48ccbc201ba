import type { Client } from "../client.ts";

/** One real-world use of published contracts; `run` deploys them, uses them, and asserts on what users would see. */
export interface Scenario {
  readonly name: string;
  run(client: Client): Promise<void>;
}

/** A deadline no run of the suite reaches, in seconds. */
export const FAR_FUTURE = 4_000_000_000n;

/** Asserts with both values named, for numbers of any client library. */
export function expectEqual(actual: bigint | number | string, expected: bigint | number | string, what: string): void {
  const [a, e] = [actual, expected].map((value) => String(value).toLowerCase());
  if (a !== e) throw new Error(`${what}: expected ${e}, got ${a}`);
}

export function expectTrue(condition: boolean, what: string): void {
  if (!condition) throw new Error(`expected: ${what}`);
}

export const ether = (amount: number): bigint => BigInt(Math.round(amount * 1e6)) * 10n ** 12n;
