import { bigintToBytes32, bytesToHex, hexToBytes } from "../../../../src/primitives/index.ts";
import type { Address, Hash } from "../../../../src/primitives/index.ts";
import { assemble } from "../../../machine/assemble.ts";
import type { CodePart } from "../../../machine/assemble.ts";
import type { Account, Scenario } from "../frame-steps.ts";

// What the programs of the scenarios are made of.

const addressOf = (byte: string): Address => `0x${byte.repeat(20)}`;
/** The contract that a transaction calls, unless said otherwise. */
export const MAIN = addressOf("aa");
export const OTHER = addressOf("bb");
export const THIRD = addressOf("cc");
/** Has no account, unless said otherwise. */
export const STRANGER = addressOf("dd");
export const precompile = (number: number): Address => `0x${number.toString(16).padStart(40, "0")}`;

export const toAddress = (address: Address): Uint8Array => Uint8Array.of(0x73, ...hexToBytes(address));
export const ALL_GAS = 2n ** 256n - 1n;
export const word = (value: number | bigint): Hash => bytesToHex(bigintToBytes32(BigInt(value)));

/** A transaction that calls a contract with this code; `main` is what else is known of its account. */
export function running(
  code: Uint8Array,
  others: Readonly<Record<Address, Account>> = {},
  main: Account = {},
): Scenario {
  return { accounts: { [MAIN]: { ...main, code }, ...others }, to: MAIN };
}

interface CallOptions {
  readonly gas?: CodePart;
  readonly value?: number;
  readonly input?: readonly [offset: number, length: number];
  readonly out?: readonly [offset: number, length: number];
}

export function callWith(
  name: "CALL" | "CALLCODE" | "DELEGATECALL" | "STATICCALL",
  to: Address,
  options: CallOptions = {},
): Uint8Array {
  const { gas = ALL_GAS, value = 0, input = [0, 0], out = [0, 0] } = options;
  const hasValue = name === "CALL" || name === "CALLCODE";
  return assemble(out[1], out[0], input[1], input[0], ...(hasValue ? [value] : []), toAddress(to), gas, name);
}

/** Writes what is on top of the stack to a slot. */
export const store = (slot: number): Uint8Array => assemble(slot, "SSTORE");

/** Leaves the gas of `parts`, and 2 for one of the two GAS, on the stack; they leave nothing on it. */
export const measured = (...parts: readonly CodePart[]): Uint8Array => assemble("GAS", ...parts, "GAS SWAP1 SUB");

/** Puts initcode of at most 32 bytes into memory and creates with it. */
export function createWith(name: "CREATE" | "CREATE2", initcode: Uint8Array, value = 0): Uint8Array {
  const toMemory = assemble(Uint8Array.of(0x5f + initcode.length, ...initcode), 0, "MSTORE");
  const salt = name === "CREATE2" ? [0] : [];
  return assemble(toMemory, ...salt, initcode.length, 32 - initcode.length, value, name);
}

export const REVERT_32 = assemble(32, 0, "REVERT");

/** Scenarios by name, each made of it. */
export function forEachOf<const Name extends string>(
  names: readonly Name[],
  make: (name: Name) => Scenario,
): Readonly<Record<Name, Scenario>> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Scenario>;
}
