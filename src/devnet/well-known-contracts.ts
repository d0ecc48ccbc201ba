import { concatHex, createPublicClient, createWalletClient, http, parseTransaction } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { z } from "zod";
import type { Address, Hash, Hex, Instruments } from "../primitives/index.ts";
import { DETERMINISTIC_DEPLOYER_ADDRESS } from "../rollup/index.ts";
import type { DevnetAccount } from "./accounts.ts";
import contracts from "./well-known-contracts.json" with { type: "json" };

const hex = z.custom<Hex>((value) => typeof value === "string" && value.startsWith("0x"));
const described = { name: z.string(), address: hex, license: z.string(), source: z.url() };
const contractsSchema = z.array(
  z.union([
    z.object({ ...described, salt: hex, initcode: hex }),
    /** Signed for every chain by a key that was used once. */
    z.object({ ...described, transaction: hex, signer: hex }),
  ]),
);

/** A contract that tools look for at the same address on every chain, and how it comes there: by the CREATE2 deployer, or a signed transaction. */
export type WellKnownContract = z.output<typeof contractsSchema>[number];

/** Multicall3, CreateX, Permit2 and EntryPoint 0.7 and 0.8. Their code is that of their authors, under the licences that are named. */
export function wellKnownContracts(): readonly WellKnownContract[] {
  return contractsSchema.parse(contracts);
}

/** Deploys on a chain, as on all others, those that are not there. Throws if a deployment fails; the message names the contract. */
export async function deployWellKnownContracts(
  { rpcUrl, payer }: { readonly rpcUrl: string; readonly payer: DevnetAccount },
  { logger }: Pick<Instruments, "logger">,
): Promise<void> {
  const transport = http(rpcUrl);
  const client = createPublicClient({ transport, pollingInterval: 50 });
  const wallet = createWalletClient({ transport, account: privateKeyToAccount(payer.privateKey) });
  const isThere = async (address: Address): Promise<boolean> => (await client.getCode({ address })) !== undefined;
  const missing: WellKnownContract[] = [];
  for (const contract of wellKnownContracts()) if (!(await isThere(contract.address))) missing.push(contract);
  let nonce = await client.getTransactionCount({ address: payer.address });
  const send = async (to: Address, request: { readonly data?: Hex; readonly value?: bigint }): Promise<Hash> =>
    wallet.sendTransaction({ to, ...request, nonce: nonce++, chain: null });

  const funding: Hash[] = [];
  for (const contract of missing) {
    if (!("transaction" in contract)) continue;
    const { gas = 0n, gasPrice = 0n } = parseTransaction(contract.transaction);
    const lacking = gas * gasPrice - (await client.getBalance({ address: contract.signer }));
    if (lacking > 0n) funding.push(await send(contract.signer, { value: lacking }));
  }
  for (const hash of funding) await client.waitForTransactionReceipt({ hash });

  const hashes: Hash[] = [];
  for (const contract of missing) {
    hashes.push(
      "transaction" in contract
        ? await client.sendRawTransaction({ serializedTransaction: contract.transaction })
        : await send(DETERMINISTIC_DEPLOYER_ADDRESS, { data: concatHex([contract.salt, contract.initcode]) }),
    );
  }
  for (const [index, { name, address }] of missing.entries()) {
    const hash = hashes[index] as Hash;
    await client.waitForTransactionReceipt({ hash });
    if (!(await isThere(address))) throw new Error(`${name} could not be deployed on L2: transaction ${hash}`);
    logger.debug({ name, address }, "well-known contract deployed on L2");
  }
}
