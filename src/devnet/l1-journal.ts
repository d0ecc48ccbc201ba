import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { tryLock } from "fs-native-extensions";
import { z } from "zod";

const hex = z.templateLiteral(["0x", z.string()]);
const seconds = z.int().nonnegative();

const genesisSchema = z.object({
  kind: z.literal("genesis"),
  version: z.literal(1),
  chainId: z.int().positive(),
  /** Timestamp of block 0; absent on a fork. */
  timestamp: seconds.optional(),
  /** Wei per gas of block 0; absent on a fork, and where it is the network's own, one gwei. */
  baseFee: z.int().nonnegative().optional(),
  /** The chain this one continues. */
  fork: z.object({ url: z.string(), blockNumber: z.int().nonnegative() }).optional(),
});

const entrySchema = z.discriminatedUnion("kind", [
  genesisSchema,
  z.object({
    kind: z.literal("block"),
    number: z.int().positive(),
    hash: hex,
    timestamp: seconds,
    /** What the wall clock showed, so that a shifted L1 clock keeps its shift over a restart. */
    clock: seconds,
    transactions: z.array(z.union([z.object({ raw: hex }), z.object({ request: z.record(z.string(), z.unknown()) })])),
  }),
  /** A request that changes the state or the next block without a transaction, such as `hardhat_setBalance`. */
  z.object({ kind: z.literal("request"), method: z.string(), params: z.array(z.unknown()) }),
  /** Everything from line `to` (counted from 0) on was undone by `evm_revert`. */
  z.object({ kind: z.literal("revert"), to: z.int().positive() }),
]);

export type L1JournalEntry = z.output<typeof entrySchema>;
export type L1JournalGenesis = z.output<typeof genesisSchema>;

/** An append-only file of what made an L1 chain: one JSON entry a line, on disk before `append` returns. */
export interface L1Journal {
  /** Entries as read when the journal was opened, undone ones left out. The first is the genesis. */
  readonly entries: readonly L1JournalEntry[];
  /** Lines in the file. */
  length(): number;
  append(entry: L1JournalEntry): void;
  close(): void;
}

/** Milliseconds for a predecessor, whose parent was killed, to notice and end. */
const LOCK_PATIENCE = 5_000;

/**
 * Opens or creates a journal, for this process alone. A last line cut short by a crash is dropped: nothing in it was ever
 * answered to a client. Rejects if any other line is not an entry, or if another process has the journal.
 */
export async function openL1Journal(path: string): Promise<L1Journal> {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, existsSync(path) ? "r+" : "w+");
  const deadline = Date.now() + LOCK_PATIENCE;
  while (!tryLock(file)) {
    if (Date.now() > deadline) {
      closeSync(file);
      throw new Error(`${path} is in use by another process`);
    }
    await delay(50);
  }
  const content = readFileSync(file);
  const end = content.lastIndexOf(0x0a) + 1;
  if (end < content.length) ftruncateSync(file, end);
  const lines = content.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
  let entries: { readonly line: number; readonly entry: L1JournalEntry }[] = [];
  lines.forEach((text, line) => {
    const entry = parseEntry(text, `${path}:${line + 1}`);
    if (entry.kind === "revert") entries = entries.filter((earlier) => earlier.line < entry.to);
    else entries.push({ line, entry });
  });
  let length = lines.length;
  let position = end;
  return {
    entries: entries.map(({ entry }) => entry),
    length: () => length,
    append(entry) {
      const bytes = Buffer.from(`${JSON.stringify(entry)}\n`);
      let written = 0;
      while (written < bytes.length) {
        written += writeSync(file, bytes, written, bytes.length - written, position + written);
      }
      fsyncSync(file);
      position += bytes.length;
      length += 1;
    },
    close: () => {
      closeSync(file);
    },
  };
}

function parseEntry(text: string, place: string): L1JournalEntry {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`${place}: not a journal entry: ${text.slice(0, 80)}`);
  }
  const parsed = entrySchema.safeParse(json);
  if (!parsed.success) throw new Error(`${place}: not a journal entry: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
