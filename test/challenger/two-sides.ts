import type { OwnClaims } from "../../src/challenger/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import { KEYS } from "../l1-transactions/l1-fixture.ts";
import { createDisputeFixture } from "./dispute-fixture.ts";
import type { DisputeFixture } from "./dispute-fixture.ts";
import { scriptJudge } from "./scripted-traces.ts";
import type { Divergence, ScriptedClaim } from "./scripted-traces.ts";

export const HONEST_KEY = KEYS[1]!;
export const LIAR_KEY = KEYS[2]!;

/** The longest way down that the small traces have, and the moves of the honest side on it after its claim. */
export const LIE: Divergence = { name: "liar", unit: 1, step: 2 };
export const MOVES_ON_A_PATH = ["bisect-claim", "bisect", "open", "bisect", "bisect", "prove"];

/** Judges children of genesis by one claim, as the liar does by its own. */
export function judgeBy({ genesis }: DisputeFixture, claim: ScriptedClaim): OwnClaims {
  return scriptJudge(genesis.stateHash, new Map([[0, { batchCount: 1, claim }]]));
}

/** A rollup with two claims about its first batch, a right and a wrong one. */
export async function openTwoSides(): Promise<{ readonly fixture: DisputeFixture; readonly wrong: ScriptedClaim }> {
  const fixture = await createDisputeFixture();
  const wrong = fixture.wrong(LIE);
  await fixture.propose(HONEST_KEY, fixture.right);
  await fixture.propose(LIAR_KEY, wrong, LIE.name);
  return { fixture, wrong };
}

/** Hashes of an account's transactions in blocks from `first` on. */
export async function transactionsOf({ l1 }: DisputeFixture, account: Address, first = 0): Promise<Hash[]> {
  const last = Number(await l1.client.getBlockNumber({ cacheTime: 0 }));
  const found: Hash[] = [];
  for (let number = first; number <= last; number++) {
    const { transactions } = await l1.client.getBlock({ blockNumber: BigInt(number), includeTransactions: true });
    found.push(...transactions.filter(({ from }) => from === account).map(({ hash }) => hash));
  }
  return found;
}
