import { join } from "node:path";
import { pino } from "pino";
import { createPublicClient, createWalletClient, defineChain, http, parseEther } from "viem";
import type { Hash, PublicClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { readRollupConfig } from "../../src/deployment/index.ts";
import { startL1Node } from "../../src/devnet/index.ts";
import { inboxAbi } from "../../src/l1/index.ts";
import type { RollupConfig } from "../../src/rollup/index.ts";
import { startOnestep as runOnestep } from "../../test/cli/run-onestep.ts";
import { keyOf, l2ClientOf } from "../../test/end-to-end/kill-scenario.ts";
import { startOnestep, until } from "../../test/end-to-end/onestep-process.ts";
import type { OnestepProcess } from "../../test/end-to-end/onestep-process.ts";

/** Milliseconds that anything may take on a busy computer. */
export const PATIENCE = 180_000;
const L2_CHAIN_ID = 424_242;
/** Each user's on L2, in wei. */
export const USER_DEPOSIT = parseEther("1");

const OPERATOR_ROLES = ["sequencer", "batcher", "proposer", "challenger"] as const;
type OperatorRole = (typeof OPERATOR_ROLES)[number];

const KEYS = {
  funder: keyOf(0),
  users: [keyOf(1), keyOf(2)],
  liar: keyOf(3),
  deployer: keyOf(10),
  operator: keyOf(11),
  proposer: keyOf(12),
  challenger: keyOf(13),
} as const;

/** A rollup on an L1 of its own, whose operator runs all roles. */
export interface OperatedRollup {
  readonly l1Url: string;
  readonly l1: PublicClient;
  readonly config: RollupConfig;
  /** The public configuration file: all that an outsider is given, besides the L1 endpoint. */
  readonly configPath: string;
  readonly keys: typeof KEYS;
  /** JSON-RPC of the operator's sequencer. */
  readonly sequencerUrl: string;
  /** SIGKILL to each process of the operator. Resolves with the process ids when all are gone. */
  killOperator(): Promise<readonly { readonly role: OperatorRole; readonly pid: number }[]>;
  close(): Promise<void>;
}

interface RoleInfo {
  readonly url?: string;
  readonly feedUrl?: string;
}

/** Starts a Hardhat L1, deploys a rollup with the delays of production, and starts the operator's four roles. */
export async function startOperatedRollup(folder: string, say: (line: string) => void): Promise<OperatedRollup> {
  const l1Node = await startL1Node(
    { hostname: "127.0.0.1", port: 0, chainId: 31337, blockInterval: 1, journalPath: undefined, forkUrl: undefined },
    { logger: pino({ level: "silent" }) },
  );
  const processes = new Map<OperatorRole, OnestepProcess<RoleInfo>>();
  const close = async (): Promise<void> => {
    for (const process of processes.values()) await process.kill();
    await l1Node.close();
  };
  try {
    say(`an L1: a Hardhat network at ${l1Node.url}`);
    const configPath = join(folder, "rollup.json");
    const deployed = await runOnestep([
      ...["deploy", "--l1-rpc-url", l1Node.url, "--deployer-key", KEYS.deployer, "--preset", "production"],
      ...["--operator", privateKeyToAccount(KEYS.operator).address, "--l2-chain-id", String(L2_CHAIN_ID)],
      ...["--output", configPath, "--log-level", "warn"],
    ]);
    if (deployed.status !== 0) throw new Error(`onestep deploy ended with ${deployed.status}: ${deployed.stderr}`);
    const config = readRollupConfig(configPath);
    say(`onestep deploy: rollup ${config.contracts.rollup}, with the delays and bonds of production`);

    const common = (role: OperatorRole): string[] => [
      ...["--rollup-config", configPath, "--data-dir", join(folder, "operator", role), "--l1-rpc-url", l1Node.url],
      ...["--l1-poll-interval", "0.1"],
    ];
    const start = async (role: OperatorRole, ...flags: readonly string[]): Promise<OnestepProcess<RoleInfo>> => {
      const started = await startOnestep<RoleInfo>({
        arguments: [role, ...common(role), ...flags],
        environment: {
          ONESTEP_OPERATOR_KEY: KEYS.operator,
          ONESTEP_PROPOSER_KEY: KEYS.proposer,
          ONESTEP_CHALLENGER_KEY: KEYS.challenger,
        },
        infoFile: join(folder, "operator", `${role}.json`),
      });
      processes.set(role, started);
      say(`onestep ${role}: process ${started.pid}`);
      return started;
    };
    const sequencer = await start(
      "sequencer",
      ...["--rpc-port", "0", "--feed-port", "0", "--block-time", "0", "--message-confirmations", "0"],
    );
    const { url: sequencerUrl = "", feedUrl = "" } = sequencer.info;
    await Promise.all([
      start("batcher", "--feed-url", feedUrl, "--batch-interval", "1", "--data-availability", "calldata"),
      start("proposer", "--propose-interval", "0"),
      start("challenger"),
    ]);
    return {
      l1Url: l1Node.url,
      l1: createPublicClient({ transport: http(l1Node.url), pollingInterval: 100, cacheTime: 0 }),
      config,
      configPath,
      keys: KEYS,
      sequencerUrl,
      async killOperator() {
        const killed = [];
        for (const role of OPERATOR_ROLES) {
          const process = processes.get(role);
          if (process?.running !== true) throw new Error(`expected the operator's ${role} to run until it is killed`);
          await process.kill();
          killed.push({ role, pid: process.pid });
        }
        return killed;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What is on L1 of the users' doing when the operator goes. */
export interface UsersState {
  /** The last L2 block that is on L1, and its hash by the operator's sequencer. */
  readonly block: { readonly number: number; readonly hash: Hash };
  readonly batches: number;
}

/** Users deposit, and pay each other on L2; resolves when all of it is on L1, and claimed there. */
export async function useRollup(rollup: OperatedRollup, say: (line: string) => void): Promise<UsersState> {
  const { l1, l1Url, config, keys, sequencerUrl } = rollup;
  const l2 = l2ClientOf(sequencerUrl, PATIENCE);
  const users = keys.users.map((key) => privateKeyToAccount(key));
  for (const user of users) {
    const wallet = createWalletClient({ chain: hardhat, transport: http(l1Url), account: user });
    const hash = await wallet.writeContract({
      address: config.contracts.inbox,
      abi: inboxAbi,
      functionName: "depositEther",
      args: [user.address],
      value: USER_DEPOSIT,
    });
    await l1.waitForTransactionReceipt({ hash });
  }
  await until("the users' deposits on L2", PATIENCE, async () => {
    const balances = await Promise.all(users.map(({ address }) => l2.client.getBalance({ address })));
    return balances.every((balance) => balance >= USER_DEPOSIT);
  });
  say(`${users.length} users have deposited 1 ETH each`);
  let last = 0;
  for (const [index, user] of users.entries()) {
    const hash = await l2WalletOf(sequencerUrl, user).sendTransaction({
      to: users.at(index - 1)?.address ?? user.address,
      value: parseEther("0.1"),
      gas: 100_000n,
    });
    const receipt = await l2.client.waitForTransactionReceipt({ hash, timeout: PATIENCE });
    last = Number(receipt.blockNumber);
    say(`${user.address} pays the other one 0.1 ETH on L2: ${hash}, block ${last}`);
  }
  await until("the users' transactions in a batch on L1", PATIENCE, async () => (await l2.head("safe")) >= last);
  const number = await l2.head("safe");
  const hash = await l2.hashAt(number);
  if (hash === undefined) throw new Error(`expected the sequencer to have block ${number}`);
  const { batchCount } = await l2.rollup<{ readonly batchCount: number }>("rollup_syncStatus");
  say(`all of it is on L1: ${batchCount} ${batchCount === 1 ? "batch" : "batches"}, up to L2 block ${number}`);
  return { block: { number, hash }, batches: batchCount };
}

/** Signs and sends L2 transactions by an endpoint. */
export function l2WalletOf(url: string, account: ReturnType<typeof privateKeyToAccount>) {
  const chain = defineChain({
    id: L2_CHAIN_ID,
    name: "Onestep",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  return createWalletClient({ chain, transport: http(url), account });
}
