import { z } from "zod";
import { askNode } from "./ask-node.ts";
import { defineCommand } from "./command.ts";
import { blockText, hashText, httpUrlText, integerText } from "./setting-types.ts";
import { SettingsError, optionalSetting, setting, switchSetting } from "./settings.ts";

const stepsSchema = z.array(z.looseObject({ text: z.string() }));

const transactionSchema = z.looseObject({ stepCount: z.int(), steps: stepsSchema });

const blockSchema = z.looseObject({
  block: z.object({ number: z.int(), hash: z.string() }),
  batch: z.int(),
  stepCount: z.int(),
  units: z.array(z.looseObject({ text: z.string(), steps: stepsSchema.optional() })),
});

export const traceCommand = defineCommand({
  name: "trace",
  summary: "print a block unit by unit, or a transaction step by step, as a dispute would go through them",
  details:
    "Asks a node (engine machine) for the units of a block that is in a batch on L1: its begin, messages, transactions and end; " +
    "and for the steps of the machine: for each the instruction or phase, depth, pc, gas, operands and what it changed. A " +
    "transaction that is in no batch yet is shown from its raw bytes on, without what reads it from the batch.",
  examples: [
    ["onestep trace --block latest", "prints a line for each unit of the block"],
    ["onestep trace --block 5 --load-batch --steps --limit 1000", "its first steps too, from the batch on"],
    ["onestep trace --transaction 0x… --rpc-url http://127.0.0.1:9545", "prints every step"],
  ],
  settings: {
    transaction: optionalSetting(hashText, {
      description: "hash of a transaction in a block, or of a deposit",
      placeholder: "hash",
    }),
    block: optionalSetting(blockText, {
      description: "number, hash or tag of a block, in place of a transaction",
      placeholder: "block",
    }),
    steps: switchSetting("print the steps of each unit of the block too"),
    loadBatch: switchSetting("begin with the unit that loads the block's batch"),
    limit: setting(integerText(0), { description: "steps to print; 0 for all", placeholder: "steps", fallback: "0" }),
    json: switchSetting("print the node's answer as JSON"),
    rpcUrl: setting(httpUrlText, {
      description: "JSON-RPC endpoint of an L2 node",
      placeholder: "url",
      fallback: "http://127.0.0.1:9545",
    }),
  },
  run: async ({ transaction, block, steps, loadBatch, limit, json, rpcUrl }) => {
    const print = (answer: object, lines: () => readonly string[]): void => {
      if (json) console.log(JSON.stringify(answer, undefined, 2));
      else for (const line of lines()) console.log(line);
    };
    if (transaction !== undefined && block === undefined) {
      if (steps || loadBatch) throw new SettingsError(["--steps and --load-batch are of a --block"]);
      const options = { tracer: "stepTracer", limit };
      const answer = transactionSchema.parse(await askNode(rpcUrl, "debug_traceTransaction", [transaction, options]));
      print(answer, () => [...answer.steps.map(({ text }) => text), countOf(answer.steps.length, answer.stepCount)]);
    } else if (block !== undefined && transaction === undefined) {
      if (limit > 0 && !steps) throw new SettingsError(["--limit needs --steps with a --block"]);
      const answer = blockSchema.parse(
        await askNode(rpcUrl, "rollup_traceUnits", [block, { steps, loadBatch, limit }]),
      );
      print(answer, () => [...answer.units.flatMap(linesOfUnit), summaryOf(answer, steps)]);
    } else {
      throw new SettingsError(["either --transaction or --block is required"]);
    }
  },
});

type BlockAnswer = z.output<typeof blockSchema>;

function linesOfUnit({ text, steps = [] }: BlockAnswer["units"][number]): readonly string[] {
  return [text, ...steps.map((step) => step.text)];
}

function summaryOf({ block, batch, units, stepCount }: BlockAnswer, withSteps: boolean): string {
  const shown = units.reduce((count, { steps }) => count + (steps?.length ?? 0), 0);
  const steps = countOf(withSteps ? shown : stepCount, stepCount);
  return `${units.length} units, ${steps}: block ${block.number}, ${block.hash}, of batch ${batch}`;
}

function countOf(shown: number, count: number): string {
  return shown < count ? `${shown} of ${count} steps` : `${count} steps`;
}
