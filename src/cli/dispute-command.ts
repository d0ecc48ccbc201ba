import { existsSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { z } from "zod";
import { NodeRefusalError } from "./ask-node.ts";
import { defineCommand, defineCommandGroup } from "./command.ts";
import type { DisputeAnswer, DisputedStepAnswer } from "./dispute-answers.ts";
import { formatJson } from "./output.ts";
import { hashText, httpUrlText } from "./setting-types.ts";
import { optionalSetting, setting, switchSetting } from "./settings.ts";

/** Proven steps of which `show` asks what they are: the node runs their units. */
const EXPLAINED_STEPS = 4;

const nodeSettings = {
  rpcUrl: setting(httpUrlText, {
    description: "JSON-RPC of a node with a challenger",
    placeholder: "url",
    fallback: "http://127.0.0.1:9545",
  }),
};

const idArgument = {
  name: "id",
  description: "id of a claim whose children are disputed, or of one of these",
  schema: hashText,
};

const listCommand = defineCommand({
  name: "list",
  summary: "print all disputes",
  details:
    "For each what is claimed by whom, what the node holds right, the seconds gathered, and how far it is narrowed.",
  examples: [
    ["onestep dispute list", "all disputes on the devnet"],
    ["onestep dispute list --json", "for scripts, with all moves"],
  ],
  settings: { ...nodeSettings, json: switchSetting("print JSON") },
  async run({ rpcUrl, json }) {
    const { askDisputes, summariseDispute } = await load();
    const disputes = await askDisputes(rpcUrl);
    if (json) console.log(formatJson(disputes));
    else if (disputes.length === 0) console.log("no disputes");
    else console.log(disputes.flatMap(summariseDispute).join("\n"));
  },
});

const showCommand = defineCommand({
  name: "show",
  summary: "print one dispute with all that is disputed in it, and every move",
  details:
    "From the claims down to the steps that it is narrowed to. Of a step that was proven it says what it is: the instruction, what it " +
    "takes and what it changes, for which the node runs its unit.",
  examples: [
    ["onestep dispute show 0x…", "the dispute about a claim, or about the children of one"],
    ["onestep dispute show 0x… --json", "for scripts"],
  ],
  argument: idArgument,
  settings: { ...nodeSettings, json: switchSetting("print JSON") },
  async run({ rpcUrl, json }, { argument: id }) {
    const { askDisputes, describeDispute, findDispute } = await load();
    const dispute = findDispute(await askDisputes(rpcUrl), id);
    const steps = await explainProven(rpcUrl, dispute);
    if (json) console.log(formatJson({ ...dispute, steps: [...steps.values()].flatMap(withoutWitness) }));
    else console.log(describeDispute(dispute, steps).join("\n"));
  },
});

const exportCommand = defineCommand({
  name: "export",
  summary: "write the step that a dispute is narrowed to as a test that runs it on the prover",
  details:
    "The test has all that the prover on L1 takes: the state before the step, what opens it, what of the Inbox the step reads; and what " +
    "the rivals claim. It deploys the prover and asks it what is right. It runs in a checkout of this repository, without a node or an " +
    "L1. The node runs the step's unit for it, which takes minutes if the unit has millions of steps.",
  examples: [
    ["onestep dispute export 0x…", "writes disputed-step-….test.ts"],
    ["onestep dispute export 0x… --output step.test.ts --force", "replaces what is there"],
    ["onestep dispute export 0x… --position 0x…", "one of several steps, as show names them"],
  ],
  argument: idArgument,
  settings: {
    ...nodeSettings,
    position: optionalSetting(hashText, {
      description: "position of the step, where there are several",
      placeholder: "position",
    }),
    output: optionalSetting(
      z.string().regex(/^[^\p{Cc}]+\.ts$/u, { error: "expected the path of a file that ends in .ts" }),
      { description: "file to write; default: disputed-step- and the begin of the position", placeholder: "path" },
    ),
    force: switchSetting("replace the file if it is there"),
    json: switchSetting("print as JSON what was written"),
  },
  async run({ rpcUrl, position, output, force, json }, { argument: id }) {
    if (output !== undefined && !force) requireAbsent(output);
    const { askDisputes, awaitDisputedStep, describeStep, findDispute, writeStepTest } = await load();
    const { parentId } = findDispute(await askDisputes(rpcUrl), id);
    const step = await awaitDisputedStep(rpcUrl, parentId, position, (reason) => console.error(reason));
    const path = output ?? `disputed-step-${step.positionId.slice(2, 10)}.test.ts`;
    if (!force) requireAbsent(path);
    writeFileSync(path, writeStepTest(step), { flag: force ? "w" : "wx" });
    const command = `npx hardhat test mocha ${relative(".", path)}`;
    if (json) {
      const { witness: _, ...rest } = step;
      console.log(formatJson({ path, command, ...rest }));
      return;
    }
    console.log(
      [...describeStep(step), `written to ${path}; run it in a checkout of this repository:`, `  ${command}`].join(
        "\n",
      ),
    );
  },
});

export const disputeCommand = defineCommandGroup({
  name: "dispute",
  summary: "print the disputes about claims on L1, or write the step that one came to as a test",
  details: "Asks a node that runs a challenger, as a devnet does.",
  commands: [listCommand, showCommand, exportCommand],
});

/** What takes a while to load, which only a command that runs has to wait for. */
async function load() {
  const [answers, text, test] = await Promise.all([
    import("./dispute-answers.ts"),
    import("./dispute-text.ts"),
    import("./disputed-step-test.ts"),
  ]);
  return { ...answers, ...text, ...test };
}

function requireAbsent(path: string): void {
  if (existsSync(path)) throw new Error(`${path} is there already; --force replaces it`);
}

/** What the proven steps of a dispute are, by their positions; or why that is not known. */
async function explainProven(
  rpcUrl: string,
  { parentId, rivaledSpans }: DisputeAnswer,
): Promise<ReadonlyMap<string, DisputedStepAnswer | string>> {
  const { askDisputedStep } = await load();
  // Unit by unit: a node keeps the one that it ran last.
  const proven = rivaledSpans
    .filter(({ level, height, proven: states }) => level === "unit" && height === 0 && states.length > 0)
    .toSorted((one, other) => (one.unit ?? 0) - (other.unit ?? 0));
  const steps = new Map<string, DisputedStepAnswer | string>();
  for (const { positionId } of proven.slice(0, EXPLAINED_STEPS)) {
    try {
      steps.set(positionId, await askDisputedStep(rpcUrl, parentId, positionId));
    } catch (error) {
      if (!(error instanceof NodeRefusalError)) throw error;
      steps.set(positionId, error.message);
    }
  }
  return steps;
}

function withoutWitness(step: DisputedStepAnswer | string): readonly object[] {
  if (typeof step === "string") return [];
  const { witness: _, ...rest } = step;
  return [rest];
}
