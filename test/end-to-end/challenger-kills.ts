import { join } from "node:path";
import { createPublicClient, createTestClient, http, parseEther } from "viem";
import type { Address, Hash } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { hardhat } from "viem/chains";
import type { DisputeState } from "../../src/challenger/index.ts";
import { challengeGameAbi, stateCommitmentChainAbi } from "../../src/l1/index.ts";
import { derivedStateAt } from "../../src/node/index.ts";
import type { RunningNode } from "../../src/roles/index.ts";
import {
  CHALLENGER,
  createRandom,
  depositFor,
  keyOf,
  passL1Time,
  startLoad,
  startSeparateRoles,
} from "./kill-scenario.ts";
import type { SeparateRoles } from "./kill-scenario.ts";
import { createLiar, falseState } from "./liar.ts";
import type { Liar } from "./liar.ts";
import { until } from "./onestep-process.ts";
import { openTracingNode } from "./tracing-node.ts";

/** Milliseconds. */
const PATIENCE = 240_000;
/** Seconds; far more than a dispute takes while its clock is that of the computer. */
const CHALLENGE_PERIOD = 24 * 3600;
const USER = keyOf(1);
const FIRST_LIAR = 14;
const LAST_LIAR = 19;
/** Transactions that each claim is about, at least. */
const TRANSACTIONS = 3;

/** A rollup on an L1 with a challenger as a process of its own, and a liar's node in this one. */
export interface DisputedRollup {
  readonly roles: SeparateRoles;
  readonly node: RunningNode;
  close(): Promise<void>;
}

export async function startDisputedRollup(folder: string): Promise<DisputedRollup> {
  const roles = await startSeparateRoles(folder, {
    dataAvailability: "calldata",
    challengePeriod: CHALLENGE_PERIOD,
    others: ["challenger"],
  });
  try {
    await depositFor(roles, [privateKeyToAddress(USER)]);
    const node = await openTracingNode({
      config: roles.config,
      dataDirectory: join(folder, "liar"),
      l1RpcUrl: roles.l1.url,
      l1BeaconUrl: undefined,
      l1PollInterval: 0.2,
    });
    return {
      roles,
      node,
      async close() {
        await node.close();
        await roles.abandon();
      },
    };
  } catch (error) {
    await roles.abandon();
    throw error;
  }
}

export interface ChallengerKillOptions {
  /** Told from others by it: each has a liar of its own, of which there are six, one after the other. */
  readonly dispute: number;
  readonly seed: string;
  /** Kills end after so many. */
  readonly kills: number;
  /** Milliseconds after a move that a kill comes at most. */
  readonly longestPause: number;
  /** Of a hundred kills, those that take the folder too. */
  readonly emptied: number;
  readonly report?: (line: string) => void;
}

export interface ChallengerKillReport {
  readonly kills: number;
  readonly emptiedFolders: number;
  readonly honestMoves: number;
  /** Transactions of the challenger's in which something was recorded, those in which all was there already, and those that reverted. */
  readonly transactions: { readonly made: number; readonly inVain: number; readonly reverted: number };
  /** Wei that the challenger has more than before, with its bonds back and after all fees. */
  readonly gained: bigint;
}

/**
 * A liar claims beside nobody, from a step on that the seed chooses; the challenger has to propose the right claim, and is killed
 * after moves of its own, sometimes with its folder, until the dispute is won and all is paid. Throws if it is not.
 */
export async function killChallenger(
  { roles, node }: DisputedRollup,
  options: ChallengerKillOptions,
): Promise<ChallengerKillReport> {
  const { dispute, seed, report } = options;
  const random = createRandom(`${seed} ${dispute}`);
  const l1 = createPublicClient({ transport: http(roles.l1.url), pollingInterval: 200, cacheTime: 0 });
  const account = privateKeyToAddress(CHALLENGER).toLowerCase() as Address;
  const firstBlock = await l1.getBlockNumber();
  const balanceBefore = await l1.getBalance({ address: account });
  const liar = await claimWrongly({ roles, node }, dispute, random, report);
  const { parentId } = liar;
  const { challenger } = liar.liar;
  const state = (): DisputeState => challenger.state();
  const honestMoves = (): number =>
    state().moves.filter((move) => move.parentId === parentId && move.player === account).length;

  let [kills, emptiedFolders] = [0, 0];
  const isProven = (): boolean =>
    [...state().positions.values()].some((position) => position.parentId === parentId && position.proofs.length > 0);
  while (!isProven()) {
    const before = honestMoves();
    await until("the challenger's next move", PATIENCE, () => isProven() || honestMoves() > before);
    if (kills >= options.kills) continue;
    const folder = random(100) < options.emptied ? "emptied" : "kept";
    const pause = random(options.longestPause + 1);
    await new Promise((resolve) => setTimeout(resolve, pause));
    await roles.killAndRestart("challenger", folder);
    kills++;
    if (folder === "emptied") emptiedFolders++;
    report?.(`dispute ${dispute}, kill ${kills}: ${pause} ms after move ${before + 1}, folder ${folder}`);
  }
  await passL1Time(roles.l1.url, CHALLENGE_PERIOD);
  // Deciding, confirming and each payment may be cut off too.
  for (const what of ["decision", "confirmation", "payment"]) {
    if (kills >= options.kills + 3) break;
    await new Promise((resolve) => setTimeout(resolve, random(options.longestPause + 1)));
    await roles.killAndRestart("challenger", random(100) < options.emptied ? "emptied" : "kept");
    kills++;
    report?.(`dispute ${dispute}, kill ${kills}: before the ${what} or after it`);
  }

  const { stateCommitmentChain, challengeGame } = roles.config.contracts;
  const game = { address: challengeGame, abi: challengeGameAbi } as const;
  const chain = { address: stateCommitmentChain, abi: stateCommitmentChainAbi } as const;
  let winner: Hash = `0x${"00".repeat(32)}`;
  await until("the decision", PATIENCE, async () => {
    winner = await l1.readContract({ ...game, functionName: "winner", args: [parentId] });
    return BigInt(winner) !== 0n;
  });
  if (winner === liar.claimId()) throw new Error(`dispute ${dispute} was lost to ${winner}`);
  await until("the right claim to be confirmed", PATIENCE, () =>
    l1.readContract({ ...chain, functionName: "isConfirmed", args: [winner] }),
  );
  await until("the liar's bond to be lost", PATIENCE, () => (state().lostBonds.get(parentId) ?? 0n) > 0n);
  await until("everything to be paid to the challenger", PATIENCE, async () => {
    const isPaid = state().moves.length > 0 && (state().credits.get(account) ?? 0n) === 0n;
    const owed = await l1.readContract({ ...game, functionName: "owed", args: [account] });
    const { proposer } = await l1.readContract({ ...chain, functionName: "claim", args: [winner] });
    const hasBond = BigInt(proposer) === BigInt(account);
    return isPaid && owed === 0n && !hasBond && (await l1.getBalance({ address: account })) > balanceBefore;
  });
  await liar.liar.stop();
  const gained = (await l1.getBalance({ address: account })) - balanceBefore;
  return { kills, emptiedFolders, honestMoves: honestMoves(), transactions: await countTransactions(), gained };

  async function countTransactions(): Promise<ChallengerKillReport["transactions"]> {
    const last = await l1.getBlockNumber();
    const counts = { made: 0, inVain: 0, reverted: 0 };
    for (let number = firstBlock + 1n; number <= last; number++) {
      const { transactions } = await l1.getBlock({ blockNumber: number, includeTransactions: true });
      for (const { from, hash } of transactions) {
        if (from.toLowerCase() !== account) continue;
        const { status, logs } = await l1.getTransactionReceipt({ hash });
        counts[status === "reverted" ? "reverted" : logs.length === 0 ? "inVain" : "made"]++;
      }
    }
    return counts;
  }
}

/** Has a new liar claim something wrong about what comes after the last confirmed claim, and play for it. */
async function claimWrongly(
  { roles, node }: Pick<DisputedRollup, "roles" | "node">,
  dispute: number,
  random: (below: number) => number,
  report: ((line: string) => void) | undefined,
): Promise<{ readonly liar: Liar; readonly parentId: Hash; claimId(): Hash | undefined }> {
  const load = startLoad(USER, [roles.sequencerUrl]);
  const parent = await untilClaimable(roles, node, () => load.acknowledged.length >= TRANSACTIONS);
  await load.stop();
  const { config, store } = node.chain;
  const parentState = derivedStateAt(parent.batchCount, { config, store });
  const right = derivedStateAt(parent.nextBatchCount, { config, store });
  if (parentState === undefined || right === undefined || node.traces === undefined) {
    throw new Error("expected the claimed states to be derived, with traces");
  }
  const trace = await node.traces.openClaim({ fromBatch: parent.batchCount, toBatch: parent.nextBatchCount });
  const unit = random(trace.length);
  const step = random((await trace.openUnit(unit)).length);
  const privateKey = keyOf(FIRST_LIAR + (dispute % (LAST_LIAR - FIRST_LIAR + 1)));
  const rich = createTestClient({ chain: hardhat, transport: http(roles.l1.url), mode: "hardhat" });
  await rich.setBalance({ address: privateKeyToAddress(privateKey), value: parseEther("100") });
  const isRightInTheEnd = random(2) === 0;
  report?.(
    `dispute ${dispute}: batches ${parent.batchCount} to ${parent.nextBatchCount}, wrong from unit ${unit} of ${trace.length}, step ${step}${isRightInTheEnd ? ", right in the end" : ""}`,
  );
  const state = isRightInTheEnd ? right : falseState(right);
  const liar = await createLiar(node, privateKey, { parent, parentState, state, unit, step });
  await liar.propose();
  liar.challenger.start();
  const { stateHash, traceRoot } = liar.claim;
  return {
    liar,
    parentId: parent.claimId,
    claimId: () =>
      [...liar.challenger.state().claims.values()].find(
        (claim) => claim.parentId === parent.claimId && claim.stateHash === stateHash && claim.traceRoot === traceRoot,
      )?.claimId,
  };
}

/** The last confirmed claim, once the node has derived and traced what its children are about, and `isEnough`. */
async function untilClaimable(roles: SeparateRoles, node: RunningNode, isEnough: () => boolean) {
  const l1 = createPublicClient({ transport: http(roles.l1.url), cacheTime: 0 });
  const chain = {
    address: roles.config.contracts.stateCommitmentChain,
    abi: stateCommitmentChainAbi,
  } as const;
  const claimId = await l1.readContract({ ...chain, functionName: "latestConfirmed" });
  const { nextBatchCount } = await l1.readContract({ ...chain, functionName: "claim", args: [claimId] });
  const [proposed] = await l1.getContractEvents({
    ...chain,
    eventName: "ClaimProposed",
    args: { claimId },
    fromBlock: 0n,
    strict: true,
  });
  const batchCount = Number(proposed?.args.batchCount ?? 0n);
  await until("the liar to have traced what it lies about", PATIENCE, () => {
    return isEnough() && node.database.traces.batchCount() >= nextBatchCount;
  });
  return { claimId, batchCount, nextBatchCount };
}
