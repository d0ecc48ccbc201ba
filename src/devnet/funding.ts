import { type PublicClient, createPublicClient, createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { inboxAbi, isAnswer } from "../l1/index.ts";
import type { Address, Instruments } from "../primitives/index.ts";
import type { DevnetAccount, DevnetKeys } from "./accounts.ts";

export interface FundingOptions {
  readonly l1RpcUrl: string;
  readonly inbox: Address;
  readonly funder: DevnetAccount;
  /** L1 block of the rollup's deployment. */
  readonly deployedAt: number;
  readonly recipients: readonly Address[];
  /** Wei for each. */
  readonly amount: bigint;
}

/**
 * Deposits ETH for each recipient, once: the funder does nothing else, so its nonce tells how many deposits were made since the
 * deployment. What L2 has is backed by the Inbox, as it is for everybody.
 */
export async function fundOnL2(options: FundingOptions, { logger }: Pick<Instruments, "logger">): Promise<void> {
  const { l1RpcUrl, inbox, funder, deployedAt, recipients, amount } = options;
  const { reader, wallet } = clients(l1RpcUrl, funder);
  const made = await depositsMade(reader, funder, deployedAt);
  for (const recipient of recipients.slice(made)) {
    const hash = await wallet.writeContract({
      address: inbox,
      abi: inboxAbi,
      functionName: "depositEther",
      args: [recipient],
      value: amount,
      chain: null,
    });
    await succeeded(reader, hash);
    logger.debug({ recipient, amount: amount.toString() }, "deposited for an account");
  }
}

/** Wei that the funder needs for the gas of its deposit. */
const DEPOSIT_GAS_MONEY = 10n ** 16n;

/** Sends ETH from the deployer until operator, proposer and challenger have what they need, and the funder what it will deposit. */
export async function fundOnL1(
  options: {
    readonly l1RpcUrl: string;
    readonly keys: DevnetKeys;
    /** L1 block of the rollup's deployment. */
    readonly deployedAt: number;
    /** Wei. */
    readonly needs: Readonly<Record<"operator" | "proposer" | "challenger" | "l2Balance", bigint>>;
  },
  { logger }: Pick<Instruments, "logger">,
): Promise<void> {
  const { l1RpcUrl, keys, deployedAt, needs } = options;
  const { reader, wallet } = clients(l1RpcUrl, keys.deployer);
  const deposited = (await depositsMade(reader, keys.funder, deployedAt)) > 0;
  const wanted = [
    [keys.operator.address, needs.operator],
    [keys.proposer.address, needs.proposer],
    [keys.challenger.address, needs.challenger],
    [keys.funder.address, deposited || needs.l2Balance === 0n ? 0n : needs.l2Balance + DEPOSIT_GAS_MONEY],
  ] as const;
  for (const [address, need] of wanted) {
    const missing = need - (await reader.getBalance({ address }));
    if (missing <= 0n) continue;
    await succeeded(reader, await wallet.sendTransaction({ to: address, value: missing, chain: null }));
    logger.info({ address, amount: missing.toString() }, "sent ETH on L1");
  }
}

/**
 * Transactions of the funder since the rollup's deployment. It may have others: on a fork somebody else's, as everybody knows the
 * key, and on any L1 those for another rollup. An L1 that has forgotten the state of that block is one where a key of
 * its own has made no others.
 */
async function depositsMade(reader: PublicClient, { address }: DevnetAccount, deployedAt: number): Promise<number> {
  const before = await reader
    .getTransactionCount({ address, blockNumber: BigInt(deployedAt) })
    .catch((error: unknown) => {
      if (isAnswer(error)) return 0;
      throw error;
    });
  return (await reader.getTransactionCount({ address })) - before;
}

function clients(l1RpcUrl: string, account: DevnetAccount) {
  const transport = http(l1RpcUrl);
  return {
    reader: createPublicClient({ transport, pollingInterval: 500 }),
    wallet: createWalletClient({ transport, account: privateKeyToAccount(account.privateKey) }),
  };
}

async function succeeded(reader: PublicClient, hash: `0x${string}`): Promise<void> {
  const { status } = await reader.waitForTransactionReceipt({ hash });
  if (status !== "success") throw new Error(`L1 transaction ${hash} failed`);
}
