import { expect } from "chai";
import fc from "fast-check";
import { EMPTY_ACCOUNT, delegationOf } from "../../src/ethereum/index.ts";
import { Overlay } from "../../src/machine/overlay.ts";
import type { AccountEntry, OverlayItem, SlotEntry } from "../../src/machine/overlay.ts";
import { bigintToBytes32, bytesToHex, hexToBytes, keccak256, keccak256Bytes } from "../../src/primitives/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";

const ADDRESSES = Array.from({ length: 4 }, (_, index): Address => `0x${(0xa0 + index).toString(16).repeat(20)}`);
const SLOTS = Array.from({ length: 3 }, (_, index): Hash => bytesToHex(bigintToBytes32(BigInt(index))));
const CODE = hexToBytes(`0xef0100${"12".repeat(20)}`);

const source = {
  getAccount: (address: Address) => {
    const index = ADDRESSES.indexOf(address);
    if (index === 0) return undefined;
    return { ...EMPTY_ACCOUNT, balance: BigInt(index), ...(index === 2 ? { codeHash: keccak256Bytes(CODE) } : {}) };
  },
  getSlot: (address: Address, slot: Hash) =>
    address === ADDRESSES[1] ? Uint8Array.of(7, SLOTS.indexOf(slot)) : new Uint8Array(),
  getCode: () => CODE,
};

type Operation =
  | { readonly kind: "balance"; readonly address: number; readonly value: number }
  | { readonly kind: "slot" | "transient"; readonly address: number; readonly slot: number; readonly value: number }
  | { readonly kind: "mark" }
  | { readonly kind: "revert" }
  | { readonly kind: "take" };

const index = (length: number) => fc.nat(length - 1);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("balance" as const), address: index(4), value: fc.nat(9) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("slot" as const, "transient" as const),
      address: index(4),
      slot: index(3),
      value: fc.nat(9),
    }),
  },
  { weight: 4, arbitrary: fc.constantFrom<Operation>({ kind: "mark" }, { kind: "revert" }, { kind: "take" }) },
);

/** The overlay done naively: a list of entries in the order of insertion, copied whole at every mark. */
type Model = readonly { readonly key: string; readonly entry: unknown }[];

function put(model: Model, key: string, entry: unknown): Model {
  const isPresent = model.some((item) => item.key === key);
  return isPresent ? model.map((item) => (item.key === key ? { key, entry } : item)) : [...model, { key, entry }];
}

function keyOf({ kind, address, slot }: Pick<OverlayItem, "kind" | "address" | "slot">): string {
  return `${kind} ${address} ${slot}`;
}

const snapshot = (overlay: Overlay): Model => overlay.keys.map((item) => ({ key: keyOf(item), entry: item.entry }));
const has = (model: Model, key: string) => model.some((item) => item.key === key);

function loadedAccount(address: Address): AccountEntry {
  return new Overlay(source).loadAccount(address);
}

function apply(
  overlay: Overlay,
  model: Model,
  operation: Exclude<Operation, { kind: "mark" | "revert" | "take" }>,
): Model {
  const address = ADDRESSES[operation.address] as Address;
  const account = `0 ${address} ${SLOTS[0]}`;
  let after = model;
  if (operation.kind !== "transient" && overlay.account(address) === undefined) {
    overlay.loadAccount(address);
    after = put(after, account, loadedAccount(address));
  }
  const value = BigInt(operation.value);
  if (operation.kind === "balance") {
    const entry: AccountEntry = { ...(overlay.account(address) as AccountEntry), balance: value, isDirty: true };
    overlay.writeAccount(address, entry);
    return put(after, account, entry);
  }
  const slot = SLOTS[operation.slot] as Hash;
  if (operation.kind === "transient") {
    overlay.writeTransient(address, slot, { current: value });
    return put(after, `2 ${address} ${slot}`, { current: value });
  }
  const key = `1 ${address} ${slot}`;
  const original = address === ADDRESSES[1] ? 0x700n + BigInt(operation.slot) : 0n;
  if (overlay.slot(address, slot) === undefined) {
    overlay.loadSlot(address, slot);
    after = put(after, key, { original, current: original, isWarm: false });
  }
  const entry: SlotEntry = { original, current: value, isWarm: true };
  overlay.writeSlot(address, slot, entry);
  return put(after, key, entry);
}

describe("an overlay", () => {
  it("is after any operations what the naive one is, keys in the order of insertion", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const overlay = new Overlay(source);
        const marks: { readonly mark: number; readonly model: Model }[] = [];
        let model: Model = [];
        for (const operation of operations) {
          if (operation.kind === "mark") {
            marks.push({ mark: overlay.mark(), model });
          } else if (operation.kind === "revert") {
            const saved = marks.pop();
            if (saved === undefined) continue;
            overlay.revert(saved.mark);
            model = saved.model;
          } else if (operation.kind === "take") {
            overlay.takeModified();
          } else {
            model = apply(overlay, model, operation);
          }
          expect(snapshot(overlay)).to.eql(model);
        }
        for (const { mark, model: saved } of marks.reverse()) {
          overlay.revert(mark);
          expect(snapshot(overlay)).to.eql(saved);
        }
        for (const address of ADDRESSES) {
          for (const slot of SLOTS) {
            expect(overlay.slot(address, slot) !== undefined).to.equal(has(snapshot(overlay), `1 ${address} ${slot}`));
            expect(overlay.transient(address, slot) !== undefined).to.equal(
              has(snapshot(overlay), `2 ${address} ${slot}`),
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("tells whoever commits to it of everything that changed, so that a copy kept in step is the same", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const overlay = new Overlay(source);
        let copy: Model = [];
        let model: Model = [];
        const marks: { readonly mark: number; readonly model: Model; readonly copy: Model }[] = [];
        const take = () => {
          for (const item of overlay.takeModified()) copy = put(copy, keyOf(item), item.entry);
          expect(copy).to.eql(model);
        };
        for (const operation of operations) {
          if (operation.kind === "mark") {
            take();
            marks.push({ mark: overlay.mark(), model, copy });
          } else if (operation.kind === "revert") {
            const saved = marks.pop();
            if (saved === undefined) continue;
            overlay.revert(saved.mark);
            ({ model, copy } = saved);
          } else if (operation.kind === "take") {
            take();
          } else {
            model = apply(overlay, model, operation);
          }
        }
        take();
        expect(overlay.takeModified()).to.eql([]);
      }),
      { numRuns: 300 },
    );
  });

  it("knows of a loaded account its code's length and delegation", () => {
    const overlay = new Overlay(source);
    expect(overlay.loadAccount(ADDRESSES[2] as Address)).to.include({
      balance: 2n,
      codeHash: keccak256(CODE),
      codeLength: 23,
      delegation: `0x${"12".repeat(20)}`,
      isWarm: false,
      isDirty: false,
    });
    expect(overlay.loadAccount(ADDRESSES[0] as Address)).to.include({ nonce: 0n, balance: 0n, codeLength: 0 });
    expect(delegationOf(CODE.subarray(0, 22))).to.equal(undefined);
    expect(delegationOf(new Uint8Array(23))).to.equal(undefined);
  });

  it("gives 0 for the slots of an account that this transaction has created", () => {
    const overlay = new Overlay(source);
    const address = ADDRESSES[1] as Address;
    overlay.writeAccount(address, { ...overlay.loadAccount(address), isCreated: true });
    expect(overlay.loadSlot(address, SLOTS[0] as Hash)).to.eql({ original: 0n, current: 0n, isWarm: false });
  });

  it("refuses to modify what is absent, and a slot before its account", () => {
    const overlay = new Overlay(source);
    const [address] = ADDRESSES as [Address];
    const [slot] = SLOTS as [Hash];
    expect(() => overlay.writeAccount(address, loadedAccount(address))).to.throw(address);
    expect(() => overlay.loadSlot(address, slot)).to.throw(address);
    overlay.loadAccount(address);
    expect(() => overlay.writeSlot(address, slot, { original: 0n, current: 0n, isWarm: true })).to.throw(slot);
  });

  it("forgets everything when it is cleared", () => {
    const overlay = new Overlay(source);
    const [address] = ADDRESSES as [Address];
    overlay.loadAccount(address);
    overlay.writeTransient(address, SLOTS[0] as Hash, { current: 1n });
    overlay.addCode(keccak256(CODE), CODE);
    overlay.clear();
    expect(overlay.keys).to.eql([]);
    expect(overlay.newCodes.size).to.equal(0);
    expect(overlay.account(address)).to.equal(undefined);
    expect(overlay.transient(address, SLOTS[0] as Hash)).to.equal(undefined);
    expect(overlay.mark()).to.equal(0);
    expect(overlay.takeModified()).to.eql([]);
  });
});
