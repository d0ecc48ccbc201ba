import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { encodeFunctionData, parseAbi } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { PrivateKeyAccount } from "viem/accounts";
import { BLOB_PAYLOAD_SIZE, createBatchBuilder } from "../src/batch/index.ts";
import { hexToBytes } from "../src/primitives/index.ts";
import type { Address, Hex } from "../src/primitives/index.ts";

/** What one blob holds of a kind of transaction. */
export interface CompressionMeasurement {
  readonly workload: string;
  /** Transactions in one blob's payload. */
  readonly transactions: number;
  /** Mean length of the raw EIP-2718 transactions, bytes. */
  readonly rawBytes: number;
  /** Payload bytes for each transaction: all heads and DEFLATE's own share included. */
  readonly payloadBytes: number;
}

const CHAIN_ID = 7_357;
const SENDERS = 200;
const RECIPIENTS = 2_000;
const TRANSACTIONS_PER_BLOCK = 20;
const SECONDS_PER_BLOCK = 2;

const ABI = parseAbi([
  "function transfer(address to, uint256 amount)",
  "function swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline)",
]);

/** Numbers that look random and are the same in every run. */
function createRandom(seed: string) {
  let counter = 0;
  const bytes = (): Buffer => createHash("sha256").update(`${seed}/${counter++}`).digest();
  const below = (limit: number): number => bytes().readUIntBE(0, 6) % limit;
  return {
    below,
    key: (): Hex => `0x${bytes().toString("hex")}`,
    address: (): Address => `0x${bytes().toString("hex", 0, 20)}`,
    /** Favours low indices as some accounts are busier than others. */
    skewed: (limit: number): number => Math.min(below(limit), below(limit), below(limit)),
    /** As people choose: two to four significant digits. */
    amount: (): bigint => BigInt(1 + below(9_999)) * 10n ** BigInt(13 + below(6)),
  };
}

type Random = ReturnType<typeof createRandom>;
type Call = (
  random: Random,
  sender: PrivateKeyAccount,
  timestamp: number,
) => { to: Address; value: bigint; data: Hex; gas: bigint };

function workloads(random: Random): ReadonlyMap<string, Call> {
  const recipients = Array.from({ length: RECIPIENTS }, random.address);
  const tokens = Array.from({ length: 20 }, random.address);
  const router = random.address();
  const recipient = (): Address => recipients[random.skewed(RECIPIENTS)] as Address;
  const token = (): Address => tokens[random.skewed(tokens.length)] as Address;
  const transfer: Call = () => ({ to: recipient(), value: random.amount(), data: "0x", gas: 21_000n });
  const tokenTransfer: Call = () => ({
    to: token(),
    value: 0n,
    data: encodeFunctionData({ abi: ABI, functionName: "transfer", args: [recipient(), random.amount()] }),
    gas: 50_000n + BigInt(random.below(20_000)),
  });
  const swap: Call = (_random, sender, timestamp) => ({
    to: router,
    value: 0n,
    data: encodeFunctionData({
      abi: ABI,
      functionName: "swapExactTokensForTokens",
      // What the least output comes to has all digits: it is a quote less a tolerance.
      args: [
        random.amount(),
        (random.amount() * BigInt(1 + random.below(10 ** 9))) / 10n ** 9n,
        [token(), token()],
        sender.address,
        BigInt(timestamp + 1_200),
      ],
    }),
    gas: 130_000n + BigInt(random.below(60_000)),
  });
  const all = [transfer, tokenTransfer, swap];
  return new Map<string, Call>([
    ["ETH transfers", transfer],
    ["ERC-20 transfers", tokenTransfer],
    ["Uniswap v2 swaps", swap],
    ["a mix of the three", (...given) => (all[random.below(3)] as Call)(...given)],
  ]);
}

/** Fills one blob with a workload's signed EIP-1559 transactions, in blocks of 20. */
async function measureCompression(workload: string): Promise<CompressionMeasurement> {
  const random = createRandom(workload);
  const call = workloads(random).get(workload);
  if (call === undefined) throw new RangeError(`no workload is called ${workload}`);
  const senders = Array.from({ length: SENDERS }, () => ({
    account: privateKeyToAccount(random.key()),
    nonce: random.below(300),
  }));
  const builder = createBatchBuilder({ maximumBytes: BLOB_PAYLOAD_SIZE });
  let transactions = 0;
  let rawBytes = 0;
  for (let timestamp = 1_750_000_000; ; timestamp += SECONDS_PER_BLOCK) {
    const block: Uint8Array[] = [];
    for (let index = 0; index < TRANSACTIONS_PER_BLOCK; index++) {
      const sender = senders[random.skewed(SENDERS)] as (typeof senders)[number];
      const signed = await sender.account.signTransaction({
        type: "eip1559",
        chainId: CHAIN_ID,
        nonce: sender.nonce++,
        maxPriorityFeePerGas: 1_000_000n,
        // Wallets double the base fee of the moment, which moves with every block.
        maxFeePerGas: 2n * (10_000_000n + BigInt((timestamp * 7_919) % 400_000)) + 1_000_000n,
        ...call(random, sender.account, timestamp),
      });
      block.push(hexToBytes(signed));
    }
    if (!builder.add({ timestamp, messages: 0, transactions: block })) break;
    transactions += block.length;
    rawBytes += block.reduce((sum, raw) => sum + raw.length, 0);
  }
  return {
    workload,
    transactions,
    rawBytes: rawBytes / transactions,
    payloadBytes: builder.build().length / transactions,
  };
}

/** All workloads; takes some seconds, most of them for signatures. */
export async function measureCompressions(): Promise<readonly CompressionMeasurement[]> {
  const measurements: CompressionMeasurement[] = [];
  for (const workload of workloads(createRandom("names")).keys()) measurements.push(await measureCompression(workload));
  return measurements;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log("| transactions | raw bytes each | payload bytes each | in one blob |");
  console.log("|---|---|---|---|");
  for (const { workload, transactions, rawBytes, payloadBytes } of await measureCompressions()) {
    console.log(`| ${workload} | ${rawBytes.toFixed(1)} | ${payloadBytes.toFixed(1)} | ${transactions} |`);
  }
}
