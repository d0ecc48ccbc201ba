import { keccak256 } from "../../../primitives/index.ts";
import { defineMethod } from "../../node.ts";
import { bytes } from "../../parameters/scalars.ts";

/** Keccak-256, despite the name. */
export const sha3 = defineMethod("web3_sha3", [bytes], ([data]) => keccak256(data));
