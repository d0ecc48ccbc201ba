import type { OwnClaim } from "../../src/challenger/index.ts";
import { keccak256 } from "../../src/primitives/index.ts";
import type { ChainState } from "../../src/rollup/index.ts";
import { loadHash } from "../../src/traces/index.ts";
import type { Divergence } from "./divergences.ts";
import { HEIGHTS, falseClaim, falseInPlaces } from "./false-claims.ts";
import type { Place } from "./false-claims.ts";

/** Where a liar leaves the right trace, which it has from a machine of its own. Liars with different seeds have different states. */
export interface Wrongness {
  readonly name: string;
  claim(divergence: Divergence, seed: string): Promise<{ readonly claim: OwnClaim; readonly state: ChainState }>;
}

/** How a liar plays. */
export interface Manner {
  readonly name: string;
  /** Wrong claims that it has, each with other states. */
  readonly claims: number;
  /** Whether it claims, and lets its claims play against each other, before anybody honest claims. */
  readonly duelsItself: boolean;
  /** Whether it makes the honest side's moves too, before that does. */
  readonly copies: boolean;
  /** Whether it sends the honest side's transactions in its own name, seen in the pending block, with a higher fee. */
  readonly frontRuns: boolean;
  /** Wrong traces that it opens for the right unit. */
  readonly frenemies: number;
  /**
   * Seconds that it waits before a move.
   * @param left seconds that the right claim lacks
   * @param movesLeft at most, of the liar
   */
  patience(left: number, movesLeft: number): number;
}

const falseState = (right: ChainState, seed: string): ChainState => ({
  ...right,
  blockHash: keccak256(new TextEncoder().encode(`${seed}: block`)),
});

export const WRONGNESSES = [
  {
    name: "wrong from a step on",
    claim: (divergence: Divergence, seed: string) =>
      fromStep(divergence, falseState(divergence.right.after, seed), seed),
  },
  {
    name: "wrong from a step on, right in the end",
    claim: (divergence: Divergence, seed: string) => fromStep(divergence, divergence.right.after, seed),
  },
  {
    name: "wrong in the end only",
    claim: (divergence: Divergence, seed: string) =>
      inPlaces(divergence, [], falseState(divergence.right.after, seed), seed),
  },
  {
    name: "wrong in several places",
    claim(divergence: Divergence, seed: string) {
      const { right, unit, step } = divergence;
      const last = right.steps.length - 1;
      const places = new Map([[unit, step]]);
      for (const other of [0, Math.floor(last / 2), last - 1]) if (!places.has(other)) places.set(other, 0);
      const listed = [...places].map(([at, from]) => ({ unit: at, step: from }));
      return inPlaces(divergence, listed, falseState(right.after, seed), seed);
    },
  },
] as const satisfies readonly Wrongness[];

export type WrongnessName = (typeof WRONGNESSES)[number]["name"];

async function fromStep({ right, unit, step }: Divergence, state: ChainState, seed: string) {
  return { claim: await falseClaim(right.claim, loadHash(right.before), { unit, step, state, seed }, HEIGHTS), state };
}

async function inPlaces({ right }: Divergence, places: readonly Place[], state: ChainState, seed: string) {
  const options = { places, length: right.steps.length, state, seed };
  return { claim: await falseInPlaces(right.claim, loadHash(right.before), options, HEIGHTS), state };
}

const PROMPT: Omit<Manner, "name"> = {
  claims: 1,
  duelsItself: false,
  copies: false,
  frontRuns: false,
  frenemies: 0,
  patience: () => 0,
};

/** Seconds that a liar who waits leaves for each of its moves to come, and for the honest side's. */
const PER_MOVE = 10;

export const MANNERS = [
  { ...PROMPT, name: "prompt" },
  {
    ...PROMPT,
    name: "stalling at every move",
    patience: (left: number, movesLeft: number) => Math.max(0, Math.floor((left - PER_MOVE * movesLeft) / movesLeft)),
  },
  {
    ...PROMPT,
    name: "stalling until the end is near",
    patience: (left: number, movesLeft: number) => Math.max(0, left - PER_MOVE * movesLeft),
  },
  // The right claim has its period but for a second when the liar moves; the next time that is too late.
  { ...PROMPT, name: "stalling to the last second", patience: (left: number) => Math.max(0, left - 2) },
  { ...PROMPT, name: "flooding with rivals", claims: 4 },
  { ...PROMPT, name: "copying honest moves", copies: true },
  { ...PROMPT, name: "front-running honest moves", frontRuns: true },
  { ...PROMPT, name: "opening frenemies", frenemies: 2 },
  { ...PROMPT, name: "duelling itself", claims: 2, duelsItself: true },
] as const satisfies readonly Manner[];

export type MannerName = (typeof MANNERS)[number]["name"];

/** Where and how: every liar that there is. */
export interface Behaviour {
  readonly name: string;
  readonly wrongness: Wrongness;
  readonly manner: Manner;
}

export function behaviourOf(where: WrongnessName, how: MannerName): Behaviour {
  return BEHAVIOURS.find(({ wrongness, manner }) => wrongness.name === where && manner.name === how)!;
}

export const BEHAVIOURS: readonly Behaviour[] = WRONGNESSES.flatMap((wrongness) =>
  MANNERS.map((manner) => ({ name: `${wrongness.name}, ${manner.name}`, wrongness, manner })),
);
