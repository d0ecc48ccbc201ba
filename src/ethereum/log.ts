import type { Address, Hash } from "../primitives/index.ts";

export interface Log {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly data: Uint8Array;
}
