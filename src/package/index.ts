/** What `import … from "onestep"` gives: ABIs, addresses, and the configuration of a rollup. */

// The generated ABIs alone, without the code of the contracts that stands beside them.
// eslint-disable-next-line no-restricted-imports
export * from "../l1/abi/abis.ts";
export { FEE_VAULT_ADDRESS, L1_CONTEXT_ADDRESS, OUTBOX_ADDRESS, rollupConfigSchema } from "../rollup/index.ts";
export type { Genesis, RollupConfig } from "../rollup/index.ts";
export * from "../client/index.ts";
