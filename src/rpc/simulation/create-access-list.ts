import { setImmediate as nextTurn } from "node:timers/promises";
import { FRAME_ERROR, MAX_NONCE, createAddress, recoverAuthority } from "../../ethereum/index.ts";
import type { CallRequest, ExecutionObserver } from "../../execution/index.ts";
import { isPrecompile } from "../../machine/index.ts";
import type { ReadableChain } from "../../node/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import { rejected } from "../protocol/errors.ts";
import { prepareCall, runCall } from "./call.ts";
import type { Simulation } from "./call.ts";
import { touchesOf } from "./touched-accounts.ts";

interface AccessListEntry {
  readonly address: Address;
  readonly storageKeys: readonly Hash[];
}

/** Runs that may follow one another before the list must have settled; code can make its access depend on the list. */
const MAXIMUM_RUNS = 8;
/** EIP-7702: gas of an authorization. */
const AUTHORIZATION_GAS = 25_000n;

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
  // Recovering who signed them takes a while.
  if (BigInt(request.authorizationList?.length ?? 0) > request.gas / AUTHORIZATION_GAS)
    throw rejected("insufficient gas to process all authorizations");
  const free = await warmAddresses(chain, simulation, request);
  let accessList = merge(
    [],
    (request.accessList ?? []).filter(({ address }) => !free.has(address)),
  );
  for (let run = 1; ; run++) {
    await nextTurn();
    signal.throwIfAborted();
    const touched = new Map<Address, Set<Hash>>();
    const touch = (account: Address, slot: Hash | undefined): void => {
      if (slot === undefined && free.has(account)) return;
      const slots = touched.get(account) ?? new Set();
      touched.set(account, slot === undefined ? slots : slots.add(slot));
    };
    const observer: ExecutionObserver = { onStep: (step) => touchesOf(step, touch) };
    const outcome = await runCall(chain, simulation, { ...request, accessList }, observer);
    const found = Array.from(touched, ([address, slots]) => ({ address, storageKeys: [...slots] }));
    const merged = merge(accessList, found);
    if (size(merged) === size(accessList) || run === MAXIMUM_RUNS) {
      const error =
        outcome.kind === "success" ? undefined : outcome.kind === "halt" ? outcome.error : FRAME_ERROR.reverted;
      return { accessList: merged, gasUsed: outcome.gasUsed, error };
    }
    accessList = merged;
  }
}

/** Accounts that are warm anyway; they are listed only for their slots. */
async function warmAddresses(
  chain: ReadableChain,
  { view, call, stateOverrides }: Simulation,
  { from, to, authorizationList = [] }: CallRequest,
): Promise<{ has(address: Address): boolean }> {
  const { chainId } = chain.config.genesis;
  const authorities = authorizationList.flatMap((authorization) => {
    const holds = authorization.chainId === 0n || authorization.chainId === BigInt(chainId);
    return holds && authorization.nonce < MAX_NONCE ? (recoverAuthority(authorization) ?? []) : [];
  });
  const nonce =
    call.nonce ??
    stateOverrides?.get(from)?.nonce ??
    (await chain.engine.getAccount(view.header.stateRoot, from))?.nonce ??
    0n;
  const warm = new Set([from, to ?? createAddress(from, nonce), view.header.coinbase, ...authorities]);
  return { has: (address) => warm.has(address) || isPrecompile(address) };
}

/** Both lists as one, in order of addresses and slots. */
function merge(list: readonly AccessListEntry[], more: readonly AccessListEntry[]): readonly AccessListEntry[] {
  const entries = new Map<Address, Set<Hash>>();
  for (const { address, storageKeys } of [...list, ...more]) {
    const known = entries.get(address) ?? new Set<Hash>();
    for (const slot of storageKeys) known.add(slot);
    entries.set(address, known);
  }
  const addresses = [...entries.keys()].sort();
  return addresses.map((address) => ({ address, storageKeys: [...(entries.get(address) ?? [])].sort() }));
}

function size(list: readonly AccessListEntry[]): number {
  return list.reduce((sum, { storageKeys }) => sum + 1 + storageKeys.length, 0);
}
