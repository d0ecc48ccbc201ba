import { createHash } from "node:crypto";
import { bytesToHex, hexToBytes } from "./bytes.ts";
import type { Hash } from "./hex.ts";

/** 4096 field elements of 32 bytes (EIP-4844). */
const BLOB_SIZE = 131_072;
const POINT_SIZE = 48;
const FIELD_ELEMENT_SIZE = 32;

/** First byte of a versioned hash of a KZG commitment (EIP-4844). */
const VERSIONED_HASH_VERSION_KZG = 0x01;

/**
 * KZG polynomial commitments over the trusted setup of the Ethereum ceremony (EIP-4844, EIP-7594). Blobs are 131,072
 * bytes, commitments and proofs 48 bytes. Promises reject when a blob is not 4096 field elements below the BLS12-381
 * scalar modulus.
 */
export interface Kzg {
  readonly implementation: KzgImplementation;
  blobToCommitment(blob: Uint8Array): Promise<Uint8Array>;
  /** The EIP-4844 proof of a whole blob. */
  computeBlobProof(blob: Uint8Array, commitment: Uint8Array): Promise<Uint8Array>;
  /** The 128 EIP-7594 proofs of a blob's cells, in order. */
  computeCellProofs(blob: Uint8Array): Promise<readonly Uint8Array[]>;
  /**
   * The proof that the polynomial of a blob has the value it has at `z` (32 bytes, big-endian), which `verifyProof` accepts;
   * synchronous like that. Undefined in the WebAssembly library, which makes none. Throws if an input is malformed.
   */
  readonly computeProof: ((blob: Uint8Array, z: Uint8Array) => Uint8Array) | undefined;
  /** False too if any input is malformed. */
  verifyBlobProof(blob: Uint8Array, commitment: Uint8Array, proof: Uint8Array): Promise<boolean>;
  /**
   * Whether the committed polynomial is `y` at `z` (32 bytes, big-endian): the check of the point evaluation precompile
   * at `0x0a`, which is why it is synchronous. False too if any input is malformed.
   */
  verifyProof(commitment: Uint8Array, z: Uint8Array, y: Uint8Array, proof: Uint8Array): boolean;
}

/** `native` is a Rust library, prebuilt for common platforms; `wasm` is c-kzg and runs anywhere, ten times slower. */
export type KzgImplementation = "native" | "wasm";

/** The versioned hash of a 48-byte commitment: sha256 with the first byte replaced by the version (EIP-4844). */
export function versionedHash(commitment: Uint8Array): Hash {
  const digest = createHash("sha256").update(commitment).digest();
  digest[0] = VERSIONED_HASH_VERSION_KZG;
  return bytesToHex(digest);
}

/** The versioned hash of a blob, which is what L1 knows of it. Rejects if the blob is not one. */
export async function blobVersionedHash(kzg: Kzg, blob: Uint8Array): Promise<Hash> {
  return versionedHash(await kzg.blobToCommitment(blob));
}

const loading = new Map<KzgImplementation | "best", Promise<Kzg>>();

/**
 * The process's KZG library, loaded once: the native one, or the WebAssembly one where the platform has no native build.
 * The native library loads at once and unpacks the trusted setup (1.6 s) at its first use; the WebAssembly one does so
 * when it is loaded, which blocks the process for about 12 s.
 */
export function loadKzg(implementation: KzgImplementation | "best" = "best"): Promise<Kzg> {
  let kzg = loading.get(implementation);
  if (kzg === undefined) {
    kzg = load(implementation);
    loading.set(implementation, kzg);
  }
  return kzg;
}

async function load(implementation: KzgImplementation | "best"): Promise<Kzg> {
  if (implementation === "native") return loadNative();
  if (implementation === "wasm") return loadWasm();
  try {
    return await loadKzg("native");
  } catch {
    // The package has no build for this platform; its error says no more than that.
    return loadKzg("wasm");
  }
}

async function loadNative(): Promise<Kzg> {
  const { default: library } = await import("@crate-crypto/node-eth-kzg");
  let loaded: ReturnType<typeof library.DasContextJs.create> | undefined;
  const context = () => (loaded ??= library.DasContextJs.create({ usePrecomp: false }));
  return {
    implementation: "native",
    blobToCommitment: async (blob) => context().asyncBlobToKzgCommitment(blob),
    computeBlobProof: async (blob, commitment) => context().asyncComputeBlobKzgProof(blob, commitment),
    computeProof: (blob, z) => context().computeKzgProof(blob, z)[0] as Uint8Array,
    computeCellProofs: async (blob) => (await context().asyncComputeCellsAndKzgProofs(blob)).proofs,
    verifyBlobProof: async (blob, commitment, proof) => {
      const trusted = context();
      return trusted.asyncVerifyBlobKzgProof(blob, commitment, proof).catch(() => false);
    },
    verifyProof: (commitment, z, y, proof) => {
      const trusted = context();
      return falseIfMalformed(() => trusted.verifyKzgProof(commitment, z, y, proof));
    },
  };
}

async function loadWasm(): Promise<Kzg> {
  const { loadKZG } = await import("kzg-wasm");
  const library = await loadKZG();
  // It copies what it is given into its memory without looking at the size.
  const blobHex = (bytes: Uint8Array) => sizedHex("blob", bytes, BLOB_SIZE);
  const pointHex = (bytes: Uint8Array) => sizedHex("commitment or proof", bytes, POINT_SIZE);
  const fieldElementHex = (bytes: Uint8Array) => sizedHex("field element", bytes, FIELD_ELEMENT_SIZE);
  return {
    implementation: "wasm",
    blobToCommitment: async (blob) => hexToBytes(library.blobToKZGCommitment(blobHex(blob))),
    computeBlobProof: async (blob, commitment) =>
      hexToBytes(library.computeBlobKZGProof(blobHex(blob), pointHex(commitment))),
    computeProof: undefined,
    computeCellProofs: async (blob) => library.computeCellsAndKZGProofs(blobHex(blob)).proofs.map(hexToBytes),
    verifyBlobProof: async (blob, commitment, proof) =>
      falseIfMalformed(() => library.verifyBlobKZGProof(blobHex(blob), pointHex(commitment), pointHex(proof))),
    verifyProof: (commitment, z, y, proof) =>
      falseIfMalformed(() =>
        library.verifyKZGProof(pointHex(commitment), fieldElementHex(z), fieldElementHex(y), pointHex(proof)),
      ),
  };
}

function sizedHex(what: string, bytes: Uint8Array, size: number): string {
  if (bytes.length !== size) throw new RangeError(`expected a ${what} of ${size} bytes, got ${bytes.length}`);
  return bytesToHex(bytes);
}

/** Both libraries throw on points and field elements that are none, where Ethereum's precompile just fails. */
function falseIfMalformed(verify: () => boolean): boolean {
  try {
    return verify();
  } catch {
    return false;
  }
}
