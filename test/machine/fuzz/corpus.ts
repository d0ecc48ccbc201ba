import { readFileSync, readdirSync } from "node:fs";
import type { FuzzCase } from "./fuzz-case.ts";

export const CORPUS = new URL("corpus/", import.meta.url);

/** What makes a case worth keeping: a pair of step and outcome, all undefined opcodes, all PUSHes, DUPs and SWAPs taken as one. */
export function kindOfPair(pair: string): string {
  return pair.replace(/^undefined 0x[0-9a-f]+/, "undefined").replace(/^(PUSH|DUP|SWAP)\d+/, "$1");
}

export function readCase(file: URL | string): FuzzCase {
  return JSON.parse(readFileSync(file, "utf8")) as FuzzCase;
}

/** The kept cases, by the names of their files. */
export function readCorpus(): [name: string, fuzzCase: FuzzCase][] {
  const names = readdirSync(CORPUS).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => [name, readCase(new URL(name, CORPUS))]);
}
