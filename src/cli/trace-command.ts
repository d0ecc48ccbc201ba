import { defineCommand } from "./command.ts";
import { hashText, httpUrlText, integerText } from "./setting-types.ts";
import { requiredSetting, setting } from "./settings.ts";

interface TraceAnswer {
  readonly result?: { readonly stepCount: number; readonly steps: readonly { readonly text: string }[] };
  readonly error?: { readonly message: string };
}

export const traceCommand = defineCommand({
  name: "trace",
  summary: "print a transaction step by step, as a dispute about it would go through it",
  details:
    "Asks a node (engine machine) for the steps of the machine: for each the instruction or phase, depth, pc, gas, operands and " +
    "what it changed.",
  examples: [["onestep trace --transaction 0x… --rpc-url http://127.0.0.1:9545", "prints every step"]],
  settings: {
    transaction: requiredSetting(hashText, { description: "hash of a transaction in a block", placeholder: "hash" }),
    rpcUrl: setting(httpUrlText, {
      description: "JSON-RPC endpoint of an L2 node",
      placeholder: "url",
      fallback: "http://127.0.0.1:9545",
    }),
    limit: setting(integerText(0), { description: "steps to print; 0 for all", placeholder: "steps", fallback: "0" }),
  },
  run: async ({ transaction, rpcUrl, limit }) => {
    const response = await fetch(rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "debug_traceTransaction",
        params: [transaction, { tracer: "stepTracer", limit }],
      }),
    });
    const { result, error } = (await response.json()) as TraceAnswer;
    if (result === undefined)
      throw new Error(`${rpcUrl}: ${error?.message ?? `answered with HTTP status ${response.status}`}`);
    for (const { text } of result.steps) console.log(text);
    const shown = result.steps.length;
    console.log(shown < result.stepCount ? `${shown} of ${result.stepCount} steps` : `${result.stepCount} steps`);
  },
});
