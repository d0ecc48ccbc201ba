import { decodeEventLog, encodeAbiParameters, encodeFunctionData, keccak256, parseAbiParameters, size } from "viem";
import type { Address, Hash, Hex, Log } from "viem";
import { inboxAbi } from "./abi.ts";
import { requireAddress, requireData, requireWei } from "./arguments.ts";
import { OnestepError } from "./errors.ts";
import type { Rollup } from "./rollup.ts";

/** A call to make: what a wallet is asked to send. `value` is in wei. */
export interface Call {
  readonly to: Address;
  readonly data: Hex;
  readonly value: bigint;
}

/** EIP-7825: most gas of a transaction, on either layer. */
export const MAXIMUM_GAS = 1n << 24n;
const MAXIMUM_DATA_LENGTH = 65_536;
const MAXIMUM_L2_VALUE = (1n << 128n) - 1n;
const ZERO_ADDRESS = `0x${"00".repeat(20)}`;

/** What opens a message of the Inbox, as `forceInclude` takes it. `kind` is 0 for a deposit, 1 for a context. */
export interface MessageOpening {
  readonly enqueuedAt: bigint;
  readonly kind: 0 | 1;
  readonly bodyHash: Hash;
}

/** A message as the Inbox enqueued it: amounts in wei, `enqueuedAt` an L1 timestamp in seconds. */
export interface SentMessage {
  readonly index: number;
  /** Of a deposit also the hash of the L2 transaction. */
  readonly hash: Hash;
  readonly enqueuedAt: number;
  readonly kind: "deposit" | "context";
  readonly opening: MessageOpening;
}

/** The call that mints ETH on L2. Throws an `invalid-argument`. */
export function depositCall({ contracts }: Rollup, { to, value }: { to: Address; value: bigint }): Call {
  requireWei("value", value, MAXIMUM_L2_VALUE);
  const args = [requireRecipient("to", to)] as const;
  return {
    to: contracts.inbox,
    value,
    data: encodeFunctionData({ abi: inboxAbi, functionName: "depositEther", args }),
  };
}

/** An L2 transaction sent from L1. */
export interface MessageRequest {
  readonly to: Address;
  /** Wei to mint for the sender's account on L2, which pays for the transaction; default: `value`. */
  readonly mint?: bigint | undefined;
  /** Wei that the L2 transaction carries; default 0. */
  readonly value?: bigint | undefined;
  readonly gasLimit: bigint;
  readonly data?: Hex | undefined;
  /** L2 account that gets what is left of the mint; default: the sender. */
  readonly refundTo?: Address | undefined;
}

/** The call that sends an L2 transaction from L1. Throws an `invalid-argument`. */
export function messageCall({ contracts }: Rollup, sender: Address, request: MessageRequest): Call {
  const { to, value = 0n, mint = value, gasLimit, data = "0x", refundTo = sender } = request;
  requireWei("mint", mint, MAXIMUM_L2_VALUE);
  requireWei("value", value, MAXIMUM_L2_VALUE);
  if (gasLimit < 0n || gasLimit > MAXIMUM_GAS) {
    throw new OnestepError({
      kind: "invalid-argument",
      name: "gasLimit",
      value: String(gasLimit),
      expected: `at most ${MAXIMUM_GAS} gas`,
    });
  }
  requireData("data", data, MAXIMUM_DATA_LENGTH);
  const args = [requireAddress("to", to), value, gasLimit, data, requireRecipient("refundTo", refundTo)] as const;
  return {
    to: contracts.inbox,
    value: mint,
    data: encodeFunctionData({ abi: inboxAbi, functionName: "sendMessage", args }),
  };
}

/**
 * L1 gas to give a call that takes `estimated` gas now: what its message's gas takes out of the Inbox's bucket now, it may have to burn
 * when it is mined.
 */
export function withDepositGas(estimated: bigint, gasLimit: bigint): bigint {
  const gas = estimated + gasLimit;
  return gas < MAXIMUM_GAS ? gas : estimated > MAXIMUM_GAS ? estimated : MAXIMUM_GAS;
}

/** The call that makes the chain read all messages up to one that is overdue. */
export function forceIncludeCall(
  { contracts }: Rollup,
  { index, opening }: Pick<SentMessage, "index" | "opening">,
): Call {
  const args = [BigInt(index), opening] as const;
  return {
    to: contracts.inbox,
    value: 0n,
    data: encodeFunctionData({ abi: inboxAbi, functionName: "forceInclude", args }),
  };
}

/** The messages that logs of the Inbox tell of, in order; other logs are passed over. */
export function decodeMessages(
  logs: readonly Pick<Log, "address" | "topics" | "data">[],
  inbox: Address,
): SentMessage[] {
  return logs
    .filter(({ address }) => address.toLowerCase() === inbox.toLowerCase())
    .map(decodeMessage)
    .filter((message) => message !== undefined);
}

function decodeMessage({ topics, data }: Pick<Log, "topics" | "data">): SentMessage | undefined {
  let event;
  try {
    event = decodeEventLog({ abi: inboxAbi, topics, data });
  } catch {
    return undefined;
  }
  const { index, messageHash: hash } = event.args;
  const enqueuedAt = event.eventName === "DepositEnqueued" ? event.args.enqueuedAt : event.args.timestamp;
  const deposit = event.eventName === "DepositEnqueued";
  return {
    index: Number(index),
    hash,
    enqueuedAt: Number(enqueuedAt),
    kind: deposit ? "deposit" : "context",
    opening: {
      enqueuedAt,
      kind: deposit ? 0 : 1,
      bodyHash: event.eventName === "DepositEnqueued" ? depositBodyHash(event.args) : contextBodyHash(event.args),
    },
  };
}

/** Specification §2. */
function depositBodyHash(body: {
  sender: Address;
  to: Address;
  mint: bigint;
  value: bigint;
  gasLimit: bigint;
  refundTo: Address;
  data: Hex;
}): Hash {
  const { sender, to, mint, value, gasLimit, refundTo, data } = body;
  return keccak256(
    encodeAbiParameters(parseAbiParameters("address, address, uint256, uint256, uint256, address, bytes32"), [
      sender,
      to,
      mint,
      value,
      gasLimit,
      refundTo,
      keccak256(data),
    ]),
  );
}

/** Specification §2. */
function contextBodyHash(body: {
  number: bigint;
  timestamp: bigint;
  baseFee: bigint;
  blobBaseFee: bigint;
  parentHash: Hash;
}): Hash {
  const { number, timestamp, baseFee, blobBaseFee, parentHash } = body;
  return keccak256(
    encodeAbiParameters(parseAbiParameters("uint256, uint256, uint256, uint256, bytes32"), [
      number,
      timestamp,
      baseFee,
      blobBaseFee,
      parentHash,
    ]),
  );
}

function requireRecipient(name: string, address: Address): Address {
  if (requireAddress(name, address) !== ZERO_ADDRESS) return address;
  throw new OnestepError({
    kind: "invalid-argument",
    name,
    value: address,
    expected: "an account, not the zero address",
  });
}

/** L1 gas that calldata of a call costs at most, by the floor of EIP-7623. */
export function calldataGas(data: Hex): bigint {
  return 40n * BigInt(size(data));
}
