import { RLP } from "@ethereumjs/rlp";
import secp256k1 from "secp256k1";
import { minimalBytes } from "../../../../src/ethereum/account.ts";
import type { Environment } from "../../../../src/machine/index.ts";
import {
  bigintToBytes32,
  bytesToHex,
  concatBytes,
  hexToBytes,
  keccak256Bytes,
} from "../../../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../../../src/primitives/index.ts";
import { CHAIN_ID, GWEI, signRaw, wallet } from "../../../execution/harness.ts";
import type { Wallet } from "../../../execution/harness.ts";
import { assemble } from "../../../machine/assemble.ts";
import type { CodePart } from "../../../machine/assemble.ts";
import type { World } from "../../../machine/world.ts";
import type { Unit } from "../transaction-steps.ts";

export const SENDER = wallet(1);
export const COINBASE = wallet(9).address;
export const MAIN = addressOf(0xaa);
export const OTHER = addressOf(0xbb);
export const THIRD = addressOf(0xcc);
export const STRANGER = addressOf(0xdd);
export const SENDER_BALANCE = 10n ** 20n;
/** EIP-7825: the most gas of a transaction. */
export const MAXIMUM_GAS = 2n ** 24n;
export const BLOCK_NUMBER = 1_000;
/** What a gas costs in all transactions here. */
export const GAS_PRICE = GWEI;
export const BASE_FEE = GWEI - 7n;

export function addressOf(byte: number): Address {
  return `0x${byte.toString(16).padStart(2, "0").repeat(20)}`;
}

export function precompile(number: number): Address {
  return `0x${number.toString(16).padStart(40, "0")}`;
}

export interface TransactionFields {
  readonly type?: 0 | 1 | 2 | 4;
  readonly from?: Wallet;
  /** `MAIN` unless said otherwise; null for a creation. */
  readonly to?: Address | null;
  readonly gas?: bigint;
  readonly value?: bigint;
  readonly data?: Uint8Array;
  readonly nonce?: bigint;
  readonly accessList?: readonly { readonly address: Address; readonly storageKeys: readonly Hash[] }[];
  readonly authorizationList?: readonly ReturnType<typeof authorize>[];
}

/** A transaction of the sender at 1 gwei a gas, signed; `world` is the state before it, to which the sender is added. */
export function unitOf(world: World, fields: TransactionFields = {}, block: Partial<Unit> = {}): Unit {
  const { type = 2, from = SENDER, to = MAIN, gas = MAXIMUM_GAS, value = 0n, data = new Uint8Array() } = fields;
  const lists = {
    ...(type > 0 ? { accessList: fields.accessList ?? [] } : {}),
    ...(type === 4 ? { authorizationList: fields.authorizationList ?? [] } : {}),
  };
  const fees = type >= 2 ? { maxFeePerGas: GAS_PRICE, maxPriorityFeePerGas: GAS_PRICE } : { gasPrice: GAS_PRICE };
  const nonce = fields.nonce ?? 0n;
  const recipient = to === null ? {} : { to };
  return {
    pre: preStateOf({ [SENDER.address]: { balance: SENDER_BALANCE }, ...world }),
    raw: signRaw(from, { type, nonce, gasLimit: gas, value, data, ...recipient, ...fees, ...lists }),
    environment: ENVIRONMENT,
    ...block,
  };
}

export const ENVIRONMENT: Environment = {
  number: BLOCK_NUMBER,
  timestamp: 1_700_000_000,
  coinbase: COINBASE,
  gasLimit: 60_000_000n,
  baseFee: BASE_FEE,
  prevRandao: `0x${"a5".repeat(32)}`,
  chainId: BigInt(CHAIN_ID),
  blobBaseFee: 3n,
  dataPrice: 0n,
};

export function preStateOf(world: World): Unit["pre"] {
  const hex = (value: bigint): Hex => `0x${value.toString(16)}`;
  return Object.fromEntries(
    Object.entries(world).map(([address, { nonce = 0n, balance = 0n, code = new Uint8Array(), storage = {} }]) => [
      address,
      {
        nonce: hex(nonce),
        balance: hex(balance),
        code: bytesToHex(code),
        storage: Object.fromEntries(Object.entries(storage).map(([slot, value]) => [hex(BigInt(slot)), hex(value)])),
      },
    ]),
  );
}

export function wordOf(value: bigint | number): Hash {
  return bytesToHex(bigintToBytes32(BigInt(value)));
}

/** An EIP-7702 authorization of the test chain, for every chain if `chainId` is 0. */
export function authorize(authority: Wallet, address: Address, nonce: bigint, chainId = BigInt(CHAIN_ID)) {
  const fields = [minimalBytes(chainId), hexToBytes(address), minimalBytes(nonce)];
  const message = keccak256Bytes(concatBytes([Uint8Array.of(5), RLP.encode(fields)]));
  const { signature, recid } = secp256k1.ecdsaSign(message, authority.privateKey);
  const hex = (value: bigint): Hex => `0x${value.toString(16)}`;
  const half = (start: number) => hex(BigInt(bytesToHex(signature.subarray(start, start + 32))));
  return { chainId: hex(chainId), address, nonce: hex(nonce), yParity: hex(BigInt(recid)), r: half(0), s: half(32) };
}

// ── Code ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type CallName = "CALL" | "CALLCODE" | "DELEGATECALL" | "STATICCALL";

export interface CallOptions {
  readonly gas?: CodePart;
  readonly value?: CodePart;
  readonly input?: readonly [offset: CodePart, length: CodePart];
  readonly out?: readonly [offset: CodePart, length: CodePart];
}

/** Leaves the result of a call on the stack. */
export function callWith(name: CallName, to: Address, options: CallOptions = {}): Uint8Array {
  const { gas = "GAS", value = 0, input = [0, 0], out = [0, 0] } = options;
  const hasValue = name === "CALL" || name === "CALLCODE";
  const target = Uint8Array.of(0x73, ...hexToBytes(to));
  return assemble(out[1], out[0], input[1], input[0], ...(hasValue ? [value] : []), target, gas, name);
}

/** Puts at most 32 bytes of initcode into memory and creates with it; leaves the address on the stack. */
export function createWith(name: "CREATE" | "CREATE2", initcode: Uint8Array, value: CodePart = 0): Uint8Array {
  const toMemory = initcode.length === 0 ? new Uint8Array() : assemble(pushBytes(initcode), 0, "MSTORE");
  const salt = name === "CREATE2" ? [0] : [];
  return assemble(toMemory, ...salt, initcode.length, 32 - initcode.length, value, name);
}

/** A PUSH of these bytes, leading zeros and all. */
export function pushBytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(0x5f + bytes.length, ...bytes);
}

/** Writes the top of the stack to a slot. */
export const store = (slot: number): Uint8Array => assemble(slot, "SSTORE");

/** Leaves what `parts`, which leave nothing, cost and 2 more on the stack. */
export const measured = (...parts: readonly CodePart[]): Uint8Array => assemble("GAS", ...parts, "GAS SWAP1 SUB");

/** Code of an account that delegates to `target` (EIP-7702). */
export const designator = (target: Address): Uint8Array => concatBytes([hexToBytes("0xef0100"), hexToBytes(target)]);
