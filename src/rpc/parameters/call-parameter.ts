import type { z } from "zod";
import { address, bytes, hash, hexMap, list, object, optional, quantity, quantity64, slot } from "./scalars.ts";

const accessList = list(object({ address, storageKeys: optional(list(hash, 10_000)) }), 1_000);

const authorization = object({
  chainId: quantity,
  address,
  nonce: quantity64,
  yParity: optional(quantity64),
  v: optional(quantity64),
  r: quantity,
  s: quantity,
});

/** A transaction object, as wallets and tools give it to `eth_call`, `eth_estimateGas` and their like. */
export const callParameter = object({
  type: optional(quantity64),
  from: optional(address),
  to: optional(address),
  gas: optional(quantity64),
  gasPrice: optional(quantity),
  maxFeePerGas: optional(quantity),
  maxPriorityFeePerGas: optional(quantity),
  value: optional(quantity),
  nonce: optional(quantity64),
  data: optional(bytes),
  input: optional(bytes),
  accessList: optional(accessList),
  authorizationList: optional(list(authorization, 1_000)),
  chainId: optional(quantity),
});
export type CallParameter = z.output<typeof callParameter>;

const accountOverride = object({
  balance: optional(quantity),
  nonce: optional(quantity64),
  code: optional(bytes),
  state: optional(hexMap(slot, hash, 10_000)),
  stateDiff: optional(hexMap(slot, hash, 10_000)),
});

/** Accounts to see as other than they are (geth's state overrides), at most 1,000. */
export const stateOverrides = optional(hexMap(address, accountOverride, 1_000));
export type StateOverrides = z.output<typeof stateOverrides>;

/** Fields of the block environment to see as other than they are; names of geth and of execution-apis. */
export const blockOverrides = optional(
  object({
    number: optional(quantity64),
    time: optional(quantity64),
    gasLimit: optional(quantity64),
    coinbase: optional(address),
    feeRecipient: optional(address),
    random: optional(hash),
    prevRandao: optional(hash),
    baseFee: optional(quantity),
    baseFeePerGas: optional(quantity),
  }),
);
export type BlockOverrides = z.output<typeof blockOverrides>;
