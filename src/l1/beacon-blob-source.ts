import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { BLOB_SIZE } from "../batch/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import { blobVersionedHash, hexToBytes, versionedHash } from "../primitives/index.ts";
import type { Hash, Instruments, Kzg } from "../primitives/index.ts";
import { BlobUnavailableError } from "./blob-source.ts";
import type { BlobFailure, BlobRequest, BlobSource } from "./blob-source.ts";

export interface BeaconBlobSourceOptions {
  /** Base addresses of beacon APIs, tried in this order; at least one. */
  readonly urls: readonly string[];
  readonly kzg: Kzg;
  /** Rounds over all addresses before giving up; there is no other where every address lacks the blobs. */
  readonly attempts?: number;
  /** Milliseconds before the second round; doubles with every further one. */
  readonly retryDelay?: number;
  /** Milliseconds for one HTTP exchange. */
  readonly timeout?: number;
}

/** Largest answer read: 72 blobs as hex with their sidecars' other fields stay below it. */
const MAXIMUM_ANSWER_BYTES = 33_554_432;

const decimal = z
  .string()
  .regex(/^\d{1,15}$/, "expected a decimal number")
  .transform(Number);
const genesisSchema = z.object({ data: z.object({ genesis_time: decimal }) });
const positive = decimal.refine((value) => value > 0);
const specSchema = z.object({
  data: z.union([
    z.object({ SECONDS_PER_SLOT: positive }).transform(({ SECONDS_PER_SLOT }) => SECONDS_PER_SLOT),
    z.object({ SLOT_DURATION_MS: positive }).transform(({ SLOT_DURATION_MS }) => SLOT_DURATION_MS / 1000),
  ]),
});
/** Of every public Ethereum network, for archives of blobs that do not tell. */
const DEFAULT_SECONDS_PER_SLOT = 12;
const blobsSchema = z.object({ data: z.array(z.string()) });
const sidecarsSchema = z.object({ data: z.array(z.object({ blob: z.string(), kzg_commitment: z.string() })) });

/** When an endpoint's slots are; both in seconds. */
interface SlotClock {
  readonly genesisTime: number;
  readonly secondsPerSlot: number;
}

/**
 * Reads blobs from beacon APIs: `/eth/v1/beacon/blobs/{slot}`, or `/eth/v1/beacon/blob_sidecars/{slot}` where an older
 * endpoint has only that, or by the number of the L1 block where there are no slots (anvil). Nothing an endpoint says is
 * believed: a blob counts only if its versioned hash, computed here, is one that was asked for.
 */
export function createBeaconBlobSource(options: BeaconBlobSourceOptions, { logger, metrics }: Instruments): BlobSource {
  const { urls, kzg, attempts = 3, retryDelay = 500, timeout = 10_000 } = options;
  if (urls.length === 0) throw new RangeError("expected at least one beacon API address, got none");
  const endpoints = urls.map((url) => createEndpoint(url, kzg, timeout));
  const { failures: failureCounter } = registerMetrics(metrics, "beacon");
  return {
    getBlobs: async (request) => {
      let failures: BlobFailure[] = [];
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (attempt > 0) await delay(retryDelay * 2 ** (attempt - 1), undefined, abortable(request));
        failures = [];
        for (const endpoint of endpoints) {
          const result = await endpoint(request);
          if (result.kind === "blobs") return result.blobs;
          // A request that its caller gave up says nothing about the endpoint.
          request.signal?.throwIfAborted();
          failures.push(result);
          failureCounter.inc({ kind: result.kind });
          // Whoever asked for them says so once, in one line.
          logger.debug(
            { ...result, l1BlockNumber: request.l1BlockNumber, attempt: attempt + 1 },
            "no blobs from endpoint",
          );
        }
        if (failures.every(({ kind }) => kind === "missing" || kind === "wrong-chain")) break;
      }
      throw new BlobUnavailableError(request, failures);
    },
  };
}

type EndpointResult = { readonly kind: "blobs"; readonly blobs: readonly Uint8Array[] } | BlobFailure;

/** An answer to one HTTP request that says why it is of no use. */
class EndpointError extends Error {
  readonly kind: BlobFailure["kind"];

  constructor(kind: BlobFailure["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

function createEndpoint(url: string, kzg: Kzg, timeout: number): (request: BlobRequest) => Promise<EndpointResult> {
  const base = new URL(url);
  // Keys of hosted endpoints stand in the path or the query, and must not get into logs.
  const endpoint = base.origin;
  let clock: SlotClock | undefined;

  const get = (path: string, query: readonly (readonly [string, string])[], signal: AbortSignal | undefined) => {
    const address = new URL(base);
    address.pathname = base.pathname.replace(/\/$/, "") + path;
    for (const [name, value] of query) address.searchParams.append(name, value);
    const deadline = AbortSignal.timeout(timeout);
    return getJson(address, path, signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
  };

  const readSlotDuration = async (signal: AbortSignal | undefined): Promise<number> => {
    try {
      return parse(specSchema, await get("/eth/v1/config/spec", [], signal)).data;
    } catch (error) {
      if (error instanceof EndpointError && error.kind === "missing") return DEFAULT_SECONDS_PER_SLOT;
      throw error;
    }
  };

  const readClock = async (signal: AbortSignal | undefined): Promise<SlotClock> => {
    const genesis = parse(genesisSchema, await get("/eth/v1/beacon/genesis", [], signal));
    return { genesisTime: genesis.data.genesis_time, secondsPerSlot: await readSlotDuration(signal) };
  };

  const readSlot = async (slot: number, hashes: readonly Hash[], signal: AbortSignal | undefined) => {
    try {
      const query = hashes.map((hash) => ["versioned_hashes", hash] as const);
      return parse(blobsSchema, await get(`/eth/v1/beacon/blobs/${slot}`, query, signal)).data;
    } catch (error) {
      if (!(error instanceof EndpointError && error.kind === "missing")) throw error;
      // Not found here may mean that the endpoint does not know this path yet.
      const sidecars = parse(sidecarsSchema, await get(`/eth/v1/beacon/blob_sidecars/${slot}`, [], signal)).data;
      return sidecars
        .filter(({ kzg_commitment }) => hashes.includes(versionedHash(parseHex(kzg_commitment, 48))))
        .map(({ blob }) => blob);
    }
  };

  /** The blobs of what an endpoint served, by their versioned hashes. */
  const identify = async (served: readonly string[], signal: AbortSignal | undefined) => {
    const found = new Map<Hash, Uint8Array>();
    // A block may carry the same blob many times.
    for (const text of new Set(served)) {
      const blob = parseHex(text, BLOB_SIZE);
      // A commitment takes a tenth of a second, which callers of the node should not wait for several times in a row.
      await nextTurn();
      signal?.throwIfAborted();
      found.set(
        await blobVersionedHash(kzg, blob).catch(() => {
          throw new EndpointError("malformed", "a blob is not made of field elements");
        }),
        blob,
      );
    }
    return found;
  };

  const getBySlot = async ({ versionedHashes, l1Timestamp, signal }: BlobRequest) => {
    clock ??= await readClock(signal);
    const slot = (l1Timestamp - clock.genesisTime) / clock.secondsPerSlot;
    if (!Number.isSafeInteger(slot) || slot < 0) {
      throw new EndpointError(
        "wrong-chain",
        `timestamp ${l1Timestamp} starts none of its slots of ${clock.secondsPerSlot} s since ${clock.genesisTime}`,
      );
    }
    const served = await readSlot(slot, [...new Set(versionedHashes)], signal);
    return allOf(versionedHashes, await identify(served, signal), `slot ${slot} gave ${served.length} blobs`);
  };

  /** anvil, which has no slots, calls a block by its number, and reads only one `versioned_hashes`. */
  const getByNumber = async ({ versionedHashes, l1BlockNumber, signal }: BlobRequest) => {
    const query = [["versioned_hashes", [...new Set(versionedHashes)].join(",")]] as const;
    const { data } = parse(blobsSchema, await get(`/eth/v1/beacon/blobs/${l1BlockNumber}`, query, signal));
    return allOf(versionedHashes, await identify(data, signal), `block ${l1BlockNumber} gave ${data.length} blobs`);
  };

  const getBlobs = async (request: BlobRequest): Promise<readonly Uint8Array[]> => {
    try {
      return await getBySlot(request);
    } catch (error) {
      if (!(error instanceof EndpointError && (error.kind === "missing" || error.kind === "wrong-chain"))) throw error;
      try {
        return await getByNumber(request);
      } catch (second) {
        // What a beacon chain says of that number is about another block.
        throw second instanceof EndpointError ? error : second;
      }
    }
  };

  return async (request) => {
    try {
      return { kind: "blobs", blobs: await getBlobs(request) };
    } catch (error) {
      if (!(error instanceof EndpointError)) throw error;
      return { kind: error.kind, endpoint, message: error.message };
    }
  };
}

/** The blobs that were asked for, in that order. Throws an EndpointError that names the first that is missing. */
function allOf(wanted: readonly Hash[], found: ReadonlyMap<Hash, Uint8Array>, served: string): readonly Uint8Array[] {
  return wanted.map((hash) => {
    const blob = found.get(hash);
    if (blob === undefined) throw new EndpointError("missing", `${served}, none of which is ${hash}`);
    return blob;
  });
}

/** Statuses of an endpoint that does not know the path, the slot or the blobs; others ask to come back or are its failure. */
const MISSING_STATUSES: ReadonlySet<number> = new Set([400, 404, 405, 410, 501]);

/** The JSON at an address, which errors call by its path in the API. Throws an EndpointError of kind missing, unreachable or malformed. */
async function getJson(address: URL, path: string, signal: AbortSignal): Promise<unknown> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(address, { signal, headers: { accept: "application/json" } });
    status = response.status;
    text = await readText(response);
  } catch (error) {
    if (error instanceof EndpointError) throw error;
    const { message, cause } = error as Error;
    throw new EndpointError("unreachable", cause instanceof Error ? `${message}: ${cause.message}` : message);
  }
  const where = `GET ${path} answered ${status}`;
  if (MISSING_STATUSES.has(status)) throw new EndpointError("missing", `${where}: ${text.slice(0, 200)}`);
  if (status !== 200) throw new EndpointError("unreachable", `${where}: ${text.slice(0, 200)}`);
  try {
    return JSON.parse(text);
  } catch {
    throw new EndpointError("malformed", `${where} with no JSON: ${text.slice(0, 80)}`);
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAXIMUM_ANSWER_BYTES) {
      throw new EndpointError("malformed", `an answer is longer than ${MAXIMUM_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw new EndpointError("malformed", z.prettifyError(result.error).slice(0, 500));
  return result.data;
}

function parseHex(value: string, size: number): Uint8Array {
  try {
    if (value.length === 2 + 2 * size) return hexToBytes(value);
  } catch {
    // Falls through to the same complaint.
  }
  throw new EndpointError(
    "malformed",
    `expected ${size} bytes of hex, got ${value.slice(0, 40)} of length ${value.length}`,
  );
}

function abortable({ signal }: BlobRequest): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
