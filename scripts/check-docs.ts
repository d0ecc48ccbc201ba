// Checks that what documents name exists: files, tests and their titles, scripts, links, and sections that comments cite.
// Ends with code 1 if anything does not. Part of `npm run lint`.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { checkDocument, checkSource } from "./check-docs/check-document.ts";
import { readRepository } from "./check-docs/repository.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const repository = readRepository(root);

const isDocument = (path: string): boolean => path === "README.md" || /^docs\/.*\.md$/.test(path);
const isSource = (path: string): boolean =>
  /^(?:src|contracts|test|scripts|benchmarks|deploy)\/.*\.(?:ts|sol)$/.test(path);

let problems = 0;
for (const path of repository.paths) {
  const check = isDocument(path) ? checkDocument : isSource(path) ? checkSource : undefined;
  if (check === undefined) continue;
  for (const { line, message } of check({ path, text: readFileSync(root + path, "utf8") }, repository)) {
    console.error(`${path}:${line}: ${message}`);
    problems++;
  }
}
if (problems > 0) process.exitCode = 1;
