import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import type { CompilerInput, CompilerOutput } from "hardhat/types/solidity";
import { chooseSolc, type SolcChoice } from "../../scripts/compiler/choose-solc.ts";
import { solcCandidates } from "../../scripts/compiler/solc-candidates.ts";
import { type SolcWrapper, compilationsOf, writeSolcWrapper as writeWrapper } from "./solc-wrapper.ts";

const solc = createRequire(import.meta.url)("solc") as {
  readonly compile: (input: string) => string;
  readonly version: () => string;
};
const LONG_VERSION = solc.version().replace(/\.Emscripten.*/, "");
const VERSION = LONG_VERSION.replace(/\+.*/, "");

/** One that says the right version unless told otherwise. */
function writeSolcWrapper(folder: string, name: string, wrapper: Partial<SolcWrapper> = {}): string {
  return writeWrapper(folder, name, { version: `${LONG_VERSION}.Linux.g++`, ...wrapper });
}

const input: CompilerInput = {
  language: "Solidity",
  sources: {
    "A.sol": {
      content: `pragma solidity ${VERSION}; contract A { function f() external pure returns (uint256) { return 7; } }`,
    },
  },
  settings: {
    optimizer: { enabled: true },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
  },
};

describe("The native compiler of a clone", function () {
  this.timeout(60_000);
  let folder: string;
  let memory: string;
  let references = 0;
  const referenceOutput = JSON.parse(solc.compile(JSON.stringify(input))) as CompilerOutput;
  /** Answers as the compiler does, without starting it. */
  const answer = `console.log(${JSON.stringify(JSON.stringify(referenceOutput))});`;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "onestep-solc-"));
    memory = join(folder, "memory.json");
    references = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const choose = (...paths: readonly string[]): Promise<SolcChoice> =>
    chooseSolc(
      paths.map((path) => ({ path, origin: "ONESTEP_SOLC" })),
      {
        version: VERSION,
        input,
        memory,
        reference: async () => {
          references++;
          return { longVersion: LONG_VERSION, output: referenceOutput };
        },
      },
    );

  /** Why the compiler in WebAssembly is used, when this is all there is. */
  async function reasonAgainst(path: string): Promise<string> {
    const choice = await choose(path);
    if (choice.kind !== "webassembly") throw new Error(`${path} was chosen`);
    return choice.reason;
  }

  describe("is used", () => {
    it("if it has the version and gives the same code", async () => {
      const path = writeSolcWrapper(folder, "solc");
      expect(await choose(path)).to.eql({ kind: "native", path, longVersion: LONG_VERSION });
      expect(references).to.equal(1);
    });

    it("after one comparison for each file, however often it is asked for", async () => {
      const path = writeSolcWrapper(folder, "solc", { instead: answer });
      for (let time = 0; time < 3; time++) expect((await choose(path)).kind).to.equal("native");
      expect(readFileSync(compilationsOf(path), "utf8")).to.equal("compiled\n");
      expect(references).to.equal(1);
      writeSolcWrapper(folder, "solc", { instead: `${answer} // another build of the same version` });
      expect((await choose(path)).kind).to.equal("native");
      expect(references).to.equal(2);
    });

    it("though those before it are no good", async () => {
      const wrong = writeSolcWrapper(folder, "old", { version: "0.8.36+commit.00000000.Linux.g++" });
      const path = writeSolcWrapper(folder, "solc", { instead: answer });
      expect(await choose(wrong, join(folder, "missing"), path)).to.eql({
        kind: "native",
        path,
        longVersion: LONG_VERSION,
      });
    });
  });

  describe("is not used, and it is said why,", () => {
    it("if there is none", async () => {
      expect(await choose()).to.eql({
        kind: "webassembly",
        reason: `no native solc ${VERSION} in ONESTEP_SOLC, PATH, Hardhat's compilers and svm's`,
      });
    });

    it("if it is of another version", async () => {
      const path = writeSolcWrapper(folder, "solc", { version: "0.8.36+commit.8a079791.Linux.g++" });
      expect(await reasonAgainst(path)).to.equal(`${path} is version 0.8.36+commit.8a079791, not ${VERSION}`);
      expect(existsSync(compilationsOf(path))).to.equal(false);
    });

    it("if it says another commit of the version", async () => {
      const path = writeSolcWrapper(folder, "solc", {
        version: `${VERSION}+commit.00000000.Linux.g++`,
        instead: answer,
      });
      expect(await reasonAgainst(path)).to.equal(`${path} gives other code than the compiler in WebAssembly`);
    });

    it("if it gives other code, which is not compared again", async () => {
      const path = writeSolcWrapper(folder, "solc", {
        then: `output.contracts["A.sol"].A.evm.deployedBytecode.object += "00";`,
      });
      for (let time = 0; time < 2; time++) {
        expect(await reasonAgainst(path)).to.equal(`${path} gives other code than the compiler in WebAssembly`);
      }
      expect(references).to.equal(1);
    });

    it("if it gives no code", async () => {
      const path = writeSolcWrapper(folder, "solc", { instead: `console.log("{}");` });
      expect(await reasonAgainst(path)).to.equal(`${path} gives other code than the compiler in WebAssembly`);
    });

    it("if it crashes", async () => {
      const path = writeSolcWrapper(folder, "solc", { instead: `console.error("out of luck"); process.exit(3);` });
      expect(await reasonAgainst(path)).to.equal(`${path} ended with exit code 3: out of luck`);
      const killed = writeSolcWrapper(folder, "killed", { instead: `process.kill(process.pid, "SIGKILL");` });
      expect(await reasonAgainst(killed)).to.equal(`${killed} ended with SIGKILL`);
    });

    it("if it answers with something else than JSON", async () => {
      const path = writeSolcWrapper(folder, "solc", { instead: `console.log("{"); process.exit(0);` });
      expect(await reasonAgainst(path)).to.equal(`${path} does not answer with JSON`);
    });

    it("if it says no version", async () => {
      const path = writeSolcWrapper(folder, "solc", { version: "the latest" });
      expect(await reasonAgainst(path)).to.equal(`${path} does not say which version it is`);
    });

    it("if it cannot be executed, is no program, no file or not there", async () => {
      const path = writeSolcWrapper(folder, "solc", { isExecutable: false });
      expect(await reasonAgainst(path)).to.equal(`${path} cannot be executed`);
      const text = join(folder, "text");
      writeFileSync(text, "\u0000no program", { mode: 0o755 });
      expect(await reasonAgainst(text)).to.match(/ (cannot be run|ended with exit code) /);
      expect(await reasonAgainst(folder)).to.equal(`${folder} is no file`);
      const missing = join(folder, "missing");
      expect(await reasonAgainst(missing)).to.equal(`${missing} does not exist`);
      expect(await reasonAgainst("solc")).to.equal("solc is no absolute path");
    });

    it("if ONESTEP_SOLC asks for the one in WebAssembly", async () => {
      const path = writeSolcWrapper(folder, "solc", { instead: answer });
      expect(await choose("wasm", path)).to.eql({ kind: "webassembly", reason: "ONESTEP_SOLC asks for it" });
    });
  });

  describe("is looked for", () => {
    it("in ONESTEP_SOLC, PATH, Hardhat's compilers and svm's folders, in this order", () => {
      const hardhat = join(folder, "cache", "hardhat-nodejs", "compilers-v3");
      const names = {
        "linux-amd64": `solc-linux-amd64-v${VERSION}+commit.00000000`,
        wasm: `soljson-v${VERSION}+commit.00000000.js`,
      };
      for (const [platform, name] of Object.entries(names)) {
        mkdirSync(join(hardhat, platform), { recursive: true });
        writeFileSync(join(hardhat, platform, name), "");
        writeFileSync(join(hardhat, platform, `${name}.does.not.work`), "");
        writeFileSync(join(hardhat, platform, "list.json"), "");
      }
      const found = solcCandidates(VERSION, {
        platform: "linux",
        environment: {
          ONESTEP_SOLC: "/own/solc",
          PATH: ["/first", "/second"].join(delimiter),
          XDG_CACHE_HOME: join(folder, "cache"),
          XDG_DATA_HOME: "/data",
        },
        home: "/home/user",
      });
      expect(found.map(({ path }) => path)).to.eql([
        "/own/solc",
        `/first/solc-${VERSION}`,
        `/second/solc-${VERSION}`,
        "/first/solc",
        "/second/solc",
        join(hardhat, "linux-amd64", names["linux-amd64"]),
        `/home/user/.svm/${VERSION}/solc-${VERSION}`,
        `/data/svm/${VERSION}/solc-${VERSION}`,
      ]);
    });
  });
});
