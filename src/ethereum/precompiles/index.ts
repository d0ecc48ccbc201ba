import type { Address } from "../../primitives/index.ts";
import { IDENTITY } from "./identity.ts";
import { MODULAR_EXPONENTIATION } from "./modular-exponentiation.ts";
import type { Precompile } from "./precompile.ts";
import { SIGNATURE_RECOVERY } from "./signature-recovery.ts";

export { MAX_PRECOMPILE_GAS, MAX_PRECOMPILE_INPUT, isTooDear, isTooLong, runPrecompile } from "./precompile.ts";
export type { Precompile, PrecompileResult } from "./precompile.ts";

export type Precompiles = ReadonlyMap<Address, Precompile>;

let loading: Promise<Precompiles> | undefined;

/**
 * The precompiles of Osaka, 0x01 to 0x11 and 0x100, loaded once for the process. In WebAssembly or native where JavaScript
 * would take longer than their gas pays for (benchmarks/precompiles.md).
 */
export function loadPrecompiles(): Promise<Precompiles> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Precompiles> {
  // Imported here: who needs a constant of this folder does not load libraries of curves.
  const [
    { createBlake2Compression },
    { createSha256, createRipemd160 },
    { createBn254 },
    { createBls12381 },
    p256Module,
  ] = await Promise.all([
    import("./blake2-compression.ts"),
    import("./hashing.ts"),
    import("./bn254.ts"),
    import("./bls12-381.ts"),
    import("./p256-verification.ts"),
  ]);
  const [sha256, ripemd160, bn254, bls, p256] = await Promise.all([
    createSha256(),
    createRipemd160(),
    createBn254(),
    createBls12381(),
    p256Module.createP256Verification(),
  ]);
  const byNumber: readonly (readonly [number, Precompile])[] = [
    [0x01, SIGNATURE_RECOVERY],
    [0x02, sha256],
    [0x03, ripemd160],
    [0x04, IDENTITY],
    [0x05, MODULAR_EXPONENTIATION],
    [0x06, bn254.addition],
    [0x07, bn254.multiplication],
    [0x08, bn254.pairing],
    [0x09, createBlake2Compression()],
    [0x0a, bls.pointEvaluation],
    [0x0b, bls.g1Addition],
    [0x0c, bls.g1Multiplication],
    [0x0d, bls.g2Addition],
    [0x0e, bls.g2Multiplication],
    [0x0f, bls.pairing],
    [0x10, bls.mapToG1],
    [0x11, bls.mapToG2],
    [0x100, p256],
  ];
  return new Map(byNumber.map(([number, precompile]) => [addressOf(number), precompile]));
}

function addressOf(number: number): Address {
  return `0x${number.toString(16).padStart(40, "0")}`;
}
