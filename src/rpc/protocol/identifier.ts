import { randomBytes } from "node:crypto";
import type { Hex } from "../../primitives/index.ts";

/** A new id for a filter or subscription: 128 random bits as a quantity, so without leading zeros. */
export function createIdentifier(random: (size: number) => Uint8Array = randomBytes): Hex {
  return normalizeIdentifier(`0x${Buffer.from(random(16)).toString("hex")}`) as Hex;
}

/** The one spelling of an id that clients may send back as a quantity, as bytes, or in another case. */
export function normalizeIdentifier(id: string): string {
  const [, digits] = /^0x0*([0-9a-f]*)$/i.exec(id) ?? [];
  return digits === undefined ? id : `0x${digits.toLowerCase() || "0"}`;
}
