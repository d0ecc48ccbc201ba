import { VERIFIERS } from "../deployment/index.ts";
import type { DisputedStepAnswer } from "./dispute-answers.ts";

/**
 * A disputed step as a test of its own in TypeScript: its data, and what an auditor has the prover say about it. All that comes from
 * the node stands in it as JSON.
 */
export function writeStepTest(step: DisputedStepAnswer): string {
  const { parentId, fromBatch, toBatch, l1, unit, name, text, positionId, position, opening, ...rest } = step;
  const { step: index, call, before, after, rivals, proven, target, inbox, witness } = rest;
  const data = {
    dispute: { parentId, fromBatch, toBatch, l1 },
    unit,
    step: index,
    name,
    text: text.split("\n"),
    positionId,
    position,
    opening,
    rivals,
    proven,
    call,
    before,
    after,
    input: { target, inbox },
    witness,
    verifiers: VERIFIERS.map((verifier) => verifier.name),
  };
  return `${HEAD}
const STEP = ${JSON.stringify(data, undefined, 2)};
${TEST}`;
}

const HEAD = `// The step that a dispute on L1 is narrowed to, written by \`onestep dispute export\`. It runs in a checkout of Onestep, without a node
// or an L1: npx hardhat test mocha <this file>

import { expect } from "chai";
import { network } from "hardhat";

// - dispute: the claim whose children are disputed, the batches they are about, and the L1 on which they are.
// - unit, step, name, text: which step it is, and what it does, for people.
// - positionId, position: where it stands in the ChallengeGame. The prefix commits to all states of the unit before the step.
// - opening: shows that the state before the step is what the prefix ends with.
// - rivals: the states that are claimed to follow, by whom, and whether the node holds them right. proven: what L1's prover gave.
// - call, before, witness, input: what the OneStepProver takes. Of the Inbox there are the hashes that the step reads, as the node has
//   them: who does not trust the node compares them with \`batchHashes\` and \`messageHashes\` of the Inbox on L1.
// - after: what the node holds right.`;

const TEST = `
describe(\`step \${STEP.step} of unit \${STEP.unit.index}, \${STEP.name}\`, function () {
  this.timeout(600_000);

  it("begins in the state that its position on L1 commits to", async () => {
    const { ethers } = await network.create();
    const { context, start, height, prefix } = STEP.position;
    const position = { level: 1, context, start, height, prefix };
    const types = ["uint8", "bytes32", "uint64", "uint8", "bytes32"];
    const encoded = ethers.AbiCoder.defaultAbiCoder().encode(types, Object.values(position));
    expect(ethers.keccak256(encoded)).to.equal(STEP.positionId);
    expect(STEP.opening.state).to.equal(STEP.before);
    // Reverts unless the opening leads to the prefix.
    const libraries = await ethers.deployContract("DisputeLibraries");
    await libraries.getFunction("check").staticCall(STEP.opening, position);
  });

  it("leads to the right state by the prover, and to no other that is claimed", async () => {
    const { ethers } = await network.create();
    const verifiers = [];
    for (const name of STEP.verifiers) verifiers.push(await ethers.deployContract(name));
    const prover = await ethers.deployContract("OneStepProver", [verifiers]);
    const { target, inbox: hashes } = STEP.input;
    const inbox = await ethers.deployContract("ScriptedInbox", [hashes.chainId]);
    for (const { index, hash } of hashes.batches) await inbox.getFunction("setBatch")(index, hash);
    for (const { index, hash } of hashes.messages) await inbox.getFunction("setMessage")(index, hash);

    const input = { inbox: await inbox.getAddress(), target };
    // What a transaction on L1 may take at most (EIP-7825).
    const limit = { gasLimit: 2 ** 24 };
    const after = await prover.getFunction(STEP.call).staticCall(STEP.before, STEP.witness, input, limit);

    expect(after).to.equal(STEP.after);
    for (const { root, player, isRight } of STEP.rivals) {
      if (isRight) expect(after, \`what \${player} claims\`).to.equal(root);
      else expect(after, \`what \${player} claims\`).to.not.equal(root);
    }
    for (const root of STEP.proven) expect(after, "what was proven on L1").to.equal(root);
  });
});
`;
