import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { CompilerInput, CompilerOutput } from "hardhat/types/solidity";

/** Milliseconds that a compiler has to say its version, and to compile a small contract. */
export const VERSION_TIMEOUT = 10_000;
export const CHECK_TIMEOUT = 60_000;

/**
 * What a native compiler says is its version, as in `0.8.37+commit.f401782d`. Rejects if the file cannot be run, ends with an
 * error or says none.
 */
export async function solcVersion(path: string): Promise<string> {
  const output = await run(path, ["--version"], "", VERSION_TIMEOUT);
  const version = /\d+\.\d+\.\d+\+commit\.[0-9a-f]+/.exec(output);
  if (version === null) throw new Error("does not say which version it is");
  return version[0];
}

/**
 * Has a native compiler compile, given all sources and reading no others. Rejects if it cannot be run, ends with an error or does not
 * answer JSON; errors in the sources are in the output. Without a timeout, milliseconds, it is waited for.
 */
export async function compileNatively(path: string, input: CompilerInput, timeout?: number): Promise<CompilerOutput> {
  const output = await run(path, ["--standard-json", "--no-import-callback"], JSON.stringify(input), timeout);
  try {
    return JSON.parse(output) as CompilerOutput;
  } catch {
    throw new Error("does not answer with JSON");
  }
}

async function run(path: string, args: readonly string[], input: string, timeout?: number): Promise<string> {
  const startedAt = Date.now();
  const child = spawn(path, args, { stdio: ["pipe", "pipe", "pipe"] });
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          child.kill("SIGKILL");
          // Its own children may hold the pipes.
          child.stdout.destroy();
          child.stderr.destroy();
        }, timeout);
  const ended = new Promise<string | undefined>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => resolve(`cannot be run (${error.code ?? error.message})`));
    child.once("exit", (code, signal) =>
      resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`),
    );
  });
  // One that ends without reading its input says why by its exit code.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const outputs = Promise.all([text(child.stdout), text(child.stderr)]).catch(() => ["", ""] as const);
  const [trouble, [output, errors]] = await Promise.all([ended, outputs]);
  clearTimeout(timer);
  if (trouble === undefined) return output;
  if (timeout !== undefined && Date.now() - startedAt >= timeout) {
    throw new Error(`did not answer within ${timeout / 1000} s`);
  }
  const [firstLine] = errors.trim().split("\n");
  throw new Error(firstLine ? `${trouble}: ${firstLine.slice(0, 200)}` : trouble);
}
