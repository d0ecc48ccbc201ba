import { isAddress, isHash, isHex } from "viem";
import type { Address, Hash, Hex } from "viem";
import { z } from "zod";

/** Parts of what a node answers: it may be anybody's, so everything is checked. */
export const hexSchema = z.custom<Hex>(isHex, "expected hex");
export const hashSchema = z.custom<Hash>((value) => typeof value === "string" && isHash(value), "expected a hash");
export const addressSchema = z.custom<Address>(
  (value) => typeof value === "string" && isAddress(value, { strict: false }),
  "expected an address",
);
export const countSchema = z.int().nonnegative();
/** Decimal text, of wei or gas. */
export const amountSchema = z
  .string()
  .regex(/^\d{1,78}$/, "expected a decimal number")
  .transform(BigInt);
export const blockSchema = z.object({ number: countSchema, hash: hashSchema });
