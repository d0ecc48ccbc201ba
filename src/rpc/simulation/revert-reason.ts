import { bytesToHex } from "../../primitives/index.ts";

const ERROR_SELECTOR = "0x08c379a0";
const PANIC_SELECTOR = "0x4e487b71";

/** Solidity's panic codes, worded as go-ethereum words them. */
const PANICS: Readonly<Record<string, string>> = {
  "0": "generic panic",
  "1": "assert(false)",
  "17": "arithmetic underflow or overflow",
  "18": "division or modulo by zero",
  "33": "enum overflow",
  "34": "invalid encoded storage byte array accessed",
  "49": "out-of-bounds array access; popping on an empty array",
  "50": "out-of-bounds access of an array or bytesN",
  "65": "out of memory",
  "81": "uninitialized function",
};

/** The reason in what a reverted call returned: `Error(string)` or `Panic(uint256)`; undefined for anything else. */
export function revertReason(output: Uint8Array): string | undefined {
  const selector = bytesToHex(output.subarray(0, 4));
  const body = output.subarray(4);
  if (selector === PANIC_SELECTOR && body.length >= 32) {
    const code = wordAt(body, 0);
    return PANICS[code.toString()] ?? `unknown panic code: 0x${code.toString(16)}`;
  }
  if (selector !== ERROR_SELECTOR || body.length < 64) return undefined;
  const offset = wordAt(body, 0);
  if (offset + 32n > BigInt(body.length)) return undefined;
  const start = Number(offset) + 32;
  const length = wordAt(body, Number(offset));
  if (BigInt(start) + length > BigInt(body.length)) return undefined;
  return Buffer.from(body.subarray(start, start + Number(length))).toString("utf8");
}

function wordAt(bytes: Uint8Array, offset: number): bigint {
  return BigInt(bytesToHex(bytes.subarray(offset, offset + 32)));
}
