import { BLOCK_HASH_HISTORY_ADDRESS } from "../ethereum/index.ts";
import { ZERO_HASH, hexToBytes, keccak256 } from "../primitives/index.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import {
  DETERMINISTIC_DEPLOYER_ADDRESS,
  FEE_VAULT_ADDRESS,
  FEE_VAULT_SLOTS,
  L1_CONTEXT_ADDRESS,
  L2_BRIDGES,
  OUTBOX_ADDRESS,
  WRAPPED_ETHER_ADDRESS,
  createGenesis,
  genesisBlock,
} from "../rollup/index.ts";
import type { Genesis, PredeployCode, RollupConfig } from "../rollup/index.ts";
import { check } from "./check.ts";
import type { Check, CheckedSubject } from "./check.ts";
import { l1BridgeAddresses } from "./l1-bridges.ts";

/** The contracts that are on L2 from the beginning (specification §1). */
export const PREDEPLOYS: readonly (readonly [name: string, address: Address])[] = [
  ["L1Context", L1_CONTEXT_ADDRESS],
  ["Outbox", OUTBOX_ADDRESS],
  ["FeeVault", FEE_VAULT_ADDRESS],
  ["L2Messenger", L2_BRIDGES.messenger],
  ["L2ERC20Bridge", L2_BRIDGES.erc20Bridge],
  ["L2ERC721Bridge", L2_BRIDGES.erc721Bridge],
  ["L2ERC1155Bridge", L2_BRIDGES.erc1155Bridge],
  ["WrappedEther", WRAPPED_ETHER_ADDRESS],
  ["block hash history (EIP-2935)", BLOCK_HASH_HISTORY_ADDRESS],
  ["deterministic deployer", DETERMINISTIC_DEPLOYER_ADDRESS],
];

/**
 * Compares a genesis with the one that this build makes with the same chain id, time, speed, fee recipient and Rollup: the same
 * predeploys, and no other account, as nothing on L1 backs what it holds. Throws a RangeError for a genesis no chain can
 * begin with.
 */
export function checkGenesis(
  {
    contracts,
    genesis,
    genesisHash,
    parameters,
  }: Pick<RollupConfig, "contracts" | "genesis" | "genesisHash" | "parameters">,
  predeployCode: PredeployCode,
): readonly CheckedSubject[] {
  const { chainId, timestamp, gasPerSecond } = genesis;
  const feeRecipient = feeRecipientOf(genesis);
  const own = createGenesis({
    chainId,
    timestamp,
    gasPerSecond,
    feeRecipient,
    l1Bridges: l1BridgeAddresses(contracts.rollup),
    predeployCode,
  });
  const names = new Map<string, string>(PREDEPLOYS.map(([name, address]) => [address, name]));
  const others = Object.keys(genesis.alloc).filter((address) => !names.has(address));
  return [
    {
      subject: "genesis",
      checks: [
        check("block hash", genesisBlock(genesis).hash, genesisHash),
        check("gasLimit", own.gasLimit, genesis.gasLimit),
        checkDepositShare(parameters.depositGasPerSecond, gasPerSecond),
        check("accounts besides the predeploys", "none", others.length === 0 ? "none" : others.join(", ")),
      ],
    },
    ...PREDEPLOYS.map(([subject, address]) => ({
      subject,
      address,
      checks: checkAccount(own.alloc[address], genesis.alloc[address]),
    })),
  ];
}

/** Were deposits given more gas than the chain has, those who check it could be outrun (specification §2). */
function checkDepositShare(depositGasPerSecond: bigint, gasPerSecond: bigint): Check {
  const expected = `at most ${gasPerSecond}`;
  const actual = depositGasPerSecond <= gasPerSecond ? expected : depositGasPerSecond.toString();
  return check("gas of deposits a second", expected, actual);
}

type Account = Genesis["alloc"][Address] | undefined;

function checkAccount(expected: Account, actual: Account): readonly Check[] {
  return [
    check("code", codeHash(expected?.code ?? "0x"), codeHash(actual?.code ?? "0x")),
    check("nonce", expected?.nonce ?? 0, actual?.nonce ?? 0),
    check("balance", expected?.balance ?? 0n, actual?.balance ?? 0n),
    check("storage", storageText(expected), storageText(actual)),
  ];
}

/** Slots in order, as JSON. */
function storageText(account: Account): string {
  const slots = Object.entries(account?.storage ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
  return slots.length === 0 ? "none" : JSON.stringify(Object.fromEntries(slots));
}

/** keccak256 of code. */
export function codeHash(code: Hex): Hash {
  return keccak256(hexToBytes(code));
}

/** L1 account that the FeeVault of a genesis pays to. */
export function feeRecipientOf({ alloc }: Pick<Genesis, "alloc">): Address {
  const slot: Hash = `0x${FEE_VAULT_SLOTS.recipient.toString(16).padStart(64, "0")}`;
  return `0x${(alloc[FEE_VAULT_ADDRESS]?.storage?.[slot] ?? ZERO_HASH).slice(26)}`;
}
