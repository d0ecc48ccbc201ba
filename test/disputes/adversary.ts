import { expect } from "chai";
import { createPublicClient, custom } from "viem";
import type { Hex } from "viem";
import { computeTotals, createChallenger, createDisputeLog } from "../../src/challenger/index.ts";
import type { Challenger, OwnClaim } from "../../src/challenger/index.ts";
import { keyOf } from "../../src/challenger/totals.ts";
import {
  challengeGameAbi,
  createTransactionManager,
  readL1Block,
  stateCommitmentChainAbi,
} from "../../src/l1/index.ts";
import type { TransactionManager } from "../../src/l1/index.ts";
import { toAddress } from "../../src/primitives/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import { loadHash } from "../../src/traces/index.ts";
import { KEYS, createTestInstruments } from "../l1-transactions/l1-fixture.ts";
import { createTestDisk } from "../l1-transactions/memory-record-store.ts";
import type { Behaviour } from "./behaviours.ts";
import type { Board } from "./board.ts";
import type { Divergence } from "./divergences.ts";
import { proposeBefore } from "./duel.ts";
import { claimIdOf } from "./positions.ts";
import { HEIGHTS, frenemyClaim, siblingsOfLast } from "./false-claims.ts";

export interface AdversaryReport {
  /** Transactions of the honest side after its claim, and the gas of all of them. */
  readonly transactions: number;
  readonly gas: bigint;
  /** Seconds from the right claim to its decision. */
  readonly duration: number;
  /** Wei that the liar put up and lost, less what it got back with all it could collect; fees come on top. */
  readonly lost: bigint;
}

/** Of the accounts of a board. */
const HONEST_KEY = KEYS[1]!;
const LIAR_KEY = KEYS[2]!;
/** Moves of a path, of one side. */
const PATH = HEIGHTS.claim + HEIGHTS.unit + 2;
const MOVES: readonly string[] = ["bisect-claim", "bisect", "open", "prove"];
const GWEI = 10n ** 9n;
/** Seconds that an honest move takes at most here, where each transaction of anybody is a block, and each block a second. */
const LONGEST_RESPONSE = 15;

/** A challenger as the role runs it, and what it sends by. */
interface Playing {
  readonly challenger: Challenger;
  readonly transactions: TransactionManager;
  /** A step; whether it sent anything. */
  step(): Promise<boolean>;
}

/**
 * The challenger, as the role runs it, against a liar, on the contracts with the OneStepProver. Throws if the right claim is not decided
 * for as soon as docs/disputes.md §4 has it, and confirmed, if a wrong claim ever gathers a period, if an honest transaction reverts, or
 * if the liar gets back more than half of what it put up.
 */
export async function playAdversary(
  board: Board,
  divergence: Divergence,
  { wrongness, manner }: Behaviour,
  seed: string,
): Promise<AdversaryReport> {
  const { history, right } = divergence;
  const { honest, liar, networkHelpers, parameters, connection } = board;
  const { challengePeriod, claimBond, unitBond } = parameters;
  const { provider } = connection;
  const rpc = <T>(method: string, ...params: unknown[]): Promise<T> =>
    provider.request({ method, params }) as Promise<T>;
  const client = createPublicClient({ transport: custom(provider, { retryCount: 0 }), cacheTime: 0 });
  const table = await board.deploy(history);
  const parentId = await proposeBefore(board, table, right);
  const firstBlock = Number(await client.getBlockNumber());
  const log = createDisputeLog({
    client,
    contracts: table.contracts,
    heights: parameters,
    startBlock: table.deployedAt,
    logRange: 5_000,
    onReorganisation: () => undefined,
  });
  const stateHashAt = (count: number): Hash | undefined =>
    count === right.before.batchCount ? stateHash(right.before) : count === 0 ? stateHash(history.before) : undefined;
  const claimsOf = (claim: OwnClaim): ReadonlyMap<number, OwnClaim> => new Map([[right.before.batchCount, claim]]);
  const challenger = await openChallenger(HONEST_KEY);

  const claims = await Promise.all(
    Array.from({ length: manner.claims }, (_, index) => wrongness.claim(divergence, `${seed} ${index}`)),
  );
  const frenemies = Array.from({ length: manner.frenemies }, (_, index) =>
    frenemyClaim(right.claim, loadHash(right.before), divergence, `${seed} ${index}`),
  );
  const views = [...claims.map(({ claim }) => claim), ...frenemies];
  const wealthBefore = await client.getBalance({ address: toAddress(liar.address) });
  let waitUntil: number | undefined;
  let turnsOfLiar = 0;
  const { stateHash: rightStateHash, traceRoot } = right.claim;
  const rightId = claimIdOf({ parentId, stateHash: rightStateHash, traceRoot });

  for (const { claim, state } of claims) {
    await table.propose(liar, parentId, state, await siblingsOfLast(claim, HEIGHTS.claim));
  }
  if (manner.duelsItself) while (await lie());
  await table.propose(honest, parentId, right.after, await siblingsOfLast(right.claim, HEIGHTS.claim));
  const proposedAt = await networkHelpers.time.latest();

  for (let round = 0; !table.state().winners.has(parentId); round++) {
    expect(round, "rounds of a dispute").to.be.lessThan(4 * PATH);
    if (manner.copies) await make(right.claim, await movesOf(right.claim, true));
    const hasMoved = manner.frontRuns ? await isFrontRun() : await challenger.step();
    await follow();
    const hasLied = await lie();
    await checkTotals();
    if (hasMoved || hasLied) continue;
    const now = await networkHelpers.time.latest();
    if (waitUntil !== undefined && waitUntil > now + 1) await networkHelpers.time.increaseTo(waitUntil - 1);
    else await networkHelpers.time.increase(Math.max(1, challengePeriod - gatheredByRight(now)));
  }

  expect(table.state().winners.get(parentId), "the winner").to.equal(rightId);
  const duration = (await networkHelpers.time.latest()) - proposedAt;
  expect(duration, "seconds until the decision").to.be.lessThan(challengePeriod + PATH * LONGEST_RESPONSE);
  // The liar takes what it can by holding what is right.
  const players = [challenger, await openChallenger(LIAR_KEY)];
  for (let time = 0; time < 2; time++) {
    for (const { step } of players) while (await step());
    await networkHelpers.time.increase(challengePeriod);
  }
  await follow();
  expect(table.state().claims.get(rightId)?.status).to.equal("confirmed");
  return { ...(await honestTransactions()), duration, lost: await checkMoney() };

  async function openChallenger(privateKey: Hex): Promise<Playing> {
    const transactions = await createTransactionManager(
      {
        client,
        chainId: 31337,
        privateKey,
        records: createTestDisk().open(),
        abis: [challengeGameAbi, stateCommitmentChainAbi],
      },
      createTestInstruments(),
    );
    const playing = createChallenger(
      {
        client,
        contracts: table.contracts,
        parameters,
        startBlock: table.deployedAt,
        transactions,
        own: { stateHashAt, childOf: (parent) => Promise.resolve(claimsOf(right.claim).get(parent.batchCount)) },
      },
      createTestInstruments(),
    );
    return {
      challenger: playing,
      transactions,
      async step() {
        const { kind } = await playing.step();
        await transactions.step();
        return kind === "played" || kind === "waiting-for-transaction";
      },
    };
  }

  async function follow(): Promise<void> {
    const head = await readL1Block(client, Number(await client.getBlockNumber()));
    table.follow(await log.read(head!));
  }

  /** The moves that the liar has, holding a claim. */
  async function movesOf(claim: OwnClaim, canProve: boolean) {
    const due = await table.due(liar, claimsOf(claim), stateHashAt);
    return due.filter(({ kind }) => MOVES.includes(kind) && (canProve || kind !== "prove"));
  }

  /** All that one transaction makes, and a proof each by one of its own. */
  async function make(claim: OwnClaim, moves: Awaited<ReturnType<typeof movesOf>>): Promise<void> {
    const proofs = moves.filter(({ kind }) => kind === "prove");
    if (proofs.length < moves.length) {
      await table.make(
        liar,
        moves.filter(({ kind }) => kind !== "prove"),
        claimsOf(claim),
      );
    }
    for (const proof of proofs) await table.make(liar, [proof], claimsOf(claim));
  }

  /** The liar's turn, once it has waited as long as it does; whether it made a move. */
  async function lie(): Promise<boolean> {
    const dues = await Promise.all(views.map((view) => movesOf(view, false)));
    if (dues.every(({ length }) => length === 0)) return false;
    const now = await networkHelpers.time.latest();
    const left = challengePeriod - gatheredByRight(now);
    waitUntil ??= now + manner.patience(left, Math.max(1, PATH - turnsOfLiar));
    if (now + 1 < waitUntil) return false;
    waitUntil = undefined;
    turnsOfLiar++;
    for (const view of views) await make(view, await movesOf(view, false));
    return true;
  }

  /** The honest side's turn, whose transactions the liar sees in the pending block and sends for itself, before them. */
  async function isFrontRun(): Promise<boolean> {
    await rpc("evm_setAutomine", false);
    const hasMoved = await challenger.step();
    const { transactions } = await client.getBlock({ blockTag: "pending", includeTransactions: true });
    for (const { from, to, input, value } of transactions) {
      if (toAddress(from) !== toAddress(honest.address)) continue;
      const fees = { maxPriorityFeePerGas: 50n * GWEI, maxFeePerGas: 500n * GWEI };
      await liar.sendTransaction({ to, data: input, value, gasLimit: 2 ** 24, ...fees });
    }
    await rpc("evm_mine");
    await rpc("evm_setAutomine", true);
    await challenger.transactions.step();
    return hasMoved;
  }

  function gatheredByRight(now: number): number {
    return table.state().claims.has(rightId) ? computeTotals(table.state(), parameters, now).ofClaim(rightId) : 0;
  }

  async function checkTotals(): Promise<void> {
    const state = table.state();
    const totals = computeTotals(state, parameters, await networkHelpers.time.latest());
    for (const claimId of state.children.get(parentId) ?? []) {
      if (claimId === rightId) continue;
      expect(totals.ofClaim(claimId), "seconds of a wrong claim").to.be.lessThan(challengePeriod);
    }
  }

  async function minedTransactions(account: Address) {
    const last = Number(await client.getBlockNumber());
    const receipts = [];
    for (let number = firstBlock + 1; number <= last; number++) {
      const block = await client.getBlock({ blockNumber: BigInt(number), includeTransactions: true });
      for (const { from, hash } of block.transactions) {
        if (toAddress(from) === account) receipts.push(await client.getTransactionReceipt({ hash }));
      }
    }
    return receipts;
  }

  async function honestTransactions(): Promise<Pick<AdversaryReport, "transactions" | "gas">> {
    const receipts = await minedTransactions(toAddress(honest.address));
    expect(receipts.filter(({ status }) => status !== "success")).to.eql([]);
    return { transactions: receipts.length - 1, gas: receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0n) };
  }

  /** Wei that the liar has lost, of what it put up for wrong claims and wrong traces: at least half. */
  async function checkMoney(): Promise<bigint> {
    const account = toAddress(liar.address);
    let putUp = BigInt(claims.length) * claimBond;
    for (const { position, traces } of table.state().positions.values()) {
      for (const { traceId, root, unitRoot } of traces) {
        const key = keyOf({ positionId: traceId, root, unitRoot });
        const recorded = table.state().positions.get(traceId);
        const opened = recorded?.spans.find((span) => span.key === key);
        const isRight =
          unitRoot === (await right.claim.trace.stateHash(position.start)) &&
          root === (await right.claim.openUnit(position.start).root(0, HEIGHTS.unit));
        const hasWon = table.state().unitWinners.get(traceId) === key;
        expect(hasWon && !isRight, "a wrong trace won").to.equal(false);
        if (opened?.player === account && !hasWon) putUp += unitBond;
      }
    }
    const fees = (await minedTransactions(account)).reduce(
      (sum, { gasUsed, effectiveGasPrice }) => sum + gasUsed * effectiveGasPrice,
      0n,
    );
    const owed = await table.game.owed(account);
    const lost = wealthBefore - (await client.getBalance({ address: account })) - owed - fees;
    expect(lost * 2n >= putUp, `lost ${lost} wei of ${putUp} put up`).to.equal(true);
    return lost;
  }
}
