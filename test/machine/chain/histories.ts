import { encodeBlocks, encodePayload, compressContent } from "../../../src/batch/index.ts";
import { hexToBytes } from "../../../src/primitives/index.ts";
import type { Address } from "../../../src/primitives/index.ts";
import { ETHER, GWEI, PROGRAMS, account, signRaw, wallet } from "../../execution/harness.ts";
import { L1_TIME, context, deposit } from "./history.ts";
import type { HistoryOptions } from "./history.ts";

const LOGGER: Address = "0x00000000000000000000000000000000c0de0001";
const REVERTING: Address = "0x00000000000000000000000000000000c0de0002";
const COUNTER: Address = "0x00000000000000000000000000000000c0de0003";

const code = { [LOGGER]: PROGRAMS.log, [REVERTING]: PROGRAMS.storeAndRevert, [COUNTER]: PROGRAMS.count };
const balances = { [wallet(0).address]: ETHER, [wallet(1).address]: ETHER };

const transfer = (nonce: bigint, fields: Record<string, unknown> = {}, from = wallet(0)) =>
  signRaw(from, { nonce, to: account(1), value: 1n, maxPriorityFeePerGas: 1n, ...fields });

/** Wallets without a balance on L2. */
const STRANGER = wallet(7).address;

const everyMessage = [
  deposit(0, { sender: STRANGER, mint: ETHER, refundTo: account(2) }),
  context(1),
  deposit(2, {
    sender: STRANGER,
    mint: ETHER / 10n,
    value: 5n,
    gasLimit: 100_000n,
    to: LOGGER,
    data: hexToBytes("0x0100ff"),
  }),
  deposit(3, { sender: STRANGER, mint: ETHER / 10n, gasLimit: 100_000n, to: REVERTING, refundTo: account(3) }),
  deposit(4, { sender: wallet(8).address, gasLimit: 100_000n, to: COUNTER }),
  deposit(5, { sender: wallet(8).address, mint: 7n, gasLimit: 100_000n, to: COUNTER, refundTo: account(4) }),
  deposit(6, { sender: wallet(1).address, gasLimit: 60_000n, value: 1n, to: COUNTER }),
  context(7, { baseFee: 5n * GWEI, blobBaseFee: 80n * GWEI }),
  deposit(8, { sender: wallet(9).address, mint: 3n, refundTo: wallet(9).address }),
  deposit(9, { sender: wallet(9).address }),
];

const block = (fields: Partial<Parameters<typeof encodeBlocks>[0][number]> = {}) => ({
  timestamp: L1_TIME + 12,
  messages: 0,
  transactions: [],
  ...fields,
});

/** Small histories that have between them every kind of unit, by what is in them. */
export const HISTORIES: Readonly<Record<string, HistoryOptions>> = {
  "an empty batch": { batches: [{}] },
  "blocks of nothing": {
    batches: [{ payload: encodePayload([block(), block(), block({ timestamp: L1_TIME + 13 })]) }],
  },
  "transactions, valid and not": {
    balances,
    code,
    batches: [
      {
        payload: encodePayload([
          block({
            transactions: [
              transfer(0n),
              transfer(0n),
              new Uint8Array(70),
              transfer(1n, { to: COUNTER }),
              transfer(1n, { to: COUNTER, nonce: 9n }),
              transfer(2n, { to: LOGGER, data: "0x1234" }),
              transfer(3n, { to: undefined, value: 0n, data: "0x600a600c600039600a6000f3602a60005260206000f3" }),
            ],
          }),
          block({ timestamp: L1_TIME + 13, transactions: [transfer(4n, { to: REVERTING })] }),
        ]),
      },
    ],
  },
  "messages of every kind": {
    balances,
    code,
    messages: everyMessage,
    batches: [
      { payload: encodePayload([block({ messages: 3 }), block({ messages: 4, transactions: [transfer(0n)] })]) },
      { payload: encodePayload([block({ timestamp: L1_TIME + 24, transactions: [transfer(1n), transfer(2n)] })]) },
    ],
  },
  "implied blocks": {
    code,
    messages: everyMessage,
    batches: [{ messagesUpTo: 2 }, { messagesUpTo: 2 }, { payload: encodePayload([block({ messages: 1 })]) }],
  },
  "messages that do not fit into one block": {
    messages: [0, 1, 2, 3, 4].map((index) => deposit(index, { sender: STRANGER, gasLimit: 2n ** 24n, mint: ETHER })),
    batches: [{}],
  },
  blobs: {
    balances,
    batches: [{ kind: "blobs", payload: encodePayload([block({ transactions: [transfer(0n)] })]) }],
  },
  "payloads without a version, or with another": {
    messages: [context(0)],
    batches: [{ payload: Uint8Array.of(0), messagesUpTo: 0 }, { payload: Uint8Array.of(2, 3, 0) }],
  },
  "a payload that ends within a block head": {
    batches: [{ payload: compressContent(Buffer.concat([encodeBlocks([block()]), new Uint8Array(15)])) }],
  },
  "a payload that ends within a transaction": {
    balances,
    batches: [
      {
        payload: compressContent(encodeBlocks([block({ transactions: [transfer(0n), transfer(1n)] })]).subarray(0, -1)),
      },
    ],
  },
  "a payload that ends within the length of a transaction": {
    balances,
    batches: [
      {
        payload: compressContent(
          encodeBlocks([block({ transactions: [transfer(0n), new Uint8Array()] })]).subarray(0, -1),
        ),
      },
    ],
  },
  "a transaction of a length that none may have": {
    balances,
    messages: [context(0), context(1)],
    batches: [
      { payload: encodePayload([block({ messages: 1, transactions: [transfer(0n), new Uint8Array(64)] }), block()]) },
    ],
  },
  "a bucket that cannot pay for a block": {
    gasPerSecond: 5_000_000n,
    balances,
    code: { [COUNTER]: PROGRAMS.invalid },
    messages: [context(0)],
    batches: [
      {
        payload: encodePayload([
          ...hungry(3),
          block({ transactions: [transfer(3n, { to: COUNTER, gasLimit: 9_440_000n })] }),
          block({ transactions: [transfer(4n)] }),
        ]),
        elapsed: 12,
      },
      // No second later, so that the implied block has nothing but what is left.
      { messagesUpTo: 1, elapsed: 0 },
    ],
  },
  "a bucket that cannot pay for a transaction": {
    gasPerSecond: 5_000_000n,
    balances,
    code: { [COUNTER]: PROGRAMS.invalid },
    batches: [
      {
        payload: encodePayload([
          ...hungry(3),
          block({
            transactions: [
              transfer(3n, { to: COUNTER, gasLimit: 9_450_000n }),
              ...Array.from({ length: 5 }, () => transfer(4n)),
            ],
          }),
          block(),
        ]),
      },
    ],
  },
};

/** Blocks that use 2^24 gas each. */
function hungry(count: number) {
  return Array.from({ length: count }, (_, index) =>
    block({ transactions: [transfer(BigInt(index), { to: COUNTER, gasLimit: 2n ** 24n })] }),
  );
}
