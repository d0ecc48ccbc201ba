import { formatJson } from "./output.ts";

/** What a command says: to people, or to a script. */
export interface Narration {
  /** Tells how far it is. With `--json` on standard error, so that standard output is one document. */
  say(line: string): void;
  /** The end: the document for scripts, or the lines for people. */
  finish(document: object, lines?: readonly string[]): void;
}

export function narrate(json: boolean): Narration {
  return {
    say(line) {
      if (json) console.error(line);
      else console.log(line);
    },
    finish(document, lines = []) {
      if (json) console.log(formatJson(document));
      else if (lines.length > 0) console.log(lines.join("\n"));
    },
  };
}

/** `1 h 2 min 3 s`, without what is zero. */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return shown.length === 0 ? "0 s" : shown.slice(0, 2).join(" ");
}

/** `2026-01-31 12:00:00 UTC` */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
