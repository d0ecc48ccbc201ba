import { crc32 } from "node:zlib";
import { BLOCK_HASH_HISTORY_ADDRESS } from "../../../ethereum/index.ts";
import { hexToBytes } from "../../../primitives/index.ts";
import type { Address } from "../../../primitives/index.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { defineMethod } from "../../node.ts";

/** Names of the precompiles (EIP-7910), by address. */
const PRECOMPILES: readonly (readonly [name: string, address: number])[] = [
  ["ECREC", 0x01],
  ["SHA256", 0x02],
  ["RIPEMD160", 0x03],
  ["ID", 0x04],
  ["MODEXP", 0x05],
  ["BN254_ADD", 0x06],
  ["BN254_MUL", 0x07],
  ["BN254_PAIRING", 0x08],
  ["BLAKE2F", 0x09],
  ["KZG_POINT_EVALUATION", 0x0a],
  ["BLS12_G1ADD", 0x0b],
  ["BLS12_G1MSM", 0x0c],
  ["BLS12_G2ADD", 0x0d],
  ["BLS12_G2MSM", 0x0e],
  ["BLS12_PAIRING_CHECK", 0x0f],
  ["BLS12_MAP_FP_TO_G1", 0x10],
  ["BLS12_MAP_FP2_TO_G2", 0x11],
  ["P256VERIFY", 0x100],
];

function addressOf(number: number): Address {
  return `0x${number.toString(16).padStart(40, "0")}`;
}

/**
 * The rules of the chain (EIP-7910). There has been one fork, at genesis: contracts cannot be changed, so that another one
 * is another chain. The fork hash is then that of the genesis block alone (EIP-2124, EIP-6122).
 */
export const ethConfig = defineMethod("eth_config", [], (_, { chain }) => {
  const { genesis, genesisHash } = chain.config;
  return {
    current: {
      activationTime: 0,
      // There are no blobs to have a schedule for.
      blobSchedule: null,
      chainId: formatQuantity(genesis.chainId),
      forkId: `0x${crc32(hexToBytes(genesisHash)).toString(16).padStart(8, "0")}`,
      precompiles: Object.fromEntries(PRECOMPILES.map(([name, number]) => [name, addressOf(number)])),
      systemContracts: { HISTORY_STORAGE_ADDRESS: BLOCK_HASH_HISTORY_ADDRESS },
    },
    next: null,
    last: null,
  };
});
