import { expect } from "chai";
import { prepareMachine } from "../../src/machine/index.ts";
import { MESSAGE_HISTORIES } from "../contracts/machine/message-histories.ts";
import { HISTORIES } from "../machine/chain/histories.ts";
import { openBoard } from "./board.ts";
import type { Board } from "./board.ts";
import { divergencesOf } from "./divergences.ts";
import type { Divergence } from "./divergences.ts";
import { playDuel } from "./duel.ts";

/** Where the liars of this sample are wrong from: every kind of unit, and what is particular to each; the campaign takes all kinds. */
const SAMPLED = [
  "LoadBatch: start",
  "LoadBatch: ReadCalldata",
  "LoadBatch: ReadElement",
  "BeginBlock: InflateSymbols",
  "BeginBlock: OpenBlock",
  "Message: Mint",
  "Transaction: RecoverSender",
  "Transaction: Execute SSTORE",
  "Transaction: Flush",
  "EndBlock: SealBlock",
  "Halt: start",
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

  for (const [index, kind] of SAMPLED.entries()) {
    it(`wins at ${kind}, with the real prover, at the heights of production (all kinds: npm run campaign:duels)`, async () => {
      const divergence = divergences.find((one) => one.kind === kind);
      if (divergence === undefined) throw new Error(`expected a step of the kind ${kind}`);
      const { duration } = await playDuel(board, {
        ...divergence,
        falsehood: divergence,
        liarFirst: index % 2 === 0,
        isRightInTheEnd: index % 3 === 0,
      });
      expect(duration).to.be.lessThan(2 * board.parameters.challengePeriod);
    });
  }
});
