import library from "@crate-crypto/node-eth-kzg";
import { bigintToBytes32 } from "../../../../src/primitives/index.ts";

/** Opens field elements of blobs (EIP-4844). */
export interface KzgProver {
  commitmentOf(blob: Uint8Array): Uint8Array;
  /** The element at `index`, and the proof that the blob's polynomial has it as its value there. */
  open(blob: Uint8Array, index: number): { readonly y: Uint8Array; readonly proof: Uint8Array };
}

const MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

/** 7 to the power (MODULUS − 1) ÷ 4096 × exponent. */
export function rootOfUnity(exponent: number): bigint {
  let power = ((MODULUS - 1n) / 4_096n) * BigInt(exponent);
  let result = 1n;
  for (let square = 7n; power > 0n; power >>= 1n, square = (square * square) % MODULUS) {
    if ((power & 1n) === 1n) result = (result * square) % MODULUS;
  }
  return result;
}

export async function loadKzgProver(): Promise<KzgProver> {
  const context = await Promise.resolve(library.DasContextJs.create({ usePrecomp: false }));
  return {
    commitmentOf: (blob) => context.blobToKzgCommitment(blob),
    open: (blob, index) => {
      const reversed = [...index.toString(2).padStart(12, "0")].reverse().join("");
      const point = bigintToBytes32(rootOfUnity(Number.parseInt(reversed, 2)));
      const [proof, y] = context.computeKzgProof(blob, point) as [Uint8Array, Uint8Array];
      return { y, proof };
    },
  };
}
