import { concatBytes, hexToBytes } from "../../src/primitives/index.ts";
import { OPCODES } from "../../src/machine/opcodes.ts";

const opcodes = new Map(
  OPCODES.flatMap((opcode, index) => (opcode === undefined ? [] : [[opcode.name, index] as const])),
);

export function opcodeOf(name: string): number {
  const opcode = opcodes.get(name);
  if (opcode === undefined) throw new RangeError(`no instruction is called ${name}`);
  return opcode;
}

/** A PUSH of a number, as short as it can be. */
export function push(value: bigint | number): Uint8Array {
  const digits = value.toString(16);
  const bytes =
    value === 0n || value === 0
      ? new Uint8Array()
      : hexToBytes(`0x${digits.padStart(digits.length + (digits.length % 2), "0")}`);
  return Uint8Array.of(0x5f + bytes.length, ...bytes);
}

/** Instructions by name, a number that is pushed, or ready bytes. */
export type CodePart = string | bigint | number | Uint8Array;

/** Code of instructions by name, of numbers that are pushed, and of ready bytes. */
export function assemble(...parts: readonly CodePart[]): Uint8Array {
  return concatBytes(
    parts.flatMap((part) => {
      if (typeof part !== "string") return [part instanceof Uint8Array ? part : push(part)];
      return part
        .trim()
        .split(/\s+/)
        .map((name) => (/^(0x)?[0-9a-f]+$/.test(name) ? push(BigInt(name)) : Uint8Array.of(opcodeOf(name))));
    }),
  );
}
