import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";

/** Writes a report in Markdown, in the project's style. */
export async function writeReport(file: URL, markdown: string): Promise<void> {
  const path = fileURLToPath(file);
  writeFileSync(path, await format(markdown, { ...(await resolveConfig(path)), parser: "markdown" }));
}
