// `npm run walkaway`: the operator of a rollup is gone, and somebody with a new key does everything that it did, and is paid.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createWalletClient, encodeFunctionData, formatEther, http, parseEther, parseEventLogs } from "viem";
import type { Address, Hash, TransactionReceipt } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { inboxAbi, outboxAbi, portalAbi, stateCommitmentChainAbi } from "../src/l1/index.ts";
import { hexToBytes, toAddress } from "../src/primitives/index.ts";
import { MESSAGE_KINDS, OUTBOX_ADDRESS, depositBodyHash } from "../src/rollup/index.ts";
import { startOnestep as runOnestep } from "../test/cli/run-onestep.ts";
import { l2ClientOf } from "../test/end-to-end/kill-scenario.ts";
import { until } from "../test/end-to-end/onestep-process.ts";
import { provenWithdrawal } from "./fraud/proven-withdrawal.ts";
import type { ProvenWithdrawal } from "./fraud/proven-withdrawal.ts";
import { readOptions } from "./options.ts";
import { problemsOf } from "./walkaway/check-requirements.ts";
import { readVerifiedCode } from "./walkaway/code.ts";
import type { VerifyReport } from "./walkaway/code.ts";
import { missingEvidence, renderEvidence } from "./walkaway/evidence.ts";
import { inWords, l1Time, passTime } from "./walkaway/l1-clock.ts";
import { readL1Transactions } from "./walkaway/l1-transactions.ts";
import type { Party } from "./walkaway/l1-transactions.ts";
import { openLiarsNode, startLiar } from "./walkaway/liar-with-money.ts";
import { PATIENCE, l2WalletOf, startOperatedRollup, useRollup } from "./walkaway/operated-rollup.ts";
import { createOutsider } from "./walkaway/outsider.ts";
import { REQUIREMENTS, STEPS } from "./walkaway/requirements.ts";
import { createTimeline } from "./walkaway/timeline.ts";
import { writeReport } from "./write-report.ts";

const HELP = `npm run walkaway [-- options]

Starts a rollup with an operator who runs every role, kills all of its processes, and has somebody with a new key, an empty folder, the
rollup's configuration file and an L1 endpoint go on alone: derive the chain, force a transaction in, post batches, claim a state, win the
dispute that a liar with money begins, and be paid. Public functions only. Takes one to two minutes.

--output PATH   Markdown file for the evidence (default: benchmarks/walkaway.md)
--json PATH     the evidence as JSON too
--help`;

/** Given to the outsider on L1, in wei: bonds and gas. */
const ALLOWANCE = parseEther("30");
/** What the outsider sends to L2 with its forced transaction, what that withdraws at once, and what it withdraws later. */
const MINTED = parseEther("1");
const FORCED = parseEther("0.3");
const SIGNED = parseEther("0.2");
const USERS = parseEther("0.4");
const GAS_ON_L2 = 500_000n;

const { values } = readOptions(HELP, { output: { type: "string" }, json: { type: "string" } });
const outputFile = resolve(values.output ?? "benchmarks/walkaway.md");

const folder = mkdtempSync(join(tmpdir(), "onestep-walkaway-"));
const closers: (() => Promise<unknown>)[] = [];
const timeline = createTimeline(Object.keys(STEPS).length, (line) => {
  console.log(line);
});
try {
  const problems = problemsOf(REQUIREMENTS);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  await walkAway();
} catch (error) {
  console.error(`\nwalkaway: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  for (const close of closers.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
}

async function walkAway(): Promise<void> {
  const rollup = await timeline.run(STEPS.rollup, async (say) => {
    const started = await startOperatedRollup(folder, say);
    closers.push(() => started.close());
    return started;
  });
  const { l1, l1Url, config, configPath, keys } = rollup;
  const { inbox, stateCommitmentChain, portal } = config.contracts;
  const { operator, forceInclusionDelay, selfSequencingDelay, challengePeriod, claimBond } = config.parameters;

  const before = await timeline.run(STEPS.users, (say) => useRollup(rollup, say));

  const lastOperatedBlock = await timeline.run(STEPS.kill, async (say) => {
    for (const { role, pid } of await rollup.killOperator()) say(`${role}, process ${pid}: killed`);
    return Number(await l1.getBlockNumber({ cacheTime: 0 }));
  });

  const outsider = await timeline.run(STEPS.outsider, async (say) => {
    const created = createOutsider(rollup, join(folder, "outsider"));
    closers.push(() => created.close());
    const giver = createWalletClient({
      chain: hardhat,
      transport: http(l1Url),
      account: privateKeyToAccount(keys.funder),
    });
    const hash = await giver.sendTransaction({ to: created.account.address, value: ALLOWANCE });
    await l1.waitForTransactionReceipt({ hash });
    say(`a new key, an empty folder, the configuration file, ${l1Url}, and ${formatEther(ALLOWANCE)} ETH on L1`);
    say(`its account: ${created.account.address}`);
    return created;
  });
  const { account } = outsider;

  const { verified, code } = await timeline.run(STEPS.verify, async (say) => {
    const { status, stdout, stderr } = await runOnestep([
      ...["verify", "--rollup-config", configPath, "--l1-rpc-url", l1Url, "--json"],
    ]);
    if (status !== 0) throw new Error(`onestep verify ended with ${status ?? "a signal"}: ${stderr}`);
    const report = JSON.parse(stdout) as VerifyReport;
    const found = await readVerifiedCode(l1, report, config.genesis.alloc);
    const checks = report.subjects.reduce((count, subject) => count + subject.checks.length, 0);
    say(
      `onestep verify: ${checks} comparisons, ${found.length} contracts with their immutables, and the genesis: nothing differs`,
    );
    say("no code on L1 that could run, or become, other code");
    return { verified: report, code: found };
  });

  const forced = await outsider.run("node", [], async ({ url }) => {
    const l2 = l2ClientOf(url, PATIENCE);
    await timeline.run(STEPS.derive, async (say) => {
      await until("the chain to be derived", PATIENCE, async () => (await l2.head("safe")) >= before.block.number);
      const hash = await l2.hashAt(before.block.number);
      if (hash !== before.block.hash) {
        throw new Error(
          `block ${before.block.number} was ${before.block.hash} at the operator's, derived is ${hash ?? "none"}`,
        );
      }
      say(
        `onestep node: L2 block ${before.block.number} from ${before.batches} batches, the hash is the operator's: ${hash}`,
      );
    });
    return timeline.run(STEPS.force, async (say) => {
      const sent = await outsider.call(
        inbox,
        {
          abi: inboxAbi,
          functionName: "sendMessage",
          args: [OUTBOX_ADDRESS, FORCED, GAS_ON_L2, withdrawTo(account.address), account.address],
        },
        { value: MINTED },
      );
      say(
        `Inbox.sendMessage: mints ${formatEther(MINTED)} ETH on L2, and withdraws ${formatEther(FORCED)} of it there; ${gasOf(sent)}`,
      );
      const { lastOverdue, opening, messageHash } = openDeposit(sent);
      const force = { abi: inboxAbi, functionName: "forceInclude", args: [lastOverdue, opening] } as const;
      await expectRefusal("forceInclude before the message is overdue", () =>
        l1.simulateContract({ address: inbox, account: account.address, ...force }),
      );
      await passTime(l1, forceInclusionDelay + 1);
      say(`nobody reads it; ${inWords(forceInclusionDelay)} pass on L1`);
      const included = await outsider.call(inbox, force);
      say(`Inbox.forceInclude, by its sender: ${gasOf(included)}`);
      await until("the forced transaction on L2", PATIENCE, async () => {
        const receipt = await l2.client.getTransactionReceipt({ hash: messageHash }).catch(() => undefined);
        if (receipt?.status === "reverted") throw new Error(`the forced transaction ${messageHash} reverted`);
        return receipt !== undefined;
      });
      const receipt = await l2.client.getTransactionReceipt({ hash: messageHash });
      say(`L2 transaction ${messageHash}, in block ${receipt.blockNumber}: it has withdrawn`);
      return messageHash;
    });
  });

  const posted = await outsider.run(
    "self-sequence",
    ["--block-time", "0", "--batch-interval", "1", "--data-availability", "calldata"],
    ({ url }) =>
      timeline.run(STEPS.post, async (say) => {
        const l2 = l2ClientOf(url, PATIENCE);
        const canPost = () =>
          l1.readContract({ address: inbox, abi: inboxAbi, functionName: "canPost", args: [account.address] });
        if (await canPost()) throw new Error("expected the operator alone to be allowed to post yet");
        await until("the self-sequencer to know who may post", PATIENCE, async () =>
          /operator alone/.test(await readiness(url)),
        );
        say(`onestep self-sequence: “${await readiness(url)}”`);
        const user = privateKeyToAccount(keys.users[0]);
        const head = await l2.head("latest");
        const own = await l2WalletOf(url, account).sendTransaction(withdrawal(account.address, SIGNED));
        const users = await l2WalletOf(url, user).sendTransaction(withdrawal(user.address, USERS));
        say(`it takes signed transactions: ${own}, and of a user: ${users}`);
        const from = await l1.readContract({ address: inbox, abi: inboxAbi, functionName: "selfSequencingFrom" });
        const left = Number(from) - (await l1Time(l1));
        if ((await l2.head("latest")) !== head) throw new Error("expected no block while the operator alone may post");
        await passTime(l1, left);
        say(
          `the operator stays silent: ${inWords(left)} pass on L1, ${inWords(selfSequencingDelay)} since its last batch`,
        );
        if (!(await canPost())) throw new Error("expected anyone to be allowed to post now");
        const receipts = await Promise.all(
          [own, users].map((hash) => l2.client.waitForTransactionReceipt({ hash, timeout: PATIENCE })),
        );
        const last = Math.max(...receipts.map(({ blockNumber }) => Number(blockNumber)));
        await until("the outsider's batch on L1", PATIENCE, async () => (await l2.head("safe")) >= last);
        for (const { transactionHash, blockNumber, status } of receipts) {
          if (status !== "success") throw new Error(`L2 transaction ${transactionHash} reverted`);
          say(`in L2 block ${blockNumber}, and on L1 in a batch of the outsider's: ${transactionHash}`);
        }
        return { own, users, block: Number(receipts[1]?.blockNumber ?? 0) };
      }),
  );

  // Beside the outsider's, to save time.
  const liarsNode = openLiarsNode(rollup, join(folder, "liar"));
  closers.push(async () => (await liarsNode).close());
  const { liar, claimId } = await outsider.run("proposer", ["--propose-interval", "0"], async ({ url }) => {
    const claimed = await timeline.run(STEPS.claim, async (say) => {
      const batchCount = await l1.readContract({ address: inbox, abi: inboxAbi, functionName: "batchCount" });
      let claim:
        | {
            readonly claimId?: Hash | undefined;
            readonly batchCount?: bigint | undefined;
            readonly transactionHash: Hash;
          }
        | undefined;
      await until("the outsider's claim", PATIENCE, async () => {
        const claims = await l1.getContractEvents({
          address: stateCommitmentChain,
          abi: stateCommitmentChainAbi,
          eventName: "ClaimProposed",
          args: { proposer: account.address },
          fromBlock: BigInt(lastOperatedBlock),
        });
        claim = claims.map(({ args, transactionHash }) => ({ ...args, transactionHash })).at(-1);
        return claim?.batchCount === batchCount;
      });
      if (claim?.claimId === undefined) throw new Error("expected a claim");
      const receipt = await l1.getTransactionReceipt({ hash: claim.transactionHash });
      say(`onestep proposer: claim ${claim.claimId} about ${batchCount} batches; ${gasOf(receipt)}`);
      say(`its bond: ${formatEther(claimBond)} ETH`);
      return claim.claimId;
    });
    const started = await timeline.run(STEPS.lie, async (say) => {
      say(
        `${privateKeyToAccount(keys.liar).address} has a node and money, and wants the user's withdrawal not to be paid`,
      );
      const options = { url, transaction: posted.users, blockNumber: posted.block };
      return startLiar(rollup, await liarsNode, options, say);
    });
    return { liar: started, claimId: claimed };
  });

  const proofs = await outsider.run("challenger", [], async ({ url }) => {
    await timeline.run(STEPS.dispute, async (say) => {
      await liar.narrow(say);
      const { report, transaction, step, steps } = liar.disputed;
      say(
        `step ${step} of ${steps} of transaction ${transaction}: ${report.name}, executed on L1 by the OneStepProver`,
      );
      for (const change of report.changes.slice(0, 2)) say(change);
    });
    return timeline.run(STEPS.confirm, async (say) => {
      await passTime(l1, challengePeriod);
      say(`${inWords(challengePeriod)} pass on L1, in which the liar has no answer`);
      await until("the decision", PATIENCE, () => Promise.resolve(liar.winner() !== undefined));
      if (liar.winner() !== claimId) throw new Error(`expected claim ${claimId} to win, ${liar.winner() ?? ""} did`);
      say(`the game decides for the outsider's claim`);
      const l2 = l2ClientOf(url, PATIENCE);
      const found = new Map<Hash, ProvenWithdrawal>();
      await until("the withdrawals to be executable", PATIENCE, async () => {
        for (const hash of [forced, posted.own, posted.users]) {
          const proof = await provenWithdrawal(l2, hash);
          if (proof === undefined) return false;
          found.set(hash, proof);
        }
        return true;
      });
      say("it is confirmed, with all it stands on");
      await until("the liar's bond to be lost", PATIENCE, () => Promise.resolve(liar.lostBond() > 0n));
      say(`the liar has lost ${formatEther(liar.lostBond())} ETH`);
      return found;
    });
  });

  await timeline.run(STEPS.paid, async (say) => {
    for (const [hash, { withdrawal: message, opening, proof }] of proofs) {
      const atBlock = async (blockNumber: bigint) => l1.getBalance({ address: message.target, blockNumber });
      const receipt = await outsider.call(portal, {
        abi: portalAbi,
        functionName: "execute",
        args: [message, opening, proof],
      });
      const isOwn = message.target.toLowerCase() === account.address.toLowerCase();
      const fee = isOwn ? receipt.gasUsed * receipt.effectiveGasPrice : 0n;
      const gained = (await atBlock(receipt.blockNumber)) - (await atBlock(receipt.blockNumber - 1n)) + fee;
      if (gained !== message.value)
        throw new Error(`expected ${message.value} wei to be paid for ${hash}, got ${gained}`);
      say(`Portal.execute: ${formatEther(gained)} ETH to ${isOwn ? "the outsider" : "the user"}; ${gasOf(receipt)}`);
    }
  });

  await timeline.run(STEPS.evidence, async (say) => {
    const parties = new Map<string, Party>([
      [account.address.toLowerCase(), "outsider"],
      [privateKeyToAccount(keys.liar).address.toLowerCase(), "liar"],
      ...[keys.proposer, keys.challenger].map(
        (key) => [privateKeyToAccount(key).address.toLowerCase(), "operator"] as const,
      ),
      [operator, "operator"],
    ]);
    const transactions = await readL1Transactions(
      l1,
      config,
      { fromBlock: lastOperatedBlock + 1, toBlock: Number(await l1.getBlockNumber({ cacheTime: 0 })) },
      (sender: Address) => parties.get(sender) ?? "others",
    );
    const operators = transactions.filter(({ by }) => by === "operator");
    if (operators.length > 0) throw new Error(`the operator is said to be gone, but sent ${operators[0]?.hash ?? ""}`);
    const missing = missingEvidence(transactions);
    if (missing.length > 0) throw new Error(missing.join("\n"));
    const evidence = {
      steps: timeline.steps,
      seconds: timeline.seconds(),
      transactions,
      verified,
      code,
      delays: { forceInclusionDelay, selfSequencingDelay, challengePeriod },
    };
    await writeReport(pathToFileURL(outputFile), renderEvidence(evidence));
    say(
      `${transactions.length} L1 transactions, none of them the operator's; ${REQUIREMENTS.length} requirements: ${outputFile}`,
    );
    if (values.json === undefined) return;
    const text = JSON.stringify(
      { ...evidence, requirements: REQUIREMENTS },
      (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value),
      2,
    );
    writeFileSync(values.json, `${text}\n`);
  });
  console.log(`\nThe operator was gone, and everybody was paid, in ${timeline.seconds().toFixed(0)} s.`);
}

/** A call of the Outbox on L2 that withdraws what is sent along. */
function withdrawTo(target: Address) {
  return encodeFunctionData({ abi: outboxAbi, functionName: "sendMessage", args: [target, 0n, "0x"] });
}

function withdrawal(target: Address, value: bigint) {
  return { to: OUTBOX_ADDRESS, data: withdrawTo(target), value, gas: GAS_ON_L2 } as const;
}

/** What `forceInclude` takes for the message that a transaction sent: all of it is in the event. */
function openDeposit({ logs, transactionHash }: TransactionReceipt) {
  const [deposit] = parseEventLogs({ abi: inboxAbi, eventName: "DepositEnqueued", logs });
  if (deposit === undefined) throw new Error(`expected transaction ${transactionHash} to send a message`);
  const { index, messageHash, enqueuedAt, sender, to, data, ...rest } = deposit.args;
  const bodyHash = depositBodyHash({
    ...rest,
    sender: toAddress(sender),
    to: toAddress(to),
    refundTo: toAddress(rest.refundTo),
    data: hexToBytes(data),
  });
  return { lastOverdue: index, opening: { enqueuedAt, kind: MESSAGE_KINDS.deposit, bodyHash }, messageHash };
}

/** Throws unless a call is refused by the contract. */
async function expectRefusal(what: string, call: () => Promise<unknown>): Promise<void> {
  const refused = await call().then(
    () => false,
    () => true,
  );
  if (!refused) throw new Error(`expected L1 to refuse ${what}`);
}

/** What a node says of itself; empty if it is ready. */
async function readiness(url: string): Promise<string> {
  const response = await fetch(`${url}/ready`);
  const { reason = "" } = (await response.json()) as { readonly reason?: string };
  return reason;
}

function gasOf({ gasUsed, transactionHash }: TransactionReceipt): string {
  return `${gasUsed.toLocaleString("en")} gas, ${transactionHash}`;
}
