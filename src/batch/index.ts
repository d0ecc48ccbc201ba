export * from "./batch-builder.ts";
export * from "./blobs.ts";
export * from "./block-codec.ts";
export * from "./inflate.ts";
export * from "./payload-content.ts";
export * from "./payload.ts";
export * from "./shared-inflation.ts";
