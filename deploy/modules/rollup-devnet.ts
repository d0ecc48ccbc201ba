import { DEPLOYMENT_PRESETS } from "../../src/deployment/index.ts";
import { rollupModule } from "../rollup-module.ts";

/** Delays and bonds for a network on one's own machine. */
export default rollupModule("RollupDevnet", DEPLOYMENT_PRESETS.devnet);
