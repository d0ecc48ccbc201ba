import { expect } from "chai";
import { JsonRpcProvider, Wallet } from "ethers";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPublicClient, createWalletClient, http, parseEther } from "viem";
import type { Hash, Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import {
  OnestepError,
  onestepEthersL1,
  onestepPublicActionsL1,
  onestepPublicActionsL2,
  onestepWalletActionsL1,
  onestepWalletActionsL2,
  parseRollup,
} from "../../src/client/index.ts";
import type { OnestepProblem, Rollup } from "../../src/client/index.ts";
import type { DevnetInfo } from "../../src/devnet/index.ts";
import { callOnestep } from "../cli/call-onestep.ts";
import { startOnestep as runOnestep } from "../cli/run-onestep.ts";
import { documentedCastCommands, documentedCode, documentedCommands } from "./documented-code.ts";
import { type OnestepProcess, startOnestep, until } from "./onestep-process.ts";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
const HARDHAT = join(MODULES, "hardhat", "dist", "src", "cli.js");
/** Seconds. */
const FORCE_INCLUSION_DELAY = 60;
const CHALLENGE_PERIOD = 120;

describe("a user of a devnet", function () {
  this.timeout(240_000);

  let folder: string;
  let devnet: OnestepProcess<DevnetInfo>;
  let endpoints: readonly string[];
  let rollup: Rollup;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "onestep-user-test-"));
    // What users have: programs of their own, that find packages.
    symlinkSync(MODULES, join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    devnet = await startOnestep<DevnetInfo>({
      arguments: [
        ...["devnet", "--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"],
        ...["--l1-block-time", "1", "--batch-interval", "1", "--propose-interval", "1"],
      ],
      infoFile: join(folder, "devnet.json"),
    });
    endpoints = ["--l1-rpc-url", devnet.info.l1.rpcUrl, "--rpc-url", devnet.info.l2.rpcUrl];
    rollup = await l2().getRollup();
  });
  after(async () => {
    await devnet.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(function () {
    if (this.currentTest?.state === "failed") process.stderr.write(`${devnet.log()}\n`);
  });

  const keyOf = (account: number): Hex => devnet.info.accounts[account]!.privateKey!;
  const l1 = () => createPublicClient({ transport: http(devnet.info.l1.rpcUrl), cacheTime: 0 });
  const l2 = () =>
    createPublicClient({ transport: http(devnet.info.l2.rpcUrl), cacheTime: 0 }).extend(onestepPublicActionsL2());
  const urls = () => ({ l1: devnet.info.l1.rpcUrl, l2: devnet.info.l2.rpcUrl });

  /** Runs a command for its JSON document. */
  async function ask<Answer>(account: number, ...args: readonly string[]): Promise<Answer> {
    const { status, stdout, stderr } = await callOnestep(
      ...args,
      "--json",
      ...toEndpoints(args),
      ...signed(args, account),
    );
    expect(status, stderr).to.equal(0);
    return JSON.parse(stdout) as Answer;
  }

  /** The endpoints, for commands that take them, unless they have others. */
  function toEndpoints(args: readonly string[]): readonly string[] {
    const [l1Flag, l1Url, l2Flag, l2Url] = endpoints as [string, string, string, string];
    return [
      ...(args[0] === "dispute" || args.includes(l1Flag) ? [] : [l1Flag, l1Url]),
      ...(args[0] === "verify" || args.includes(l2Flag) ? [] : [l2Flag, l2Url]),
    ];
  }

  /** The key, for commands that take one. */
  function signed([command = ""]: readonly string[], account: number): readonly string[] {
    return ["deposit", "withdraw", "finalize", "force"].includes(command) ? ["--private-key", keyOf(account)] : [];
  }

  /** Moves L1's clock; whatever was pending by time is due then. */
  async function pass(seconds: number): Promise<void> {
    const request = (method: string, ...params: readonly unknown[]): Promise<unknown> =>
      l1().request<{ Method: string; Parameters: readonly unknown[]; ReturnType: unknown }>({ method, params });
    await request("evm_increaseTime", seconds);
    await request("evm_mine");
  }

  /** Moves L1's clock when a claim covers the withdrawal. */
  async function passChallengePeriod(index: number): Promise<void> {
    await until("a claim", 60_000, async () => (await l2().getWithdrawalStatus({ index })).status === "claimed");
    await pass(CHALLENGE_PERIOD);
  }

  /** Runs a program of the documents to its end, while `meanwhile` does what has to be done for it. */
  async function runProgram(
    args: readonly string[],
    meanwhile: (output: () => string) => Promise<void> = () => Promise.resolve(),
    cwd = folder,
  ) {
    let output = "";
    const child = spawn(process.execPath, args, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      // Hardhat, which runs the tests, tells those it starts its own settings; with CI set, it shows where an error was thrown.
      env: {
        ...Object.fromEntries(
          Object.entries(process.env).filter(([name]) => !name.startsWith("HARDHAT_") && name !== "CI"),
        ),
        NODE_OPTIONS: "",
        HARDHAT_IGNITION_CONFIRM_DEPLOYMENT: "false",
      },
    });
    const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await Promise.race([meanwhile(() => output), exited]);
    return { status: await exited, output };
  }

  async function problemOf(asked: Promise<unknown>): Promise<OnestepProblem> {
    try {
      await asked;
    } catch (error) {
      if (error instanceof OnestepError) return error.problem;
      throw error;
    }
    throw new Error("it was not refused");
  }

  it("goes by the commands from a deposit to a paid withdrawal, on an L1 whose clock was moved", async () => {
    await pass(3_600);
    const to = privateKeyToAccount(generatePrivateKey()).address;
    const deposit = await ask<{
      l1: { transactionHash: Hash };
      balance: string;
      message: { index: number; status: string };
    }>(1, ...["deposit", "0.25ether", "--to", to]);
    expect(deposit).to.include({ balance: parseEther("0.25").toString() });
    expect(deposit.message.status).to.equal("executed");
    const byTransaction = await ask<{ messages: { index: number }[] }>(1, "status", deposit.l1.transactionHash);
    expect(byTransaction.messages.map(({ index }) => index)).to.eql([deposit.message.index]);

    const sent = await ask<{
      index: number;
      l2: { transactionHash: Hash };
      time: { kind: string; seconds: number; estimatedAt: string };
    }>(1, ...["withdraw", "5gwei", "--to", to]);
    // The period that is left, and not the hour by which L1 is ahead.
    expect(sent.time.seconds).to.be.within(1, CHALLENGE_PERIOD);
    expect(new Date(sent.time.estimatedAt).getTime()).to.be.at.most(Date.now() + 1_000 * CHALLENGE_PERIOD);
    const early = await callOnestep(
      "finalize",
      String(sent.index),
      "--no-wait",
      "--json",
      ...endpoints,
      "--private-key",
      keyOf(2),
    );
    expect(early).to.include({ status: 3, stdout: "" });
    expect(early.stderr).to.contain(`withdrawal ${sent.index}: `).and.to.contain("UTC");

    const waiting = ask<{ alreadyExecuted: boolean; execution: { transactionHash: Hash } }>(
      2,
      "finalize",
      sent.l2.transactionHash,
    );
    await passChallengePeriod(sent.index);
    expect(await waiting).to.include({ alreadyExecuted: false });
    expect(await l1().getBalance({ address: to })).to.equal(5_000_000_000n);
    expect(await ask(2, "finalize", String(sent.index))).to.deep.include({ alreadyExecuted: true, execution: null });
    const { withdrawals } = await ask<{ withdrawals: { status: string; time: { kind: string } }[] }>(
      1,
      "status",
      sent.l2.transactionHash,
    );
    expect(withdrawals.map(({ status, time }) => [status, time.kind])).to.eql([["executed", "past"]]);
  });

  it("sends a message from L1 and forces it, and hears from the operator if that includes it before", async () => {
    const to = privateKeyToAccount(generatePrivateKey()).address;
    const answer = ask<{ index: number; forced: object | null; message: { status: string } }>(
      3,
      ...["force", "--to", to, "--value", "1gwei", "--mint", "0.01ether"],
    );
    await until("the message", 30_000, async () => (await l2().getBalance({ address: to })) === 1_000_000_000n);
    await pass(FORCE_INCLUSION_DELAY + 1);
    const { index, message } = await answer;
    expect(message.status).to.equal("executed");
    // Without an L2 endpoint, it is known from L1 and a configuration.
    const alone = [
      "force",
      String(index),
      "--rollup-config",
      devnet.info.rollupConfig,
      "--rpc-url",
      "http://127.0.0.1:1",
    ];
    expect(await ask(3, ...alone)).to.eql({ index, sent: null, forced: null, message: null });
  });

  it("reads the state of the rollup: heads, claims with verdicts, addresses, and what a doctor says", async () => {
    const state = await ask<{ l2: { synced: boolean }; claims: { id: Hash; verdict: string }[] }>(0, "status");
    expect(state.l2.synced).to.equal(true);
    const claims = await ask<{ id: Hash; verdict: string; proposer: string }[]>(0, "claim", "list");
    expect(new Set(claims.map(({ verdict }) => verdict))).to.eql(new Set(["right"]));
    const [first] = claims;
    expect(await ask(0, "claim", "show", first!.id)).to.include({
      id: first!.id,
      proposer: devnet.info.roles.proposer,
    });
    const { contracts, l1Bridges, predeploys } = devnet.info;
    expect(await ask(0, "addresses")).to.deep.include({ l1: { ...contracts, ...l1Bridges }, l2: predeploys });
    expect(await ask(0, "dispute", "list")).to.eql([]);
    const verified = await ask<{ differences: string[] }>(0, "verify", "--rollup-config", devnet.info.rollupConfig);
    expect(verified.differences).to.eql([]);
    const report = await ask<{ healthy: boolean; findings: { subject: string; level: string; text: string }[] }>(
      0,
      "doctor",
    );
    expect(report.healthy).to.equal(true);
    const levelOf = (subject: string) => report.findings.find((finding) => finding.subject === subject)?.level;
    expect(["contracts", "L2 node", "claims", "disputes", "messages"].map(levelOf)).to.eql(Array(5).fill("ok"));
    expect(levelOf("clock"), "it is an hour ahead").to.equal("warning");
  });

  it("is told what it asked for in vain, and exit codes say so: one JSON document or none", async () => {
    const nothing = `0x${"77".repeat(32)}`;
    for (const [args, message] of [
      [["status", nothing], `nothing between the layers has to do with ${nothing}`],
      [["status", "999"], "there is neither a message 999 to L2 nor a withdrawal 999"],
      [["finalize", "999"], "no message 999 to L1 was sent"],
      [["finalize", nothing], `no transaction ${nothing} is in a block of L2`],
      [["force", "999"], "the node knows no message 999 to L2"],
      [["claim", "show", nothing], `no claim ${nothing} was proposed on L1`],
      [["deposit", "1", "--to", `0x${"00".repeat(20)}`], "not the zero address"],
      [["deposit", "1000000ether"], "which is not enough for the value and the fee"],
      [["withdraw", "1000000ether"], "which is not enough for the value and the fee"],
      [["withdraw", "1", "--to", devnet.info.contracts.portal], "the Portal never calls"],
      [["withdraw", "1", "--to", devnet.info.contracts.prover], "does not take the withdrawal"],
      [
        ["deposit", "1", "--l1-rpc-url", devnet.info.l2.rpcUrl],
        "expected an L1 endpoint of chain 31337, got one of chain 7302757",
      ],
      [["deposit", "1", "--rpc-url", devnet.info.l1.rpcUrl], "is this the L2 endpoint of a Onestep rollup?"],
    ] as const) {
      const { status, stdout, stderr } = await callOnestep(...args, "--json", ...toEndpoints(args), ...signed(args, 4));
      expect(stderr, args.join(" ")).to.contain(message);
      expect({ status, stdout }).to.eql({ status: 1, stdout: "" });
    }
    const { status, stdout } = await runOnestep(["addresses", "--json", ...endpoints]);
    expect(status).to.equal(0);
    expect(Object.keys(JSON.parse(stdout) as object)).to.include.members(["l1", "l2", "operator", "delays"]);
  });

  it("gets the client's errors as problems that a program can go by", async () => {
    const transport = http(devnet.info.l1.rpcUrl);
    const account = privateKeyToAccount(generatePrivateKey());
    const poor = createWalletClient({ account, transport }).extend(onestepWalletActionsL1(rollup));
    const { address } = account;
    expect(await problemOf(poor.depositEther({ value: 1n }))).to.include({
      kind: "insufficient-funds",
      layer: "L1",
      address,
      balance: 0n,
    });
    const elsewhere = parseRollup({
      ...(await rawConfig()),
      contracts: { ...rollup.contracts, inbox: rollup.contracts.prover },
    });
    const misled = createWalletClient({ account, transport }).extend(onestepWalletActionsL1(elsewhere));
    expect(await problemOf(misled.depositEther({ value: 1n }))).to.include({ kind: "no-rollup" });
    const reader = l1().extend(onestepPublicActionsL1(rollup));
    const target = devnet.info.contracts.prover;
    expect(await problemOf(reader.requireRecipient({ target, value: 1n }))).to.include({
      kind: "recipient-refuses",
      target,
    });
    expect(await problemOf(reader.getMessages({ hash: `0x${"77".repeat(32)}` }))).to.include({
      kind: "unknown-transaction",
      layer: "L1",
    });
    expect(await problemOf(l2().getMessageStatus({ index: 9_999 }))).to.eql({
      kind: "unknown-message",
      message: 9_999,
    });
    expect(
      await problemOf(
        l2()
          .waitForWithdrawal({ index: 0, timeout: 1 })
          .then(() => l2().getWithdrawalStatus({ index: 9_999 })),
      ),
    ).to.eql({
      kind: "unknown-withdrawal",
      index: 9_999,
    });
    const onL2 = createWalletClient({ account, transport }).extend(onestepWalletActionsL2());
    expect(await problemOf(onL2.initiateWithdrawal({ target: address, value: 1n })), "an L1 endpoint").to.include({
      kind: "bad-answer",
    });
    const provider = new JsonRpcProvider(devnet.info.l1.rpcUrl, undefined, { polling: true });
    const wallet = new Wallet(generatePrivateKey(), provider);
    expect(await problemOf(onestepEthersL1(wallet, rollup).depositEther({ value: 1n }))).to.include({
      kind: "insufficient-funds",
    });
    provider.destroy();
    const unconnected = new Wallet(generatePrivateKey());
    expect(() => onestepEthersL1(unconnected, rollup)).to.throw(
      OnestepError,
      "expected an ethers provider that speaks JSON-RPC",
    );
  });

  /** The configuration as JSON. */
  async function rawConfig(): Promise<object> {
    return l2().request<{ Method: "rollup_config"; Parameters: readonly []; ReturnType: object }>({
      method: "rollup_config",
      params: [],
    });
  }

  for (const library of ["viem", "ethers"]) {
    it(`runs the documents' program for ${library}, from a deposit to a paid withdrawal`, async () => {
      const program = join(folder, `${library}.ts`);
      writeFileSync(program, documentedCode("docs/client.md", library, "ts", urls()));
      const count = await withdrawalCount();
      const { status, output } = await runProgram([program], async () => {
        await until("the withdrawal", 60_000, async () => (await withdrawalCount()) > count);
        await passChallengePeriod(count);
      });
      expect(status, output).to.equal(0);
      expect(output).to.match(/paid by 0x[0-9a-f]{64}/);
      expect((await l2().getWithdrawalStatus({ index: count })).status).to.equal("executed");
    });
  }

  /** How many messages to L1 there are. */
  async function withdrawalCount(): Promise<number> {
    return Number(
      await l2().readContract({
        address: devnet.info.predeploys.outbox,
        abi: [{ type: "function", name: "count", stateMutability: "view", inputs: [], outputs: [{ type: "uint256" }] }],
        functionName: "count",
      }),
    );
  }

  it("goes by the command that the start prints, as it stands there", async () => {
    const [, command] = /^ {2}npx onestep (deposit .+?) {4}/m.exec(devnet.log())!;
    const { status, stdout, stderr } = await callOnestep(...command!.split(" "));
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain("0.1 ETH from");
  });

  it("goes by the README's commands from a deposit to a paid withdrawal", async () => {
    const commands = documentedCommands("README.md", "Use it", ["deposit", "withdraw", "status", "finalize"]);
    expect(commands.map(([name]) => name)).to.eql(["deposit", "status", "withdraw", "status", "finalize"]);
    const index = await withdrawalCount();
    for (const [name = "", ...args] of commands) {
      // The README's withdrawal is the first of its devnet.
      const given = args.map((arg) => (arg === "0" ? String(index) : arg));
      const done = callOnestep(name, ...given, ...endpoints, ...signed([name], 5));
      if (name === "finalize") await passChallengePeriod(index);
      const { status, stdout, stderr } = await done;
      expect(status, `${name}: ${stderr}`).to.equal(0);
      if (name === "withdraw") expect(stdout).to.contain(`onestep finalize ${index}`);
      if (name === "finalize") expect(stdout).to.match(/0\.05 ETH paid to 0x[0-9a-f]{40} on L1$/);
    }
  });

  it("goes by the README's cast commands from a deposit to a paid withdrawal", async function () {
    // They take apart an answer with it.
    if (spawnSync("jq", ["--version"]).error !== undefined) this.skip();
    const to = privateKeyToAccount(generatePrivateKey()).address;
    const { inbox, portal } = devnet.info.contracts;
    const variables: Record<string, string> = { INBOX: inbox, PORTAL: portal, ME: to };
    const shell = (command: string): string => {
      const { status, stdout, stderr } = spawnSync("sh", ["-c", command], {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, PATH: `${join(MODULES, ".bin")}${delimiter}${process.env.PATH ?? ""}`, ...variables },
      });
      expect(status, `${command}: ${stderr}`).to.equal(0);
      return stdout;
    };
    const commands = documentedCastCommands("README.md", "Use it", urls(), keyOf(6));
    const [deposit, withdraw, withdrawals, statusOf, proof, execute, ...more] = commands;
    expect(more).to.eql([]);
    shell(deposit!);
    await until("the deposit", 30_000, async () => (await l2().getBalance({ address: to })) === parseEther("1"));
    variables.L2_TRANSACTION_HASH = /^transactionHash +(0x[0-9a-f]{64})$/m.exec(shell(withdraw!))![1]!;
    const [{ index }] = JSON.parse(shell(withdrawals!)) as [{ index: number }];
    variables.INDEX = String(index);
    await passChallengePeriod(index);
    await until("the confirmation", 30_000, () =>
      Promise.resolve((JSON.parse(shell(statusOf!)) as { status: string }).status === "executable"),
    );
    shell(proof!);
    shell(execute!);
    expect(await l1().getBalance({ address: to })).to.equal(parseEther("0.1"));
    // What cast asks besides: it names the data of a call twice.
    const call = `cast call $PORTAL "isExecuted(uint256)(bool)" ${index} --rpc-url ${urls().l1}`;
    expect(shell(call).trim()).to.equal("true");
    expect(shell(`cast estimate $INBOX "depositEther(address)" $ME --value 1 --rpc-url ${urls().l1}`)).to.match(
      /^\d+$/m,
    );
  });

  it("runs the same commands as Hardhat tasks, and deploys on L2 with Ignition, by the documents' configuration", async () => {
    const project = join(folder, "project");
    mkdirSync(join(project, "ignition", "modules"), { recursive: true });
    mkdirSync(join(project, "contracts"));
    symlinkSync(MODULES, join(project, "node_modules"));
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
    const compiler = createRequire(import.meta.url).resolve("solc/soljson.js");
    const configuration = documentedCode("docs/client.md", "Hardhat", "ts", urls());
    // The compiler that is installed: nothing is downloaded.
    writeFileSync(
      join(project, "hardhat.config.ts"),
      configuration.replace('solidity: "0.8.37"', `solidity: ${JSON.stringify({ version: "0.8.37", path: compiler })}`),
    );
    writeFileSync(
      join(project, "contracts", "Counter.sol"),
      "// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\ncontract Counter { uint256 public count; function add() external { count++; } }\n",
    );
    writeFileSync(
      join(project, "ignition", "modules", "counter.ts"),
      'import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";\n' +
        'export default buildModule("Counter", (module) => {\n' +
        '  const counter = module.contract("Counter");\n  module.call(counter, "add");\n  return { counter };\n});\n',
    );
    const hardhat = (...args: readonly string[]) => runProgram([HARDHAT, ...args], undefined, project);

    const deposit = await hardhat("onestep", "deposit", "1gwei", "--json");
    expect(deposit.status, deposit.output).to.equal(0);
    expect(deposit.output).to.contain('"value": "1000000000"').and.to.contain('"status": "executed"');
    const wrong = await hardhat("onestep", "deposit", "1parsec");
    expect(wrong.status).to.equal(1);
    expect(wrong.output).to.contain("expected an amount as 0.1ether").and.not.to.contain("    at ");
    const groups = await hardhat("onestep");
    for (const task of [
      "deposit",
      "withdraw",
      "status",
      "finalize",
      "force",
      "claim",
      "dispute",
      "addresses",
      "verify",
      "doctor",
    ]) {
      expect(groups.output).to.contain(`onestep ${task} `);
    }

    const deployed = await hardhat("ignition", "deploy", "ignition/modules/counter.ts", "--network", "onestep");
    expect(deployed.status, deployed.output).to.equal(0);
    const address = /Counter#Counter - (0x[0-9a-fA-F]{40})/.exec(deployed.output)?.[1] as Hex;
    const count = await l2().readContract({
      address,
      abi: [{ type: "function", name: "count", stateMutability: "view", inputs: [], outputs: [{ type: "uint256" }] }],
      functionName: "count",
    });
    expect(count).to.equal(1n);
  });
});
