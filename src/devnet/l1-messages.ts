import { setTimeout as delay } from "node:timers/promises";
import { decodeEventLog, encodeFunctionData } from "viem";
import { z } from "zod";
import { minimumBaseFee } from "../rollup/index.ts";
import { readEnvironmentAfter } from "../execution/index.ts";
import { EMPTY_CODE_HASH_HEX, delegationOf } from "../ethereum/index.ts";
import { inboxAbi } from "../l1/index.ts";
import { bytesToHex } from "../primitives/index.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import type { RunningNode } from "../roles/index.ts";
import { rejected } from "../rpc/index.ts";
import type { L1Message } from "../rpc/index.ts";
import { toQuantity } from "./l1-requests.ts";
import type { L1Requests } from "./l1-requests.ts";
import type { RestartableRoles } from "./restartable-roles.ts";

/** What a devnet can do to accounts of L2 through the Inbox of L1, as which every node derives it. */
export interface L1Messages {
  /** Makes a balance so many wei. */
  setBalance(account: Address, balance: bigint): Promise<void>;
  /** Deposits so many wei. */
  addBalance(account: Address, amount: bigint): Promise<void>;
  /** Sends a message in an account's name; gives the hash of its L2 transaction. */
  sendAs(message: L1Message): Promise<Hash>;
  /** Why an account cannot send messages that run something, or undefined. */
  whyNotSender(account: Address): Promise<string | undefined>;
}

export interface L1MessagesOptions {
  readonly node: RunningNode;
  readonly roles: RestartableRoles;
  readonly l1: L1Requests;
  /** An account of L1 that deposits; L1 gives it what it needs. */
  readonly faucet: Address;
  /** Whether blocks come by themselves. */
  readonly isAutomatic: () => boolean;
}

/** Wei: more is no amount of ether that any chain has, and sums of it could not be counted. */
const MAXIMUM_BALANCE = 1n << 127n;
/** L1 gas for a message: all that a transaction may have, of which only what it uses is paid. */
const L1_GAS = 1n << 24n;
/** Wei that an L1 account is given for gas if it has less. */
const GAS_MONEY = 10n ** 18n;
/** L2 gas of a transfer to an account without code. */
const TRANSFER_GAS = 21_000n;
/** Nobody has its key: where ether goes that an account is to have no longer. */
const NOBODY: Address = "0x000000000000000000000000000000000000dead";
/** Milliseconds for a message to come to L2, and between looks. */
const PATIENCE = 20_000;
const LOOK_INTERVAL = 20;
/** Transfers away until a balance is exact: the price of gas may change in between. */
const ATTEMPTS = 3;

const receiptSchema = z.object({
  status: z.string(),
  logs: z.array(
    z.object({
      address: z.string(),
      topics: z.array(z.templateLiteral(["0x", z.string()])),
      data: z.templateLiteral(["0x", z.string()]),
    }),
  ),
});

export function createL1Messages(options: L1MessagesOptions): L1Messages {
  const { node, roles, l1, faucet, isAutomatic } = options;
  const { chain, config } = node;
  const { inbox } = config.contracts;

  async function accountOf(address: Address) {
    const { stateRoot } = chain.latest().header;
    const { nonce, balance, codeHash } = (await chain.engine.getAccount(stateRoot, address)) ?? {
      nonce: 0n,
      balance: 0n,
      codeHash: EMPTY_CODE_HASH_HEX,
    };
    const hasForeignCode =
      codeHash !== EMPTY_CODE_HASH_HEX && delegationOf(await chain.engine.getCode(stateRoot, address)) === undefined;
    return { nonce, balance, hasForeignCode };
  }

  /** Wei per gas that a message pays in the next block. */
  async function gasPrice(): Promise<bigint> {
    const { header } = chain.latest();
    return minimumBaseFee((await readEnvironmentAfter(chain.engine, header, header.timestamp)).dataPrice);
  }

  /** Calls the Inbox from an L1 account and gives the hash of the message. */
  async function callInbox(from: Address, data: Hex, value: bigint): Promise<Hash> {
    const needed = value + GAS_MONEY;
    if ((await l1.balance(from)) < needed) await l1.send("hardhat_setBalance", [from, toQuantity(needed)]);
    const call = { from, to: inbox, data, value: toQuantity(value), gas: toQuantity(L1_GAS) };
    const hash = await l1.send("eth_sendTransaction", [call]);
    let receipt = await l1.send("eth_getTransactionReceipt", [hash]);
    if (receipt === null) {
      // Somebody has turned L1's automatic mining off.
      await l1.send("evm_mine", []);
      receipt = await l1.send("eth_getTransactionReceipt", [hash]);
    }
    const { status, logs } = receiptSchema.parse(receipt);
    const enqueued = logs.flatMap(({ topics, data: logData }) => {
      const event = decodeEventLog({
        abi: inboxAbi,
        topics: topics as [Hash, ...Hash[]],
        data: logData,
        strict: false,
      });
      return event.eventName === "DepositEnqueued" && event.args.messageHash !== undefined
        ? [event.args.messageHash]
        : [];
    })[0];
    if (status !== "0x1" || enqueued === undefined)
      throw rejected(`the Inbox on L1 refused the message: transaction ${String(hash)}`);
    return enqueued;
  }

  async function send(
    { from, to, value, gasLimit, data }: L1Message,
    { mint, refundTo }: { readonly mint: bigint; readonly refundTo: Address },
  ): Promise<Hash> {
    await l1.send("hardhat_impersonateAccount", [from]);
    const call = encodeFunctionData({
      abi: inboxAbi,
      functionName: "sendMessage",
      args: [to, value, gasLimit, bytesToHex(data), refundTo],
    });
    return callInbox(from, call, mint);
  }

  /** Waits until a message's transaction is in a block. */
  async function untilOnL2(hash: Hash): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      await node.syncOnce();
      if (chain.store.getTransactionLocation(hash) !== undefined) return;
      await roles.current().sequencer.buildBlock({ messagesOnly: true });
      if (chain.store.getTransactionLocation(hash) !== undefined) return;
      if (Date.now() > deadline) throw rejected(`message ${hash} did not come to L2 within ${PATIENCE / 1_000} s`);
      await delay(LOOK_INTERVAL);
    }
  }

  async function addBalance(account: Address, amount: bigint): Promise<void> {
    if (amount === 0n) return;
    if (amount > MAXIMUM_BALANCE) throw rejected(`expected at most ${MAXIMUM_BALANCE} wei, got ${amount}`);
    const data = encodeFunctionData({ abi: inboxAbi, functionName: "depositEther", args: [account] });
    await untilOnL2(await callInbox(faucet, data, amount));
  }

  /** Sends away what an account has more than `balance`. What it pays for gas counts, or is given to it before. */
  async function lowerBalance(account: Address, balance: bigint): Promise<void> {
    const { balance: before, hasForeignCode } = await accountOf(account);
    if (hasForeignCode) {
      throw rejected(
        `the balance of ${account} cannot be made lower: it has code, and every node derives L2 from L1, where nobody can ` +
          "take ether from a contract",
      );
    }
    const fee = TRANSFER_GAS * (await gasPrice());
    const excess = before - balance;
    const [mint, value] = excess > fee ? [0n, excess - fee] : [fee, excess];
    const message = { from: account, to: NOBODY, value, gasLimit: TRANSFER_GAS, data: new Uint8Array() };
    await untilOnL2(await send(message, { mint, refundTo: account }));
  }

  return {
    addBalance,
    async setBalance(account, balance) {
      if (balance > MAXIMUM_BALANCE) throw rejected(`expected at most ${MAXIMUM_BALANCE} wei, got ${balance}`);
      for (let attempt = 1; ; attempt++) {
        const { balance: present } = await accountOf(account);
        if (present === balance) return;
        if (attempt > ATTEMPTS) throw rejected(`the balance of ${account} is ${present} wei, it keeps changing`);
        if (present < balance) await addBalance(account, balance - present);
        else await lowerBalance(account, balance);
      }
    },
    async sendAs(message) {
      const { balance } = await accountOf(message.from);
      const price = await gasPrice();
      const cost = message.value + message.gasLimit * price;
      if (balance < cost) {
        throw rejected(
          `insufficient funds for gas * price + value: balance ${balance}, tx cost ${cost}, overshot ${cost - balance}`,
        );
      }
      const hash = await send(message, { mint: 0n, refundTo: message.from });
      if (isAutomatic()) await untilOnL2(hash);
      return hash;
    },
    async whyNotSender(account) {
      return (await accountOf(account)).hasForeignCode
        ? `${account} has code: no transaction can come from it (EIP-3607), and its messages through L1 would not run`
        : undefined;
    },
  };
}
