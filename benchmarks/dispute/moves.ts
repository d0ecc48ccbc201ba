import { prepareMachine } from "../../src/machine/index.ts";
import { MESSAGE_HISTORIES } from "../../test/contracts/machine/message-histories.ts";
import type { Board } from "../../test/disputes/board.ts";
import { divergencesOf } from "../../test/disputes/divergences.ts";
import type { Divergence } from "../../test/disputes/divergences.ts";
import { playDuel } from "../../test/disputes/duel.ts";
import type { DuelReport } from "../../test/disputes/duel.ts";
import { HISTORIES } from "../../test/machine/chain/histories.ts";
import { createHistory } from "../../test/machine/chain/history.ts";
import type { History } from "../../test/machine/chain/history.ts";
import { encodeSingle } from "../../src/challenger/calls.ts";
import { siblingsOfLast } from "../../test/disputes/false-claims.ts";
import { scriptedClaim } from "./scripted-claims.ts";
import { HEIGHT_40, PRODUCTION, openRealBoard, openScriptedBoard } from "./boards.ts";
import { playContest } from "./contest.ts";
import type { Contest } from "./contest.ts";
import { count, median, sum, table } from "./format.ts";
import { measurePacking } from "./packed-moves.ts";
import type { PackedMoves } from "./packed-moves.ts";
import { measureCaching, measureCollecting } from "./trees.ts";
import type { MeasuredTree } from "./trees.ts";
import { honestGas } from "./winning.ts";

/** Where duels with the OneStepProver are wrong from: steps of every kind of unit, small and large. */
const KINDS = [
  "LoadBatch: start",
  "LoadBatch: ReadCalldata",
  "LoadBatch: ReadElement",
  "BeginBlock: InflateSymbols",
  "BeginBlock: OpenBlock",
  "Message: Mint",
  "Message: LoadAccount",
  "Transaction: RecoverSender",
  "Transaction: LoadSlot",
  "Transaction: Execute PUSH1",
  "Transaction: Execute MLOAD",
  "Transaction: Execute SSTORE",
  "Transaction: Execute KECCAK256",
  "Transaction: Execute CALL",
  "Transaction: Flush",
  "EndBlock: SealBlock",
  "Halt: start",
] as const;

/** An instruction in the middle of a transaction, whose proof takes about what the median of typical steps takes (steps.md). */
export const TYPICAL_KIND = "Transaction: Execute MLOAD";

/** Places drawn for disputes anywhere in a claim. */
const PLACES = 12;
/** Adversaries that make a tree larger than a transaction can take, two at each place. */
const TREE_PLACES = 32;
const TREE_SIZES = [100, 200, 400, 800, 1_200, 1_300, 1_400, 1_500, 1_600, 1_700];
/** Bytes of a transaction that nodes of L1 pass on (geth's `txMaxSize`). */
const PASSED_ON = 131_072;

interface Duel {
  readonly kind: string;
  readonly liarFirst: boolean;
  readonly report: DuelReport;
}

/** Gas of each move, of whole disputes, of moves that are packed, and of trees. */
export async function measureMoves(save: (section: string) => Promise<void>): Promise<void> {
  await prepareMachine();
  const history = await createHistory({ batches: [{}] });
  const duels = await playDuels(PRODUCTION.claimTraceHeight, await openRealBoard(PRODUCTION), KINDS);
  const smallDuels = await playDuels(HEIGHT_40.claimTraceHeight, await openRealBoard(HEIGHT_40), [
    TYPICAL_KIND,
    dearestKind(duels),
  ]);
  const board = await openScriptedBoard(PRODUCTION);
  const undisputed = await measureUndisputed(board, history);
  const anywhere = await playAnywhere(board, history);
  const anywhereSmall = await playAnywhere(await openScriptedBoard(HEIGHT_40), history);
  console.log("moves: packing");
  const lies = Array.from({ length: 8 }, (_, index) => ({ unit: index * 2 ** 29, step: 0, name: `liar ${index}` }));
  const packing = await measurePacking(board, history, lies);
  const trees = await measureTrees(board, history);
  const tables = [
    moveTable(duels, anywhere, trees.contest, undisputed),
    proofTable(duels),
    wholeTable({ duels, smallDuels, anywhere, anywhereSmall }),
    packingTable(packing),
    treeTable(trees),
  ];
  await save(tables.join("\n\n"));
}

/** Gas of a proof of a typical step, with the OneStepProver; of the duels, one with the liar first. */
export async function measureTypicalProof(): Promise<bigint> {
  await prepareMachine();
  const [duel] = await playDuels(PRODUCTION.claimTraceHeight, await openRealBoard(PRODUCTION), [TYPICAL_KIND], [true]);
  return duel?.report.gas.get("prove")?.[0] ?? 0n;
}

async function playDuels(
  claimTraceHeight: number,
  board: Board,
  kinds: readonly string[],
  orders: readonly boolean[] = [true, false],
): Promise<Duel[]> {
  const divergences = await divergencesOf({ ...HISTORIES, ...MESSAGE_HISTORIES }, claimTraceHeight);
  const duels: Duel[] = [];
  for (const kind of kinds) {
    const divergence = divergences.find((one): one is Divergence => one.kind === kind);
    if (divergence === undefined) throw new Error(`expected a step of the kind ${kind}`);
    for (const liarFirst of orders) {
      const falsehood = { unit: divergence.unit, step: divergence.step };
      const report = await playDuel(board, { ...divergence, falsehood, liarFirst, isRightInTheEnd: false });
      duels.push({ kind, liarFirst, report });
    }
    console.log(`moves: duel at ${kind}`);
  }
  return duels;
}

const proofGas = ({ report }: Duel): bigint => report.gas.get("prove")?.[0] ?? 0n;

function dearestKind(duels: readonly Duel[]): string {
  return duels.reduce((dearest, duel) => (proofGas(duel) > proofGas(dearest) ? duel : dearest)).kind;
}

/** Against a liar who is first everywhere and wrong from a place that was drawn; always the same places. */
async function playAnywhere(board: Board, history: History): Promise<readonly Contest[]> {
  const random = randomness();
  const contests: Contest[] = [];
  for (let place = 0; place < PLACES; place++) {
    const lie = {
      unit: Math.floor(random() * 2 ** board.heights.claim),
      step: Math.floor(random() * 2 ** board.heights.unit),
      name: `place ${place}`,
    };
    contests.push(
      await playContest(board, {
        history,
        adversaries: [{ lie, entersAt: 0 }],
        responseTime: PRODUCTION.minimumResponseTime,
      }),
    );
  }
  console.log(`moves: ${PLACES} disputes anywhere in a claim, heights ${board.heights.claim} + ${board.heights.unit}`);
  return contests;
}

/** Mulberry32: the same numbers in every run. */
function randomness(): () => number {
  let state = 0x0d15_b07e;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Undisputed {
  readonly propose: bigint;
  readonly confirm: bigint;
}

/** A claim that stands alone; its bond is put up with it. */
async function measureUndisputed(board: Board, history: History): Promise<Undisputed> {
  const game = await board.deploy(history);
  const { honest, networkHelpers, heights, parameters } = board;
  const [genesis] = game.state().claims.values();
  if (genesis === undefined) throw new Error("expected the genesis claim");
  const right = scriptedClaim(history.before, heights);
  const siblings = await siblingsOfLast(right.own, heights.claim);
  const { gasUsed: propose } = await game.propose(honest, genesis.claimId, right.after, siblings);
  await networkHelpers.time.increase(parameters.challengePeriod);
  const claim = [...game.state().claims.values()].find(({ traceRoot }) => traceRoot === right.own.traceRoot);
  if (claim === undefined) throw new Error("expected the claim to be there");
  const call = encodeSingle({ kind: "confirm", parentId: genesis.claimId, claim }, game.contracts);
  return { propose, confirm: (await game.send(honest, call)).gasUsed };
}

interface Trees {
  readonly cache: readonly MeasuredTree[];
  readonly collect: readonly MeasuredTree[];
  readonly contest: Contest;
}

async function measureTrees(board: Board, history: History): Promise<Trees> {
  const adversaries = Array.from({ length: 2 * TREE_PLACES }, (_, index) => ({
    lie: {
      unit: Math.floor(index / 2) * (2 ** board.heights.claim / TREE_PLACES),
      step: 0,
      name: `liar ${index}`,
    },
    entersAt: 0,
  }));
  let [cache, collect]: [MeasuredTree[], MeasuredTree[]] = [[], []];
  const contest = await playContest(board, {
    history,
    adversaries,
    responseTime: PRODUCTION.minimumResponseTime,
    onDecidable: async (dispute) => {
      cache = await measureCaching(board, dispute, TREE_SIZES);
    },
    onCollectable: async (dispute) => {
      collect = await measureCollecting(board, dispute, TREE_SIZES);
    },
    onProgress: (text) => console.log(`moves: trees, ${text}`),
  });
  return { cache, collect, contest };
}

function moveTable(
  duels: readonly Duel[],
  anywhere: readonly Contest[],
  trees: Contest,
  undisputed: Undisputed,
): string {
  const ofDuels = (what: string, liarFirst?: boolean) => {
    const chosen = duels.filter((duel) => liarFirst === undefined || duel.liarFirst === liarFirst);
    const gas = chosen.flatMap(({ report }) => report.gas.get(what) ?? []);
    const calldata = chosen.flatMap(({ report }) => report.calldata.get(what) ?? []);
    return [range(gas), count(median(gas)), count(Math.max(...calldata))];
  };
  const ofContests = (what: string, contests: readonly Contest[]) => {
    const spendings = contests.flatMap(({ honest }) => honest.get(what) ?? []);
    const calls = spendings.reduce((all, { calls }) => all + calls, 0);
    const gas = sum(spendings.map(({ gas }) => gas));
    const most = spendings.reduce((found, { mostGas }) => (mostGas > found ? mostGas : found), 0n);
    const calldata = spendings.reduce((all, { calldata }) => all + calldata, 0);
    return [`≤ ${count(most)}`, count(gas / BigInt(calls)), `${count(calldata / calls)} (mean)`];
  };
  const rows = [
    ["propose, undisputed", count(undisputed.propose), "", "", "≤ 130,000", "401,003", "308,000"],
    ["confirm, undisputed", count(undisputed.confirm), "", "", "≤ 60,000", "236,363", "99,700"],
    ["propose beside a wrong claim", ...ofDuels("propose", true), "", "", ""],
    ["bisectClaim, first", ...ofDuels("bisect-claim", false), "", "253,603", "418,000–922,000"],
    ["bisectClaim, answering", ...ofDuels("bisect-claim", true), "", "", ""],
    ["bisect, first", ...ofDuels("bisect", false), "≤ 80,000", "253,603", "418,000–922,000"],
    ["bisect, answering", ...ofDuels("bisect", true), "≤ 80,000", "253,603", "418,000–922,000"],
    ["open, first", ...ofDuels("open", false), "", "", ""],
    ["open, answering", ...ofDuels("open", true), "", "", ""],
    ["prove", ...ofDuels("prove"), "", "", ""],
    ["decide, one rival", ...ofDuels("decide"), "", "", ""],
    ["confirm, disputed", ...ofDuels("confirm"), "", "", ""],
    ["decideUnit, one rival", ...ofContests("decide-unit", anywhere), "", "", ""],
    ["forfeitBond", ...ofContests("forfeit", anywhere), "", "", ""],
    ["collect, one rival", ...ofContests("collect", anywhere), "", "", ""],
    ["collectUnit, one rival", ...ofContests("collect-unit", anywhere), "", "", ""],
    [`cache, ${2 * TREE_PLACES} rivals`, ...ofContests("cache", [trees]), "", "", ""],
    ["withdraw", ...ofContests("withdraw", anywhere), "", "", ""],
  ];
  return `### Each move

Heights ${PRODUCTION.claimTraceHeight} + ${PRODUCTION.unitTraceHeight}. Moves up to \`decide\`, and \`confirm\`: of the honest side in ${duels.length} disputes with the
OneStepProver, one for each kind of step below with the liar first and one with the honest side first, everywhere. The rest: of ${PLACES} disputes at places
drawn at random, and for \`cache\` of one with ${2 * TREE_PLACES} rivals. The first move of an account on the game takes some 48,000 gas more, once for ever: it is numbered.
An answering \`bisect\` records one or two spans beside its rival's, a first one two at positions of their own. Targets, and what the same takes with other
rollups, are those of the project's design (§8), measured there on a local L1 with the peers' published contracts.

${table(["move", "L1 gas", "median or mean", "calldata, bytes", "target", "OP Stack", "Arbitrum Nitro + BoLD"], 1, rows)}`;
}

function range(values: readonly bigint[]): string {
  const [least, most] = [values, values].map((all, index) =>
    all.reduce((found, one) => ((index === 0 ? one < found : one > found) ? one : found)),
  );
  return least === most ? count(least ?? 0n) : `${count(least ?? 0n)}–${count(most ?? 0n)}`;
}

function proofTable(duels: readonly Duel[]): string {
  const rows = duels
    .filter(({ liarFirst }) => liarFirst)
    .toSorted((left, right) => Number(proofGas(left) - proofGas(right)))
    .map((duel) => [duel.kind, count(proofGas(duel)), count(duel.report.calldata.get("prove")?.[0] ?? 0)]);
  return `### prove, by step

With the OneStepProver, in small histories. Each kind of step at its dearest is in [steps on L1](steps.md).

${table(["step", "L1 gas", "calldata, bytes"], 1, rows)}`;
}

function wholeTable(measured: {
  readonly duels: readonly Duel[];
  readonly smallDuels: readonly Duel[];
  readonly anywhere: readonly Contest[];
  readonly anywhereSmall: readonly Contest[];
}): string {
  const { duels, smallDuels, anywhere, anywhereSmall } = measured;
  const dearest = dearestKind(duels);
  const heights = [
    { name: "20 + 20", duels: smallDuels, anywhere: anywhereSmall, target: "≤ 4M" },
    { name: "32 + 25", duels, anywhere, target: "≤ 5.5M" },
  ];
  const rows = heights.flatMap(({ name, duels: own, anywhere: drawn, target }) => {
    const typical = own.find(({ kind, liarFirst }) => kind === TYPICAL_KIND && liarFirst);
    const ofDuels = [TYPICAL_KIND, dearest].flatMap((kind) =>
      own
        .filter((duel) => duel.kind === kind)
        .map(({ liarFirst, report }) => {
          const spendings = [...report.gas].map(([what, gas]) => [what, { gas: sum(gas) }] as const);
          const { winning } = honestGas(new Map(spendings));
          const who = liarFirst ? "liar" : "honest side";
          return [name, `first units, ${kind}`, who, count(winning), kind === TYPICAL_KIND ? target : ""];
        }),
    );
    // Steps that are listed are proven for less than by the OneStepProver.
    const scripted = drawn.map(({ honest }) => {
      const listed = honest.get("prove")?.gas ?? 0n;
      return honestGas(honest).winning - listed + (typical === undefined ? listed : proofGas(typical));
    });
    const mean = sum(scripted) / BigInt(scripted.length);
    return [
      ...ofDuels,
      [name, `anywhere, typical step, mean of ${PLACES} (${range(scripted)})`, "liar", count(mean), target],
    ];
  });
  const collecting = sum(anywhere.map(({ honest }) => honestGas(honest).collecting)) / BigInt(anywhere.length);
  return `### Whole disputes

Gas of the honest side of a dispute with one liar, from its first bisection to the decision and the confirmation; its claim it would have made anyhow.
For a height of 40 the two levels are 20 + 20. "First units": the step is at the begin of the trace, as in every claim that does not fill it, so that both
sides differ in the left half at nearly every height and each answer records two spans: that is the dearest there is. "Anywhere": places drawn from all of 2^H0 units
and 2^H1 steps, with listed steps; the proof is reckoned with what \`${TYPICAL_KIND}\` took. To have the bonds back and be paid takes another ${count(collecting)} gas
(\`forfeitBond\`, \`collect\`, \`decideUnit\`, \`collectUnit\`, \`withdraw\`), and brings half of the liar's bonds. From the project's design (§8), measured there: 
OP Stack 5.05M gas and 5.5M to resolve, Arbitrum Nitro with BoLD 26.3M, both at height 40.

${table(["heights", "where the liar is wrong", "who is first", "L1 gas", "target"], 3, rows)}`;
}

function packingTable(packing: readonly PackedMoves[]): string {
  const each = (gas: bigint, moves: number): string => count(gas / BigInt(moves));
  const rows = packing.map(({ moves, alone, playedAlone, together }) => [
    count(moves),
    each(alone, moves),
    each(playedAlone, moves),
    each(together, moves),
  ]);
  return `### Several moves in one call

The same bisections, all of them due at once, as the challenger sends them (one alone by its own function, several by \`play\`), and otherwise: gas a move.

${table(["bisections", "each by `bisect`", "each by a `play` of one", "all by one `play`"], 0, rows)}`;
}

function treeTable({ cache, collect }: Trees): string {
  const rowsOf = (what: string, trees: readonly MeasuredTree[]) =>
    trees.map(({ nodes, gas, calldata }) => [
      what,
      count(nodes),
      gas === undefined ? "more than 16,777,216" : count(gas),
      gas === undefined ? "" : count(gas / BigInt(nodes)),
      count(calldata),
    ]);
  const largest = (trees: readonly MeasuredTree[]): number =>
    Math.max(
      ...trees.filter(({ gas, calldata }) => gas !== undefined && calldata <= PASSED_ON).map(({ nodes }) => nodes),
    );
  return `### Trees

Gas of \`cache\` (\`decide\` takes the same for a node) and \`collect\` by the number of nodes in the tree, in a dispute in which two liars were before the honest side at every
position, so that each of its spans is the third there, which is the dearest to read. An L1 transaction may have 16,777,216 gas (EIP-7825), and nodes of L1 do not pass on one of more than
${count(PASSED_ON)} bytes. Of the sizes below the largest that pass both: ${count(largest(cache))} nodes for \`cache\`, ${count(largest(collect))} for \`collect\`.

${table(["call", "nodes", "L1 gas", "gas a node", "calldata, bytes"], 1, [...rowsOf("cache", cache), ...rowsOf("collect", collect)])}`;
}
