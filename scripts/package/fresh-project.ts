import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  dependencies: z.record(z.string(), z.string()),
  bin: z.object({ onestep: z.string() }),
  exports: z.record(z.string(), z.union([z.string(), z.object({ types: z.string(), default: z.string() })])),
});
export type PackageManifest = z.output<typeof manifestSchema>;

const lockSchema = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ dev: z.boolean().optional() })),
});

/** The clone's package.json. */
export function readManifest(): PackageManifest {
  return manifestSchema.parse(readJson(join(ROOT, "package.json")));
}

/** `npm pack`, with all that comes before it; gives the package's file in the folder. */
export function packPackage(folder: string): string {
  const output = runNpm(["pack", "--json", "--pack-destination", folder], ROOT);
  // What runs before prints to the same stream.
  const report = z
    .array(z.object({ filename: z.string() }))
    .parse(JSON.parse(output.slice(output.lastIndexOf("\n[\n") + 1)));
  return join(folder, (report[0] as (typeof report)[number]).filename);
}

/**
 * Makes a project that depends on the packed package and on nothing else, and installs it as a user does, with the versions that are
 * locked here: what this clone has installed is in npm's cache, so that nothing is downloaded.
 */
export function installPackage(folder: string, file: string): void {
  const { name, version, dependencies, bin } = readManifest();
  const { packages } = lockSchema.parse(readJson(join(ROOT, "package-lock.json")));
  const project = { name: "fresh", version: "1.0.0", dependencies: { [name]: `file:${file}` } };
  const integrity = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
  const lock = {
    ...{ name: project.name, version: project.version, lockfileVersion: 3, requires: true },
    packages: {
      "": project,
      ...Object.fromEntries(Object.entries(packages).filter(([path, { dev }]) => path !== "" && dev !== true)),
      [`node_modules/${name}`]: { version, resolved: `file:${file}`, integrity, dependencies, bin },
    },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify(project));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  runNpm(["ci", "--prefer-offline", "--no-audit", "--no-fund"], folder);
}

/**
 * As `installPackage`, but in a second: the package is unpacked, and its dependencies are links to those of the clone. A dependency
 * that the package uses and does not declare is not there; that npm finds and installs all of them is not seen.
 */
export function linkPackage(folder: string, file: string): void {
  const { name, dependencies, bin } = readManifest();
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "fresh", version: "1.0.0", type: "module" }));
  const { status, stderr } = spawnSync("tar", ["-xzf", file, "-C", modules], { encoding: "utf8" });
  if (status !== 0) throw new Error(`tar could not unpack ${file}: ${stderr}`);
  renameSync(join(modules, "package"), join(modules, name));
  symlinkSync(join("..", name, bin.onestep), join(modules, ".bin", "onestep"));
  for (const dependency of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, dependency)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", dependency), join(modules, dependency));
  }
}

/** Runs npm and gives what it printed. Throws with all of it if npm fails. */
function runNpm(args: readonly string[], cwd: string): string {
  // npm tells its scripts what is set: one that was started by npm must not take the settings of the other's project.
  const environment = Object.entries(process.env).filter(([key]) => !key.toLowerCase().startsWith("npm_"));
  const { status, stdout, stderr, error } = spawnSync("npm", args, {
    cwd,
    encoding: "utf8",
    env: Object.fromEntries(environment),
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw new Error(`npm cannot be started: ${error.message}`);
  if (status !== 0) throw new Error(`npm ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return stdout;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
