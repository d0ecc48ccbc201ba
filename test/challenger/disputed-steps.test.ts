import { expect } from "chai";
import { NoDisputedStepError, UnitBusyError, createDisputedSteps } from "../../src/challenger/index.ts";
import type { DisputedStep } from "../../src/challenger/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { ClaimTrace, UnitTrace } from "../../src/traces/index.ts";
import { HONEST, LIAR, createPlayedGame } from "./played-game.ts";
import type { PlayedGame } from "./played-game.ts";
import { hashOf, treeOf } from "./scripted-traces.ts";

const LIE = { name: "liar", unit: 2, step: 1 };

describe("the steps that disputes come down to", () => {
  let game: PlayedGame;

  beforeEach(() => {
    game = createPlayedGame();
  });

  async function play(rounds: number): Promise<void> {
    const wrong = game.wrong(LIE);
    game.propose(game.right, HONEST);
    game.propose(wrong, LIAR);
    for (let round = 0; round < rounds; round++) {
      game.model.wait(1);
      for (const move of await game.due()) game.make(move, HONEST);
      await game.play(wrong, LIAR);
    }
  }

  /** Over the scripted traces. `gate` is waited for before a step is explained. */
  function open({ gate = Promise.resolve(), parentState = hashOf("genesis state") } = {}) {
    const log: string[] = [];
    const live = { rewinds: 0 };
    const { right } = game;
    const openUnit = async (unit: number): Promise<UnitTrace> => {
      const states = right.steps(unit);
      const tree = treeOf(unit === 0 ? right.before : right.units[unit - 1]!, states);
      return {
        prefix: async (start: number) => tree.prefix(start),
        openPrefix: async (start: number) => tree.openPrefix(start),
        explain: async (step: number) => {
          log.push(`explain ${unit}/${step}`);
          await gate;
          return { proven: { before: states[step - 1], after: states[step] } };
        },
      } as unknown as UnitTrace;
    };
    const claimTree = treeOf(right.before, right.units);
    const steps = createDisputedSteps({
      state: () => game.state(),
      stateHashAt: () => parentState,
      rewindCount: () => live.rewinds,
      openTraces: () => {
        log.push("open");
        return {
          openClaim: async () =>
            ({ prefix: async (start: number) => claimTree.prefix(start), openUnit }) as unknown as ClaimTrace,
          close: async () => void log.push("close"),
        };
      },
      patience: 0.01,
      idleTime: 1_000,
    });
    const find = (positionId?: Hash) =>
      steps.find(game.model.genesis, positionId).catch((error: unknown) => error as Error);
    return { steps, log, live, find };
  }

  const message = (found: DisputedStep | Error): string => (found instanceof NoDisputedStepError ? found.message : "");

  it("are none before a dispute is narrowed to one, which is said with how far it is", async () => {
    const { find, log } = open();
    expect(message(await find())).to.equal(`there is no dispute about the children of ${game.model.genesis}`);
    await play(0);
    expect(message(await find())).to.match(/is not narrowed yet$/);
    await play(1);
    expect(message(await find())).to.match(/is narrowed to units \d to \d$/);
    await play(3);
    expect(message(await find())).to.match(/is narrowed to steps? .*of unit 2$/);
    expect(log).to.eql([]);
  });

  it("are shown with what is right, who claims what, and what opens the state before", async () => {
    await play(20);
    const found = (await open().find()) as DisputedStep;
    expect([found.unit, found.position.start]).to.eql([LIE.unit, LIE.step]);
    expect(found.rivals.map(({ player, isRight }) => [player, isRight])).to.have.deep.members([
      [HONEST, true],
      [LIAR, false],
    ]);
    expect(found.opening.state).to.equal(game.right.steps(LIE.unit)[LIE.step - 1]);
    expect(found.proven).to.eql([game.right.steps(LIE.unit)[LIE.step]]);
  });

  it("name the position that is none of theirs", async () => {
    await play(20);
    expect(message(await open().find(hashOf("elsewhere")))).to.contain(`at position ${hashOf("elsewhere")}`);
  });

  it("are not shown on a claim that this node has not derived, or holds wrong", async () => {
    await play(20);
    expect(message(await open({ parentState: hashOf("other") }).find())).to.match(/is itself wrong/);
    const steps = createDisputedSteps({
      state: () => game.state(),
      stateHashAt: () => undefined,
      rewindCount: () => 0,
      openTraces: () => expect.fail("there is nothing to open"),
    });
    expect(message(await steps.find(game.model.genesis).catch((error: unknown) => error as Error))).to.match(
      /not derived/,
    );
  });

  it("are run once however often they are asked for, and again after L1 took something back", async () => {
    await play(20);
    const gate = Promise.withResolvers<void>();
    const { find, log, live, steps } = open({ gate: gate.promise });
    for (let asked = 0; asked < 3; asked++) expect(await find()).to.be.instanceOf(UnitBusyError);
    gate.resolve();
    expect(await find()).to.not.be.instanceOf(Error);
    await find();
    expect(log).to.eql(["open", `explain ${LIE.unit}/${LIE.step}`]);
    live.rewinds++;
    await find();
    expect(log).to.have.length(3);
    await steps.close();
    expect(log.at(-1)).to.equal("close");
  });
});
