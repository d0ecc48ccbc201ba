import { isEOACode7702Tx } from "@ethereumjs/tx";
import type { EOACode7702Tx, TypedTransaction } from "@ethereumjs/tx";
import { SECP256K1_ORDER_DIV_2, eoaCode7702RecoverAuthority } from "@ethereumjs/util";
import {
  EMPTY_ACCOUNT,
  MAX_NONCE,
  countStorageKeys,
  delegationOf,
  findInvalidity,
  hasCode,
  intrinsicGas,
  recoverAuthority,
} from "../ethereum/index.ts";
import type { AccessListItem, Authorization, SkipReason } from "../ethereum/index.ts";
import type { BlockState, ProcessingContext, TransactionMessage } from "../execution/index.ts";
import { bytesToBigint, bytesToHex } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";
import { decodeLibraryTransaction } from "./library-transaction.ts";

/**
 * A transaction as the reference runs it. One that somebody signed is what ethereumjs makes of its raw bytes: sender,
 * fields, gas, authorities. Deposits and calls, which no library knows, are what this chain says.
 */
export interface ReferenceTransaction {
  readonly isSigned: boolean;
  readonly sender: Address;
  /** Undefined creates a contract. */
  readonly to: Address | undefined;
  /** Undefined takes the sender's current one. */
  readonly nonce: bigint | undefined;
  readonly gasLimit: bigint;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly maxFeePerGas: bigint;
  readonly accessList: readonly AccessListItem[];
  /** `authority` is who signed it, if anybody did. */
  readonly authorizations: readonly (Pick<Authorization, "chainId" | "address" | "nonce"> & {
    readonly authority: Address | undefined;
  })[];
  /** Gas before the first instruction, and at least in all (EIP-7623), both without data gas. */
  readonly intrinsic: bigint;
  readonly floor: bigint;
  /** Wei per gas that the sender pays, and what of it the coinbase gets. */
  pricesAt(baseFee: bigint): { readonly gasPrice: bigint; readonly tip: bigint };
}

/** Undefined if ethereumjs refuses the raw bytes. */
export function readTransaction(
  message: TransactionMessage,
  { chainId }: Pick<ProcessingContext, "chainId">,
): ReferenceTransaction | undefined {
  if (message.raw === undefined) return ofMessage(message);
  const transaction = decodeLibraryTransaction(message.raw, chainId);
  return transaction === undefined ? undefined : ofLibrary(transaction);
}

function ofMessage(message: TransactionMessage): ReferenceTransaction {
  const { accessList, authorizations, to, data, gasPrice, tip } = message;
  const gas = intrinsicGas({
    isCreation: to === undefined,
    data,
    accessListAddresses: accessList.length,
    accessListSlots: countStorageKeys(accessList),
    authorizations: authorizations.length,
  });
  return {
    ...message,
    ...gas,
    isSigned: false,
    authorizations: authorizations.map((item) => ({ ...item, authority: recoverAuthority(item) })),
    pricesAt: () => ({ gasPrice, tip }),
  };
}

const FLOOR_GAS = { base: "txGas", perToken: "totalCostFloorPerToken" } as const;

function ofLibrary(transaction: TypedTransaction): ReferenceTransaction {
  const { to, data, common } = transaction;
  const zeros = BigInt(data.filter((byte) => byte === 0).length);
  const tokens = zeros + 4n * (BigInt(data.length) - zeros);
  return {
    isSigned: true,
    sender: bytesToHex(transaction.getSenderAddress().bytes),
    to: to === undefined ? undefined : bytesToHex(to.bytes),
    nonce: transaction.nonce,
    gasLimit: transaction.gasLimit,
    value: transaction.value,
    data,
    maxFeePerGas: "maxFeePerGas" in transaction ? transaction.maxFeePerGas : transaction.gasPrice,
    accessList: ("accessList" in transaction ? transaction.accessList : []).map(([address, slots]) => ({
      address: bytesToHex(address),
      storageKeys: slots.map(bytesToHex),
    })),
    authorizations: isEOACode7702Tx(transaction) ? transaction.authorizationList.map(readAuthorization) : [],
    intrinsic: transaction.getIntrinsicGas(),
    floor: common.param(FLOOR_GAS.base) + tokens * common.param(FLOOR_GAS.perToken),
    pricesAt: (baseFee) => {
      const tip = transaction.getEffectivePriorityFee(baseFee);
      return { gasPrice: baseFee + tip, tip };
    },
  };
}

type LibraryAuthorization = EOACode7702Tx["authorizationList"][number];

function readAuthorization(fields: LibraryAuthorization): ReferenceTransaction["authorizations"][number] {
  const [chainId, address, nonce, yParity, , s] = fields;
  let authority: Address | undefined;
  try {
    // What the library leaves to its VM (EIP-7702, EIP-2).
    const isCanonical = bytesToBigint(yParity) <= 1n && bytesToBigint(s) <= SECP256K1_ORDER_DIV_2;
    authority = isCanonical ? bytesToHex(eoaCode7702RecoverAuthority(fields).bytes) : undefined;
  } catch {
    authority = undefined;
  }
  return { chainId: bytesToBigint(chainId), address: bytesToHex(address), nonce: bytesToBigint(nonce), authority };
}

/** Why a transaction does not run, if it does not. */
export function findSkipReason(
  transaction: ReferenceTransaction,
  { dataGas }: Pick<TransactionMessage, "dataGas">,
  context: ProcessingContext,
  state: BlockState,
): SkipReason | undefined {
  const { sender, gasLimit, maxFeePerGas, value, to, data, intrinsic, floor } = transaction;
  const { availableGas, isSimulation, validatesFees } = context;
  const baseFee = context.minimumFeePerGas ?? context.environment.baseFeePerGas;
  const account = state.account(sender) ?? EMPTY_ACCOUNT;
  const hasForeignCode = hasCode(account) && delegationOf(state.code(sender)) === undefined;
  const minimumGas = (intrinsic > floor ? intrinsic : floor) + dataGas;
  if (!transaction.isSigned)
    return findInvalidity({
      sender,
      account,
      hasForeignCode,
      nonce: transaction.nonce,
      gasLimit,
      minimumGas,
      availableGas,
      maxFeePerGas,
      baseFee,
      value,
      initcodeLength: to === undefined ? data.length : 0,
      isSimulation,
      validatesFees,
    });

  // Of what a signed transaction needs, the library has checked what no state changes: its gas cap and its initcode.
  const { nonce = account.nonce } = transaction;
  const required = gasLimit * maxFeePerGas + value;
  if (nonce < account.nonce) return { kind: "nonce-too-low", expected: account.nonce, actual: nonce };
  if (nonce > account.nonce) return { kind: "nonce-too-high", expected: account.nonce, actual: nonce };
  if (nonce >= MAX_NONCE) return { kind: "invalid", message: `the nonce of ${sender} is exhausted (EIP-2681)` };
  if (hasForeignCode) return { kind: "sender-has-code", sender };
  if (maxFeePerGas < baseFee) return { kind: "fee-below-base-fee", maxFeePerGas, baseFee };
  if (gasLimit < minimumGas) return { kind: "gas-below-intrinsic", gasLimit, required: minimumGas };
  if (gasLimit > availableGas) return { kind: "block-gas-exceeded", gasLimit, available: availableGas };
  if (account.balance < required) return { kind: "insufficient-funds", balance: account.balance, required };
  return undefined;
}
