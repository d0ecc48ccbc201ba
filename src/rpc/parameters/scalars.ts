import { z } from "zod";
import { hexToBytes, toAddress } from "../../primitives/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";

/** A schema that turns a value into another, or names what it expected. */
export function parameter<T>(expected: string, parse: (value: unknown) => T | undefined): z.ZodType<T> {
  return z.unknown().transform((value, context): T => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: "custom", message: `expected ${expected}` });
    return z.NEVER;
  });
}

/** Hex digits of 64 bits: so many a number may have, of which some are zeros in front. */
const NUMBER_DIGITS = 16;

/**
 * A non-negative integer below 2^`bits` in 0x-hex. Leading zeros and JSON integers are taken too, since wallets send them;
 * decimal strings are not, since they could be meant as either, nor are more digits than the number has room for: what is
 * as long as a hash is none.
 */
function parseQuantity(value: unknown, bits: number): bigint | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
  if (typeof value !== "string" || value.length > 2 + Math.max(NUMBER_DIGITS, bits / 4)) return undefined;
  if (!/^0[xX][0-9a-fA-F]+$/.test(value)) return undefined;
  const parsed = BigInt(value);
  return parsed >> BigInt(bits) === 0n ? parsed : undefined;
}

/** A field or argument that go-ethereum reads as a quantity, where no text at all is zero. */
function quantityOf(bits: number): z.ZodType<bigint> {
  return parameter(`a 0x-prefixed hex quantity below 2^${bits}`, (value) =>
    value === "" ? 0n : parseQuantity(value, bits),
  );
}

/** A number that is to be said, of at most 16 hex digits. */
function integerOf(bits: number): z.ZodType<number> {
  return parameter(`a 0x-prefixed hex quantity below 2^${bits}`, (value) => parseQuantity(value, bits)).transform(
    Number,
  );
}

/** Wei, gas and other 256-bit values. */
export const quantity = quantityOf(256);
export const quantity64 = quantityOf(64);
/** A place in a list, as a number: inexact from 2^53 on, where no list reaches. */
export const position: z.ZodType<number> = quantity64.transform(Number);
/** A count, index or timestamp, as a number. */
export const integer = integerOf(53);
/** As a number: inexact from 2^53 on, where there are no blocks. */
export const blockNumber = integerOf(63);

export const address: z.ZodType<Address> = parameter("a 20-byte address", (value) =>
  typeof value === "string" && /^0[xX][0-9a-fA-F]{40}$/.test(value) ? toAddress(value.toLowerCase()) : undefined,
);

export const hash: z.ZodType<Hash> = parameter<Hash>("a 32-byte hash", (value) =>
  typeof value === "string" && /^0[xX][0-9a-fA-F]{64}$/.test(value) ? (value.toLowerCase() as Hash) : undefined,
);

/** No text at all is no bytes, as in go-ethereum. */
export const bytes: z.ZodType<Uint8Array> = parameter("0x-prefixed hex bytes", (value) =>
  typeof value === "string" && /^(0[xX]([0-9a-fA-F]{2})*)?$/.test(value)
    ? hexToBytes(`0x${value.slice(2)}`)
    : undefined,
);

/** A storage slot: hex of at most 32 bytes, padded or not. */
export const slot: z.ZodType<Hash> = parameter<Hash>("a storage slot of at most 32 bytes", (value) =>
  typeof value === "string" && /^0[xX][0-9a-fA-F]{0,64}$/.test(value)
    ? `0x${value.slice(2).toLowerCase().padStart(64, "0")}`
    : undefined,
);

export const flag: z.ZodType<boolean> = parameter("true or false", (value) =>
  typeof value === "boolean" ? value : undefined,
);

/** `schema`, or undefined if the value is left out or null. */
export function optional<T>(schema: z.ZodType<T>): z.ZodType<T | undefined> {
  return z.preprocess((value) => value ?? undefined, schema.optional());
}

/** An object with the given fields; others are ignored, as clients add their own. */
export function object<const Shape extends Readonly<Record<string, z.ZodType>>>(
  shape: Shape,
): z.ZodType<{ -readonly [Key in keyof Shape]: z.output<Shape[Key]> }> {
  return z.object(shape, { error: "expected an object" }) as never;
}

/** An array of at most `maximum` entries. */
export function list<T>(schema: z.ZodType<T>, maximum: number): z.ZodType<T[]> {
  return z.array(schema, { error: "expected an array" }).max(maximum, { error: `expected at most ${maximum} entries` });
}

/** A map by keys that are themselves hex (addresses, slots); a key given twice in different case is refused. */
export function hexMap<Key, Value>(
  key: z.ZodType<Key>,
  value: z.ZodType<Value>,
  maximum: number,
): z.ZodType<ReadonlyMap<Key, Value>> {
  return z.unknown().transform((input, context): ReadonlyMap<Key, Value> => {
    const fail = (message: string, path: PropertyKey[]): never => {
      context.addIssue({ code: "custom", message, path });
      return z.NEVER;
    };
    if (typeof input !== "object" || input === null || Array.isArray(input)) return fail("expected an object", []);
    const entries = Object.entries(input);
    if (entries.length > maximum) return fail(`expected at most ${maximum} entries`, []);
    const map = new Map<Key, Value>();
    for (const [name, entry] of entries) {
      const parsedKey = key.safeParse(name);
      if (!parsedKey.success) return fail(`${parsedKey.error.issues[0]?.message ?? "bad key"} as key`, [name]);
      const parsedValue = value.safeParse(entry);
      const issue = parsedValue.error?.issues[0];
      if (!parsedValue.success) return fail(issue?.message ?? "bad value", [name, ...(issue?.path ?? [])]);
      if (map.has(parsedKey.data)) return fail("expected each key once", [name]);
      map.set(parsedKey.data, parsedValue.data);
    }
    return map;
  });
}
