import {
  L1_CONTEXT_ADDRESS,
  L1_CONTEXT_KEYS,
  encodeContextBody,
  encodeDepositBody,
  encodeMessage,
  messageBodyHash,
  messageWeight,
  minimumBaseFee,
} from "../../rollup/index.ts";
import type { ContextMessage, DepositMessage, InboxMessage } from "../../rollup/index.ts";
import { newTransactionContext, rawSlice, running } from "../decoding.ts";
import type { Machine } from "../machine.ts";
import { Phase } from "../phase.ts";
import { EMPTY_SLICE } from "../slice.ts";
import { modifyAccount, modifySlot, needAccount, needSlot } from "../state-access.ts";
import { DEPOSIT_KIND } from "../transaction-kind.ts";
import type { BatchProgress, Context, Deposit } from "./chain.ts";
import { chainOf, flushThen, nextWithinBlock, sourceOf } from "./next-unit.ts";

// The unit `Message` (docs/machine.md §16): a deposit, which is a transaction between its mint and its refund, or a context.

/** `start` of a `Message` boundary. */
export function startMessage(machine: Machine): void {
  const chain = chainOf(machine);
  const { recorder } = machine;
  const message = sourceOf(machine).message(chain.messageCount);
  recorder?.chain();
  tellMessage(machine, message);
  if (!takesMessage(chain, message)) return nextWithinBlock(machine);
  if (message.kind === "deposit") beginDeposit(machine, message);
  else beginContext(machine, message);
}

/** Whether the block takes a message that it may take by number: not if it weighs too much, at which its messages end. */
export function takesMessage(chain: BatchProgress, message: InboxMessage): boolean {
  const weight = messageWeight(message);
  if (weight > chain.messageWeight) {
    chain.messagesEnd = chain.messageCount;
    return false;
  }
  chain.messageWeight -= weight;
  return true;
}

function tellMessage({ recorder }: Machine, message: InboxMessage): void {
  if (recorder === undefined) return;
  const { index, enqueuedAt, kind } = message;
  recorder.preimage(() => encodeMessage(index, enqueuedAt, kind, messageBodyHash(message)));
  recorder.preimage(() => (kind === "deposit" ? encodeDepositBody(message) : encodeContextBody(message)));
  if (kind === "deposit") recorder.preimage(() => message.data);
}

/** A deposit begins, whatever it weighs. It ends at the next boundary. */
export function beginDeposit(machine: Machine, message: DepositMessage): void {
  const { hash, sender, to, value, gasLimit, mint, refundTo, data } = message;
  chainOf(machine).message = { kind: "deposit", mint, refundTo, balanceBefore: 0n };
  machine.skipReason = undefined;
  machine.included = undefined;
  machine.exit = undefined;
  const slice = rawSlice(data);
  machine.transaction = {
    ...newTransactionContext(EMPTY_SLICE),
    transactionHash: hash,
    kind: DEPOSIT_KIND,
    gasLimit: Number(gasLimit),
    to,
    value,
    data: data.length === 0 ? slice : { ...slice, tree: machine.recorder?.buffer(data) },
    sender,
  };
  machine.phase = Phase.CountCalldata;
}

/** A context begins, whatever it weighs. It ends at the next boundary. */
export function beginContext(machine: Machine, message: ContextMessage): void {
  const { number, timestamp, baseFee, blobBaseFee, parentHash } = message;
  chainOf(machine).message = { kind: "context", body: { number, timestamp, baseFee, blobBaseFee, parentHash } };
  machine.phase = Phase.WriteContext;
}

export function stepMint(machine: Machine): void {
  const chain = chainOf(machine);
  const transaction = running(machine);
  const deposit = depositOf(machine);
  const { mint } = deposit;
  const { sender, gasLimit } = transaction;
  machine.recorder?.chain();
  machine.recorder?.message();
  const account = needAccount(machine, sender);
  if (account === undefined) return;

  chain.message = { ...deposit, balanceBefore: account.balance };
  if (mint > 0n) modifyAccount(machine, sender, { balance: account.balance + mint, isDirty: true });
  transaction.nonce = account.nonce;
  transaction.maxFeePerGas = minimumBaseFee(machine.environment.dataPrice);
  transaction.status = gasLimit === 0 ? 1 : 0;
  machine.phase = gasLimit > 0 ? Phase.Validate : Phase.Refund;
}

/** Wei of a deposit's mint that are left to its sender, who now has `balance`. */
export function leftOfMint({ mint, balanceBefore }: Deposit, balance: bigint): bigint {
  const gained = balance > balanceBefore ? balance - balanceBefore : 0n;
  return gained < mint ? gained : mint;
}

/** What is left of the mint goes to whom the deposit names. */
export function stepRefund(machine: Machine): void {
  const chain = chainOf(machine);
  const { sender } = running(machine);
  const deposit = depositOf(machine);
  const { refundTo } = deposit;
  machine.recorder?.chain();
  machine.recorder?.message();
  const account = needAccount(machine, sender);
  if (account === undefined) return;
  const left = leftOfMint(deposit, account.balance);
  if (left > 0n && refundTo !== sender) {
    const recipient = needAccount(machine, refundTo);
    if (recipient === undefined) return;
    modifyAccount(machine, sender, { balance: account.balance - left, isDirty: true });
    modifyAccount(machine, refundTo, { balance: recipient.balance + left, isDirty: true });
  }
  chain.message = undefined;
  machine.phase = Phase.Flush;
}

export function stepWriteContext(machine: Machine): void {
  const { body } = contextOf(machine);
  machine.recorder?.chain();
  machine.recorder?.message();
  if (needAccount(machine, L1_CONTEXT_ADDRESS) === undefined) return;
  for (const key of Object.values(L1_CONTEXT_KEYS)) {
    if (needSlot(machine, L1_CONTEXT_ADDRESS, key) === undefined) return;
  }
  const write = (key: keyof typeof L1_CONTEXT_KEYS, current: bigint) =>
    modifySlot(machine, L1_CONTEXT_ADDRESS, L1_CONTEXT_KEYS[key], { current });
  write("number", BigInt(body.number));
  write("timestamp", BigInt(body.timestamp));
  write("baseFee", body.baseFee);
  write("blobBaseFee", body.blobBaseFee);
  write("parentHash", BigInt(body.parentHash));
  flushThen(machine, Phase.EndMessage);
}

export function stepEndMessage(machine: Machine): void {
  const chain = chainOf(machine);
  machine.recorder?.chain();
  chain.message = undefined;
  chain.messageCount += 1;
  nextWithinBlock(machine);
}

function depositOf(machine: Machine): Deposit {
  const { message } = chainOf(machine);
  if (message?.kind !== "deposit") throw new Error("expected a deposit");
  return message;
}

function contextOf(machine: Machine): Context {
  const { message } = chainOf(machine);
  if (message?.kind !== "context") throw new Error("expected a context message");
  return message;
}
