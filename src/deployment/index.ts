export * from "./deploy-rollup.ts";
export * from "./presets.ts";
