import { setImmediate as nextTurn } from "node:timers/promises";
import { createAddress } from "../../chain/index.ts";
import type { ReadableChain } from "../../node/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import { callError, prepareCall, runCall, type Simulation } from "./call.ts";
import { createTouchObserver } from "./touch-observer.ts";

interface AccessListEntry {
  readonly address: Address;
  readonly storageKeys: readonly Hash[];
}

/** Runs that may follow one another before the list must have settled; code can make its access depend on the list. */
const MAXIMUM_RUNS = 8;
const PRECOMPILES = new Set([...Array.from({ length: 0x11 }, (_, index) => index + 1), 0x100]);

/**
 * The access list with which the call touches nothing outside it, as in go-ethereum: runs with the list found so far until
 * nothing is added. A call that fails still has a list; `error` says how it failed.
 */
export async function createAccessList(
  chain: ReadableChain,
  simulation: Simulation,
  { gasLimit, signal }: { readonly gasLimit: bigint; readonly signal: AbortSignal },
): Promise<{
  readonly accessList: readonly AccessListEntry[];
  readonly gasUsed: bigint;
  readonly error: string | undefined;
}> {
  const request = await prepareCall(chain, simulation, gasLimit);
  const free = await excludedAddresses(chain, simulation, request.from, request.to);
  let accessList: readonly AccessListEntry[] = request.accessList ?? [];
  for (let run = 1; ; run++) {
    await nextTurn();
    signal.throwIfAborted();
    const touched = new Map<Address, Set<Hash>>();
    const observer = createTouchObserver((account, slot) => {
      const slots = touched.get(account) ?? new Set();
      touched.set(account, slot === undefined ? slots : slots.add(slot));
    });
    const outcome = await runCall(chain, simulation, { ...request, accessList }, observer);
    const merged = merge(accessList, touched, free);
    if (size(merged) === size(accessList) || run === MAXIMUM_RUNS) {
      const error = outcome.kind === "success" ? undefined : callError(outcome).message;
      return { accessList: merged, gasUsed: outcome.gasUsed, error };
    }
    accessList = merged;
  }
}

/** Accounts that are warm anyway; they are listed only for their slots. */
async function excludedAddresses(
  chain: ReadableChain,
  { view, call }: Simulation,
  from: Address,
  to: Address | undefined,
): Promise<ReadonlySet<Address>> {
  if (to !== undefined) return new Set([from, to, view.header.coinbase]);
  const nonce = call.nonce ?? (await chain.engine.getAccount(view.header.stateRoot, from))?.nonce ?? 0n;
  return new Set([from, createAddress(from, nonce), view.header.coinbase]);
}

function merge(
  list: readonly AccessListEntry[],
  touched: ReadonlyMap<Address, ReadonlySet<Hash>>,
  free: ReadonlySet<Address>,
): AccessListEntry[] {
  const entries = new Map<Address, Set<Hash>>(list.map(({ address, storageKeys }) => [address, new Set(storageKeys)]));
  for (const [address, slots] of touched) {
    if (isPrecompile(address)) continue;
    if (slots.size === 0 && free.has(address)) continue;
    const known = entries.get(address) ?? new Set<Hash>();
    for (const slot of slots) known.add(slot);
    entries.set(address, known);
  }
  return [...entries].map(([address, slots]) => ({ address, storageKeys: [...slots] }));
}

function isPrecompile(address: Address): boolean {
  const value = BigInt(address);
  return value <= 0x100n && PRECOMPILES.has(Number(value));
}

function size(list: readonly AccessListEntry[]): number {
  return list.reduce((sum, { storageKeys }) => sum + 1 + storageKeys.length, 0);
}
