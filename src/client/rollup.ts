import { MethodNotFoundRpcError, MethodNotSupportedRpcError } from "viem";
import type { Address, Client } from "viem";
import { getChainId, getCode, readContract } from "viem/actions";
import { z } from "zod";
import { L2_BRIDGE_ADDRESSES, inboxAbi } from "./abi.ts";
import { addressSchema, amountSchema, countSchema, hashSchema } from "./answers.ts";
import { ask } from "./asking.ts";
import { OnestepError } from "./errors.ts";
import type { LayerName } from "./errors.ts";

const SLOT_0 = `0x${"00".repeat(32)}`;

const rollupSchema = z
  .object({
    l1ChainId: countSchema,
    l1StartBlock: countSchema,
    contracts: z.object({
      rollup: addressSchema,
      inbox: addressSchema,
      stateCommitmentChain: addressSchema,
      challengeGame: addressSchema,
      portal: addressSchema,
      prover: addressSchema,
    }),
    parameters: z.object({
      operator: addressSchema,
      forceInclusionDelay: countSchema,
      selfSequencingDelay: countSchema,
      challengePeriod: countSchema,
      claimBond: amountSchema.or(z.bigint()),
    }),
    genesis: z.object({
      chainId: countSchema,
      alloc: z.record(z.string(), z.object({ storage: z.record(z.string(), hashSchema).optional() })),
    }),
    genesisHash: hashSchema,
  })
  .transform(({ genesis, ...rest }, context) => {
    const counterpart = (predeploy: Address): Address => {
      const word = genesis.alloc[predeploy]?.storage?.[SLOT_0];
      if (word !== undefined) return `0x${word.slice(26)}`;
      context.addIssue({
        code: "custom",
        path: ["genesis", "alloc", predeploy],
        message: "expected its counterpart on L1",
      });
      return z.NEVER;
    };
    const { messenger, erc20Bridge, erc721Bridge, erc1155Bridge } = L2_BRIDGE_ADDRESSES;
    const l1Bridges = {
      messenger: counterpart(messenger),
      erc20Bridge: counterpart(erc20Bridge),
      erc721Bridge: counterpart(erc721Bridge),
      erc1155Bridge: counterpart(erc1155Bridge),
    };
    return { ...rest, l2ChainId: genesis.chainId, l1Bridges };
  });

/**
 * What a user needs to know of a rollup: a part of its configuration. Delays are in seconds, `claimBond` in wei; `l1StartBlock` is the
 * L1 block of the deployment; `l1Bridges` are messenger and token bridges on L1, which the genesis commits to.
 */
export type Rollup = z.output<typeof rollupSchema>;

/** L1 contracts that the Portal does not call. */
export function isForbiddenTarget({ contracts }: Rollup, target: Address): boolean {
  const { portal, inbox, stateCommitmentChain } = contracts;
  return [portal, inbox, stateCommitmentChain].some((address) => address.toLowerCase() === target.toLowerCase());
}

/**
 * A rollup by its configuration: what `onestep deploy` wrote, or `rollup_config` answers. Throws an `invalid-argument` for anything
 * else.
 */
export function parseRollup(configuration: unknown): Rollup {
  const parsed = rollupSchema.safeParse(configuration);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new OnestepError({
    kind: "invalid-argument",
    name: "configuration",
    value: `one with another ${issue?.path.join(".") ?? ""}`,
    expected: `a rollup configuration (${issue?.message ?? ""})`,
  });
}

/**
 * The rollup of an L2 endpoint, which is believed: whoever does not trust it takes a configuration they have verified
 * (`onestep verify`), and `requireSameRollup`.
 */
export async function readRollup(l2: Client): Promise<Rollup> {
  try {
    return await ask(l2, "rollup_config", [], rollupSchema);
  } catch (error) {
    if (!(error instanceof MethodNotFoundRpcError || error instanceof MethodNotSupportedRpcError)) throw error;
    throw new OnestepError(
      { kind: "bad-answer", method: "rollup_config", reason: "the endpoint has no such method" },
      { cause: error },
    );
  }
}

/** Rejects with a `wrong-chain` if the endpoint is of another chain. */
export async function requireChain(client: Client, layer: LayerName, expected: number): Promise<void> {
  const actual = await getChainId(client);
  if (actual !== expected) throw new OnestepError({ kind: "wrong-chain", layer, expected, actual });
}

/** Rejects unless the endpoint is of the rollup's L1 and the rollup is there: ETH sent to an address without code is lost. */
export async function requireL1(l1: Client, { contracts: { inbox }, l1ChainId, l2ChainId }: Rollup): Promise<void> {
  await requireChain(l1, "L1", l1ChainId);
  const code = await getCode(l1, { address: inbox });
  const known =
    code === undefined
      ? undefined
      : await readContract(l1, { address: inbox, abi: inboxAbi, functionName: "L2_CHAIN_ID" }).catch(() => undefined);
  if (known !== BigInt(l2ChainId)) throw new OnestepError({ kind: "no-rollup", inbox, l1ChainId, l2ChainId });
}
