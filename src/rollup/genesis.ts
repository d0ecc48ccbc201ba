import {
  EMPTY_ACCOUNT,
  withoutLeadingZeros,
  BLOCK_HASH_HISTORY_ADDRESS,
  MAX_CHAIN_ID,
  MAX_CODE_SIZE,
  TRANSACTION_GAS_CAP,
  createMemoryStateDatabase,
  EMPTY_TRIE_ROOT,
  openStateView,
} from "../ethereum/index.ts";
import type { AccountRecord, StateDatabase, HashedEntry } from "../ethereum/index.ts";
import { ZERO_HASH, bytesToHex, hexToBytes, keccak256Bytes, toAddress } from "../primitives/index.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import { MINIMUM_BASE_FEE } from "./fees.ts";
import { GAS_CAPACITY } from "./gas-bucket.ts";
import { GENESIS_PARENT_HASH, headerHash } from "./header.ts";
import { L1_COUNTERPART_SLOT } from "./l1-bridges.ts";
import type { BridgeKey, L1Bridges } from "./l1-bridges.ts";
import {
  DETERMINISTIC_DEPLOYER_ADDRESS,
  FEE_VAULT_ADDRESS,
  FEE_VAULT_SLOTS,
  L1_CONTEXT_ADDRESS,
  L2_BRIDGES,
  OUTBOX_ADDRESS,
  WRAPPED_ETHER_ADDRESS,
} from "./predeploys.ts";
import type { Genesis } from "./rollup-config.ts";
import type { Block, BlockHeader } from "./types.ts";

/** Runtime code of the predeploys that are this project's own contracts. */
export interface PredeployCode {
  readonly l1Context: Hex;
  readonly outbox: Hex;
  readonly feeVault: Hex;
  readonly messenger: Hex;
  readonly erc20Bridge: Hex;
  readonly erc721Bridge: Hex;
  readonly erc1155Bridge: Hex;
  readonly wrappedEther: Hex;
}

export interface GenesisOptions {
  readonly chainId: number;
  /** Seconds. */
  readonly timestamp: number;
  /** Gas that each second of L2 time adds to what blocks may use (specification §4). */
  readonly gasPerSecond: bigint;
  /** L1 address the FeeVault pays to. */
  readonly feeRecipient: Address;
  /** What the messenger and the token bridges of L2 believe on L1. */
  readonly l1Bridges: L1Bridges;
  readonly predeployCode: PredeployCode;
  /** Wei at genesis by account, for tests; backed by nothing on L1. */
  readonly balances?: Readonly<Record<Address, bigint>>;
}

/** Code of the block hash history contract (EIP-2935). */
export const BLOCK_HASH_HISTORY_CODE: Hex =
  "0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";

/** Code of the deterministic CREATE2 deployer, as on other chains. */
export const DETERMINISTIC_DEPLOYER_CODE: Hex =
  "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";

/** Least gas per second of a chain: its half, the target of the base fee, divides. */
const MINIMUM_SPEED = 2n;

/** Bound of a chain's capacity and speed, with which no sum of specification §4 comes near 2^64, nor a base fee near 2^256. */
const MAXIMUM_GAS_RULE = 2n ** 40n;

/** Wei all accounts of a genesis may hold together; keeps every balance of the chain far from 2^256. */
const MAX_SUPPLY = 2n ** 128n;

/** The genesis of a network of this rollup (specification §1, §4). */
export function createGenesis(options: GenesisOptions): Genesis {
  const { chainId, timestamp, gasPerSecond, feeRecipient, l1Bridges, predeployCode, balances = {} } = options;
  const contract = (code: Hex) => ({ nonce: 1, code });
  const bridge = (key: BridgeKey) => ({
    ...contract(predeployCode[key]),
    storage: { [L1_COUNTERPART_SLOT]: addressWord(l1Bridges[key]) },
  });
  const alloc: Genesis["alloc"] = {
    [L1_CONTEXT_ADDRESS]: contract(predeployCode.l1Context),
    [OUTBOX_ADDRESS]: contract(predeployCode.outbox),
    [FEE_VAULT_ADDRESS]: {
      ...contract(predeployCode.feeVault),
      storage: { [slotHash(FEE_VAULT_SLOTS.recipient)]: addressWord(feeRecipient) },
    },
    [L2_BRIDGES.messenger]: bridge("messenger"),
    [L2_BRIDGES.erc20Bridge]: bridge("erc20Bridge"),
    [L2_BRIDGES.erc721Bridge]: bridge("erc721Bridge"),
    [L2_BRIDGES.erc1155Bridge]: bridge("erc1155Bridge"),
    [WRAPPED_ETHER_ADDRESS]: contract(predeployCode.wrappedEther),
    [BLOCK_HASH_HISTORY_ADDRESS]: contract(BLOCK_HASH_HISTORY_CODE),
    [DETERMINISTIC_DEPLOYER_ADDRESS]: contract(DETERMINISTIC_DEPLOYER_CODE),
  };
  for (const [address, balance] of Object.entries(balances)) {
    alloc[toAddress(address)] = { ...alloc[toAddress(address)], balance };
  }
  return { chainId, timestamp, gasLimit: GAS_CAPACITY, gasPerSecond, alloc };
}

/** Block 0 and the entries of its state. Throws a RangeError that names what no chain can begin with. */
export function genesisBlockAndState(genesis: Genesis): {
  readonly block: Block;
  readonly entries: readonly HashedEntry[];
} {
  checkGenesis(genesis);
  const accounts = new Map<Address, AccountRecord>();
  const storage = new Map<Address, { cleared: boolean; slots: Map<Hash, Uint8Array> }>();
  const codes = new Map<Hash, Uint8Array>();
  for (const [key, allocated] of Object.entries(genesis.alloc)) {
    const address = toAddress(key);
    const code = hexToBytes(allocated.code ?? "0x");
    const codeHash = keccak256Bytes(code);
    if (code.length > 0) codes.set(bytesToHex(codeHash), code);
    accounts.set(address, {
      ...EMPTY_ACCOUNT,
      nonce: BigInt(allocated.nonce ?? 0),
      balance: allocated.balance ?? 0n,
      codeHash,
    });
    const slots = Object.entries(allocated.storage ?? {}) as [Hash, Hash][];
    storage.set(address, {
      cleared: false,
      slots: new Map(slots.map(([slot, value]) => [slot, withoutLeadingZeros(hexToBytes(value))])),
    });
  }
  const view = openStateView(createMemoryStateDatabase(), bytesToHex(EMPTY_TRIE_ROOT));
  const { root, entries } = view.advance({ accounts, storage, codes });
  const header: BlockHeader = {
    parentHash: GENESIS_PARENT_HASH,
    coinbase: FEE_VAULT_ADDRESS,
    stateRoot: root,
    transactionsRoot: ZERO_HASH,
    receiptsRoot: ZERO_HASH,
    logsBloom: `0x${"00".repeat(256)}`,
    number: 0,
    gasLimit: genesis.gasLimit,
    gasUsed: 0n,
    gasCapacity: genesis.gasLimit,
    gasPerSecond: genesis.gasPerSecond,
    gasLevel: genesis.gasLimit,
    gasExcess: 0n,
    timestamp: genesis.timestamp,
    prevRandao: ZERO_HASH,
    baseFeePerGas: MINIMUM_BASE_FEE,
    outboxRoot: ZERO_HASH,
  };
  const block: Block = {
    hash: headerHash(header),
    header,
    transactions: [],
    receipts: [],
    firstMessage: 0,
    nextMessage: 0,
  };
  return { block, entries };
}

/** Block 0. */
export function genesisBlock(genesis: Genesis): Block {
  return genesisBlockAndState(genesis).block;
}

/** Writes the genesis state; returns block 0. Doing it again changes nothing. */
export async function initializeState(genesis: Genesis, state: StateDatabase): Promise<Block> {
  const { block, entries } = genesisBlockAndState(genesis);
  await state.putMany(entries);
  return block;
}

function checkGenesis({ chainId, alloc, gasLimit, gasPerSecond }: Genesis): void {
  // A signature for chain 0 would be one for every chain.
  if (chainId < 1 || chainId > MAX_CHAIN_ID)
    throw new RangeError(`expected a chain id from 1 to ${MAX_CHAIN_ID}, got ${chainId}`);
  for (const address of [L1_CONTEXT_ADDRESS, OUTBOX_ADDRESS, FEE_VAULT_ADDRESS, BLOCK_HASH_HISTORY_ADDRESS]) {
    if ((alloc[address]?.code ?? "0x") === "0x")
      throw new RangeError(`expected code at the predeploy ${address} in the genesis state`);
  }
  for (const [address, { code = "0x", nonce = 0, balance = 0n, storage = {} }] of Object.entries(alloc)) {
    const size = (code.length - 2) / 2;
    if (size > MAX_CODE_SIZE)
      throw new RangeError(`expected at most ${MAX_CODE_SIZE} bytes of code at ${address}, got ${size}`);
    // Ethereum knows no empty accounts (EIP-161), and no storage that nobody's code has written.
    if (size === 0 && nonce === 0 && balance === 0n)
      throw new RangeError(`expected code, a nonce or a balance at ${address} in the genesis state`);
    if (size === 0 && Object.keys(storage).length > 0)
      throw new RangeError(`expected no storage without code at ${address} in the genesis state`);
  }
  const supply = Object.values(alloc).reduce((sum, { balance }) => sum + (balance ?? 0n), 0n);
  if (supply > MAX_SUPPLY)
    throw new RangeError(`expected at most ${MAX_SUPPLY} wei in the genesis state, got ${supply}`);
  // A deposit of the highest gas limit must fit into a block, or the messages after it are never read.
  if (gasLimit < TRANSACTION_GAS_CAP || gasLimit > MAXIMUM_GAS_RULE)
    throw new RangeError(`expected a gas limit from ${TRANSACTION_GAS_CAP} to ${MAXIMUM_GAS_RULE}, got ${gasLimit}`);
  if (gasPerSecond < MINIMUM_SPEED || gasPerSecond > MAXIMUM_GAS_RULE)
    throw new RangeError(`expected from ${MINIMUM_SPEED} to ${MAXIMUM_GAS_RULE} gas per second, got ${gasPerSecond}`);
}

function addressWord(address: Address): Hash {
  return `0x${toAddress(address).slice(2).padStart(64, "0")}`;
}

function slotHash(slot: bigint): Hash {
  return `0x${slot.toString(16).padStart(64, "0")}`;
}
