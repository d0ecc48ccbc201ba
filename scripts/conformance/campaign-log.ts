import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import type { EntryPlace } from "./protocol.ts";

export type CampaignRecord =
  | { readonly kind: "steps"; readonly entry: string; readonly steps: number }
  | {
      readonly kind: "part";
      readonly entry: string;
      readonly from: number;
      readonly outcome: "passed" | "failed" | "skipped";
      readonly why?: string;
      readonly checked: number;
      readonly pairs: readonly string[];
    };

/** What a campaign has done so far, a line of JSON each: an interrupted campaign goes on where it was. */
export interface CampaignLog {
  readonly records: readonly CampaignRecord[];
  add(record: CampaignRecord): void;
}

/** Names an entry in the log. */
export function entryKey({ path, test, post }: EntryPlace): string {
  return `${path}:${test}:${post}`;
}

/** Opens the log at `path`; a last line that a kill cut short is dropped. */
export function openCampaignLog(path: string): CampaignLog {
  mkdirSync(dirname(path), { recursive: true });
  const records: CampaignRecord[] = [];
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const end = text.lastIndexOf("\n") + 1;
  for (const line of text.slice(0, end).split("\n")) if (line !== "") records.push(JSON.parse(line) as CampaignRecord);
  if (end !== text.length) truncateSync(path, Buffer.byteLength(text.slice(0, end)));
  return {
    records,
    add: (record) => {
      records.push(record);
      appendFileSync(path, `${JSON.stringify(record)}\n`);
    },
  };
}
