import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import type { CompilerInput } from "hardhat/types/solidity";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What a native compiler must compile as the one in WebAssembly does: a small contract of L2 with what it imports. */
export function checkInput(settings: CompilerInput["settings"]): CompilerInput {
  const sources: Record<string, { readonly content: string }> = {};
  const add = (file: string): void => {
    if (file in sources) return;
    const content = readFileSync(posix.join(ROOT, file), "utf8");
    sources[file] = { content };
    for (const [, imported = ""] of content.matchAll(/^import\b[^"]*"([^"]+)";/gm)) {
      add(imported.startsWith(".") ? posix.join(posix.dirname(file), imported) : `node_modules/${imported}`);
    }
  };
  add("contracts/l2/FeeVault.sol");
  const outputSelection = { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } };
  return { language: "Solidity", sources, settings: { ...settings, outputSelection } };
}
