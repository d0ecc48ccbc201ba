import { existsSync, readFileSync, readdirSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript";

/** What documents may name. Paths are those from the root, with `/`, of files and folders. */
export interface Repository {
  readonly paths: readonly string[];
  /** The scripts of package.json. */
  readonly scripts: ReadonlySet<string>;
  /** Anchors of the headings of a Markdown file. */
  anchors(path: string): ReadonlySet<string>;
  /** Numbers of the sections of a Markdown file and of the files in the folder of the same name. */
  sections(path: string): ReadonlySet<string>;
  /** Titles of the tests in a TypeScript file, `…` for what is put into them. */
  titles(path: string): readonly string[];
}

const NOT_OURS = new Set([
  ...[".git", "node_modules", "artifacts", "cache", "types", "coverage", "data", "deployments"],
  ...["dist", "abi", "verification"],
]);

/** The repository in a folder of the disk. */
export function readRepository(root: string): Repository {
  const paths = listPaths(root, "");
  const read = (path: string): string => readFileSync(posix.join(root, path), "utf8");
  const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Readonly<Record<string, string>> };
  return {
    paths,
    scripts: new Set(Object.keys(scripts)),
    anchors: (path) => (path.endsWith(".md") ? anchorsOf(read(path)) : new Set()),
    sections: (path) => {
      const folder = path.replace(/\.md$/, "/");
      const pages = paths.filter((other) => other === path || (other.startsWith(folder) && other.endsWith(".md")));
      return new Set(pages.flatMap((page) => sectionsOf(read(page))));
    },
    titles: (path) => (existsSync(posix.join(root, path)) ? titlesOf(read(path)) : []),
  };
}

function listPaths(root: string, folder: string): string[] {
  return readdirSync(posix.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (folder === "" && NOT_OURS.has(entry.name)) return [];
    const path = posix.join(folder, entry.name);
    return entry.isDirectory() ? [path, ...listPaths(root, path)] : [path];
  });
}

/**
 * Whether a path ends with these names: documents leave away what is clear, such as `src/machine/`, and the `.test.ts` of
 * a test. A `*` stands for any part of a name, a `/` at the end for a folder.
 */
export function namesPath(repository: Repository, name: string): boolean {
  return pathsNamed(repository, name).length > 0;
}

function pathsNamed({ paths }: Repository, name: string): readonly string[] {
  const parts = name.replace(/\/$/, "").split("*").map(escape);
  const pattern = new RegExp(`(?:^|/)${parts.join("[^/]*")}${name.endsWith("/") ? "" : "(?:\\.test\\.ts)?"}$`);
  const matching = paths.filter((path) => pattern.test(path));
  return name.endsWith("/") ? matching.filter((path) => isFolder(paths, path)) : matching;
}

function isFolder(paths: readonly string[], path: string): boolean {
  return paths.some((other) => other.startsWith(`${path}/`));
}

/** Whether a file of this name has a test of this title, in which `…` stands for anything. */
export function matchesTitle(repository: Repository, name: string, title: string): boolean {
  const pattern = new RegExp(
    `^${title
      .split(/\s*…\s*/)
      .map(escape)
      .join(".*")}$`,
    "s",
  );
  return pathsNamed(repository, name)
    .filter((path) => path.endsWith(".ts"))
    .some((path) => repository.titles(path).some((known) => pattern.test(known)));
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** As GitHub makes them: lower case, hyphens for spaces, no punctuation, a number for what is there twice. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of markdown.matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-");
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

function sectionsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^## (\d+)\. /gm)].map(([, number = ""]) => number);
}

/** The first arguments of calls that are strings: the titles of suites and tests, and of functions that define them. */
export function titlesOf(source: string): readonly string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const [title] = node.arguments;
      if (title !== undefined && ts.isStringLiteralLike(title)) titles.push(title.text);
      else if (title !== undefined && ts.isTemplateExpression(title))
        titles.push([title.head.text, ...title.templateSpans.map((span) => span.literal.text)].join("…"));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("test.ts", source, ts.ScriptTarget.Latest));
  return titles;
}
