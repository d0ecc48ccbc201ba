import { readFileSync } from "node:fs";
import { hexToBytes } from "../../src/primitives/index.ts";
import type { Hex } from "../../src/primitives/index.ts";

/** A line of Solidity. */
export interface SourceLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

interface CompilerOutput {
  readonly contracts: Readonly<
    Record<string, Readonly<Record<string, { evm: { deployedBytecode: { object: string; sourceMap?: string } } }>>>
  >;
  readonly sources: Readonly<Record<string, { readonly id: number }>>;
}

const FIRST_PUSH = 0x60;
const LAST_PUSH = 0x7f;

/**
 * The line that the instruction at `pc` comes from, for a contract that was compiled here (`contracts/l2/Outbox.sol:Outbox`). Undefined
 * for what the compiler made of no line.
 */
export function sourceLine(contract: string, pc: number): SourceLine | undefined {
  const [file = "", name = ""] = contract.split(":");
  const root = new URL("../../", import.meta.url);
  const artifact = JSON.parse(readFileSync(new URL(`artifacts/${file}/${name}.json`, root), "utf8")) as {
    readonly buildInfoId: string;
    readonly inputSourceName: string;
    readonly deployedBytecode: Hex;
  };
  const { output } = JSON.parse(
    readFileSync(new URL(`artifacts/build-info/${artifact.buildInfoId}.output.json`, root), "utf8"),
  ) as { readonly output: CompilerOutput };
  const compiled = output.contracts[artifact.inputSourceName]?.[name]?.evm.deployedBytecode;
  if (compiled?.sourceMap === undefined) return undefined;

  // An instruction for each entry; fields that are left out are those of the entry before (Solidity docs, "Source Mappings").
  const code = hexToBytes(artifact.deployedBytecode);
  let at = 0;
  let [start, source] = ["0", "-1"];
  for (const entry of compiled.sourceMap.split(";")) {
    const [newStart = "", , newSource = ""] = entry.split(":");
    if (newStart !== "") start = newStart;
    if (newSource !== "") source = newSource;
    if (at >= pc) break;
    const opcode = code[at] ?? 0;
    at += opcode >= FIRST_PUSH && opcode <= LAST_PUSH ? opcode - FIRST_PUSH + 2 : 1;
  }
  const path = Object.keys(output.sources).find((known) => output.sources[known]?.id === Number(source));
  if (path === undefined) return undefined;
  const shown = path.replace(/^project\//, "").replace(/^npm\/([^@]*|@[^@]*)@[^/]*\//, "node_modules/$1/");
  const text = readFileSync(new URL(shown, root));
  const before = text.subarray(0, Number(start)).toString("utf8").split("\n");
  return {
    file: shown,
    line: before.length,
    text: (text.toString("utf8").split("\n")[before.length - 1] ?? "").trim(),
  };
}
