// `npm run demo:fraud`: a funded liar claims that a withdrawal never happened, and loses, each step shown as it happens.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPublicClient, createWalletClient, defineChain, formatEther, http, parseAbi, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { readRollupConfig } from "../src/deployment/index.ts";
import type { DevnetInfo } from "../src/devnet/index.ts";
import { reportDisputes } from "../src/challenger/index.ts";
import type { DisputeState } from "../src/challenger/index.ts";
import { derivedStateAt } from "../src/node/index.ts";
import type { Hash } from "../src/primitives/index.ts";
import type { RunningNode } from "../src/roles/index.ts";
import { createLiar, falseState } from "../test/end-to-end/liar.ts";
import { l2ClientOf } from "../test/end-to-end/kill-scenario.ts";
import { startOnestep, until } from "../test/end-to-end/onestep-process.ts";
import { openTracingNode } from "../test/end-to-end/tracing-node.ts";
import { findDisputedStep } from "./fraud/disputed-step.ts";
import type { DisputedStep } from "./fraud/disputed-step.ts";
import { narrowing } from "./fraud/narrowing.ts";
import { sourceLine } from "./fraud/source-line.ts";
import { readOptions } from "./options.ts";
import { provenWithdrawal } from "./fraud/proven-withdrawal.ts";

const HELP = `npm run demo:fraud

Starts a devnet, withdraws ETH from its L2, and has a liar with money claim on L1 a state in which the withdrawal is not stored. The
devnet's challenger disputes it, from the claim down to one instruction of one transaction, which a contract on L1 executes. Then the
liar's bond is lost, and the withdrawal is paid. Takes one to two minutes.

--help`;

readOptions(HELP, {});

/** Milliseconds. */
const PATIENCE = 120_000;
const WITHDRAWN = parseEther("0.1");
const OUTBOX = "contracts/l2/Outbox.sol:Outbox";

const outboxAbi = parseAbi(["function sendMessage(address target, uint256 minimumGas, bytes data) payable"]);
const portalAbi = parseAbi([
  "struct Withdrawal { uint256 index; address sender; address target; uint256 value; uint256 minimumGas; bytes data; }",
  "struct ClaimOpening { bytes32 parentId; bytes32 blockHash; uint256 batchCount; uint256 messageCount; bytes32 traceRoot; }",
  "function execute(Withdrawal withdrawal, ClaimOpening opening, bytes32[] proof)",
]);

const folder = mkdtempSync(join(tmpdir(), "onestep-demo-fraud-"));
const closers: (() => Promise<unknown>)[] = [];
try {
  await play();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  for (const close of closers.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
}

async function play(): Promise<void> {
  title("A devnet, and a withdrawal");
  const devnet = await startOnestep<DevnetInfo>({
    arguments: [
      ...["devnet", "--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"],
      ...["--data-dir", join(folder, "devnet"), "--batch-interval", "1", "--propose-interval", "1"],
    ],
    infoFile: join(folder, "devnet.json"),
  });
  closers.push(() => devnet.kill());
  const { l1, l2, accounts, predeploys, contracts, rollupConfig } = devnet.info;
  const l1Client = createPublicClient({ transport: http(l1.rpcUrl), pollingInterval: 200, cacheTime: 0 });
  const l2Client = createPublicClient({ transport: http(l2.rpcUrl), pollingInterval: 200, cacheTime: 0 });
  const { rollup } = l2ClientOf(l2.rpcUrl, PATIENCE);
  const [, user, liarAccount, payer] = accounts;
  if (!user?.privateKey || !liarAccount?.privateKey || !payer?.privateKey)
    throw new Error("expected accounts with keys");
  const chain = defineChain({
    id: l2.chainId,
    name: "Onestep devnet",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [l2.rpcUrl] } },
  });
  const wallet = createWalletClient({
    chain,
    transport: http(l2.rpcUrl),
    account: privateKeyToAccount(user.privateKey),
  });
  const hash = await wallet.writeContract({
    address: predeploys.outbox,
    abi: outboxAbi,
    functionName: "sendMessage",
    args: [user.address, 0n, "0x"],
    value: WITHDRAWN,
    // Not asked for: on a busy computer the first call of a devnet may take longer than a call may.
    gas: 500_000n,
  });
  const receipt = await l2Client.waitForTransactionReceipt({ hash });
  say(
    `${user.address} withdraws ${formatEther(WITHDRAWN)} ETH in L2 transaction ${hash}, block ${receipt.blockNumber}`,
  );

  const node = await openTracingNode({
    config: readRollupConfig(rollupConfig),
    dataDirectory: join(folder, "liar"),
    l1RpcUrl: l1.rpcUrl,
    l1BeaconUrl: l2.beaconUrl,
    l1PollInterval: 0.2,
  });
  closers.push(() => node.close());
  const disputed = await untilDefined("an honest claim about the withdrawal, with its trace", () =>
    findDisputedStep(
      node,
      { l1: l1Client, l2: l2Client },
      { transaction: hash, blockNumber: Number(receipt.blockNumber), opcode: "SSTORE" },
    ),
  );
  say(
    `a claim about batches ${disputed.parent.batchCount} to ${disputed.parent.nextBatchCount - 1} has it: ` +
      `${disputed.unitCount.toLocaleString("en")} units`,
  );

  title("The lie");
  const { config, store } = node.chain;
  const parentState = derivedStateAt(disputed.parent.batchCount, { config, store });
  const rightState = derivedStateAt(disputed.parent.nextBatchCount, { config, store });
  if (parentState === undefined || rightState === undefined)
    throw new Error("expected the claimed states to be derived");
  const { parent, unit, step } = disputed;
  const lie = { parent, parentState, state: falseState(rightState), unit, step };
  const liar = await createLiar(node, liarAccount.privateKey, lie);
  await liar.propose();
  const bond = formatEther(config.parameters.claimBond);
  say(`${liarAccount.address} puts up ${bond} ETH on L1 for a claim in which the Outbox did not store the message`);
  liar.challenger.start();

  title("The dispute");
  const report = () =>
    reportDisputes(
      liar.challenger.state(),
      liar.challenger.judgement(),
      config.parameters,
      node.l1Timestamp() ?? 0,
    ).find(({ parentId }) => parentId === parent.claimId);
  let shown = "";
  const started = performance.now();
  await until("the step to be proven", PATIENCE, () => {
    const now = narrowing(report() ?? { narrowedTo: undefined }, disputed);
    if (now.text !== shown) say((shown = now.text));
    return Promise.resolve(now.isProven);
  });
  say(`${report()?.moves.length ?? 0} moves of both sides in ${((performance.now() - started) / 1000).toFixed(0)} s`);

  title("The step");
  showStep(disputed, node);
  const claimed = await liar.claim.openUnit(unit).root(step, 0);
  say(
    `  the state after it: ${short(disputed.right)} by the prover and the honest side, ${short(claimed)} by the liar`,
  );

  title("The end");
  await l1Client.request({ method: "evm_increaseTime" as never, params: [config.parameters.challengePeriod] as never });
  await l1Client.request({ method: "evm_mine" as never, params: [] as never });
  const winner = await untilDefined("the decision", () =>
    Promise.resolve(liar.challenger.state().winners.get(parent.claimId)),
  );
  say(
    `the game decides for the right claim ${short(winner)}: it gathered ${config.parameters.challengePeriod} s that the liar had no answer for`,
  );
  await until("the liar's bond to be lost", PATIENCE, () =>
    Promise.resolve(lostBond(liar.challenger.state(), parent.claimId) > 0n),
  );
  say(`the liar's bond of ${bond} ETH is lost: half of it pays those who answered, half is burned`);
  const proof = await untilDefined("the claim to be confirmed", () => provenWithdrawal({ rollup }, hash));
  const before = await l1Client.getBalance({ address: user.address });
  // Anybody may; the liar's own account still sends moves.
  const l1Wallet = createWalletClient({
    transport: http(l1.rpcUrl),
    account: privateKeyToAccount(payer.privateKey),
  });
  const paid = await l1Wallet.writeContract({
    chain: null,
    address: contracts.portal,
    abi: portalAbi,
    functionName: "execute",
    args: [proof.withdrawal, proof.opening, proof.proof],
  });
  await l1Client.waitForTransactionReceipt({ hash: paid });
  const gained = (await l1Client.getBalance({ address: user.address })) - before;
  if (gained !== WITHDRAWN) throw new Error(`expected ${WITHDRAWN} wei to be paid, got ${gained}`);
  say(`the withdrawal is paid: ${user.address} has ${formatEther(gained)} ETH more on L1`);
}

function showStep(disputed: DisputedStep, node: RunningNode): void {
  const { report, transaction, blockNumber, steps, step } = disputed;
  const { name, pc, operands = [], changes } = report;
  const count = steps.toLocaleString("en");
  say(`transaction ${transaction} of L2 block ${blockNumber}, a unit of ${count} steps; step ${step}: ${name}`);
  if (pc !== undefined) {
    const line = sourceLine(OUTBOX, pc);
    say(`  pc ${pc}${line === undefined ? "" : `, ${line.file}:${line.line}: ${line.text}`}`);
    say(`  takes ${operands.join(", ")}`);
  }
  for (const change of changes.slice(0, 4)) say(`  ${change}`);
  say(`  executed on L1 by the OneStepProver at ${node.config.contracts.prover}`);
}

function lostBond({ lostBonds }: DisputeState, parentId: Hash): bigint {
  return lostBonds.get(parentId) ?? 0n;
}

async function untilDefined<T>(what: string, get: () => Promise<T | undefined>): Promise<T> {
  let found: T | undefined;
  await until(what, PATIENCE, async () => (found = await get()) !== undefined);
  return found as T;
}

function title(text: string): void {
  console.log(`\n${text}`);
}

function say(text: string): void {
  console.log(`  ${text}`);
}

function short(hash: string): string {
  return `${hash.slice(0, 10)}…`;
}
