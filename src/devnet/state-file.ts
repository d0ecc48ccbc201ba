import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { z } from "zod";
import { DATABASE_VERSION } from "../storage/index.ts";
import type { NodeDatabase } from "../storage/index.ts";
import { openL1Journal } from "./l1-journal.ts";

/** A state file, or a folder that is to become one, is not what it should be; the message names it and says what was expected. */
export class StateFileError extends Error {
  override readonly name = "StateFileError";
}

/** What a state file says of the devnet it was made of. */
export interface StateFileInfo {
  readonly l1ChainId: number;
  readonly l2ChainId: number;
}

const FORMAT = "onestep-devnet-state";
/** Raised with any change that older software could not read. */
const VERSION = 1;

/** Bytes of all files together: they are held in memory. */
const MAXIMUM_BYTES = 1024 ** 3;
const MAXIMUM_HEADER_BYTES = 4_096;

/** The parts of a data directory that make a devnet, in the order in which they stand in the file. */
export const L1_JOURNAL = "l1.jsonl";
export const ROLLUP_CONFIG = "rollup.json";
export const NODE_FOLDER = "node";
const DATABASE_FILE = "data.mdb";
const PARTS = [L1_JOURNAL, ROLLUP_CONFIG, DATABASE_FILE] as const;
type Contents = Readonly<Record<(typeof PARTS)[number], Uint8Array>>;

const headerSchema = z.object({
  format: z.literal(FORMAT),
  version: z.int(),
  databaseVersion: z.int(),
  l1ChainId: z.int().positive(),
  l2ChainId: z.int().positive(),
  /** Of each part, before compression. */
  bytes: z.tuple([z.int().nonnegative(), z.int().nonnegative(), z.int().nonnegative()]),
  /** Of what follows the header. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const genesisLineSchema = z.looseObject({
  chainId: z.int().positive(),
  fork: z.looseObject({ url: z.string() }).optional(),
});
const configSchema = z.looseObject({ genesis: z.looseObject({ chainId: z.int().positive() }) });

/**
 * Both layers of a running devnet in one file: L1's blocks, the configuration, and the node's database with its unposted blocks, its pool
 * and what its roles know. The database is taken first: L1 may be ahead of it, as it is for a node that was killed.
 */
export async function dumpRunning(folder: string, database: Pick<NodeDatabase, "backup">): Promise<Uint8Array> {
  const scratch = mkdtempSync(join(tmpdir(), "onestep-dump-"));
  try {
    const copy = join(scratch, DATABASE_FILE);
    await database.backup(copy);
    return await pack({
      [DATABASE_FILE]: readFileSync(copy),
      [L1_JOURNAL]: readFileSync(join(folder, L1_JOURNAL)),
      [ROLLUP_CONFIG]: readFileSync(join(folder, ROLLUP_CONFIG)),
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** As {@link dumpRunning} of the data directory of a devnet that does not run. @throws StateFileError if it is none, or one runs */
export async function dumpFolder(folder: string): Promise<Uint8Array> {
  const paths = [
    join(folder, L1_JOURNAL),
    join(folder, ROLLUP_CONFIG),
    join(folder, NODE_FOLDER, DATABASE_FILE),
  ] as const;
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined)
    throw new StateFileError(`${folder} is no data directory of a devnet: ${missing} is missing`);
  const [journal, config, database] = paths;
  const opened = await openL1Journal(journal).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StateFileError(`${reason}; of a devnet that runs, take the state with --rpc-url`);
  });
  try {
    return await pack({
      [L1_JOURNAL]: readFileSync(journal),
      [ROLLUP_CONFIG]: readFileSync(config),
      [DATABASE_FILE]: readFileSync(database),
    });
  } finally {
    opened.close();
  }
}

/**
 * Makes a data directory of a state file. @throws StateFileError if the folder holds a devnet already, or the file is not a whole state
 * file of this version
 */
export async function restoreState(path: string, folder: string): Promise<StateFileInfo> {
  const present = [L1_JOURNAL, ROLLUP_CONFIG, NODE_FOLDER].find((name) => existsSync(join(folder, name)));
  if (present !== undefined) {
    throw new StateFileError(
      `${folder} holds a devnet already (${present}): restore into another folder, or remove it`,
    );
  }
  const { info, contents } = await unpack(readStateFile(path), path);
  mkdirSync(join(folder, NODE_FOLDER), { recursive: true });
  writeFileSync(join(folder, NODE_FOLDER, DATABASE_FILE), contents[DATABASE_FILE]);
  writeFileSync(join(folder, ROLLUP_CONFIG), contents[ROLLUP_CONFIG]);
  writeFileSync(join(folder, L1_JOURNAL), contents[L1_JOURNAL]);
  return info;
}

function readStateFile(path: string): Uint8Array {
  let size: number;
  try {
    size = statSync(path).size;
  } catch (error) {
    throw new StateFileError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (size > MAXIMUM_BYTES)
    throw new StateFileError(`${path}: expected at most ${MAXIMUM_BYTES} bytes, it has ${size}`);
  return readFileSync(path);
}

async function pack(given: Contents): Promise<Uint8Array> {
  const { journal, l1ChainId } = publicJournal(given[L1_JOURNAL]);
  const contents: Contents = { ...given, [L1_JOURNAL]: journal };
  const { genesis } = configSchema.parse(JSON.parse(Buffer.from(contents[ROLLUP_CONFIG]).toString("utf8")));
  const bytes = PARTS.map((part) => contents[part].length);
  const sum = bytes.reduce((total, length) => total + length, 0);
  if (sum > MAXIMUM_BYTES) throw new StateFileError(`expected a devnet of at most ${MAXIMUM_BYTES} bytes, got ${sum}`);
  const body = await promisify(gzip)(Buffer.concat(PARTS.map((part) => contents[part])));
  const header = {
    format: FORMAT,
    version: VERSION,
    databaseVersion: DATABASE_VERSION,
    l1ChainId,
    l2ChainId: genesis.chainId,
    bytes,
    sha256: createHash("sha256").update(body).digest("hex"),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]);
}

/** A journal's whole lines, without what is secret in the address of a chain that was forked. */
function publicJournal(journal: Uint8Array): { readonly journal: Uint8Array; readonly l1ChainId: number } {
  const whole = Buffer.from(journal).subarray(0, journal.lastIndexOf(0x0a) + 1);
  const end = whole.indexOf(0x0a);
  const genesis = genesisLineSchema.parse(JSON.parse(whole.subarray(0, end).toString("utf8")));
  const { fork, chainId } = genesis;
  if (fork === undefined) return { journal: whole, l1ChainId: chainId };
  const first = JSON.stringify({ ...genesis, fork: { ...fork, url: new URL(fork.url).origin } });
  return { journal: Buffer.concat([Buffer.from(first), whole.subarray(end)]), l1ChainId: chainId };
}

async function unpack(
  file: Uint8Array,
  path: string,
): Promise<{ readonly info: StateFileInfo; readonly contents: Contents }> {
  const fail = (what: string): never => {
    throw new StateFileError(`${path} ${what}`);
  };
  // 1. What does it say it is?
  const end = file.subarray(0, MAXIMUM_HEADER_BYTES).indexOf(0x0a);
  const header = headerSchema.safeParse(
    parseJson(Buffer.from(file.subarray(0, Math.max(end, 0))).toString("utf8")),
  ).data;
  if (header === undefined) return fail("is no state of a devnet: expected a file of onestep devnet snapshot");
  if (header.version !== VERSION || header.databaseVersion !== DATABASE_VERSION) {
    fail(
      `is of version ${header.version}.${header.databaseVersion}, this software reads version ${VERSION}.${DATABASE_VERSION}`,
    );
  }

  // 2. Is it whole?
  const body = file.subarray(end + 1);
  if (createHash("sha256").update(body).digest("hex") !== header.sha256) {
    fail("is cut short or changed: its checksum is another");
  }
  const sum = header.bytes.reduce((total, length) => total + length, 0);
  if (sum > MAXIMUM_BYTES) fail(`holds ${sum} bytes, expected at most ${MAXIMUM_BYTES}`);
  // So that no file makes more of itself than it says.
  const whole = await promisify(gunzip)(body, { maxOutputLength: Math.max(1, sum) }).catch(() =>
    fail(`is not what it says: expected ${sum} bytes of content`),
  );
  if (whole.length !== sum) fail(`is not what it says: expected ${sum} bytes of content, it has ${whole.length}`);

  // 3. Take it apart.
  const [journal, config] = header.bytes;
  return {
    info: { l1ChainId: header.l1ChainId, l2ChainId: header.l2ChainId },
    contents: {
      [L1_JOURNAL]: whole.subarray(0, journal),
      [ROLLUP_CONFIG]: whole.subarray(journal, journal + config),
      [DATABASE_FILE]: whole.subarray(journal + config),
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
