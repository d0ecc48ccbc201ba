import { expect } from "chai";
import { getContractAddress, keccak256, toHex, zeroAddress } from "viem";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { decodeTransaction } from "../../src/ethereum/index.ts";
import { bytesToHex } from "../../src/primitives/index.ts";
import type { Block } from "../../src/rollup/index.ts";
import { DEFAULT_RPC_LIMITS } from "../../src/rpc/limits.ts";
import { traceBlock } from "../../src/rpc/tracers/trace-transaction.ts";
import { assemble } from "../machine/assemble.ts";
import type { CodePart } from "../machine/assemble.ts";
import { CHAIN_ID, ETHER, ask, context, deposit, privateKey, result, startNode, viemClients } from "./node-fixture.ts";
import type { TestNode } from "./node-fixture.ts";

// Answers worked out from go-ethereum's tracers (eth/tracers/native, eth/tracers/logger) and its EVM's hooks.

const A: Hex = `0x${"a1".repeat(20)}`;
const B: Hex = `0x${"b2".repeat(20)}`;
/** Which knows less of what fails. */
const isEthereumjs = process.env["ONESTEP_ENGINE"] === "ethereumjs";
const COINBASE: Hex = "0x4f6e650000000000000000000000000000000003";
const EMPTY_CODE_HASH = keccak256("0x");
const GAS = 1_000_000;

interface Frame {
  readonly type: string;
  readonly from: Hex;
  readonly to?: Hex;
  readonly value?: Hex;
  readonly gas: Hex;
  readonly gasUsed: Hex;
  readonly input: Hex;
  readonly output?: Hex;
  readonly error?: string;
  readonly calls?: readonly Frame[];
  readonly logs?: readonly object[];
}
type Account = { balance?: Hex; nonce?: number; code?: Hex; codeHash?: Hex; storage?: Record<Hex, Hex> };
type Accounts = Record<Hex, Account>;
type Difference = { readonly pre: Accounts; readonly post: Accounts };
interface StructLog {
  readonly op: string;
  readonly gas: number;
  readonly gasCost: number;
  readonly depth: number;
  readonly error?: string;
  readonly stack?: readonly Hex[];
  readonly memory?: readonly Hex[];
  readonly returnData?: Hex;
  readonly refund?: number;
}
interface StructLogs {
  readonly failed: boolean;
  readonly returnValue: Hex;
  readonly structLogs: readonly StructLog[];
}

const word = (value: number | bigint): Hex => toHex(value, { size: 32 });
const code = (...parts: CodePart[]): Hex => bytesToHex(assemble(...parts));
/** A word with `bytes` at its left end, as MSTORE writes it to offset 0. */
const left = (bytes: Hex): bigint => BigInt(bytes.padEnd(66, "0"));
const sizeOf = (bytes: Hex): number => (bytes.length - 2) / 2;
/** Code that calls `to` with the gas and value given, and drops the outcome. */
const callOf = (kind: string, to: Hex, { gas = 50_000, value = 0 }: { gas?: number; value?: number } = {}) =>
  assemble(0, 0, 0, 0, ...(kind === "CALL" || kind === "CALLCODE" ? [value] : []), BigInt(to), gas, kind, "POP");
const C: Hex = `0x${"c3".repeat(20)}`;

describe("traces in go-ethereum's format", function () {
  this.timeout(60_000);
  let node: TestNode;
  const alice = privateKeyToAccount(privateKey("alice"));
  const sender = alice.address.toLowerCase() as Hex;
  const nobody = privateKeyToAccount(privateKey("nobody"));
  const authority = nobody.address.toLowerCase() as Hex;

  before(async () => (node = await startNode()));
  after(() => node.close());

  const traceCall = <T>(accounts: Record<Hex, object>, options: object, call: object = {}): Promise<T> =>
    result<T>(node, "debug_traceCall", { from: sender, to: A, gas: toHex(GAS), ...call }, "latest", {
      stateOverrides: accounts,
      ...options,
    });
  const frames = (accounts: Record<Hex, object>, call: object = {}, tracerConfig: object = {}): Promise<Frame> =>
    traceCall<Frame>(accounts, { tracer: "callTracer", tracerConfig }, call);
  const touched = (accounts: Record<Hex, object>, call: object = {}, tracerConfig: object = {}): Promise<Accounts> =>
    traceCall<Accounts>(accounts, { tracer: "prestateTracer", tracerConfig }, call);
  const difference = async (accounts: Record<Hex, object>, call: object = {}, more: object = {}): Promise<Difference> =>
    (await touched(accounts, call, { diffMode: true, ...more })) as unknown as Difference;
  const steps = async (accounts: Record<Hex, object>, options: object = {}, call: object = {}): Promise<StructLogs> =>
    traceCall<StructLogs>(accounts, options, call);

  /** An authorization by an account that has nothing, as `eth_call` takes it. */
  const authorization = async (target: Hex, nonce: number) => {
    const signed = await nobody.signAuthorization({ contractAddress: target, chainId: CHAIN_ID, nonce });
    const { address, r, s, yParity } = signed;
    return { chainId: toHex(CHAIN_ID), address, nonce: toHex(nonce), yParity: toHex(yParity ?? 0), r, s };
  };

  describe("callTracer", () => {
    it("shows a SELFDESTRUCT with what it moves and no gas, whether the contract goes or stays", async () => {
      const old = await frames({ [A]: { code: code(BigInt(B), "SELFDESTRUCT"), balance: "0x7" } });
      const destruction = { type: "SELFDESTRUCT", to: B, gas: "0x0", gasUsed: "0x0", input: "0x" };
      expect(old).to.eql({
        type: "CALL",
        from: sender,
        to: A,
        value: "0x0",
        gas: toHex(GAS),
        gasUsed: toHex(21_000 + 3 + 5_000 + 2_600 + 25_000),
        input: "0x",
        calls: [{ ...destruction, from: A, value: "0x7" }],
      });

      const initcode = code(BigInt(B), "SELFDESTRUCT");
      const fresh = await frames(
        { [A]: { code: code(left(initcode), 0, "MSTORE", sizeOf(initcode), 0, 5, "CREATE") } },
        { value: "0x5" },
      );
      const child = getContractAddress({ from: A, nonce: 0n }).toLowerCase() as Hex;
      expect(fresh.calls).to.have.length(1);
      expect(fresh.calls![0]).to.include({ type: "CREATE", from: A, to: child, value: "0x5", input: initcode });
      expect(fresh.calls![0]!.calls).to.eql([{ ...destruction, from: child, value: "0x5" }]);
    });

    it("shows no SELFDESTRUCT that halts", async () => {
      const { calls } = await frames({
        [A]: { code: code(callOf("STATICCALL", B)) },
        [B]: { code: code(0, "SELFDESTRUCT") },
      });
      expect(calls).to.have.length(1);
      expect(calls![0]).to.include({ error: "write protection", gasUsed: calls![0]!.gas });
      expect(calls![0]!.calls).to.equal(undefined);
    });

    it("shows calls and creations that are refused", async () => {
      const initcode = code("STOP");
      const { calls } = await frames({
        [A]: {
          code: code(
            callOf("CALL", B, { gas: 1_000, value: 1 }),
            callOf("CALLCODE", B, { gas: 500, value: 9 }),
            1,
            0,
            2,
            "CREATE",
          ),
        },
      });
      const error = "insufficient balance for transfer";
      expect(calls).to.have.length(3);
      // The stipend of 2,300 is on top of what the call names.
      expect(calls![0]).to.eql({
        type: "CALL",
        from: A,
        to: B,
        value: "0x1",
        gas: toHex(3_300),
        gasUsed: "0x0",
        input: "0x",
        error,
      });
      expect(calls![1]).to.include({ type: "CALLCODE", value: "0x9", gas: toHex(2_800), gasUsed: "0x0", error });
      expect(calls![2]).to.include({ type: "CREATE", value: "0x2", gasUsed: "0x0", input: initcode, error });
      expect(calls![2]!.to).to.equal(undefined);
    });

    it("shows a creation at a taken address, which takes all the gas it is given", async () => {
      const taken = getContractAddress({ from: A, nonce: 3n }).toLowerCase() as Hex;
      const { calls } = await frames({
        [A]: { code: code(0, 0, 0, "CREATE"), nonce: "0x3" },
        [taken]: { nonce: "0x1" },
      });
      const available = GAS - 21_000 - 6 - 32_000;
      const given = toHex(available - Math.floor(available / 64));
      expect(calls).to.eql([
        {
          type: "CREATE",
          from: A,
          value: "0x0",
          gas: given,
          gasUsed: given,
          input: "0x",
          error: "contract address collision",
        },
      ]);
    });

    it("says in go-ethereum's words why a frame failed, without output unless it reverted", async () => {
      const failures: readonly (readonly [Hex, string])[] = [
        [code("INVALID"), "invalid opcode: INVALID"],
        ["0x0c", "invalid opcode: opcode 0xc not defined"],
        [code(0, "JUMP"), "invalid jump destination"],
        [code("JUMPDEST", 0, "JUMP"), "out of gas"],
        [code(1, 0, 0, "RETURNDATACOPY"), isEthereumjs ? "out of gas" : "return data out of bounds"],
        [code("ADD"), isEthereumjs ? "stack underflow" : "stack underflow (0 <=> 2)"],
        [code(49_153, 0, 0, "CREATE"), "max initcode size exceeded"],
      ];
      for (const [failing, error] of failures) {
        const { calls } = await frames({ [A]: { code: code(callOf("CALL", B)) }, [B]: { code: failing } });
        expect(calls, error).to.have.length(1);
        expect(calls![0], error).to.eql({
          type: "CALL",
          from: A,
          to: B,
          value: "0x0",
          gas: toHex(50_000),
          gasUsed: toHex(50_000),
          input: "0x",
          error,
        });
      }
      const { calls } = await frames({
        [A]: { code: code(callOf("CALL", B)) },
        [B]: { code: code(left("0xabcd"), 0, "MSTORE", 2, 0, "REVERT") },
      });
      expect(calls![0]).to.include({ error: "execution reverted", output: "0xabcd" });
    });

    it("shows creations that fail, without an address", async () => {
      const failing: readonly (readonly [Hex, object])[] = [
        [code(0xef, 0, "MSTORE8", 1, 0, "RETURN"), { error: "invalid code: must not begin with 0xef" }],
        [code(0x12, 0, "MSTORE8", 1, 0, "REVERT"), { error: "execution reverted", output: "0x12" }],
        [code("INVALID"), { error: "invalid opcode: INVALID" }],
      ];
      for (const [initcode, expected] of failing) {
        const { calls } = await frames({
          [A]: { code: code(left(initcode), 0, "MSTORE", 7, sizeOf(initcode), 0, 0, "CREATE2") },
        });
        const { gas, gasUsed, ...frame } = calls![0]!;
        const all = { type: "CREATE2", from: A, value: "0x0", input: initcode, ...expected };
        expect(frame).to.eql(all);
        if (!("output" in expected)) expect(gasUsed).to.equal(gas);
        // The same as the transaction itself.
        const top = await frames({}, { to: undefined, input: initcode });
        expect(top).to.eql({ ...all, type: "CREATE", from: sender, gas: top.gas, gasUsed: top.gasUsed });
      }
    });

    it("shows precompiles that are called, well or not", async () => {
      const { calls } = await frames({
        [A]: {
          code: code(
            callOf("STATICCALL", `0x${"00".repeat(19)}02`),
            callOf("CALL", `0x${"00".repeat(19)}02`, { gas: 10 }),
          ),
        },
      });
      expect(calls).to.have.length(2);
      expect(calls![0]).to.eql({
        type: "STATICCALL",
        from: A,
        to: `0x${"00".repeat(19)}02`,
        gas: toHex(50_000),
        gasUsed: toHex(60),
        input: "0x",
        output: "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      });
      expect(calls![1]).to.include({ gas: "0xa", gasUsed: "0xa", error: "out of gas" });
    });

    it("gives a DELEGATECALL the value of its caller's frame", async () => {
      const { calls } = await frames({ [A]: { code: code(callOf("DELEGATECALL", B)) } }, { value: "0x3" });
      expect(calls![0]).to.include({ type: "DELEGATECALL", from: A, to: B, value: "0x3" });
    });

    it("numbers logs through the block, without those of failed calls, and says before which call they are", async () => {
      const log = (topic: number) => assemble(topic, 0, 0, "LOG1");
      const frame = await frames(
        {
          [A]: {
            code: code(log(1), callOf("CALL", B), log(3), callOf("CALL", C), log(5)),
          },
          [B]: { code: code(log(2), 0, 0, "REVERT") },
          [C]: { code: code(log(4)) },
        },
        {},
        { withLog: true },
      );
      const logOf = (address: Hex, topic: number, index: Hex, position: Hex) => ({
        address,
        topics: [word(topic)],
        data: "0x",
        index,
        position,
      });
      expect(frame.logs).to.eql([logOf(A, 1, "0x0", "0x0"), logOf(A, 3, "0x1", "0x1"), logOf(A, 5, "0x3", "0x2")]);
      expect(frame.calls![0]!.logs).to.equal(undefined);
      expect(frame.calls![1]!.logs).to.eql([logOf(C, 4, "0x2", "0x0")]);
    });
  });

  describe("prestateTracer", () => {
    const target = { code: code(7, 1, "SSTORE") };
    const designator: Hex = `0xef0100${B.slice(2)}`;

    it("has an authority, and the target of the delegation that is set and runs", async () => {
      const call = { to: authority, authorizationList: [await authorization(B, 0)] };
      const accounts = await touched({ [B]: target }, call);
      const balance = await result<Hex>(node, "eth_getBalance", sender, "latest");
      expect(accounts).to.have.all.keys(sender, COINBASE, B);
      // The authority was empty, so it is left out.
      expect({ [sender]: accounts[sender], [B]: accounts[B] }).to.eql({
        [sender]: { balance },
        [B]: { balance: "0x0", code: target.code, codeHash: keccak256(target.code) },
      });
      const { pre, post } = await difference({ [B]: target }, call);
      expect(Object.keys(pre)).to.eql([sender]);
      expect(post).to.eql({
        [sender]: { nonce: 1 },
        [authority]: {
          nonce: 1,
          code: designator,
          codeHash: keccak256(designator),
          storage: { [word(1)]: word(7) },
        },
      });
    });

    it("has an authority whose delegation is cleared", async () => {
      const call = { to: A, authorizationList: [await authorization(zeroAddress, 1)] };
      const { pre, post } = await difference({ [authority]: { code: designator, nonce: "0x1" } }, call);
      expect(pre[authority]).to.eql({
        balance: "0x0",
        nonce: 1,
        code: designator,
        codeHash: keccak256(designator),
      });
      expect(post[authority]).to.eql({ nonce: 2, code: "0x", codeHash: EMPTY_CODE_HASH });
    });

    it("has the target of a delegated account that is called, from outside or inside", async () => {
      const delegated = { code: designator };
      expect(Object.keys(await touched({ [authority]: delegated, [B]: target }, { to: authority })).sort()).to.eql(
        [sender, COINBASE, authority, B].sort(),
      );
      const inside = await touched({
        [A]: { code: code(callOf("CALL", authority)) },
        [authority]: delegated,
        [B]: target,
      });
      expect(Object.keys(inside).sort()).to.eql([sender, COINBASE, A, authority, B].sort());
      expect(inside[authority]!.storage).to.eql({ [word(1)]: word(0) });
    });

    it("leaves out code and storage if asked, and gives empty accounts if asked", async () => {
      const accounts = { [A]: { code: code(0, "SLOAD", BigInt(B), "BALANCE"), state: { [word(0)]: word(5) } } };
      const codeHash = keccak256(accounts[A]!.code);
      const storage = { [word(0)]: word(5) };
      const full = { balance: "0x0", code: accounts[A]!.code, codeHash, storage };
      expect((await touched(accounts))[A]).to.eql(full);
      expect((await touched(accounts, {}, { disableCode: true }))[A]).to.eql({
        balance: "0x0",
        codeHash,
        storage,
      });
      expect((await touched(accounts, {}, { disableStorage: true, disableCode: true }))[A]).to.eql({
        balance: "0x0",
        codeHash,
      });
      expect(await touched(accounts)).not.to.have.property(B);
      const all = await touched(accounts, {}, { includeEmpty: true });
      expect(all[B]).to.eql({ balance: "0x0" });
      const changing = { [A]: { code: code(6, 0, "SSTORE"), balance: "0x1" } };
      expect((await difference(changing, { value: "0x1" }, { disableStorage: true })).post[A]).to.eql({
        balance: "0x2",
      });
    });

    it("in diff mode has contracts that are made and gone in one transaction on neither side", async () => {
      const initcode = code(BigInt(B), "SELFDESTRUCT");
      const { pre, post } = await difference(
        { [A]: { code: code(left(initcode), 0, "MSTORE", sizeOf(initcode), 0, 5, "CREATE") } },
        { value: "0x5" },
      );
      const child = getContractAddress({ from: A, nonce: 0n }).toLowerCase();
      expect(pre).not.to.have.any.keys(child, B);
      expect(post).not.to.have.property(child);
      expect(post[B]).to.eql({ balance: "0x5" });
      expect(post[A]).to.eql({ nonce: 1 });
    });

    it("has nothing that an instruction names which cannot pay for it", async () => {
      const accounts = { [A]: { code: code(BigInt(B), "BALANCE") }, [B]: { balance: "0x1" } };
      const enough = 21_000 + 3 + 2_600;
      expect(await touched(accounts, { gas: toHex(enough) })).to.have.property(B);
      expect(await touched(accounts, { gas: toHex(enough - 1) })).not.to.have.property(B);
    });
  });

  describe("struct logger", () => {
    it("gives stack, memory and return data with 0x, and gas as go-ethereum counts it", async () => {
      const { structLogs } = await steps(
        {
          [A]: { code: code(callOf("STATICCALL", B), 0, "MLOAD", 0xff, 0, "MSTORE", "MSIZE") },
          [B]: { code: code(left("0xabcd"), 0, "MSTORE", 2, 0, "RETURN") },
        },
        { enableMemory: true, enableReturnData: true },
      );
      const outer = structLogs.filter(({ depth }) => depth === 1);
      const find = (op: string) => outer.find((log) => log.op === op)!;
      expect(find("STATICCALL").gasCost).to.equal(2_600 + 50_000);
      expect(find("STATICCALL").returnData).to.equal(undefined);
      expect(find("POP")).to.deep.include({ returnData: "0xabcd", stack: ["0x1"] });
      expect(find("MLOAD").memory).to.equal(undefined);
      expect(find("MSTORE").memory).to.eql([word(0)]);
      expect(find("MSIZE").memory).to.eql([word(0xff)]);
      expect(structLogs.find(({ depth }) => depth === 2)).to.deep.include({ op: "PUSH32", stack: [], gas: 50_000 });
    });

    it("counts refunds", async () => {
      const { structLogs } = await steps({
        [A]: { code: code(0, 0, "SSTORE", 0, "POP"), state: { [word(0)]: word(1) } },
      });
      expect(structLogs.map(({ op, refund }) => `${op} ${refund ?? "none"}`)).to.eql([
        "PUSH0 none",
        "PUSH0 none",
        "SSTORE 4800",
        "PUSH0 4800",
        "POP 4800",
        "STOP 4800",
      ]);
    });

    it("gives a CREATE what it costs by itself, and passes a refused call off as one that is made", async () => {
      const created = await steps({ [A]: { code: code(0, 0, 0, "CREATE", "POP") } });
      const [creation, after] = created.structLogs.slice(3);
      expect(creation).to.include({ op: "CREATE", gasCost: 32_000 });
      expect(after?.gas).to.equal(creation!.gas - 32_000);
      const refused = await steps({ [A]: { code: code(callOf("CALL", B, { gas: 1_000, value: 1 })) } });
      expect(refused.structLogs.find(({ op }) => op === "CALL")).to.include({
        gasCost: 2_600 + 9_000 + 25_000 + 1_000,
      });
    });

    it("names the instruction that fails, and nobody else", async () => {
      const { structLogs, failed } = await steps({
        [A]: {
          code: code(callOf("CALL", `0x${"00".repeat(19)}02`, { gas: 10 }), callOf("CALL", B), "STOP"),
        },
        [B]: { code: "0x0c" },
      });
      expect(failed).to.equal(false);
      expect(structLogs.filter(({ error }) => error !== undefined)).to.have.length(1);
      expect(structLogs.find(({ error }) => error !== undefined)).to.include({
        op: isEthereumjs ? "INVALID" : "opcode 0xc not defined",
        depth: 2,
        error: "invalid opcode: opcode 0xc not defined",
      });
    });

    it("of a creation that fails has the output of a revert only", async () => {
      const create = (initcode: Hex) => steps({}, {}, { to: undefined, input: initcode });
      expect(await create(code(left("0x12"), 0, "MSTORE", 1, 0, "REVERT"))).to.include({
        failed: true,
        returnValue: "0x12",
      });
      expect(await create(code(0xef, 0, "MSTORE8", 1, 0, "RETURN"))).to.include({ failed: true, returnValue: "0x" });
      expect(await create(code(0xfe, 0, "MSTORE8", 1, 0, "RETURN"))).to.include({ failed: false, returnValue: "0xfe" });
    });

    it("is what an empty tracer asks for", async () => {
      const accounts = { [A]: { code: code(1, "POP") } };
      expect(await steps(accounts, { tracer: "" })).to.eql(await steps(accounts));
      expect(await steps(accounts, { tracer: null, tracerConfig: {}, reexec: 128 })).to.eql(await steps(accounts));
    });
  });

  describe("the small tracers", () => {
    const accounts = {
      [A]: {
        code: code(
          left("0x11223344"),
          0,
          "MSTORE",
          ...[4, 4, 36].flatMap((size) => [0, 0, size, 0, BigInt(B), 30_000, "STATICCALL", "POP"]),
          0,
          0,
          4,
          0,
          2,
          30_000,
          "STATICCALL",
        ),
      },
    };

    it("4byteTracer counts selectors by size, without precompiles; noopTracer says nothing", async () => {
      expect(await traceCall(accounts, { tracer: "4byteTracer" }, { input: "0xaabbccdd00" })).to.eql({
        "0xaabbccdd-1": 1,
        "0x11223344-0": 2,
        "0x11223344-32": 1,
      });
      expect(await traceCall(accounts, { tracer: "noopTracer" })).to.eql({});
    });

    it("muxTracer gives what its tracers give alone", async () => {
      const tracerConfig = { callTracer: { withLog: true }, prestateTracer: { diffMode: true }, "4byteTracer": null };
      expect(await traceCall(accounts, { tracer: "muxTracer", tracerConfig })).to.eql({
        callTracer: await frames(accounts, {}, { withLog: true }),
        prestateTracer: await difference(accounts),
        "4byteTracer": await traceCall(accounts, { tracer: "4byteTracer" }),
      });
    });
  });

  it("options that are not honoured are refused by name", async () => {
    const refusals: readonly (readonly [object, string])[] = [
      [
        { tracer: "{ step: function() {} }" },
        'at tracer: expected tracer callTracer, flatCallTracer, prestateTracer, 4byteTracer, noopTracer, muxTracer, stepTracer, or none; there are no JavaScript tracers, got "{ step: function() {} }"',
      ],
      [{ tracer: 1 }, "at tracer: expected tracer callTracer"],
      [
        { tracer: "flatCallTracer", tracerConfig: { x: 1 } },
        "unknown option x: flatCallTracer has convertParityErrors, includePrecompiles",
      ],
      [
        { tracer: "callTracer", tracerConfig: { withLogs: true } },
        "at tracerConfig.withLogs: unknown option withLogs: callTracer has onlyTopCall, withLog, got true",
      ],
      [
        { tracer: "prestateTracer", tracerConfig: { diffMode: 1 } },
        "at tracerConfig.diffMode: expected true or false, got 1",
      ],
      [
        { tracer: "prestateTracer", tracerConfig: { diffMode: true, includeEmpty: true } },
        "cannot use diffMode with includeEmpty",
      ],
      [{ tracer: "4byteTracer", tracerConfig: { x: 1 } }, "unknown option x: 4byteTracer has none, got 1"],
      [
        { tracer: "muxTracer", tracerConfig: { muxTracer: {} } },
        "expected callTracer, flatCallTracer, prestateTracer, 4byteTracer or noopTracer as a tracer of muxTracer, not muxTracer",
      ],
      [
        { tracer: "muxTracer", tracerConfig: { callTracer: { nope: 1 } } },
        "at tracerConfig.callTracer.nope: unknown option nope",
      ],
      [
        { tracer: "callTracer", enableMemory: true },
        "at enableMemory: enableMemory is not an option of callTracer, got true",
      ],
      [{ tracer: "callTracer", limit: 3 }, "limit is not an option of callTracer, got 3"],
      [{ tracerConfig: { withLog: true } }, "unknown option withLog: the struct logger's tracerConfig has none"],
      [{ overrides: { osakaTime: 1 } }, "at overrides: unknown option overrides"],
      [{ stateOverrides: {} }, "at stateOverrides: unknown option stateOverrides: debug_trace* has"],
      [{ timeout: "5" }, 'at timeout: expected a duration such as "5s" or "300ms", got "5"'],
      [{ timeout: 5 }, "at timeout: expected a duration"],
      [{ timeout: "-1s" }, "at timeout: expected a duration"],
      [{ reexec: "many" }, "at reexec: expected a 0x-prefixed hex quantity"],
    ];
    for (const [options, message] of refusals) {
      const { error } = await ask(node, "debug_traceBlockByNumber", "latest", options);
      expect(error?.code, message).to.equal(-32602);
      expect(error?.message, message).to.contain(message);
    }
    // What asks for nothing is nothing to refuse.
    const harmless = { tracer: "callTracer", enableMemory: false, disableMemory: false, fullStorage: null };
    expect((await frames({})).type).to.equal((await traceCall<Frame>({}, harmless)).type);
  });

  it("a trace that takes longer than its timeout is an error", async () => {
    const call = [{ from: sender, to: A, gas: toHex(GAS) }, "latest"] as const;
    const stateOverrides = { [A]: { code: code("JUMPDEST", 0, "JUMP") } };
    const { error } = await ask(node, "debug_traceCall", ...call, {
      tracer: "callTracer",
      timeout: "1us",
      stateOverrides,
    });
    expect(error?.code).to.equal(-32002);
    expect(error?.message).to.contain("execution timeout");
    expect(await frames({}, {}, {})).to.eql(await traceCall({}, { tracer: "callTracer", timeout: "1m30.5s" }));
  });

  describe("eth_createAccessList", () => {
    const list = (accounts: Record<Hex, object>, call: object) =>
      result<{ accessList: { address: Hex; storageKeys: Hex[] }[]; error?: string }>(
        node,
        "eth_createAccessList",
        { from: sender, to: A, gas: toHex(GAS), ...call },
        "latest",
        accounts,
      );

    it("leaves out what is warm anyway: authorities, precompiles, sender, target, coinbase; and sorts the rest", async () => {
      const named = [authority, sender, A, COINBASE, `0x${"00".repeat(19)}02`, B, `0x${"01".repeat(20)}`] as Hex[];
      const accounts = {
        [A]: {
          code: code(
            ...named.flatMap((address) => [BigInt(address), "BALANCE", "POP"]),
            ...[9, 3].flatMap((slot) => [slot, "SLOAD", "POP"]),
          ),
        },
      };
      const plain = await list(accounts, {});
      const others = [
        { address: `0x${"01".repeat(20)}`, storageKeys: [] },
        { address: A, storageKeys: [word(3), word(9)] },
        { address: B, storageKeys: [] },
      ];
      expect(plain.accessList.filter(({ address }) => address !== authority)).to.eql(others);
      expect(plain.accessList.some(({ address }) => address === authority)).to.equal(true);
      for (const nonce of [0, 5]) {
        const authorizationList = [await authorization(B, nonce)];
        expect((await list(accounts, { authorizationList })).accessList).to.eql(others);
      }
      // What is warm is not worth a gas, also if it was in the list given.
      const given = [
        { address: authority, storageKeys: [] },
        { address: sender, storageKeys: [word(1)] },
      ];
      const authorizationList = [await authorization(B, 0)];
      expect((await list(accounts, { authorizationList, accessList: given })).accessList).to.eql(others);
    });

    it("refuses more authorizations than the gas pays for", async () => {
      const authorizationList = [await authorization(B, 0), await authorization(B, 1)];
      const { error } = await ask(node, "eth_createAccessList", {
        from: sender,
        to: A,
        gas: toHex(49_999),
        authorizationList,
      });
      expect(error?.message).to.equal("insufficient gas to process all authorizations");
    });
  });

  describe("of blocks", () => {
    let block: Block;
    const count = 40;

    before(async () => {
      const { wallet, reader } = viemClients(node, "alice");
      const deployment = await wallet.sendTransaction({
        // Code that logs its counter and counts up.
        data: code(left(code(0, "SLOAD", 1, "ADD", "DUP1", 0, "SSTORE", 0, 0, "LOG1")), 0, "MSTORE", 14, 0, "RETURN"),
      });
      const { contractAddress } = await reader.waitForTransactionReceipt({ hash: deployment });
      await node.sequencer.stop();
      const nonce = await reader.getTransactionCount({ address: alice.address });
      for (let index = 0; index < count; index++)
        await wallet.sendTransaction({ to: contractAddress!, nonce: nonce + index, gas: 200_000n });
      const mined = node.nextBlock(({ transactions }) => transactions.length >= count);
      node.sequencer.start();
      block = await mined;
    });

    it("run once for all their transactions, and give what each gives alone", async () => {
      let replays = 0;
      const { chain } = node;
      const engine: typeof chain.engine = {
        ...chain.engine,
        replay: (options) => {
          replays++;
          return chain.engine.replay(options);
        },
      };
      const counting = {
        chain: { ...chain, engine },
        decode: (raw: Uint8Array) => decodeTransaction(raw, CHAIN_ID),
        limits: DEFAULT_RPC_LIMITS,
      };
      const options = {
        choice: { tracer: "callTracer", onlyTopCall: false, withLog: true },
        timeout: undefined,
      } as const;
      const traces = await traceBlock(counting, block, options, new AbortController().signal);
      expect(replays).to.equal(1);
      expect(traces.map(({ txHash }) => txHash)).to.eql(block.transactions.map(({ hash }) => hash));
      const asked = { tracer: "callTracer", tracerConfig: { withLog: true } };
      expect(traces).to.eql(await result(node, "debug_traceBlockByHash", block.hash, asked));
      for (const index of [0, 1, count - 1]) {
        const trace = traces[index]!;
        expect(await result(node, "debug_traceTransaction", trace.txHash, asked)).to.eql(trace.result);
        const [log] = (trace.result as Frame).logs as { index: Hex; topics: Hex[] }[];
        const receipt = await result<{ logs: { logIndex: Hex; topics: Hex[] }[] }>(
          node,
          "eth_getTransactionReceipt",
          trace.txHash,
        );
        expect(log).to.deep.include({ index: receipt.logs[0]!.logIndex, topics: receipt.logs[0]!.topics });
      }
    });

    it("are bounded as one answer", async () => {
      const limits = { ...DEFAULT_RPC_LIMITS, responseBytes: 20_000 };
      const small = { chain: node.chain, decode: (raw: Uint8Array) => decodeTransaction(raw, CHAIN_ID), limits };
      const options = {
        choice: { tracer: "callTracer", onlyTopCall: false, withLog: true },
        timeout: undefined,
      } as const;
      const message = await traceBlock(small, block, options, new AbortController().signal).catch(
        (error: Error) => error.message,
      );
      expect(message).to.contain("trace too large: more than 20000 bytes");
    });
  });

  describe("of deposits", () => {
    const from: Hex = `0x${"d1".repeat(20)}`;
    const refundTo: Hex = `0x${"d2".repeat(20)}`;
    const to: Hex = `0x${"d3".repeat(20)}`;
    const plain = deposit(1, { sender: from, to, refundTo, mint: 10n, value: 4n, gasLimit: 0n });
    const running = deposit(2, { sender: from, to, refundTo, mint: ETHER, value: 4n, gasLimit: 50_000n });
    const starved = deposit(3, { sender: from, to, refundTo, mint: ETHER, value: 4n, gasLimit: 20_000n });

    before(async () => {
      const consumed = node.nextBlock(({ nextMessage }) => nextMessage === 4);
      await node.receive([context(0), plain, running, starved]);
      await consumed;
    });

    it("the prestate is that of before the mint, and the end that of after what is paid out", async () => {
      const trace = (hash: Hex) =>
        result<Difference>(node, "debug_traceTransaction", hash, {
          tracer: "prestateTracer",
          tracerConfig: { diffMode: true },
        });
      const balance = async (account: Hex, block: Hex) => result<Hex>(node, "eth_getBalance", account, block);
      // Nothing runs: the mint goes to whoever is to have what is left.
      expect(await trace(plain.hash)).to.eql({ pre: {}, post: { [refundTo]: { balance: "0xa" } } });
      const { pre, post } = await trace(running.hash);
      expect(pre).to.have.all.keys(refundTo);
      expect(pre[refundTo]).to.eql({ balance: "0xa" });
      expect(post[to]).to.eql({ balance: "0x4" });
      expect(post[from]).to.eql({ nonce: 1 });
      const { blockNumber } = await result<{ blockNumber: Hex }>(node, "eth_getTransactionReceipt", running.hash);
      const last = await trace(starved.hash);
      expect(last.pre[refundTo]!.balance).to.equal(post[refundTo]!.balance);
      expect(last.post).to.eql({ [refundTo]: { balance: await balance(refundTo, blockNumber) } });
      expect(await balance(from, blockNumber)).to.equal("0x0");
    });

    it("the call is that of the message, also if it was not run", async () => {
      const trace = (hash: Hex) => result<Frame>(node, "debug_traceTransaction", hash, { tracer: "callTracer" });
      const call = { type: "CALL", from, to, value: "0x4", input: "0x" };
      expect(await trace(plain.hash)).to.eql({ ...call, gas: "0x0", gasUsed: "0x0" });
      expect(await trace(running.hash)).to.eql({ ...call, gas: toHex(50_000), gasUsed: toHex(21_000) });
      expect(await trace(starved.hash)).to.eql({
        ...call,
        gas: toHex(20_000),
        gasUsed: "0x0",
        error: "not run",
      });
    });
  });
});
