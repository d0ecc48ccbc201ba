import { encodeFunctionData, type Abi, type Hex } from "viem";
import { privateKeyToAccount, type PrivateKeyAccount } from "viem/accounts";
import { keccak256, numberToHex } from "viem";
import { linkBytecode, loadArtifact } from "../../test/real-input/artifact.ts";
import type { JsonRpc } from "./json-rpc.ts";

const ERC20 = loadArtifact("openzeppelin-contracts-4/build/contracts/ERC20PresetMinterPauser.json");
const WETH = loadArtifact("@uniswap/v2-periphery/build/WETH9.json");
const V2_FACTORY = loadArtifact("@uniswap/v2-core/build/UniswapV2Factory.json");
const V2_ROUTER = loadArtifact("@uniswap/v2-periphery/build/UniswapV2Router02.json");

const MAX_FEE_PER_GAS = 20_000_000_000n;
const MAX_PRIORITY_FEE_PER_GAS = 1_000_000_000n;
const FAR_FUTURE = 4_000_000_000n;
const ETHER = 10n ** 18n;
/** Milliseconds. */
const STALL = 500;
const PATIENCE = 60_000;

/** The first well-known development account, which every peer funds. */
const FUNDER = privateKeyToAccount("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

export type WorkloadName = "transfers" | "ERC-20 transfers" | "Uniswap v2 swaps";
export const WORKLOADS: readonly WorkloadName[] = ["transfers", "ERC-20 transfers", "Uniswap v2 swaps"];

interface Call {
  readonly to: Hex | undefined;
  readonly data: Hex;
  readonly value: bigint;
  readonly gas: bigint;
}

/** Signs the transactions of one account with consecutive nonces. */
class Signer {
  readonly account: PrivateKeyAccount;
  readonly #chainId: number;
  nonce: number;
  constructor(account: PrivateKeyAccount, chainId: number, nonce: number) {
    this.account = account;
    this.#chainId = chainId;
    this.nonce = nonce;
  }
  sign(call: Call): Promise<Hex> {
    return this.account.signTransaction({
      type: "eip1559",
      chainId: this.#chainId,
      nonce: this.nonce++,
      to: call.to ?? null,
      data: call.data,
      value: call.value,
      gas: call.gas,
      maxFeePerGas: MAX_FEE_PER_GAS,
      maxPriorityFeePerGas: MAX_PRIORITY_FEE_PER_GAS,
    });
  }
}

/**
 * Asks until there is an answer, and throws after a minute without any. anvil's automining now and then leaves a
 * transaction in the pool until something else happens, so it is asked to mine after half a second.
 */
async function waitFor<T>(rpc: JsonRpc, what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const start = Date.now();
  for (let nudged = start; ;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() - start > PATIENCE) throw new Error(`waited ${PATIENCE / 1000} s in vain for ${what}`);
    if (Date.now() - nudged > STALL) {
      // Onestep has no such method and needs none.
      await rpc.call("evm_mine").catch(() => undefined);
      nudged = Date.now();
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function waitForReceipt(rpc: JsonRpc, hash: Hex): Promise<{ contractAddress: Hex | null }> {
  type Receipt = { status: Hex; contractAddress: Hex | null };
  const receipt = await waitFor(rpc, `the receipt of ${hash}`, async () => {
    return (await rpc.call<Receipt | null>("eth_getTransactionReceipt", [hash])) ?? undefined;
  });
  if (receipt.status !== "0x1") throw new Error(`set-up transaction ${hash} failed`);
  return receipt;
}

const encode = (abi: Abi, functionName: string, args: readonly unknown[]): Hex =>
  encodeFunctionData({ abi, functionName, args });

/** Signed raw transactions ready to send: one list a sender, in nonce order. */
export interface PreparedWorkload {
  readonly name: WorkloadName;
  readonly senders: readonly {
    readonly address: Hex;
    readonly firstNonce: number;
    readonly transactions: readonly Hex[];
  }[];
}

export interface PrepareOptions {
  readonly rpc: JsonRpc;
  readonly senders: number;
  readonly transactionsPerSender: number;
}

/** Funds senders, deploys what the workload needs, and signs everything, so that measuring only sends. */
export async function prepareWorkload(
  name: WorkloadName,
  { rpc, senders, transactionsPerSender }: PrepareOptions,
): Promise<PreparedWorkload> {
  const chainId = Number(await rpc.call<Hex>("eth_chainId"));
  const nonceOf = async (address: Hex): Promise<number> =>
    Number(await rpc.call<Hex>("eth_getTransactionCount", [address, "latest"]));
  const funder = new Signer(FUNDER, chainId, await nonceOf(FUNDER.address));
  const submit = async (signer: Signer, call: Call): Promise<{ contractAddress: Hex | null }> =>
    waitForReceipt(rpc, await rpc.call<Hex>("eth_sendRawTransaction", [await signer.sign(call)]));
  const deploy = async (artifact: ReturnType<typeof loadArtifact>, constructorArguments: Hex = "0x"): Promise<Hex> => {
    const data = `${linkBytecode(artifact, new Map())}${constructorArguments.slice(2)}` as Hex;
    const { contractAddress } = await submit(funder, { to: undefined, data, value: 0n, gas: 8_000_000n });
    if (contractAddress === null) throw new Error(`${artifact.name} was not created`);
    return contractAddress;
  };
  const word = (value: Hex): string => value.slice(2).toLowerCase().padStart(64, "0");

  const signers: Signer[] = [];
  for (let i = 0; i < senders; i++) {
    const account = privateKeyToAccount(keccak256(numberToHex(i + 1, { size: 32 })));
    await submit(funder, { to: account.address, data: "0x", value: ETHER, gas: 100_000n });
    signers.push(new Signer(account, chainId, await nonceOf(account.address)));
  }

  let makeCall: (signer: Signer, index: number) => Call;
  if (name === "transfers") {
    makeCall = (signer, index) => ({
      to: keccak256(`${signer.account.address}${word(numberToHex(index))}`).slice(0, 42) as Hex,
      data: "0x",
      value: 1_000_000_000n,
      gas: 60_000n,
    });
  } else {
    const strings = encodeTwoStrings("Token", "TKN");
    const token = await deploy(ERC20, strings);
    for (const { account } of signers) {
      await submit(funder, {
        to: token,
        data: encode(ERC20.abi, "mint", [account.address, 1_000_000n * ETHER]),
        value: 0n,
        gas: 300_000n,
      });
    }
    if (name === "ERC-20 transfers") {
      makeCall = (signer, index) => ({
        to: token,
        data: encode(ERC20.abi, "transfer", [
          keccak256(`${signer.account.address}${word(numberToHex(index))}`).slice(0, 42),
          1_000_000n + BigInt(index),
        ]),
        value: 0n,
        gas: 150_000n,
      });
    } else {
      const weth = await deploy(WETH);
      const factory = await deploy(V2_FACTORY, `0x${word(FUNDER.address)}`);
      const router = await deploy(V2_ROUTER, `0x${word(factory)}${word(weth)}`);
      await submit(funder, {
        to: token,
        data: encode(ERC20.abi, "mint", [FUNDER.address, 1_000_000n * ETHER]),
        value: 0n,
        gas: 300_000n,
      });
      await submit(funder, {
        to: token,
        data: encode(ERC20.abi, "approve", [router, 2n ** 256n - 1n]),
        value: 0n,
        gas: 300_000n,
      });
      await submit(funder, {
        to: router,
        data: encode(V2_ROUTER.abi, "addLiquidityETH", [token, 100_000n * ETHER, 0n, 0n, FUNDER.address, FAR_FUTURE]),
        value: 10n * ETHER,
        gas: 5_000_000n,
      });
      for (const signer of signers) {
        await submit(signer, {
          to: token,
          data: encode(ERC20.abi, "approve", [router, 2n ** 256n - 1n]),
          value: 0n,
          gas: 300_000n,
        });
      }
      makeCall = (signer, index) => ({
        to: router,
        data: encode(V2_ROUTER.abi, "swapExactTokensForTokens", [
          10n ** 15n + BigInt(index),
          0n,
          [token, weth],
          signer.account.address,
          FAR_FUTURE,
        ]),
        value: 0n,
        gas: 400_000n,
      });
    }
  }

  const prepared: PreparedWorkload["senders"][number][] = [];
  for (const signer of signers) {
    const firstNonce = signer.nonce;
    const transactions: Hex[] = [];
    for (let i = 0; i < transactionsPerSender; i++) transactions.push(await signer.sign(makeCall(signer, i)));
    prepared.push({ address: signer.account.address, firstNonce, transactions });
  }
  return { name, senders: prepared };
}

/** ABI encoding of two short strings, for the token's constructor. */
function encodeTwoStrings(a: string, b: string): Hex {
  const text = (value: string): string =>
    value.length.toString(16).padStart(64, "0") + Buffer.from(value).toString("hex").padEnd(64, "0");
  return `0x${(0x40).toString(16).padStart(64, "0")}${(0x80).toString(16).padStart(64, "0")}${text(a)}${text(b)}`;
}

export interface Measurement {
  readonly transactions: number;
  /** Seconds from the first request to the last transaction being in a block. */
  readonly seconds: number;
  readonly blocks: number;
  readonly gas: bigint;
}

/**
 * Sends each sender's transactions one after another, all senders at once, and waits until the last stands in a block.
 * A sender waits for each answer before its next transaction, as Hardhat's automining takes no nonce gaps.
 */
export async function measureWorkload(rpc: JsonRpc, workload: PreparedWorkload): Promise<Measurement> {
  const firstBlock = Number(await rpc.call<Hex>("eth_blockNumber")) + 1;
  const start = process.hrtime.bigint();
  await Promise.all(
    workload.senders.map(async ({ transactions }) => {
      for (const raw of transactions) await rpc.call("eth_sendRawTransaction", [raw]);
    }),
  );
  for (const { address, firstNonce, transactions } of workload.senders) {
    await waitFor(rpc, `the transactions of ${address}`, async () => {
      const nonce = Number(await rpc.call<Hex>("eth_getTransactionCount", [address, "latest"]));
      return nonce >= firstNonce + transactions.length ? nonce : undefined;
    });
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const transactions = workload.senders.reduce((sum, sender) => sum + sender.transactions.length, 0);
  let gas = 0n;
  let included = 0;
  let number = firstBlock;
  // A peer may answer a nonce before its block can be read by number.
  for (const deadline = Date.now() + 10_000; included < transactions; number++) {
    const block = await rpc.call<{ gasUsed: Hex; transactions: readonly Hex[] } | null>("eth_getBlockByNumber", [
      numberToHex(number),
      false,
    ]);
    if (block === null) {
      if (Date.now() > deadline)
        throw new Error(`${workload.name}: ${included} of ${transactions} transactions are in blocks`);
      number--;
      continue;
    }
    gas += BigInt(block.gasUsed);
    included += block.transactions.length;
  }
  return { transactions, seconds, blocks: number - firstBlock, gas };
}
