import type { PublicClient } from "viem";
import { toAddress } from "../primitives/index.ts";
import type { Address, Hash, Hex, Instruments } from "../primitives/index.ts";
import { checkProver } from "./check-contracts.ts";
import { differencesOf } from "./check.ts";
import type { Deployer } from "./deployer.ts";
import { VERIFIERS, proverCreationCode } from "./l1-contracts.ts";
import { observeProver } from "./observe-prover.ts";

/** Pools of L1 nodes may drop what an account has beyond 16 pending transactions (geth's account slots; anvil does). */
const MAXIMUM_IN_FLIGHT = 8;

/** A contract that was deployed. */
export interface Deployed {
  readonly address: Address;
  readonly gasUsed: bigint;
  readonly blockNumber: bigint;
}

/**
 * Deploys the verifiers and the prover that asks them, in a transaction each. The verifiers' are sent several at a time, as they do not
 * need each other. Throws if L1 refuses one; what was deployed until then is of no harm, and of no use.
 */
export async function deployProver(
  { client, wallet }: Deployer,
  { logger }: Pick<Instruments, "logger">,
): Promise<Address> {
  logger.info({ transactions: VERIFIERS.length + 1 }, "deploying the one-step prover");
  const { address } = wallet.account;
  const firstNonce = await client.getTransactionCount({ address, blockTag: "pending" });
  const verifiers: Deployed[] = [];
  while (verifiers.length < VERIFIERS.length) {
    const sent: { readonly name: string; readonly hash: Hash }[] = [];
    for (const { name, creationCode } of VERIFIERS.slice(verifiers.length, verifiers.length + MAXIMUM_IN_FLIGHT)) {
      const nonce = firstNonce + verifiers.length + sent.length;
      sent.push({ name, hash: await sendCreation(wallet, creationCode, nonce) });
    }
    for (const { name, hash } of sent) {
      const verifier = await awaitCreation(client, hash, name);
      verifiers.push(verifier);
      logger.info(
        { name, gasUsed: Number(verifier.gasUsed), done: `${verifiers.length} of ${VERIFIERS.length}` },
        "verifier deployed",
      );
    }
  }
  const creation = proverCreationCode(verifiers.map((verifier) => verifier.address));
  const hash = await sendCreation(wallet, creation, firstNonce + VERIFIERS.length);
  const prover = await awaitCreation(client, hash, "OneStepProver");
  const gasUsed = verifiers.reduce((sum, verifier) => sum + verifier.gasUsed, prover.gasUsed);
  logger.info({ prover: prover.address, gasUsed: Number(gasUsed) }, "one-step prover deployed");
  return prover.address;
}

/** Throws unless a prover and its verifiers are this build's; the message names all that differs. */
export async function requireProver(client: PublicClient, address: Address): Promise<void> {
  const differences = differencesOf(checkProver(await observeProver(client, address)));
  if (differences.length > 0) {
    throw new Error(`the prover at ${address} is not this build's: ${differences.join("; ")}`);
  }
}

/** Sends the creation of a contract. Throws if L1 refuses it, as when its constructor reverts. */
async function sendCreation(wallet: Deployer["wallet"], data: Hex, nonce: number): Promise<Hash> {
  return wallet.sendTransaction({ data, nonce, chain: null });
}

/** Waits until a contract is there. Throws if its creation failed. */
export async function awaitCreation(client: PublicClient, hash: Hash, name: string): Promise<Deployed> {
  const { status, contractAddress, gasUsed, blockNumber } = await client.waitForTransactionReceipt({ hash });
  if (status !== "success" || !contractAddress)
    throw new Error(`the deployment of ${name} failed: transaction ${hash}`);
  return { address: toAddress(contractAddress), gasUsed, blockNumber };
}
