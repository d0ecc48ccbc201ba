import type { Address, Hash, Hex } from "viem";
import type { WithdrawalStatus } from "./withdrawal-status.ts";

export type LayerName = "L1" | "L2";

/** What went wrong, in a form that a program can go by. Amounts are in wei, times are L1 timestamps in seconds. */
export type OnestepProblem =
  | { readonly kind: "invalid-argument"; readonly name: string; readonly value: string; readonly expected: string }
  | { readonly kind: "wrong-chain"; readonly layer: LayerName; readonly expected: number; readonly actual: number }
  /** The L1 endpoint has the right chain id, but not the rollup. */
  | { readonly kind: "no-rollup"; readonly inbox: Address; readonly l1ChainId: number; readonly l2ChainId: number }
  /** The endpoint does not answer as a node of this rollup does. */
  | { readonly kind: "bad-answer"; readonly method: string; readonly reason: string }
  | { readonly kind: "unknown-transaction"; readonly layer: LayerName; readonly hash: Hash }
  /** The transaction is there and did something else. */
  | { readonly kind: "nothing-sent"; readonly layer: LayerName; readonly hash: Hash }
  | { readonly kind: "unknown-message"; readonly message: Hash | number }
  | { readonly kind: "unknown-withdrawal"; readonly index: number }
  | {
      readonly kind: "insufficient-funds";
      readonly layer: LayerName;
      readonly address: Address;
      readonly balance: bigint;
    }
  /** The transaction is in a block and reverted. */
  | { readonly kind: "transaction-failed"; readonly layer: LayerName; readonly hash: Hash }
  /** The contract would refuse; `reason` is its error, with arguments. */
  | {
      readonly kind: "refused";
      readonly layer: LayerName;
      readonly errorName: string | undefined;
      readonly reason: string;
    }
  /** The recipient of a withdrawal takes no such call: it has no function to receive ETH, or reverts. */
  | { readonly kind: "recipient-refuses"; readonly target: Address; readonly returnData: Hex }
  /** The Portal calls no contract of the rollup: what is sent there is never paid. */
  | { readonly kind: "forbidden-target"; readonly target: Address }
  | { readonly kind: "not-executable"; readonly index: number; readonly status: WithdrawalStatus }
  | { readonly kind: "already-executed"; readonly index: number }
  | { readonly kind: "not-overdue"; readonly index: number; readonly forceableAt: number; readonly l1Timestamp: number }
  | { readonly kind: "already-included"; readonly index: number }
  | { readonly kind: "timeout"; readonly waitedFor: string; readonly milliseconds: number }
  /** The provider or signer lacks what the client needs. */
  | { readonly kind: "unsupported-provider"; readonly reason: string };

/** Every error that the client itself throws. What an endpoint says beyond that passes through as it is. */
export class OnestepError extends Error {
  readonly problem: OnestepProblem;

  constructor(problem: OnestepProblem, options?: ErrorOptions) {
    super(describe(problem), options);
    this.name = "OnestepError";
    this.problem = problem;
  }
}

function describe(problem: OnestepProblem): string {
  switch (problem.kind) {
    case "invalid-argument":
      return `${problem.name}: expected ${problem.expected}, got ${problem.value}`;
    case "wrong-chain":
      return `expected an ${problem.layer} endpoint of chain ${problem.expected}, got one of chain ${problem.actual}`;
    case "no-rollup":
      return (
        `there is no Inbox of the L2 with chain id ${problem.l2ChainId} at ${problem.inbox} on the L1 with chain id ${problem.l1ChainId}: ` +
        "it is another L1, or one that was started afresh"
      );
    case "bad-answer":
      return `${problem.method}: ${problem.reason}; is this the L2 endpoint of a Onestep rollup?`;
    case "unknown-transaction":
      return `no transaction ${problem.hash} is in a block of ${problem.layer}`;
    case "nothing-sent":
      return `transaction ${problem.hash} on ${problem.layer} sent no message to the other layer`;
    case "unknown-message":
      return `the node knows no message ${problem.message} to L2`;
    case "unknown-withdrawal":
      return `no message ${problem.index} to L1 was sent`;
    case "insufficient-funds":
      return `${problem.address} has ${problem.balance} wei on ${problem.layer}, which is not enough for the value and the fee`;
    case "transaction-failed":
      return `transaction ${problem.hash} on ${problem.layer} reverted`;
    case "refused":
      return `${problem.layer} would refuse the transaction: ${problem.reason}`;
    case "recipient-refuses":
      return `${problem.target} on L1 does not take the withdrawal: its call reverts with ${problem.returnData === "0x" ? "no data" : problem.returnData}`;
    case "forbidden-target":
      return `${problem.target} is a contract of the rollup on L1, which the Portal never calls: the withdrawal could not be paid`;
    case "not-executable":
      return `withdrawal ${problem.index} cannot be executed yet: it is ${problem.status.status}`;
    case "already-executed":
      return `withdrawal ${problem.index} was executed before`;
    case "not-overdue":
      return (
        `message ${problem.index} can be forced from L1 time ${problem.forceableAt} on, ` +
        `in ${problem.forceableAt - problem.l1Timestamp} s, if no batch has read it by then`
      );
    case "already-included":
      return `message ${problem.index} is read by a batch already`;
    case "timeout":
      return `waited ${problem.milliseconds / 1000} s in vain for ${problem.waitedFor}`;
    case "unsupported-provider":
      return problem.reason;
  }
}
