import Fastify from "fastify";
import type { FastifyInstance, FastifyReply } from "fastify";
import { bytesToHex } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { BlobArchive } from "./blob-archive.ts";

/** More than any block carries, so that a request cannot ask for an unbounded answer. */
const MAXIMUM_HASHES = 128;

/**
 * Serves an archive of blobs in the shape of the beacon API, for L1s without a beacon chain. There a slot is a second
 * since 1970, so the slot of an L1 block is its timestamp; blobs are found by their versioned hashes, whatever the slot.
 * The caller listens and closes.
 */
export function createBeaconServer({ archive }: { readonly archive: Pick<BlobArchive, "get"> }): FastifyInstance {
  const server = Fastify({ forceCloseConnections: true });

  server.get("/eth/v1/beacon/genesis", () => ({
    data: {
      genesis_time: "0",
      genesis_validators_root: `0x${"00".repeat(32)}`,
      genesis_fork_version: "0x00000000",
    },
  }));

  server.get("/eth/v1/config/spec", () => ({ data: { SECONDS_PER_SLOT: "1" } }));

  server.get<{ Params: { slot: string }; Querystring: Record<string, unknown> }>(
    "/eth/v1/beacon/blobs/:slot",
    (request, reply) => {
      const { slot } = request.params;
      if (!/^\d{1,15}$/.test(slot)) return refuse(reply, 400, `expected a slot number, got ${slot.slice(0, 80)}`);
      const hashes = parseHashes(request.query.versioned_hashes);
      if (hashes === undefined) {
        return refuse(reply, 400, `expected 1 to ${MAXIMUM_HASHES} versioned_hashes of 32 bytes as lowercase hex`);
      }
      const blobs = hashes.map((hash) => archive.get(hash)).filter((blob) => blob !== undefined);
      if (blobs.length === 0) return refuse(reply, 404, "none of these blobs was posted by this node");
      return reply.send({ execution_optimistic: false, finalized: false, data: blobs.map(bytesToHex) });
    },
  );

  server.setNotFoundHandler((request, reply) => refuse(reply, 404, `no such path: ${request.url.slice(0, 80)}`));
  return server;
}

/** Hashes of a query that names them by repeating the parameter or with commas between; undefined if it does neither. */
function parseHashes(query: unknown): readonly Hash[] | undefined {
  const values = (Array.isArray(query) ? query : [query]).flatMap((value) => String(value).split(","));
  const hashes = [...new Set(values)].filter((value): value is Hash => /^0x[0-9a-f]{64}$/.test(value));
  return hashes.length === new Set(values).size && hashes.length <= MAXIMUM_HASHES ? hashes : undefined;
}

/** An error in the beacon API's shape. */
function refuse(reply: FastifyReply, code: number, message: string): FastifyReply {
  return reply.code(code).send({ code, message });
}
