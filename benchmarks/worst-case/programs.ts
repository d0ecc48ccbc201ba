import type { Address } from "../../src/primitives/index.ts";
import { concatBytes, hexToBytes } from "../../src/primitives/index.ts";
import { assemble } from "../../test/machine/assemble.ts";
import type { CodePart } from "../../test/machine/assemble.ts";

// Contracts that spend all gas of a transaction but a little on one thing.

/** Copies of a body between two jumps. */
const UNROLLED = 16;

/** Gas that ends the loop. */
const RESERVE = 60_000;

/** Most bytes of a code (EIP-170). */
export const CODE_SIZE = 24_576;

/** `setup` once, then `body` again and again while there is gas; the stack is as deep after `body` as before. */
export function loop(
  setup: readonly CodePart[],
  body: readonly CodePart[],
  { reserve = RESERVE, unrolled = UNROLLED }: { readonly reserve?: number; readonly unrolled?: number } = {},
): Uint8Array {
  const head = assemble(...setup);
  const jump = Uint8Array.of(0x61, head.length >> 8, head.length & 255);
  const bodies = Array.from({ length: unrolled }, () => body).flat();
  return assemble(head, "JUMPDEST", ...bodies, reserve, "GAS GT", jump, "JUMPI STOP");
}

/** As `loop`, with a number on the stack that begins at the first word of the call's input and that `body` counts up. */
export function countingLoop(body: readonly CodePart[], options: Parameters<typeof loop>[2] = {}): Uint8Array {
  return loop(["PUSH0 CALLDATALOAD"], [...body, "1 ADD"], options);
}

/** Copies the codes of `sources` to memory, one behind the other. */
export function copyCodes(sources: readonly { readonly address: Address; readonly size: number }[]): Uint8Array {
  let offset = 0;
  const parts: CodePart[] = [];
  for (const { address, size } of sources) {
    parts.push(size, "PUSH0", offset, hexToBytes(address), "EXTCODECOPY");
    offset += size;
  }
  return assemble(
    ...parts.map((part) => (part instanceof Uint8Array ? concatBytes([Uint8Array.of(0x73), part]) : part)),
  );
}

/** Calls a precompile with what memory begins with, again and again. */
export function precompileLoop(setup: Uint8Array, target: number, size: number): Uint8Array {
  return loop([setup], ["PUSH0 PUSH0", size, "PUSH0", target, "GAS STATICCALL POP"], { reserve: 3_000_000 });
}

/** A code of the greatest size that jumps at once, so that all of it is looked through for jump destinations. */
export function jumpingCode(index: number): Uint8Array {
  const code = new Uint8Array(CODE_SIZE);
  code.set(assemble(4, "JUMP STOP JUMPDEST STOP"));
  new DataView(code.buffer).setUint32(CODE_SIZE - 4, index);
  // A PUSH1 and two JUMPDESTs again and again: neither a PUSH at each step nor long stretches without one.
  for (let index = 6; index < CODE_SIZE - 4; index++) code[index] = index % 3 === 0 ? 0x60 : 0x5b;
  return code;
}
