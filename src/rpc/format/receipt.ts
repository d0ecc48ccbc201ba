import { logsBloom } from "../../ethereum/index.ts";
import { bytesToHex } from "../../primitives/index.ts";
import type { Address } from "../../primitives/index.ts";
import type { Block, BlockTransaction, Receipt } from "../../rollup/index.ts";
import type { FoundLog } from "../../storage/index.ts";
import { formatQuantity } from "./scalars.ts";
import { transactionType } from "./transaction.ts";
import type { TransactionDecoder } from "./transaction.ts";

export function formatLog(
  { log, header, blockHash, transactionHash, transactionIndex, logIndex }: FoundLog,
  removed = false,
): object {
  return {
    address: log.address,
    topics: log.topics,
    data: bytesToHex(log.data),
    blockHash,
    blockNumber: formatQuantity(header.number),
    blockTimestamp: formatQuantity(header.timestamp),
    transactionHash,
    transactionIndex: formatQuantity(transactionIndex),
    logIndex: formatQuantity(logIndex),
    removed,
  };
}

/** A receipt as `eth_getTransactionReceipt` gives it. Throws a RangeError if there is none at `index`. */
export function formatReceipt(block: Block, index: number, decode: TransactionDecoder): object {
  const receipt = block.receipts[index];
  const transaction = block.transactions[index];
  if (receipt === undefined || transaction === undefined)
    throw new RangeError(`block ${block.header.number} has no receipt ${index}`);
  let firstLog = 0;
  for (let before = 0; before < index; before++) firstLog += block.receipts[before]?.logs.length ?? 0;
  return formatReceiptAt(block, index, firstLog, transaction, receipt, decode);
}

/** All receipts of a block, in order. */
export function formatReceipts(block: Block, decode: TransactionDecoder): object[] {
  let firstLog = 0;
  return block.receipts.map((receipt, index) => {
    const formatted = formatReceiptAt(
      block,
      index,
      firstLog,
      block.transactions[index] as BlockTransaction,
      receipt,
      decode,
    );
    firstLog += receipt.logs.length;
    return formatted;
  });
}

function formatReceiptAt(
  block: Block,
  index: number,
  firstLog: number,
  transaction: BlockTransaction,
  receipt: Receipt,
  decode: TransactionDecoder,
): object {
  const { from, to, ...extra } = parties(transaction, decode);
  const place = {
    header: block.header,
    blockHash: block.hash,
    transactionHash: receipt.transactionHash,
    transactionIndex: index,
  };
  return {
    transactionHash: receipt.transactionHash,
    transactionIndex: formatQuantity(index),
    blockHash: block.hash,
    blockNumber: formatQuantity(block.header.number),
    blockTimestamp: formatQuantity(block.header.timestamp),
    type: formatQuantity(transactionType(transaction)),
    from,
    to: to ?? null,
    status: formatQuantity(receipt.status),
    gasUsed: formatQuantity(receipt.gasUsed),
    cumulativeGasUsed: formatQuantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: formatQuantity(receipt.effectiveGasPrice),
    contractAddress: receipt.contractAddress ?? null,
    logs: receipt.logs.map((log, offset) => formatLog({ ...place, log, logIndex: firstLog + offset })),
    logsBloom: bytesToHex(logsBloom(receipt.logs)),
    dataGas: formatQuantity(receipt.dataGas),
    ...extra,
  };
}

function parties(
  transaction: BlockTransaction,
  decode: TransactionDecoder,
): { from: Address; to: Address | undefined; mint?: string; messageIndex?: string } {
  if (transaction.kind === "signed") {
    return { from: transaction.sender, to: decode(transaction.raw).to };
  }
  const { sender, to, mint, index } = transaction.message;
  return { from: sender, to, mint: formatQuantity(mint), messageIndex: formatQuantity(index) };
}
