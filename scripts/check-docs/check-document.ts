import { posix } from "node:path";
import { matchesTitle, namesPath } from "./repository.ts";
import type { Repository } from "./repository.ts";

/** A document or a source file: its path from the root of the repository, and what it says. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Something a file says that is not so. */
export interface Problem {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

/** Characters of a row of a table, beyond which what it says is easier to read as a list. */
export const LONGEST_TABLE_ROW = 160;

const FENCED_BLOCK = /^ *```.*\n(?:.*\n)*? *```$/gm;
const CODE = /`([^`\n]+)`/g;
const PATH_WITH_FOLDER = /^[\w.@*-]+(?:\/[\w.@*-]+)*\/[\w.@*-]*$/;
const FILE_NAME = /^[\w.*-]+\.(?:ts|js|sol|md|json)$/;
const TITLES = /`([^`\n]+)`((?:,?\s+“[^”]+”)+)/g;
const LINK = /\]\(([^)\s]+)\)/g;
const SCRIPT = /\bnpm (?:run ([\w:-]+)|(test|start)\b)/g;
const LIST_ITEM = /^\s*(?:[-*+]|\d+[.)])\s/;
const SENTENCE_END = /[.:;!?…]["”)*_`]*$/;
const NO_COMMENT = /^(?!\s*(?:\/\/|\/?\*)).*$/gm;
const PATH_IN_SOURCE = /(?<![\w/.@-])(?:src|contracts|test|scripts|benchmarks|docs)\/[\w*-]+(?:[/.][\w*-]+)*/g;
const CITED_SECTIONS = /(docs\/[\w/-]+\.md)((?:,?[\s*/]+§\d+(?:–§?\d+)?)+)/g;

/**
 * What a Markdown document says of this repository that is not so: paths in `code` and in links, anchors, titles of tests
 * (“in such quotes” behind a path in code), scripts of npm. Besides, two things that the formatter spoils: rows of tables
 * that are too long to read, and lists that nothing introduces, which once were formulas with a sign at the begin of a line.
 */
export function checkDocument(document: TextFile, repository: Repository): readonly Problem[] {
  // Line breaks stay, so that places do.
  const prose = document.text.replace(FENCED_BLOCK, (block) => block.replace(/[^\n]/g, ""));
  return [
    ...checkPaths(prose, repository),
    ...checkLinks(document.path, prose, repository),
    ...checkTitles(prose, repository),
    ...checkScripts(document.text, repository),
    ...checkLayout(prose),
  ].sort((left, right) => left.line - right.line);
}

/** Paths of this repository, and sections of its documents, that comments of a source file name and that do not exist. */
export function checkSource(source: TextFile, repository: Repository): readonly Problem[] {
  const text = source.text.replace(NO_COMMENT, "");
  const problems: Problem[] = [];
  for (const { 0: name, index } of text.matchAll(PATH_IN_SOURCE)) {
    if (!namesPath(repository, name)) problems.push({ line: lineAt(text, index), message: `there is no ${name}` });
  }
  for (const { 1: document = "", 2: sections = "", index } of text.matchAll(CITED_SECTIONS)) {
    for (const [number] of sections.matchAll(/\d+/g)) {
      if (repository.sections(document).has(number)) continue;
      problems.push({ line: lineAt(text, index), message: `${document} has no section ${number}` });
    }
  }
  return problems;
}

function checkPaths(prose: string, repository: Repository): Problem[] {
  const problems: Problem[] = [];
  for (const { 1: name = "", index } of prose.matchAll(CODE)) {
    if (!PATH_WITH_FOLDER.test(name) && !FILE_NAME.test(name)) continue;
    if (!namesPath(repository, name)) problems.push({ line: lineAt(prose, index), message: `there is no ${name}` });
  }
  return problems;
}

function checkLinks(path: string, prose: string, repository: Repository): Problem[] {
  const problems: Problem[] = [];
  for (const { 1: target = "", index } of prose.matchAll(LINK)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [file = "", anchor] = target.split("#");
    const linked = file === "" ? path : posix.join(posix.dirname(path), file).replace(/\/$/, "");
    const line = lineAt(prose, index);
    if (!repository.paths.includes(linked)) problems.push({ line, message: `the link ${target} leads nowhere` });
    else if (anchor !== undefined && !repository.anchors(linked).has(anchor))
      problems.push({ line, message: `${linked} has no heading #${anchor}` });
  }
  return problems;
}

function checkTitles(prose: string, repository: Repository): Problem[] {
  const problems: Problem[] = [];
  for (const { 1: name = "", 2: titles = "", index } of prose.matchAll(TITLES)) {
    for (const [, quoted = ""] of titles.matchAll(/“([^”]+)”/g)) {
      const title = quoted.replace(/\s+/g, " ");
      if (matchesTitle(repository, name, title)) continue;
      problems.push({ line: lineAt(prose, index), message: `${name} has no test “${title}”` });
    }
  }
  return problems;
}

function checkScripts(text: string, repository: Repository): Problem[] {
  return [...text.matchAll(SCRIPT)]
    .filter(([, run, short]) => !repository.scripts.has(run ?? short ?? ""))
    .map(({ 0: command, index }) => ({
      line: lineAt(text, index),
      message: `package.json has no script for ${command}`,
    }));
}

function checkLayout(prose: string): Problem[] {
  const problems: Problem[] = [];
  /** The last line of the paragraph before, if that is what came last. */
  let paragraph: string | undefined;
  for (const [index, content] of prose.split("\n").entries()) {
    const line = index + 1;
    if (content.trim() === "") continue;
    const isTable = content.startsWith("|");
    const isItem = LIST_ITEM.test(content);
    if (isTable && content.length > LONGEST_TABLE_ROW)
      problems.push({ line, message: `a row of a table with ${content.length} characters: make it a list` });
    if (isItem && paragraph !== undefined && !SENTENCE_END.test(paragraph))
      problems.push({
        line,
        message: "a list behind half a sentence: end it with a colon, or write a formula as code",
      });
    paragraph = isTable || isItem || /^(?:#|<| {2})/.test(content) ? undefined : content.trimEnd();
  }
  return problems;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
