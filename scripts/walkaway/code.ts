import type { PublicClient } from "viem";
import { hexToBytes } from "../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../src/primitives/index.ts";

/** What `onestep verify --json` prints. */
export interface VerifyReport {
  readonly rollup: Address;
  readonly creation?: Hash;
  readonly differences: readonly string[];
  readonly genesisCompared: boolean;
  readonly subjects: readonly {
    readonly subject: string;
    readonly address?: Address;
    readonly checks: readonly { readonly what: string; readonly expected: string; readonly actual: string }[];
  }[];
}

/** Code that was compared with this build. */
export interface VerifiedCode {
  readonly contract: string;
  readonly address: Address;
  /** Predeploys are on L2: their code is in the genesis that L1 has the hash of. */
  readonly layer: "L1" | "L2";
  readonly bytes: number;
  /** keccak256 with zeros in the place of immutables, as `onestep verify` compares it. */
  readonly codeHash: string;
}

/** The instructions by which code runs, or becomes, other code. */
const CHANGING_OPCODES: ReadonlyMap<number, string> = new Map([
  [0xf2, "CALLCODE"],
  [0xf4, "DELEGATECALL"],
  [0xff, "SELFDESTRUCT"],
]);
const FIRST_PUSH = 0x60;
const LAST_PUSH = 0x7f;

/**
 * Every contract that verify compared the code of. Throws if one on L1 could run, or become, other code.
 * @param predeploys addresses on L2 whose code is in the genesis
 */
export async function readVerifiedCode(
  l1: PublicClient,
  { subjects }: VerifyReport,
  predeploys: Readonly<Record<Address, { readonly code?: Hex | undefined }>>,
): Promise<readonly VerifiedCode[]> {
  const verified: VerifiedCode[] = [];
  for (const { subject, address, checks } of subjects) {
    const compared = checks.find(({ what }) => what === "code");
    if (compared === undefined || address === undefined) continue;
    const onL2 = predeploys[address]?.code;
    const code = onL2 ?? (await l1.getCode({ address }));
    if (code === undefined) throw new Error(`expected code of ${subject} at ${address}`);
    const found = onL2 === undefined ? changingOpcodes(code) : [];
    if (found.length > 0) throw new Error(`the code of ${subject} has ${found.join(" and ")}`);
    verified.push({
      ...{ contract: subject, address, layer: onL2 === undefined ? "L1" : "L2" },
      ...{ bytes: code.length / 2 - 1, codeHash: compared.actual },
    });
  }
  if (!verified.some(({ layer }) => layer === "L1")) throw new Error("onestep verify has compared no code on L1");
  return verified;
}

/** The names of such instructions in some code, each once. What is behind a PUSH is its argument. */
export function changingOpcodes(bytecode: Hex): readonly string[] {
  const code = hexToBytes(bytecode);
  const found = new Set<string>();
  for (let at = 0; at < code.length; at++) {
    const opcode = code[at] ?? 0;
    if (opcode >= FIRST_PUSH && opcode <= LAST_PUSH) at += opcode - FIRST_PUSH + 1;
    const name = CHANGING_OPCODES.get(opcode);
    if (name !== undefined) found.add(name);
  }
  return [...found];
}
