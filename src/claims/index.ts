export type { Claim, ClaimOnL1, ProposedClaim, WrongClaim } from "./claim.ts";
export * from "./claim-path.ts";
export * from "./claim-reader.ts";
export * from "./claim-watch.ts";
export { createClaimsView } from "./claims-view.ts";
export type { ClaimRecord, ClaimsView } from "./claims-view.ts";
export * from "./judge.ts";
export * from "./own-states.ts";
export * from "./proposal-log.ts";
