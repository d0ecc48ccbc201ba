// `npm run demo`: ETH goes to L2, is spent there, and comes back, each step shown as it happens. Uses the devnet that runs
// here, any other pair of endpoints given, or a devnet it starts and stops itself.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  type Address,
  type Chain,
  type Hash,
  type Hex,
  type PublicClient,
  type TransactionReceipt,
  createPublicClient,
  createWalletClient,
  decodeEventLog,
  defineChain,
  formatEther,
  formatGwei,
  http,
  isHex,
  parseAbi,
  parseEther,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { z } from "zod";

const DEFAULT_L1_RPC_URL = "http://127.0.0.1:8545";
const DEFAULT_L2_RPC_URL = "http://127.0.0.1:9545";
/** The first of Hardhat's well-known accounts. */
const DEFAULT_PRIVATE_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const OUTBOX: Address = "0x4f6e650000000000000000000000000000000002";

const DEPOSIT = parseEther("0.2");
const TRANSFER = parseEther("0.01");
const WITHDRAWAL = parseEther("0.1");

const inboxAbi = parseAbi([
  "function depositEther(address to) payable returns (bytes32 messageHash)",
  "event DepositEnqueued(uint256 indexed index, address indexed sender, address indexed to, bytes32 messageHash, uint256 enqueuedAt, uint256 mint, uint256 value, uint256 gasLimit, address refundTo, bytes data)",
]);
const outboxAbi = parseAbi(["function sendMessage(address target, uint256 minimumGas, bytes data) payable"]);
const stateCommitmentChainAbi = parseAbi([
  "event ClaimProposed(bytes32 indexed claimId, bytes32 indexed parentId, address indexed proposer, bytes32 stateHash, bytes32 traceRoot, uint256 batchCount, uint256 nextBatchCount)",
  "event ClaimConfirmed(bytes32 indexed claimId, bytes32 indexed parentId, bytes32 stateHash, bytes32 traceRoot)",
]);
const portalAbi = parseAbi([
  "struct Withdrawal { uint256 index; address sender; address target; uint256 value; uint256 minimumGas; bytes data; }",
  "struct ClaimOpening { bytes32 parentId; bytes32 blockHash; uint256 batchCount; uint256 messageCount; bytes32 traceRoot; }",
  "function execute(Withdrawal withdrawal, ClaimOpening opening, bytes32[] proof)",
]);

const hex = z.custom<Hex>(isHex, "expected 0x-hex");
const configSchema = z.object({
  contracts: z.object({ inbox: hex, stateCommitmentChain: hex, portal: hex }),
  parameters: z.object({ challengePeriod: z.number() }),
});
const batchSchema = z.object({ index: z.number(), kind: z.string(), l1TransactionHash: hex });
const withdrawalSchema = z.object({
  index: z.number(),
  sender: hex,
  target: hex,
  value: z.coerce.bigint(),
  minimumGas: z.coerce.bigint(),
  data: hex,
});
const claimSchema = z.object({
  id: hex,
  batchCount: z.number(),
  confirmableAt: z.number(),
  status: z.string(),
});
const withdrawalStatusSchema = z.object({ status: z.string(), claim: claimSchema.optional() });
const withdrawalProofSchema = z.object({
  withdrawal: withdrawalSchema,
  opening: z.object({
    parentId: hex,
    blockHash: hex,
    batchCount: z.number(),
    messageCount: z.number(),
    traceRoot: hex,
  }),
  proof: z.array(hex),
});
/** What `onestep devnet --info-file` writes. */
const devnetInfoSchema = z.object({ l1: z.object({ rpcUrl: z.url() }), l2: z.object({ rpcUrl: z.url() }) });

interface Endpoints {
  readonly l1RpcUrl: string;
  readonly l2RpcUrl: string;
}

const USAGE = `Usage: npm run demo -- [options]

  --l1-rpc-url <url>   L1 (default: ${DEFAULT_L1_RPC_URL}, or that of a devnet it starts)
  --l2-rpc-url <url>   L2 (default: ${DEFAULT_L2_RPC_URL}, or that of a devnet it starts)
  --private-key <key>  account with ETH on L1 (default: the first Hardhat account; env: ONESTEP_DEMO_KEY)
  --timeout <seconds>  longest wait for any step (default: 600)`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      "l1-rpc-url": { type: "string" },
      "l2-rpc-url": { type: "string" },
      "private-key": { type: "string" },
      timeout: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const privateKey = values["private-key"] ?? process.env["ONESTEP_DEMO_KEY"] ?? DEFAULT_PRIVATE_KEY;
  if (!/^0x[0-9a-fA-F]{64}$/.test(privateKey)) throw new Error("--private-key: expected 32 bytes as 0x-prefixed hex");
  const timeout = Number(values.timeout ?? "600");
  if (!(timeout > 0)) throw new Error(`--timeout: expected a number of seconds, got ${values.timeout ?? ""}`);

  const given = values["l1-rpc-url"] !== undefined || values["l2-rpc-url"] !== undefined;
  const endpoints: Endpoints = {
    l1RpcUrl: values["l1-rpc-url"] ?? DEFAULT_L1_RPC_URL,
    l2RpcUrl: values["l2-rpc-url"] ?? DEFAULT_L2_RPC_URL,
  };
  if (given || ((await answers(endpoints.l1RpcUrl)) && (await answers(endpoints.l2RpcUrl)))) {
    console.log(`Using L1 at ${endpoints.l1RpcUrl} and L2 at ${endpoints.l2RpcUrl}.\n`);
    await demonstrate(endpoints, privateKey as Hex, timeout * 1000);
    return;
  }
  console.log("No devnet is running here: starting one for the demo …");
  const devnet = await startDevnet();
  try {
    await demonstrate(devnet.endpoints, privateKey as Hex, timeout * 1000);
  } finally {
    await devnet.stop();
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await createPublicClient({ transport: http(url, { timeout: 2_000, retryCount: 0 }) }).getChainId();
    return true;
  } catch {
    return false;
  }
}

async function startDevnet(): Promise<{ readonly endpoints: Endpoints; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "onestep-demo-"));
  const infoFile = join(folder, "devnet.json");
  const program = fileURLToPath(new URL("../bin/onestep.js", import.meta.url));
  const ports = ["--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"];
  const child = spawn(process.execPath, [program, "devnet", ...ports, "--info-file", infoFile, "--log-level", "warn"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await new Promise((resolve) => child.once("exit", resolve));
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const info = await devnetInfo(child, infoFile);
    return { endpoints: { l1RpcUrl: info.l1.rpcUrl, l2RpcUrl: info.l2.rpcUrl }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function devnetInfo(child: ChildProcess, path: string): Promise<z.output<typeof devnetInfoSchema>> {
  return poll("the devnet to start", 180_000, () => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("the devnet stopped while starting");
    try {
      return Promise.resolve(devnetInfoSchema.parse(JSON.parse(readFileSync(path, "utf8"))));
    } catch {
      return Promise.resolve(undefined);
    }
  });
}

/** Asks again and again until there is an answer. Throws after `timeout` milliseconds, naming what it waited for. */
async function poll<T>(what: string, timeout: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeout / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function demonstrate({ l1RpcUrl, l2RpcUrl }: Endpoints, privateKey: Hex, timeout: number): Promise<void> {
  const l1Chain = await describeChain("L1", l1RpcUrl);
  const l2Chain = await describeChain("Onestep", l2RpcUrl);
  const account = privateKeyToAccount(privateKey);
  const l1 = createPublicClient({ chain: l1Chain, transport: http(), pollingInterval: 250 });
  const l2 = createPublicClient({ chain: l2Chain, transport: http(), pollingInterval: 250 });
  const l1Wallet = createWalletClient({ chain: l1Chain, transport: http(), account });
  // Nobody else knows its key, as others may the first account's: what it has on L2 is what the demo did.
  const owner = privateKeyToAccount(generatePrivateKey());
  const l2Wallet = createWalletClient({ chain: l2Chain, transport: http(), account: owner });
  const rollup = async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    l2.request<{ Method: string; Parameters: readonly unknown[]; ReturnType: unknown }>({ method, params });

  const { contracts, parameters } = configSchema.parse(await rollup("rollup_config"));
  const friend = privateKeyToAccount(generatePrivateKey()).address;
  const payee = privateKeyToAccount(generatePrivateKey()).address;
  const steps = createSteps();
  console.log(
    `L1 chain ${l1Chain.id}, L2 chain ${l2Chain.id}, account ${account.address} on L1, ${owner.address} on L2\n`,
  );

  const deposited = await steps.run("Deposit", `${formatEther(DEPOSIT)} ETH into the L1 Inbox`, async (say) => {
    const hash = await l1Wallet.writeContract({
      address: contracts.inbox,
      abi: inboxAbi,
      functionName: "depositEther",
      args: [owner.address],
      value: DEPOSIT,
    });
    const receipt = await included(l1, hash, timeout);
    say.l1(receipt);
    const event = receipt.logs
      .filter((log) => log.address.toLowerCase() === contracts.inbox)
      .map((log) => decodeEventLog({ abi: inboxAbi, data: log.data, topics: log.topics }))[0];
    if (event === undefined) throw new Error("the deposit left no event");
    // The L2 transaction of a deposit has the hash of its message.
    const l2Receipt = await included(l2, event.args.messageHash, timeout);
    say.l2(l2Receipt);
    const balance = await l2.getBalance({ address: owner.address });
    if (balance !== DEPOSIT) throw new Error(`${owner.address} has ${formatEther(balance)} ETH on L2`);
    return l2Receipt;
  });

  const sent = await steps.run("L2 transaction", `${formatEther(TRANSFER)} ETH to ${friend}`, async (say) => {
    const hash = await l2Wallet.sendTransaction({ to: friend, value: TRANSFER });
    const receipt = await included(l2, hash, timeout);
    say.l2(receipt);
    const balance = await l2.getBalance({ address: friend });
    if (balance !== TRANSFER) throw new Error(`the friend has ${formatEther(balance)} ETH`);
    return receipt;
  });
  if (sent.blockNumber < deposited.blockNumber) throw new Error("the transaction came before the deposit that pays it");

  const withdrawn = await steps.run("Withdrawal", `${formatEther(WITHDRAWAL)} ETH to ${payee} on L1`, async (say) => {
    const hash = await l2Wallet.writeContract({
      address: OUTBOX,
      abi: outboxAbi,
      functionName: "sendMessage",
      args: [payee, 0n, "0x"],
      value: WITHDRAWAL,
    });
    const receipt = await included(l2, hash, timeout);
    say.l2(receipt);
    const [withdrawal] = z.array(withdrawalSchema).parse(await rollup("rollup_getWithdrawals", hash));
    if (withdrawal === undefined) throw new Error("the Outbox took no message");
    say.text(`message ${withdrawal.index} of the Outbox`);
    return { blockNumber: receipt.blockNumber, index: withdrawal.index };
  });

  await steps.run("Batch", `L2 blocks ${deposited.blockNumber} to ${withdrawn.blockNumber} on L1`, async (say) => {
    const block: Hex = `0x${withdrawn.blockNumber.toString(16)}`;
    const batch = await poll("the batch", timeout, async () => {
      return batchSchema.nullable().parse(await rollup("rollup_getBatchOfBlock", block)) ?? undefined;
    });
    say.text(`batch ${batch.index}, as ${batch.kind}`);
    say.l1(await included(l1, batch.l1TransactionHash, timeout));
  });

  const status = async (): Promise<z.output<typeof withdrawalStatusSchema>> =>
    withdrawalStatusSchema.parse(await rollup("rollup_getWithdrawalStatus", withdrawn.index));

  const claimed = await steps.run("Claim", "the state after the batch, bonded on L1", async (say) => {
    const claim = await poll("the claim", timeout, async () => (await status()).claim);
    say.text(`claim ${claim.id}, after ${claim.batchCount} batches`);
    const hash = await claimTransaction(l1, contracts.stateCommitmentChain, "ClaimProposed", claim.id);
    say.l1(await included(l1, hash, timeout));
    return claim;
  });

  await steps.run("Confirmation", `${parameters.challengePeriod} s without a rival`, async (say) => {
    const { confirmableAt } = claimed;
    if (await moveClockTo(l1, confirmableAt)) say.text(`the clock of L1 was moved to ${confirmableAt}`);
    await poll("the confirmation", timeout, async () =>
      ["executable", "executed"].includes((await status()).status) ? true : undefined,
    );
    const hash = await claimTransaction(l1, contracts.stateCommitmentChain, "ClaimConfirmed", claimed.id);
    say.l1(await included(l1, hash, timeout));
  });

  await steps.run("Payout", `by the Portal, in one L1 transaction`, async (say) => {
    const { withdrawal, opening, proof } = withdrawalProofSchema.parse(
      await rollup("rollup_getWithdrawalProof", withdrawn.index),
    );
    const hash = await l1Wallet.writeContract({
      address: contracts.portal,
      abi: portalAbi,
      functionName: "execute",
      args: [
        { ...withdrawal, index: BigInt(withdrawal.index) },
        { ...opening, batchCount: BigInt(opening.batchCount), messageCount: BigInt(opening.messageCount) },
        proof,
      ],
    });
    say.l1(await included(l1, hash, timeout));
    const paid = await l1.getBalance({ address: payee });
    if (paid !== WITHDRAWAL) throw new Error(`the payee has ${formatEther(paid)} ETH on L1`);
    say.text(`${payee} has ${formatEther(paid)} ETH on L1`);
  });

  console.log(`\nDone in ${steps.seconds()} s: ETH went to L2, was spent there, and came back.`);
}

async function describeChain(name: string, url: string): Promise<Chain> {
  let id: number;
  try {
    id = await createPublicClient({ transport: http(url, { retryCount: 0 }) }).getChainId();
  } catch {
    throw new Error(`no ${name} node answers at ${url}; start one with \`npm start\``);
  }
  return defineChain({
    id,
    name,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
}

/** Moves the clock of an L1 that is a development network past a time in seconds; whether it could be. */
async function moveClockTo(l1: PublicClient, timestamp: number): Promise<boolean> {
  const request = async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    l1.request<{ Method: string; Parameters: readonly unknown[]; ReturnType: unknown }>({ method, params });
  const ahead = timestamp - Number((await l1.getBlock({ blockTag: "latest" })).timestamp);
  if (ahead <= 0) return false;
  try {
    await request("evm_increaseTime", ahead);
    await request("evm_mine");
    return true;
  } catch {
    return false;
  }
}

async function included(client: PublicClient, hash: Hash, timeout: number): Promise<TransactionReceipt> {
  // A deposit that runs nothing has the nonce of its sender's next transaction, which viem takes for a replacement.
  const receipt = await client.waitForTransactionReceipt({ hash, timeout });
  if (receipt.status !== "success") throw new Error(`transaction ${hash} failed`);
  return receipt;
}

async function claimTransaction(
  l1: PublicClient,
  address: Address,
  eventName: "ClaimProposed" | "ClaimConfirmed",
  claimId: Hash,
): Promise<Hash> {
  const logs = await l1.getContractEvents({
    address,
    abi: stateCommitmentChainAbi,
    eventName,
    args: { claimId },
    fromBlock: "earliest",
  });
  const hash = logs[0]?.transactionHash;
  if (hash === undefined) throw new Error(`there is no ${eventName} event of claim ${claimId}`);
  return hash;
}

interface Narrator {
  text(line: string): void;
  l1(receipt: TransactionReceipt): void;
  l2(receipt: TransactionReceipt): void;
}

/** Numbered steps that print what they do and how long it took. */
function createSteps() {
  const COUNT = 7;
  const startedAt = Date.now();
  let number = 0;
  const seconds = (since: number): string => ((Date.now() - since) / 1000).toFixed(1);
  const print = (line: string): void => {
    console.log(`      ${line}`);
  };
  const describe = (
    layer: string,
    { transactionHash, blockNumber, gasUsed, effectiveGasPrice }: TransactionReceipt,
  ) => {
    print(`${layer} transaction ${transactionHash}`);
    print(`   block ${blockNumber}, ${gasUsed.toLocaleString("en")} gas at ${formatGwei(effectiveGasPrice)} gwei`);
  };
  const narrator: Narrator = {
    text: print,
    l1: (receipt) => {
      describe("L1", receipt);
    },
    l2: (receipt) => {
      describe("L2", receipt);
    },
  };
  return {
    seconds: () => seconds(startedAt),
    async run<T>(title: string, what: string, action: (say: Narrator) => Promise<T>): Promise<T> {
      number += 1;
      console.log(`[${number}/${COUNT}] ${title}: ${what}`);
      const begun = Date.now();
      try {
        const result = await action(narrator);
        print(`done in ${seconds(begun)} s`);
        return result;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`step ${number} (${title}) failed after ${seconds(begun)} s: ${reason}`, { cause: error });
      }
    },
  };
}

try {
  await main();
} catch (error) {
  console.error(`\nonestep demo: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
