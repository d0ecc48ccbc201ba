export * from "./feed-client.ts";
export * from "./feed-server.ts";
export { FeedMessageError } from "./feed-message.ts";
