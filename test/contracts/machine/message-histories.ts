import fc from "fast-check";
import { encodeFunctionData } from "viem";
import { encodePayload } from "../../../src/batch/index.ts";
import type { encodeBlocks } from "../../../src/batch/index.ts";
import { createAddress } from "../../../src/ethereum/index.ts";
import { feeVaultAbi, outboxAbi } from "../../../src/l1/abi/index.ts";
import { hexToBytes } from "../../../src/primitives/index.ts";
import type { Address } from "../../../src/primitives/index.ts";
import { FEE_VAULT_ADDRESS, L1_CONTEXT_ADDRESS, OUTBOX_ADDRESS } from "../../../src/rollup/index.ts";
import type { DepositMessage, InboxMessage } from "../../../src/rollup/index.ts";
import { ETHER, GWEI, PROGRAMS, account, signRaw, wallet } from "../../execution/harness.ts";
import { L1_TIME, context, deposit } from "../../machine/chain/history.ts";
import type { HistoryOptions } from "../../machine/chain/history.ts";

const LOGGER: Address = "0x00000000000000000000000000000000c0de0001";
const REVERTING: Address = "0x00000000000000000000000000000000c0de0002";
const BURNING: Address = "0x00000000000000000000000000000000c0de0003";
/** Creates a contract that destroys itself at once, for itself. */
const DESTROYING: Address = "0x00000000000000000000000000000000c0de0004";
const LEAVING: Address = "0x00000000000000000000000000000000c0de0005";
const REMEMBERING: Address = "0x00000000000000000000000000000000c0de0006";
/** Its L1 counterpart could be the sender of a deposit, which then has code. */
const CONTRACT: Address = "0x00000000000000000000000000000000c0de0007";
/** What the first creation by `DESTROYING` makes. */
export const DESTROYED = createAddress(DESTROYING, 1n);

const code = {
  [LOGGER]: PROGRAMS.log,
  [REVERTING]: PROGRAMS.storeAndRevert,
  [BURNING]: PROGRAMS.invalid,
  // PUSH2 (ADDRESS SELFDESTRUCT), MSTORE at 0, CREATE of its two bytes with the value of the call.
  [DESTROYING]: "0x6130ff6000526002601e34f000",
  [LEAVING]: PROGRAMS.selfDestruct,
  [REMEMBERING]: PROGRAMS.remember,
  [CONTRACT]: PROGRAMS.count,
} as const;
const alice = wallet(0);
const balances = { [alice.address]: ETHER, [wallet(1).address]: ETHER };
const STRANGER = wallet(7).address;

const transfer = (nonce: bigint, fields: Record<string, unknown> = {}) =>
  signRaw(alice, { nonce, to: account(1), value: 1n, maxPriorityFeePerGas: 1n, maxFeePerGas: 100n * GWEI, ...fields });
const block = (fields: Partial<Parameters<typeof encodeBlocks>[0][number]> = {}) => ({
  timestamp: L1_TIME + 12,
  messages: 0,
  transactions: [],
  ...fields,
});

/** Messages in the order given, all in one block with two transactions behind them, and a block of fees and prices behind that. */
function around(...messages: readonly ((index: number) => InboxMessage)[]): HistoryOptions {
  return {
    balances,
    code,
    messages: messages.map((make, index) => make(index)),
    batches: [
      { payload: encodePayload([block({ messages: messages.length, transactions: [transfer(0n), transfer(1n)] })]) },
      { payload: encodePayload([block({ timestamp: L1_TIME + 30, transactions: [transfer(2n)] })]) },
    ],
  };
}

type DepositFields = Partial<Omit<DepositMessage, "kind" | "hash" | "index">>;

const depositing = (fields: DepositFields) => (index: number) => deposit(index, fields);
const told =
  (fields: Parameters<typeof context>[1] = {}) =>
  (index: number) =>
    context(index, fields);

/** What deposits and contexts can come to, each as a history. */
export const MESSAGE_HISTORIES: Readonly<Record<string, HistoryOptions>> = {
  "a deposit that succeeds and logs, its rest for another": around(
    depositing({
      sender: STRANGER,
      mint: ETHER,
      value: 5n,
      gasLimit: 100_000n,
      to: LOGGER,
      data: hexToBytes("0x0100ff"),
      refundTo: account(2),
    }),
  ),
  "a deposit that reverts, and one that takes all its gas": around(
    depositing({ sender: STRANGER, mint: ETHER, gasLimit: 100_000n, to: REVERTING, refundTo: account(2) }),
    depositing({ sender: STRANGER, mint: ETHER, gasLimit: 100_000n, to: BURNING, refundTo: STRANGER }),
  ),
  "deposits that are not valid": around(
    depositing({ sender: STRANGER, mint: 1_000n, gasLimit: 21_000n, to: LOGGER, refundTo: account(2) }),
    depositing({
      sender: STRANGER,
      mint: ETHER,
      value: 2n * ETHER,
      gasLimit: 50_000n,
      to: LOGGER,
      refundTo: account(2),
    }),
    depositing({ sender: STRANGER, mint: ETHER, gasLimit: 20_999n, to: LOGGER, refundTo: account(2) }),
    depositing({ sender: STRANGER, mint: ETHER, gasLimit: 21_039n, data: new Uint8Array(4), refundTo: account(2) }),
    depositing({ sender: CONTRACT, mint: ETHER, gasLimit: 100_000n, to: LOGGER, refundTo: account(3) }),
    depositing({ sender: STRANGER, gasLimit: 100_000n, to: LOGGER }),
  ),
  "deposits that run nothing": around(
    depositing({ sender: STRANGER, mint: 5n, refundTo: account(2) }),
    depositing({ sender: STRANGER, mint: 5n }),
    depositing({ sender: STRANGER }),
    depositing({ sender: STRANGER, value: 3n, data: hexToBytes("0x01"), mint: 4n, refundTo: L1_CONTEXT_ADDRESS }),
  ),
  "a rest for a contract that was destroyed in the same transaction": around(
    depositing({
      sender: STRANGER,
      mint: ETHER,
      value: 77n,
      gasLimit: 200_000n,
      to: DESTROYING,
      refundTo: DESTROYED,
    }),
    // A creation at a nonce behind it, and a rest for who was destroyed before.
    depositing({ sender: STRANGER, mint: 9n, gasLimit: 0n, refundTo: DESTROYED }),
  ),
  "a rest for a contract that leaves its balance to another, and one for the coinbase": around(
    depositing({
      sender: STRANGER,
      mint: ETHER,
      value: 5n,
      gasLimit: 200_000n,
      to: LEAVING,
      data: hexToBytes(`0x${"00".repeat(12)}${STRANGER.slice(2)}`),
      refundTo: LEAVING,
    }),
    depositing({
      sender: STRANGER,
      mint: ETHER,
      gasLimit: 100_000n,
      to: FEE_VAULT_ADDRESS,
      value: 1n,
      refundTo: FEE_VAULT_ADDRESS,
    }),
    depositing({ sender: FEE_VAULT_ADDRESS, mint: ETHER, gasLimit: 100_000n, refundTo: STRANGER }),
  ),
  "a rest that is less than the mint, or that others gave": around(
    depositing({
      sender: STRANGER,
      mint: ETHER,
      value: ETHER / 2n,
      gasLimit: 100_000n,
      to: account(5),
      refundTo: account(2),
    }),
    depositing({
      sender: alice.address,
      mint: 1n,
      value: 10n,
      gasLimit: 100_000n,
      to: account(5),
      refundTo: account(2),
    }),
    depositing({ sender: alice.address, mint: 0n, gasLimit: 100_000n, to: alice.address, refundTo: account(2) }),
  ),
  "deposits after a context, at the floor it makes": around(
    told({ baseFee: 50n * GWEI, blobBaseFee: 10n ** 15n, parentHash: `0x${"ab".repeat(32)}` }),
    depositing({ sender: STRANGER, mint: ETHER, gasLimit: 100_000n, to: REMEMBERING, refundTo: account(2) }),
    told({ number: 0, baseFee: 0n, blobBaseFee: 0n, parentHash: `0x${"00".repeat(32)}`, timestamp: 0 }),
    told({ baseFee: 10n ** 13n, blobBaseFee: 10n ** 14n }),
  ),
  "a base fee above the floor, for transactions alone": {
    balances,
    code,
    gasPerSecond: 2_000n,
    messages: [0, 1, 2].map((index) =>
      deposit(index, { sender: STRANGER, mint: ETHER, gasLimit: 2n ** 23n, to: BURNING, refundTo: account(2) }),
    ),
    batches: [
      { payload: encodePayload([block({ messages: 2 })]), messagesUpTo: 2 },
      {
        payload: encodePayload([
          block({ timestamp: L1_TIME + 13, messages: 1, transactions: [transfer(0n), transfer(1n)] }),
        ]),
      },
    ],
  },
  "deposits that use more than the gas limit of their block": {
    balances,
    code,
    gasPerSecond: 2n,
    messages: [0, 1, 2].map((index) =>
      deposit(index, { sender: STRANGER, mint: ETHER, gasLimit: 2n ** 24n, to: BURNING, refundTo: account(2) }),
    ),
    batches: [
      {
        payload: encodePayload([
          block({
            transactions: [0n, 1n, 2n].map((nonce) =>
              transfer(nonce, { to: BURNING, gasLimit: 2n ** 24n, maxFeePerGas: GWEI }),
            ),
          }),
          block({ messages: 3, transactions: [transfer(3n)] }),
        ]),
      },
    ],
  },
  "messages to L1, and fees that are withdrawn": {
    balances,
    code,
    messages: [
      deposit(0, {
        sender: STRANGER,
        mint: ETHER,
        value: 5n,
        gasLimit: 500_000n,
        to: OUTBOX_ADDRESS,
        data: sendMessage(),
        refundTo: account(2),
      }),
    ],
    batches: [
      {
        payload: encodePayload([
          block({ transactions: [transfer(0n, { to: OUTBOX_ADDRESS, data: sendMessage(), gasLimit: 500_000n })] }),
          block({
            transactions: [transfer(1n, { to: FEE_VAULT_ADDRESS, data: withdraw(), value: 0n, gasLimit: 500_000n })],
          }),
          block({ messages: 1 }),
        ]),
      },
    ],
  },
};

function sendMessage(): Uint8Array {
  return hexToBytes(
    encodeFunctionData({ abi: outboxAbi, functionName: "sendMessage", args: [account(9), 50_000n, "0x1234"] }),
  );
}

function withdraw(): Uint8Array {
  return hexToBytes(encodeFunctionData({ abi: feeVaultAbi, functionName: "withdraw" }));
}

const anyone = fc.constantFrom(STRANGER, alice.address, wallet(1).address, CONTRACT, FEE_VAULT_ADDRESS, account(2));
const anywhere = fc.oneof(
  anyone,
  fc.constantFrom<Address>(...(Object.keys(code) as Address[]), DESTROYED, OUTBOX_ADDRESS),
);

/** Any messages of a few senders and recipients, read by the blocks of a payload or by those that they imply. */
export const anyMessages: fc.Arbitrary<HistoryOptions> = fc
  .record({
    messages: fc.array(
      fc.oneof(
        {
          weight: 5,
          arbitrary: fc.record({
            sender: anyone,
            to: anywhere,
            mint: fc.constantFrom(0n, 1n, ETHER / 100n, ETHER),
            value: fc.constantFrom(0n, 1n, ETHER / 100n, ETHER),
            gasLimit: fc.constantFrom(0n, 21_000n, 100_000n, 300_000n),
            refundTo: anywhere,
            data: fc.uint8Array({ maxLength: 70 }),
          }),
        },
        {
          weight: 1,
          arbitrary: fc.record({
            number: fc.nat(3),
            timestamp: fc.nat(),
            baseFee: fc.constantFrom(0n, GWEI, 10n ** 15n),
            blobBaseFee: fc.constantFrom(0n, 1n, GWEI, 10n ** 16n),
            parentHash: fc.constantFrom<`0x${string}`>(`0x${"00".repeat(32)}`, `0x${"cd".repeat(32)}`),
          }),
        },
      ),
      { minLength: 1, maxLength: 7 },
    ),
    counts: fc.array(fc.nat(4), { maxLength: 3 }),
    elapsed: fc.array(fc.constantFrom(0, 1, 400), { minLength: 3, maxLength: 3 }),
    gasPerSecond: fc.constantFrom(2n, 1_000n, 1_000_000n),
  })
  .map(({ messages, counts, elapsed, gasPerSecond }) => ({
    balances,
    code,
    gasPerSecond,
    messages: messages.map((fields, index) => ("sender" in fields ? deposit(index, fields) : context(index, fields))),
    batches: [
      {
        payload: encodePayload(
          counts.map((count, index) =>
            block({
              timestamp: L1_TIME + elapsed[index]!,
              messages: count,
              transactions: [transfer(BigInt(index), { to: REMEMBERING })],
            }),
          ),
        ),
      },
    ],
  }));
