import { mnemonicToAccount, privateKeyToAccount } from "viem/accounts";
import {
  type Address,
  type Hex,
  bytesToHex,
  concatBytes,
  hexToBytes,
  keccak256,
  toAddress,
} from "../primitives/index.ts";

export interface DevnetAccount {
  readonly address: Address;
  readonly privateKey: Hex;
}

/** The accounts by which a devnet acts on L1. */
export interface DevnetKeys {
  /** Deploys the contracts and pays for what the others need. */
  readonly deployer: DevnetAccount;
  /** Orders transactions and posts batches. */
  readonly operator: DevnetAccount;
  readonly proposer: DevnetAccount;
  /** Plays disputes. */
  readonly challenger: DevnetAccount;
  /** Makes the deposits that give the users ETH on L2, and nothing else: its nonce counts them. */
  readonly funder: DevnetAccount;
}

/** On a Hardhat L1: deposits what L2 accounts are given while the devnet runs; L1 signs for it. */
export function faucetAccount(): DevnetAccount {
  return hardhatAccount(USERS + 5);
}

/** The mnemonic of Hardhat's well-known accounts; everyone knows these keys. */
const MNEMONIC = "test test test test test test test test test test test junk";
const USERS = 10;

function hardhatAccount(index: number): DevnetAccount {
  const account = mnemonicToAccount(MNEMONIC, { addressIndex: index });
  const { privateKey } = account.getHdKey();
  if (privateKey === null) throw new Error("a derived account has a private key");
  return { address: toAddress(account.address), privateKey: bytesToHex(privateKey) };
}

/** Hardhat's accounts 0 to 9, which are the users' on both layers; the devnet's own are others. */
export function userAccounts(): readonly DevnetAccount[] {
  return Array.from({ length: USERS }, (_, index) => hardhatAccount(index));
}

/** On a Hardhat L1: well-known accounts, all of which have ETH. */
export function hardhatKeys(): DevnetKeys {
  return {
    deployer: hardhatAccount(USERS),
    operator: hardhatAccount(USERS + 1),
    proposer: hardhatAccount(USERS + 2),
    funder: hardhatAccount(USERS + 3),
    challenger: hardhatAccount(USERS + 4),
  };
}

/** On any other L1: accounts derived from the deployer's key, so that it alone has to be kept. */
export function derivedKeys(deployerKey: Hex): DevnetKeys {
  const derive = (role: string): DevnetAccount =>
    accountOf(keccak256(concatBytes([hexToBytes(deployerKey), Buffer.from(`onestep devnet ${role}`)])));
  return {
    deployer: accountOf(deployerKey),
    operator: derive("operator"),
    proposer: derive("proposer"),
    challenger: derive("challenger"),
    funder: derive("funder"),
  };
}

function accountOf(privateKey: Hex): DevnetAccount {
  return { address: toAddress(privateKeyToAccount(privateKey).address), privateKey };
}
