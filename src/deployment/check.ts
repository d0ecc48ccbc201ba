import type { Address, Hex } from "../primitives/index.ts";

/** Something compared: texts of the values, which are equal if all is well. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
}

/** Things compared that belong together. */
export interface CheckedSubject {
  /** Name of the contract, or of what else was looked at. */
  readonly subject: string;
  readonly address?: Address;
  readonly checks: readonly Check[];
}

export function isEqual({ expected, actual }: Check): boolean {
  return expected === actual;
}

/** One line for everything that is not what it should be: `Inbox OPERATOR: expected 0x…, is 0x…`. */
export function differencesOf(subjects: readonly CheckedSubject[]): readonly string[] {
  return subjects.flatMap(({ subject, checks }) =>
    checks
      .filter((check) => !isEqual(check))
      .map(({ what, expected, actual }) => `${subject} ${what}: expected ${expected}, is ${actual}`),
  );
}

/** As the checks print values: numbers in decimal, bytes as hex. */
export function check(what: string, expected: Value, actual: Value): Check {
  return { what, expected: String(expected), actual: String(actual) };
}

export type Value = Hex | bigint | number | string;
