import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { EntryPlace } from "./protocol.ts";
import { readStateTests } from "./state-tests.ts";

/** A post entry of a state test. */
export interface Entry {
  readonly place: EntryPlace;
  /** File, test and number of the entry, for people. */
  readonly name: string;
}

const STATE_TEST_FILE = /\.(ndjson|jsonl|json)(\.gz)?$/;

/** Files of state tests among `paths` and in the folders among them, sorted. Throws an Error that names a path that is not there. */
export function stateTestFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) throw new Error(`${path}: expected a file or folder of state tests, there is none`);
    if (stat.isFile()) return [path];
    const names = readdirSync(path, { recursive: true, encoding: "utf8" });
    return names
      .filter((name) => STATE_TEST_FILE.test(name))
      .sort()
      .map((name) => join(path, name));
  });
}

/** The Osaka entries of the files at `paths` whose name contains `filter`. */
export function* listEntries(paths: readonly string[], filter = ""): Generator<Entry> {
  for (const path of stateTestFiles(paths)) {
    let position = 0;
    for (const test of readStateTests(path)) {
      for (const post of test.post.keys()) {
        const name = `${basename(path)} ${test.name} #${post}`;
        if (name.includes(filter)) yield { place: { path, test: position, post }, name };
      }
      position++;
    }
  }
}
