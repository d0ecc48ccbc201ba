import { EVMError, createEVM } from "@ethereumjs/evm";
import type { EVM } from "@ethereumjs/evm";
import type { Common } from "@ethereumjs/common";
import { invalidOpcodeError } from "../ethereum/index.ts";
import { bytesToBigint } from "../primitives/index.ts";

// What this file uses of the interpreter, which @ethereumjs/evm does not export. Holds for the exact version that
// package.json names; `installInterpreterLoop` fails if it is gone.
interface Interpreter {
  readonly _evm: EVM & { readonly _opcodeMap: readonly OpcodeEntry[] };
  readonly _runState: RunState;
  readonly common: Common;
  run(code: Uint8Array, options?: { readonly pc?: number }): Promise<Result>;
  runStep(entry: OpcodeEntry): Promise<void>;
}
interface RunState {
  programCounter: number;
  opCode: number;
  code: Uint8Array;
  validJumps: Uint8Array;
  shouldDoJumpAnalysis: boolean;
  gasLeft: bigint;
  readonly stack: { push(value: bigint): void };
}
interface OpcodeEntry {
  readonly opcodeInfo: {
    readonly feeBigInt: bigint;
    readonly dynamicGas: boolean;
    readonly isInvalid: boolean;
    readonly isAsync: boolean;
  };
  readonly opHandler: (runState: RunState, common: Common) => void | Promise<void>;
  readonly gasHandler: (runState: RunState, gas: bigint, common: Common) => bigint | Promise<bigint>;
}
interface Result {
  readonly runState: RunState;
  readonly exceptionError: EVMError | undefined;
}

const STOP = 0x00;
const INVALID = 0xfe;
const JUMP = 0x56;
const JUMPI = 0x57;
const JUMPDEST = 0x5b;
const PUSH1 = 0x60;
const PUSH32 = 0x7f;
/** Up to so many bytes, a PUSH's value is made anew from a safe integer. */
const SHORT_PUSH = 6;
/** Unused on Ethereum. */
const PROBE = 0x0c;

/** What is known of a code so far. Found by the identity of its bytes, which the state shares between calls. */
interface CodeAnalysis {
  /** 1 where a JUMPDEST may be jumped to; made at the first jump. */
  jumps: Uint8Array | undefined;
  /** Values of the longer PUSHes that have run, by position. */
  readonly pushes: Map<number, bigint>;
}

const analyses = new WeakMap<Uint8Array, CodeAnalysis>();
let installed: Promise<void> | undefined;

/**
 * Puts a faster main loop into ethereumjs's interpreter; the instructions stay the library's.
 *
 * The library analyses the whole code of a contract at the first jump of every call, so that calls of a 24 KB contract
 * cost a node a thousand times what their 100 gas should buy, and a block could take it minutes. Here a code is analysed
 * once. Besides, an instruction that has nothing to wait for is not awaited. Idempotent.
 */
export function installInterpreterLoop(common: Common): Promise<void> {
  installed ??= findInterpreter(common).then((prototype) => {
    prototype.run = run;
  });
  return installed;
}

/** The prototype of all interpreters, found by way of an instruction of our own. */
async function findInterpreter(common: Common): Promise<Interpreter> {
  let prototype: Interpreter | undefined;
  const evm = await createEVM({
    common,
    customOpcodes: [
      {
        opcode: PROBE,
        opcodeName: "PROBE",
        baseFee: 0,
        logicFunction: (runState) => {
          prototype = Object.getPrototypeOf(runState.interpreter) as Interpreter;
        },
      },
    ],
  });
  await evm.runCode({ code: Uint8Array.of(PROBE), gasLimit: 100n });
  if (typeof prototype?.run !== "function" || typeof prototype.runStep !== "function" || !("_opcodeMap" in evm)) {
    throw new Error("this version of @ethereumjs/evm has another interpreter than the one package.json names");
  }
  return prototype;
}

async function run(this: Interpreter, code: Uint8Array, options: { readonly pc?: number } = {}): Promise<Result> {
  const { _runState: runState, common } = this;
  const opcodes = this._evm._opcodeMap;
  const isObserved = this._evm.events.listenerCount("step") > 0;
  const analysis = analysisOf(code);
  runState.code = code;
  runState.programCounter = options.pc ?? 0;
  // Keeps the library's PUSH (used when observed) from looking for an analysis of its own.
  runState.shouldDoJumpAnalysis = true;

  let exceptionError: EVMError | undefined;
  try {
    // An observer is told of the STOP behind the end of a code as well.
    while (runState.programCounter < code.length || isObserved) {
      const position = runState.programCounter;
      const opcode = code[position] ?? STOP;
      runState.opCode = opcode;
      // Made by now, perhaps, by a call of the same code inside this one.
      if (opcode === JUMP || opcode === JUMPI) runState.validJumps = analysis.jumps ??= findJumpDestinations(code);
      const entry = opcodes[opcode] as OpcodeEntry;
      if (isObserved) {
        await this.runStep(entry);
        continue;
      }
      const { opcodeInfo } = entry;
      let gas = opcodeInfo.feeBigInt;
      if (opcodeInfo.dynamicGas) {
        const charged = entry.gasHandler(runState, gas, common);
        gas = typeof charged === "bigint" ? charged : await charged;
      }
      if (opcodeInfo.isInvalid) {
        exceptionError = specific(new EVMError(EVMError.errorMessages.INVALID_OPCODE), opcode);
        break;
      }
      runState.gasLeft -= gas;
      if (runState.gasLeft < 0n) {
        runState.gasLeft = 0n;
        exceptionError = new EVMError(EVMError.errorMessages.OUT_OF_GAS);
        break;
      }
      runState.programCounter = position + 1;
      if (opcode >= PUSH1 && opcode <= PUSH32) {
        const length = opcode - PUSH1 + 1;
        runState.stack.push(pushValue(code, analysis, position, length));
        runState.programCounter += length;
      } else if (opcodeInfo.isAsync) {
        await entry.opHandler(runState, common);
      } else {
        void entry.opHandler(runState, common);
      }
    }
  } catch (error) {
    if (!(error instanceof EVMError)) throw error;
    if (error.error !== EVMError.errorMessages.STOP) exceptionError = specific(error, runState.opCode);
  }
  return { runState, exceptionError };
}

/** The library does not say which opcode is invalid. */
function specific(error: EVMError, opcode: number): EVMError {
  if (error.error !== EVMError.errorMessages.INVALID_OPCODE) return error;
  const words = invalidOpcodeError(opcode, opcode === INVALID ? "INVALID" : undefined);
  return Object.assign(new EVMError(error.error), { error: words });
}

function analysisOf(code: Uint8Array): CodeAnalysis {
  let analysis = analyses.get(code);
  if (analysis === undefined) {
    analysis = { jumps: undefined, pushes: new Map() };
    analyses.set(code, analysis);
  }
  return analysis;
}

function findJumpDestinations(code: Uint8Array): Uint8Array {
  const jumps = new Uint8Array(code.length);
  for (let position = 0; position < code.length; position++) {
    const opcode = code[position] as number;
    if (opcode === JUMPDEST) jumps[position] = 1;
    else if (opcode >= PUSH1 && opcode <= PUSH32) position += opcode - PUSH1 + 1;
  }
  return jumps;
}

function pushValue(code: Uint8Array, analysis: CodeAnalysis, position: number, length: number): bigint {
  if (length <= SHORT_PUSH) {
    let short = 0;
    for (let index = position + 1; index <= position + length; index++) short = short * 256 + (code[index] ?? 0);
    return BigInt(short);
  }
  const known = analysis.pushes.get(position);
  if (known !== undefined) return known;
  const present = code.subarray(position + 1, position + 1 + length);
  // Code that ends within the data of a PUSH goes on with zeros.
  const value = bytesToBigint(present) << BigInt(8 * (length - present.length));
  analysis.pushes.set(position, value);
  return value;
}
