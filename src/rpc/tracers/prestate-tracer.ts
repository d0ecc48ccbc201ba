import { create2Address, createAddress } from "../../chain/index.ts";
import type { ObservedState } from "../../chain/index.ts";
import { bytesToHex, equalBytes, ZERO_HASH, type Address, type Hash } from "../../primitives/index.ts";
import { formatQuantity, formatWord } from "../format/index.ts";
import { limitExceeded } from "../protocol/index.ts";
import { createTouchObserver } from "../simulation/index.ts";
import type { TraceLimits, Tracer } from "./tracer.ts";

interface AccountSnapshot {
  readonly exists: boolean;
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly code: Uint8Array;
  readonly storage: Map<Hash, Hash>;
}

type AccountFields = { balance?: string; nonce?: number; code?: string; storage?: Record<Hash, Hash> };

/**
 * What the transaction touched as it was before it, in the format of go-ethereum's prestate tracer; in diff mode only what
 * changed, before and after.
 */
export function createPrestateTracer({ diffMode }: { readonly diffMode: boolean }, limits: TraceLimits): Tracer {
  const before = new Map<Address, AccountSnapshot>();
  const after = new Map<Address, AccountSnapshot>();
  let state: ObservedState | undefined;
  let size = 0;

  // Called before the opcode that touches it runs, so what is read is what stood there before the transaction.
  function remember(address: Address, slot?: Hash): void {
    if (state === undefined || size > limits.size) return;
    let snapshot = before.get(address);
    if (snapshot === undefined) {
      snapshot = read(state, address, []);
      size += 300 + 2 * snapshot.code.length;
      before.set(address, snapshot);
    }
    if (slot === undefined || snapshot.storage.has(slot)) return;
    size += 140;
    snapshot.storage.set(slot, state.getStorageAt(address, slot));
  }

  const touches = createTouchObserver(remember);

  return {
    observer: {
      onTransactionStart({ from, to, coinbase, state: live }) {
        state = live;
        remember(from);
        remember(coinbase);
        remember(to ?? createAddress(from, live.getAccount(from)?.nonce ?? 0n));
      },
      onStep(step) {
        touches.onStep(step);
        const created = addressToCreate(step, state);
        if (created !== undefined) remember(created);
      },
      onTransactionEnd({ state: live }) {
        for (const [address, { storage }] of before) after.set(address, read(live, address, storage.keys()));
        state = undefined;
      },
    },
    result() {
      if (size > limits.size) throw limitExceeded(`trace too large: more than ${limits.size} bytes`);
      return diffMode
        ? formatDifference(before, after)
        : Object.fromEntries([...before].map(([address, snapshot]) => [address, format(snapshot)]));
    },
  };
}

type Step = Parameters<ReturnType<typeof createTouchObserver>["onStep"]>[0];

/** Where the CREATE or CREATE2 about to run would put its contract. */
function addressToCreate(
  { opcodeName, stack, memory, address }: Step,
  state: ObservedState | undefined,
): Address | undefined {
  if (opcodeName === "CREATE") return createAddress(address, state?.getAccount(address)?.nonce ?? 0n);
  if (opcodeName !== "CREATE2") return undefined;
  const [offset, length, salt] = [stack.at(-2), stack.at(-3), stack.at(-4)];
  // Longer initcode than EIP-3860 allows creates nothing.
  if (offset === undefined || length === undefined || salt === undefined || length > 49_152n || offset > 2n ** 32n)
    return undefined;
  const initcode = new Uint8Array(Number(length));
  const start = Math.min(Number(offset), memory.length);
  initcode.set(memory.subarray(start, Math.min(start + initcode.length, memory.length)));
  return create2Address(address, formatWord(salt), initcode);
}

function read(state: ObservedState, address: Address, slots: Iterable<Hash>): AccountSnapshot {
  const account = state.getAccount(address);
  const storage = new Map<Hash, Hash>();
  for (const slot of slots) storage.set(slot, account === undefined ? ZERO_HASH : state.getStorageAt(address, slot));
  return account === undefined
    ? { exists: false, balance: 0n, nonce: 0n, code: new Uint8Array(), storage }
    : { exists: true, balance: account.balance, nonce: account.nonce, code: account.code, storage };
}

function format({ balance, nonce, code, storage }: AccountSnapshot): AccountFields {
  return {
    balance: formatQuantity(balance),
    ...(nonce === 0n ? {} : { nonce: Number(nonce) }),
    ...(code.length === 0 ? {} : { code: bytesToHex(code) }),
    ...(storage.size === 0 ? {} : { storage: Object.fromEntries(storage) }),
  };
}

/** `pre` has the touched fields that changed as they were, `post` as they are; a slot of 0 is left out on either side. */
function formatDifference(
  before: ReadonlyMap<Address, AccountSnapshot>,
  after: ReadonlyMap<Address, AccountSnapshot>,
): object {
  const pre: Record<Address, AccountFields> = {};
  const post: Record<Address, AccountFields> = {};
  for (const [address, old] of before) {
    const now = after.get(address) ?? old;
    const changed: AccountFields = {};
    if (old.balance !== now.balance) changed.balance = formatQuantity(now.balance);
    if (old.nonce !== now.nonce) changed.nonce = Number(now.nonce);
    if (!equalBytes(old.code, now.code)) changed.code = bytesToHex(now.code);
    const slots = [...old.storage].filter(([slot, value]) => now.storage.get(slot) !== value);
    if (Object.keys(changed).length === 0 && slots.length === 0 && old.exists === now.exists) continue;
    if (old.exists) {
      const { storage: _, ...fields } = format(old);
      pre[address] = withStorage(
        fields,
        slots.map(([slot, value]) => [slot, value]),
      );
    }
    if (now.exists)
      post[address] = withStorage(
        changed,
        slots.map(([slot]) => [slot, now.storage.get(slot) ?? ZERO_HASH]),
      );
  }
  return { pre, post };
}

function withStorage(fields: AccountFields, slots: readonly (readonly [Hash, Hash])[]): AccountFields {
  const nonzero = slots.filter(([, value]) => value !== ZERO_HASH);
  return nonzero.length === 0 ? fields : { ...fields, storage: Object.fromEntries(nonzero) };
}
