import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** A package of another rollup's compiled contracts. They are large, and nothing else needs them: so they are no dependency. */
export interface PeerPackage {
  readonly name: string;
  readonly version: string;
  /** As npm has it: sha512 of the archive, in base64. */
  readonly sha512: string;
}

export interface PeerArtifact {
  readonly abi: readonly object[];
  readonly bytecode: string;
}

const run = promisify(execFile);
const folder = fileURLToPath(new URL("../../node_modules/.cache/onestep-peers/", import.meta.url));

/** The contents of a package, fetched from the registry once. Throws if it is not the one that was pinned. */
async function unpacked({ name, version, sha512 }: PeerPackage): Promise<string> {
  const target = join(folder, `${name.replace(/\W+/g, "-")}-${version}`);
  if (existsSync(target)) return target;
  const fetched = `${target}.part`;
  await rm(fetched, { recursive: true, force: true });
  await mkdir(fetched, { recursive: true });
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", fetched, `${name}@${version}`]);
  const archive = join(fetched, stdout.trim());
  const actual = createHash("sha512")
    .update(await readFile(archive))
    .digest("base64");
  if (actual !== sha512) throw new Error(`expected ${name}@${version} of sha512 ${sha512}, got ${actual}`);
  await run("tar", ["-xzf", archive, "-C", fetched]);
  await rm(archive);
  await rename(fetched, target);
  return target;
}

/** A contract of a package, by the path of its artifact, as Hardhat's or Foundry's. */
export async function peerArtifact(of: PeerPackage, path: string): Promise<PeerArtifact> {
  const text = await readFile(join(await unpacked(of), "package", path), "utf8");
  const { abi, bytecode } = JSON.parse(text) as {
    readonly abi: readonly object[];
    readonly bytecode: string | { readonly object: string };
  };
  return { abi, bytecode: typeof bytecode === "string" ? bytecode : bytecode.object };
}
