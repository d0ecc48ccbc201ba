import type { ChainInput, ProvenStep } from "../../../../src/machine/index.ts";
import type { Witness } from "../../../../src/machine/proving/witness.ts";
import { ZERO_ADDRESS, concatBytes } from "../../../../src/primitives/index.ts";
import type { HonestStep } from "./honest-steps.ts";
import { edgeWords, withWord, wordAt } from "./randomness.ts";
import type { Randomness } from "./randomness.ts";

/** A call that differs from an honest one. */
export type Mutant = Pick<ProvenStep, "kind" | "before" | "witness"> & { readonly input: ChainInput };

/** A way to make one. */
export interface Mutation {
  /** What is done, the column of a report: "bit flipped". */
  readonly what: string;
  /** To which part of the witness: "overlay[0].siblings". */
  readonly where: string;
  readonly make: () => Mutant;
}

/** Other steps, from which values come that are right elsewhere. */
export interface Pool {
  readonly all: readonly HonestStep[];
  readonly byGroup: ReadonlyMap<string, readonly HonestStep[]>;
}

export function poolOf(all: readonly HonestStep[]): Pool {
  const byGroup = new Map<string, HonestStep[]>();
  for (const step of all) {
    const group = byGroup.get(step.group);
    if (group === undefined) byGroup.set(step.group, [step]);
    else group.push(step);
  }
  return { all, byGroup };
}

type Part = Uint8Array | readonly Part[] | { readonly [name: string]: Part };
type Path = readonly (string | number)[];

interface Place {
  readonly path: Path;
  readonly value: Part;
}

const WORD = 32;
/** Lists of words: whatever is done to them, they stay whole. */
const WORD_LISTS: ReadonlySet<string | number> = new Set(["stack", "siblings", "appends"]);
/** Words: they stay of this length. */
const WORDS: ReadonlySet<string | number> = new Set(["otherKey", "otherValue"]);

/** Everything that is done to the witness of one step; positions and numbers are drawn from `randomness` when it is done. */
export function mutationsOf(step: HonestStep, pool: Pool, randomness: Randomness): Mutation[] {
  const mutations: Mutation[] = [];
  const { kind, before, input } = step;
  const witness = step.witness as unknown as Part;
  const replace = (what: string, path: Path, value: () => Part): void => {
    const make = () => ({ kind, before, input, witness: setAt(witness, path, value()) as unknown as Witness });
    mutations.push({ what, where: nameOf(path), make });
  };
  const relatives = pool.byGroup.get(step.group) ?? [];
  for (const { path, value } of placesOf(witness, [])) {
    if (value instanceof Uint8Array) {
      for (const [what, change] of bytesMutations(path, value, randomness)) replace(what, path, change);
    } else if (Array.isArray(value)) {
      const items = value as readonly Part[];
      const foreign = () => {
        const list = partAt(randomness.pick(pool.all).witness, path.slice(0, 1)) as readonly Part[];
        // The one list of lists.
        return path.length === 1 ? list : (list as readonly (readonly Part[])[]).flat();
      };
      for (const [what, change] of listMutations(items, foreign, randomness)) replace(what, path, change);
    }
    if (path.length !== 1) continue;
    replace("of another step of the kind", path, () => partAt(randomness.pick(relatives).witness, path));
    replace("of a step of another kind", path, () => partAt(randomness.pick(pool.all).witness, path));
  }
  return [
    ...mutations,
    ...forgedOpenings(step, pool, randomness),
    ...inputMutations(step, pool, randomness),
    ...wholeMutations(step, pool, randomness),
  ];
}

/** The step of another claim, or of another rollup. Which target there is decides whether a batch is begun: nothing to be mutated there. */
function inputMutations(
  { kind, before, witness, input, group }: HonestStep,
  pool: Pool,
  randomness: Randomness,
): Mutation[] {
  const other = (what: string, make: () => Partial<ChainInput>): Mutation => ({
    what,
    where: "input",
    make: () => ({ kind, before, witness, input: { ...input, ...make() } }),
  });
  const inboxes = [
    other("another Inbox", () => ({ inbox: randomness.pick(pool.all).input.inbox })),
    other("no Inbox", () => ({ inbox: ZERO_ADDRESS })),
    other("no Inbox", () => ({ inbox: `0x${Buffer.from(randomness.bytes(20)).toString("hex")}` })),
  ];
  if (group === "start of LoadBatch") return inboxes;
  return [...inboxes, other("another target", () => ({ target: randomness.below(2 ** 31) }))];
}

function wholeMutations(step: HonestStep, pool: Pool, randomness: Randomness): Mutation[] {
  const { kind, before, witness, input } = step;
  const relatives = pool.byGroup.get(step.group) ?? [];
  const otherKind = kind === "start" ? "step" : "start";
  const ofAll = (what: string, make: () => Mutant): Mutation => ({ what, where: "all", make });
  const flipped = (hash: string) =>
    `${hash.slice(0, -1)}${((Number.parseInt(hash.slice(-1), 16) ^ 1) & 15).toString(16)}` as typeof before;
  return [
    ofAll("start for step", () => ({ kind: otherKind, before, witness, input })),
    ofAll("witness of another step of the kind", () => ({
      kind,
      before,
      witness: randomness.pick(relatives).witness,
      input,
    })),
    ofAll("witness of a step of another kind", () => ({
      kind,
      before,
      witness: randomness.pick(pool.all).witness,
      input,
    })),
    ofAll("state before another step of the kind", () => ({
      kind,
      before: randomness.pick(relatives).before,
      witness,
      input,
    })),
    ofAll("state before a step of another kind", () => ({
      kind,
      before: randomness.pick(pool.all).before,
      witness,
      input,
    })),
    ofAll("state after the step", () => ({ kind, before: step.after, witness, input })),
    ofAll("no state", () => ({ kind, before: flipped(before), witness, input })),
    ofAll("two parts exchanged", () => {
      const names = Object.keys(witness).filter(
        (name) => witness[name as keyof Witness] instanceof Uint8Array && name !== "stack",
      ) as (keyof Witness)[];
      const [one, other] = [randomness.pick(names), randomness.pick(names)];
      return { kind, before, witness: { ...witness, [one]: witness[other], [other]: witness[one] }, input };
    }),
  ];
}

/** Presence shown as absence, and the other way round. */
function forgedOpenings({ kind, before, witness, input }: HonestStep, pool: Pool, randomness: Randomness): Mutation[] {
  const openings = pool.all.flatMap((step) => step.witness.overlay).filter(({ value }) => value.length > 0);
  const zero = new Uint8Array(WORD);
  const forge = (index: number, change: () => Partial<Witness["overlay"][number]>): Mutation => ({
    what: "forged presence or absence",
    where: `overlay[${index}]`,
    make: () => {
      const opening = witness.overlay[index] as Witness["overlay"][number];
      return {
        kind,
        before,
        witness: { ...witness, overlay: witness.overlay.with(index, { ...opening, ...change() }) },
        input,
      };
    },
  });
  return witness.overlay.flatMap(({ siblings, value }, index) => {
    const none = { value: new Uint8Array() };
    const shorter = siblings.subarray(0, Math.max(0, siblings.length - WORD));
    const last = siblings.length === 0 ? zero : siblings.slice(-WORD);
    return [
      forge(index, () => ({ ...none, otherKey: zero, otherValue: zero })),
      forge(index, () => ({ ...none, otherKey: randomness.bytes(WORD), otherValue: randomness.bytes(WORD) })),
      forge(index, () => ({ ...none, otherKey: zero, otherValue: last })),
      forge(index, () => ({ ...none, otherKey: last, otherValue: zero, siblings: shorter })),
      forge(index, () => ({ siblings: shorter })),
      forge(index, () => ({ siblings: concatBytes([siblings, zero]) })),
      forge(index, () => ({ siblings: new Uint8Array(WORD * 257) })),
      forge(index, () => ({ value: value.length === 0 ? randomness.pick(openings).value : none.value })),
    ];
  });
}

function bytesMutations(path: Path, value: Uint8Array, randomness: Randomness): [string, () => Uint8Array][] {
  const name = typeof path.at(-1) === "number" ? (path[0] as string) : (path.at(-1) as string);
  const isFixed = WORDS.has(name);
  const unit = WORD_LISTS.has(name) ? WORD : 1;
  const { length } = value;
  const mutations: [string, () => Uint8Array][] = [];
  if (length === 0) {
    mutations.push(["filled", () => randomness.bytes(WORD * (1 + randomness.below(8)))]);
    mutations.push(["filled", () => new Uint8Array(WORD)]);
    return mutations;
  }
  const flip = (position: number) => value.with(position, (value[position] as number) ^ (1 << randomness.below(8)));
  for (const position of new Set([0, length >> 1, length - 1])) mutations.push(["bit flipped", () => flip(position)]);
  mutations.push(["bit flipped", () => flip(randomness.below(length))]);
  mutations.push(["bit flipped", () => flip(randomness.below(length))]);
  mutations.push(["zeroed", () => new Uint8Array(length)]);
  mutations.push(["all ones", () => new Uint8Array(length).fill(0xff)]);
  if (length >= WORD) {
    const edge = (position: number) => withWord(value, position, randomness.pick(edgeWords(wordAt(value, position))));
    for (let draw = 0; draw < 4; draw++) {
      mutations.push(["number at the edge", () => edge(WORD * randomness.below(Math.floor(length / WORD)))]);
    }
  }
  if (isFixed) return mutations;
  mutations.push(["truncated", () => value.subarray(0, length - unit)]);
  mutations.push(["truncated", () => value.subarray(0, Math.floor(length / 2 / unit) * unit)]);
  mutations.push(["truncated", () => value.subarray(unit)]);
  mutations.push(["emptied", () => new Uint8Array()]);
  mutations.push(["extended", () => concatBytes([value, new Uint8Array(unit)])]);
  mutations.push(["extended", () => concatBytes([value, randomness.bytes(WORD)])]);
  mutations.push(["extended", () => concatBytes([new Uint8Array(WORD), value])]);
  mutations.push(["duplicated", () => concatBytes([value, value])]);
  return mutations;
}

function listMutations(
  items: readonly Part[],
  foreign: () => readonly Part[],
  randomness: Randomness,
): [string, () => readonly Part[]][] {
  const mutations: [string, () => readonly Part[]][] = [
    ["foreign items added", () => [...items, ...foreign()]],
    ["foreign items before", () => [...foreign(), ...items]],
  ];
  if (items.length === 0) return mutations;
  const one = () => randomness.below(items.length);
  mutations.push(
    ["emptied", () => []],
    ["item doubled", () => items.flatMap((item, index) => (index === items.length - 1 ? [item, item] : [item]))],
    ["item doubled", () => [items[one()] as Part, ...items]],
    ["item missing", () => items.toSpliced(one(), 1)],
    ["item missing", () => items.slice(0, -1)],
  );
  if (items.length < 2) return mutations;
  mutations.push(
    ["reordered", () => items.toReversed()],
    ["reordered", () => [...items.slice(1), items[0] as Part]],
    ["item in another's place", () => items.with(one(), items[one()] as Part)],
  );
  return mutations;
}

function* placesOf(value: Part, path: Path): Generator<Place> {
  if (path.length > 0) yield { path, value };
  if (value instanceof Uint8Array) return;
  for (const [name, part] of Object.entries(value)) {
    yield* placesOf(part, [...path, Array.isArray(value) ? Number(name) : name]);
  }
}

function partAt(value: unknown, path: Path): Part {
  return path.reduce<unknown>((part, name) => (part as Record<string | number, unknown>)[name], value) as Part;
}

function setAt(value: Part, [name, ...rest]: Path, replacement: Part): Part {
  if (name === undefined) return replacement;
  const part = setAt(partAt(value, [name]), rest, replacement);
  return Array.isArray(value) ? value.with(name as number, part) : { ...value, [name]: part };
}

function nameOf([first, ...rest]: Path): string {
  return [first, ...rest.map((name) => (typeof name === "number" ? "[]" : `.${name}`))].join("");
}
