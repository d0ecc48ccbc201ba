import { PROVER_FUNCTIONS, encodeStepCall } from "../../../src/machine/proving/index.ts";
import type { Witness } from "../../../src/machine/proving/index.ts";
import { hexToBytes, keccak256 } from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";

const SIGNATURE = PROVER_FUNCTIONS.step.replace("step", "prove");
const SELECTOR = hexToBytes(keccak256(new TextEncoder().encode(SIGNATURE))).subarray(0, 4);

/** Calldata of `prove(before, witness, input)`, which verifiers have for every step, the first one of a unit too. */
export function encodeProveCall(before: Hash, witness: Witness): Uint8Array {
  const calldata = encodeStepCall("step", before, witness);
  calldata.set(SELECTOR);
  return calldata;
}
