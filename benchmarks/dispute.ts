/**
 * What disputes cost: each move and whole disputes in gas, the challenger's time and memory, and delay and cost against many adversaries.
 * Writes `dispute.md`, a section for each part; a part that is not measured keeps its section.
 */
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { readOptions, refuse } from "../scripts/options.ts";
import { writeReport } from "../scripts/write-report.ts";
import { measureAdversaries } from "./dispute/adversaries.ts";
import { measureMoves } from "./dispute/moves.ts";
import { measureTimes } from "./dispute/times.ts";

/** Each gives its section to what saves it; the dearest after every step of theirs, so that not all is lost if they are ended. */
const PARTS = {
  moves: { title: "Moves", measure: measureMoves },
  times: { title: "The challenger's time and memory", measure: measureTimes },
  adversaries: { title: "Many adversaries", measure: measureAdversaries },
} as const;
type PartName = keyof typeof PARTS;

const HELP = `npm run bench:dispute -- [options]

--only PARTS  measure these alone, divided by commas, and keep the rest of the report: ${Object.keys(PARTS).join(", ")}
--help

The contracts are played on a simulated L1 with Osaka's rules, at production heights. Gas does not depend on the machine; run "times" on one
that is quiet. All of it takes about a quarter of an hour.`;

const { values } = readOptions(HELP, { only: { type: "string", default: Object.keys(PARTS).join(",") } });
const isPart = (name: string): name is PartName => Object.hasOwn(PARTS, name);
const chosen = values.only.split(",").map((name) => {
  if (!isPart(name)) refuse(`--only: expected some of ${Object.keys(PARTS).join(", ")}, got ${name}`);
  return name;
});

const REPORT = new URL("./dispute.md", import.meta.url);
const measuredOn = `_Measured on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.versions.node}._`;

for (const name of chosen) {
  const { title, measure } = PARTS[name];
  const begin = performance.now();
  await measure((section) => write(title, `${measuredOn}\n\n${section}`));
  console.log(`${name}: ${((performance.now() - begin) / 1_000).toFixed(0)} s`);
}
process.exit();

/** What the report has under each of its titles. */
function readSections(): Map<string, string> {
  const text = existsSync(REPORT) ? readFileSync(REPORT, "utf8") : "";
  return new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const end = section.indexOf("\n");
        return [section.slice(0, end), section.slice(end).trim()] as const;
      }),
  );
}

/** Puts a section into the report, and leaves the others as they are now. */
function write(title: string, text: string): Promise<void> {
  const sections = readSections().set(title, text);
  const written = Object.values(PARTS).flatMap((part) => {
    const section = sections.get(part.title);
    return section === undefined ? [] : [`## ${part.title}\n\n${section}`];
  });
  return writeReport(
    REPORT,
    `# Disputes

What [disputes](../docs/disputes.md) cost, measured on the contracts on a simulated L1 with Osaka's rules. Gas is that of receipts. Regenerate with
\`npm run bench:dispute\`, or a part with \`npm run bench:dispute -- --only moves\` (\`times\`, \`adversaries\`).

${written.join("\n\n")}
`,
  );
}
