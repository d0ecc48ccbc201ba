import { createPublicClient, createTestClient, createWalletClient, encodeFunctionData, http, parseAbi } from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { depositBodyHash } from "../../src/rollup/index.ts";
import { encodePayload } from "../../src/batch/index.ts";
import { inboxAbi } from "../../src/l1/index.ts";
import { bytesToHex, concatBytes, hexToBytes, toAddress } from "../../src/primitives/index.ts";
import type { Address, Hex } from "../../src/primitives/index.ts";
import type { Randomness } from "../../test/contracts/machine/soundness/randomness.ts";
import { ETHER } from "../../test/execution/harness.ts";
import { assemble } from "../../test/machine/assemble.ts";
import { TEST_MNEMONIC } from "../../test/real-input/client.ts";
import type { PlayingDevnet } from "./playing-devnet.ts";

/** What users do with an Inbox on L1, whether the operator likes it or not. */
export interface InboxUsers {
  /** Deposits of ETH, with code to run and without, and messages of the Outbox, from L2 and from L1. */
  sendMessages(): Promise<void>;
  /** Has L1's clock pass `forceInclusionDelay`, and reads a deposit by `forceInclude` before the operator can. */
  forceMessages(): Promise<void>;
  /** Has L1's clock pass `selfSequencingDelay`, and posts batches of garbage before the operator posts again. */
  postGarbage(randomness: Randomness): Promise<void>;
}

/** Accounts that the scenarios do not use. What is run for the first on L2 takes nonces of it there, so transactions are another's. */
const ACCOUNTS = { onL1: 5, onL2: 6, others: [7, 8] } as const;
/** The operator may have posted in between: a batch of his reads what was to be forced, or ends his silence. */
const ATTEMPTS = 5;

const outboxAbi = parseAbi(["function sendMessage(address target, uint256 minimumGas, bytes data) payable"]);

/** Reverts if it is called without data; else it keeps the value of the call under the first word of the data, and logs it. */
const KEEPER = assemble(
  "CALLDATASIZE 7 JUMPI 0 0 REVERT JUMPDEST",
  "CALLVALUE 1 ADD 0 CALLDATALOAD SSTORE CALLVALUE 0 MSTORE 0 CALLDATALOAD 32 0 LOG1 STOP",
);
/** Creates a contract with the data of the call as its creation code, and keeps its address. */
const FACTORY = assemble("CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 CALLVALUE CREATE 0 SSTORE STOP");

/** Creation code of a contract with this code. */
function creationOf(code: Uint8Array): Hex {
  return bytesToHex(concatBytes([assemble(code.length, "DUP1 9 0 CODECOPY 0 RETURN"), code]));
}

const accountAt = (addressIndex: number) => mnemonicToAccount(TEST_MNEMONIC, { addressIndex });
const word = (value: number): Hex => `0x${value.toString(16).padStart(64, "0")}`;

export function createInboxUsers({ info, reader: l2 }: PlayingDevnet): InboxUsers {
  const account = accountAt(ACCOUNTS.onL1);
  const own = toAddress(account.address);
  const [other, another] = [accountAt(ACCOUNTS.others[0]).address, accountAt(ACCOUNTS.others[1]).address];
  const transport = http(info.l1.rpcUrl);
  const l1 = createPublicClient({ transport, pollingInterval: 50, cacheTime: 0 });
  const clock = createTestClient({ transport, mode: "hardhat" });
  const wallet = createWalletClient({ transport, account });
  const l2Wallet = createWalletClient({ transport: http(info.l2.rpcUrl), account: accountAt(ACCOUNTS.onL2) });
  const inbox = { address: info.contracts.inbox, abi: inboxAbi } as const;

  async function onL1(sending: Promise<Hex>) {
    const receipt = await l1.waitForTransactionReceipt({ hash: await sending });
    if (receipt.status !== "success") throw new Error(`L1 transaction ${receipt.transactionHash} reverted`);
    return receipt;
  }
  async function onL2(sending: Promise<Hex>) {
    return l2.waitForTransactionReceipt({ hash: await sending });
  }

  const depositEther = (to: Address, value: bigint) =>
    onL1(wallet.writeContract({ ...inbox, functionName: "depositEther", args: [to], value, chain: null }));

  interface Message {
    readonly to: Address;
    readonly mint?: bigint;
    readonly value?: bigint;
    readonly gas?: bigint;
    readonly data?: Hex;
    readonly refundTo?: Address;
  }
  const sendMessage = ({ to, mint = 0n, value = 0n, gas = 0n, data = "0x", refundTo = own }: Message) =>
    onL1(
      wallet.writeContract({
        ...inbox,
        functionName: "sendMessage",
        args: [to, value, gas, data, refundTo],
        value: mint,
        chain: null,
      }),
    );

  async function create(code: Uint8Array): Promise<Address> {
    const { contractAddress } = await onL2(l2Wallet.sendTransaction({ data: creationOf(code), chain: null }));
    if (!contractAddress) throw new Error("expected a contract");
    return toAddress(contractAddress);
  }

  async function attempt(act: () => Promise<unknown>): Promise<void> {
    for (let left = ATTEMPTS; ; left--) {
      try {
        await act();
        return;
      } catch (error) {
        if (left === 0) throw error;
      }
    }
  }

  return {
    async sendMessages() {
      const [keeper, factory] = [await create(KEEPER), await create(FACTORY)];
      const { outbox } = info.predeploys;
      const withdrawal = (minimumGas: bigint, message: Hex) =>
        encodeFunctionData({ abi: outboxAbi, functionName: "sendMessage", args: [another, minimumGas, message] });

      await depositEther(own, ETHER);
      await depositEther(other, 2n * ETHER);
      await depositEther("0x00000000000000000000000000000000000000aa", 1n);
      await onL1(wallet.sendTransaction({ to: inbox.address, value: ETHER / 2n, chain: null }));

      const gas = 200_000n;
      await sendMessage({ to: keeper, mint: ETHER, value: ETHER / 4n, gas, data: word(1) });
      await sendMessage({ to: keeper, mint: ETHER, gas, data: word(2), refundTo: other });
      await sendMessage({ to: keeper, gas, data: `${word(3)}${"5a".repeat(5_000)}` });
      await sendMessage({ to: factory, gas, data: creationOf(KEEPER) });
      // Reverts, runs out of gas, cannot pay for its data, sends more than there is, and runs nothing.
      await sendMessage({ to: keeper, mint: ETHER, value: 1n, gas, refundTo: other });
      await sendMessage({ to: keeper, mint: ETHER, gas: 25_000n, data: word(4) });
      await sendMessage({ to: keeper, mint: ETHER, gas: 10_000n, data: word(5), refundTo: other });
      await sendMessage({ to: keeper, mint: 1n, value: 1_000_000n * ETHER, gas, data: word(6) });
      await sendMessage({ to: keeper, mint: ETHER, data: word(7), refundTo: another });
      // A precompile, and the Outbox.
      await sendMessage({ to: "0x0000000000000000000000000000000000000002", gas, data: word(8) });
      await sendMessage({ to: outbox, mint: ETHER, value: ETHER / 8n, gas, data: withdrawal(21_000n, "0x1234") });
      for (const message of ["0x", word(9)] as const) {
        await onL2(
          l2Wallet.sendTransaction({ to: outbox, data: withdrawal(0n, message), value: ETHER / 10n, chain: null }),
        );
      }
    },

    forceMessages: () =>
      attempt(async () => {
        const delay = await l1.readContract({ ...inbox, functionName: "FORCE_INCLUSION_DELAY" });
        const sent = await sendMessage({ to: own, mint: 1n, value: 1n, gas: 50_000n, data: word(10) });
        const [event] = await l1.getContractEvents({
          ...inbox,
          eventName: "DepositEnqueued",
          fromBlock: sent.blockNumber,
          toBlock: sent.blockNumber,
          strict: true,
        });
        if (event === undefined) throw new Error("expected an event of the message");
        const { index, enqueuedAt, sender, to, mint, value, gasLimit, refundTo, data } = event.args;
        const body = { sender: toAddress(sender), to: toAddress(to), refundTo: toAddress(refundTo) };
        const bodyHash = depositBodyHash({ ...body, mint, value, gasLimit, data: hexToBytes(data) });
        await clock.increaseTime({ seconds: Number(delay) + 1 });
        const opening = { enqueuedAt, kind: 0, bodyHash };
        const call = { ...inbox, functionName: "forceInclude", args: [index, opening] } as const;
        // Without an estimate, which would take the time that the operator needs.
        await onL1(wallet.writeContract({ ...call, gas: 500_000n, chain: null }));
      }),

    postGarbage: (randomness) =>
      attempt(async () => {
        const delay = await l1.readContract({ ...inbox, functionName: "SELF_SEQUENCING_DELAY" });
        const block = { timestamp: 0, messages: 3, transactions: [Uint8Array.from(randomness.bytes(200))] };
        const valid = encodePayload([block]);
        const cut = valid.subarray(0, valid.length - 20);
        const noDeflate = Uint8Array.of(1, ...randomness.bytes(400));
        const otherVersion = Uint8Array.of(2, ...valid.subarray(1));
        // A stored block of a block head that lies about what follows.
        const head = new Uint8Array(16).fill(0xff);
        const lying = Uint8Array.of(1, 1, 16, 0, 239, 255, ...head);
        // First one that reads all messages, which are overdue by then.
        const payloads = [new Uint8Array(), noDeflate, cut, otherVersion, lying, valid, randomness.bytes(3_000)];
        const count = await l1.readContract({ ...inbox, functionName: "messageCount" });
        await clock.increaseTime({ seconds: Number(delay) + 1 });
        for (const payload of payloads) {
          const call = { ...inbox, functionName: "postBatch", args: [count, bytesToHex(payload)] } as const;
          await onL1(wallet.writeContract({ ...call, gas: 2_000_000n, chain: null }));
        }
      }),
  };
}
