import {
  Contract,
  ContractFactory,
  HDNodeWallet,
  JsonRpcProvider,
  Mnemonic,
  NonceManager,
  type InterfaceAbi,
} from "ethers";
import {
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  type Abi,
  type PublicClient,
  type TypedDataDomain,
} from "viem";
import { mnemonicToAccount, type HDAccount } from "viem/accounts";
import type { Hash, Hex } from "../../src/primitives/index.ts";
import { linkBytecode, type Artifact } from "./artifact.ts";

export const TEST_MNEMONIC = "test test test test test test test test test test test junk";

/** A deployed contract and the ABI to speak to it with. */
export interface Deployed {
  readonly address: Hex;
  readonly abi: Abi;
}

export interface SendOptions {
  /** Index of the sending account; 0 by default. */
  readonly from?: number;
  /** Wei. */
  readonly value?: bigint;
}

export interface Sent {
  readonly hash: Hash;
  readonly blockNumber: number;
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[];
}

export type TypedDataTypes = Record<string, { name: string; type: string }[]>;

/** What the scenarios need of a client library; each of ethers and viem is used as its documentation shows, with its defaults. */
export interface Client {
  readonly library: "ethers" | "viem";
  readonly chainId: number;
  readonly accounts: readonly Hex[];
  deploy(artifact: Artifact, args?: readonly unknown[], libraries?: ReadonlyMap<string, string>): Promise<Deployed>;
  /** Sends a contract call and waits for its receipt; throws if it reverted. */
  send(target: Deployed, method: string, args: readonly unknown[], options?: SendOptions): Promise<Sent>;
  /** Sends plain call data or, without `to`, creation code. */
  sendData(
    to: Hex | undefined,
    data: Hex,
    options?: SendOptions,
  ): Promise<Sent & { readonly contractAddress: Hex | undefined }>;
  read<T>(target: Deployed, method: string, args?: readonly unknown[]): Promise<T>;
  balance(address: Hex): Promise<bigint>;
  timestamp(): Promise<number>;
  signTypedData(
    from: number,
    domain: TypedDataDomain,
    types: TypedDataTypes,
    primaryType: string,
    message: Record<string, unknown>,
  ): Promise<Hex>;
  close(): void;
}

/** `firstAccount` keeps the nonces of two clients on one chain apart. */
export interface ClientOptions {
  readonly url: string;
  readonly chainId: number;
  readonly firstAccount: number;
}

const ACCOUNTS = 3;

export function createEthersClient({ url, chainId, firstAccount }: ClientOptions): Client {
  const provider = new JsonRpcProvider(url, chainId, { staticNetwork: true, pollingInterval: 50, cacheTimeout: -1 });
  const mnemonic = Mnemonic.fromPhrase(TEST_MNEMONIC);
  const wallets = Array.from({ length: ACCOUNTS }, (_, i) =>
    HDNodeWallet.fromMnemonic(mnemonic, `m/44'/60'/0'/0/${firstAccount + i}`).connect(provider),
  );
  const signers = wallets.map((wallet) => new NonceManager(wallet));
  const signer = (from = 0): NonceManager => {
    const found = signers[from];
    if (found === undefined) throw new RangeError(`no account ${from}`);
    return found;
  };
  const contract = (target: Deployed, from?: number): Contract =>
    new Contract(target.address, target.abi as InterfaceAbi, signer(from));
  return {
    library: "ethers",
    chainId,
    accounts: wallets.map((wallet) => wallet.address as Hex),
    async deploy(artifact, args = [], libraries = new Map()) {
      const factory = new ContractFactory(artifact.abi as InterfaceAbi, linkBytecode(artifact, libraries), signer());
      const deployed = await factory.deploy(...args);
      await deployed.waitForDeployment();
      return { address: (await deployed.getAddress()) as Hex, abi: artifact.abi };
    },
    async send(target, method, args, options = {}) {
      const response = await contract(target, options.from).getFunction(method)(...args, {
        value: options.value ?? 0n,
      });
      const receipt = await response.wait();
      return { hash: receipt.hash as Hash, blockNumber: receipt.blockNumber as number, logs: receipt.logs };
    },
    async sendData(to, data, options = {}) {
      const response = await signer(options.from).sendTransaction({ to: to ?? null, data, value: options.value ?? 0n });
      const receipt = await response.wait();
      if (receipt === null) throw new Error(`no receipt for ${response.hash}`);
      return {
        hash: receipt.hash as Hash,
        blockNumber: receipt.blockNumber,
        logs: receipt.logs,
        contractAddress: (receipt.contractAddress ?? undefined) as Hex | undefined,
      };
    },
    async read<T>(target: Deployed, method: string, args: readonly unknown[] = []) {
      return (await contract(target)
        .getFunction(method)
        .staticCall(...args)) as T;
    },
    balance: (address) => provider.getBalance(address),
    async timestamp() {
      const block = await provider.getBlock("latest");
      if (block === null) throw new Error("no latest block");
      return block.timestamp;
    },
    async signTypedData(from, domain, types, _primaryType, message) {
      return (await signer(from).signTypedData({ ...domain, salt: null } as never, types, message)) as Hex;
    },
    close: () => provider.destroy(),
  };
}

export function createViemClient({ url, chainId, firstAccount }: ClientOptions): Client {
  const chain = defineChain({
    id: chainId,
    name: "Onestep",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const publicClient: PublicClient = createPublicClient({
    chain,
    transport: http(url),
    pollingInterval: 50,
    cacheTime: 0,
  });
  const accounts: HDAccount[] = Array.from({ length: ACCOUNTS }, (_, i) =>
    mnemonicToAccount(TEST_MNEMONIC, { addressIndex: firstAccount + i }),
  );
  const account = (from = 0): HDAccount => {
    const found = accounts[from];
    if (found === undefined) throw new RangeError(`no account ${from}`);
    return found;
  };
  const wallet = createWalletClient({ chain, transport: http(url) });
  const receiptOf = async (hash: Hex): Promise<Sent & { contractAddress: Hex | undefined }> => {
    const receipt = await publicClient.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`transaction ${hash} reverted`);
    return {
      hash,
      blockNumber: Number(receipt.blockNumber),
      logs: receipt.logs,
      contractAddress: receipt.contractAddress ?? undefined,
    };
  };
  return {
    library: "viem",
    chainId,
    accounts: accounts.map(({ address }) => address),
    async deploy(artifact, args = [], libraries = new Map()) {
      const hash = await wallet.deployContract({
        account: account(),
        abi: artifact.abi,
        bytecode: linkBytecode(artifact, libraries),
        args,
      });
      const { contractAddress } = await receiptOf(hash);
      if (contractAddress === undefined) throw new Error(`${artifact.name} was not created`);
      return { address: contractAddress, abi: artifact.abi };
    },
    async send(target, method, args, options = {}) {
      const hash = await wallet.writeContract({
        account: account(options.from),
        address: target.address,
        abi: target.abi,
        functionName: method,
        args,
        value: options.value ?? 0n,
      } as never);
      return receiptOf(hash);
    },
    async sendData(to, data, options = {}) {
      const hash = await wallet.sendTransaction({
        account: account(options.from),
        to: to ?? null,
        data,
        value: options.value ?? 0n,
        chain,
      });
      return receiptOf(hash);
    },
    async read<T>(target: Deployed, method: string, args: readonly unknown[] = []) {
      return (await publicClient.readContract({
        address: target.address,
        abi: target.abi,
        functionName: method,
        args,
      })) as T;
    },
    balance: (address) => publicClient.getBalance({ address }),
    timestamp: async () => Number((await publicClient.getBlock()).timestamp),
    signTypedData: (from, domain, types, primaryType, message) =>
      account(from).signTypedData({ domain, types, primaryType, message }),
    close: () => undefined,
  };
}
