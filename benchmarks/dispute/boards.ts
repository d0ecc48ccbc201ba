import { DEPLOYMENT_PRESETS } from "../../src/deployment/index.ts";
import type { DisputeParameters } from "../../src/challenger/index.ts";
import { openBoard } from "../../test/disputes/board.ts";
import type { Board } from "../../test/disputes/board.ts";

const { challengePeriod, minimumResponseTime, claimBond, unitBond, claimTraceHeight, unitTraceHeight } =
  DEPLOYMENT_PRESETS.production;

/** Disputes as on a network that holds money. */
export const PRODUCTION: DisputeParameters = {
  challengePeriod,
  minimumResponseTime,
  claimBond,
  unitBond,
  claimTraceHeight,
  unitTraceHeight,
};

/** Two levels whose heights come to 40, to stand beside disputes of other rollups of that height (dispute.md). */
export const HEIGHT_40: DisputeParameters = { ...PRODUCTION, claimTraceHeight: 20, unitTraceHeight: 20 };

/** With the OneStepProver. */
export const openRealBoard = (parameters: DisputeParameters): Promise<Board> => openBoard({ parameters });

/** With steps that are listed. */
export const openScriptedBoard = (parameters: DisputeParameters): Promise<Board> =>
  openBoard({ parameters, isScripted: true });
