import { hexToBytes, keccak256 } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";

/** Whether a log of this address, or topic, may be in a block with this bloom (`value` is its 20 or 32 bytes). */
export function bloomContains(bloom: Uint8Array, value: Uint8Array): boolean {
  return bloomBits(value).every(([byte, mask]) => ((bloom[byte] as number) & mask) !== 0);
}

/** 256-byte bloom of logs (yellow paper §4.3.1). */
export function logsBloom(logs: Iterable<{ readonly address: Hash; readonly topics: readonly Hash[] }>): Uint8Array {
  const bloom = new Uint8Array(256);
  const seen = new Set<string>();
  for (const log of logs) {
    for (const value of [log.address, ...log.topics]) {
      if (seen.has(value)) continue;
      seen.add(value);
      for (const [byte, mask] of bloomBits(hexToBytes(value))) bloom[byte] = (bloom[byte] as number) | mask;
    }
  }
  return bloom;
}

function bloomBits(value: Uint8Array): [byte: number, mask: number][] {
  const hash = hexToBytes(keccak256(value));
  return [0, 2, 4].map((offset) => {
    const bit = (((hash[offset] as number) << 8) | (hash[offset + 1] as number)) & 2047;
    return [255 - (bit >> 3), 1 << (bit & 7)];
  });
}
