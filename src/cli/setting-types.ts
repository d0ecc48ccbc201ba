import { z } from "zod";
import { MAX_CHAIN_ID, SECP256K1_ORDER } from "../ethereum/index.ts";
import { toAddress } from "../primitives/index.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";

/** Text schemas of setting values. Their messages say what was expected; the caller adds what was given. */

export function integerText(minimum: number, maximum = Number.MAX_SAFE_INTEGER): z.ZodType<number, string> {
  const range = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
  return z
    .string()
    .refine((text) => /^\d{1,16}$/.test(text) && Number(text) >= minimum && Number(text) <= maximum, {
      error: `expected an integer ${range}`,
    })
    .transform(Number);
}

/** Of L2. */
export const chainIdText: z.ZodType<number, string> = integerText(1, MAX_CHAIN_ID);

/** Of an L1 that may be a fork. */
export const l1ChainIdText: z.ZodType<number | "origin", string> = z.union([z.literal("origin"), integerText(1)], {
  error: "expected an integer of at least 1, or origin",
});

/** An amount of gas a block header can carry. */
export const gasText: z.ZodType<bigint, string> = integerText(1_000_000, 1_000_000_000_000).transform(BigInt);

/** 0 takes any free port. */
export const portText: z.ZodType<number, string> = integerText(0, 65_535);

export function secondsText(minimum = 0): z.ZodType<number, string> {
  return z
    .string()
    .refine((text) => /^\d+(\.\d{1,3})?$/.test(text) && Number(text) >= minimum, {
      error: `expected a number of seconds of at least ${minimum}`,
    })
    .transform(Number);
}

/** Ether as a decimal number, read as wei. */
export const etherText: z.ZodType<bigint, string> = z
  .string()
  .regex(/^\d+(\.\d{1,18})?$/, { error: "expected an amount of ether with at most 18 decimals" })
  .transform((text) => {
    const [whole = "0", fraction = ""] = text.split(".");
    return BigInt(whole) * 10n ** 18n + BigInt(fraction.padEnd(18, "0"));
  });

/** Decimals of the units of ether. */
const UNITS: Readonly<Record<string, number>> = { wei: 0, gwei: 9, ether: 18, eth: 18 };

/** An amount with its unit, as `0.1ether` or `5gwei`; a whole number alone is of wei, and is what it comes to. */
export const amountText: z.ZodType<bigint, string> = z
  .string()
  .refine((text) => readAmount(text) !== undefined, {
    error: "expected an amount as 0.1ether, 5gwei or a whole number of wei",
  })
  .transform((text) => readAmount(text) ?? 0n);

function readAmount(text: string): bigint | undefined {
  const [, whole = "", fraction = "", unit = "wei"] = /^(\d{1,60})(?:\.(\d{1,18}))?(?: ?([a-z]+))?$/i.exec(text) ?? [];
  const decimals = UNITS[unit.toLowerCase()];
  if (whole === "" || decimals === undefined || fraction.length > decimals) return undefined;
  return BigInt(whole + fraction.padEnd(decimals, "0"));
}

/** Bytes. */
/** As text: how many units it is depends on the token. */
export const tokenAmountText: z.ZodType<string, string> = z
  .string()
  .regex(/^\d{1,78}(\.\d{1,78})?$/, { error: "expected an amount of tokens, as 12.5" });

export const tokenIdText: z.ZodType<bigint, string> = z
  .string()
  .regex(/^(\d{1,78}|0x[0-9a-fA-F]{1,64})$/, { error: "expected the id of a token, as 7" })
  .transform(BigInt);

export const hexText: z.ZodType<Hex, string> = z
  .string()
  .regex(/^0x(?:[0-9a-fA-F]{2})*$/, { error: "expected bytes as 0x-prefixed hex" })
  .transform((text) => text.toLowerCase() as Hex);

/** Gas of one transaction (EIP-7825). */
export const transactionGasText: z.ZodType<bigint, string> = integerText(0, 2 ** 24).transform(BigInt);

/** A place in a list, or a hash. */
export const indexOrHashText: z.ZodType<number | Hash, string> = z
  .string()
  .refine((text) => /^\d{1,15}$/.test(text) || /^0x[0-9a-fA-F]{64}$/.test(text), {
    error: "expected an index or a 32-byte hash",
  })
  .transform((text) => (text.startsWith("0x") ? (text.toLowerCase() as Hash) : Number(text)));

export function urlText(...protocols: readonly string[]): z.ZodType<string, string> {
  const expected = protocols.map((protocol) => `${protocol}//`).join(" or ");
  return z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `expected a URL with ${expected}`,
  });
}

export const httpUrlText: z.ZodType<string, string> = urlText("http:", "https:");
export const webSocketUrlText: z.ZodType<string, string> = urlText("ws:", "wss:");

export const pathText: z.ZodType<string, string> = z.string().min(1, { error: "expected a path" });

export const hostText: z.ZodType<string, string> = z
  .string()
  .regex(/^[\w.:-]+$/, { error: "expected a host name or an IP address to listen on" });

export const privateKeyText: z.ZodType<Hex, string> = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, { error: "expected a private key of 32 bytes as 0x-prefixed hex" })
  .refine((text) => BigInt(text) > 0n && BigInt(text) < SECP256K1_ORDER, {
    error: "expected a private key in the range of secp256k1",
  })
  .transform((text) => text.toLowerCase() as Hex);

export const addressText: z.ZodType<Address, string> = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, { error: "expected a 20-byte address" })
  .transform(toAddress);

export const hashText: z.ZodType<Hash, string> = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, { error: "expected a 32-byte hash" })
  .transform((text) => text.toLowerCase() as Hash);

const BLOCK_TAGS: readonly string[] = ["latest", "safe", "finalized", "earliest"];

/** A block as JSON-RPC takes it: a tag, a hash, or a number in hex, which is given in decimal too. */
export const blockText: z.ZodType<string, string> = z
  .string()
  .refine((text) => BLOCK_TAGS.includes(text) || /^(?:0x[0-9a-fA-F]{64}|0x[0-9a-fA-F]{1,13}|\d{1,15})$/.test(text), {
    error: `expected the number or the 32-byte hash of a block, or ${BLOCK_TAGS.join(", ")}`,
  })
  .transform((text) => (/^\d+$/.test(text) ? `0x${Number(text).toString(16)}` : text.toLowerCase()));

export function choiceText<const T extends string>(choices: readonly [T, ...T[]]): z.ZodType<T, string> {
  return z.string().refine((text): text is T => (choices as readonly string[]).includes(text), {
    error: `expected one of ${choices.join(", ")}`,
  });
}
