import { createHash } from "node:crypto";
import { access, constants, mkdir, readFile, realpath, rename, stat, writeFile } from "node:fs/promises";
import { dirname, isAbsolute } from "node:path";
import type { CompilerInput, CompilerOutput } from "hardhat/types/solidity";
import { CHECK_TIMEOUT, compileNatively, solcVersion } from "./run-solc.ts";
import { SOLC_PLACES } from "./solc-candidates.ts";
import type { SolcCandidate } from "./solc-candidates.ts";

/** The compiler that is used, and why. */
export type SolcChoice =
  | { readonly kind: "native"; readonly path: string; readonly longVersion: string }
  | { readonly kind: "webassembly"; readonly reason: string };

export interface SolcCheck {
  /** As in `0.8.37`. */
  readonly version: string;
  /** A small contract whose code a native compiler must give as the reference does. */
  readonly input: CompilerInput;
  /** The compiler in WebAssembly, which is in the npm package of the same version. */
  readonly reference: () => Promise<{ readonly longVersion: string; readonly output: CompilerOutput }>;
  /** File in which the outcomes are kept. */
  readonly memory: string;
}

/** Outcomes by the SHA-256 of the compiler's file and of what it had to compile. */
type Memory = Readonly<Record<string, Outcome>>;

/** Whether the code was the same, of the compiler with this version. */
interface Outcome {
  readonly longVersion: string;
  readonly sameCode: boolean;
}

/**
 * The first candidate that is a compiler of the version and gives the same code as the one in WebAssembly for a small contract. What
 * was compared once is remembered by the file's contents: another file is compared again.
 */
export async function chooseSolc(candidates: readonly SolcCandidate[], check: SolcCheck): Promise<SolcChoice> {
  if (candidates.some(({ path }) => path === "wasm")) {
    return { kind: "webassembly", reason: "ONESTEP_SOLC asks for it" };
  }
  const troubles: string[] = [];
  for (const { path, origin } of candidates) {
    // PATH has folders without a compiler; what is named must be there.
    if (origin !== "ONESTEP_SOLC" && !(await exists(path))) continue;
    try {
      const longVersion = await checkSolc(path, check);
      return { kind: "native", path, longVersion };
    } catch (error) {
      troubles.push(`${path} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const none = `no native solc ${check.version} in ${SOLC_PLACES}`;
  return { kind: "webassembly", reason: troubles.length === 0 ? none : [...new Set(troubles)].join("; ") };
}

/** The compiler's full version. Throws an Error that says, after the compiler's name, what is wrong with it. */
async function checkSolc(path: string, check: SolcCheck): Promise<string> {
  if (!isAbsolute(path)) throw new Error("is no absolute path");
  if (!(await exists(path))) throw new Error("does not exist");
  if (!(await stat(path)).isFile()) throw new Error("is no file");
  await access(path, constants.X_OK).catch(() => {
    throw new Error("cannot be executed");
  });
  const longVersion = await solcVersion(path);
  if (!longVersion.startsWith(`${check.version}+`)) {
    throw new Error(`is version ${longVersion}, not ${check.version}`);
  }
  const key = await keyOf(path, check.input);
  const memory = await readMemory(check.memory);
  let outcome = memory[key];
  if (outcome?.longVersion !== longVersion) {
    outcome = await compare(path, longVersion, check);
    await writeMemory(check.memory, { ...memory, [key]: outcome });
  }
  if (!outcome.sameCode) throw new Error("gives other code than the compiler in WebAssembly");
  return longVersion;
}

async function compare(path: string, longVersion: string, check: SolcCheck): Promise<Outcome> {
  const output = await compileNatively(path, check.input, CHECK_TIMEOUT);
  const reference = await check.reference();
  const code = codeOf(reference.output);
  if (code === undefined) throw new Error(`cannot be compared: the compiler in WebAssembly failed`);
  return { longVersion, sameCode: longVersion === reference.longVersion && codeOf(output) === code };
}

/** Everything that is deployed or asked for by a node; undefined if there is none. */
function codeOf({ contracts = {} }: CompilerOutput): string | undefined {
  const code = Object.entries(contracts).flatMap(([source, compiled]) =>
    Object.entries(compiled).map(([name, { abi, evm }]) => [
      `${source}:${name}`,
      abi,
      evm?.bytecode?.object,
      evm?.deployedBytecode?.object,
    ]),
  );
  const isThere = code.some(([, , bytecode]) => typeof bytecode === "string" && bytecode !== "");
  return isThere
    ? JSON.stringify(code.sort(([left], [right]) => String(left).localeCompare(String(right))))
    : undefined;
}

async function keyOf(path: string, input: CompilerInput): Promise<string> {
  const hash = createHash("sha256");
  hash.update(await readFile(await realpath(path)));
  return hash.update("\0").update(JSON.stringify(input)).digest("hex");
}

async function readMemory(file: string): Promise<Memory> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Memory;
  } catch {
    return {};
  }
}

async function writeMemory(file: string, memory: Memory): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(memory, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
