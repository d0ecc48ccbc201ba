import { expect } from "chai";
import fc from "fast-check";
import { z } from "zod";
import { createDispatcher, type CallReport, type DispatcherLimits } from "../../src/rpc/protocol/dispatcher.ts";
import { RpcError } from "../../src/rpc/protocol/errors.ts";
import { defineMethod, type Method } from "../../src/rpc/protocol/method.ts";
import { readRequestIds } from "../../src/rpc/protocol/request-ids.ts";
import { integer, optional } from "../../src/rpc/parameters/scalars.ts";

const LIMITS: DispatcherLimits = {
  batchItems: 5,
  responseBytes: 10_000,
  heavyConcurrency: 2,
  heavyQueue: 2,
  callTimeout: 5_000,
};

interface Answer {
  readonly jsonrpc: "2.0";
  readonly id: string | number | null;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

function setUp({
  methods = [],
  limits = {},
}: { methods?: Method<undefined>[]; limits?: Partial<DispatcherLimits> } = {}) {
  const reports: CallReport[] = [];
  const dispatcher = createDispatcher({
    node: undefined,
    limits: { ...LIMITS, ...limits },
    onCall: (report) => reports.push(report),
    methods: [
      defineMethod("echo", [optional(z.unknown())], ([value]) => value),
      defineMethod("subtract", [integer, integer], ([minuend, subtrahend]) => minuend - subtrahend),
      defineMethod("fail", [], () => {
        throw new RpcError(-32000, "no", { why: "because" });
      }),
      defineMethod("crash", [], () => {
        throw new Error("secret path /etc/passwd");
      }),
      defineMethod("cyclic", [], () => {
        const value: Record<string, unknown> = {};
        value["self"] = value;
        return value;
      }),
      defineMethod("long", [integer], ([length]) => "x".repeat(length)),
      ...methods,
    ],
  });
  const dispatch = (message: string, signal = new AbortController().signal) =>
    dispatcher.dispatch(message, { client: "", connection: undefined, signal });
  const ask = async (request: unknown): Promise<Answer> =>
    JSON.parse((await dispatch(JSON.stringify(request))) ?? "null") as Answer;
  return { dispatch, ask, reports };
}

describe("JSON-RPC dispatcher", () => {
  describe("the examples of JSON-RPC 2.0", () => {
    const { dispatch, ask } = setUp();

    it("answers a call by position", async () => {
      expect(await ask({ jsonrpc: "2.0", method: "subtract", params: [42, 23], id: 1 })).to.eql({
        jsonrpc: "2.0",
        id: 1,
        result: 19,
      });
    });

    it("does not answer a notification, not even one that fails or names no method", async () => {
      for (const method of ["echo", "fail", "crash", "nothing"])
        expect(await dispatch(JSON.stringify({ jsonrpc: "2.0", method }))).to.equal(undefined);
    });

    it("answers an unknown method with -32601", async () => {
      expect((await ask({ jsonrpc: "2.0", method: "foobar", id: "1" })).error).to.include({
        code: -32601,
        message: "the method foobar does not exist/is not available",
      });
    });

    it("answers invalid JSON with -32700 and a null id", async () => {
      const answer = JSON.parse(
        (await dispatch('{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]')) ?? "",
      ) as Answer;
      expect(answer.error?.code).to.equal(-32700);
      expect(answer.id).to.equal(null);
    });

    it("answers an invalid request with -32600 and a null id", async () => {
      const answer = await ask({ jsonrpc: "2.0", method: 1, params: "bar" });
      expect(answer.error?.code).to.equal(-32600);
      expect(answer.id).to.equal(null);
    });

    it("answers an empty batch with a single error", async () => {
      expect((await ask([])).error?.code).to.equal(-32600);
    });

    it("answers each entry of an invalid batch", async () => {
      const answers = (await ask([1, 2, 3])) as unknown as Answer[];
      expect(answers.map(({ error }) => error?.code)).to.eql([-32600, -32600, -32600]);
    });

    it("answers a mixed batch without its notifications, in order", async () => {
      const answers = (await ask([
        { jsonrpc: "2.0", method: "echo", params: ["a"], id: "1" },
        { jsonrpc: "2.0", method: "echo", params: [7] },
        { foo: "boo" },
        { jsonrpc: "2.0", method: "foo.get", id: "5" },
        { jsonrpc: "2.0", method: "fail", id: "9" },
      ])) as unknown as Answer[];
      expect(answers).to.eql([
        { jsonrpc: "2.0", id: "1", result: "a" },
        { jsonrpc: "2.0", id: null, error: { code: -32600, message: 'invalid request: expected jsonrpc to be "2.0"' } },
        {
          jsonrpc: "2.0",
          id: "5",
          error: { code: -32601, message: "the method foo.get does not exist/is not available" },
        },
        { jsonrpc: "2.0", id: "9", error: { code: -32000, message: "no", data: { why: "because" } } },
      ]);
    });

    it("does not answer a batch of notifications", async () => {
      expect(
        await dispatch(
          JSON.stringify([
            { jsonrpc: "2.0", method: "echo" },
            { jsonrpc: "2.0", method: "echo" },
          ]),
        ),
      ).to.equal(undefined);
    });
  });

  describe("ids", () => {
    const { dispatch } = setUp({ limits: { batchItems: 1_000 } });
    const idOf = async (id: string, rest = '"jsonrpc":"2.0","method":"echo","params":[1]') => {
      const answer = (await dispatch(`{"id":${id},${rest}}`)) ?? "";
      return /^\{"jsonrpc":"2\.0","id":(.*),"(?:result|error)":/s.exec(answer)?.[1];
    };
    const WRITTEN = [
      "0",
      "-0",
      "1.0",
      "1e3",
      "1E+3",
      "9007199254740993",
      "-9007199254740993",
      "123456789012345678901234567890.123",
      "1e400",
      "0.1000",
      '""',
      '"id"',
      '"\\u0061\\n\\"\\\\"',
      '"}{][,:"',
      '"ä\u2028"',
      "null",
    ];

    it("go back as they were written, with results and with errors", async () => {
      for (const id of WRITTEN) {
        expect(await idOf(id)).to.equal(id);
        expect(await idOf(` \n\t${id}\r `)).to.equal(id);
        expect(await idOf(id, '"jsonrpc":"2.0","method":"fail"')).to.equal(id);
        expect(await idOf(id, '"jsonrpc":"2.0","method":"nothing"')).to.equal(id);
        expect(await idOf(id, '"jsonrpc":"1.0","method":"echo"')).to.equal(id);
        expect(await idOf(id, '"jsonrpc":"2.0","method":"echo","params":{"id":7}')).to.equal(id);
      }
    });

    it("are those of the request and of nothing in it; the last of several counts, however its name is written", async () => {
      const rest = '"jsonrpc":"2.0","method":"echo"';
      for (const message of [
        `{${rest},"params":[{"id":1.0,"a":[{"id":2.0}]}],"id":1e3}`,
        `{"id":1e3,${rest},"params":[{"id":1.0}]}`,
        `{"id":4,${rest},"id":{},"id":1e3}`,
        `{"id":4,${rest},"\\u0069d":1e3}`,
        `{"\\u0069\\u0064":1e3,${rest},"xid":2,"id ":3,"\\"id":4,"ID":5}`,
        `{"long":"${"\\\\".repeat(50)}","id":1e3,${rest}}`,
      ])
        expect(await dispatch(message)).to.contain('"id":1e3,');
      expect(await dispatch(`{"id":1e3,${rest},"id":[]}`)).to.contain('"id":null,"error"');
      expect(await dispatch(`{"id":1e3,${rest},"id":true}`)).to.contain('"id":null,"error"');
    });

    it("of a batch go back with the answers to their requests", async () => {
      const requests = WRITTEN.map((id) => `{"jsonrpc":"2.0","params":[{"id":[{}]}],"id":${id},"method":"echo"}`);
      const others = ["[{}]", "1.0", '"a"', '{"jsonrpc":"2.0","method":"echo"}', "{}"];
      const expected = WRITTEN.map((id) => `{"jsonrpc":"2.0","id":${id},"result":{"id":[{}]}}`);
      const text = (await dispatch(` [ ${requests.join(" , ")} , ${others.join(",")} ] `)) ?? "";
      expect(text.slice(0, expected.join(",").length + 1)).to.equal(`[${expected.join(",")}`);
      expect((JSON.parse(text) as Answer[]).slice(WRITTEN.length).map(({ id }) => id)).to.eql([null, null, null, null]);
    });

    it("are read as JSON.parse reads them, in any JSON", () => {
      const key = fc.constantFrom("id", "i", "", '"', "\\", "params");
      const { value } = fc.letrec<{ value: unknown }>((tie) => ({
        value: fc.oneof(
          { depthSize: "small" },
          fc.jsonValue({ maxDepth: 0 }),
          fc.constantFrom('\\"', "{", "]", "\\\\"),
          fc.array(tie("value"), { maxLength: 4 }),
          fc.dictionary(key, tie("value"), { maxKeys: 4 }),
        ),
      }));
      fc.assert(
        fc.property(value, fc.constantFrom(undefined, 1, "\t"), (message, indent) => {
          const ids = readRequestIds(JSON.stringify(message, null, indent));
          const requests = (Array.isArray(message) ? message : [message]) as unknown[];
          const written = requests.map((request) =>
            typeof request === "object" && request !== null && !Array.isArray(request) && Object.hasOwn(request, "id")
              ? (request as { id: unknown }).id
              : undefined,
          );
          expect(ids.map((id) => (id === undefined ? undefined : (JSON.parse(id) as unknown)))).to.eql(
            written.map((id) => (id === undefined ? undefined : (JSON.parse(JSON.stringify(id)) as unknown))),
          );
        }),
        { numRuns: 2_000 },
      );
    });

    it("are found in a message of millions of values in a fraction of the time it takes to parse it", () => {
      const message = `{"jsonrpc":"2.0","params":[${"1,".repeat(2_000_000)}1],"id":1.0}`;
      const started = performance.now();
      JSON.parse(message);
      const parsed = performance.now();
      expect(readRequestIds(message)).to.eql(["1.0"]);
      expect(performance.now() - parsed).to.be.lessThan(5 * (parsed - started) + 50);
    });
  });

  describe("parameters", () => {
    const { ask } = setUp();
    const errorOf = async (params: unknown) => (await ask({ jsonrpc: "2.0", id: 1, method: "subtract", params })).error;

    it("names the offending value and what was expected", async () => {
      expect(await errorOf(["0x2", "two"])).to.eql({
        code: -32602,
        message: 'invalid argument 1: expected a 0x-prefixed hex quantity below 2^53, got "two"',
      });
    });

    it("tells of missing, too many, and named parameters", async () => {
      expect(await errorOf(["0x2"])).to.eql({ code: -32602, message: "missing value for required argument 1" });
      expect(await errorOf(undefined)).to.eql({
        code: -32602,
        message: "missing value for required argument 0",
      });
      expect(await errorOf([1, 2, 3])).to.eql({
        code: -32602,
        message: "too many arguments, want at most 2, got 3",
      });
      expect((await errorOf({ minuend: 1 }))?.code).to.equal(-32602);
      expect((await errorOf("0x2"))?.code).to.equal(-32600);
    });
  });

  describe("failures inside the node", () => {
    const { ask, reports } = setUp();

    it("are answered with -32603 and nothing of the failure, which is reported", async () => {
      const { error } = await ask({ jsonrpc: "2.0", id: 1, method: "crash" });
      expect(error).to.eql({ code: -32603, message: "internal error" });
      expect((reports.at(-1)?.failure as Error).message).to.equal("secret path /etc/passwd");
    });

    it("include results that cannot be written as JSON", async () => {
      expect((await ask({ jsonrpc: "2.0", id: 1, method: "cyclic" })).error?.code).to.equal(-32603);
    });
  });

  describe("limits", () => {
    it("refuses a batch with too many requests as a whole", async () => {
      const { ask } = setUp();
      const answer = await ask(Array.from({ length: 6 }, (_, id) => ({ jsonrpc: "2.0", id, method: "echo" })));
      expect(answer.error).to.eql({ code: -32600, message: "batch too large: at most 5 requests, got 6" });
    });

    it("answers what fits into the limit of bytes, and the rest of the batch with -32003", async () => {
      const { ask } = setUp();
      const answers = (await ask(
        [1, 2, 3].map((id) => ({ jsonrpc: "2.0", id, method: "long", params: [id === 3 ? 1 : 6_000] })),
      )) as unknown as Answer[];
      expect(answers.map(({ error }) => error?.code)).to.eql([undefined, -32003, undefined]);
    });

    it("runs a limited number of heavy calls, lets some wait, and refuses the rest", async () => {
      const releases: (() => void)[] = [];
      let running = 0;
      let mostRunning = 0;
      const slow = defineMethod<undefined, []>(
        "slow",
        [],
        () => {
          mostRunning = Math.max(mostRunning, ++running);
          return new Promise<void>((resolve) =>
            releases.push(() => {
              running--;
              resolve();
            }),
          );
        },
        { weight: "heavy" },
      );
      const { ask } = setUp({ methods: [slow] });
      const answers = Array.from({ length: 6 }, (_, id) => ask({ jsonrpc: "2.0", id, method: "slow" }));
      const refused = await Promise.all(answers.slice(4));
      expect(refused.map(({ error }) => error?.code)).to.eql([-32005, -32005]);
      let done = 0;
      for (const answer of answers.slice(0, 4)) void answer.then(() => done++);
      while (done < 4) {
        releases.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(mostRunning).to.equal(2);
      const later = ask({ jsonrpc: "2.0", id: 7, method: "slow" });
      while (releases.length === 0) await new Promise((resolve) => setImmediate(resolve));
      releases.shift()?.();
      expect(await later).to.eql({ jsonrpc: "2.0", id: 7, result: null });
    });

    it("answers a call that takes too long with -32002, and keeps serving", async () => {
      const stuck = defineMethod<undefined, []>("stuck", [], () => new Promise(() => undefined));
      const { ask } = setUp({ methods: [stuck], limits: { callTimeout: 20 } });
      expect((await ask({ jsonrpc: "2.0", id: 1, method: "stuck" })).error).to.eql({
        code: -32002,
        message: "the call took longer than 20 ms",
      });
      expect((await ask({ jsonrpc: "2.0", id: 2, method: "echo", params: [1] })).result).to.equal(1);
    });

    it("gives up a call whose caller is gone", async () => {
      const stuck = defineMethod<undefined, []>("stuck", [], () => new Promise(() => undefined));
      const { dispatch } = setUp({ methods: [stuck] });
      const gone = new AbortController();
      const answer = dispatch(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "stuck" }), gone.signal);
      gone.abort();
      expect(await answer).to.contain("-32002");
    });
  });

  describe("garbage", () => {
    const { dispatch } = setUp({ limits: { batchItems: 1_000, responseBytes: 10_000_000 } });

    it("is always answered with JSON-RPC 2.0, or not at all", async () => {
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.json(), fc.string(), fc.string({ unit: "binary" })), async (message) => {
          const text = await dispatch(message);
          if (text !== undefined) expectAnswers(JSON.parse(text));
        }),
        { numRuns: 300 },
      );
    }).timeout(20_000);

    it("in place of any member of a request is answered so too", async () => {
      const member = fc.oneof(
        fc.jsonValue(),
        fc.constantFrom("2.0", "echo", "subtract", "crash", "__proto__", "constructor"),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.record(
            { jsonrpc: fc.oneof(fc.constant("2.0"), member), id: member, method: member, params: member },
            { requiredKeys: [] },
          ),
          async (request) => {
            const text = await dispatch(JSON.stringify(request));
            if (text !== undefined) expectAnswers(JSON.parse(text));
          },
        ),
        { numRuns: 300 },
      );
    }).timeout(20_000);

    it("nested a million levels deep does not overflow the stack", async () => {
      const deep = "[".repeat(1_000_000) + "]".repeat(1_000_000);
      expect(await dispatch(deep)).to.contain('"error"');
      expect(await dispatch(`{"jsonrpc":"2.0","id":1,"method":"subtract","params":[${deep}]}`)).to.contain('"error"');
      expect(await dispatch(`{"jsonrpc":"2.0","id":${deep},"method":"subtract"}`)).to.contain('"error"');
    }).timeout(20_000);
  });
});

function expectAnswers(value: unknown): void {
  for (const answer of (Array.isArray(value) ? value : [value]) as Answer[]) {
    expect(answer.jsonrpc).to.equal("2.0");
    expect(Object.hasOwn(answer, "id")).to.equal(true);
    expect(Object.hasOwn(answer, "result")).to.not.equal(Object.hasOwn(answer, "error"));
    if (answer.error !== undefined)
      expect(answer.error.code).to.be.oneOf([-32700, -32600, -32601, -32602, -32603, -32000]);
  }
}
