import { createClient, custom, isHash } from "viem";
import type { Address, Client, Hash } from "viem";
import { createPublicActionsL1, createWalletActionsL1 } from "./actions-l1.ts";
import type { PublicActionsL1, WalletActionsL1 } from "./actions-l1.ts";
import { createPublicActionsL2, createWalletActionsL2 } from "./actions-l2.ts";
import type { PublicActionsL2, WalletActionsL2 } from "./actions-l2.ts";
import { OnestepError } from "./errors.ts";
import type { Rollup } from "./rollup.ts";
import type { Sender } from "./sending.ts";

/**
 * An ethers v6 provider that speaks JSON-RPC: JsonRpcProvider, BrowserProvider, WebSocketProvider. Told by what it can, so that this
 * package needs no ethers of its own.
 */
export interface EthersProvider {
  send(method: string, params: unknown[]): Promise<unknown>;
}

/** An ethers v6 signer with such a provider: Wallet, JsonRpcSigner, NonceManager. */
export interface EthersSigner {
  readonly provider: object | null;
  getAddress(): Promise<string>;
  sendTransaction(transaction: {
    to: string;
    data: string;
    value: bigint;
    gasLimit: bigint;
  }): Promise<{ readonly hash: string }>;
}

/** Actions as ethers users call them: its addresses, hashes and bytes are any strings. They are checked when they are used. */
export type EthersActions<Actions> = {
  readonly [Name in keyof Actions]: Actions[Name] extends (...given: infer Given) => infer Result
    ? (...given: AsStrings<Given> extends infer Taken extends readonly unknown[] ? Taken : never) => Result
    : never;
};

type AsStrings<T> = T extends `0x${string}`
  ? string
  : T extends bigint | number | boolean | AbortSignal | ((...given: never[]) => unknown) | { readonly request: unknown }
    ? T
    : T extends object
      ? { [Key in keyof T]: AsStrings<T[Key]> }
      : T;

type ReadL1 = EthersActions<PublicActionsL1>;
type WriteL1 = ReadL1 & EthersActions<WalletActionsL1>;
type ReadL2 = EthersActions<PublicActionsL2>;
type WriteL2 = ReadL2 & EthersActions<WalletActionsL2>;

/** The L2 actions for an ethers provider, or a signer, which can also write. */
export function onestepEthersL2(runner: EthersSigner): WriteL2;
export function onestepEthersL2(runner: EthersProvider): ReadL2;
export function onestepEthersL2(runner: EthersSigner | EthersProvider): ReadL2 {
  const client = ethersClient(runner);
  const actions = createPublicActionsL2(client);
  return (
    isSigner(runner) ? { ...actions, ...createWalletActionsL2(client, signerSender(runner)) } : actions
  ) as ReadL2;
}

/** The L1 actions for an ethers provider of the rollup's L1, or a signer, which can also write. */
export function onestepEthersL1(runner: EthersSigner, rollup: Rollup): WriteL1;
export function onestepEthersL1(runner: EthersProvider, rollup: Rollup): ReadL1;
export function onestepEthersL1(runner: EthersSigner | EthersProvider, rollup: Rollup): ReadL1 {
  const client = ethersClient(runner);
  const actions = createPublicActionsL1(client, rollup);
  return (
    isSigner(runner) ? { ...actions, ...createWalletActionsL1(client, signerSender(runner), rollup) } : actions
  ) as ReadL1;
}

/** A viem client that asks what an ethers provider, or a signer's, asks; some actions take the other layer's as one. */
export function ethersClient(runner: EthersSigner | EthersProvider): Client {
  const provider = isSigner(runner) ? runner.provider : runner;
  if (!isProvider(provider)) {
    throw new OnestepError({
      kind: "unsupported-provider",
      reason: "expected an ethers provider that speaks JSON-RPC, as JsonRpcProvider does, or a signer connected to one",
    });
  }
  const request = ({ method, params }: { method: string; params?: unknown[] }) => provider.send(method, params ?? []);
  // ethers repeats requests itself.
  return createClient({ transport: custom({ request }, { retryCount: 0 }) });
}

export function signerSender(signer: EthersSigner): Sender {
  return {
    address: async () => (await signer.getAddress()) as Address,
    async send({ to, data, value, gas }) {
      const { hash } = await signer.sendTransaction({ to, data, value, gasLimit: gas });
      if (!isHash(hash))
        throw new OnestepError({ kind: "unsupported-provider", reason: `the signer gave no hash but ${hash}` });
      return hash satisfies Hash;
    },
  };
}

function isSigner(runner: EthersSigner | EthersProvider): runner is EthersSigner {
  return "sendTransaction" in runner && "getAddress" in runner;
}

function isProvider(provider: object | null): provider is EthersProvider {
  return provider !== null && "send" in provider && typeof provider.send === "function";
}
