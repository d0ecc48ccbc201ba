import { z } from "zod";
import { blockOverrides, stateOverrides } from "./call-parameter.ts";
import type { BlockOverrides, StateOverrides } from "./call-parameter.ts";
import { flag, integer, object, optional, parameter } from "./scalars.ts";

const TRACERS = [
  "callTracer",
  "flatCallTracer",
  "prestateTracer",
  "4byteTracer",
  "noopTracer",
  "muxTracer",
  "stepTracer",
] as const;
type TracerName = (typeof TRACERS)[number];

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 3.6e6,
};
const DURATION = /^(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)/;

/** Milliseconds of a duration as Go writes them: `300ms`, `1.5s`, `1m30s`. */
const duration: z.ZodType<number> = parameter('a duration such as "5s" or "300ms"', (value) => {
  if (typeof value !== "string" || value.length > 40) return undefined;
  if (value === "0") return 0;
  let [rest, total] = [value, 0];
  do {
    const part = DURATION.exec(rest)?.[0];
    if (part === undefined) return undefined;
    const amount = Number.parseFloat(part);
    total += amount * (UNITS[part.replace(/^[\d.]+/, "")] ?? 0);
    rest = rest.slice(part.length);
  } while (rest.length > 0);
  return total;
});

/** The name of a tracer; none, or an empty one, is the struct logger. */
const tracerName = z.preprocess(
  (value) => (value === null || value === "" ? undefined : value),
  z
    .enum(TRACERS, { error: `expected tracer ${TRACERS.join(", ")}, or none; there are no JavaScript tracers` })
    .optional(),
);

/** An object with no other fields than these, except such as ask for nothing (null, false). */
function only<const Shape extends Readonly<Record<string, z.ZodType>>>(whose: string, shape: Shape) {
  const fields = Object.keys(shape);
  return z
    .unknown()
    .superRefine((value, context) => {
      if (typeof value !== "object" || value === null) return;
      for (const [name, given] of Object.entries(value)) {
        if (fields.includes(name) || given === undefined || given === null || given === false) continue;
        const known = fields.length === 0 ? "has none" : `has ${fields.join(", ")}`;
        context.addIssue({
          code: "custom",
          path: [name],
          message: `unknown option ${name.slice(0, 40)}: ${whose} ${known}`,
        });
      }
    })
    .pipe(object(shape));
}

const LOGGER_FIELDS = {
  enableMemory: optional(flag),
  disableStack: optional(flag),
  disableStorage: optional(flag),
  enableReturnData: optional(flag),
  limit: optional(integer),
};
const NO_FIELDS = {};
const CALL_TRACER_FIELDS = { onlyTopCall: optional(flag), withLog: optional(flag) };
const FLAT_CALL_TRACER_FIELDS = { convertParityErrors: optional(flag), includePrecompiles: optional(flag) };
const PRESTATE_TRACER_FIELDS = {
  diffMode: optional(flag),
  disableCode: optional(flag),
  disableStorage: optional(flag),
  includeEmpty: optional(flag),
};

/** Which tracer is asked for, with all of its options. */
export type TracerChoice =
  | {
      readonly tracer: undefined;
      readonly enableMemory: boolean;
      readonly disableStack: boolean;
      readonly disableStorage: boolean;
      readonly enableReturnData: boolean;
      /** Entries to keep; 0 for all. */
      readonly limit: number;
    }
  | { readonly tracer: "callTracer"; readonly onlyTopCall: boolean; readonly withLog: boolean }
  | { readonly tracer: "flatCallTracer"; readonly convertParityErrors: boolean; readonly includePrecompiles: boolean }
  | {
      readonly tracer: "prestateTracer";
      readonly diffMode: boolean;
      readonly disableCode: boolean;
      readonly disableStorage: boolean;
      readonly includeEmpty: boolean;
    }
  | { readonly tracer: "4byteTracer" | "noopTracer" }
  | { readonly tracer: "muxTracer"; readonly tracers: readonly CombinableChoice[] }
  | { readonly tracer: "stepTracer"; readonly limit: number };

/** What a muxTracer takes. */
export type CombinableChoice = Exclude<TracerChoice, { readonly tracer: undefined | "muxTracer" | "stepTracer" }>;

export interface TraceOptions {
  readonly choice: TracerChoice;
  /** Milliseconds one transaction may take; undefined for as long as any call may. */
  readonly timeout: number | undefined;
}

export interface TraceCallOptions extends TraceOptions {
  /** The call runs on the state before this transaction of the block; undefined for that after the block. */
  readonly txIndex: number | undefined;
  readonly stateOverrides: StateOverrides;
  readonly blockOverrides: BlockOverrides;
}

const DEFAULT_OPTIONS: TraceOptions = { choice: loggerChoice({}), timeout: undefined };

const OPTION_FIELDS = {
  tracer: tracerName,
  tracerConfig: z.unknown().optional(),
  timeout: optional(duration),
  // Blocks to execute again to get at a state that was pruned. None is.
  reexec: optional(integer),
  ...LOGGER_FIELDS,
};

/** Options of `debug_trace*` for what is in a block. */
export const traceOptions: z.ZodType<TraceOptions> = orDefault(
  only("debug_trace*", OPTION_FIELDS).transform((options, context) => chosen(options, context)),
  DEFAULT_OPTIONS,
);

/** Options of `debug_traceCall`. */
export const traceCallOptions = orDefault(
  only("debug_traceCall", { ...OPTION_FIELDS, txIndex: optional(integer), stateOverrides, blockOverrides }).transform(
    (options, context): TraceCallOptions => ({
      ...chosen(options, context),
      txIndex: options.txIndex,
      stateOverrides: options.stateOverrides,
      blockOverrides: options.blockOverrides,
    }),
  ),
  { ...DEFAULT_OPTIONS, txIndex: undefined, stateOverrides: undefined, blockOverrides: undefined },
);

/** What `rollup_traceUnits` is to give besides the units of the block. */
export interface UnitOptions {
  /** The steps of each unit. */
  readonly steps: boolean;
  /** Steps to keep, of all units together; 0 for all. */
  readonly limit: number;
  /** The unit that loads the batch, before the others. */
  readonly loadBatch: boolean;
}

export const unitOptions: z.ZodType<UnitOptions> = orDefault(
  only("rollup_traceUnits", { steps: optional(flag), limit: optional(integer), loadBatch: optional(flag) }).transform(
    ({ steps = false, limit = 0, loadBatch = false }, context): UnitOptions => {
      if (limit > 0 && !steps)
        context.addIssue({
          code: "custom",
          path: ["limit"],
          message: "limit is an option of steps, which are not asked for",
        });
      return { steps, limit, loadBatch };
    },
  ),
  { steps: false, limit: 0, loadBatch: false },
);

/** `schema`, or `standard` if the value is left out or null. */
function orDefault<T>(schema: z.ZodType<T>, standard: T): z.ZodType<T> {
  return optional(schema).transform((value) => value ?? standard);
}

type LoggerFields = { readonly [Field in keyof typeof LOGGER_FIELDS]?: z.output<(typeof LOGGER_FIELDS)[Field]> };
type Fields = LoggerFields & {
  readonly tracer?: TracerName | undefined;
  readonly tracerConfig?: unknown;
  readonly timeout?: number | undefined;
};

function chosen(options: Fields, context: z.RefinementCtx): TraceOptions {
  const { tracer, tracerConfig, timeout } = options;
  const { limit = 0, ...flags } = pickLogger(options);
  const ignored = Object.entries(tracer === "stepTracer" ? flags : { ...flags, limit: limit > 0 });
  const unheard = tracer === undefined ? undefined : ignored.find(([, asked]) => asked === true)?.[0];
  if (unheard !== undefined)
    context.addIssue({ code: "custom", path: [unheard], message: `${unheard} is not an option of ${tracer}` });
  const choice = choiceOf(tracer, tracerConfig ?? {}, ["tracerConfig"], context);
  if (tracer === undefined) return { choice: loggerChoice(options), timeout };
  return {
    choice: choice?.tracer === "stepTracer" ? { ...choice, limit } : (choice ?? DEFAULT_OPTIONS.choice),
    timeout,
  };
}

function pickLogger({ enableMemory, disableStack, disableStorage, enableReturnData, limit }: LoggerFields) {
  return { enableMemory, disableStack, disableStorage, enableReturnData, limit };
}

function loggerChoice(options: LoggerFields): TracerChoice {
  const { enableMemory = false, disableStack = false, disableStorage = false, enableReturnData = false } = options;
  return { tracer: undefined, enableMemory, disableStack, disableStorage, enableReturnData, limit: options.limit ?? 0 };
}

/** A tracer with its configuration; undefined after an issue was added to `context`. */
function choiceOf(
  tracer: TracerName | undefined,
  config: unknown,
  path: readonly string[],
  context: z.RefinementCtx,
): TracerChoice | undefined {
  const parse = <const Shape extends Readonly<Record<string, z.ZodType>>>(whose: string, shape: Shape) => {
    const parsed = only(whose, shape).safeParse(config);
    const issue = parsed.error?.issues[0];
    if (issue !== undefined)
      context.addIssue({ code: "custom", path: [...path, ...issue.path], message: issue.message });
    return parsed.data;
  };
  switch (tracer) {
    case undefined:
      parse("the struct logger's tracerConfig", NO_FIELDS);
      return undefined;
    case "callTracer": {
      const fields = parse(tracer, CALL_TRACER_FIELDS);
      return fields && { tracer, onlyTopCall: fields.onlyTopCall ?? false, withLog: fields.withLog ?? false };
    }
    case "flatCallTracer": {
      const fields = parse(tracer, FLAT_CALL_TRACER_FIELDS);
      const { convertParityErrors = false, includePrecompiles = false } = fields ?? {};
      return fields && { tracer, convertParityErrors, includePrecompiles };
    }
    case "prestateTracer": {
      const fields = parse(tracer, PRESTATE_TRACER_FIELDS);
      if (fields === undefined) return undefined;
      const { diffMode = false, disableCode = false, disableStorage = false, includeEmpty = false } = fields;
      if (diffMode && includeEmpty) {
        context.addIssue({ code: "custom", path: [...path], message: "cannot use diffMode with includeEmpty" });
        return undefined;
      }
      return { tracer, diffMode, disableCode, disableStorage, includeEmpty };
    }
    case "muxTracer":
      return muxChoice(config, path, context);
    case "stepTracer":
      return parse(tracer, NO_FIELDS) && { tracer, limit: 0 };
    case "4byteTracer":
    case "noopTracer":
      return parse(tracer, NO_FIELDS) && { tracer };
  }
}

function muxChoice(config: unknown, path: readonly string[], context: z.RefinementCtx): TracerChoice | undefined {
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    context.addIssue({ code: "custom", path: [...path], message: "expected an object of tracers by name" });
    return undefined;
  }
  const tracers: CombinableChoice[] = [];
  for (const [name, given] of Object.entries(config)) {
    const known = TRACERS.find((each) => each === name);
    if (known === undefined || known === "muxTracer" || known === "stepTracer") {
      const message = `expected callTracer, flatCallTracer, prestateTracer, 4byteTracer or noopTracer as a tracer of muxTracer, not ${name.slice(0, 40)}`;
      context.addIssue({ code: "custom", path: [...path, name], message });
      return undefined;
    }
    const choice = choiceOf(known, given ?? {}, [...path, name], context);
    if (choice === undefined) return undefined;
    tracers.push(choice as CombinableChoice);
  }
  return { tracer: "muxTracer", tracers };
}
