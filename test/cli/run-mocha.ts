import { pathToFileURL } from "node:url";
import Mocha from "mocha";

/** What came of the tests of a file, by their titles. */
export interface MochaReport {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly title: string; readonly message: string }[];
}

/** Runs a file of Mocha tests inside this process, which has Hardhat loaded, as `hardhat test mocha` would. */
export async function runMocha(path: string): Promise<MochaReport> {
  const mocha = new Mocha({ ui: "bdd", reporter: class {} as never });
  const names = ["describe", "it", "before", "after", "beforeEach", "afterEach", "context", "specify", "run"];
  const globals = globalThis as Record<string, unknown>;
  const outer = names.map((name) => [name, globals[name]] as const);
  try {
    mocha.suite.emit("pre-require", globalThis as never, path, mocha);
    await import(pathToFileURL(path).href);
  } finally {
    for (const [name, value] of outer) globals[name] = value;
  }
  const passed: string[] = [];
  const failed: { title: string; message: string }[] = [];
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => {
      runner.dispose();
      resolve();
    });
    runner
      .on("pass", ({ title }) => passed.push(title))
      .on("fail", ({ title }, error: Error) => failed.push({ title, message: error.message }));
  });
  return { passed, failed };
}
