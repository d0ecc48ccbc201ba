import { Counter, Gauge } from "prom-client";
import { decodeEventLog, encodeFunctionData, parseAbi, parseAbiItem, toEventSelector } from "viem";
import type { Log } from "viem";
import { createExclusiveRunner, createStepLoop } from "../concurrency/index.ts";
import {
  createLogRangeReader,
  createTroubleReporter,
  errorText,
  isConnectionClosed,
  L1TransactionError,
  readNextTimestamp,
  stateCommitmentChainAbi,
} from "../l1/index.ts";
import type { L1TransactionRequest } from "../l1/index.ts";
import { createEvents, hexToBytes, toAddress, ZERO_ADDRESS, ZERO_HASH } from "../primitives/index.ts";
import type { Address, Hash, Instruments } from "../primitives/index.ts";
import { claimId as claimIdOf, stateHash as hashState } from "../rollup/index.ts";
import { ProposerError } from "./types.ts";
import type { OwnClaim, Proposer, ProposerOptions, ProposerStep, WrongClaim } from "./types.ts";

/** `ClaimStatus` of the contract. */
const STATUS = { unknown: 0, proposed: 1, confirmed: 2, forfeited: 3 } as const;
/** `Children` of the contract. */
const CHILDREN = { none: 0, single: 1, rivals: 2, decided: 3 } as const;

const CLAIM_PROPOSED = parseAbiItem(
  "event ClaimProposed(bytes32 indexed claimId, bytes32 indexed parentId, address indexed proposer, bytes32 stateHash, uint256 batchCount, uint256 nextBatchCount)",
);
const CLAIM_PROPOSED_TOPIC = toEventSelector(CLAIM_PROPOSED);
const CHALLENGE_GAME_ABI = parseAbi(["function winner(bytes32 parentId) view returns (bytes32)"]);

/** Gas a proposal is expected to stay below, for the check of the balance only. */
const PROPOSAL_GAS_RESERVE = 300_000n;

/** L1 blocks read again by every scan, since a reorg may have put other claims there. */
const SCAN_OVERLAP = 128;

const CHECKPOINT_KEY = "checkpoint";
const SCAN_KEY = "scan";

interface ClaimView {
  readonly proposer: Address;
  /** Seconds. */
  readonly proposedAt: number;
  readonly nextBatchCount: number;
  readonly status: number;
  readonly children: number;
}

/** A claim of another's that is not known to be right yet: this node has not derived as far. */
interface SeenClaim extends OwnClaim {
  readonly proposer: Address;
  readonly blockNumber: number;
}

/** How far the events are read, and what could not be judged so far. */
interface Scan {
  readonly nextBlock: number;
  readonly undecided: readonly SeenClaim[];
  readonly wrong: readonly WrongClaim[];
}

/** Opens the proposer on its records, without touching the network. */
export function createProposer(options: ProposerOptions, { logger, metrics }: Instruments): Proposer {
  const { chain, client, transactions, records } = options;
  const { store, inbox, config } = chain;
  const interval = options.interval ?? 3600;
  const depth = options.depth ?? "finalized";
  const withdrawBonds = options.withdrawBonds ?? true;
  const address = config.contracts.stateCommitmentChain;
  const proposals = createLogRangeReader({
    client,
    address,
    topic: CLAIM_PROPOSED_TOPIC,
    maximumRange: options.logRange ?? 5000,
  });
  const { claimBond, challengePeriod } = config.parameters;
  const log = logger.child({ component: "proposer" });

  const actionCounter = new Counter({
    name: "onestep_proposer_transactions_total",
    help: "Transactions sent by the proposer, by action",
    labelNames: ["action"],
    registers: [metrics],
  });
  const wrongCounter = new Counter({
    name: "onestep_proposer_wrong_claims_total",
    help: "Claims found that differ from what this node derived",
    registers: [metrics],
  });
  const tipGauge = new Gauge({
    name: "onestep_proposer_tip_batch_count",
    help: "Batches derived in the last right claim",
    registers: [metrics],
  });
  const emitter = createEvents<{ wrong: [claim: WrongClaim] }>("proposer", { logger: log });

  const genesisState = hashState({
    blockHash: config.genesisHash,
    outboxRoot: ZERO_HASH,
    batchCount: 0,
    messageCount: 0,
  });
  const genesis: OwnClaim = {
    claimId: claimIdOf(ZERO_HASH, genesisState),
    parentId: ZERO_HASH,
    stateHash: genesisState,
    batchCount: 0,
  };

  /** Right claims from one with nothing left to do (confirmed, bond paid back) to the tip. Never empty. */
  let path: OwnClaim[] = [records.get<OwnClaim>(CHECKPOINT_KEY) ?? genesis];
  let scan: Scan = records.get<Scan>(SCAN_KEY) ?? { nextBlock: config.l1StartBlock, undecided: [], wrong: [] };
  const scanTrouble = createTroubleReporter();
  let genesisChecked = false;
  let challengeGame: Address | undefined;

  const exclusive = createExclusiveRunner();

  /** This node's state hash after so many batches, if it has derived them. */
  function ownStateHash(batchCount: number): Hash | undefined {
    if (batchCount === 0) return genesisState;
    const derived = store.getDerivedBatch(batchCount - 1);
    if (derived === undefined) return undefined;
    return hashState({
      blockHash: derived.lastBlockHash,
      outboxRoot: derived.outboxRoot,
      batchCount,
      messageCount: derived.nextMessage,
    });
  }

  async function readClaim(claimId: Hash): Promise<ClaimView> {
    const claim = await client.readContract({
      address,
      abi: stateCommitmentChainAbi,
      functionName: "claim",
      args: [claimId],
    });
    return {
      proposer: toAddress(claim.proposer),
      proposedAt: Number(claim.proposedAt),
      nextBatchCount: Number(claim.nextBatchCount),
      status: claim.status,
      children: claim.children,
    };
  }

  const tip = (): OwnClaim => {
    const last = path.at(-1);
    if (last === undefined) throw new Error("the path of claims is empty");
    return last;
  };

  async function checkGenesis(): Promise<void> {
    if (genesisChecked) return;
    const actual = await client.readContract({ address, abi: stateCommitmentChainAbi, functionName: "GENESIS_CLAIM" });
    if (actual !== genesis.claimId)
      throw new ProposerError({ kind: "genesis-mismatch", expected: genesis.claimId, actual });
    const game = await client.readContract({ address, abi: stateCommitmentChainAbi, functionName: "CHALLENGE_GAME" });
    challengeGame = toAddress(game) === ZERO_ADDRESS ? undefined : toAddress(game);
    genesisChecked = true;
  }

  /**
   * Walks from the last known right claim to the tip: a right claim's right child is known beforehand, so no event is
   * needed to find it. Gives the tip as L1 has it.
   */
  async function walk(): Promise<ClaimView> {
    // An L1 reorg may have changed what this node derived, and may have taken claims, a claim's descendants with it.
    const wrongFrom = path.findIndex((claim) => ownStateHash(claim.batchCount) !== claim.stateHash);
    if (wrongFrom >= 0) path = path.slice(0, wrongFrom);
    let view: ClaimView | undefined;
    while (view === undefined) {
      if (path.length === 0) path = [genesis];
      view = await readClaim(tip().claimId);
      if (view.status === STATUS.unknown) {
        log.warn({ claim: tip() }, "L1 no longer knows a claim");
        path = path.slice(0, -1);
        view = undefined;
      }
    }
    for (;;) {
      if (view.status === STATUS.forfeited) throw new ProposerError({ kind: "claim-lost", claim: tip() });
      const child = childOf(tip(), view);
      if (child === undefined) return view;
      const childView = await readClaim(child.claimId);
      if (childView.status === STATUS.unknown) return view;
      path.push(child);
      view = childView;
    }
  }

  /** The only right child of a right claim, if this node has derived far enough. */
  function childOf(parent: OwnClaim, view: ClaimView): OwnClaim | undefined {
    const stateHash = ownStateHash(view.nextBatchCount);
    if (stateHash === undefined) return undefined;
    return {
      claimId: claimIdOf(parent.claimId, stateHash),
      parentId: parent.claimId,
      stateHash,
      batchCount: view.nextBatchCount,
    };
  }

  async function step(): Promise<ProposerStep> {
    await checkGenesis();
    const head = await client.getBlock({ blockTag: "latest" });
    const tipView = await walk();
    tipGauge.set(tip().batchCount);
    await tryToScanClaims(Number(head.number));
    const waiting = await settleTransactions();
    if (waiting !== undefined) return { kind: "waiting-for-transaction", purpose: waiting };
    const timestamp = await readNextTimestamp(client, head);
    return (
      (await advanceConfirmed(timestamp)) ?? propose(tipView, Number(head.number), timestamp, head.baseFeePerGas ?? 0n)
    );
  }

  /** Forgets what is confirmed; gives the purpose of a transaction that is not. */
  async function settleTransactions(): Promise<string | undefined> {
    for (const status of transactions.statuses()) {
      if (!status.purpose.startsWith("claim/")) continue;
      if (status.kind === "pending" || !status.confirmed) return status.purpose;
      // Whether it did what it should shows in the contract's state, which the next step reads.
      if (status.kind === "reverted")
        log.warn({ purpose: status.purpose, revert: status.revert.message }, "a transaction of the proposer reverted");
      await transactions.forget(status.purpose);
    }
    return undefined;
  }

  /** Confirms the first claim of the path that can be, or gets a bond back; moves the path's begin past what is done. */
  async function advanceConfirmed(l1Timestamp: number): Promise<ProposerStep | undefined> {
    for (const [position, claim] of path.entries()) {
      const view = await readClaim(claim.claimId);
      if (view.status === STATUS.confirmed) {
        if (withdrawBonds && view.proposer === transactions.account) {
          await send(
            "withdraw-bond",
            claim,
            encodeFunctionData({ abi: stateCommitmentChainAbi, functionName: "withdrawBond", args: [claim.claimId] }),
          );
          return { kind: "withdrawing-bond", claim };
        }
        continue;
      }
      if (position > 1) {
        path = path.slice(position - 1);
        await records.put(CHECKPOINT_KEY, path[0]);
      }
      if (!(await isConfirmable(claim, view, l1Timestamp))) return undefined;
      const call = encodeFunctionData({
        abi: stateCommitmentChainAbi,
        functionName: "confirm",
        args: [claim.parentId, claim.stateHash],
      });
      try {
        await send("confirm", claim, call);
      } catch (error) {
        // A node may simulate on an earlier block than the one to come: the last seconds of the period are then waited for.
        if (!isRevert(error, "ChallengePeriodRuns")) throw error;
        return undefined;
      }
      return { kind: "confirming", claim };
    }
    if (path.length > 1) {
      path = path.slice(-1);
      await records.put(CHECKPOINT_KEY, path[0]);
    }
    return undefined;
  }

  async function isConfirmable(claim: OwnClaim, view: ClaimView, l1Timestamp: number): Promise<boolean> {
    const parent = await readClaim(claim.parentId);
    if (parent.children === CHILDREN.single) return l1Timestamp >= view.proposedAt + challengePeriod;
    if (parent.children !== CHILDREN.rivals || challengeGame === undefined) return false;
    const winner = await client.readContract({
      address: challengeGame,
      abi: CHALLENGE_GAME_ABI,
      functionName: "winner",
      args: [claim.parentId],
    });
    return winner === claim.claimId;
  }

  async function propose(
    tipView: ClaimView,
    l1Number: number,
    l1Timestamp: number,
    baseFee: bigint,
  ): Promise<ProposerStep> {
    const required = tipView.nextBatchCount;
    const claim = childOf(tip(), tipView);
    const final = finalBatchCount(l1Number);
    if (claim === undefined || final < required) {
      return { kind: "waiting-for-batches", required, derived: store.derivedBatchCount(), final };
    }
    if (l1Timestamp < tipView.proposedAt + interval) return { kind: "not-due", at: tipView.proposedAt + interval };

    const balance = await client.getBalance({ address: transactions.account });
    const minimum = claimBond + PROPOSAL_GAS_RESERVE * 2n * baseFee;
    if (balance < minimum) {
      log.error({ account: transactions.account, balance, required: minimum }, "the account cannot pay for a claim");
      return { kind: "insufficient-balance", account: transactions.account, balance, required: minimum };
    }
    if (tipView.children !== CHILDREN.none) {
      log.error({ parent: tip(), claim }, "somebody proposed otherwise; proposing the right claim as a rival");
    }
    await send(
      "propose",
      claim,
      encodeFunctionData({
        abi: stateCommitmentChainAbi,
        functionName: "propose",
        args: [claim.parentId, claim.stateHash],
      }),
      claimBond,
    );
    return { kind: "proposed", claim };
  }

  /** Number of batches certain enough to be claimed. */
  function finalBatchCount(l1Number: number): number {
    const { finalized } = store.getHeads();
    let count = store.derivedBatchCount();
    while (count > tip().batchCount) {
      const isFinal =
        depth === "finalized"
          ? (store.getDerivedBatch(count - 1)?.lastBlock ?? Infinity) <= finalized
          : l1Number - (inbox.getBatchOrigin(count - 1)?.block.number ?? Infinity) + 1 >= depth;
      if (isFinal) break;
      count--;
    }
    return count;
  }

  async function send(
    action: "propose" | "confirm" | "withdraw-bond",
    claim: OwnClaim,
    data: `0x${string}`,
    value = 0n,
  ): Promise<void> {
    const purpose = `claim/${action}/${claim.claimId}`;
    const request: L1TransactionRequest = { purpose, to: address, data: hexToBytes(data), value };
    try {
      await transactions.submit(request);
    } catch (error) {
      if (error instanceof L1TransactionError && error.reason.kind === "would-revert") {
        throw new ProposerError({ kind: "would-revert", purpose, revert: error.reason.revert });
      }
      throw error;
    }
    actionCounter.inc({ action });
    log.info({ action, claim, value }, "transaction of the proposer sent");
  }

  /** An endpoint that gives no logs keeps the proposer from finding wrong claims, but not from proposing and confirming. */
  async function tryToScanClaims(l1Number: number): Promise<void> {
    try {
      await scanClaims(l1Number);
      scanTrouble.over();
    } catch (error) {
      if (isConnectionClosed(error)) throw error;
      const text = errorText(error);
      scanTrouble.report(text, (again) => {
        log.error(
          { error: text, ...again },
          "claims of others could not be read from L1; they are read at the next step",
        );
      });
    }
  }

  /** Reads the claims others proposed and judges those this node can judge, again after an L1 reorg. */
  async function scanClaims(l1Number: number): Promise<void> {
    let fromBlock = Math.max(config.l1StartBlock, Math.min(scan.nextBlock, l1Number + 1) - SCAN_OVERLAP);
    // At least once, since what was seen before may be judged by now.
    do {
      const { last, logs } =
        fromBlock > l1Number ? { last: l1Number, logs: [] } : await proposals.read(fromBlock, l1Number);
      fromBlock = last + 1;
      await judge(logs.flatMap(readProposal), fromBlock);
    } while (fromBlock <= l1Number);
  }

  /** Judges claims seen now and before, and saves that the events before `nextBlock` are read. */
  async function judge(seen: readonly SeenClaim[], nextBlock: number): Promise<void> {
    const found = new Map<Hash, SeenClaim>();
    for (const claim of [...scan.undecided, ...scan.wrong, ...seen]) found.set(claim.claimId, claim);
    const undecided: SeenClaim[] = [];
    const wrong: WrongClaim[] = [];
    for (const claim of found.values()) {
      const expectedStateHash = ownStateHash(claim.batchCount);
      if (expectedStateHash === undefined) undecided.push(claim);
      else if (expectedStateHash !== claim.stateHash) wrong.push({ ...claim, expectedStateHash });
    }
    const known = new Set(scan.wrong.map(({ claimId }) => claimId));
    await saveScan({ nextBlock, undecided, wrong });
    for (const claim of wrong.filter(({ claimId }) => !known.has(claimId))) {
      log.error({ claim }, "a wrong claim was proposed; it must be disputed before its challenge period ends");
      wrongCounter.inc();
      emitter.emit("wrong", claim);
    }
  }

  function readProposal({ address: emitter, topics, data, blockNumber }: Log): readonly SeenClaim[] {
    if (toAddress(emitter) !== address || topics[0] !== CLAIM_PROPOSED_TOPIC) return [];
    const { args } = decodeEventLog({ abi: [CLAIM_PROPOSED], topics, data });
    return [
      {
        claimId: args.claimId,
        parentId: args.parentId,
        stateHash: args.stateHash,
        batchCount: Number(args.batchCount),
        proposer: toAddress(args.proposer),
        blockNumber: Number(blockNumber),
      },
    ];
  }

  async function saveScan(next: Scan): Promise<void> {
    await records.put(SCAN_KEY, next);
    scan = next;
  }

  let lastError = "";
  const loop = createStepLoop({
    interval: options.pollingInterval ?? 12,
    step: async () => {
      await exclusive(step);
      lastError = "";
      return false;
    },
    onError: (error) => {
      const text = error instanceof ProposerError ? error.message : errorText(error);
      if (text !== lastError) log.error({ error: text }, "the proposer cannot go on");
      lastError = text;
    },
    endsLoop: isConnectionClosed,
  });

  return {
    step: () => exclusive(step),
    tip,
    wrongClaims: () => scan.wrong,
    onWrongClaim(listener) {
      emitter.on("wrong", listener);
      return () => emitter.off("wrong", listener);
    },
    start: loop.start,
    stop: loop.stop,
  };
}

function isRevert(error: unknown, errorName: string): boolean {
  return (
    error instanceof ProposerError &&
    error.reason.kind === "would-revert" &&
    error.reason.revert.errorName === errorName
  );
}
