import { RLP } from "@ethereumjs/rlp";
import { ZERO_HASH, bytesToBigint, bytesToHex, hexToBytes, keccak256 } from "../primitives/index.ts";
import type { Hash, Hex } from "../primitives/index.ts";
import type { BlockHeader } from "./types.ts";

/** Header fields that are the same in every block (specification §4). */
export const CONSTANT_HEADER_FIELDS = {
  /** keccak256(rlp([])). */
  ommersHash: "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
  difficulty: 0n,
  nonce: "0x0000000000000000",
  blobGasUsed: 0n,
  excessBlobGas: 0n,
  parentBeaconBlockRoot: ZERO_HASH,
  /** sha256 of nothing (EIP-7685). */
  requestsHash: "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
} as const;

const FIELD_COUNT = 21;

const ommersHash = hexToBytes(CONSTANT_HEADER_FIELDS.ommersHash);
const requestsHash = hexToBytes(CONSTANT_HEADER_FIELDS.requestsHash);
const zeroHash = hexToBytes(ZERO_HASH);
const zeroNonce = new Uint8Array(8);
const none = new Uint8Array();

/** RLP of a header in Ethereum's Osaka field order. */
export function encodeHeader(header: BlockHeader): Uint8Array {
  return RLP.encode([
    hexToBytes(header.parentHash),
    ommersHash,
    hexToBytes(header.coinbase),
    hexToBytes(header.stateRoot),
    hexToBytes(header.transactionsRoot),
    hexToBytes(header.receiptsRoot),
    hexToBytes(header.logsBloom),
    none,
    header.number,
    header.gasLimit,
    header.gasUsed,
    header.timestamp,
    extraDataBytes(header),
    hexToBytes(header.prevRandao),
    zeroNonce,
    header.baseFeePerGas,
    hexToBytes(header.outboxRoot),
    none,
    none,
    zeroHash,
    requestsHash,
  ]);
}

type GasFields = Pick<BlockHeader, "gasCapacity" | "gasPerSecond" | "gasLevel" | "gasExcess">;

/** Extra data of a header, 32 bytes: `capacity (8) ‖ speed (8) ‖ level (8) ‖ excess (8)` (specification §4). */
export function extraData(header: GasFields): Hex {
  return bytesToHex(extraDataBytes(header));
}

function extraDataBytes({ gasCapacity, gasPerSecond, gasLevel, gasExcess }: GasFields): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, gasCapacity);
  view.setBigUint64(8, gasPerSecond);
  view.setBigUint64(16, gasLevel);
  view.setBigUint64(24, gasExcess);
  return bytes;
}

/** Block hash: keccak256 of the header's RLP. */
export function headerHash(header: BlockHeader): Hash {
  return keccak256(encodeHeader(header));
}

/** Inverse of `encodeHeader`. Throws a RangeError for anything `encodeHeader` cannot give. */
export function decodeHeader(bytes: Uint8Array): BlockHeader {
  const invalid = (why: string) =>
    new RangeError(`expected the RLP of a block header (${why}), got ${bytesToHex(bytes.subarray(0, 40))}…`);
  let fields: unknown;
  try {
    fields = RLP.decode(bytes);
  } catch (error) {
    throw invalid((error as Error).message);
  }
  if (
    !Array.isArray(fields) ||
    fields.length !== FIELD_COUNT ||
    !fields.every((field) => field instanceof Uint8Array)
  ) {
    throw invalid(`a list of ${FIELD_COUNT} byte strings`);
  }
  const field = (index: number) => fields[index] as Uint8Array;
  const fixed = (index: number, length: number) => {
    if (field(index).length !== length) throw invalid(`${length} bytes in field ${index}`);
    return bytesToHex(field(index));
  };
  const safeInteger = (index: number) => {
    const value = bytesToBigint(field(index));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(`a safe integer in field ${index}`);
    return Number(value);
  };
  const gas = hexToBytes(fixed(12, 32));
  const header: BlockHeader = {
    parentHash: fixed(0, 32),
    coinbase: fixed(2, 20),
    stateRoot: fixed(3, 32),
    transactionsRoot: fixed(4, 32),
    receiptsRoot: fixed(5, 32),
    logsBloom: fixed(6, 256),
    number: safeInteger(8),
    gasLimit: bytesToBigint(field(9)),
    gasUsed: bytesToBigint(field(10)),
    gasCapacity: bytesToBigint(gas.subarray(0, 8)),
    gasPerSecond: bytesToBigint(gas.subarray(8, 16)),
    gasLevel: bytesToBigint(gas.subarray(16, 24)),
    gasExcess: bytesToBigint(gas.subarray(24)),
    timestamp: safeInteger(11),
    prevRandao: fixed(13, 32),
    baseFeePerGas: bytesToBigint(field(15)),
    outboxRoot: fixed(16, 32),
  };
  if (bytesToHex(encodeHeader(header)) !== bytesToHex(bytes))
    throw invalid("with the constant fields of specification §4");
  return header;
}

/** Hash of the block before genesis. */
export const GENESIS_PARENT_HASH = ZERO_HASH;
