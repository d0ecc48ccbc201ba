import { bytesToBigint, hexToBytes } from "../primitives/index.ts";

const SELECTOR_SIZE = 4;
const WORD_SIZE = 32;
/** Both forms of `postBatch` have the offset of the payload as their second argument. */
const OFFSET_POSITION = SELECTOR_SIZE + WORD_SIZE;

/**
 * The payload argument of a call of `postBatch(uint256,bytes)` or `postBatch(uint256,bytes,(uint256,uint8,bytes32))`, as
 * the contract reads it: offsets need not be those an encoder would choose, and bytes that nothing points to are allowed.
 * Undefined if the contract would have reverted.
 */
export function decodePostedPayload(input: string): Uint8Array | undefined {
  const call = hexToBytes(input);
  const offset = readLength(call, OFFSET_POSITION);
  if (offset === undefined) return undefined;
  const length = readLength(call, SELECTOR_SIZE + offset);
  const start = SELECTOR_SIZE + offset + WORD_SIZE;
  return length === undefined || start + length > call.length ? undefined : call.subarray(start, start + length);
}

function readLength(call: Uint8Array, position: number): number | undefined {
  if (position + WORD_SIZE > call.length) return undefined;
  const value = bytesToBigint(call.subarray(position, position + WORD_SIZE));
  return value > BigInt(call.length) ? undefined : Number(value);
}
