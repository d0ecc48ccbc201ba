import { expect } from "chai";
import { prepareMachine } from "../../src/machine/index.ts";
import { MESSAGE_HISTORIES } from "../contracts/machine/message-histories.ts";
import { HISTORIES } from "../machine/chain/histories.ts";
import { playAdversary } from "./adversary.ts";
import { behaviourOf } from "./behaviours.ts";
import type { MannerName, WrongnessName } from "./behaviours.ts";
import { openBoard } from "./board.ts";
import type { Board } from "./board.ts";
import { divergencesOf } from "./divergences.ts";
import type { Divergence } from "./divergences.ts";
import { playDuel } from "./duel.ts";

/** Where the liars of this sample are wrong from: every kind of unit, and what is particular to each; the campaign takes all kinds. */
const DUELS = ["LoadBatch: ReadElement", "Transaction: Execute SSTORE"];

/** Every manner of playing once, at another kind of step each; the campaign takes every liar at every kind. */
const ADVERSARIES: readonly (readonly [kind: string, WrongnessName, MannerName])[] = [
  ["LoadBatch: start", "wrong from a step on", "prompt"],
  ["LoadBatch: ReadCalldata", "wrong in several places", "opening frenemies"],
  ["BeginBlock: InflateSymbols", "wrong from a step on, right in the end", "copying honest moves"],
  ["BeginBlock: OpenBlock", "wrong in several places", "stalling to the last second"],
  ["Message: Mint", "wrong from a step on", "flooding with rivals"],
  ["Transaction: RecoverSender", "wrong from a step on, right in the end", "front-running honest moves"],
  ["Transaction: Flush", "wrong from a step on", "duelling itself"],
  ["EndBlock: SealBlock", "wrong from a step on, right in the end", "stalling at every move"],
  ["Halt: start", "wrong in the end only", "stalling until the end is near"],
];

describe("one honest party against a liar who is wrong from one step on", function () {
  this.timeout(600_000);
  let board: Board;
  let divergences: readonly Divergence[];

  before(async () => {
    await prepareMachine();
    board = await openBoard();
    divergences = await divergencesOf({ ...HISTORIES, ...MESSAGE_HISTORIES });
  });

  function divergenceOf(kind: string): Divergence {
    const divergence = divergences.find((one) => one.kind === kind);
    if (divergence === undefined) throw new Error(`expected a step of the kind ${kind}`);
    return divergence;
  }

  for (const [index, kind] of DUELS.entries()) {
    it(`wins at ${kind}, with the real prover, at the heights of production`, async () => {
      const divergence = divergenceOf(kind);
      const { duration } = await playDuel(board, {
        ...divergence,
        falsehood: divergence,
        liarFirst: index % 2 === 1,
        isRightInTheEnd: index % 2 === 0,
      });
      expect(duration).to.be.lessThan(2 * board.parameters.challengePeriod);
    });
  }

  for (const [kind, wrongness, manner] of ADVERSARIES) {
    it(`wins as the role plays, against one ${wrongness}, ${manner}, at ${kind}`, async () => {
      const { transactions } = await playAdversary(board, divergenceOf(kind), behaviourOf(wrongness, manner), "sample");
      // It has made its own moves, or others have made them for it.
      expect(transactions).to.be.greaterThan(0);
    });
  }
});
