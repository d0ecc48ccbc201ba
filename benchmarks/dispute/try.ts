import { prepareMachine } from "../../src/machine/index.ts";
import { DEPLOYMENT_PRESETS } from "../../src/deployment/index.ts";
import { openBoard } from "../../test/disputes/board.ts";
import { createHistory } from "../../test/machine/chain/history.ts";
import { playContest } from "./contest.ts";
await prepareMachine();
const { challengePeriod, minimumResponseTime, claimBond, unitBond, claimTraceHeight, unitTraceHeight } = DEPLOYMENT_PRESETS.production;
const board = await openBoard({ isScripted: true, parameters: { challengePeriod, minimumResponseTime, claimBond, unitBond, claimTraceHeight, unitTraceHeight } });
const history = await createHistory({ batches: [{}] });
for (const n of [8]) {
  const t = performance.now();
  const adversaries = Array.from({ length: n }, (_, i) => ({ lie: { unit: Math.floor((i * 2 ** 32) / n), step: 0, name: `l${i}` }, entersAt: 0 }));
  const c = await playContest(board, { history, adversaries, responseTime: 3600, onProgress: console.log });
  console.log(n, c, (performance.now() - t) / 1000);
}
process.exit(0);
