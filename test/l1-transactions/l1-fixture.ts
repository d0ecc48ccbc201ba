import { network } from "hardhat";
import { createPublicClient, custom } from "viem";
import type { PublicClient } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { pino } from "pino";
import { Registry } from "prom-client";
import { toAddress } from "../../src/primitives/index.ts";
import type { Address, Hex, Instruments } from "../../src/primitives/index.ts";

/** Funded accounts of a Hardhat network. */
export const KEYS: readonly Hex[] = [
  "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
  "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
  "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
];

export const addressOf = (key: Hex): Address => toAddress(privateKeyToAddress(key));

/** Answers before L1 does: returns a value, throws, or passes on by calling `next`. */
export type Interceptor = (
  method: string,
  params: readonly unknown[],
  next: () => Promise<unknown>,
) => Promise<unknown>;

/** An L1 in this process. */
export interface L1Fixture {
  readonly client: PublicClient;
  /** The L1 itself, past any interceptor. */
  rpc<T = unknown>(method: string, ...params: readonly unknown[]): Promise<T>;
  intercept(interceptor: Interceptor | undefined): void;
  /** Methods that reached the interceptor or L1, in order. */
  readonly calls: { readonly method: string; readonly params: readonly unknown[] }[];
  mine(blocks?: number): Promise<void>;
  setAutomine(on: boolean): Promise<void>;
  /** Seconds. */
  increaseTime(seconds: number): Promise<void>;
  snapshot(): Promise<string>;
  revertTo(snapshot: string): Promise<void>;
  close(): Promise<void>;
}

export async function createL1Fixture(): Promise<L1Fixture> {
  const connection = await network.create();
  const { provider } = connection;
  let interceptor: Interceptor | undefined;
  const calls: { method: string; params: readonly unknown[] }[] = [];
  const rpc = <T>(method: string, ...params: readonly unknown[]): Promise<T> =>
    provider.request({ method, params }) as Promise<T>;
  const client = createPublicClient({
    transport: custom(
      {
        request: async ({ method, params }: { method: string; params?: readonly unknown[] }) => {
          calls.push({ method, params: params ?? [] });
          const next = () => rpc(method, ...(params ?? []));
          return interceptor === undefined ? next() : interceptor(method, params ?? [], next);
        },
      },
      { retryCount: 0 },
    ),
    cacheTime: 0,
  });
  return {
    client,
    rpc,
    intercept(next) {
      interceptor = next;
    },
    calls,
    mine: async (blocks = 1) => {
      // One by one: what hardhat_mine adds at once is not linked by parent hashes.
      for (let mined = 0; mined < blocks; mined++) await rpc("evm_mine");
    },
    setAutomine: async (on) => void (await rpc("evm_setAutomine", on)),
    increaseTime: async (seconds) => void (await rpc("evm_increaseTime", seconds)),
    snapshot: () => rpc("evm_snapshot"),
    revertTo: async (snapshot) => void (await rpc("evm_revert", snapshot)),
    close: () => connection.close(),
  };
}

export function createTestInstruments(): Instruments {
  const level = process.env["ONESTEP_TEST_LOG"] ?? "silent";
  return { logger: pino({ level }), metrics: new Registry() };
}
