import type { Spending } from "./contest.ts";
import { sum } from "./format.ts";

/** What the honest side has to do to win, once it has claimed: its moves, the decision, and the confirmation. */
const TO_WIN: ReadonlySet<string> = new Set([
  "bisect-claim",
  "bisect",
  "open",
  "play",
  "prove",
  "cache",
  "decide",
  "confirm",
]);

/** Gas of the honest side, in three parts. */
export interface HonestGas {
  /** To claim; as much as without a dispute. */
  readonly claiming: bigint;
  readonly winning: bigint;
  /** To have bonds back and be paid. */
  readonly collecting: bigint;
}

export function honestGas(spendings: ReadonlyMap<string, Pick<Spending, "gas">>): HonestGas {
  const all = [...spendings];
  const winning = sum(all.filter(([kind]) => TO_WIN.has(kind)).map(([, { gas }]) => gas));
  const claiming = spendings.get("propose")?.gas ?? 0n;
  return { claiming, winning, collecting: sum(all.map(([, { gas }]) => gas)) - winning - claiming };
}
