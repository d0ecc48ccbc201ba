export * from "./create-rollup.ts";
export * from "./default-chain-id.ts";
export * from "./deploy-rollup.ts";
export * from "./presets.ts";
export * from "./rollup-config-file.ts";
