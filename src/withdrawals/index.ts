export * from "./outbox-index.ts";
