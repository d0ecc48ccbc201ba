import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { EntryPlace } from "./protocol.ts";
import { refuse } from "../options.ts";
import { readStateTests } from "./state-tests.ts";

/** A post entry of a state test. */
export interface Entry {
  readonly place: EntryPlace;
  /** File, test and number of the entry, for people. */
  readonly name: string;
}

const STATE_TEST_FILE = /\.(ndjson|jsonl|json)(\.gz)?$/;

/**
 * The Osaka entries of the files at `paths`, and in the folders among them, whose name contains `filter`. Ends the process if a
 * path is not there, or a file holds no state tests.
 */
export function findEntries(paths: readonly string[], filter = ""): Entry[] {
  return paths.flatMap(stateTestFiles).flatMap((path) => {
    try {
      return entriesOf(path).filter(({ name }) => name.includes(filter));
    } catch (error) {
      return refuse(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

function stateTestFiles(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return refuse(`${path}: expected a file or folder of state tests, there is none`);
  if (stat.isFile()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => STATE_TEST_FILE.test(name))
    .sort()
    .map((name) => join(path, name));
}

function entriesOf(path: string): Entry[] {
  return [...readStateTests(path)].flatMap((test, position) =>
    test.post.map((_, post) => ({
      place: { path, test: position, post },
      name: `${basename(path)} ${test.name} #${post}`,
    })),
  );
}
