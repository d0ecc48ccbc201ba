import { createAddress, delegationOf } from "../../ethereum/index.ts";
import { addressToCreate } from "../../execution/index.ts";
import type { ObservedState, ObservedStep } from "../../execution/index.ts";
import { bytesToHex, equalBytes, keccak256, ZERO_HASH } from "../../primitives/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import { formatQuantity } from "../format/scalars.ts";
import { touchesOf } from "../simulation/touched-accounts.ts";
import type { TraceContext, Tracer } from "./tracer.ts";

export interface PrestateTracerOptions {
  /** Only what changed, before and after. */
  readonly diffMode: boolean;
  readonly disableCode: boolean;
  readonly disableStorage: boolean;
  /** Also accounts that did not exist before; not with `diffMode`. */
  readonly includeEmpty: boolean;
}

interface AccountSnapshot {
  readonly exists: boolean;
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly code: Uint8Array;
  readonly storage: Map<Hash, Hash>;
}

type AccountFields = {
  balance?: string;
  nonce?: number;
  code?: string;
  codeHash?: Hash;
  storage?: Record<Hash, Hash>;
};

type Snapshots = Map<Address, AccountSnapshot>;

/**
 * What the transaction touched as it was before it, in the format of go-ethereum's prestate tracer; in diff mode only what
 * changed, before and after.
 */
export function createPrestateTracer(options: PrestateTracerOptions, { meter }: TraceContext): Tracer {
  const before: Snapshots = new Map();
  const after: Snapshots = new Map();
  let state: ObservedState | undefined;
  let isFull = false;
  // What the last instruction was the first to touch: if it halts the frame, it has touched nothing.
  let fresh: (() => void)[] = [];

  // Called before the opcode that touches it runs, so what is read is what stood there before the transaction.
  function remember(address: Address, slot?: Hash): void {
    if (state === undefined || isFull) return;
    let snapshot = before.get(address);
    if (snapshot === undefined) {
      snapshot = read(state, address, []);
      isFull = !meter.grow(400 + (options.disableCode ? 0 : 2 * snapshot.code.length));
      before.set(address, snapshot);
      fresh.push(() => before.delete(address));
    }
    const { storage } = snapshot;
    if (slot === undefined || options.disableStorage || storage.has(slot)) return;
    isFull = !meter.grow(140);
    storage.set(slot, state.getStorageAt(address, slot));
    fresh.push(() => storage.delete(slot));
  }

  /** An account that is called, and whose code that runs by EIP-7702. */
  function rememberCallee(address: Address): void {
    remember(address);
    const target = delegationOf(state?.getAccount(address)?.code ?? NO_BYTES);
    if (target !== undefined) remember(target);
  }

  function rememberTouched(step: ObservedStep): void {
    fresh = [];
    touchesOf(step, remember);
    const created = state && addressToCreate(step, state);
    if (created !== undefined) remember(created);
  }

  return {
    observer: {
      onTransactionStart({ from, to, coinbase, authorities, refundTo, state: live }) {
        state = live;
        rememberCallee(to ?? createAddress(from, live.getAccount(from)?.nonce ?? 0n));
        for (const address of [from, coinbase, ...authorities]) remember(address);
        if (refundTo !== undefined) remember(refundTo);
        fresh = [];
      },
      onStep: rememberTouched,
      onCallStart({ to }) {
        fresh = [];
        if (to !== undefined) rememberCallee(to);
        fresh = [];
      },
      onCallEnd({ error }) {
        if (error !== undefined) for (const forget of fresh) forget();
        fresh = [];
      },
      onTransactionEnd({ state: live }) {
        for (const [address, { storage }] of before) after.set(address, read(live, address, storage.keys()));
        state = undefined;
      },
    },
    result() {
      meter.check();
      if (options.diffMode) return formatDifference(before, after, options);
      const kept = [...before].filter(([, { exists }]) => exists || options.includeEmpty);
      return Object.fromEntries(kept.map(([address, snapshot]) => [address, format(snapshot, options)]));
    },
  };
}

const NO_BYTES = new Uint8Array();

function read(state: ObservedState, address: Address, slots: Iterable<Hash>): AccountSnapshot {
  const account = state.getAccount(address);
  const storage = new Map<Hash, Hash>();
  for (const slot of slots) storage.set(slot, account === undefined ? ZERO_HASH : state.getStorageAt(address, slot));
  if (account === undefined) return { exists: false, balance: 0n, nonce: 0n, code: NO_BYTES, storage };
  const { balance, nonce, code } = account;
  return { exists: balance !== 0n || nonce !== 0n || code.length > 0, balance, nonce, code, storage };
}

function format({ balance, nonce, code, storage }: AccountSnapshot, { disableCode }: PrestateTracerOptions) {
  const fields: AccountFields = { balance: formatQuantity(balance) };
  if (nonce !== 0n) fields.nonce = Number(nonce);
  if (code.length > 0 && !disableCode) fields.code = bytesToHex(code);
  if (code.length > 0) fields.codeHash = keccak256(code);
  if (storage.size > 0) fields.storage = Object.fromEntries(storage);
  return fields;
}

/** `pre` has the touched accounts that changed as they were, `post` what is new of them; a slot of 0 is left out. */
function formatDifference(before: Snapshots, after: Snapshots, options: PrestateTracerOptions): object {
  const pre: Record<Address, AccountFields> = {};
  const post: Record<Address, AccountFields> = {};
  for (const [address, old] of before) {
    const now = after.get(address) ?? old;
    const changed: AccountFields = {};
    if (old.balance !== now.balance) changed.balance = formatQuantity(now.balance);
    if (old.nonce !== now.nonce) changed.nonce = Number(now.nonce);
    if (!equalBytes(old.code, now.code)) {
      changed.codeHash = keccak256(now.code);
      if (!options.disableCode) changed.code = bytesToHex(now.code);
    }
    const slots = [...old.storage.keys()].filter((slot) => old.storage.get(slot) !== now.storage.get(slot));
    if (Object.keys(changed).length === 0 && slots.length === 0) continue;
    if (old.exists) pre[address] = withStorage(format({ ...old, storage: new Map() }, options), slots, old.storage);
    if (now.exists) post[address] = withStorage(changed, slots, now.storage);
  }
  return { pre, post };
}

function withStorage(fields: AccountFields, slots: readonly Hash[], storage: ReadonlyMap<Hash, Hash>): AccountFields {
  const nonzero = slots.map((slot) => [slot, storage.get(slot) ?? ZERO_HASH] as const);
  const shown = nonzero.filter(([, value]) => value !== ZERO_HASH);
  return shown.length === 0 ? fields : { ...fields, storage: Object.fromEntries(shown) };
}
