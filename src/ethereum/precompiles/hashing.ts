import { hash } from "node:crypto";
import { createRIPEMD160, createSHA256 } from "hash-wasm";
import type { Precompile } from "./precompile.ts";

/** Bytes from which the native SHA-256 outweighs what it costs to call it. */
const NATIVE_FROM = 256;

/** Precompile 0x02: 60 gas and 12 a word; output the SHA-256 (32). */
export async function createSha256(): Promise<Precompile> {
  const hasher = await createSHA256();
  return {
    gas: (input) => 60 + 12 * Math.ceil(input.length / 32),
    run: (input) =>
      input.length < NATIVE_FROM
        ? hasher.init().update(input).digest("binary")
        : Uint8Array.from(hash("sha256", input, "buffer")),
  };
}

/** Precompile 0x03: 600 gas and 120 a word; output the RIPEMD-160 (20) after 12 bytes of 0. */
export async function createRipemd160(): Promise<Precompile> {
  const hasher = await createRIPEMD160();
  return {
    gas: (input) => 600 + 120 * Math.ceil(input.length / 32),
    run: (input) => {
      const output = new Uint8Array(32);
      output.set(hasher.init().update(input).digest("binary"), 12);
      return output;
    },
  };
}
