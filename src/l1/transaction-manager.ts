import { Counter, Gauge } from "prom-client";
import { privateKeyToAccount } from "viem/accounts";
import { BlockNotFoundError, keccak256 as keccakOfHex } from "viem";
import { createExclusiveRunner, createStepLoop } from "../concurrency/index.ts";
import { bytesToHex, createEvents, hexToBytes, loadKzg, toAddress } from "../primitives/index.ts";
import type { Address, Hash, Hex, Instruments } from "../primitives/index.ts";
import type { L1BlockReference } from "../storage/index.ts";
import { estimateBlobBaseFee } from "./blob-base-fee.ts";
import { isConnectionClosed } from "./l1-connection-closed.ts";
import { isAnswer } from "./l1-failures.ts";
import { classifyRefusal, errorText, findRevert } from "./transaction-manager-errors.ts";
import { offerFees, raiseFees } from "./transaction-manager-fees.ts";
import type { FeeDecision, FeeMarket, TransactionFees } from "./transaction-manager-fees.ts";
import {
  createBlobSidecar,
  createZeroSidecar,
  MAXIMUM_BLOBS_PER_TRANSACTION,
  wrapBlobTransaction,
} from "./transaction-manager-sidecar.ts";
import type { BlobSidecar, BlobWrapperVersion } from "./transaction-manager-sidecar.ts";
import { L1TransactionError } from "./transaction-manager-types.ts";
import type {
  L1Revert,
  L1TransactionRequest,
  L1TransactionStatus,
  L1TransactionTrouble,
  TransactionManager,
  TransactionManagerOptions,
} from "./transaction-manager-types.ts";
import { createTroubleReporter } from "./trouble-reporter.ts";

/** Most gas of an L1 transaction (EIP-7825). */
const MAXIMUM_GAS_LIMIT = 2n ** 24n;
const PLAIN_TRANSFER_GAS = 21_000n;
/** Percent added to a gas estimate, since the state it was made in is not the one the transaction will meet. */
const ESTIMATE_MARGIN = 25n;
const GWEI = 10n ** 9n;

/** One signed transaction that was (or was about to be) broadcast. Numbers are decimal strings: records are plain JSON. */
interface Attempt {
  readonly hash: Hash;
  /** Signed, without sidecar. */
  readonly signed: Hex;
  readonly cancellation: boolean;
  readonly maxFeePerGas: string;
  readonly maxPriorityFeePerGas: string;
  readonly maxFeePerBlobGas: string | undefined;
  /** Milliseconds. */
  readonly createdAt: number;
}

interface Mined {
  readonly hash: Hash;
  readonly block: L1BlockReference;
  readonly confirmed: boolean;
  /** Set if it reverted. */
  readonly revert: L1Revert | undefined;
}

/** What is on disk of a transaction, under `transaction/<nonce>`. */
interface TransactionRecord {
  readonly purpose: string;
  readonly nonce: number;
  readonly to: Address;
  readonly data: Hex;
  /** Wei, decimal. */
  readonly value: string;
  /** Decimal. */
  readonly gasLimit: string;
  /** Empty unless it carries blobs; these are under `sidecar/<nonce>`. */
  readonly blobVersionedHashes: readonly Hash[];
  readonly cancelling: boolean;
  /** Whether an L1 node took an attempt. */
  readonly accepted: boolean;
  /** Set if another program's transaction took the nonce of one that was being cancelled anyway. */
  readonly displaced: boolean;
  /** Oldest first. */
  readonly attempts: readonly Attempt[];
  readonly mined: Mined | undefined;
}

interface Identity {
  readonly account: Address;
  readonly chainId: number;
}

const GAP_PURPOSE = "nonce-gap/";
const IDENTITY_KEY = "identity";
const transactionKey = (nonce: number): string => `transaction/${String(nonce).padStart(15, "0")}`;
const sidecarKey = (nonce: number): string => `sidecar/${String(nonce).padStart(15, "0")}`;

/** A fee market of which the price of blobs may not be known. */
type L1Market = Omit<FeeMarket, "blobBaseFee"> & { readonly blobBaseFee: bigint | undefined };

const NO_BLOB_PRICE =
  "L1 tells no price of blobs, neither by eth_blobBaseFee or eth_feeHistory nor in its headers; use an endpoint that does, or calldata";

/** What L1 looked like at the begin of a step. */
interface L1View {
  readonly head: L1BlockReference;
  readonly baseFeePerGas: bigint;
  readonly excessBlobGas: bigint | undefined;
  /** Nonce of the account in the head block. */
  readonly nonce: number;
}

/**
 * Opens the manager on its records, without touching the network. @throws L1TransactionError `foreign-records`.
 */
export async function createTransactionManager(
  options: TransactionManagerOptions,
  { logger, metrics }: Instruments,
): Promise<TransactionManager> {
  const { client, records, chainId } = options;
  const abis = options.abis ?? [];
  const confirmations = options.confirmations ?? 1;
  const feeBumpInterval = (options.feeBumpInterval ?? 60) * 1000;
  const rebroadcastInterval = (options.rebroadcastInterval ?? 15) * 1000;
  const caps = {
    maximumFeePerGas: options.maximumFeePerGas ?? 500n * GWEI,
    maximumFeePerBlobGas: options.maximumFeePerBlobGas ?? 1000n * GWEI,
  };
  const now = options.now ?? Date.now;
  const signer = privateKeyToAccount(options.privateKey);
  const account = toAddress(signer.address);
  const log = logger.child({ component: "l1-transactions", account });

  const identity = records.get<Identity>(IDENTITY_KEY);
  if (identity !== undefined && (identity.account !== account || identity.chainId !== chainId)) {
    throw new L1TransactionError({
      kind: "foreign-records",
      expected: `${account} on chain ${chainId}`,
      found: `${identity.account} on chain ${identity.chainId}`,
    });
  }
  if (identity === undefined) await records.put(IDENTITY_KEY, { account, chainId } satisfies Identity);

  const broadcasts = registerCounter(
    metrics,
    "onestep_l1_transaction_broadcasts_total",
    "Transactions sent to L1, by result",
    ["account", "result"],
  );
  const pendingGauge = registerGauge(metrics, "onestep_l1_transactions_pending", "L1 transactions not mined yet", [
    "account",
  ]);

  /** By nonce. Changed only after the disk was. */
  const transactions = new Map<number, TransactionRecord>();
  const purposes = new Map<string, number>();
  const troubles = new Map<number, L1TransactionTrouble>();
  /** Milliseconds; of this process only. */
  const lastBroadcast = new Map<number, number>();
  /** Nonces whose last broadcast was refused for too low fees. */
  const underpriced = new Set<number>();
  let gapSince: { readonly nonce: number; readonly at: number } | undefined;
  let wrapperVersion: BlobWrapperVersion | undefined = options.wrapperVersion;
  let chainChecked = false;
  const emitter = createEvents<{ mined: [status: L1TransactionStatus]; changed: [] }>("L1 transactions", {
    logger: log,
  });

  for (const [, record] of records.entries<TransactionRecord>("transaction/")) {
    const earlier = purposes.get(record.purpose);
    if (earlier !== undefined) {
      // Killed between giving a purpose its new nonce and dropping the one another program had used up: see `reassign`.
      transactions.delete(earlier);
      await records.delete(transactionKey(earlier));
    }
    transactions.set(record.nonce, record);
    purposes.set(record.purpose, record.nonce);
  }

  // Nonces are given out and broadcast by one task at a time.
  const exclusive = createExclusiveRunner();

  async function save(record: TransactionRecord, sidecar?: BlobSidecar): Promise<void> {
    const changes: [string, unknown][] = [[transactionKey(record.nonce), record]];
    if (sidecar !== undefined) changes.push([sidecarKey(record.nonce), sidecar]);
    await records.write(changes);
    transactions.set(record.nonce, record);
    purposes.set(record.purpose, record.nonce);
  }

  async function erase(record: TransactionRecord): Promise<void> {
    await records.write([
      [transactionKey(record.nonce), undefined],
      [sidecarKey(record.nonce), undefined],
    ]);
    transactions.delete(record.nonce);
    if (purposes.get(record.purpose) === record.nonce) purposes.delete(record.purpose);
    troubles.delete(record.nonce);
    lastBroadcast.delete(record.nonce);
    underpriced.delete(record.nonce);
  }

  const ascending = (): readonly TransactionRecord[] => [...transactions.values()].sort((a, b) => a.nonce - b.nonce);

  async function checkChain(): Promise<void> {
    if (chainChecked) return;
    const actual = await client.getChainId();
    if (actual !== chainId) throw new L1TransactionError({ kind: "wrong-chain", expected: chainId, actual });
    chainChecked = true;
  }

  async function chooseWrapperVersion(): Promise<BlobWrapperVersion> {
    if (wrapperVersion === undefined) {
      const software = await client
        .request<{ Method: "web3_clientVersion"; Parameters: undefined; ReturnType: unknown }>({
          method: "web3_clientVersion",
        })
        .catch((error: unknown) => {
          // Many providers do not tell; a refused form is followed by the other.
          if (!isAnswer(error)) throw error;
          return undefined;
        });
      wrapperVersion = typeof software === "string" && software.startsWith("HardhatNetwork") ? 0 : 1;
    }
    return wrapperVersion;
  }

  function reject(purpose: string, message: string): never {
    throw new L1TransactionError({ kind: "invalid-request", purpose, message });
  }

  async function submit(request: L1TransactionRequest): Promise<L1TransactionStatus> {
    const known = purposes.get(request.purpose);
    if (known !== undefined) return statusOf(mustGet(known));

    const blobs = request.blobs ?? [];
    const value = request.value ?? 0n;
    if (request.purpose === "") reject(request.purpose, "expected a purpose");
    if (blobs.length > MAXIMUM_BLOBS_PER_TRANSACTION) {
      reject(request.purpose, `expected at most ${MAXIMUM_BLOBS_PER_TRANSACTION} blobs, got ${blobs.length}`);
    }
    if (
      request.gasLimit !== undefined &&
      (request.gasLimit > MAXIMUM_GAS_LIMIT || request.gasLimit < PLAIN_TRANSFER_GAS)
    ) {
      reject(
        request.purpose,
        `expected a gas limit between ${PLAIN_TRANSFER_GAS} and ${MAXIMUM_GAS_LIMIT}, got ${request.gasLimit}`,
      );
    }
    await checkChain();
    const data = bytesToHex(request.data);
    const gasLimit = request.gasLimit ?? (await estimateGas(request.purpose, request.to, data, value));
    const sidecar =
      blobs.length === 0 ? undefined : await createBlobSidecar(await loadKzg(), blobs, await chooseWrapperVersion());

    const nonce = await nextNonce();
    const record: TransactionRecord = {
      purpose: request.purpose,
      nonce,
      to: request.to,
      data,
      value: value.toString(),
      gasLimit: gasLimit.toString(),
      blobVersionedHashes: sidecar?.versionedHashes ?? [],
      cancelling: false,
      accepted: false,
      displaced: false,
      attempts: [],
      mined: undefined,
    };
    await save(record, sidecar);
    log.info({ purpose: request.purpose, nonce, gasLimit, blobs: blobs.length }, "L1 transaction recorded");
    try {
      await broadcastPending(await viewL1());
    } catch (error) {
      log.warn({ purpose: request.purpose, error: errorText(error) }, "L1 unreachable; the next step broadcasts");
    }
    return statusOf(mustGet(nonce));
  }

  /** Asks of the pending block, or of the latest where the endpoint has no pending one. */
  async function askPending<T>(ask: (blockTag: "pending" | "latest") => Promise<T>): Promise<T> {
    try {
      return await ask("pending");
    } catch (error) {
      if (!isAnswer(error) || findRevert(error, abis) !== undefined) throw error;
      return ask("latest");
    }
  }

  async function nextNonce(): Promise<number> {
    const pending = await askPending((blockTag) => client.getTransactionCount({ address: account, blockTag }));
    const highest = Math.max(-1, ...transactions.keys());
    return Math.max(pending, highest + 1);
  }

  async function estimateGas(purpose: string, to: Address, data: Hex, value: bigint): Promise<bigint> {
    const busy = [...transactions.values()].some((record) => record.mined === undefined);
    try {
      const estimateAt = (blockTag: "pending" | "latest") => client.estimateGas({ account, to, data, value, blockTag });
      const estimate = await (busy ? askPending(estimateAt) : estimateAt("latest"));
      const withMargin = (estimate * (100n + ESTIMATE_MARGIN)) / 100n;
      return withMargin > MAXIMUM_GAS_LIMIT ? MAXIMUM_GAS_LIMIT : withMargin;
    } catch (error) {
      const revert = findRevert(error, abis);
      if (revert === undefined) throw error;
      throw new L1TransactionError({ kind: "would-revert", purpose, revert });
    }
  }

  function mustGet(nonce: number): TransactionRecord {
    const record = transactions.get(nonce);
    if (record === undefined) throw new Error(`no L1 transaction of nonce ${nonce}`);
    return record;
  }

  function statusOf(record: TransactionRecord): L1TransactionStatus {
    const { purpose, nonce, mined } = record;
    if (record.displaced && mined === undefined) {
      return { kind: "cancelled", purpose, nonce, hash: undefined, block: undefined, confirmed: true };
    }
    if (mined === undefined) {
      const hashes = record.attempts.map((attempt) => attempt.hash);
      return { kind: "pending", purpose, nonce, cancelling: record.cancelling, hashes, trouble: troubles.get(nonce) };
    }
    const { hash, block, confirmed, revert } = mined;
    if (record.attempts.some((attempt) => attempt.hash === hash && attempt.cancellation)) {
      return { kind: "cancelled", purpose, nonce, hash, block, confirmed };
    }
    if (revert !== undefined) return { kind: "reverted", purpose, nonce, hash, block, confirmed, revert };
    return { kind: "succeeded", purpose, nonce, hash, block, confirmed };
  }

  async function viewL1(): Promise<L1View> {
    const block = await client.getBlock({ blockTag: "latest" });
    const nonce = await client.getTransactionCount({ address: account, blockTag: "latest" });
    return {
      head: { number: Number(block.number), hash: block.hash },
      baseFeePerGas: block.baseFeePerGas ?? 0n,
      excessBlobGas: block.excessBlobGas,
      nonce,
    };
  }

  async function readMarket(view: L1View, withBlobs: boolean): Promise<L1Market> {
    const priorityFeePerGas = await client
      .request({ method: "eth_maxPriorityFeePerGas" })
      .then(BigInt)
      .catch(() => GWEI);
    // Asked for only when needed: not every L1 has blobs.
    const blobBaseFee = withBlobs ? await estimateBlobBaseFee(client, view) : 0n;
    return { baseFeePerGas: view.baseFeePerGas, priorityFeePerGas, blobBaseFee: blobBaseFee === 0n ? 1n : blobBaseFee };
  }

  async function step(): Promise<void> {
    await checkChain();
    const view = await viewL1();
    await updateMined(view);
    await fillGap(view);
    await broadcastPending(view);
    await forgetGaps();
    pendingGauge.set({ account }, [...transactions.values()].filter((record) => record.mined === undefined).length);
    emitter.emit("changed");
  }

  /** Compares what is recorded as mined with what L1 says now: both directions, since blocks come and go. */
  async function updateMined(view: L1View): Promise<void> {
    for (const record of ascending()) {
      if (record.mined?.confirmed === true && record.nonce < view.nonce) continue;
      // A nonce not used up by the head block cannot be mined unless the node's answers are of different blocks.
      if (record.mined === undefined && (record.nonce >= view.nonce || record.attempts.length === 0)) continue;
      const receipt = (await findReceipt(record)) ?? (await findEarlierReceipt(record, view));
      if (receipt !== undefined) await recordMined(record, receipt, view);
      else if (record.mined !== undefined) await recordLost(record);
    }
    for (const record of ascending()) {
      if (record.mined === undefined && record.nonce < view.nonce) await settleUsedUp(record, view);
    }
  }

  /** What was known of a mined transaction whose block is still there: endpoints need not find receipts at all times. */
  async function findEarlierReceipt({ mined }: TransactionRecord, view: L1View): Promise<Receipt | undefined> {
    if (mined === undefined || mined.block.number > view.head.number) return undefined;
    const block = await client.getBlock({ blockNumber: BigInt(mined.block.number) }).catch((error: unknown) => {
      if (error instanceof BlockNotFoundError) return undefined;
      throw error;
    });
    // A block that is not known below the head is one that this part of the endpoint does not have yet.
    if (block !== undefined && block.hash !== mined.block.hash) return undefined;
    return { hash: mined.hash, block: mined.block, reverted: mined.revert !== undefined };
  }

  /** Looks for the transaction that took the nonce of one that is not known to be mined. */
  async function settleUsedUp(record: TransactionRecord, view: L1View): Promise<void> {
    try {
      const receipt = await findReceiptInBlock(record, view);
      if (receipt !== undefined) await recordMined(record, receipt, view);
      else await reassignIfDisplaced(record, view);
    } catch (error) {
      // Old nonces are state, which an endpoint need not keep; nothing else is to wait for it.
      if (!isAnswer(error)) throw error;
      log.debug({ purpose: record.purpose, error: errorText(error) }, "what took the nonce cannot be found out yet");
    }
  }

  /** The receipt of an attempt from its block, where the endpoint does not find it by its hash. */
  async function findReceiptInBlock(record: TransactionRecord, view: L1View): Promise<Receipt | undefined> {
    const taker = await findTransactionOfNonce(record.nonce, view.head.number);
    if (taker === undefined || !record.attempts.some(({ hash }) => hash === taker.hash)) return undefined;
    const receipts = await client.request<{
      Method: "eth_getBlockReceipts";
      Parameters: readonly [blockHash: Hash];
      ReturnType: readonly { readonly transactionHash: Hash; readonly status: Hex }[] | null;
    }>({ method: "eth_getBlockReceipts", params: [taker.block.hash] });
    const receipt = receipts?.find(({ transactionHash }) => transactionHash === taker.hash);
    return receipt === undefined ? undefined : { ...taker, reverted: receipt.status !== "0x1" };
  }

  interface Receipt {
    readonly hash: Hash;
    readonly block: L1BlockReference;
    readonly reverted: boolean;
  }

  async function findReceipt(record: TransactionRecord): Promise<Receipt | undefined> {
    for (const { hash } of record.attempts.toReversed()) {
      const receipt = await client
        .request({ method: "eth_getTransactionReceipt", params: [hash] })
        .catch((error: unknown) => {
          // As "transaction indexing is in progress".
          if (!isAnswer(error)) throw error;
          return null;
        });
      if (receipt === null) continue;
      const block = { number: Number(receipt.blockNumber), hash: receipt.blockHash };
      return { hash, block, reverted: receipt.status !== "0x1" };
    }
    return undefined;
  }

  async function recordMined(record: TransactionRecord, receipt: Receipt, view: L1View): Promise<void> {
    const { hash, block } = receipt;
    const confirmed = view.head.number - block.number + 1 >= confirmations;
    const before = record.mined;
    const moved = before === undefined || before.hash !== hash || before.block.hash !== block.hash;
    if (!moved && before.confirmed === confirmed) return;
    const revert = !receipt.reverted
      ? undefined
      : moved || before.revert === undefined
        ? await explainRevert(record, hash, block)
        : before.revert;
    await save({ ...record, mined: { hash, block, confirmed, revert } });
    troubles.delete(record.nonce);
    const status = statusOf(mustGet(record.nonce));
    if (moved) {
      const fields = { purpose: record.purpose, nonce: record.nonce, hash, block: block.number };
      if (revert !== undefined) log.error({ ...fields, revert: revert.message }, "L1 transaction reverted");
      else log.info({ ...fields, result: status.kind }, "L1 transaction mined");
      emitter.emit("mined", status);
    }
  }

  async function recordLost(record: TransactionRecord): Promise<void> {
    log.warn(
      { purpose: record.purpose, nonce: record.nonce, block: record.mined?.block },
      "L1 reorg took a mined transaction; sending it again",
    );
    await save({ ...record, mined: undefined });
    lastBroadcast.delete(record.nonce);
  }

  /**
   * A nonce that is used up while none of our transactions has it was used by another program with the same key. Once
   * that is as deep as a confirmation, ours can never be mined, and only then is it safe to give the deed another nonce.
   */
  async function reassignIfDisplaced(record: TransactionRecord, view: L1View): Promise<void> {
    const depth = view.head.number - confirmations + 1;
    if (record.displaced || depth < 0) return;
    const confirmedNonce = await client.getTransactionCount({ address: account, blockNumber: BigInt(depth) });
    if (confirmedNonce <= record.nonce) return;
    // A missing receipt proves nothing (indexes lag, load balancers mix nodes); the other transaction itself does.
    const other = (await findTransactionOfNonce(record.nonce, depth))?.hash;
    if (other === undefined || record.attempts.some((attempt) => attempt.hash === other)) return;
    if (record.cancelling) {
      await save({ ...record, displaced: true });
      return;
    }
    const nonce = await nextNonce();
    log.error(
      { purpose: record.purpose, nonce: record.nonce, newNonce: nonce, other },
      "another program uses this key: its transaction took the nonce",
    );
    const sidecar = records.get<BlobSidecar>(sidecarKey(record.nonce));
    // In this order: killed in between, the deed has two nonces, of which the used-up one is dropped when opened again.
    await save({ ...record, nonce, accepted: false, attempts: [] }, sidecar);
    await erase(record);
  }

  /** This account's transaction of a nonce that was used up in block `highest` or before. */
  async function findTransactionOfNonce(
    nonce: number,
    highest: number,
  ): Promise<{ readonly hash: Hash; readonly block: L1BlockReference } | undefined> {
    const usedUpIn = async (block: number): Promise<boolean> =>
      (await client.getTransactionCount({ address: account, blockNumber: BigInt(block) })) > nonce;
    let after = highest;
    let before = highest;
    for (let distance = 1; before === after; distance *= 2) {
      const candidate = Math.max(0, highest - distance);
      if (candidate === 0 || !(await usedUpIn(candidate))) before = candidate;
      else before = after = candidate;
    }
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (await usedUpIn(middle)) after = middle;
      else before = middle;
    }
    const block = await client.getBlock({ blockNumber: BigInt(after), includeTransactions: true });
    const taker = block.transactions.find(
      (transaction) => toAddress(transaction.from) === account && transaction.nonce === nonce,
    );
    return taker === undefined ? undefined : { hash: taker.hash, block: { number: after, hash: block.hash } };
  }

  async function explainRevert(record: TransactionRecord, hash: Hash, block: L1BlockReference): Promise<L1Revert> {
    const { to, data } = record;
    const call = { account, to, data, value: BigInt(record.value), gas: BigInt(record.gasLimit) };
    // Neither is quite the state it met: the first has the block's own time but what came after it too, the second lacks
    // what came before it in the block.
    for (const blockNumber of [block.number, block.number - 1]) {
      try {
        await client.call({ ...call, blockNumber: BigInt(blockNumber) });
      } catch (error) {
        const revert = findRevert(error, abis);
        if (revert !== undefined) return revert;
        log.debug({ hash, error: errorText(error) }, "the revert could not be replayed");
      }
    }
    return { message: "reverted for a reason that a replay does not show", errorName: undefined, data: "0x" };
  }

  /**
   * Nonces below the lowest of ours that nobody is going to use would hold up ours for ever. It happens when a deep reorg
   * takes a forgotten transaction, or another program's pending one is dropped.
   */
  async function fillGap(view: L1View): Promise<void> {
    const lowest = ascending().find((record) => record.nonce >= view.nonce);
    if (lowest === undefined || lowest.nonce === view.nonce) {
      gapSince = undefined;
      return;
    }
    if (gapSince?.nonce !== view.nonce) gapSince = { nonce: view.nonce, at: now() };
    if (now() - gapSince.at < feeBumpInterval) return;
    for (let nonce = view.nonce; nonce < lowest.nonce; nonce++) {
      log.warn({ nonce }, "filling a nonce that nobody uses");
      await save({
        purpose: `${GAP_PURPOSE}${nonce}`,
        nonce,
        to: account,
        data: "0x",
        value: "0",
        gasLimit: PLAIN_TRANSFER_GAS.toString(),
        blobVersionedHashes: [],
        cancelling: false,
        accepted: false,
        displaced: false,
        attempts: [],
        mined: undefined,
      });
    }
  }

  async function forgetGaps(): Promise<void> {
    for (const record of ascending()) {
      if (record.purpose.startsWith(GAP_PURPOSE) && record.mined?.confirmed === true) await erase(record);
    }
  }

  async function broadcastPending(view: L1View): Promise<void> {
    const pending = ascending().filter(
      (record) => record.mined === undefined && !record.displaced && record.nonce >= view.nonce,
    );
    let market: L1Market | undefined;
    for (const record of pending) {
      const behind = pending.find((other) => other.nonce < record.nonce && hasBlobs(other) !== hasBlobs(record));
      if (behind !== undefined) {
        setTrouble(record, { kind: "behind-other-kind", nonce: behind.nonce });
        continue;
      }
      const last = record.attempts.at(-1);
      const wantsCancellation = record.cancelling && !record.attempts.some((attempt) => attempt.cancellation);
      // Only the first can be mined next; raising the fees of those behind it would be bidding against oneself.
      const stuck = last !== undefined && record.nonce === view.nonce && now() - last.createdAt >= feeBumpInterval;
      const raised = stuck || underpriced.has(record.nonce);
      if (last === undefined || wantsCancellation || raised) {
        market ??= await readMarket(view, pending.some(hasBlobs));
        const { blobBaseFee } = market;
        if (hasBlobs(record) && blobBaseFee === undefined) {
          setTrouble(record, { kind: "rejected", message: NO_BLOB_PRICE });
          if (last === undefined) break;
          continue;
        }
        const prices = { ...market, blobBaseFee: blobBaseFee ?? 0n };
        const sameKind = last !== undefined && hasBlobs(record) === (last.maxFeePerBlobGas !== undefined);
        const decision = sameKind ? raiseFees(feesOf(last), prices, caps) : offerFees(prices, caps, hasBlobs(record));
        if (decision.kind === "offer") {
          if (last !== undefined && !wantsCancellation)
            log.warn(
              { purpose: record.purpose, nonce: record.nonce, attempts: record.attempts.length },
              "raising the fees of an L1 transaction",
            );
          const signed = await sign(record, decision.fees);
          underpriced.delete(record.nonce);
          await broadcast(signed);
          continue;
        }
        reportCap(record, decision);
        if (last === undefined) break;
      }
      if (now() - (lastBroadcast.get(record.nonce) ?? -Infinity) >= rebroadcastInterval) await broadcast(record);
    }
  }

  function reportCap(
    record: TransactionRecord,
    { fee, required, maximum }: Extract<FeeDecision, { kind: "capped" }>,
  ): void {
    setTrouble(record, { kind: "fee-cap", fee, required, maximum });
  }

  /** Signs with these fees and records the attempt, so that its hash is known whatever happens after. */
  async function sign(record: TransactionRecord, fees: TransactionFees): Promise<TransactionRecord> {
    const cancellation = record.cancelling;
    const common = {
      chainId,
      nonce: record.nonce,
      to: cancellation ? account : record.to,
      data: cancellation ? ("0x" as const) : record.data,
      value: cancellation ? 0n : BigInt(record.value),
      gas: cancellation ? PLAIN_TRANSFER_GAS : BigInt(record.gasLimit),
      maxFeePerGas: fees.maxFeePerGas,
      maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
    };
    const signed =
      fees.maxFeePerBlobGas === undefined
        ? await signer.signTransaction({ type: "eip1559", ...common })
        : await signer.signTransaction({
            type: "eip4844",
            ...common,
            maxFeePerBlobGas: fees.maxFeePerBlobGas,
            // A pool replaces a blob transaction by a blob transaction only, so a cancellation carries a blob of zeros.
            blobVersionedHashes: cancellation
              ? [...createZeroSidecar(0).versionedHashes]
              : [...record.blobVersionedHashes],
            sidecars: false,
          });
    const attempt: Attempt = {
      hash: keccakOfHex(signed),
      signed,
      cancellation,
      maxFeePerGas: fees.maxFeePerGas.toString(),
      maxPriorityFeePerGas: fees.maxPriorityFeePerGas.toString(),
      maxFeePerBlobGas: fees.maxFeePerBlobGas?.toString(),
      createdAt: now(),
    };
    const next = { ...record, attempts: [...record.attempts, attempt] };
    await save(next);
    return next;
  }

  async function broadcast(record: TransactionRecord): Promise<void> {
    const attempt = record.attempts.at(-1);
    if (attempt === undefined) return;
    lastBroadcast.set(record.nonce, now());
    const sidecar = attempt.maxFeePerBlobGas === undefined ? undefined : await sidecarOf(record, attempt);
    const raw =
      sidecar === undefined ? attempt.signed : bytesToHex(wrapBlobTransaction(hexToBytes(attempt.signed), sidecar));
    try {
      await client.request({ method: "eth_sendRawTransaction", params: [raw] });
      broadcasts.inc({ account, result: "accepted" });
      await recordAccepted(record);
    } catch (error) {
      if (!isAnswer(error)) {
        lastBroadcast.delete(record.nonce);
        throw error;
      }
      await handleRefusal(record, error, sidecar);
    }
  }

  async function recordAccepted(record: TransactionRecord): Promise<void> {
    troubles.delete(record.nonce);
    if (!record.accepted) await save({ ...record, accepted: true });
  }

  async function handleRefusal(
    record: TransactionRecord,
    error: unknown,
    sidecar: BlobSidecar | undefined,
  ): Promise<void> {
    const refusal = classifyRefusal(error);
    broadcasts.inc({ account, result: refusal.kind });
    switch (refusal.kind) {
      case "already-known":
        await recordAccepted(record);
        return;
      // The next step finds its receipt, or that another transaction used the nonce.
      case "nonce-too-low":
      case "reverted":
        troubles.delete(record.nonce);
        return;
      case "replacement-underpriced":
      case "fee-too-low":
        underpriced.add(record.nonce);
        setTrouble(record, { kind: "rejected", message: errorText(error) });
        return;
      case "insufficient-funds": {
        lastBroadcast.delete(record.nonce);
        const balance = await client.getBalance({ address: account });
        setTrouble(record, { kind: "insufficient-funds", account, balance, required: highestCost(record) });
        return;
      }
      case "sidecar-form":
        lastBroadcast.delete(record.nonce);
        if (sidecar !== undefined && options.wrapperVersion === undefined) {
          wrapperVersion = sidecar.wrapperVersion === 0 ? 1 : 0;
          log.warn({ version: wrapperVersion }, "the L1 node does not read this form of blobs; trying the other");
          if (!(record.attempts.at(-1)?.cancellation ?? false)) {
            await records.put(
              sidecarKey(record.nonce),
              await createBlobSidecar(await loadKzg(), sidecar.blobs, wrapperVersion),
            );
          }
        }
        setTrouble(record, { kind: "rejected", message: errorText(error) });
        return;
      case "other":
        // Whatever it is may be over the next time; blobs on a Hardhat node, for one, wait for an empty pool.
        lastBroadcast.delete(record.nonce);
        setTrouble(record, { kind: "rejected", message: refusal.message });
        return;
    }
  }

  async function sidecarOf(record: TransactionRecord, attempt: Attempt): Promise<BlobSidecar> {
    if (attempt.cancellation) return createZeroSidecar(await chooseWrapperVersion());
    const sidecar = records.get<BlobSidecar>(sidecarKey(record.nonce));
    if (sidecar === undefined) throw new Error(`the blobs of L1 transaction "${record.purpose}" are not on disk`);
    return sidecar;
  }

  function setTrouble(record: TransactionRecord, trouble: L1TransactionTrouble): void {
    if (troubles.get(record.nonce)?.kind !== trouble.kind && trouble.kind !== "behind-other-kind") {
      log.error({ purpose: record.purpose, nonce: record.nonce, trouble }, "an L1 transaction cannot move");
    }
    troubles.set(record.nonce, trouble);
  }

  async function cancel(purpose: string): Promise<void> {
    const nonce = purposes.get(purpose);
    if (nonce === undefined) throw new L1TransactionError({ kind: "unknown-purpose", purpose });
    const record = mustGet(nonce);
    if (record.mined !== undefined || record.cancelling) return;
    log.warn({ purpose, nonce }, "cancelling an L1 transaction");
    // What no node took needs no blob to be replaced, and a node that takes no blobs at all would refuse one.
    const blobVersionedHashes = record.accepted ? record.blobVersionedHashes : [];
    await save({ ...record, cancelling: true, blobVersionedHashes });
    lastBroadcast.delete(nonce);
    try {
      await broadcastPending(await viewL1());
    } catch (error) {
      log.warn({ purpose, error: errorText(error) }, "L1 unreachable; the next step broadcasts the cancellation");
    }
  }

  async function forget(purpose: string): Promise<void> {
    const nonce = purposes.get(purpose);
    if (nonce === undefined) return;
    const record = mustGet(nonce);
    const status = statusOf(record);
    if (status.kind === "pending" || !status.confirmed) {
      throw new L1TransactionError({
        kind: "invalid-request",
        purpose,
        message: "expected it to be confirmed before it is forgotten",
      });
    }
    await erase(record);
  }

  const trouble = createTroubleReporter(now);
  const loop = createStepLoop({
    interval: options.pollingInterval ?? 2,
    step: async () => {
      await exclusive(step);
      trouble.over();
      return false;
    },
    onError: (error) => {
      const text = errorText(error);
      trouble.report(text, (again) => log.error({ error: text, ...again }, "L1 step failed"));
    },
    endsLoop: isConnectionClosed,
  });

  return {
    account,
    submit: (request) => exclusive(() => submit(request)),
    status(purpose) {
      const nonce = purposes.get(purpose);
      return nonce === undefined ? undefined : statusOf(mustGet(nonce));
    },
    statuses: () => ascending().map(statusOf),
    wait(purpose, { confirmed = false, signal } = {}) {
      return new Promise((resolve, reject) => {
        const settle = (action: () => void): void => {
          emitter.off("changed", check);
          signal?.removeEventListener("abort", abort);
          action();
        };
        const abort = (): void =>
          settle(() => reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted")));
        const check = (): void => {
          const nonce = purposes.get(purpose);
          if (nonce === undefined) {
            settle(() => reject(new L1TransactionError({ kind: "unknown-purpose", purpose })));
            return;
          }
          const status = statusOf(mustGet(nonce));
          if (status.kind !== "pending" && (!confirmed || status.confirmed)) settle(() => resolve(status));
        };
        emitter.on("changed", check);
        signal?.addEventListener("abort", abort);
        if (signal?.aborted === true) abort();
        else check();
      });
    },
    cancel: (purpose) => exclusive(() => cancel(purpose)),
    forget: (purpose) => exclusive(() => forget(purpose)),
    onMined(listener) {
      emitter.on("mined", listener);
      return () => emitter.off("mined", listener);
    },
    step: () => exclusive(step),
    start: loop.start,
    stop: loop.stop,
  };
}

function hasBlobs(record: TransactionRecord): boolean {
  return record.blobVersionedHashes.length > 0;
}

function feesOf(attempt: Attempt): TransactionFees {
  return {
    maxFeePerGas: BigInt(attempt.maxFeePerGas),
    maxPriorityFeePerGas: BigInt(attempt.maxPriorityFeePerGas),
    maxFeePerBlobGas: attempt.maxFeePerBlobGas === undefined ? undefined : BigInt(attempt.maxFeePerBlobGas),
  };
}

/** Most the last attempt may cost in wei: value, gas and blob gas (131,072 a blob) at their maximum fees. */
function highestCost(record: TransactionRecord): bigint {
  const last = record.attempts.at(-1);
  if (last === undefined) return BigInt(record.value);
  const fees = feesOf(last);
  const blobGas = 131_072n * BigInt(record.blobVersionedHashes.length);
  return BigInt(record.value) + BigInt(record.gasLimit) * fees.maxFeePerGas + blobGas * (fees.maxFeePerBlobGas ?? 0n);
}

function registerCounter<Label extends string>(
  registry: Instruments["metrics"],
  name: string,
  help: string,
  labelNames: readonly Label[],
): Counter<Label> {
  const existing = registry.getSingleMetric(name) as Counter<Label> | undefined;
  return existing ?? new Counter({ name, help, labelNames, registers: [registry] });
}

function registerGauge<Label extends string>(
  registry: Instruments["metrics"],
  name: string,
  help: string,
  labelNames: readonly Label[],
): Gauge<Label> {
  const existing = registry.getSingleMetric(name) as Gauge<Label> | undefined;
  return existing ?? new Gauge({ name, help, labelNames, registers: [registry] });
}
