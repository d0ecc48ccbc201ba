import { createEOACode7702Tx, createFeeMarket1559Tx, createLegacyTx } from "@ethereumjs/tx";
import { eoaCode7702SignAuthorization, privateToAddress } from "@ethereumjs/util";
import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { bytesToHex, hexToBytes, keccak256Bytes } from "../../../src/primitives/index.ts";
import type { Address } from "../../../src/primitives/index.ts";

export const CHAIN_ID = 4_242;
const common = new Common({ chain: { ...Mainnet, chainId: CHAIN_ID }, hardfork: Hardfork.Osaka });

export const GWEI = 1_000_000_000n;
export const ETHER = 10n ** 18n;
export const SOMEONE: Address = `0x${"5e".repeat(20)}`;

export interface TransactionFields {
  nonce?: number | bigint;
  to?: Address | undefined;
  value?: bigint;
  data?: Uint8Array;
  gasLimit?: bigint;
  maxFeePerGas?: bigint;
  maxPriorityFeePerGas?: bigint;
  chainId?: number;
}

/** An account that signs raw transactions, the same every run. */
export function wallet(name: string) {
  const privateKey = keccak256Bytes(new TextEncoder().encode(`wallet ${name}`));
  const address = bytesToHex(privateToAddress(privateKey));
  const chain = (chainId: number | undefined) =>
    chainId === undefined ? common : new Common({ chain: { ...Mainnet, chainId }, hardfork: Hardfork.Osaka });
  const data = (fields: TransactionFields) => ({
    nonce: BigInt(fields.nonce ?? 0),
    ...("to" in fields && fields.to === undefined ? {} : { to: fields.to ?? SOMEONE }),
    value: fields.value ?? 0n,
    data: fields.data ?? new Uint8Array(),
    gasLimit: fields.gasLimit ?? 21_000n,
  });
  const fees = (fields: TransactionFields) => ({
    maxFeePerGas: fields.maxFeePerGas ?? 10n * GWEI,
    maxPriorityFeePerGas: fields.maxPriorityFeePerGas ?? GWEI,
  });
  return {
    address,
    privateKey,
    sign: (fields: TransactionFields = {}): Uint8Array =>
      createFeeMarket1559Tx(
        { ...data(fields), ...fees(fields), chainId: fields.chainId ?? CHAIN_ID },
        { common: chain(fields.chainId) },
      )
        .sign(privateKey)
        .serialize(),
    signLegacy: (fields: TransactionFields = {}): Uint8Array =>
      createLegacyTx(
        { ...data(fields), gasPrice: fields.maxFeePerGas ?? 10n * GWEI },
        { common: chain(fields.chainId) },
      )
        .sign(privateKey)
        .serialize(),
    authorize: (contract: Address, nonce: bigint) =>
      eoaCode7702SignAuthorization(
        {
          chainId: bytesToHex(Uint8Array.of(CHAIN_ID >> 8, CHAIN_ID & 255)),
          address: contract,
          nonce: nonce === 0n ? "0x" : `0x${nonce.toString(16).padStart(2, "0")}`,
        },
        privateKey,
      ),
    signDelegating: (
      fields: TransactionFields,
      authorizationList: ReturnType<typeof eoaCode7702SignAuthorization>[],
    ): Uint8Array =>
      createEOACode7702Tx(
        { ...data(fields), to: fields.to ?? SOMEONE, ...fees(fields), chainId: CHAIN_ID, authorizationList },
        { common },
      )
        .sign(privateKey)
        .serialize(),
  };
}

export const contractAddress = (index: number): Address =>
  bytesToHex(hexToBytes(`0x${index.toString(16).padStart(40, "c")}`));
