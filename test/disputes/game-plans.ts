import { createRandomness } from "../contracts/machine/soundness/randomness.ts";
import type { Liar, SmallGame } from "./small-game.ts";
import type { Heights, Lie } from "./views.ts";

export const FOREVER = Number.POSITIVE_INFINITY;

/** A liar that plays at once, and to the end; parts can be overridden. */
export function liarOf(lie: Lie, overrides: Partial<Liar> = {}): Liar {
  return { lie, entersAt: 0, stalls: [0], crashesAfter: FOREVER, copies: false, ...overrides };
}

/** Who proposes first, and whose moves come first in a second. */
const ORDERS: readonly { readonly liar: number; readonly honest: number; readonly honestIsFirst: boolean }[] = [
  { liar: 0, honest: 0, honestIsFirst: true },
  { liar: 0, honest: 0, honestIsFirst: false },
  { liar: 0, honest: 8, honestIsFirst: true },
  { liar: 0, honest: 8, honestIsFirst: false },
  { liar: 3, honest: 0, honestIsFirst: true },
  { liar: 3, honest: 0, honestIsFirst: false },
];

/** How a liar waits: never; always a little; long once and again; nearly the whole period with its last move. */
const STALLS: readonly (readonly number[])[] = [[0], [1], [0, 4], [0, 0, 0, 0, 7]];

/** All games of one liar: every leaf at which it may leave the right course, every order, stall and crash, and every way to lie. */
export function gamesOfOneLiar(heights: Heights): SmallGame[] {
  const games: SmallGame[] = [];
  const turns = heights.claim + heights.unit + 2;
  for (const kind of ["wrong", "endsRight", "frenemy"] as const) {
    for (let unit = 0; unit < 2 ** heights.claim; unit++) {
      for (let step = 0; step < 2 ** heights.unit; step++) {
        const lie: Lie = { unit, step, salt: 1, endsRight: kind === "endsRight", isFrenemy: kind === "frenemy" };
        // Whoever leaves the right course in the last unit and ends right claims what the honest party does, and is a frenemy, of which the
        // last step of its unit is right.
        const isEmpty =
          (kind === "endsRight" && unit === 2 ** heights.claim - 1) ||
          (kind === "frenemy" && step === 2 ** heights.unit - 1);
        if (isEmpty) continue;
        for (const { liar, honest, honestIsFirst } of ORDERS) {
          for (const stalls of STALLS) {
            for (let crashesAfter = 1; crashesAfter <= turns; crashesAfter++) {
              const liars = [liarOf(lie, { entersAt: liar, stalls, crashesAfter })];
              // A frenemy needs another liar, as only rivals are disputed.
              if (kind === "frenemy") liars.push(liarOf({ unit, step: 0, salt: 2 }));
              games.push({ liars, honestEntersAt: honest, honestIsFirst });
            }
          }
        }
      }
    }
  }
  return games;
}

/** A game of up to eight liars of all kinds, the same for the same seed. */
export function randomGame(seed: string, heights: Heights): SmallGame {
  const { below } = createRandomness(seed);
  const count = 1 + below(8);
  const period = heights.claim + heights.unit + 6;
  const liars = Array.from({ length: count }, (_, index) => {
    const unit = below(2 ** heights.claim);
    const lie: Lie = {
      unit,
      // Not the last step, so that every kind of lie is one.
      step: below(2 ** heights.unit - 1),
      // Some liars tell the same lie from where they leave the right course.
      salt: below(4) === 0 ? 1 : index + 1,
      endsRight: below(4) === 0 && unit < 2 ** heights.claim - 1,
      isFrenemy: index > 0 && below(4) === 0,
    };
    return liarOf(lie, {
      entersAt: below(period),
      stalls: Array.from({ length: 1 + below(4) }, () => (below(2) === 0 ? 0 : below(period))),
      crashesAfter: below(3) === 0 ? 1 + below(8) : FOREVER,
      copies: below(3) === 0,
    });
  });
  return { liars, honestEntersAt: below(2 * period), honestIsFirst: below(2) === 0 };
}
