import { network } from "hardhat";
import pino from "pino";
import { createPublicClient, custom } from "viem";
import type { EIP1193RequestFn, PublicClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { DEPLOYMENT_PRESETS, deployRollup } from "../../src/deployment/index.ts";
import { toAddress } from "../../src/primitives/index.ts";
import type { Hex } from "../../src/primitives/index.ts";
import { createGenesis, loadPredeployCode } from "../../src/rollup/index.ts";
import type { Genesis, GenesisOptions, L1Bridges, RollupConfig } from "../../src/rollup/index.ts";

const DEPLOYER_KEY: Hex = `0x${"d1".repeat(32)}`;
export const OPERATOR = toAddress("0x00000000000000000000000000000000000000f0");
const predeployCode = await loadPredeployCode();

/** The genesis of a rollup with these bridges; `overrides` replace what it is made of. */
export function genesisWith(l1Bridges: L1Bridges, overrides: Partial<GenesisOptions> = {}): Genesis {
  return createGenesis({
    chainId: 42,
    timestamp: 1_700_000_000,
    gasPerSecond: 5_000_000n,
    feeRecipient: OPERATOR,
    l1Bridges,
    predeployCode,
    ...overrides,
  });
}

type Connection = Awaited<ReturnType<typeof network.create>>;

export interface DeployedRollup {
  readonly connection: Connection;
  readonly config: RollupConfig;
  readonly client: PublicClient;
}

/** How a test stands between the deployment and L1: it is given each request and what L1 answers. */
type Tampering = (method: string, answer: unknown) => unknown;

/** Deploys a rollup, with the production preset unless another is given, to a network of its own or a given one. */
export async function deployToNetwork(
  overrides: Partial<Parameters<typeof deployRollup>[0]> = {},
  tamper: Tampering = (_, answer) => answer,
  on?: Connection,
): Promise<DeployedRollup> {
  const connection = on ?? (await network.create());
  await connection.networkHelpers.setBalance(privateKeyToAccount(DEPLOYER_KEY).address, 10n ** 20n);
  const request = connection.provider.request.bind(connection.provider) as EIP1193RequestFn;
  const transport = custom({
    request: async (body: { method: string }) => tamper(body.method, await request(body as never)),
  });
  const options = { deployerKey: DEPLOYER_KEY, operator: OPERATOR, preset: DEPLOYMENT_PRESETS.production };
  const config = await deployRollup(
    { transport, ...options, genesis: genesisWith, ...overrides },
    { logger: pino({ level: "silent" }) },
  );
  return { connection, config, client: createPublicClient({ transport }) };
}
