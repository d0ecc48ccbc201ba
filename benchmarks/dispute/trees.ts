import { encodeSingle } from "../../src/challenger/calls.ts";
import type { SingleMove } from "../../src/challenger/calls.ts";
import { computeTotals } from "../../src/challenger/index.ts";
import type { TreeNode } from "../../src/challenger/index.ts";
import { claimTracePosition, positionId } from "../../src/challenger/position.ts";
import { rewardTrees } from "../../src/challenger/reward-trees.ts";
import { toAddress } from "../../src/primitives/index.ts";
import type { Board } from "../../test/disputes/board.ts";
import type { Dispute } from "./contest.ts";

/** Gas that an L1 transaction may have (EIP-7825). */
const TRANSACTION_GAS = 2n ** 24n;

/** A tree in one transaction. */
export interface MeasuredTree {
  readonly nodes: number;
  /** Undefined if it takes more than a transaction may. */
  readonly gas: bigint | undefined;
  /** Bytes. */
  readonly calldata: number;
}

/** Stores the total of half a claim's trace by trees of these numbers of nodes, each as if it was the first. */
export async function measureCaching(
  board: Board,
  { table, right, now }: Dispute,
  sizes: readonly number[],
): Promise<MeasuredTree[]> {
  const { challengePeriod } = board.parameters;
  const state = table.state();
  const totals = computeTotals(state, board.parameters, now);
  const halves = state.positions
    .get(positionId(claimTracePosition(parentOf(state.claims, right.parentId), board.parameters.claimTraceHeight)))
    ?.halves.get(right.traceRoot);
  const position = halves === undefined ? undefined : state.positions.get(halves.leftId)?.position;
  if (halves === undefined || position === undefined) throw new Error("expected the claim to be bisected");
  const span = { positionId: halves.leftId, root: halves.left, unitRoot: undefined };
  // Less than all of it is asked for: the claim's own time, if it has any, is not in the half's.
  const wanted = Math.min(totals.of(span), challengePeriod);
  const whole = totals.show(span, wanted, Number.MAX_SAFE_INTEGER)?.nodes ?? [];
  const found: MeasuredTree[] = [];
  for (const size of sizes.filter((nodes) => nodes <= whole.length)) {
    const tree = prune(whole, size);
    found.push(
      await measure(board, table, { kind: "cache", parentId: right.parentId, position, span, tree }, tree, now),
    );
  }
  return found;
}

function parentOf<Claim>(claims: ReadonlyMap<string, Claim>, id: string): Claim {
  const claim = claims.get(id);
  if (claim === undefined) throw new Error(`expected claim ${id}`);
  return claim;
}

/** Collects by trees of at most these numbers of nodes, each as if nothing was collected. */
export async function measureCollecting(
  board: Board,
  { table, parent, right, now }: Dispute,
  sizes: readonly number[],
): Promise<MeasuredTree[]> {
  const state = table.state();
  const recorded = state.positions.get(positionId(claimTracePosition(parent, board.parameters.claimTraceHeight)));
  const found: MeasuredTree[] = [];
  for (const size of sizes) {
    const [tree] = rewardTrees(state, recorded, right.traceRoot, toAddress(board.honest.address), size);
    if (tree === undefined) throw new Error("expected rewards");
    const move = { kind: "collect", parentId: parent.claimId, parent, claim: right, tree } as const;
    found.push(await measure(board, table, move, tree, now));
  }
  return found;
}

/** The first nodes of a tree in preorder, with nothing shown below the last of them. */
function prune(nodes: readonly TreeNode[], size: number): TreeNode[] {
  const kept: TreeNode[] = [];
  let [next, left] = [0, size - 1];
  const take = (isShown: boolean): void => {
    const node = nodes[next++];
    if (node === undefined) throw new Error("expected a whole tree");
    const below = node.kind === "bisected" ? 2 : node.kind === "opened" ? 1 : 0;
    const isShownBelow = isShown && left >= below;
    if (isShown) kept.push(isShownBelow ? node : { kind: "alone" });
    if (isShownBelow) left -= below;
    for (let index = 0; index < below; index++) take(isShownBelow);
  };
  take(true);
  return kept;
}

async function measure(
  { connection, honest, networkHelpers }: Board,
  { contracts }: Dispute["table"],
  move: SingleMove,
  nodes: readonly TreeNode[],
  now: number,
): Promise<MeasuredTree> {
  const snapshot = await networkHelpers.takeSnapshot();
  try {
    const { to, data } = encodeSingle(move, contracts);
    await networkHelpers.time.setNextBlockTimestamp(now);
    const params = [{ from: honest.address, to, data, gas: `0x${TRANSACTION_GAS.toString(16)}` }];
    const gas: unknown = await connection.provider
      .request({ method: "eth_sendTransaction", params })
      .then((hash) => connection.ethers.provider.getTransactionReceipt(String(hash)))
      .then((receipt) => receipt?.gasUsed)
      .catch((error: unknown) => {
        // The simulated L1 tells of a transaction that ran out of gas by refusing it.
        if (!String(error).includes("ran out of gas")) throw error;
      });
    return {
      nodes: nodes.length,
      gas: typeof gas === "bigint" ? gas : undefined,
      calldata: (data.length - 2) / 2,
    };
  } finally {
    await snapshot.restore();
  }
}
