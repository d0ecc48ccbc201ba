import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { Registry } from "prom-client";
import { createPublicClient, http, zeroAddress } from "viem";
import { BLOB_SIZE, payloadToBlobs } from "../../src/batch/index.ts";
import { createBeaconBlobSource } from "../../src/l1/beacon-blob-source.ts";
import type { BeaconBlobSourceOptions } from "../../src/l1/beacon-blob-source.ts";
import { createBeaconServer } from "../../src/l1/beacon-server.ts";
import { createBlobArchive } from "../../src/l1/blob-archive.ts";
import type { BlobArchive } from "../../src/l1/blob-archive.ts";
import { BlobUnavailableError } from "../../src/l1/blob-source.ts";
import type { BlobFailure, BlobRequest, BlobSource } from "../../src/l1/blob-source.ts";
import { createTransactionManager } from "../../src/l1/index.ts";
import { ZERO_HASH, bytesToHex, loadKzg } from "../../src/primitives/index.ts";
import type { Hash, Kzg } from "../../src/primitives/index.ts";
import { capturedLog } from "../captured-log.ts";
import { startAnvil } from "../l1/anvil-process.ts";
import { createTestInstruments, KEYS } from "../l1-transactions/l1-fixture.ts";
import { createTestDisk } from "../l1-transactions/memory-record-store.ts";

type Handler = (path: string, request: IncomingMessage, response: ServerResponse) => void;

const BLOBS = [1, 2, 3].map((byte) => payloadToBlobs(new Uint8Array(1_000).fill(byte))[0]!);
const GENESIS_TIME = 1_606_824_023;

describe("blobs from beacon APIs", () => {
  let kzg: Kzg;
  let archive: BlobArchive;
  let hashes: Hash[];
  const closing: (() => Promise<unknown>)[] = [];

  before(async () => {
    kzg = await loadKzg();
  });

  beforeEach(async () => {
    archive = createBlobArchive({ records: createTestDisk().open(), kzg });
    hashes = [];
    for (const blob of BLOBS) hashes.push(await archive.put(blob));
  });

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const serveArchive = async (): Promise<{ server: FastifyInstance; url: string }> => {
    const server = createBeaconServer({ archive });
    closing.push(() => server.close());
    return { server, url: await server.listen({ port: 0, host: "127.0.0.1" }) };
  };

  const serve = async (handler: Handler): Promise<string> => {
    const server = createServer((request, response) =>
      handler(new URL(request.url!, "http://x").pathname, request, response),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  /** An endpoint of Ethereum's mainnet clock whose other paths are `answers`. */
  const serveMainnet = (answers: Record<string, unknown>, seen: string[] = []): Promise<string> =>
    serve((path, request, response) => {
      seen.push(request.url!);
      const all: Record<string, unknown> = {
        "/eth/v1/beacon/genesis": { data: { genesis_time: String(GENESIS_TIME) } },
        "/eth/v1/config/spec": { data: { SECONDS_PER_SLOT: "12", DEPOSIT_CHAIN_ID: "1" } },
        ...answers,
      };
      const answer = all[path];
      response.statusCode = answer === undefined ? 404 : 200;
      response.end(typeof answer === "string" ? answer : JSON.stringify(answer ?? { code: 404, message: "not found" }));
    });

  const sourceOf = (urls: readonly string[], options: Partial<BeaconBlobSourceOptions> = {}): BlobSource =>
    createBeaconBlobSource(
      { urls, kzg, attempts: 1, retryDelay: 1, ...options },
      { logger: pino({ level: "silent" }), metrics: new Registry() },
    );

  const requestFor = (versionedHashes: readonly Hash[], l1Timestamp = GENESIS_TIME + 12 * 100): BlobRequest => ({
    versionedHashes,
    l1Timestamp,
    l1BlockNumber: 77,
  });

  const failuresOf = async (source: BlobSource, request: BlobRequest): Promise<readonly BlobFailure[]> => {
    const error = await source.getBlobs(request).then(
      () => expect.fail("gave blobs"),
      (reason: unknown) => reason,
    );
    if (!(error instanceof BlobUnavailableError)) throw error;
    return error.failures;
  };

  const failureOf = async (
    url: string,
    request: BlobRequest,
    options?: Partial<BeaconBlobSourceOptions>,
  ): Promise<BlobFailure> => {
    const [failure, ...rest] = await failuresOf(sourceOf([url], options), request);
    expect(rest).to.have.length(0);
    return failure!;
  };

  const expectBlobs = (actual: readonly Uint8Array[], expected: readonly Uint8Array[]): void => {
    expect(actual).to.have.length(expected.length);
    actual.forEach((blob, index) => expect(Buffer.compare(blob, expected[index]!)).to.equal(0));
  };

  describe("the archive", () => {
    it("gives back what was put, by versioned hash and in the order asked for", async () => {
      expectBlobs(await archive.getBlobs(requestFor([hashes[2]!, hashes[0]!, hashes[2]!])), [
        BLOBS[2]!,
        BLOBS[0]!,
        BLOBS[2]!,
      ]);
    });

    it("writes a blob once, however often it is put", async () => {
      const records = createTestDisk().open();
      let writes = 0;
      const counting = {
        ...records,
        put: (key: string, value: unknown) => {
          writes++;
          return records.put(key, value);
        },
      };
      const kept = createBlobArchive({ records: counting, kzg });
      for (const blob of [BLOBS[0]!, BLOBS[0]!, BLOBS[1]!, BLOBS[0]!]) await kept.put(blob);
      expect(writes).to.equal(2);
    });

    it("says which blob it never had", async () => {
      const [failure] = await failuresOf(archive, requestFor([hashes[0]!, ZERO_HASH]));
      expect(failure).to.include({ kind: "missing" });
      expect(failure!.message).to.include(ZERO_HASH);
    });

    it("takes nothing that is not a blob", async () => {
      for (const bad of [new Uint8Array(0), new Uint8Array(BLOB_SIZE + 1), new Uint8Array(BLOB_SIZE).fill(0xff)]) {
        const put = await archive.put(bad).then(
          () => "kept",
          (error: unknown) => error,
        );
        expect(put).to.be.instanceOf(Error);
      }
    });
  });

  describe("the server of an archive", () => {
    it("gives a client over HTTP the blobs at any timestamp, in the order asked for", async () => {
      const { url } = await serveArchive();
      const source = sourceOf([url]);
      expectBlobs(await source.getBlobs(requestFor([hashes[1]!], 5)), [BLOBS[1]!]);
      expectBlobs(await source.getBlobs(requestFor([...hashes].reverse(), 1_700_000_001)), [...BLOBS].reverse());
      expectBlobs(await source.getBlobs(requestFor([hashes[0]!, hashes[0]!], 6)), [BLOBS[0]!, BLOBS[0]!]);
    });

    it("takes hashes repeated or separated by commas, in any case of the query's order", async () => {
      const { server } = await serveArchive();
      for (const query of [
        `versioned_hashes=${hashes[0]}&versioned_hashes=${hashes[1]}`,
        `versioned_hashes=${hashes[0]},${hashes[1]}`,
      ]) {
        const response = await server.inject(`/eth/v1/beacon/blobs/9?${query}`);
        expect(response.statusCode).to.equal(200);
        expect(response.json().data).to.eql([bytesToHex(BLOBS[0]!), bytesToHex(BLOBS[1]!)]);
      }
    });

    it("answers 404 for blobs it never had, which a client calls missing", async () => {
      const { url, server } = await serveArchive();
      const response = await server.inject(`/eth/v1/beacon/blobs/9?versioned_hashes=${ZERO_HASH}`);
      expect([response.statusCode, response.json().code]).to.eql([404, 404]);
      expect((await failureOf(url, requestFor([ZERO_HASH], 9))).kind).to.equal("missing");
      expect((await failureOf(url, requestFor([hashes[0]!, ZERO_HASH], 9))).kind).to.equal("missing");
    });

    it("answers 4xx in the API's shape to everything else", async () => {
      const { server } = await serveArchive();
      const hash = hashes[0]!;
      for (const [path, status] of [
        ["/eth/v1/beacon/blobs/9", 400],
        ["/eth/v1/beacon/blobs/9?versioned_hashes=", 400],
        ["/eth/v1/beacon/blobs/9?versioned_hashes=0x12", 400],
        [`/eth/v1/beacon/blobs/9?versioned_hashes=${hash},garbage`, 400],
        [`/eth/v1/beacon/blobs/head?versioned_hashes=${hash}`, 400],
        [`/eth/v1/beacon/blobs/-1?versioned_hashes=${hash}`, 400],
        [
          `/eth/v1/beacon/blobs/9?versioned_hashes=${Array.from({ length: 129 }, (_, index) => `0x${String(index).padStart(64, "0")}`).join()}`,
          400,
        ],
        ["/eth/v1/beacon/blob_sidecars/9", 404],
        ["/", 404],
      ] as const) {
        const response = await server.inject(path);
        expect([path, response.statusCode, response.json().code]).to.eql([path, status, status]);
      }
    });
  });

  describe("the client", () => {
    it("asks for the slot of the L1 block's timestamp, naming each blob once", async () => {
      const seen: string[] = [];
      const url = await serveMainnet({ "/eth/v1/beacon/blobs/100": { data: BLOBS.map(bytesToHex) } }, seen);
      const source = sourceOf([`${url}/?key=secret`]);
      expectBlobs(await source.getBlobs(requestFor([hashes[2]!, hashes[0]!, hashes[2]!])), [
        BLOBS[2]!,
        BLOBS[0]!,
        BLOBS[2]!,
      ]);
      expect(seen.at(-1)).to.equal(
        `/eth/v1/beacon/blobs/100?key=secret&versioned_hashes=${hashes[2]}&versioned_hashes=${hashes[0]}`,
      );
      await source.getBlobs(requestFor([hashes[1]!]));
      // Genesis and spec are asked for once.
      expect(seen).to.have.length(4);
    });

    it("computes the commitment of a blob once, however often a block carries it", async () => {
      const url = await serveMainnet({
        "/eth/v1/beacon/blobs/100": { data: [0, 0, 1, 0, 0].map((index) => bytesToHex(BLOBS[index]!)) },
      });
      let commitments = 0;
      const counting: Kzg = {
        ...kzg,
        blobToCommitment: (blob) => {
          commitments++;
          return kzg.blobToCommitment(blob);
        },
      };
      const request = requestFor([hashes[0]!, hashes[0]!, hashes[1]!]);
      const given = await sourceOf([url], { kzg: counting }).getBlobs(request);
      expectBlobs(given, [BLOBS[0]!, BLOBS[0]!, BLOBS[1]!]);
      expect(commitments).to.equal(2);
    });

    it("falls back to sidecars where an endpoint has only those", async () => {
      const sidecars = await Promise.all(
        BLOBS.map(async (blob, index) => ({
          index: String(index),
          blob: bytesToHex(blob),
          kzg_commitment: bytesToHex(await kzg.blobToCommitment(blob)),
        })),
      );
      const url = await serveMainnet({ "/eth/v1/beacon/blob_sidecars/100": { data: sidecars } });
      expectBlobs(await sourceOf([url]).getBlobs(requestFor([hashes[1]!])), [BLOBS[1]!]);
    });

    it("asks by the number of the L1 block where slots do not lead to the blobs, and for all at once", async () => {
      for (const timestamp of [GENESIS_TIME + 12 * 100, GENESIS_TIME + 7]) {
        const seen: string[] = [];
        const url = await serveMainnet({ "/eth/v1/beacon/blobs/77": { data: BLOBS.map(bytesToHex) } }, seen);
        const request = requestFor([hashes[1]!, hashes[0]!], timestamp);
        expectBlobs(await sourceOf([url]).getBlobs(request), [BLOBS[1]!, BLOBS[0]!]);
        const query = `versioned_hashes=${encodeURIComponent(`${hashes[1]},${hashes[0]}`)}`;
        expect(seen.at(-1)).to.equal(`/eth/v1/beacon/blobs/77?${query}`);
      }
    });

    it("reads blobs from anvil, which tells nothing of slots", async () => {
      const anvil = await startAnvil();
      closing.push(() => anvil.close());
      const client = createPublicClient({ transport: http(anvil.url, { retryCount: 0 }), pollingInterval: 20 });
      const manager = await createTransactionManager(
        { client, chainId: 31337, privateKey: KEYS[0]!, records: createTestDisk().open() },
        createTestInstruments(),
      );
      const transaction = {
        purpose: "blobs",
        to: zeroAddress,
        data: new Uint8Array(),
        gasLimit: 50_000n,
        blobs: BLOBS,
      };
      const sent = await manager.submit(transaction);
      const [hash] = sent.kind === "pending" ? sent.hashes : [];
      const { blockHash } = await client.waitForTransactionReceipt({ hash: hash! });
      const block = await client.getBlock({ blockHash });
      const request = {
        versionedHashes: [hashes[2]!, hashes[0]!],
        l1Timestamp: Number(block.timestamp),
        l1BlockNumber: Number(block.number),
      };
      expectBlobs(await sourceOf([anvil.url]).getBlobs(request), [BLOBS[2]!, BLOBS[0]!]);
      const none = await failureOf(anvil.url, { ...request, versionedHashes: [ZERO_HASH] });
      expect(none.kind).to.be.oneOf(["missing", "wrong-chain"]);
    });

    it("believes no sidecar whose blob is not that of its commitment", async () => {
      const commitment = bytesToHex(await kzg.blobToCommitment(BLOBS[0]!));
      const url = await serveMainnet({
        "/eth/v1/beacon/blob_sidecars/100": { data: [{ blob: bytesToHex(BLOBS[1]!), kzg_commitment: commitment }] },
      });
      expect((await failureOf(url, requestFor([hashes[0]!]))).kind).to.equal("missing");
    });

    it("believes no blob that has another versioned hash", async () => {
      const tampered = Uint8Array.from(BLOBS[0]!);
      tampered[5]! ^= 1;
      const url = await serveMainnet({ "/eth/v1/beacon/blobs/100": { data: [bytesToHex(tampered)] } });
      const failure = await failureOf(url, requestFor([hashes[0]!]));
      expect(failure.kind).to.equal("missing");
      expect(failure.message).to.include(hashes[0]!);
    });

    it("turns to the next endpoint when one is gone, garbled, wrong, or without the blobs", async () => {
      const gone = await serve((_path, request) => request.destroy());
      const garbled = await serve((_path, _request, response) => response.end("<html>"));
      const empty = await serveMainnet({ "/eth/v1/beacon/blobs/100": { data: [] } });
      const wrong = await serveMainnet({ "/eth/v1/beacon/blobs/100": { data: [bytesToHex(BLOBS[2]!)] } });
      const good = await serveMainnet({ "/eth/v1/beacon/blobs/100": { data: BLOBS.map(bytesToHex) } });
      expectBlobs(await sourceOf([gone, garbled, empty, wrong, good]).getBlobs(requestFor([hashes[0]!])), [BLOBS[0]!]);
      const failures = await failuresOf(sourceOf([gone, garbled, empty, wrong]), requestFor([hashes[0]!]));
      expect(failures.map(({ kind }) => kind)).to.eql(["unreachable", "malformed", "missing", "missing"]);
      expect(failures.map(({ endpoint }) => endpoint)).to.eql([gone, garbled, empty, wrong]);
    });

    it("asks again, as often as it was told", async () => {
      let requests = 0;
      const { url: good } = await serveArchive();
      const flaky = await serve((_path, request, response) => {
        requests++;
        response.writeHead(requests < 3 ? 503 : 307, { location: good + request.url! }).end();
      });
      expectBlobs(await sourceOf([flaky], { attempts: 3 }).getBlobs(requestFor([hashes[0]!], 9)), [BLOBS[0]!]);
      requests = 0;
      expect((await failureOf(flaky, requestFor([hashes[0]!], 9), { attempts: 2 })).kind).to.equal("unreachable");
      expect(requests).to.equal(2);
    });

    it("does not ask again where every endpoint lacks the blobs, and leaves the log to whoever asked", async () => {
      const seen: string[] = [];
      const url = await serveMainnet({}, seen);
      const log = capturedLog();
      const source = createBeaconBlobSource({ urls: [url], kzg, attempts: 3, retryDelay: 60_000 }, log.instruments);
      expect((await failuresOf(source, requestFor([hashes[0]!]))).map(({ kind }) => kind)).to.eql(["missing"]);
      const asked = seen.map((path) => /^\/eth\/v1\/beacon\/blobs\/(\d+)/.exec(path)?.[1]).filter(Boolean);
      expect(asked).to.eql(["100", "77"]);
      expect(log.all).to.have.length(0);
    });

    it("knows how long a slot is from either name of it, and takes that of Ethereum where it is not told", async () => {
      for (const spec of [{ data: { SLOT_DURATION_MS: "12000" } }, undefined]) {
        const url = await serveMainnet({
          "/eth/v1/config/spec": spec,
          "/eth/v1/beacon/blobs/100": { data: BLOBS.map(bytesToHex) },
        });
        expectBlobs(await sourceOf([url]).getBlobs(requestFor([hashes[0]!])), [BLOBS[0]!]);
      }
    });

    it("calls every answer that is not the API's malformed", async () => {
      const genesis = "/eth/v1/beacon/genesis";
      const spec = "/eth/v1/config/spec";
      const blobs = "/eth/v1/beacon/blobs/100";
      const cases: Record<string, unknown>[] = [
        { [genesis]: "" },
        { [genesis]: "null" },
        { [genesis]: { data: { genesis_time: "soon" } } },
        { [genesis]: { data: { genesis_time: "1".repeat(400) } } },
        { [spec]: { data: {} } },
        { [spec]: { data: { SECONDS_PER_SLOT: "0" } } },
        { [blobs]: "[" },
        { [blobs]: "[]" },
        { [blobs]: { data: {} } },
        { [blobs]: { data: [5] } },
        { [blobs]: { data: ["0x"] } },
        { [blobs]: { data: [`0x${"zz".repeat(BLOB_SIZE)}`] } },
        { [blobs]: { data: [`0x${"ff".repeat(BLOB_SIZE)}`] } },
        { [blobs]: { data: [bytesToHex(BLOBS[0]!), `${bytesToHex(BLOBS[0]!)}00`] } },
      ];
      for (const answers of cases) {
        const failure = await failureOf(await serveMainnet(answers), requestFor([hashes[0]!]));
        expect([JSON.stringify(answers).slice(0, 80), failure.kind]).to.eql([
          JSON.stringify(answers).slice(0, 80),
          "malformed",
        ]);
        expect(failure.message.length).to.be.below(600);
      }
    });

    it("says so when the endpoint's slots do not match the L1 block", async () => {
      const url = await serveMainnet({ "/eth/v1/beacon/blobs/100": { data: BLOBS.map(bytesToHex) } });
      expect((await failureOf(url, requestFor([hashes[0]!], GENESIS_TIME + 12 * 100 + 5))).kind).to.equal(
        "wrong-chain",
      );
      expect((await failureOf(url, requestFor([hashes[0]!], GENESIS_TIME - 12))).kind).to.equal("wrong-chain");
    });

    it("gives up an endpoint that does not answer in time", async () => {
      const url = await serve(() => undefined);
      expect((await failureOf(url, requestFor([hashes[0]!]), { timeout: 50 })).kind).to.equal("unreachable");
    });

    it("gives up an answer without end", async () => {
      const url = await serve((_path, _request, response) => {
        const chunk = Buffer.alloc(2 ** 20, 0x20);
        const pour = (): void => {
          while (!response.destroyed && response.write(chunk));
        };
        response.on("drain", pour);
        pour();
      });
      expect((await failureOf(url, requestFor([hashes[0]!]))).kind).to.equal("malformed");
    });

    it("rejects with the caller's reason when the caller gives up", async () => {
      const controller = new AbortController();
      const url = await serve(() => controller.abort(new Error("shutting down")));
      const outcome = await sourceOf([url])
        .getBlobs({ ...requestFor([hashes[0]!]), signal: controller.signal })
        .catch((error: unknown) => error);
      expect(outcome).to.be.instanceOf(Error).with.property("message", "shutting down");
    });

    it("does not show the keys of an endpoint in its errors", async () => {
      const url = await serve((_path, _request, response) => response.writeHead(500).end());
      const source = sourceOf([`${url}/secret/?key=secret`]);
      const error = await source.getBlobs(requestFor([hashes[0]!])).catch((reason: unknown) => reason);
      expect(String(error)).to.include(url);
      expect(String(error)).not.to.include("secret");
    });

    it("needs an endpoint", () => expect(() => sourceOf([])).to.throw(RangeError, "at least one"));
  });
});
