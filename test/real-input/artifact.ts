import { createRequire } from "node:module";
import type { Abi } from "viem";
import type { Hex } from "../../src/primitives/index.ts";

const require = createRequire(import.meta.url);

/** A contract as an npm package publishes it: nothing in it is changed but the library addresses it leaves open. */
export interface Artifact {
  readonly name: string;
  readonly abi: Abi;
  readonly bytecode: string;
  /** Libraries to link: source name → library → byte positions. */
  readonly linkReferences: Readonly<
    Record<string, Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>>
  >;
  /** Folder or package path the artifact came from, for finding its libraries. */
  readonly path: string;
}

interface PublishedArtifact {
  readonly abi: Abi;
  readonly bytecode: string;
  readonly linkReferences?: Artifact["linkReferences"];
}

/** Loads `path` (an npm package path of a Hardhat or Truffle-like artifact) unmodified. */
export function loadArtifact(path: string): Artifact {
  const published = require(path) as PublishedArtifact;
  const bytecode = published.bytecode.startsWith("0x") ? published.bytecode : `0x${published.bytecode}`;
  const name = path.slice(path.lastIndexOf("/") + 1, -".json".length);
  return { name, abi: published.abi, bytecode, linkReferences: published.linkReferences ?? {}, path };
}

/** The artifact's creation code with `addresses` (by library name) put in. */
export function linkBytecode(artifact: Artifact, addresses: ReadonlyMap<string, string>): Hex {
  let code = artifact.bytecode;
  for (const libraries of Object.values(artifact.linkReferences)) {
    for (const [library, positions] of Object.entries(libraries)) {
      const address = addresses.get(library);
      if (address === undefined)
        throw new Error(`${artifact.name} needs the library ${library}, which is not deployed`);
      for (const { start, length } of positions) {
        const from = 2 + 2 * start;
        code = code.slice(0, from) + address.slice(2).toLowerCase() + code.slice(from + 2 * length);
      }
    }
  }
  return code as Hex;
}
