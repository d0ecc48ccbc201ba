import type { SignedTransaction } from "../../ethereum/index.ts";
import type { Hash } from "../../primitives/index.ts";
import { CONSTANT_HEADER_FIELDS, encodeHeader, extraData } from "../../rollup/index.ts";
import type { Block, BlockEnvironment, BlockHeader } from "../../rollup/index.ts";
import { formatQuantity } from "./scalars.ts";
import { formatBlockTransaction, formatPooledTransaction } from "./transaction.ts";
import type { TransactionDecoder } from "./transaction.ts";

/** Every header field by its name in RPC, so that the hash can be recomputed from them (keccak of their RLP). */
export function formatHeader(hash: Hash, header: BlockHeader): object {
  return {
    hash,
    parentHash: header.parentHash,
    sha3Uncles: CONSTANT_HEADER_FIELDS.ommersHash,
    miner: header.coinbase,
    stateRoot: header.stateRoot,
    transactionsRoot: header.transactionsRoot,
    receiptsRoot: header.receiptsRoot,
    logsBloom: header.logsBloom,
    difficulty: formatQuantity(CONSTANT_HEADER_FIELDS.difficulty),
    number: formatQuantity(header.number),
    gasLimit: formatQuantity(header.gasLimit),
    gasUsed: formatQuantity(header.gasUsed),
    timestamp: formatQuantity(header.timestamp),
    extraData: extraData(header),
    mixHash: header.prevRandao,
    nonce: CONSTANT_HEADER_FIELDS.nonce,
    baseFeePerGas: formatQuantity(header.baseFeePerGas),
    withdrawalsRoot: header.outboxRoot,
    blobGasUsed: formatQuantity(CONSTANT_HEADER_FIELDS.blobGasUsed),
    excessBlobGas: formatQuantity(CONSTANT_HEADER_FIELDS.excessBlobGas),
    parentBeaconBlockRoot: CONSTANT_HEADER_FIELDS.parentBeaconBlockRoot,
    requestsHash: CONSTANT_HEADER_FIELDS.requestsHash,
  };
}

/** A block as `eth_getBlockByNumber` gives it. */
export function formatBlock(block: Block, full: boolean, decode: TransactionDecoder): object {
  return {
    ...formatHeader(block.hash, block.header),
    size: formatQuantity(blockSize(block)),
    uncles: [],
    withdrawals: [],
    transactions: full
      ? block.transactions.map((_, index) => formatBlockTransaction(block, index, decode))
      : block.transactions.map(({ hash }) => hash),
  };
}

/** The block to come: its environment and what the pool would put in it. What only execution can tell is null. */
export function formatPendingBlock(
  parent: Block,
  environment: BlockEnvironment,
  transactions: readonly SignedTransaction[],
  full: boolean,
): object {
  return {
    ...formatHeader(parent.hash, {
      ...parent.header,
      parentHash: parent.hash,
      number: environment.number,
      timestamp: environment.timestamp,
      gasLimit: environment.gasLimit,
      gasUsed: 0n,
      baseFeePerGas: environment.baseFeePerGas,
      prevRandao: environment.prevRandao,
    }),
    hash: null,
    nonce: null,
    logsBloom: null,
    stateRoot: null,
    transactionsRoot: null,
    receiptsRoot: null,
    withdrawalsRoot: null,
    size: formatQuantity(0),
    uncles: [],
    withdrawals: [],
    transactions: transactions.map((transaction) => (full ? formatPooledTransaction(transaction) : transaction.hash)),
  };
}

/** Bytes of the header's RLP and of the transactions (a deposit: its data and seven words). */
function blockSize(block: Block): number {
  return block.transactions.reduce(
    (size, transaction) =>
      size + (transaction.kind === "signed" ? transaction.raw.length : transaction.message.data.length + 7 * 32),
    encodeHeader(block.header).length,
  );
}
