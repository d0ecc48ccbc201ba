import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createPublicClient, http } from "viem";
import { contracts, verifiers } from "../../scripts/export-abi.ts";
import { linkPackage, packPackage, readManifest } from "../../scripts/package/fresh-project.ts";
import type { VerificationIndex } from "../../scripts/package/write-contracts.ts";
import type { DevnetInfo } from "../../src/devnet/index.ts";
import { startOnestep } from "../end-to-end/onestep-process.ts";

const require = createRequire(import.meta.url);

/** Everything that is deployed, or stands in genesis. */
const DEPLOYED = [
  ...contracts,
  ...["OneStepProver", ...Object.values(verifiers)].map((name) => ({ name, folder: "machine" })),
];

/** Settings under which npm and npx ask no registry. */
const OFFLINE = { npm_config_offline: "true", npm_config_update_notifier: "false" };

/** The command that npm puts there for a project. */
const ONESTEP = join("node_modules", ".bin", "onestep");

describe("The npm package", function () {
  this.timeout(300_000);
  let folder: string;
  let project: string;
  let installed: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "onestep-package-"));
    project = join(folder, "project");
    linkPackage(project, packPackage(folder));
    installed = join(project, "node_modules", "onestep");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const read = <T>(path: string): T => JSON.parse(readFileSync(join(installed, path), "utf8")) as T;

  /** Runs a program of the project to its end. */
  function run(command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: project,
      encoding: "utf8",
      timeout: 120_000,
      env: { ...process.env, NODE_OPTIONS: "", NODE_COMPILE_CACHE: "", ...OFFLINE, ...environment },
    });
    return { status, stdout: stdout.trim(), stderr: stderr.trim() };
  }

  /** Runs a module of the project. Throws with what it said if it fails. */
  function runModule(source: string): string {
    const { status, stdout, stderr } = run(process.execPath, ["--input-type=module", "--eval", source]);
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }

  /** Does something while there is a file where the folder for caches would be: permissions would not keep root out. */
  function withoutModulesCache<T>(act: () => T): T {
    const cache = join(project, "node_modules", ".cache");
    rmSync(cache, { recursive: true, force: true });
    writeFileSync(cache, "");
    try {
      return act();
    } finally {
      rmSync(cache);
    }
  }

  describe("contains", () => {
    it("every file that its manifest names", () => {
      const { bin, exports } = readManifest();
      const named = Object.values(exports).flatMap((target) =>
        typeof target === "string" ? [target] : [target.types, target.default],
      );
      const missing = [bin.onestep, ...named].filter((path) => globSync(path, { cwd: installed }).length === 0);
      expect(missing).to.eql([]);
    });

    it("no TypeScript to run, no tests, and nothing that was built for them", () => {
      const files = globSync("**/*", { cwd: installed }).filter((name) =>
        /^(src|test|scripts|node_modules|contracts\/test|artifacts\/(test|build-info|contracts\/test))\//.test(name),
      );
      expect(files).to.eql([]);
      expect(globSync("**/*.ts", { cwd: installed }).filter((name) => !name.endsWith(".d.ts"))).to.eql([]);
      const running = globSync("dist/**/*.js", { cwd: installed }).filter((name) =>
        /(from |import\(|URL\()"\.[^"]*\.ts"/.test(readFileSync(join(installed, name), "utf8")),
      );
      expect(running).to.eql([]);
    });

    it("source, artifact, ABI and verification input of each contract that is deployed", () => {
      const index = read<VerificationIndex>("verification/index.json");
      expect(index.compilerVersion).to.match(/^0\.8\.37\+commit\.[0-9a-f]{8}$/);
      expect(Object.keys(index.contracts).sort()).to.eql(DEPLOYED.map(({ name }) => name).sort());
      for (const { name, folder: source } of DEPLOYED) {
        const file = `contracts/${source}/${name}.sol`;
        const { abi, bytecode } = read<{ abi: unknown; bytecode: string }>(`artifacts/${file}/${name}.json`);
        expect(bytecode).to.match(/^0x[0-9a-f]{100,}$/);
        expect(read<unknown>(`abi/${name}.json`)).to.eql(abi);
        const verification = index.contracts[name]!;
        expect(verification.contract).to.equal(`project/${file}:${name}`);
        const { sources } = read<{ sources: Record<string, { content: string }> }>(
          `verification/${verification.input}`,
        );
        expect(sources[`project/${file}`]!.content).to.equal(readFileSync(join(installed, file), "utf8"));
      }
    });

    it("verification input from which the compiler makes the code of the artifact", () => {
      const { compile, version } = require("solc") as { compile: (input: string) => string; version: () => string };
      const index = read<VerificationIndex>("verification/index.json");
      expect(version().startsWith(index.compilerVersion)).to.equal(true);
      const { input, contract } = index.contracts["L1Context"]!;
      const [source = "", name = ""] = contract.split(":");
      const output = JSON.parse(compile(readFileSync(join(installed, "verification", input), "utf8"))) as {
        contracts: Record<string, Record<string, { evm: { deployedBytecode: { object: string } } }>>;
      };
      const { deployedBytecode } = read<{ deployedBytecode: string }>(
        "artifacts/contracts/l2/L1Context.sol/L1Context.json",
      );
      expect(`0x${output.contracts[source]![name]!.evm.deployedBytecode.object}`).to.equal(deployedBytecode);
    });
  });

  describe("gives a project", () => {
    it("ABIs, addresses and configuration by its name", () => {
      const answer = runModule(`
        import * as onestep from "onestep";
        import * as abi from "onestep/abi";
        import inbox from "onestep/abi/Inbox.json" with { type: "json" };
        import artifact from "onestep/artifacts/contracts/l2/Outbox.sol/Outbox.json" with { type: "json" };
        import index from "onestep/verification/index.json" with { type: "json" };
        console.log(JSON.stringify([
          onestep.OUTBOX_ADDRESS,
          onestep.inboxAbi === abi.inboxAbi,
          inbox.length === abi.inboxAbi.length,
          artifact.contractName,
          index.contracts.Portal.input,
          typeof onestep.rollupConfigSchema.parse,
        ]));
      `);
      const outbox = "0x4f6e650000000000000000000000000000000002";
      expect(JSON.parse(answer)).to.eql([outbox, true, true, "Outbox", "Rollup.json", "function"]);
    });

    it("types that name each function of a contract", () => {
      const source = `
        import type { RollupConfig } from "onestep";
        import { portalAbi } from "onestep/abi";
        type Name = Extract<(typeof portalAbi)[number], { type: "function" }>["name"];
        export const known: Name = "execute";
        // @ts-expect-error no such function
        export const unknown: Name = "executes";
        export const chainOf = ({ genesis }: RollupConfig): number => genesis.chainId;
      `;
      writeFileSync(join(project, "consumer.ts"), source);
      const options = ["--strict", "--noEmit", "--skipLibCheck", "--module", "nodenext", "--target", "es2024"];
      const tsc = require.resolve("typescript/bin/tsc");
      expect(run(process.execPath, [tsc, ...options, "--ignoreConfig", "consumer.ts"])).to.eql({
        status: 0,
        stdout: "",
        stderr: "",
      });
    });
  });

  describe("runs", () => {
    it("its command by npx, with help and version", () => {
      expect(run("npx", ["onestep", "--version"]).stdout).to.equal(read<{ version: string }>("package.json").version);
      expect(run(ONESTEP, ["devnet", "--help"]).stdout).to.include("--rpc-port");
    });

    it("with a cache of compiled code in the user's folder where the package's cannot be written", () => {
      const own = join(folder, "own-cache");
      withoutModulesCache(() => run(ONESTEP, ["--version"], { XDG_CACHE_HOME: own }));
      expect(readdirSync(join(own, "onestep", "compiled"))).to.not.eql([]);
    });

    it("where nothing can be written at all", () => {
      const file = join(folder, "file");
      writeFileSync(file, "");
      const { status, stderr } = withoutModulesCache(() =>
        run(ONESTEP, ["--version"], { HOME: file, XDG_CACHE_HOME: file }),
      );
      expect({ status, stderr }).to.eql({ status: 0, stderr: "" });
    });

    it("on an old Node.js no further than to say which is needed", () => {
      const pretend = "Object.defineProperty(process.versions, 'node', { value: '20.19.5' })";
      const { status, stderr } = run(ONESTEP, ["devnet"], {
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(pretend)}`,
      });
      expect(status).to.equal(1);
      expect(stderr).to.match(/^onestep: Node\.js v[0-9.]+ is too old: ≥ 22\.13 is needed$/);
    });

    it("a devnet that answers on both layers, offline, and ends when it is told to", async () => {
      const ports = ["--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"];
      const devnet = await startOnestep<DevnetInfo>({
        command: [join(project, ONESTEP)],
        arguments: ["devnet", ...ports],
        environment: OFFLINE,
        infoFile: join(folder, "devnet.json"),
      });
      try {
        const { l1, l2, accounts, contracts: deployed } = devnet.info;
        const [client1, client2] = [l1, l2].map(({ rpcUrl }) => createPublicClient({ transport: http(rpcUrl) }));
        expect(await client1!.getChainId()).to.equal(l1.chainId);
        expect(await client2!.getChainId()).to.equal(l2.chainId);
        expect(await client1!.getCode({ address: deployed.rollup })).to.match(/^0x[0-9a-f]+$/);
        const balances = await Promise.all(accounts.map(({ address }) => client2!.getBalance({ address })));
        expect(balances.every((balance) => balance > 0n)).to.equal(true);
      } finally {
        expect(await devnet.stop()).to.equal(0);
      }
    });
  });
});
