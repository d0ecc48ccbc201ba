import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CONFIGURATION = join(ROOT, "tsconfig.package.json");
const SOURCE = join(ROOT, "src");

/**
 * Compiles src/ to JavaScript with declarations into a folder, which is emptied first: Node.js strips no types below node_modules.
 * Throws if the compiler fails, and if the JavaScript names a TypeScript file of its own that would not be found.
 */
export function emitJavaScript(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", CONFIGURATION, "--outDir", folder], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`tsc -p ${relative(ROOT, CONFIGURATION)} failed`);
  // Declarations written by hand are no output of the compiler.
  for (const name of globSync("**/*.d.ts", { cwd: SOURCE })) {
    writeFileSync(join(folder, name), readFileSync(join(SOURCE, name)));
  }
  for (const name of globSync("**/*.{js,d.ts}", { cwd: folder })) {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    const mended = name.endsWith(".js") ? mendFileReferences(text, path) : mendDeclarations(text);
    if (mended !== text) writeFileSync(path, mended);
  }
}

/** The compiler rewrites what is imported; files that are started as threads and processes are named by URLs. */
function mendFileReferences(text: string, path: string): string {
  return text.replace(/new URL\("(\.[^"]+)\.ts", import\.meta\.url\)/g, (_reference: string, name: string) => {
    if (!existsSync(join(dirname(path), `${name}.js`)))
      throw new Error(`${path} names ${name}.ts, which is not compiled`);
    return `new URL("${name}.js", import.meta.url)`;
  });
}

/** Declarations keep the names they import: those of the sources, which are not in the package. */
function mendDeclarations(text: string): string {
  return text.replace(/((?:from |import\()")(\.[^"]+)\.ts"/g, '$1$2.js"');
}
