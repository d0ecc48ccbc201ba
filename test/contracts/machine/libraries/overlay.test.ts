import { AbiCoder } from "ethers";
import { expect } from "chai";
import fc from "fast-check";
import { ZERO_HASH, bytesToHex, concatBytes, hexToBytes, keccak256 } from "../../../../src/primitives/index.ts";
import type { Address, Hash } from "../../../../src/primitives/index.ts";
import type { MachineLibraries } from "../../../../types/ethers-contracts/index.ts";
import { deployLibraries, expectRevert, nodeOf, witnessOf } from "./libraries-fixture.ts";
import type { OverlayOpening } from "./libraries-fixture.ts";

const coder = AbiCoder.defaultAbiCoder();
const KINDS = { account: 0, slot: 1, transient: 2 } as const;
type Kind = keyof typeof KINDS;

const ACCOUNT_TYPE = "tuple(uint256,uint256,bytes32,bytes32,uint256,uint256,bool,bool,bool,bool)";
const SLOT_TYPE = "tuple(uint256,uint256,bool)";
type AccountTuple = [bigint, bigint, Hash, Hash, bigint, bigint, boolean, boolean, boolean, boolean];
type SlotTuple = [bigint, bigint, boolean];
type Value =
  | { readonly kind: "account"; readonly fields: AccountTuple }
  | { readonly kind: "slot"; readonly fields: SlotTuple }
  | { readonly kind: "transient"; readonly fields: bigint };

function encode(value: Value): string {
  if (value.kind === "account") return coder.encode([ACCOUNT_TYPE], [value.fields]);
  if (value.kind === "slot") return coder.encode([SLOT_TYPE], [value.fields]);
  return coder.encode(["uint256"], [value.fields]);
}

/** As Solidity takes them. */
const accountOf = ([nonce, balance, codeHash, storageRoot, codeLength, delegation, ...flags]: AccountTuple) => {
  const [isWarm, isCreated, isDestroyed, isDirty] = flags;
  return {
    nonce,
    balance,
    codeHash,
    storageRoot,
    codeLength,
    delegation,
    isWarm,
    isCreated,
    isDestroyed,
    isDirty,
  };
};
const slotOf = ([original, current, isWarm]: SlotTuple) => ({ original, current, isWarm });

const keyOf = (kind: Kind, owner: Address, slot: bigint): Hash =>
  keccak256(hexToBytes(coder.encode(["uint256", "address", "uint256"], [KINDS[kind], owner, slot])));
const linkOf = (previous: Hash, kind: Kind, owner: Address, slot: bigint): Hash =>
  keccak256(
    hexToBytes(coder.encode(["bytes32", "uint256", "address", "uint256"], [previous, KINDS[kind], owner, slot])),
  );

/** An overlay as docs/machine.md §4 defines it, by recursion over all of its entries. */
type Entries = ReadonlyMap<Hash, string>;
const bitOf = (key: Hash, depth: number) => Number((BigInt(key) >> BigInt(255 - depth)) & 1n);
const leafOf = (key: Hash, valueHash: Hash) =>
  keccak256(hexToBytes(coder.encode(["uint256", "bytes32", "bytes32"], [1, key, valueHash])));
const hashOf = (value: string) => keccak256(hexToBytes(value));

function rootOf(entries: Entries, depth = 0): Hash {
  const [first] = entries;
  if (first === undefined) return ZERO_HASH;
  if (entries.size === 1) return leafOf(first[0], hashOf(first[1]));
  const side = (bit: number) =>
    hexToBytes(rootOf(new Map([...entries].filter(([key]) => bitOf(key, depth) === bit)), depth + 1));
  return bytesToHex(nodeOf(side(0), side(1)));
}

function openingOf(entries: Entries, key: Hash): OverlayOpening {
  const siblings: Hash[] = [];
  let here = entries;
  for (let depth = 0; here.size > 1; depth += 1) {
    const bit = bitOf(key, depth);
    const side = (wanted: number) => new Map([...here].filter(([each]) => bitOf(each, depth) === wanted));
    siblings.push(rootOf(side(1 - bit), depth + 1));
    here = side(bit);
  }
  const [end] = here;
  if (end === undefined) return { siblings, value: "0x", otherKey: ZERO_HASH, otherValue: ZERO_HASH };
  if (end[0] === key) return { siblings, value: end[1], otherKey: ZERO_HASH, otherValue: ZERO_HASH };
  return { siblings, value: "0x", otherKey: end[0], otherValue: hashOf(end[1]) };
}

const addressOf = (index: number): Address => `0x${(index + 1).toString(16).padStart(40, "0")}`;
const uint256 = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex);
const bool = fc.boolean();
const accountFields = fc.tuple(uint256, uint256, hash, hash, uint256, uint256, bool, bool, bool, bool);
const slotFields = fc.tuple(uint256, uint256, bool);
const place = { owner: fc.nat(5).map(addressOf), slot: fc.bigInt({ min: 0n, max: 3n }) };
const change = fc.oneof(
  fc.record({
    owner: place.owner,
    slot: fc.constant(0n),
    value: accountFields.map((fields): Value => ({ kind: "account", fields })),
  }),
  fc.record({ ...place, value: slotFields.map((fields): Value => ({ kind: "slot", fields })) }),
  fc.record({ ...place, value: uint256.map((fields): Value => ({ kind: "transient", fields })) }),
);

/** Two addresses whose account keys have the first `bits` bits in common, by trying. */
function neighbours(bits: number): [Address, Address] {
  const seen = new Map<bigint, Address>();
  for (let i = 0; ; i += 1) {
    const owner = addressOf(i);
    const prefix = BigInt(keyOf("account", owner, 0n)) >> BigInt(256 - bits);
    const other = seen.get(prefix);
    if (other !== undefined) return [other, owner];
    seen.set(prefix, owner);
  }
}

describe("Overlay, on chain", () => {
  let libraries: MachineLibraries;
  before(async () => {
    ({ libraries } = await deployLibraries());
  });

  const KEY_CHAIN = hashOf("0x01");

  async function modify(
    root: Hash,
    keyChain: Hash,
    owner: Address,
    slot: bigint,
    value: Value,
    opening: OverlayOpening,
  ) {
    const witness = witnessOf({ overlay: [opening] });
    if (value.kind === "account")
      return libraries.modifyAccount(root, keyChain, owner, accountOf(value.fields), witness);
    if (value.kind === "slot") return libraries.modifySlot(root, keyChain, owner, slot, slotOf(value.fields), witness);
    return libraries.modifyTransient(root, keyChain, owner, slot, value.fields, witness);
  }

  /** What Solidity reads at a place: the encoded value, no bytes if absent; a transient slot without entry is 0. */
  async function read(root: Hash, kind: Kind, owner: Address, slot: bigint, opening: OverlayOpening): Promise<string> {
    const witness = witnessOf({ overlay: [opening] });
    if (kind === "account") {
      const [isPresent, account] = await libraries.readAccount(root, owner, witness);
      return isPresent ? coder.encode([ACCOUNT_TYPE], [[...account]]) : "0x";
    }
    if (kind === "slot") {
      const [isPresent, entry] = await libraries.readSlot(root, owner, slot, witness);
      return isPresent ? coder.encode([SLOT_TYPE], [[...entry]]) : "0x";
    }
    const value = await libraries.readTransient(root, owner, slot, witness);
    return value === 0n ? "0x" : coder.encode(["uint256"], [value]);
  }

  it("is the naive tree after any series of insertions and updates, with the chain of the keys inserted", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 14 }), async (changes) => {
        const entries = new Map<Hash, string>();
        let root = ZERO_HASH;
        let keyChain = ZERO_HASH;
        for (const { owner, slot, value } of changes) {
          const key = keyOf(value.kind, owner, slot);
          const wasPresent = entries.has(key);
          const result = await modify(root, keyChain, owner, slot, value, openingOf(entries, key));
          entries.set(key, encode(value));
          const expectedChain = wasPresent ? keyChain : linkOf(keyChain, value.kind, owner, slot);
          expect([...result].slice(0, 3)).to.eql([wasPresent, rootOf(entries), expectedChain]);
          [root, keyChain] = [rootOf(entries), expectedChain];
        }
      }),
      { numRuns: 40 },
    );
  });

  it("reads what was written last, and absence", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 14 }), change, async (changes, asked) => {
        const entries = new Map(
          changes.map(({ owner, slot, value }) => [keyOf(value.kind, owner, slot), encode(value)]),
        );
        const key = keyOf(asked.value.kind, asked.owner, asked.slot);
        const zero = coder.encode(["uint256"], [0]);
        const stored = entries.get(key) ?? "0x";
        const expected = asked.value.kind === "transient" && stored === zero ? "0x" : stored;
        expect(
          await read(rootOf(entries), asked.value.kind, asked.owner, asked.slot, openingOf(entries, key)),
        ).to.equal(expected);
      }),
      { numRuns: 60 },
    );
  });

  it("takes in keys that agree in many bits", async () => {
    const [first, second] = neighbours(28);
    const account: AccountTuple = [1n, 2n, ZERO_HASH, ZERO_HASH, 0n, 0n, true, false, false, true];
    const entries = new Map<Hash, string>();
    let root = ZERO_HASH;
    for (const owner of [first, addressOf(90), second, first]) {
      const key = keyOf("account", owner, 0n);
      const value: Value = { kind: "account", fields: account };
      const result = await modify(root, ZERO_HASH, owner, 0n, value, openingOf(entries, key));
      entries.set(key, encode(value));
      root = rootOf(entries);
      expect(result[1]).to.equal(root);
    }
    expect(openingOf(entries, keyOf("account", first, 0n)).siblings.length).to.be.at.least(29);
  });

  describe("a forged opening", () => {
    const ACCOUNT: AccountTuple = [7n, 8n, ZERO_HASH, ZERO_HASH, 0n, 0n, true, false, false, false];
    const value = encode({ kind: "account", fields: ACCOUNT });
    const entries = new Map(Array.from({ length: 12 }, (_, i) => [keyOf("account", addressOf(i), 0n), value] as const));
    const root = rootOf(entries);
    const present = addressOf(3);
    const absent = addressOf(50);
    const presentKey = keyOf("account", present, 0n);
    const absentKey = keyOf("account", absent, 0n);
    const absence = { value: "0x", otherKey: ZERO_HASH, otherValue: ZERO_HASH };

    async function refused(owner: Address, opening: OverlayOpening, ...names: string[]): Promise<void> {
      const witness = witnessOf({ overlay: [opening] });
      await expectRevert(libraries.readAccount(root, owner, witness), ...names);
      await expectRevert(libraries.modifyAccount(root, KEY_CHAIN, owner, accountOf(ACCOUNT), witness), ...names);
    }

    it("does not make an absent key present", async () => {
      const opening = openingOf(entries, absentKey);
      await refused(absent, { ...opening, ...absence, value }, "OpeningNotProven");
      // With the path of a key that is present.
      for (const key of entries.keys()) await refused(absent, openingOf(entries, key), "OpeningNotProven");
    });

    it("does not make a present key absent by an empty subtree, on its path or a shorter one", async () => {
      const { siblings } = openingOf(entries, presentKey);
      for (let length = 0; length <= siblings.length; length += 1) {
        await refused(present, { siblings: siblings.slice(0, length), ...absence }, "OpeningNotProven");
        await refused(present, { siblings: siblings.slice(siblings.length - length), ...absence }, "OpeningNotProven");
      }
    });

    it("does not make a present key absent by another leaf, on its path or a shorter one", async () => {
      const { siblings } = openingOf(entries, presentKey);
      for (const [key, other] of entries) {
        for (let length = 0; length <= siblings.length; length += 1) {
          await refused(
            present,
            { siblings: siblings.slice(0, length), value: "0x", otherKey: key, otherValue: hashOf(other) },
            "OpeningNotProven",
            "OtherLeafMismatch",
          );
        }
      }
    });

    it("does not pass a node for a leaf", async () => {
      const { siblings } = openingOf(entries, presentKey);
      // The children of the nodes on the path, as if they were a leaf's key and value.
      let below = hexToBytes(leafOf(presentKey, hashOf(value)));
      for (let depth = siblings.length - 1; depth >= 0; depth -= 1) {
        const sibling = hexToBytes(siblings[depth]!);
        const [left, right] = bitOf(presentKey, depth) === 0 ? [below, sibling] : [sibling, below];
        await refused(
          present,
          {
            siblings: siblings.slice(0, depth),
            value: "0x",
            otherKey: bytesToHex(left),
            otherValue: bytesToHex(right),
          },
          "OpeningNotProven",
          "OtherLeafMismatch",
        );
        await refused(
          present,
          { siblings: siblings.slice(0, depth), ...absence, value: bytesToHex(concatBytes([left, right])) },
          "OpeningNotProven",
        );
        below = nodeOf(left, right);
      }
      expect(bytesToHex(below)).to.equal(root);
    });

    it("does not pass a leaf for a node", async () => {
      const opening = openingOf(entries, presentKey);
      const leaf = leafOf(presentKey, hashOf(value));
      for (const more of [ZERO_HASH, leaf, presentKey, hashOf(value)]) {
        const siblings = [...opening.siblings, more];
        await refused(present, { siblings, ...absence }, "OpeningNotProven");
        await refused(present, { ...opening, siblings }, "OpeningNotProven");
      }
    });

    it("does not show the key itself, or a leaf beside its path, in the place of an absent key", async () => {
      const opening = openingOf(entries, presentKey);
      await refused(
        present,
        { ...opening, value: "0x", otherKey: presentKey, otherValue: hashOf(value) },
        "OtherLeafMismatch",
      );
      // A leaf that is where the opening says, but not on the path of the key asked for.
      for (const key of entries.keys()) {
        const there = openingOf(entries, key);
        const agrees =
          there.siblings.length === 0 ||
          BigInt(key) >> BigInt(256 - there.siblings.length) ===
            BigInt(absentKey) >> BigInt(256 - there.siblings.length);
        if (agrees) continue;
        await refused(
          absent,
          { siblings: there.siblings, value: "0x", otherKey: key, otherValue: hashOf(value) },
          "OtherLeafMismatch",
        );
      }
    });

    it("does not change a sibling, a value or what else it shows", async () => {
      const opening = openingOf(entries, presentKey);
      for (let i = 0; i < opening.siblings.length; i += 1) {
        const siblings = opening.siblings.map((sibling, at) => (at === i ? hashOf(sibling) : sibling));
        await refused(present, { ...opening, siblings }, "OpeningNotProven");
        const without = opening.siblings.filter((_, at) => at !== i);
        await refused(present, { ...opening, siblings: without }, "OpeningNotProven");
      }
      const other = encode({ kind: "account", fields: [9n, ...ACCOUNT.slice(1)] as AccountTuple });
      await refused(present, { ...opening, value: other }, "OpeningNotProven");
      await refused(present, { ...opening, value: `${value}00` }, "OpeningNotProven");
      await refused(present, { ...opening, otherKey: absentKey }, "OtherLeafUnexpected");
      await refused(present, { ...opening, otherValue: hashOf("0x") }, "OtherLeafUnexpected");
      const away = openingOf(entries, absentKey);
      await refused(absent, { ...away, otherValue: hashOf("0x") }, "OpeningNotProven", "OtherLeafMismatch");
    });

    it("does not have more siblings than a key has bits", async () => {
      const siblings = new Array<Hash>(257).fill(ZERO_HASH);
      await refused(present, { siblings, ...absence }, "OpeningTooDeep");
      await refused(present, { siblings: siblings.slice(1), ...absence }, "OpeningNotProven");
      await refused(
        present,
        { siblings: siblings.slice(1), ...absence, otherKey: absentKey, otherValue: hashOf("0x") },
        "OtherLeafMismatch",
      );
    });

    it("does not serve for another entry than the one it opened", async () => {
      const witness = witnessOf({ overlay: [openingOf(entries, presentKey)] });
      await expectRevert(
        libraries.writeElsewhere(root, present, addressOf(4), accountOf(ACCOUNT), witness),
        "OpeningNotProven",
      );
      const away = witnessOf({ overlay: [openingOf(entries, absentKey)] });
      await expectRevert(
        libraries.writeElsewhere(root, absent, present, accountOf(ACCOUNT), away),
        "OpeningNotProven",
        "OtherLeafMismatch",
      );
    });

    it("is not made up for by an empty witness", async () => {
      await expectRevert(libraries.readAccount(root, present, witnessOf({})), "WitnessTooShort");
    });
  });

  it("keeps kinds apart, though owner and slot be the same", async () => {
    const owner = addressOf(0);
    const entries = new Map([[keyOf("slot", owner, 0n), encode({ kind: "slot", fields: [1n, 2n, true] })]]);
    const opening = openingOf(entries, keyOf("slot", owner, 0n));
    const witness = witnessOf({ overlay: [opening] });
    await expectRevert(libraries.readAccount(rootOf(entries), owner, witness), "OpeningNotProven");
    await expectRevert(libraries.readTransient(rootOf(entries), owner, 0n, witness), "OpeningNotProven");
    expect([...(await libraries.readSlot(rootOf(entries), owner, 0n, witness))[1]]).to.eql([1n, 2n, true]);
  });

  it("opens and writes a deep entry within the gas it was made for", async () => {
    const siblings = Array.from({ length: 80 }, (_, i) => keccak256(Uint8Array.of(i)));
    const owner = addressOf(1);
    const key = keyOf("account", owner, 0n);
    const account: AccountTuple = [1n, 2n, ZERO_HASH, ZERO_HASH, 0n, 0n, true, false, false, true];
    const value = encode({ kind: "account", fields: account });
    let root = hexToBytes(leafOf(key, hashOf(value)));
    for (let depth = siblings.length - 1; depth >= 0; depth -= 1) {
      const sibling = hexToBytes(siblings[depth]!);
      root = bitOf(key, depth) === 0 ? nodeOf(root, sibling) : nodeOf(sibling, root);
    }
    const opening = { siblings, value, otherKey: ZERO_HASH, otherValue: ZERO_HASH };
    const result = await libraries.modifyAccount(
      bytesToHex(root),
      ZERO_HASH,
      owner,
      accountOf(account),
      witnessOf({ overlay: [opening] }),
    );
    expect(result[1]).to.equal(bytesToHex(root));
    expect(Number(result[3])).to.be.below(50_000);
  });
});
