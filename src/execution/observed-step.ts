import { create2Address, createAddress, MAX_INITCODE_SIZE } from "../ethereum/index.ts";
import { bigintToBytes32, bytesToHex } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";
import type { ExecutionObserver, ObservedState } from "./observer.ts";

// What observers read out of the instructions they are shown.

/** An instruction as an observer sees it. */
export type ObservedStep = Parameters<NonNullable<ExecutionObserver["onStep"]>>[0];

/** The account a stack word names: its low 20 bytes. */
export function wordToAddress(word: bigint): Address {
  return `0x${(word & (2n ** 160n - 1n)).toString(16).padStart(40, "0")}`;
}

/**
 * What stands in memory, zeros behind its end. Undefined if the instruction cannot pay for so much memory: it does not run,
 * and nobody should make room for it.
 */
export function memoryWindow(
  { memory, gas }: Pick<ObservedStep, "memory" | "gas">,
  offset: bigint,
  length: bigint,
): Uint8Array | undefined {
  if (length === 0n) return new Uint8Array();
  if (memoryGas(offset + length) - memoryGas(BigInt(memory.length)) > gas) return undefined;
  const [from, size] = [Number(offset), Number(length)];
  const window = new Uint8Array(size);
  window.set(memory.subarray(Math.min(from, memory.length), Math.min(from + size, memory.length)));
  return window;
}

function memoryGas(bytes: bigint): bigint {
  const words = (bytes + 31n) / 32n;
  return 3n * words + (words * words) / 512n;
}

/** Where the CREATE or CREATE2 about to run would put its contract; undefined for anything else, and what cannot run. */
export function addressToCreate(step: ObservedStep, state: ObservedState): Address | undefined {
  const { opcodeName, stack, address } = step;
  const [offset, length, salt] = [stack.at(-2), stack.at(-3), stack.at(-4)];
  if (offset === undefined || length === undefined || length > MAX_INITCODE_SIZE) return undefined;
  if (opcodeName === "CREATE") return createAddress(address, state.getAccount(address)?.nonce ?? 0n);
  if (opcodeName !== "CREATE2" || salt === undefined) return undefined;
  const initcode = memoryWindow(step, offset, length);
  return initcode && create2Address(address, bytesToHex(bigintToBytes32(salt)), initcode);
}
