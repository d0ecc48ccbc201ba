import { readFileSync } from "node:fs";
import { globSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect } from "chai";

/**
 * The folders of src/ in the order of docs/architecture.md: a folder imports from those above it only. Those of one line
 * do not import each other.
 */
const ORDER: readonly (readonly string[])[] = [
  ["primitives", "concurrency", "metrics"],
  ["ethereum"],
  ["rollup"],
  ["batch"],
  ["machine"],
  ["execution"],
  ["reference"],
  ["derivation"],
  ["storage"],
  ["l1"],
  ["node"],
  ["traces"],
  ["claims"],
  ["sequencer", "batcher", "proposer", "challenger", "feed", "withdrawals"],
  ["deployment"],
  ["rpc"],
  ["roles"],
  ["devnet"],
  ["client"],
  ["cli"],
  ["hardhat"],
  ["package"],
];

const files = globSync("src/**/*.ts").map(normalize);

/** What each file imports or re-exports of src/, types included. */
const imports = new Map(
  files.map((file) => {
    const specifiers = readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+\.ts)"/g);
    return [file, [...specifiers].map(([, specifier]) => normalize(join(dirname(file), specifier!)))] as const;
  }),
);

const folderOf = (file: string): string => file.split("/")[1]!;

/** A way from a file back to itself, if there is one. */
function findCircle(): readonly string[] | undefined {
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): readonly string[] | undefined => {
    if (finished.has(file)) return undefined;
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    path.push(file);
    for (const imported of imports.get(file) ?? []) {
      const circle = visit(imported);
      if (circle !== undefined) return circle;
    }
    path.pop();
    finished.add(file);
    return undefined;
  };
  for (const file of files) {
    const circle = visit(file);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

describe("The layout of src/", () => {
  it("has no circle of imports, those of types included", () => {
    expect(imports.size).to.be.greaterThan(300);
    expect(findCircle()?.join(" → ")).to.equal(undefined);
  });

  it("has a place for every folder in the order of imports", () => {
    const folders = new Set(files.map(folderOf));
    expect([...folders].sort()).to.eql(ORDER.flat().sort());
  });

  it("has imports that go one way, from a folder to those before it", () => {
    const level = new Map(ORDER.flatMap((folders, index) => folders.map((folder) => [folder, index] as const)));
    const wrong = [...imports].flatMap(([file, imported]) =>
      imported
        .filter((other) => folderOf(other) !== folderOf(file))
        .filter((other) => level.get(folderOf(other))! >= level.get(folderOf(file))!)
        .map((other) => `${file} imports ${other}`),
    );
    expect(wrong).to.eql([]);
  });
});
