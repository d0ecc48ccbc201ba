import { expect } from "chai";
import { HttpRequestError, TimeoutError } from "viem";
import { ENTRY_TOPICS } from "../../src/l1/inbox-log.ts";
import { createLogRangeReader } from "../../src/l1/log-range.ts";
import { INBOX, createSimulatedL1, rpcError } from "./simulated-l1.ts";

const body = { method: "eth_getLogs" };
const url = "http://127.0.0.1";

/** Answers to a range that is too wide, in the words of real providers. */
const REFUSALS: Readonly<Record<string, () => Error>> = {
  "HTTP 400": () => new HttpRequestError({ body, status: 400, details: "Bad Request", url }),
  "HTTP 413": () => new HttpRequestError({ body, status: 413, details: "Payload Too Large", url }),
  "HTTP 500": () => new HttpRequestError({ body, status: 500, url }),
  "HTTP 503": () => new HttpRequestError({ body, status: 503, details: "Service Unavailable", url }),
  "HTTP 504": () => new HttpRequestError({ body, status: 504, details: "Gateway Timeout", url }),
  "no answer in time": () => new TimeoutError({ body, url }),
  "half of an answer": () =>
    new HttpRequestError({ body, url, cause: new SyntaxError("Unexpected end of JSON input") }),
  "-32005": () => rpcError(-32005, "query returned more than 10000 results"),
  "-32005 without words": () => rpcError(-32005, "limit exceeded"),
  "-32602": () => rpcError(-32602, "eth_getLogs is limited to a 10,000 range"),
  "-32614": () => rpcError(-32614, "eth_getLogs is limited to a 10 range"),
  "-32000": () => rpcError(-32000, "query timeout exceeded"),
  "-32603": () => rpcError(-32603, "Internal error"),
  "a code of its own": () => rpcError(35, "ranges over 10000 blocks are not supported on freetier"),
};

describe("The reader of ranges of logs", () => {
  const BLOCKS = 2_000;
  const l1 = createSimulatedL1();
  before(() => {
    while (l1.head().number < BLOCKS) l1.mine(...(l1.head().number % 100 === 0 ? [{ kind: "deposit" } as const] : []));
  });

  /** Widths of the ranges asked for until everything is read, with whether each was answered. */
  async function readAll(
    takes: (from: number, width: number) => boolean,
    refusal: () => Error,
  ): Promise<{ readonly widths: readonly (readonly [width: number, taken: boolean])[]; readonly logs: number }> {
    const widths: [number, boolean][] = [];
    l1.intercept((method, params, answer) => {
      if (method !== "eth_getLogs") return answer();
      const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
      const width = Number(toBlock) - Number(fromBlock) + 1;
      const isTaken = takes(Number(fromBlock), width);
      widths.push([width, isTaken]);
      if (!isTaken) throw refusal();
      return answer();
    });
    const ranges = createLogRangeReader({
      client: l1.client,
      address: INBOX,
      topics: ENTRY_TOPICS,
      maximumRange: 5_000,
    });
    let logs = 0;
    for (let from = 0; from <= BLOCKS;) {
      const part = await ranges.read(from, BLOCKS);
      logs += part.logs.length;
      from = part.last + 1;
    }
    return { widths, logs };
  }

  for (const [name, refusal] of Object.entries(REFUSALS)) {
    it(`asks for less after ${name}, and seldom for more than was taken`, async () => {
      const { widths, logs } = await readAll((_from, width) => width <= 10, refusal);
      expect(logs).to.equal(l1.messages().length);
      const refused = widths.filter(([, taken]) => !taken).length;
      // Halving from 2,001 to 10 takes 8; from then on nearly all are taken.
      expect(refused).to.be.at.least(8).and.at.most(18);
      expect(widths.filter(([, taken]) => taken).length).to.be.at.most(BLOCKS / 7);
    });
  }

  it("grows again where a limit of results leaves room", async () => {
    const { widths } = await readAll((from, width) => from > 500 || width <= 20, REFUSALS["-32005"]!);
    expect(widths.at(-2)?.[0]).to.be.greaterThan(60);
  });

  it("asks for the same again before it asks for less than was taken", async () => {
    let requests = 0;
    const { widths } = await readAll((_from, width) => width <= 100 && ++requests % 5 !== 0, REFUSALS["HTTP 503"]!);
    expect(Math.min(...widths.slice(0, -1).map(([width]) => width))).to.be.greaterThan(50);
  });

  it("gives the error of a single block, and was not narrowed by it", async () => {
    let isDown = true;
    const widths: number[] = [];
    l1.intercept((method, params, answer) => {
      if (method !== "eth_getLogs") return answer();
      const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
      widths.push(Number(toBlock) - Number(fromBlock) + 1);
      if (isDown) throw rpcError(-32603, "database is closed");
      return answer();
    });
    const ranges = createLogRangeReader({
      client: l1.client,
      address: INBOX,
      topics: ENTRY_TOPICS,
      maximumRange: 5_000,
    });
    const error = await ranges.read(0, BLOCKS).catch((thrown: unknown) => thrown);
    expect(String(error)).to.contain("database is closed");
    expect(widths.at(-1)).to.equal(1);
    isDown = false;
    expect((await ranges.read(0, BLOCKS)).last).to.equal(BLOCKS);
  });

  it("does not narrow for an endpoint that is asked too often", async () => {
    let requests = 0;
    l1.intercept((method, _params, answer) => {
      if (method !== "eth_getLogs") return answer();
      requests++;
      throw rpcError(-32005, "project ID request rate exceeded");
    });
    const ranges = createLogRangeReader({
      client: l1.client,
      address: INBOX,
      topics: ENTRY_TOPICS,
      maximumRange: 5_000,
    });
    expect(String(await ranges.read(0, BLOCKS).catch((thrown: unknown) => thrown))).to.contain("rate exceeded");
    expect(requests).to.equal(1);
  });
}).timeout(30_000);
