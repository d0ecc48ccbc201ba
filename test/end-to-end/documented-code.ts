import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Endpoints of a devnet. */
export interface Endpoints {
  readonly l1: string;
  readonly l2: string;
}

/** The code block that follows a heading of a document, as a program of this checkout that uses these endpoints. */
export function documentedCode(
  document: string,
  heading: string,
  language: "ts" | "sh",
  { l1, l2 }: Endpoints,
): string {
  const text = readFileSync(`${root}${document}`, "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  const code = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "ms").exec(section ?? "")?.[1];
  if (code === undefined) throw new Error(`${document} has no ${language} block under ${heading}`);
  return code
    .replaceAll("http://127.0.0.1:8545", l1)
    .replaceAll("http://127.0.0.1:9545", l2)
    .replaceAll('"onestep/hardhat"', JSON.stringify(pathToFileURL(`${root}src/hardhat/index.ts`).href))
    .replaceAll('"onestep"', JSON.stringify(pathToFileURL(`${root}src/client/index.ts`).href));
}

/** The `npx onestep …` lines of these names under a heading of a document, each as its arguments. Lines with a `…` in them are left out. */
export function documentedCommands(
  document: string,
  heading: string,
  names: readonly string[],
): readonly (readonly string[])[] {
  const text = readFileSync(`${root}${document}`, "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^npx onestep ([^#\n]*)/gm)]
    .map(([, line]) => line!.trim().split(/\s+/))
    .filter(([name = "", ...args]) => names.includes(name) && !args.some((arg) => arg.includes("…")));
}

/** The `cast …` commands under a heading of a document, for a shell, with these endpoints and this key. */
export function documentedCastCommands(
  document: string,
  heading: string,
  { l1, l2 }: Endpoints,
  privateKey: string,
): readonly string[] {
  const text = readFileSync(`${root}${document}`, "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^cast (?:[^\n]*\\\n)*[^\n]*/gm)].map(([command]) =>
    command
      .replaceAll("http://127.0.0.1:8545", l1)
      .replaceAll("http://127.0.0.1:9545", l2)
      .replaceAll("0x…", privateKey),
  );
}
