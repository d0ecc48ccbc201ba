import { homedir, availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { definePlugin } from "hardhat/plugins";
import type { HardhatPlugin } from "hardhat/types/plugins";
import type { HookContext, SolidityHooks } from "hardhat/types/hooks";
import type { BuildOptions, Compiler, CompilationJob, CompilerInput } from "hardhat/types/solidity";
import { checkInput } from "./check-input.ts";
import { chooseSolc } from "./choose-solc.ts";
import type { SolcChoice } from "./choose-solc.ts";
import { compilationKey, openCompilationOutputs } from "./compilation-outputs.ts";
import { compileNatively } from "./run-solc.ts";
import { solcCandidates } from "./solc-candidates.ts";

/** Bytes for one compiler in WebAssembly: the one that takes most, with the tests together, was measured to take 784 MB. */
const COMPILER_MEMORY = 2 ** 30;

/** What is known of a build that is under way. */
interface Progress {
  readonly total: number;
  /** Names of what is compiled, by the key of its compilation. */
  readonly names: ReadonlyMap<string, string>;
  done: number;
}

/**
 * Compiles on all processors at once, with a native compiler where there is one that gives the same code, says how far it is, and
 * goes on where a build was interrupted. What it must remember is in the folder `cache`.
 */
export function compilerPlugin(cache: string): HardhatPlugin {
  const outputs = openCompilationOutputs(join(cache, "compilation-outputs"));
  let choice: Promise<SolcChoice> | undefined;
  let progress: Progress | undefined;

  const handlers: Partial<SolidityHooks> = {
    async build(context, rootFilePaths, options, next) {
      const quick = { ...options, concurrency: options?.concurrency ?? concurrency() };
      if (options?.quiet !== true) progress = await expectedProgress(context, rootFilePaths, options);
      if (progress !== undefined && choice !== undefined) say(describe(await choice));
      try {
        const results = await next(context, rootFilePaths, quick);
        if (context.solidity.isSuccessfulBuildResult(results)) {
          const failed = [...results.values()].some(({ type }) => type === "BUILD_FAILURE");
          if (!failed) await outputs.clear();
        }
        return results;
      } finally {
        progress = undefined;
      }
    },

    async getCompiler(context, config, next) {
      const reference = async (): Promise<Compiler> => next(context, config);
      choice ??= choose(config.version, {
        settings: config.settings as CompilerInput["settings"],
        memory: join(cache, "native-solc.json"),
        reference,
      });
      const chosen = await choice;
      if (chosen.kind === "webassembly") return reference();
      const { path, longVersion } = chosen;
      return {
        version: config.version,
        longVersion,
        compilerPath: path,
        isSolcJs: false,
        compile: (input) => compileNatively(path, input),
      };
    },

    async invokeSolc(context, compiler, input, config, next) {
      const key = compilationKey(compiler, input);
      const startedAt = Date.now();
      let output = await outputs.read(key);
      const isKept = output !== undefined;
      if (output === undefined) {
        output = await next(context, compiler, input, config);
        if (!output.errors?.some(({ severity }) => severity === "error")) await outputs.write(key, output);
      }
      if (progress !== undefined) {
        progress.done++;
        const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
        const name = progress.names.get(key) ?? "more";
        say(
          `compiled ${progress.done} of ${progress.total}: ${name} (${isKept ? "kept from before" : `${seconds} s`})`,
        );
      }
      return output;
    },
  };
  return definePlugin({
    id: "onestep-compiler",
    hookHandlers: { solidity: async () => ({ default: async () => handlers }) },
  });
}

/** As many as there are processors, if there is memory for so many compilers. */
function concurrency(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / COMPILER_MEMORY)));
}

/** What a build will compile; undefined if nothing, or if that fails, which the build itself will report. */
async function expectedProgress(
  { solidity }: HookContext,
  rootFilePaths: readonly string[],
  options: BuildOptions | undefined,
): Promise<Progress | undefined> {
  const { cleanupArtifacts: _, ...jobOptions } = options ?? {};
  const result = await solidity.getCompilationJobs([...rootFilePaths], { ...jobOptions, quiet: true });
  if (!result.success) return undefined;
  const jobs = new Set(result.compilationJobsPerFile.values());
  if (jobs.size === 0) return undefined;
  const names = await Promise.all([...jobs].map(async (job) => [await keyOf(job), nameOf(job)] as const));
  return { total: jobs.size, names: new Map(names), done: 0 };
}

async function keyOf(job: CompilationJob): Promise<string> {
  return compilationKey({ longVersion: job.solcLongVersion }, await job.getSolcInput());
}

function nameOf({ dependencyGraph }: CompilationJob): string {
  const [first = "", ...others] = dependencyGraph.getRoots().keys();
  return others.length === 0 ? first : `${others.length + 1} files together`;
}

async function choose(
  version: string,
  {
    settings,
    memory,
    reference,
  }: {
    readonly settings: CompilerInput["settings"];
    readonly memory: string;
    readonly reference: () => Promise<Compiler>;
  },
): Promise<SolcChoice> {
  const { platform, env: environment } = process;
  const candidates = solcCandidates(version, { platform, environment, home: homedir() });
  const input = checkInput(settings);
  return chooseSolc(candidates, {
    version,
    input,
    memory,
    reference: async () => {
      const compiler = await reference();
      return { longVersion: compiler.longVersion, output: await compiler.compile(input) };
    },
  });
}

function describe(choice: SolcChoice): string {
  return choice.kind === "native"
    ? `compiling with native solc ${choice.longVersion}, ${choice.path}`
    : `compiling with solc in WebAssembly: ${choice.reason}`;
}

/** The line that Hardhat's spinner draws is drawn again below. */
function say(line: string): void {
  process.stdout.write(`${process.stdout.isTTY ? "\r\u001b[K" : ""}${line}\n`);
}
