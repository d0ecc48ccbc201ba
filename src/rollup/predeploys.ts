import type { Address } from "../primitives/index.ts";

/** Predeploys (specification §1). */
export const L1_CONTEXT_ADDRESS: Address = "0x4f6e650000000000000000000000000000000001";
export const OUTBOX_ADDRESS: Address = "0x4f6e650000000000000000000000000000000002";
/** Also COINBASE of every block. */
export const FEE_VAULT_ADDRESS: Address = "0x4f6e650000000000000000000000000000000003";
export const L2_MESSENGER_ADDRESS: Address = "0x4f6e650000000000000000000000000000000004";
export const L2_ERC20_BRIDGE_ADDRESS: Address = "0x4f6e650000000000000000000000000000000005";
export const L2_ERC721_BRIDGE_ADDRESS: Address = "0x4f6e650000000000000000000000000000000006";
export const L2_ERC1155_BRIDGE_ADDRESS: Address = "0x4f6e650000000000000000000000000000000007";
/** WETH. */
export const WRAPPED_ETHER_ADDRESS: Address = "0x4f6e650000000000000000000000000000000008";
/** Deterministic CREATE2 deployer (https://github.com/Arachnid/deterministic-deployment-proxy). */
export const DETERMINISTIC_DEPLOYER_ADDRESS: Address = "0x4e59b44847b379578588920ca78fbf26c0b4956c";

/** Slots of `L1Context`, in the order of a context message's values. */
export const L1_CONTEXT_SLOTS = { number: 0n, timestamp: 1n, baseFee: 2n, blobBaseFee: 3n, parentHash: 4n } as const;
/** Slots of `Outbox`: the frontier takes 64 slots from `frontier` on. */
export const OUTBOX_SLOTS = { count: 0n, root: 1n, frontier: 2n } as const;
/** Slots of `FeeVault`. */
export const FEE_VAULT_SLOTS = { recipient: 0n } as const;

/** The predeploys that know a counterpart on L1 (specification §7, §8). */
export const L2_BRIDGES = {
  messenger: L2_MESSENGER_ADDRESS,
  erc20Bridge: L2_ERC20_BRIDGE_ADDRESS,
  erc721Bridge: L2_ERC721_BRIDGE_ADDRESS,
  erc1155Bridge: L2_ERC1155_BRIDGE_ADDRESS,
} as const;

/** The predeploys that users call, by name. */
export const USER_PREDEPLOYS = {
  l1Context: L1_CONTEXT_ADDRESS,
  outbox: OUTBOX_ADDRESS,
  feeVault: FEE_VAULT_ADDRESS,
  ...L2_BRIDGES,
  wrappedEther: WRAPPED_ETHER_ADDRESS,
} as const;
