import { RLP } from "@ethereumjs/rlp";
import type { Input } from "@ethereumjs/rlp";
import { calldataTokens } from "../../ethereum/index.ts";
import type { TransactionMessage } from "../../execution/index.ts";
import { concatBytes, hexToBytes, keccak256 } from "../../primitives/index.ts";
import type { Hash } from "../../primitives/index.ts";
import type { CallParameter } from "../parameters/call-parameter.ts";
import { invalidParams } from "../protocol/errors.ts";

/** A call as the transaction it stands for, which nobody has signed. */
export interface UnsignedTransaction {
  /** EIP-2718 encoding with v, r and s 0, as go-ethereum has it for calls. */
  readonly raw: Uint8Array;
  readonly hash: Hash;
  /** Calldata tokens of the same with a signature, none of whose bytes is 0. */
  readonly signedTokens: bigint;
}

type Fields = Pick<TransactionMessage, "to" | "gasLimit" | "value" | "data"> & {
  readonly chainId: bigint;
  readonly nonce: bigint;
};

/**
 * EIP-2718 type of a call: the one it names, else what its fields say; 2 if they say nothing. Throws {@link RpcError} if it
 * has fields that its type has not.
 */
function typeOf(call: CallParameter): bigint {
  const { type, gasPrice, maxFeePerGas, maxPriorityFeePerGas, accessList, authorizationList, to } = call;
  const has1559Fees = maxFeePerGas !== undefined || maxPriorityFeePerGas !== undefined;
  const found =
    type ?? (authorizationList !== undefined ? 4n : gasPrice === undefined ? 2n : accessList === undefined ? 0n : 1n);
  const foreign =
    found < 2n && has1559Fees
      ? "maxFeePerGas"
      : found >= 2n && gasPrice !== undefined
        ? "gasPrice"
        : found === 0n && accessList !== undefined
          ? "accessList"
          : found < 4n && authorizationList !== undefined
            ? "authorizationList"
            : undefined;
  if (foreign !== undefined) throw invalidParams(`a transaction of type ${found} has no ${foreign}`);
  if (found === 4n && to === undefined) throw invalidParams("a transaction of type 4 cannot create a contract");
  if (found === 4n && (authorizationList ?? []).length === 0)
    throw invalidParams("expected an authorization in a transaction of type 4, got none");
  return found;
}

export function toUnsignedTransaction(call: CallParameter, fields: Fields): UnsignedTransaction {
  const type = typeOf(call);
  const { chainId, nonce, gasLimit, value, data } = fields;
  const { gasPrice = 0n, maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = call;
  const to = fields.to === undefined ? new Uint8Array() : hexToBytes(fields.to);
  const accessList = (call.accessList ?? []).map(({ address, storageKeys = [] }) => [
    hexToBytes(address),
    storageKeys.map(hexToBytes),
  ]);
  const authorizations = (call.authorizationList ?? []).map((item) => [
    item.chainId,
    hexToBytes(item.address),
    item.nonce,
    item.yParity ?? item.v ?? 0n,
    item.r,
    item.s,
  ]);
  const body: Input[] =
    type === 0n
      ? [nonce, gasPrice, gasLimit, to, value, data]
      : [
          chainId,
          nonce,
          ...(type === 1n ? [gasPrice] : [maxPriorityFeePerGas, maxFeePerGas]),
          ...[gasLimit, to, value, data, accessList],
          ...(type === 4n ? [authorizations] : []),
        ];
  const prefix = type === 0n ? new Uint8Array() : Uint8Array.of(Number(type));
  const encode = (...signature: Input[]) => concatBytes([prefix, RLP.encode([...body, ...signature])]);
  const raw = encode(0n, 0n, 0n);
  const full = (length: number) => new Uint8Array(length).fill(0xff);
  // Since EIP-155 a legacy signature names the chain, twice over.
  const v = full(type === 0n ? Math.ceil((2n * chainId + 36n).toString(16).length / 2) : 1);
  return { raw, hash: keccak256(raw), signedTokens: calldataTokens(encode(v, full(32), full(32))) };
}
