/// <reference path="../../../../types/ethers-contracts/hardhat.d.ts" />
import { expect } from "chai";
import { ethers as library } from "ethers";
import { Phase, encodeStepCall } from "../../../../src/machine/index.ts";
import type { ChainInput, Prover, ProvenStep } from "../../../../src/machine/index.ts";
import { bytesToHex } from "../../../../src/primitives/index.ts";
import { batchHash } from "../../../../src/rollup/index.ts";
import { CHAIN_ID } from "../../../execution/harness.ts";
import { createHistory } from "../../../machine/chain/history.ts";
import type { History } from "../../../machine/chain/history.ts";
import { HISTORIES } from "../../../machine/chain/histories.ts";
import { runProving } from "../../../machine/chain/run-history.ts";
import { deployProver } from "../deploy-prover.ts";
import type { ProverFixture } from "../deploy-prover.ts";

const NAMES = Object.keys(Phase);
/** Elements of a blob look all the same, and a proof of one takes a while. */
const isProvenElement = (element: number): boolean => element < 3 || element === 2_000 || element > 4_093;

describe("The one-step prover takes every step of a chain", () => {
  let fixture: ProverFixture;

  before(async () => {
    fixture = await deployProver();
  });

  /** What a claim about a history says of L1: an Inbox with its hashes. */
  async function inboxOf({ batches, messages }: History): Promise<ChainInput> {
    const inbox = await fixture.ethers.deployContract("ScriptedInbox", [CHAIN_ID]);
    for (const [index, batch] of batches.entries()) await inbox.setBatch(index, batchHash(batch));
    for (const { index, hash } of messages) await inbox.setMessage(index, hash);
    return { inbox: (await inbox.getAddress()).toLowerCase() as `0x${string}`, target: batches.length };
  }

  for (const [name, options] of Object.entries(HISTORIES)) {
    it(`of ${name}`, async () => {
      const history = await createHistory(options);
      const input = await inboxOf(history);
      const to = await fixture.prover.getAddress();
      const steps: (ProvenStep & { readonly name: string })[] = [];
      let elements = 0;
      runProving(history, (prover: Prover) => {
        while (!prover.isDone()) {
          const { phase } = prover.machine;
          if (phase === Phase.ReadElement && !isProvenElement(elements++)) prover.step();
          else steps.push({ ...prover.prove(), name: NAMES[phase]! });
        }
      });
      for (const [index, { kind, before: from, witness, after, name: step }] of steps.entries()) {
        const data = bytesToHex(encodeStepCall(kind, from, witness, input));
        const result = await fixture.ethers.provider
          .call({ to, data, gasLimit: 2n ** 24n })
          .catch((error: Error) => error.message);
        expect(result, `step ${index}, ${step}`).to.equal(after);
      }
      expect(library.isHexString(steps[0]!.after)).to.equal(true);
    });
  }
});
