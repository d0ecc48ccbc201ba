import { decodeFields } from "../../ethereum/index.ts";
import type { Authorization, SignedTransaction, TransactionFields } from "../../ethereum/index.ts";
import { bytesToHex } from "../../primitives/index.ts";
import type { Block, BlockTransaction } from "../../rollup/index.ts";
import { responseTooLarge } from "../protocol/errors.ts";
import { formatQuantity } from "./scalars.ts";

/** EIP-2718 type a deposit shows in RPC answers (specification §4). */
export const DEPOSIT_TYPE = 0x7e;

/** Decodes raw transactions of one chain for display; they were checked when they entered a block or the pool. */
export type TransactionDecoder = (raw: Uint8Array) => TransactionFields;

export function createTransactionDecoder(chainId: number): TransactionDecoder {
  const id = BigInt(chainId);
  return (raw) => decodeFields(raw, id);
}

/** Place of a transaction in a block; undefined in the pool. */
type Place = { readonly block: Block; readonly index: number } | undefined;

/** A transaction of a block as `eth_getTransactionByHash` gives it. Throws a RangeError if there is none at `index`. */
export function formatBlockTransaction(block: Block, index: number, decode: TransactionDecoder): object {
  const transaction = block.transactions[index];
  if (transaction === undefined) throw new RangeError(`block ${block.header.number} has no transaction ${index}`);
  return transaction.kind === "deposit"
    ? formatDeposit(transaction, block, index)
    : formatSigned({ ...transaction, ...decode(transaction.raw) }, { block, index });
}

/** A transaction of the pool: as in a block, but in none. */
export function formatPooledTransaction(transaction: SignedTransaction): object {
  return formatSigned(transaction, undefined);
}

/** Throws {@link RpcError} if whole transactions would not fit into an answer, before they are formatted for nothing. */
export function checkAnswerSize(transactions: readonly SignedTransaction[], limit: number): void {
  // Two digits a byte, and no transaction has fewer characters of names and hashes.
  const least = transactions.reduce((size, { raw }) => size + 200 + 2 * raw.length, 0);
  if (least > limit) throw responseTooLarge(limit);
}

/** EIP-2718 type by the raw bytes: legacy transactions start with an RLP list. */
export function transactionType(transaction: BlockTransaction): number {
  if (transaction.kind === "deposit") return DEPOSIT_TYPE;
  const first = transaction.raw[0] ?? 0xc0;
  return first >= 0xc0 ? 0 : first;
}

function formatPlace(place: Place): object {
  return place === undefined
    ? { blockHash: null, blockNumber: null, transactionIndex: null }
    : {
        blockHash: place.block.hash,
        blockNumber: formatQuantity(place.block.header.number),
        blockTimestamp: formatQuantity(place.block.header.timestamp),
        transactionIndex: formatQuantity(place.index),
      };
}

/**
 * What stands for the nonce of a deposit that did not run and so took none. The sender's next transaction takes the
 * account's nonce, and clients that wait for it would believe the deposit had replaced it. No account has it, and it is the
 * greatest number that indexers with a signed column of 32 bits take (Ponder).
 */
const NO_NONCE = 2n ** 31n - 1n;

function formatDeposit(
  { hash, message, nonce }: BlockTransaction & { kind: "deposit" },
  block: Block,
  index: number,
): object {
  return {
    ...formatPlace({ block, index }),
    hash,
    type: formatQuantity(DEPOSIT_TYPE),
    from: message.sender,
    to: message.to,
    gas: formatQuantity(message.gasLimit),
    gasPrice: formatQuantity(block.receipts[index]?.effectiveGasPrice ?? 0n),
    value: formatQuantity(message.value),
    nonce: formatQuantity(block.receipts[index]?.gasUsed === 0n ? NO_NONCE : nonce),
    input: bytesToHex(message.data),
    mint: formatQuantity(message.mint),
    refundTo: message.refundTo,
    messageIndex: formatQuantity(message.index),
    v: "0x0",
    r: "0x0",
    s: "0x0",
  };
}

function formatSigned(
  transaction: TransactionFields & Pick<SignedTransaction, "hash" | "sender">,
  place: Place,
): object {
  const { type, v, maxFeePerGas, maxPriorityFeePerGas } = transaction;
  const common = {
    ...formatPlace(place),
    hash: transaction.hash,
    type: formatQuantity(type),
    from: transaction.sender,
    to: transaction.to ?? null,
    gas: formatQuantity(transaction.gasLimit),
    value: formatQuantity(transaction.value),
    nonce: formatQuantity(transaction.nonce),
    input: bytesToHex(transaction.data),
    v: formatQuantity(v),
    r: formatQuantity(transaction.r),
    s: formatQuantity(transaction.s),
  };
  // Of types 0 and 1 the two fees are the gas price.
  const gasPrice = formatQuantity(
    place === undefined || type < 2
      ? maxFeePerGas
      : effectivePrice(maxFeePerGas, maxPriorityFeePerGas, place.block.header.baseFeePerGas),
  );
  // v is 27 or 28 before EIP-155, and names the chain since.
  if (type === 0)
    return v >= 35n ? { ...common, gasPrice, chainId: formatQuantity((v - 35n) / 2n) } : { ...common, gasPrice };
  const typed = {
    ...common,
    chainId: formatQuantity(transaction.chainId ?? 0n),
    yParity: formatQuantity(v),
    accessList: transaction.accessList,
  };
  if (type === 1) return { ...typed, gasPrice };
  const fees = {
    gasPrice,
    maxFeePerGas: formatQuantity(maxFeePerGas),
    maxPriorityFeePerGas: formatQuantity(maxPriorityFeePerGas),
  };
  return type === 4
    ? { ...typed, ...fees, authorizationList: transaction.authorizations.map(formatAuthorization) }
    : { ...typed, ...fees };
}

function formatAuthorization({ chainId, address, nonce, yParity, r, s }: Authorization): object {
  return {
    chainId: formatQuantity(chainId),
    address,
    nonce: formatQuantity(nonce),
    yParity: formatQuantity(yParity),
    r: formatQuantity(r),
    s: formatQuantity(s),
  };
}

function effectivePrice(maxFeePerGas: bigint, maxPriorityFeePerGas: bigint, baseFee: bigint): bigint {
  const price = baseFee + maxPriorityFeePerGas;
  return price < maxFeePerGas ? price : maxFeePerGas;
}
