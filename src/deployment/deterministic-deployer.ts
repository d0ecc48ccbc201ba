import { DETERMINISTIC_DEPLOYER_ADDRESS } from "../rollup/index.ts";
import type { Address, Hex } from "../primitives/index.ts";
import type { Deployer } from "./deployer.ts";
import { codeAt } from "./observe-prover.ts";

/** What creates it: signed for every chain, by a key that nobody has (https://github.com/Arachnid/deterministic-deployment-proxy). */
const CREATION: Hex =
  "0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222";
const SIGNER: Address = "0x3fab184622dc19b6109349b94811493bf2a45362";
/** Wei: a gas limit of 100,000 at 100 gwei. */
const COST = 10n ** 16n;

/**
 * Puts the deterministic deployer on an L1 that has none, as chains for development; its account is given what the creation costs.
 * Throws if L1 takes no transactions without a chain id, or gas costs more than 100 gwei.
 */
export async function deployDeterministicDeployer({ client, wallet }: Deployer): Promise<void> {
  if ((await codeAt(client, DETERMINISTIC_DEPLOYER_ADDRESS)) !== "0x") return;
  const missing = COST - (await client.getBalance({ address: SIGNER }));
  if (missing > 0n) {
    const hash = await wallet.sendTransaction({ to: SIGNER, value: missing, chain: null });
    await client.waitForTransactionReceipt({ hash });
  }
  const hash = await client.sendRawTransaction({ serializedTransaction: CREATION });
  const { status } = await client.waitForTransactionReceipt({ hash });
  if (status !== "success" || (await codeAt(client, DETERMINISTIC_DEPLOYER_ADDRESS)) === "0x") {
    throw new Error(`the deployment of the deterministic deployer failed: transaction ${hash}`);
  }
}
