import { Phase } from "../../src/machine/index.ts";

/** How often what happened; the numbers of a campaign are the sums. */
export type Figures = Map<string, number>;

/** Names of phases by their numbers. */
export const PHASE_NAMES = Object.keys(Phase);

export function addTo(figures: Figures, what: string, count = 1): void {
  figures.set(what, (figures.get(what) ?? 0) + count);
}
