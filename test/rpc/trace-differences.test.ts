import { expect } from "chai";
import { toHex, zeroAddress, type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { bytesToHex } from "../../src/primitives/index.ts";
import { startAnvil } from "../l1/anvil-process.ts";
import type { AnvilProcess } from "../l1/anvil-process.ts";
import { assemble, type CodePart } from "../machine/assemble.ts";
import { privateKey, result, startNode, type TestNode } from "./node-fixture.ts";

const A: Hex = `0x${"a1".repeat(20)}`;
const B: Hex = `0x${"b2".repeat(20)}`;
const C: Hex = `0x${"c3".repeat(20)}`;
const authority = privateKeyToAccount(privateKey("nobody"));
const AUTHORITY = authority.address.toLowerCase() as Hex;
const COINBASE: Hex = "0x4f6e650000000000000000000000000000000003";
const SHA256: Hex = `0x${"00".repeat(19)}02`;
const code = (...parts: CodePart[]): Hex => bytesToHex(assemble(...parts));
const left = (bytes: Hex): bigint => BigInt(bytes.padEnd(66, "0"));
const sizeOf = (bytes: Hex): number => (bytes.length - 2) / 2;
const call = (kind: string, to: Hex, gas = 100_000, value = 0) =>
  assemble(0, 0, 4, 0, ...(kind === "CALL" || kind === "CALLCODE" ? [value] : []), BigInt(to), gas, kind, "POP");
const create = (initcode: Hex, value = 0) =>
  assemble(left(initcode), 0, "MSTORE", sizeOf(initcode), 0, value, "CREATE", "POP");
const create2 = (initcode: Hex, salt = 1) =>
  assemble(left(initcode), 0, "MSTORE", salt, sizeOf(initcode), 0, 0, "CREATE2", "POP");
const log = (topic: number) => assemble(topic, 32, 0, "LOG1");

type Accounts = Readonly<
  Record<Hex, { readonly code?: Hex; readonly balance?: Hex; readonly nonce?: Hex; readonly state?: Record<Hex, Hex> }>
>;
interface Case {
  readonly accounts: Accounts;
  /** Signed by an account that has nothing else. */
  readonly authorization?: { readonly address: Hex; readonly nonce: number };
  readonly call?: { readonly to?: Hex | undefined; readonly input?: Hex; readonly value?: Hex; readonly gas?: Hex };
}

const RETURNS = code(0xab, 0, "MSTORE8", 1, 0, "RETURN");
const REVERTS = code(0xcd, 0, "MSTORE8", 1, 0, "REVERT");
const STORES = code(7, 1, "SSTORE", 1, "SLOAD", 2, "SSTORE");
const DELEGATED: Hex = `0xef0100${B.slice(2)}`;

const CASES: Readonly<Record<string, Case>> = {
  "calls of all kinds": {
    accounts: {
      [A]: { code: code(...["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"].map((kind) => call(kind, B))) },
      [B]: { code: RETURNS },
    },
    call: { value: "0x5" },
  },
  "calls of all kinds that revert": {
    accounts: {
      [A]: { code: code(...["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"].map((kind) => call(kind, B))) },
      [B]: { code: REVERTS },
    },
  },
  "value to an account that has code, and to one that has none": {
    accounts: {
      [A]: { code: code(call("CALL", B, 1_000, 3), call("CALL", C, 1_000, 2)) },
      [B]: { code: code("STOP") },
    },
    call: { value: "0x5" },
  },
  "a precompile": { accounts: { [A]: { code: code(call("STATICCALL", SHA256), call("CALL", SHA256)) } } },
  "a precompile out of gas": { accounts: { [A]: { code: code(call("CALL", SHA256, 10)) } } },
  "storage that is written, below as well": {
    accounts: {
      [A]: { code: code(9, 0, "SSTORE", call("CALL", B), 3, "SLOAD") },
      [B]: { code: STORES, state: { [toHex(2, { size: 32 })]: toHex(5, { size: 32 }) } },
    },
  },
  creations: { accounts: { [A]: { code: code(create(RETURNS), create2(RETURNS), create(STORES)) } } },
  "creations that fail": {
    accounts: {
      [A]: { code: code(create(REVERTS), create2("0xfe"), create2(code(0xef, 0, "MSTORE8", 1, 0, "RETURN"))) },
    },
  },
  "a creation as the transaction": { accounts: {}, call: { to: undefined, input: RETURNS, value: "0x2" } },
  "a creation as the transaction that fails": { accounts: {}, call: { to: undefined, input: REVERTS } },
  "a selfdestruct of a contract that was there": {
    accounts: { [A]: { code: code(call("CALL", B)) }, [B]: { code: code(BigInt(C), "SELFDESTRUCT"), balance: "0x9" } },
  },
  "a selfdestruct of a new contract": {
    accounts: { [A]: { code: code(create(code(BigInt(C), "SELFDESTRUCT"), 4)) } },
    call: { value: "0x4" },
  },
  "logs with a revert between": {
    accounts: {
      [A]: { code: code(log(1), call("CALL", B), log(3), call("CALL", C), log(5)) },
      [B]: { code: code(log(2), 0, 0, "REVERT") },
      [C]: { code: code(log(4)) },
    },
  },
  "an endless loop below": {
    accounts: { [A]: { code: code(call("CALL", B)) }, [B]: { code: code("JUMPDEST", 0, "JUMP") } },
  },
  "an endless loop": { accounts: { [A]: { code: code("JUMPDEST", 0, "JUMP") } }, call: { gas: toHex(60_000) } },
  "a delegated account": {
    accounts: { [A]: { code: code(call("CALL", C)) }, [C]: { code: DELEGATED }, [B]: { code: STORES } },
  },
  "a delegated account as the target": { accounts: { [A]: { code: DELEGATED }, [B]: { code: STORES } } },
  "a delegation that is set": {
    accounts: { [A]: { code: code(call("CALL", AUTHORITY)) }, [B]: { code: STORES } },
    authorization: { address: B, nonce: 0 },
  },
  "a delegation that is cleared": {
    accounts: { [AUTHORITY]: { code: DELEGATED, nonce: "0x1" } },
    authorization: { address: zeroAddress, nonce: 1 },
  },
  "an authorization that does not hold": { accounts: {}, authorization: { address: B, nonce: 7 } },
  "what is only named": {
    accounts: { [A]: { code: code(BigInt(B), "BALANCE", BigInt(C), "EXTCODESIZE") }, [B]: { balance: "0x1" } },
  },
};

describe("traces beside Anvil's", function () {
  this.timeout(60_000);
  let node: TestNode;
  let anvil: AnvilProcess;
  let ask: (method: string, params: readonly unknown[]) => Promise<unknown>;
  const sender = privateKeyToAccount(privateKey("alice")).address.toLowerCase() as Hex;

  before(async () => {
    node = await startNode();
    anvil = await startAnvil();
    ask = async (method, params) => {
      const response = await fetch(anvil.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      const { result: answer, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
      if (error !== undefined) throw new Error(error.message);
      return answer;
    };
  });
  after(async () => {
    await node.close();
    await anvil.close();
  });

  /** Holds on every chain. */
  const authorize = async ({ address, nonce }: NonNullable<Case["authorization"]>) => {
    const { r, s, yParity } = await authority.signAuthorization({ contractAddress: address, chainId: 0, nonce });
    return { chainId: "0x0", address, nonce: toHex(nonce), yParity: toHex(yParity ?? 0), r, s };
  };
  const both = async (
    { accounts, authorization, call: fields }: Case,
    options: object,
  ): Promise<readonly [object, object]> => {
    const stateOverrides = { ...accounts, [sender]: { balance: toHex(10n ** 18n), nonce: "0x0" } };
    const request = {
      from: sender,
      gas: toHex(1_000_000),
      ...(fields !== undefined && "to" in fields ? {} : { to: A }),
      ...fields,
      ...(authorization === undefined ? {} : { authorizationList: [await authorize(authorization)] }),
    };
    const params = [request, "latest", { ...options, stateOverrides }];
    return [await result<object>(node, "debug_traceCall", ...params), (await ask("debug_traceCall", params)) as object];
  };

  for (const [name, example] of Object.entries(CASES)) {
    it(`callTracer: ${name}`, async () => {
      const [ours, theirs] = await both(example, { tracer: "callTracer", tracerConfig: { withLog: true } });
      expect(comparableFrame(ours, example)).to.eql(comparableFrame(theirs, example));
    });
    it(`prestateTracer: ${name}`, async () => {
      const [ours, theirs] = await both(example, { tracer: "prestateTracer" });
      expect(comparableAccounts(ours)).to.eql(comparableAccounts(theirs));
    });
    it(`prestateTracer in diff mode: ${name}`, async () => {
      const options = { tracer: "prestateTracer", tracerConfig: { diffMode: true } };
      const [ours, theirs] = (await both(example, options)) as [Difference, Difference];
      expect(comparableAccounts(ours.pre)).to.eql(comparableAccounts(theirs.pre));
      expect(comparableAccounts(ours.post)).to.eql(comparableAccounts(theirs.post));
    });
  }
});

interface Difference {
  readonly pre: object;
  readonly post: object;
}

/**
 * The gas of Anvil's outermost call is without the intrinsic gas, it refunds an authority that does not exist, and its log
 * indexes count logs that were reverted.
 */
function comparableFrame({ gas: _, ...whole }: { readonly gas?: Hex; gasUsed?: Hex }, { authorization }: Case): object {
  const { gasUsed: __, ...frame } = whole;
  return JSON.parse(JSON.stringify(authorization === undefined ? whole : frame), (key, value: unknown) =>
    key === "index" ? "any" : value,
  ) as object;
}

/**
 * Anvil has no code hashes, does not show that a code is gone, keeps accounts that are empty, and has another coinbase, which
 * has no part in these calls.
 */
function comparableAccounts(accounts: object): object {
  const kept = Object.entries(accounts as Record<string, Record<string, unknown>>).flatMap(([address, account]) => {
    const { codeHash: _, code, ...others } = account;
    const fields: Record<string, unknown> = code === undefined || code === "0x" ? others : { ...others, code };
    const isEmpty = fields["balance"] === "0x0" && fields["nonce"] === undefined && fields["code"] === undefined;
    return isEmpty || address === COINBASE ? [] : [[address, fields] as const];
  });
  return Object.fromEntries(kept);
}
