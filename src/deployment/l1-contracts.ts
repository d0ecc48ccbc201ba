import {
  challengeGameImmutables,
  challengeGameRuntimeCode,
  inboxImmutables,
  inboxRuntimeCode,
  l1ERC1155BridgeImmutables,
  l1ERC1155BridgeRuntimeCode,
  l1ERC20BridgeImmutables,
  l1ERC20BridgeRuntimeCode,
  l1ERC721BridgeImmutables,
  l1ERC721BridgeRuntimeCode,
  l1MessengerImmutables,
  l1MessengerRuntimeCode,
  oneStepProverBytecode,
  oneStepProverImmutables,
  oneStepProverRuntimeCode,
  portalImmutables,
  portalRuntimeCode,
  rollupImmutables,
  rollupRuntimeCode,
  stateCommitmentChainImmutables,
  stateCommitmentChainRuntimeCode,
  verifierCode,
} from "../l1/index.ts";
import { bytesToHex, hexToBytes, keccak256 } from "../primitives/index.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import type { BridgeKey, RollupConfig } from "../rollup/index.ts";

/** A contract of this build as it stands on L1. */
export interface L1Contract<Immutable extends string = string> {
  readonly name: string;
  /** With zeros wherever an immutable stands. */
  readonly runtimeCode: Hex;
  /** At which bytes of the code the 32 bytes of each immutable stand. */
  readonly immutables: Readonly<Record<Immutable, readonly number[]>>;
}

/** Names of the contracts of a rollup, and of the prover, which its game asks. */
export type L1ContractKey = keyof RollupConfig["contracts"];

export const L1_CONTRACTS = {
  rollup: { name: "Rollup", runtimeCode: rollupRuntimeCode, immutables: rollupImmutables },
  inbox: { name: "Inbox", runtimeCode: inboxRuntimeCode, immutables: inboxImmutables },
  stateCommitmentChain: {
    name: "StateCommitmentChain",
    runtimeCode: stateCommitmentChainRuntimeCode,
    immutables: stateCommitmentChainImmutables,
  },
  challengeGame: {
    name: "ChallengeGame",
    runtimeCode: challengeGameRuntimeCode,
    immutables: challengeGameImmutables,
  },
  portal: { name: "Portal", runtimeCode: portalRuntimeCode, immutables: portalImmutables },
  prover: { name: "OneStepProver", runtimeCode: oneStepProverRuntimeCode, immutables: oneStepProverImmutables },
} as const satisfies Record<L1ContractKey, L1Contract>;

/** The messenger and the token bridges on L1. */
export const L1_BRIDGE_CONTRACTS = {
  messenger: { name: "L1Messenger", runtimeCode: l1MessengerRuntimeCode, immutables: l1MessengerImmutables },
  erc20Bridge: { name: "L1ERC20Bridge", runtimeCode: l1ERC20BridgeRuntimeCode, immutables: l1ERC20BridgeImmutables },
  erc721Bridge: {
    name: "L1ERC721Bridge",
    runtimeCode: l1ERC721BridgeRuntimeCode,
    immutables: l1ERC721BridgeImmutables,
  },
  erc1155Bridge: {
    name: "L1ERC1155Bridge",
    runtimeCode: l1ERC1155BridgeRuntimeCode,
    immutables: l1ERC1155BridgeImmutables,
  },
} as const satisfies Record<BridgeKey, L1Contract>;

/** A contract that the prover asks, as it stands on L1. It has no storage, no immutables and no constructor arguments. */
export interface VerifierContract extends Pick<L1Contract, "name" | "runtimeCode"> {
  /** Its name among the immutables of the prover. */
  readonly immutable: keyof typeof oneStepProverImmutables;
  readonly creationCode: Hex;
}

/** In the order in which the prover's constructor takes their addresses. */
export const VERIFIERS: readonly VerifierContract[] = Object.values(verifierCode).map(
  ({ name, before, runtimeCode, after }) => ({
    name,
    immutable: immutableOf(name),
    runtimeCode,
    creationCode: `${before}${runtimeCode.slice(2)}${after.slice(2)}` as Hex,
  }),
);

/** Creation code of a prover that asks these verifiers, which are in the order of `VERIFIERS`. */
export function proverCreationCode(verifiers: readonly Address[]): Hex {
  const words = verifiers.map((address) => address.slice(2).padStart(64, "0"));
  return `${oneStepProverBytecode}${words.join("")}`;
}

/** `LoadBatchVerifier` → `LOAD_BATCH`. */
function immutableOf(verifier: string): VerifierContract["immutable"] {
  const name = verifier
    .replace(/Verifier$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, "_")
    .toUpperCase();
  if (!(name in oneStepProverImmutables)) throw new Error(`expected ${name} among the immutables of the prover`);
  return name as VerifierContract["immutable"];
}

/**
 * keccak256 of code with zeros wherever an immutable of the contract stands, so that it is the same for all that a build
 * deploys. Code too short for them is hashed as it is.
 */
export function hashWithoutImmutables(code: Hex, { immutables }: Pick<L1Contract, "immutables">): Hash {
  const bytes = hexToBytes(code);
  for (const places of Object.values(immutables)) for (const place of places) bytes.fill(0, place, place + 32);
  return keccak256(bytes);
}

/** The values of an immutable in code, one for each place where it stands: they differ only if no compiler made the code. */
export function immutableValues(code: Hex, places: readonly number[]): readonly Hash[] {
  const bytes = hexToBytes(code);
  return places.map((place) => bytesToHex(bytes.slice(place, place + 32)));
}
