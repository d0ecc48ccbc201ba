import { expect } from "chai";
import oneStepProver from "../../deploy/modules/one-step-prover.ts";
import { encodeWitness } from "../../src/machine/index.ts";
import type { ProvenStep, TraceTree } from "../../src/machine/index.ts";
import { bytesToHex } from "../../src/primitives/index.ts";
import { batchHash, stateHash } from "../../src/rollup/index.ts";
import { haltHash } from "../../src/traces/index.ts";
import { createHistory } from "../machine/chain/history.ts";
import { HISTORIES } from "../machine/chain/histories.ts";
import { runProving } from "../machine/chain/run-history.ts";
import { ZERO_HASH, bodyOf, deployDispute } from "./dispute-fixture.ts";
import type { DisputeFixture } from "./dispute-fixture.ts";
import { moveInClaim, moveInUnit } from "./moves.ts";
import type { Move } from "./moves.ts";
import { claimIdOf, hashWords, positionId } from "./positions.ts";
import type { ClaimBody } from "./positions.ts";
import { readOracle } from "./read-oracle.ts";
import { treeOver } from "./views.ts";
import type { View } from "./views.ts";

const T = 1000;
/** Gas limits at which each step is proven. */
const GAS_LIMITS = 60;

describe("disputes that end in a step of the machine", function () {
  this.timeout(600_000);
  let dispute: DisputeFixture;
  let units: ProvenStep[][];
  let honest: View;
  let restore: () => Promise<void>;
  let genesis: ClaimBody;
  const heights = { claim: 1, unit: 1 };

  before(async () => {
    const history = await createHistory(HISTORIES["transactions, valid and not"]!);
    units = [];
    const { machine } = runProving(history, (prover) => {
      const steps: ProvenStep[] = [];
      while (!prover.isDone()) steps.push(prover.prove());
      units.push(steps);
    });
    if (machine.chain?.kind !== "between-batches") throw new Error("expected the end of a batch");
    const { state } = machine.chain;
    genesis = { parentId: ZERO_HASH, stateHash: stateHash(history.before), traceRoot: ZERO_HASH };
    while (2 ** heights.claim < units.length) heights.claim++;
    while (units.some((steps) => steps.length > 2 ** heights.unit)) heights.unit++;
    const boundaries = units.map((steps) => steps[steps.length - 1]!.after);
    expect(boundaries[boundaries.length - 1]).to.equal(haltHash(state));
    const before = units[0]![0]!.before;
    const trees = new Map<number, TraceTree>();
    honest = {
      state,
      stateHash: stateHash(state),
      claim: treeOver(before, boundaries),
      unit: (index) => {
        const known = trees.get(index);
        if (known !== undefined) return known;
        const steps = units[index]!;
        const tree = treeOver(
          steps[0]!.before,
          steps.map(({ after }) => after),
        );
        trees.set(index, tree);
        return tree;
      },
    };
    dispute = await deployDispute(
      { challengePeriod: T, minimumResponseTime: 1, claimTraceHeight: heights.claim, unitTraceHeight: heights.unit },
      {
        genesisStateHash: genesis.stateHash,
        batchHashes: history.batches.map((batch) => batchHash(batch)),
        deployProver: async ({ ignition }) => (await ignition.deploy(oneStepProver)).prover.getAddress(),
      },
    );
    const snapshot = await dispute.networkHelpers.takeSnapshot();
    restore = async () => snapshot.restore();
  });

  /** A course that is wrong from a step on. */
  function wrongFrom(unit: number, step: number): View {
    const state = { ...honest.state, blockHash: hashWords(13) };
    const entries = units.map((steps, index) =>
      index < unit
        ? steps[steps.length - 1]!.after
        : index === units.length - 1
          ? haltHash(state)
          : hashWords(500, index),
    );
    const states = units[unit]!.map(({ after }, index) => (index < step ? after : hashWords(600, index)));
    states[states.length - 1] = entries[unit]!;
    const tree = treeOver(units[unit]![0]!.before, states);
    return {
      state,
      stateHash: stateHash(state),
      claim: treeOver(honest.claim.before, entries),
      unit: (index) => (index === unit ? tree : honest.unit(index)),
    };
  }

  const size = ({ witness }: ProvenStep): number => encodeWitness(witness).length;

  /** Calldata of `prove`: two offsets, and what they point to. */
  function encodeProof(proof: Move & { readonly name: "prove" }, step: ProvenStep): string {
    const { interface: abi } = dispute.game;
    const { selector, inputs } = abi.getFunction("prove");
    const shown = dispute.ethers.AbiCoder.defaultAbiCoder()
      .encode([inputs[0]!], [proof])
      .slice(2 + 64);
    const offsets = [64, 64 + shown.length / 2].map((offset) => offset.toString(16).padStart(64, "0"));
    return [selector, ...offsets, shown, bytesToHex(encodeWitness(step.witness)).slice(2)].join("");
  }

  /** The unit and step with the smallest and the largest witness, and the first of all. */
  function chosenSteps(): [number, number][] {
    const all = units.flatMap((steps, unit) => steps.map((step, index) => ({ unit, index, size: size(step) })));
    all.sort((one, other) => one.size - other.size);
    const [cheapest, dearest] = [all[0]!, all[all.length - 1]!];
    const middle = all[Math.floor(all.length / 2)]!;
    return [cheapest, middle, dearest, { unit: 0, index: 0 }].map(({ unit, index }) => [unit, index]);
  }

  it("the real prover decides for the right claim at small and large steps, and at any gas limit it is right or reverts", async () => {
    for (const [unit, step] of chosenSteps()) {
      await restore();
      const liar = wrongFrom(unit, step);
      const parentId = claimIdOf(genesis);
      const [us, them] = dispute.signers as [DisputeFixture["signers"][number], DisputeFixture["signers"][number]];
      await dispute.propose(us, honest, parentId);
      await dispute.propose(them, liar, parentId);
      const wayDown = (of: View): Move[] => {
        const moves: Move[] = [];
        for (let height = heights.claim; height >= 0; height--)
          moves.push(moveInClaim(of, heights, genesis, unit - (unit % 2 ** height), height));
        for (let height = heights.unit; height >= 0; height--)
          moves.push(moveInUnit(of, heights, genesis, unit, step - (step % 2 ** height), height));
        return moves;
      };
      const [ours, theirs] = [wayDown(honest), wayDown(liar)];
      for (const [index, move] of ours.entries()) {
        if (move.name === "prove") continue;
        for (const [by, made] of [
          [them, theirs[index]!],
          [us, move],
        ] as const) {
          const game = dispute.game.connect(by);
          if (made.name === "bisectClaim") await game.bisectClaim(made);
          else if (made.name === "bisect") await game.bisect(made);
          else if (made.name === "open") {
            const [l1BlockNumber, l1BlockHash] = await dispute.latestBlock();
            await game.open({ ...made, l1BlockNumber, l1BlockHash }, { value: dispute.parameters.unitBond });
          }
        }
      }
      const proof = ours[ours.length - 1]!;
      if (proof.name !== "prove") throw new Error("expected a proof");
      const data = encodeProof(proof, units[unit]![step]!);
      const to = await dispute.game.getAddress();
      const needed = await dispute.ethers.provider.estimateGas({ from: us.address, to, data });
      if (process.env["ONESTEP_TEST_GAS"] !== undefined)
        console.log(`unit ${unit} step ${step}: ${needed} gas, ${data.length / 2} bytes`);
      let refused = 0;
      for (let index = 0; index < GAS_LIMITS; index++) {
        const gasLimit = (needed * BigInt(index + 1)) / BigInt(GAS_LIMITS);
        const reason = await dispute.provider
          .request({ method: "eth_call", params: [{ from: us.address, to, data, gas: `0x${gasLimit.toString(16)}` }] })
          .then(
            () => undefined,
            (error: unknown) => String(error),
          );
        if (reason === undefined) continue;
        refused++;
        // It would be that of a state nobody claims.
        expect(reason).not.to.include("UnknownSpan");
      }
      expect(refused).to.be.greaterThan(GAS_LIMITS / 4);
      await expect(us.sendTransaction({ to, data }))
        .to.emit(dispute.game, "Proven")
        .withArgs(positionId(proof.position), units[unit]![step]!.after, us.address);
      await dispute.networkHelpers.time.increase(T);
      const oracle = await readOracle(dispute, () => honest.claim.before);
      for (const side of [liar, honest]) {
        const body = bodyOf(side, heights, parentId);
        const { tree } = oracle.totalOfClaim(claimIdOf(body), await dispute.now());
        const decision = dispute.game.decide(genesis, body.stateHash, body.traceRoot, tree as never);
        if (side === liar) await expect(decision).to.be.revertedWithCustomError(dispute.game, "TooEarly");
        else await expect(decision).to.emit(dispute.game, "ClaimDecided");
      }
    }
  });
});
