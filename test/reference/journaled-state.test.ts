import { Common, Mainnet } from "@ethereumjs/common";
import { MerkleStateManager } from "@ethereumjs/statemanager";
import { Account, Address as EvmAddress } from "@ethereumjs/util";
import { expect } from "chai";
import fc from "fast-check";
import { EMPTY_CODE_HASH } from "../../src/ethereum/account.ts";
import { createMemoryStateDatabase } from "../../src/ethereum/index.ts";
import { EMPTY_TRIE_ROOT } from "../../src/ethereum/merkle-patricia-trie.ts";
import { openStateView } from "../../src/ethereum/state-view.ts";
import { bigintToBytes32, bytesToHex } from "../../src/primitives/index.ts";
import { JournaledState } from "../../src/reference/journaled-state.ts";
import { hash } from "../execution/harness.ts";

type Step =
  | { readonly kind: "account"; readonly at: number; readonly nonce: bigint; readonly balance: bigint }
  | { readonly kind: "code"; readonly at: number; readonly code: Uint8Array }
  | { readonly kind: "slot"; readonly at: number; readonly slot: number; readonly value: bigint }
  | { readonly kind: "delete"; readonly at: number }
  | { readonly kind: "checkpoint" | "commit" | "revert" | "block" };

const at = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("account" as const),
      at,
      nonce: fc.bigInt(1n, 3n),
      balance: fc.bigInt(0n, 5n),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("code" as const), at, code: fc.uint8Array({ maxLength: 3 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("slot" as const), at, slot: fc.nat(4), value: fc.bigInt(0n, 2n) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), at }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("checkpoint" as const, "commit" as const, "revert" as const, "block" as const),
    }),
  },
);

const addressOf = (index: number) => new EvmAddress(bigintToBytes32(BigInt(index + 1)).subarray(12));

/** The plainest state there is: a copy of everything at each checkpoint. */
interface PlainAccount {
  nonce: bigint;
  balance: bigint;
  code: Uint8Array;
  slots: Map<number, bigint>;
}
type Plain = Map<number, PlainAccount>;
const copyOf = (state: Plain): Plain =>
  new Map([...state].map(([key, account]) => [key, { ...account, slots: new Map(account.slots) }]));

/** Root by ethereumjs's own state manager, built from nothing. */
async function referenceRoot(state: Plain): Promise<string> {
  const manager = new MerkleStateManager({ common: new Common({ chain: Mainnet }) });
  for (const [key, { nonce, balance, code, slots }] of state) {
    await manager.putAccount(addressOf(key), new Account(nonce, balance));
    if (code.length > 0) await manager.putCode(addressOf(key), code);
    for (const [slot, value] of slots)
      if (value !== 0n) await manager.putStorage(addressOf(key), bigintToBytes32(BigInt(slot)), bigintToBytes32(value));
  }
  await manager.flush();
  return bytesToHex(await manager.getStateRoot());
}

describe("journaled state", () => {
  it("agrees with a plain copy of the state after any writes, checkpoints, reverts and blocks, and with ethereumjs on its root", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const database = createMemoryStateDatabase();
        const view = openStateView(database, bytesToHex(EMPTY_TRIE_ROOT));
        let state = new JournaledState(() => view);
        let plain: Plain = new Map();
        const saved: Plain[] = [];

        const endBlock = async () => {
          while (saved.length > 0) {
            saved.pop();
            await state.commit();
          }
          state.endTransaction();
          const { root, entries } = view.advance(state.changes());
          void database.putMany(entries);
          expect(root).to.equal(await referenceRoot(plain));
          state = new JournaledState(() => view);
        };

        for (const each of steps) {
          if (each.kind === "checkpoint") {
            saved.push(copyOf(plain));
            await state.checkpoint();
          } else if (each.kind === "commit" && saved.length > 0) {
            saved.pop();
            await state.commit();
          } else if (each.kind === "revert" && saved.length > 0) {
            plain = saved.pop() as Plain;
            await state.revert();
          } else if (each.kind === "block") {
            await endBlock();
          } else if ("at" in each) {
            await write(state, plain, each);
          }
          await compare(state, plain);
        }
        await endBlock();
        // Nothing of it is in memory only: a fresh view reads the same.
        const reopened = openStateView(database, view.root());
        await compare(new JournaledState(() => reopened), plain);
      }),
      { numRuns: 250 },
    );
  });

  it("gives the value at the start of the transaction as original, whatever was written or reverted since", async () => {
    const view = openStateView(createMemoryStateDatabase(), bytesToHex(EMPTY_TRIE_ROOT));
    const state = new JournaledState(() => view);
    const [address, key] = [addressOf(0), bigintToBytes32(1n)];
    await state.putAccount(address, new Account(1n));
    await state.putStorage(address, key, Uint8Array.of(7));
    state.endTransaction();
    expect(await state.originalStorageCache.get(address, key)).to.eql(Uint8Array.of(7));
    await state.checkpoint();
    await state.putStorage(address, key, Uint8Array.of(8));
    await state.putStorage(address, key, Uint8Array.of(9));
    expect(await state.originalStorageCache.get(address, key)).to.eql(Uint8Array.of(7));
    await state.revert();
    expect(await state.originalStorageCache.get(address, key)).to.eql(Uint8Array.of(7));
    await state.putStorage(address, key, Uint8Array.of(6));
    state.endTransaction();
    expect(await state.originalStorageCache.get(address, key)).to.eql(Uint8Array.of(6));
  });

  it("removes accounts that a transaction leaves empty (EIP-161)", async () => {
    const view = openStateView(createMemoryStateDatabase(), bytesToHex(EMPTY_TRIE_ROOT));
    const state = new JournaledState(() => view);
    await state.putAccount(addressOf(0), new Account());
    expect(await state.getAccount(addressOf(0))).to.not.equal(undefined);
    state.endTransaction();
    expect(await state.getAccount(addressOf(0))).to.equal(undefined);
    expect(view.advance(state.changes()).root).to.equal(bytesToHex(EMPTY_TRIE_ROOT));
  });

  it("can drop its caches without forgetting anything", async () => {
    const database = createMemoryStateDatabase();
    const view = openStateView(database, bytesToHex(EMPTY_TRIE_ROOT));
    const state = new JournaledState(() => view);
    await state.putAccount(addressOf(0), new Account(3n, 4n));
    void database.putMany(view.advance(state.changes()).entries);
    view.trim();
    expect(view.getAccount(addressOf(0).toString())?.balance).to.equal(4n);
    expect(view.getSlot(addressOf(0).toString(), hash(0)).length).to.equal(0);
    expect(view.getCode(EMPTY_CODE_HASH).length).to.equal(0);
  });
});

async function write(state: JournaledState, plain: Plain, step: Extract<Step, { readonly at: number }>): Promise<void> {
  const address = addressOf(step.at);
  const account = plain.get(step.at);
  if (step.kind === "account") {
    const before = await state.getAccount(address);
    await state.putAccount(address, new Account(step.nonce, step.balance, before?.storageRoot, before?.codeHash));
    plain.set(step.at, {
      code: new Uint8Array(),
      slots: new Map(),
      ...account,
      nonce: step.nonce,
      balance: step.balance,
    });
  } else if (step.kind === "delete") {
    await state.deleteAccount(address);
    plain.delete(step.at);
  } else if (account !== undefined && step.kind === "code") {
    await state.putCode(address, step.code);
    account.code = step.code;
  } else if (account !== undefined && step.kind === "slot") {
    await state.putStorage(address, bigintToBytes32(BigInt(step.slot)), bigintToBytes32(step.value));
    account.slots.set(step.slot, step.value);
  }
}

async function compare(state: JournaledState, plain: Plain): Promise<void> {
  for (let key = 0; key < 4; key++) {
    const [expected, actual] = [plain.get(key), await state.getAccount(addressOf(key))];
    expect(actual?.nonce).to.equal(expected?.nonce);
    expect(actual?.balance).to.equal(expected?.balance);
    expect(bytesToHex(await state.getCode(addressOf(key)))).to.equal(bytesToHex(expected?.code ?? new Uint8Array()));
    for (let slot = 0; slot < 5; slot++) {
      const value = await state.getStorage(addressOf(key), bigintToBytes32(BigInt(slot)));
      expect(BigInt(`0x0${bytesToHex(value).slice(2)}`)).to.equal(expected?.slots.get(slot) ?? 0n);
    }
  }
}
