import { RustBN254 } from "@ethereumjs/evm";
import { initRustBN } from "rustbn-wasm";
import { padded } from "./padding.ts";
import type { Precompile } from "./precompile.ts";

const PAIR_LENGTH = 192;

/**
 * Precompiles 0x06 to 0x08 (EIP-196, EIP-197, priced by EIP-1108): addition of two points (128 bytes, 150 gas) and
 * multiplication of a point by a scalar (96, 6,000), with zeros behind a shorter input and what is behind these ignored;
 * pairing check of pairs of points (192 each, 45,000 and 34,000 a pair).
 */
export async function createBn254(): Promise<Record<"addition" | "multiplication" | "pairing", Precompile>> {
  const curve = new RustBN254(await initRustBN());
  return {
    addition: { gas: () => 150, run: (input) => ofLength(64, () => curve.add(padded(input, 0, 128))) },
    multiplication: { gas: () => 6_000, run: (input) => ofLength(64, () => curve.mul(padded(input, 0, 96))) },
    pairing: {
      gas: (input) => 45_000 + 34_000 * Math.floor(input.length / PAIR_LENGTH),
      run: (input) => (input.length % PAIR_LENGTH === 0 ? ofLength(32, () => curve.pairing(input)) : undefined),
    },
  };
}

/** The library throws, or gives no bytes, for what is no point of the curve. */
function ofLength(length: number, compute: () => Uint8Array): Uint8Array | undefined {
  try {
    const output = compute();
    return output.length === length ? output : undefined;
  } catch {
    return undefined;
  }
}
