import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { writeSolcWrapper } from "./solc-wrapper.ts";

const require = createRequire(import.meta.url);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const solc = require("solc") as { readonly version: () => string };

const contract = (name: string, body = ""): string => `pragma solidity 0.8.37; contract ${name} { ${body} }`;

describe("The build of a clone", function () {
  this.timeout(180_000);
  let project: string;
  let tools: string;

  before(() => {
    tools = mkdtempSync(join(tmpdir(), "onestep-tools-"));
    project = mkdtempSync(join(tmpdir(), "onestep-build-"));
    symlinkSync(join(ROOT, "node_modules"), join(project, "node_modules"));
    mkdirSync(join(project, "contracts"));
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", type: "module" }));
    const compiler = JSON.stringify({ version: "0.8.37", path: require.resolve("solc/soljson.js"), settings: {} });
    // Each file is compiled alone, as the repository's configuration has it for what is deployed.
    writeFileSync(
      join(project, "hardhat.config.ts"),
      `import { compilerPlugin } from ${JSON.stringify(join(ROOT, "scripts/compiler/compiler-plugin.ts"))};
       const overrides = { "contracts/A.sol": ${compiler}, "contracts/B.sol": ${compiler} };
       export default {
         plugins: [compilerPlugin(${JSON.stringify(join(project, "cache"))})],
         solidity: { compilers: [${compiler}], overrides },
       };`,
    );
  });
  after(() => {
    for (const folder of [project, tools]) rmSync(folder, { recursive: true, force: true });
  });

  const write = (name: string, source: string): void =>
    writeFileSync(join(project, "contracts", `${name}.sol`), source);
  const codeOf = (name: string): unknown => {
    const path = join(project, "artifacts", "contracts", `${name}.sol`, `${name}.json`);
    return (JSON.parse(readFileSync(path, "utf8")) as { readonly bytecode: unknown }).bytecode;
  };

  function build(compiler: string) {
    // The Hardhat that runs this test tells its children which configuration to take.
    const environment = Object.entries(process.env).filter(([key]) => !/^(HARDHAT_|HH_)/.test(key));
    const cli = join(ROOT, "node_modules", "hardhat", "dist", "src", "cli.js");
    const { status, stdout } = spawnSync(process.execPath, [cli, "build"], {
      cwd: project,
      encoding: "utf8",
      timeout: 60_000,
      env: { ...Object.fromEntries(environment), NODE_OPTIONS: "", ONESTEP_SOLC: compiler },
    });
    return { status, lines: stdout.split("\n").filter((line) => /^compil/.test(line)) };
  }

  it("says which compiler it takes and how far it is, and keeps what it compiled though another file has an error", () => {
    write("A", contract("A", "uint256 public a;"));
    write("B", contract("B", "uint256 public b = nothing;"));
    const failed = build("wasm");
    expect(failed.status).to.equal(1);
    expect(failed.lines[0]).to.equal("compiling with solc in WebAssembly: ONESTEP_SOLC asks for it");
    const progress = failed.lines.slice(1).map((line) => line.replace(/\d+ s\)$/, "… s)"));
    expect(progress.map((line) => line.replace(/[AB]\.sol/, "….sol"))).to.eql([
      "compiled 1 of 2: contracts/….sol (… s)",
      "compiled 2 of 2: contracts/….sol (… s)",
    ]);

    write("B", contract("B", "uint256 public b = 1;"));
    const mended = build("wasm");
    expect(mended.status).to.equal(0);
    const [kept, compiled] = mended.lines.slice(1).sort((left) => (left.includes("kept") ? -1 : 1));
    expect(kept).to.match(/of 2: contracts\/A\.sol \(kept from before\)$/);
    expect(compiled).to.match(/of 2: contracts\/B\.sol \(\d+ s\)$/);

    expect(build("wasm")).to.eql({ status: 0, lines: [] });
  });

  it("takes a native compiler that gives the same code, and then gives the same code", () => {
    const before = [codeOf("A"), codeOf("B")];
    const path = writeSolcWrapper(tools, "solc", { version: solc.version() });
    const { status, lines } = build(path);
    expect(status).to.equal(0);
    const longVersion = solc.version().replace(/\.Emscripten.*/, "");
    expect(lines[0]).to.equal(`compiling with native solc ${longVersion}, ${path}`);
    expect(lines.length).to.equal(3);
    expect([codeOf("A"), codeOf("B")]).to.eql(before);
  });
});
