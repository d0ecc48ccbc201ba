import { createHash } from "node:crypto";
import { expect } from "chai";
import { bytesToHex, hexToBytes } from "../../src/primitives/index.ts";
import { assemble } from "../machine/assemble.ts";
import {
  CHAIN_ID,
  GENESIS_TIMESTAMP,
  GWEI,
  ask,
  context,
  deposit,
  result,
  startNode,
  viemClients,
  type Hex,
  type TestNode,
} from "./node-fixture.ts";

const PRECOMPILES = [...Array.from({ length: 0x11 }, (_, index) => index + 1), 0x100].map(addressOf);
const [RECOVERY, SHA256, RIPEMD160, IDENTITY] = PRECOMPILES as [Hex, Hex, Hex, Hex];
/** The pairing of no points is 1, for 45,000 gas. */
const PAIRING = addressOf(0x08);
const CALLER: Hex = `0x${"ca".repeat(20)}`;
const ELSEWHERE: Hex = `0x${"e1".repeat(20)}`;
const OTHER: Hex = `0x${"0e".repeat(20)}`;
const INPUT: Hex = "0x68656c6c6f";
const HASH_OF_INPUT = sha256(INPUT);
const RETURN_42 = code("42 0 MSTORE 32 0 RETURN");

function addressOf(number: number): Hex {
  return `0x${number.toString(16).padStart(40, "0")}`;
}

function sha256(data: Hex): Hex {
  return `0x${createHash("sha256")
    .update(Buffer.from(data.slice(2), "hex"))
    .digest("hex")}`;
}

function code(program: string): Hex {
  return bytesToHex(assemble(program));
}

function word(value: bigint | number): Hex {
  return `0x${value.toString(16).padStart(64, "0")}`;
}

/** Calls `target` with the calldata by an opcode, and returns what comes back. */
function forwarder(target: Hex, opcode: string): Hex {
  const value = opcode === "CALL" || opcode === "CALLCODE" ? "0 " : "";
  return code(
    `CALLDATASIZE 0 0 CALLDATACOPY 0 0 CALLDATASIZE 0 ${value}${target} GAS ${opcode} ` +
      `RETURNDATASIZE 0 0 RETURNDATACOPY RETURNDATASIZE 0 RETURN`,
  );
}

describe("overrides", () => {
  let node: TestNode;
  before(async () => {
    node = await startNode({ sequencing: false });
  });
  after(() => node.close());

  const call = (to: Hex, overrides: object, data: Hex = INPUT): Promise<string> =>
    result(node, "eth_call", { to, data }, "latest", overrides);
  const refusal = async (method: string, ...params: unknown[]) => (await ask(node, method, ...params)).error;

  describe("of precompiles", () => {
    it("run the code of the override in place of any of them, called by a transaction or by code", async () => {
      for (const precompile of PRECOMPILES) {
        const overrides = { [precompile]: { code: RETURN_42 } };
        expect(await call(precompile, overrides), precompile).to.equal(word(42));
        for (const opcode of ["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"]) {
          const caller = { [CALLER]: { code: forwarder(precompile, opcode) } };
          expect(await call(CALLER, { ...overrides, ...caller }), `${opcode} ${precompile}`).to.equal(word(42));
        }
      }
    });

    it("leave the other precompiles, and every later call, as they are", async () => {
      expect(await call(SHA256, { [RECOVERY]: { code: RETURN_42 } })).to.equal(HASH_OF_INPUT);
      expect(await call(SHA256, { [SHA256]: { code: RETURN_42 } })).to.equal(word(42));
      expect(await call(SHA256, {})).to.equal(HASH_OF_INPUT);
      expect(await result(node, "eth_call", { to: SHA256, data: INPUT }, "latest")).to.equal(HASH_OF_INPUT);
    });

    it("move them elsewhere, and leave nothing where they were", async () => {
      const moved = { [SHA256]: { movePrecompileToAddress: ELSEWHERE } };
      expect(await call(ELSEWHERE, moved)).to.equal(HASH_OF_INPUT);
      expect(await call(SHA256, moved)).to.equal("0x");
      for (const opcode of ["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"]) {
        const caller = { [CALLER]: { code: forwarder(ELSEWHERE, opcode) } };
        expect(await call(CALLER, { ...moved, ...caller }), opcode).to.equal(HASH_OF_INPUT);
      }
      expect(await call(ELSEWHERE, {})).to.equal("0x");
    });

    it("move them and put code in their place", async () => {
      const moved = { [SHA256]: { movePrecompileToAddress: ELSEWHERE, code: RETURN_42 } };
      expect(await call(ELSEWHERE, moved)).to.equal(HASH_OF_INPUT);
      expect(await call(SHA256, moved)).to.equal(word(42));
    });

    it("move them onto one another: the one that was there is lost", async () => {
      const moved = { [SHA256]: { movePrecompileToAddress: IDENTITY } };
      expect(await call(IDENTITY, moved)).to.equal(HASH_OF_INPUT);
      const identity = { [IDENTITY]: { movePrecompileToAddress: SHA256 } };
      expect(await call(SHA256, identity)).to.equal(INPUT);
      const caller = { [CALLER]: { code: forwarder(SHA256, "STATICCALL") } };
      expect(await call(CALLER, { ...identity, ...caller })).to.equal(INPUT);
    });

    it("of two moved to one address the higher one is there", async () => {
      const move = { movePrecompileToAddress: ELSEWHERE };
      expect(await call(ELSEWHERE, { [IDENTITY]: move, [SHA256]: move })).to.equal(INPUT);
      expect(await call(ELSEWHERE, { [SHA256]: move, [IDENTITY]: move })).to.equal(INPUT);
    });

    it("take them away with any other override of their account, as go-ethereum does", async () => {
      expect(await call(SHA256, { [SHA256]: { balance: "0x1" } })).to.equal("0x");
    });

    it("let a moved one come before the code of the account it is moved to, a delegation too", async () => {
      const { authorizationList, authority } = await delegation();
      const moved = { [SHA256]: { movePrecompileToAddress: authority }, [OTHER]: { code: RETURN_42 } };
      const caller = { [CALLER]: { code: forwarder(authority, "CALL") } };
      const ask = (to: Hex, overrides: object) =>
        result(node, "eth_call", { to, data: INPUT, authorizationList }, "latest", overrides);
      expect(await ask(authority, { [OTHER]: { code: RETURN_42 } })).to.equal(word(42));
      expect(await ask(authority, moved)).to.equal(HASH_OF_INPUT);
      expect(await ask(CALLER, { ...moved, ...caller })).to.equal(HASH_OF_INPUT);
    });

    it("change nothing of which addresses are warm", async () => {
      const cost = (target: Hex): Hex => code(`GAS ${target} BALANCE POP GAS SWAP1 SUB 0 MSTORE 32 0 RETURN`);
      const moved = { [SHA256]: { movePrecompileToAddress: ELSEWHERE } };
      const measured = async (target: Hex) =>
        BigInt(await call(CALLER, { ...moved, [CALLER]: { code: cost(target) } }));
      const warm = await measured(RIPEMD160);
      expect(await measured(SHA256)).to.equal(warm);
      expect(await measured(ELSEWHERE)).to.equal(warm + 2_500n);
    });

    it("are seen by estimates, access lists and traces", async () => {
      const stateOverrides = { [PAIRING]: { movePrecompileToAddress: ELSEWHERE } };
      const request = { to: ELSEWHERE };
      const estimate = await result<Hex>(node, "eth_estimateGas", request, "latest", stateOverrides);
      expect(BigInt(estimate) >= 66_000n).to.equal(true);
      const { gasUsed } = await result<{ gasUsed: Hex }>(
        node,
        "eth_createAccessList",
        request,
        "latest",
        stateOverrides,
      );
      expect(BigInt(gasUsed)).to.equal(66_000n);
      const options = { tracer: "callTracer", stateOverrides };
      const trace = await result<{ output: Hex }>(node, "debug_traceCall", request, "latest", options);
      expect(trace.output).to.equal(word(1));
    });

    it("are refused where go-ethereum refuses them, by every method that takes them", async () => {
      const cases: readonly (readonly [object, string])[] = [
        [{ [CALLER]: { movePrecompileToAddress: ELSEWHERE } }, `account ${CALLER} is not a precompile`],
        [
          { [SHA256]: { movePrecompileToAddress: ELSEWHERE }, [ELSEWHERE]: { balance: "0x1" } },
          `account ${ELSEWHERE} is already overridden`,
        ],
        [{ [SHA256]: { movePrecompileToAddress: SHA256 } }, `account ${SHA256} is already overridden`],
      ];
      for (const [overrides, message] of cases) {
        const expected = { code: -32000, message };
        const request = { to: CALLER };
        expect(await refusal("eth_call", request, "latest", overrides)).to.eql(expected);
        expect(await refusal("eth_estimateGas", request, "latest", overrides)).to.eql(expected);
        expect(await refusal("eth_createAccessList", request, "latest", overrides)).to.eql(expected);
        expect(await refusal("debug_traceCall", request, "latest", { stateOverrides: overrides })).to.eql(expected);
      }
    });
  });

  describe("of the block", () => {
    const see = (opcode: string, blockOverrides: object): Promise<string> =>
      result(node, "eth_call", { to: CALLER }, "latest", seer(opcode), blockOverrides);
    const seer = (opcode: string) => ({ [CALLER]: { code: code(`${opcode} 0 MSTORE 32 0 RETURN`) } });

    it("are what code sees, by either name", async () => {
      const cases: readonly (readonly [string, object, bigint])[] = [
        ["NUMBER", { number: "0x64" }, 100n],
        ["TIMESTAMP", { time: "0x6fffffff" }, 0x6fffffffn],
        ["GASLIMIT", { gasLimit: "0x1234567" }, 0x1234567n],
        ["COINBASE", { feeRecipient: OTHER }, BigInt(OTHER)],
        ["COINBASE", { coinbase: OTHER }, BigInt(OTHER)],
        ["PREVRANDAO", { prevRandao: word(9) }, 9n],
        ["PREVRANDAO", { random: word(8) }, 8n],
        ["BASEFEE", { baseFeePerGas: "0x7" }, 7n],
        ["BASEFEE", { baseFee: "0x6" }, 6n],
        ["BLOBBASEFEE", {}, 1n],
        ["BLOBBASEFEE", { blobBaseFee: "0x5" }, 5n],
        ["BLOBBASEFEE", { blobBaseFee: "0x0" }, 0n],
        ["PREVRANDAO", { prevRandao: word(3), difficulty: "0x0" }, 3n],
      ];
      for (const [opcode, overrides, expected] of cases) {
        expect(await see(opcode, overrides), `${opcode} ${JSON.stringify(overrides)}`).to.equal(word(expected));
      }
    });

    it("give the blob base fee to estimates and traces too", async () => {
      // Loops as often as the blob base fee is high.
      const loop = code("BLOBBASEFEE JUMPDEST 1 SWAP1 SUB DUP1 1 JUMPI STOP");
      const accounts = { [CALLER]: { code: loop } };
      const estimate = async (blobBaseFee: Hex) =>
        BigInt(await result<Hex>(node, "eth_estimateGas", { to: CALLER }, "latest", accounts, { blobBaseFee }));
      expect((await estimate("0x64")) > (await estimate("0x1")) + 1_000n).to.equal(true);
      const trace = await result<{ returnValue: Hex }>(node, "debug_traceCall", { to: CALLER }, "latest", {
        stateOverrides: seer("BLOBBASEFEE"),
        blockOverrides: { blobBaseFee: "0x63" },
      });
      expect(BigInt(`0x${trace.returnValue.replace(/^0x/, "")}`)).to.equal(99n);
    });

    it("that contradict each other, or are not honoured, are refused", async () => {
      const cases: readonly (readonly [object, string])[] = [
        [{ beaconRoot: word(0) }, "at beaconRoot: expected nothing: it is not supported for this RPC method"],
        [{ withdrawals: [] }, "at withdrawals: expected nothing: it is not supported for this RPC method"],
        [{ difficulty: "0x1" }, "at difficulty: expected 0x0"],
        [{ blobbasefee: "0x1" }, "field blobbasefee is not supported, expected number, time"],
        [{ baseFee: "0x1", baseFeePerGas: "0x2" }, "expected baseFeePerGas or baseFee"],
        [{ coinbase: OTHER, feeRecipient: CALLER }, "expected feeRecipient or coinbase"],
        [{ number: "0x20000000000000" }, "at number: expected a 0x-prefixed hex quantity below 2^53"],
        [{ blobBaseFee: "5" }, "at blobBaseFee: expected a 0x-prefixed hex quantity"],
      ];
      for (const [overrides, message] of cases) {
        for (const method of ["eth_call", "eth_estimateGas"]) {
          const error = await refusal(method, { to: CALLER }, "latest", {}, overrides);
          expect(error?.code, JSON.stringify(overrides)).to.equal(-32602);
          expect(error?.message).to.include(message);
        }
        const traced = await refusal("debug_traceCall", { to: CALLER }, "latest", { blockOverrides: overrides });
        expect(traced?.message).to.include(message.replace(/^at /, "at blockOverrides."));
      }
    });
  });

  it("of accounts by fields that are not known are refused", async () => {
    for (const field of ["storage", "movePrecompileTo", "Balance", "__proto__x"]) {
      const error = await refusal("eth_call", { to: CALLER }, "latest", { [CALLER]: { [field]: "0x1" } });
      expect(error?.code).to.equal(-32602);
      expect(error?.message).to.include(`field ${field} is not supported, expected balance, nonce, code`);
    }
  });

  it("of calls by blobs or types this chain has not are refused, and an empty list is taken", async () => {
    const cases: readonly (readonly [object, string])[] = [
      [{ blobVersionedHashes: [word(1)] }, "at blobVersionedHashes: expected no blobs"],
      [{ blobs: ["0x00"] }, "at blobs: expected no blobs"],
      [{ blobs: "0x00" }, "at blobs: expected no blobs"],
      [{ type: "0x3" }, "at type: expected a type of transaction that this chain has"],
      [{ type: "0x7e" }, "at type: expected a type of transaction that this chain has"],
    ];
    for (const [fields, message] of cases) {
      for (const method of ["eth_call", "eth_estimateGas", "eth_createAccessList", "debug_traceCall"]) {
        const error = await refusal(method, { to: CALLER, ...fields }, "latest");
        expect(error?.code).to.equal(-32602);
        expect(error?.message).to.include(message);
      }
    }
    const harmless = { type: "0x2", blobs: [], blobVersionedHashes: null, maxFeePerBlobGas: "0x1", hash: word(1) };
    expect(await result(node, "eth_call", { to: CALLER, ...harmless }, "latest")).to.equal("0x");
  });

  describe("of a traced call by txIndex", () => {
    const TARGET: Hex = `0x${"7a".repeat(20)}`;
    let block: Hex;
    before(async () => {
      const { account } = viemClients(node, "alice");
      const messages = [context(0), deposit(1, { to: TARGET, value: 5n })];
      await node.receive(messages);
      const transactions = await Promise.all(
        [1n, 2n].map(async (value, nonce) =>
          hexToBytes(
            await account.signTransaction({
              chainId: CHAIN_ID,
              type: "eip1559",
              to: TARGET,
              value,
              nonce,
              gas: 21_000n,
              maxFeePerGas: GWEI,
            }),
          ),
        ),
      );
      const timestamp = GENESIS_TIMESTAMP + 12;
      const { header, transactions: included } = await node.chain.exclusive((writer) =>
        writer.execute({ timestamp, messages, transactions }),
      );
      expect(included).to.have.length(3);
      block = `0x${header.number.toString(16)}`;
    });

    const see = async (program: string, options: object): Promise<bigint> => {
      const trace = await result<{ output: Hex }>(node, "debug_traceCall", { to: CALLER }, block, {
        tracer: "callTracer",
        stateOverrides: { [CALLER]: { code: code(`${program} 0 MSTORE 32 0 RETURN`) } },
        ...options,
      });
      return BigInt(trace.output);
    };

    it("run on the state before that transaction of the block, deposits counted", async () => {
      for (const [txIndex, balance] of [0n, 5n, 6n].entries()) {
        expect(await see(`${TARGET} BALANCE`, { txIndex: `0x${txIndex}` }), `txIndex ${txIndex}`).to.equal(balance);
      }
      expect(await see(`${TARGET} BALANCE`, {})).to.equal(8n);
    });

    it("see the block's own environment, and the overrides on top", async () => {
      const { header } = node.chain.latest();
      expect(await see("NUMBER", { txIndex: 1 })).to.equal(BigInt(header.number));
      expect(await see("TIMESTAMP", { txIndex: 1 })).to.equal(BigInt(header.timestamp));
      expect(await see("1 NUMBER SUB BLOCKHASH", { txIndex: 1 })).to.equal(BigInt(header.parentHash));
      const stateOverrides = { [CALLER]: { code: code(`${TARGET} BALANCE 0 MSTORE 32 0 RETURN`) } };
      const overridden = { ...stateOverrides, [TARGET]: { balance: "0x63" } };
      expect(await see("", { txIndex: 1, stateOverrides: overridden })).to.equal(99n);
    });

    it("spend what the sender has then, not after the block", async () => {
      const spend = (value: Hex, options: object) =>
        ask(node, "debug_traceCall", { from: TARGET, to: CALLER, value }, block, { tracer: "callTracer", ...options });
      expect((await spend("0x8", {})).error).to.equal(undefined);
      expect((await spend("0x6", { txIndex: 2 })).error).to.equal(undefined);
      expect((await spend("0x7", { txIndex: 2 })).error).to.eql({
        code: -32000,
        message: "insufficient funds for gas * price + value: have 6, want 7",
      });
    });

    it("are refused for transactions that are not there", async () => {
      const trace = (at: string, txIndex: unknown) => refusal("debug_traceCall", { to: CALLER }, at, { txIndex });
      expect((await trace(block, "0x3"))?.message).to.match(/^transaction index 3 out of range for block 0x/);
      expect((await trace("earliest", "0x0"))?.message).to.equal("no transaction in genesis");
      expect((await trace("pending", "0x0"))?.message).to.equal("expected a stored block with txIndex, got pending");
      expect((await trace(block, "one"))?.message).to.include("at txIndex: expected a 0x-prefixed hex quantity");
    });
  });

  it("with a gas price need a balance, and an empty account has none", async () => {
    const price = `0x${node.chain.latest().header.baseFeePerGas.toString(16)}`;
    const error = await refusal("eth_call", { from: OTHER, to: CALLER, gasPrice: price }, "latest");
    expect(error?.code).to.equal(-32000);
    expect(error?.message).to.match(/^insufficient funds for gas \* price \+ value: address .* have 0 want [1-9]/);
  });

  async function delegation() {
    const { privateKeyToAccount } = await import("viem/accounts");
    const account = privateKeyToAccount(word(77));
    const signed = await account.signAuthorization({ address: OTHER, chainId: 0, nonce: 0 });
    const authorizationList = [
      {
        chainId: "0x0",
        address: OTHER,
        nonce: "0x0",
        yParity: signed.yParity === 0 ? "0x0" : "0x1",
        r: `0x${BigInt(signed.r).toString(16)}`,
        s: `0x${BigInt(signed.s).toString(16)}`,
      },
    ];
    return { authorizationList, authority: account.address.toLowerCase() as Hex };
  }
});
