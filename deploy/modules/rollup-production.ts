import { DEPLOYMENT_PRESETS } from "../../src/deployment/index.ts";
import { rollupModule } from "../rollup-module.ts";

/** Delays and bonds for a network that holds money. */
export default rollupModule("RollupProduction", DEPLOYMENT_PRESETS.production);
