import { concatHex, encodeDeployData } from "viem";
import { create2Address } from "../ethereum/index.ts";
import {
  l1ERC1155BridgeAbi,
  l1ERC1155BridgeBytecode,
  l1ERC20BridgeAbi,
  l1ERC20BridgeBytecode,
  l1ERC721BridgeAbi,
  l1ERC721BridgeBytecode,
  l1MessengerAbi,
  l1MessengerBytecode,
} from "../l1/index.ts";
import { ZERO_HASH, hexToBytes } from "../primitives/index.ts";
import type { Address, Hex, Instruments } from "../primitives/index.ts";
import { DETERMINISTIC_DEPLOYER_ADDRESS } from "../rollup/index.ts";
import type { BridgeKey, L1Bridges } from "../rollup/index.ts";
import { createdByRollup } from "./created-by-rollup.ts";
import type { Deployer } from "./deployer.ts";
import { deployDeterministicDeployer } from "./deterministic-deployer.ts";
import { codeAt } from "./observe-prover.ts";

/** The messenger or a token bridge on L1, as its rollup alone determines it. */
export interface L1BridgeCreation {
  readonly key: BridgeKey;
  /** Commits to the creation code and the constructor's arguments, as the deterministic deployer made it (EIP-1014). */
  readonly address: Address;
  /** Creation code with the constructor's arguments. */
  readonly initcode: Hex;
}

/** The messenger and the token bridges of a rollup at an address (specification §7, §8), in the order of their deployment. */
export function l1BridgeCreations(rollup: Address): readonly L1BridgeCreation[] {
  const { inbox, portal } = createdByRollup(rollup);
  const creation = (key: BridgeKey, initcode: Hex): L1BridgeCreation => ({
    key,
    address: create2Address(DETERMINISTIC_DEPLOYER_ADDRESS, ZERO_HASH, hexToBytes(initcode)),
    initcode,
  });
  const messenger = creation(
    "messenger",
    encodeDeployData({ abi: l1MessengerAbi, bytecode: l1MessengerBytecode, args: [inbox, portal] }),
  );
  const args = [messenger.address] as const;
  return [
    messenger,
    creation("erc20Bridge", encodeDeployData({ abi: l1ERC20BridgeAbi, bytecode: l1ERC20BridgeBytecode, args })),
    creation("erc721Bridge", encodeDeployData({ abi: l1ERC721BridgeAbi, bytecode: l1ERC721BridgeBytecode, args })),
    creation("erc1155Bridge", encodeDeployData({ abi: l1ERC1155BridgeAbi, bytecode: l1ERC1155BridgeBytecode, args })),
  ];
}

/** Addresses of the messenger and the token bridges of a rollup at an address. */
export function l1BridgeAddresses(rollup: Address): L1Bridges {
  const entries = l1BridgeCreations(rollup).map(({ key, address }) => [key, address] as const);
  return Object.fromEntries(entries) as Record<BridgeKey, Address>;
}

/**
 * Deploys what is missing of the messenger and the token bridges of a rollup: anybody may, and it is the same whoever does. Throws if
 * L1 refuses one.
 */
export async function deployL1Bridges(
  { client, wallet }: Deployer,
  rollup: Address,
  { logger }: Pick<Instruments, "logger">,
): Promise<void> {
  await deployDeterministicDeployer({ client, wallet });
  const { address: account } = wallet.account;
  let nonce = await client.getTransactionCount({ address: account, blockTag: "pending" });
  const sent: (L1BridgeCreation & { readonly hash: Hex })[] = [];
  for (const creation of l1BridgeCreations(rollup)) {
    if ((await codeAt(client, creation.address)) !== "0x") continue;
    const data = concatHex([ZERO_HASH, creation.initcode]);
    const hash = await wallet.sendTransaction({
      to: DETERMINISTIC_DEPLOYER_ADDRESS,
      data,
      nonce: nonce++,
      chain: null,
    });
    sent.push({ ...creation, hash });
  }
  for (const { key, address, hash } of sent) {
    const { gasUsed } = await client.waitForTransactionReceipt({ hash });
    // Whoever was faster has deployed the same.
    if ((await codeAt(client, address)) === "0x")
      throw new Error(`the deployment of ${key} failed: transaction ${hash}`);
    logger.info({ [key]: address, gasUsed: Number(gasUsed) }, "bridge deployed");
  }
}
