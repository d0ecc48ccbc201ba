import type { EngineName } from "../../reference/index.ts";
import type { RollupConfig } from "../../rollup/index.ts";
import type { RpcLimits } from "../limits.ts";

/** What a thread is for. Those that read wait for none that execute, which may take long. */
export type ReaderKind = "reading" | "executing";

/** What a reader thread opens the database and makes its engine with. */
export interface ReaderSettings {
  /** Of the database, which the process has open. */
  readonly folder: string;
  readonly config: RollupConfig;
  readonly engine: EngineName;
  /** Whether the other engine executes everything too. */
  readonly shadow: boolean;
}

/** `workerData` of a reader thread. */
export interface ReaderThreadData extends ReaderSettings {
  readonly kind: ReaderKind;
  readonly limits: RpcLimits;
}

/** To a reader thread, which has one call at a time. */
export type ReaderRequest =
  | {
      readonly kind: "call";
      readonly method: string;
      /** JSON of an array: unlike a structured clone it may be nested as deeply as the request was. */
      readonly params: string;
    }
  /** Nobody waits for the answer any more: a call that pauses may end. It is answered all the same. */
  | { readonly kind: "cancel" };

/** From a reader thread. */
export type ReaderResponse =
  | { readonly kind: "ready" }
  /** JSON of the call's result. */
  | { readonly kind: "result"; readonly text: string }
  /** An `RpcError`, meant for the caller. */
  | { readonly kind: "error"; readonly code: number; readonly message: string; readonly data: unknown }
  /** What went wrong inside. */
  | { readonly kind: "failure"; readonly error: Error }
  /** The two engines of a shadowing node disagree; the call is answered besides. */
  | { readonly kind: "difference"; readonly report: string };
