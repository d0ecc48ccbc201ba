/**
 * Calldata and L1 gas of the proofs of steps: of every kind in transactions made to be the dearest, and of all steps of
 * typical ones. Writes `steps.md`, and fails if a step is beyond the bounds or the contracts disagree with the machine.
 */

import { createRequire } from "node:module";
import { writeReport } from "../scripts/write-report.ts";
import { Phase, isBoundary, prepareMachine, OPCODES, encodeStepCall } from "../src/machine/index.ts";
import type { Hash, Hex } from "../src/primitives/index.ts";
import { extremeChainSteps } from "../test/contracts/machine/step-bounds/extreme-chain-steps.ts";
import { EXTREME_HISTORIES, historySteps } from "../test/contracts/machine/step-bounds/extreme-histories.ts";
import {
  EXTREMES,
  EXTREME_TRANSACTIONS,
  typicalTransactions,
} from "../test/contracts/machine/step-bounds/extreme-transactions.ts";
import type { ExtremeTransaction } from "../test/contracts/machine/step-bounds/extreme-transactions.ts";
import { selectSteps } from "../test/contracts/machine/step-bounds/selected-steps.ts";
import type { Selection } from "../test/contracts/machine/step-bounds/selected-steps.ts";
import { MOST_CALLDATA, MOST_GAS, createStepMeter } from "../test/contracts/machine/step-bounds/step-meter.ts";
import type { StepCost } from "../test/contracts/machine/step-bounds/step-meter.ts";

/** EIP-170. */
const CODE_LIMIT = 24_576;
/** First steps of each kind that are taken of a transaction, then one in so many. */
const EXTREME: Selection = { first: 10, every: 1_000 };
const ALL: Selection = { first: Infinity, every: 0 };

interface Worst {
  value: number;
  cause: string;
}

interface Kind {
  measured: number;
  gas: Worst;
  calldata: Worst;
  /** Of the step with the most gas. */
  call: Uint8Array;
  /** Gas of the steps of typical transactions. */
  readonly typical: number[];
}

const require = createRequire(import.meta.url);

function runtimeCode(path: string): Hex {
  const { evm } = require(path) as { evm: { deployedBytecode: { object: string } } };
  return `0x${evm.deployedBytecode.object.replace(/^0x/, "")}`;
}

/** Instructions that differ in a number only are one kind. */
function kindOf(name: string): string {
  const [, family, number] = /^(PUSH|DUP|SWAP|LOG)(\d+)$/.exec(name) ?? [];
  if (family === undefined || name === "PUSH0") return name;
  const range = { PUSH: "1 to 32", DUP: "1 to 16", SWAP: "1 to 16", LOG: "0 to 4" }[family] ?? number;
  return `${family} ${range}`;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

await prepareMachine();
const meter = await createStepMeter();
const kinds = new Map<string, Kind>();
const perTransaction = new Map<string, { gas: number; gasLimit: number; calldata: number }>();
const failures: string[] = [];

/** Undefined, and a failure, if the step reverts. */
async function measureStep(
  name: string,
  where: string,
  cause: string,
  call: Uint8Array,
  after: Hash,
): Promise<StepCost | undefined> {
  let cost: StepCost;
  try {
    cost = await meter.measure(call);
  } catch (error) {
    failures.push(`${name}, ${where}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  if (cost.after !== after) failures.push(`${name}, ${where}: expected ${after}, got ${cost.after}`);
  const entry = kinds.get(kindOf(name)) ?? {
    measured: 0,
    gas: { value: 0, cause },
    calldata: { value: 0, cause },
    call,
    typical: [],
  };
  kinds.set(kindOf(name), entry);
  entry.measured++;
  if (cost.gas > entry.gas.value) {
    entry.gas = { value: cost.gas, cause };
    entry.call = call;
  }
  if (cost.calldata > entry.calldata.value) entry.calldata = { value: cost.calldata, cause };
  return cost;
}

async function measure(transaction: ExtremeTransaction, selection: Selection, isTypical: boolean): Promise<void> {
  const begin = performance.now();
  let measured = 0;
  for (const { name, isDeep, index, kind, before, witness, after } of selectSteps(
    await transaction.begin(),
    selection,
  )) {
    // What a typical transaction takes is measured as it is.
    if (isTypical && isDeep) continue;
    const call = encodeStepCall(kind, before, witness);
    const cause = `${transaction.name}${isDeep ? "; deepest overlay" : ""}`;
    const cost = await measureStep(name, `step ${index} of ${cause}`, cause, call, after);
    if (cost === undefined) continue;
    measured++;
    if (isTypical) kinds.get(kindOf(name))?.typical.push(cost.gas);
    if (name === "Precompile") {
      perTransaction.set(transaction.name, {
        gas: cost.gas,
        gasLimit: await meter.gasLimitOf(call),
        calldata: cost.calldata,
      });
    }
  }
  const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
  console.log(`${transaction.name}: ${measured} steps measured in ${seconds} s`);
}

const typical = typicalTransactions({
  token: runtimeCode("@uniswap/v2-core/build/ERC20.json"),
  pair: runtimeCode("@uniswap/v2-core/build/UniswapV2Pair.json"),
});
for (const transaction of typical) await measure(transaction, ALL, true);
for (const transaction of EXTREME_TRANSACTIONS) await measure(transaction, EXTREME, false);
for (const { name, cause, before, witness, after } of await extremeChainSteps()) {
  await measureStep(name, cause, cause, encodeStepCall("step", before, witness), after);
}
for (const [what, options] of Object.entries(EXTREME_HISTORIES)) {
  for (const { name, cause, kind, before, witness, after, input } of await historySteps(meter, what, options)) {
    await measureStep(name, cause, `chain: ${cause}`, encodeStepCall(kind, before, witness, input), after);
  }
}

const all = [...kinds.entries()];
const most = (valueOf: (kind: Kind) => Worst) =>
  all.reduce((worst, each) => (valueOf(each[1]).value > valueOf(worst[1]).value ? each : worst));
const [gasKind, { gas: mostGas, call: dearest }] = most(({ gas }) => gas);
const [calldataKind, { calldata: mostCalldata }] = most(({ calldata }) => calldata);
const limit = [...perTransaction].reduce(
  (worst, [cause, { gasLimit }]) => (gasLimit > worst.value ? { value: gasLimit, cause } : worst),
  {
    value: await meter.gasLimitOf(dearest),
    cause: mostGas.cause,
  },
);
const typicalGas = all.flatMap(([, { typical }]) => typical);
const median = medianOf(typicalGas);
const { contracts } = meter;
await meter.close();

const instructions = OPCODES.flatMap((opcode) => (opcode === undefined ? [] : [kindOf(opcode.name)]));
const phases = Object.entries(Phase).flatMap(([name, phase]) =>
  isBoundary(phase) || phase === Phase.Execute ? [] : [name],
);
for (const kind of new Set([...phases, ...instructions])) {
  if (!kinds.has(kind)) failures.push(`no step of the kind ${kind} was measured`);
}
for (const { name, codeSize } of contracts) {
  if (codeSize > CODE_LIMIT) failures.push(`${name} has ${codeSize} bytes of code, more than ${CODE_LIMIT}`);
}
if (mostGas.value > MOST_GAS) failures.push(`${gasKind} takes ${mostGas.value} gas, more than ${MOST_GAS}`);
if (mostCalldata.value > MOST_CALLDATA) {
  failures.push(`${calldataKind} takes ${mostCalldata.value} bytes of calldata, more than ${MOST_CALLDATA}`);
}

const number = (value: number) => Math.round(value).toLocaleString("en");
const rows = all
  .sort(([, left], [, right]) => right.gas.value - left.gas.value)
  .map(([kind, { gas, calldata, typical }]) => {
    const middle = typical.length === 0 ? "" : number(medianOf(typical));
    return `| ${kind} | ${number(gas.value)} | ${gas.cause} | ${number(calldata.value)} | ${calldata.cause} | ${middle} |`;
  });
const precompileRows = EXTREMES.precompiles.map(({ name }) => {
  const { gas, gasLimit, calldata } = perTransaction.get(name) ?? { gas: NaN, gasLimit: NaN, calldata: NaN };
  return `| ${name.replace("precompile: ", "")} | ${number(gas)} | ${number(gasLimit)} | ${number(calldata)} |`;
});
const contractRows = contracts.map(
  ({ name, codeSize, deploymentGas }) => `| ${name} | ${number(codeSize)} | ${number(deploymentGas)} |`,
);
const deploymentGas = contracts.reduce((sum, contract) => sum + contract.deploymentGas, 0);
const measured = all.reduce((sum, [, kind]) => sum + kind.measured, 0);

const text = `# Steps on L1

What the proof of one step of the machine (docs/machine.md) takes on L1: the gas that a transaction with it uses, as its
receipt says (21,000, calldata by EIP-7623, execution), and the bytes of its calldata. ${number(measured)} steps were proven for this
page, on a simulated L1 with Osaka's rules and a gas limit of ${number(MOST_GAS)}, and every one came to the state of the machine. Regenerate with \`npm run bench:steps\`.

| | | bound |
|---|---:|---:|
| most gas of a step (${gasKind}: ${mostGas.cause}) | ${number(mostGas.value)} | ${number(MOST_GAS)} |
| greatest gas limit that such a transaction needs (${limit.cause}) | ${number(limit.value)} | ${number(MOST_GAS)} |
| most calldata of a step (${calldataKind}: ${mostCalldata.cause}) | ${number(mostCalldata.value)} | ${number(MOST_CALLDATA)} |
| median gas of the ${number(typicalGas.length)} steps of typical transactions (${typical.map(({ name }) => name).join(", ")}) | ${number(median)} | 400,000 |

## By kind of step

The greatest values over all transactions made to be dear, and the step's transaction. "Deepest overlay": the
step proven against an overlay in which every key that it opens lies below 256 siblings. In the states of most of these transactions
every key lies below 64 branches with 16 children each. Neither can be reached, as it would take hashes that agree in all digits but the last; both are the
most that the contracts accept. Blank: the typical transactions have no such step.

| step | most gas | with | most calldata | with | median gas of typical steps |
|---|---:|---|---:|---|---:|
${rows.join("\n")}

## Precompiles

| input | gas of the step | gas limit it needs | calldata |
|---|---:|---:|---:|
${precompileRows.join("\n")}

## Contracts

At most ${number(CODE_LIMIT)} bytes of code (EIP-170). Deploying all of them takes ${number(deploymentGas)} gas, once: any number of rollups can share them.

| contract | bytes of code | gas of its deployment |
|---|---:|---:|
${contractRows.join("\n")}
`;
if (failures.length > 0) {
  for (const failure of failures) console.error(failure);
  process.exitCode = 1;
} else {
  await writeReport(new URL("./steps.md", import.meta.url), text);
}
console.log(`most gas: ${number(mostGas.value)} (${gasKind}: ${mostGas.cause}), limit ${number(limit.value)}`);
console.log(`most calldata: ${number(mostCalldata.value)} (${calldataKind}: ${mostCalldata.cause})`);
console.log(`median of typical steps: ${number(median)}`);
