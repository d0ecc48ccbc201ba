import { expect } from "chai";
import { createAddress } from "../../src/ethereum/index.ts";
import { bytesToHex, hexToBytes, keccak256 } from "../../src/primitives/index.ts";
import { FEE_VAULT_ADDRESS } from "../../src/rollup/index.ts";
import { assemble } from "../machine/assemble.ts";
import {
  CHAIN_ID,
  ETHER,
  GENESIS_TIMESTAMP,
  GWEI,
  ask,
  context,
  result,
  startNode,
  viemClients,
} from "./node-fixture.ts";
import type { Hex, TestNode } from "./node-fixture.ts";

interface Call {
  readonly returnData: Hex;
  readonly logs: readonly {
    readonly address: Hex;
    readonly topics: readonly Hex[];
    readonly data: Hex;
    readonly logIndex: Hex;
    readonly blockHash: Hex;
    readonly transactionHash: Hex;
    readonly transactionIndex: Hex;
    readonly blockTimestamp: Hex;
  }[];
  readonly gasUsed: Hex;
  readonly maxUsedGas: Hex;
  readonly status: Hex;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Hex };
}

type Block = Readonly<Record<string, Hex>> & {
  readonly calls: readonly Call[];
  readonly transactions: readonly (Hex & Readonly<Record<string, unknown>>)[];
};

const A: Hex = `0x${"c0".repeat(20)}`;
const B: Hex = `0x${"c1".repeat(20)}`;
const C: Hex = `0x${"c2".repeat(20)}`;
const RICH = { [A]: { balance: hex(ETHER) } };
const ETHER_TOKEN: Hex = `0x${"ee".repeat(20)}`;
const TRANSFER = keccak256(Buffer.from("Transfer(address,address,uint256)"));
const SHA256: Hex = `0x${"2".padStart(40, "0")}`;

function hex(value: bigint | number): Hex {
  return `0x${value.toString(16)}`;
}

function word(value: bigint | number | Hex): Hex {
  return `0x${BigInt(value).toString(16).padStart(64, "0")}`;
}

function code(...parts: readonly (string | bigint | number | Uint8Array)[]): Hex {
  return bytesToHex(assemble(...parts));
}

/** Code that returns what a program leaves on the stack. */
const returning = (program: string): Hex => code(`${program} 0 MSTORE 32 0 RETURN`);

describe("eth_simulateV1", function () {
  this.timeout(60_000);
  let node: TestNode;
  before(async () => {
    node = await startNode({ sequencing: false });
  });
  after(() => node.close());

  const simulate = (blockStateCalls: readonly object[], options: object = {}, block = "latest") =>
    result<Block[]>(node, "eth_simulateV1", { blockStateCalls, ...options }, block);
  const refusal = async (blockStateCalls: readonly object[], options: object = {}) =>
    (await ask(node, "eth_simulateV1", { blockStateCalls, ...options }, "latest")).error;
  const only = async (block: object, options: object = {}): Promise<Call> => {
    const [simulated] = await simulate([block], options);
    expect(simulated?.calls).to.have.length(1);
    return simulated!.calls[0]!;
  };

  describe("of blocks", () => {
    it("gives the header that the same block of the chain would have", async () => {
      const other = await startNode({ sequencing: false });
      try {
        const { account } = viemClients(other, "alice");
        const fees = { maxFeePerGas: GWEI, maxPriorityFeePerGas: 7n, value: 5n, gas: 100_000n };
        const initcode = code("42 1 SSTORE 0 0 RETURN");
        const signed = await account.signTransaction({
          ...fees,
          chainId: CHAIN_ID,
          type: "eip1559",
          data: initcode,
          nonce: 0,
        });
        const call = {
          from: account.address,
          data: initcode,
          ...Object.fromEntries(Object.entries(fees).map(([name, value]) => [name, hex(value)])),
        };
        const time = GENESIS_TIMESTAMP + 3;
        const payload = { blockStateCalls: [{ blockOverrides: { time: hex(time) }, calls: [call] }], validation: true };
        const [simulated] = await result<Block[]>(other, "eth_simulateV1", payload);
        await other.chain.exclusive((writer) =>
          writer.execute({ timestamp: time, messages: [], transactions: [hexToBytes(signed)] }),
        );
        const real = await result<Block>(other, "eth_getBlockByNumber", "latest", false);
        const { calls, hash, transactions, transactionsRoot, receiptsRoot, size, ...rest } = simulated!;
        const shared = Object.fromEntries(Object.keys(rest).map((name) => [name, real[name]]));
        expect(rest).to.eql(shared);
        expect(Object.keys(simulated!).filter((name) => !(name in real))).to.eql(["calls"]);
        expect(calls[0]?.status).to.equal("0x1");
        expect(calls[0]?.gasUsed).to.equal(real["gasUsed"]);
        // Only the signature is missing.
        expect(transactions).to.have.length(1);
        expect([hash, transactionsRoot, receiptsRoot, size]).not.to.include(real["hash"]);
      } finally {
        await other.close();
      }
    });

    it("with validation charges the data gas of the transaction with its signature", async () => {
      const other = await startNode({ sequencing: false });
      try {
        const messages = [context(0)];
        await other.receive(messages);
        const execute = (transactions: Uint8Array[], second: number) =>
          other.chain.exclusive((writer) =>
            writer.execute({
              timestamp: GENESIS_TIMESTAMP + second,
              messages: second === 1 ? messages : [],
              transactions,
            }),
          );
        await execute([], 1);
        const { account } = viemClients(other, "alice");
        const call = {
          from: account.address,
          to: B,
          value: "0x1",
          maxFeePerGas: hex(100n * GWEI),
          gas: hex(5_000_000),
        };
        const ask = async (validation: boolean) => {
          const [block] = await result<Block[]>(other, "eth_simulateV1", {
            blockStateCalls: [{ calls: [call] }],
            validation,
          });
          return BigInt(block!.calls[0]!.gasUsed);
        };
        expect(await ask(false)).to.equal(21_000n);
        const simulated = await ask(true);
        const signed = await account.signTransaction({
          chainId: CHAIN_ID,
          type: "eip1559",
          to: B,
          value: 1n,
          gas: 5_000_000n,
          maxFeePerGas: 100n * GWEI,
          nonce: 0,
        });
        const block = await execute([hexToBytes(signed)], 2);
        const real = block.receipts[0]!;
        expect(real.dataGas > 1_000n).to.equal(true);
        // A few bytes of a signature may be 0.
        expect(simulated >= real.gasUsed).to.equal(true);
        expect(simulated - 21_000n <= (real.dataGas * 11n) / 10n).to.equal(true);
      } finally {
        await other.close();
      }
    });

    it("are each the child of the one before, and code sees them", async () => {
      const head = await result<Block>(node, "eth_getBlockByNumber", "latest", false);
      const seer = { [C]: { code: returning("CALLDATASIZE NUMBER SUB BLOCKHASH") } };
      const look = (back: number) => ({ to: C, data: `0x${"00".repeat(back)}` });
      const blocks = await simulate([
        { stateOverrides: seer, calls: [look(1), look(2)] },
        {},
        { calls: [look(1), look(3), { to: C, data: "0x" }] },
      ]);
      expect(blocks.map(({ number }) => Number(number))).to.eql([1, 2, 3]);
      expect(blocks.map(({ parentHash }) => parentHash)).to.eql([head["hash"], blocks[0]!["hash"], blocks[1]!["hash"]]);
      const seen = blocks.map(({ calls }) => calls.map(({ returnData }) => returnData));
      expect(seen).to.eql([[head["hash"], word(0)], [], [blocks[1]!["hash"], head["hash"], word(0)]]);
      expect(blocks.map(({ timestamp }) => Number(timestamp))).to.eql(
        [1, 2, 3].map((seconds) => GENESIS_TIMESTAMP + seconds),
      );
    });

    it("leave nothing behind", async () => {
      const before = await result(node, "eth_getBlockByNumber", "latest", false);
      const [block] = await simulate([{ stateOverrides: RICH, calls: [{ from: A, to: B, value: "0x1" }] }]);
      expect(await result(node, "eth_getBlockByNumber", "latest", false)).to.eql(before);
      expect(await result(node, "eth_getBlockByHash", block!["hash"], false)).to.equal(null);
      expect(node.database.chain.state.get(hexToBytes(block!["stateRoot"]!))).to.equal(undefined);
      expect(await result(node, "eth_getBalance", B, "latest")).to.equal("0x0");
      expect(await simulate([{ stateOverrides: RICH, calls: [{ from: A, to: B, value: "0x1" }] }])).to.eql([block]);
    });

    it("fill gaps with empty blocks", async () => {
      const blocks = await simulate([
        { blockOverrides: { number: "0x3", time: hex(GENESIS_TIMESTAMP + 100) } },
        {
          blockOverrides: { number: "0x5" },
          stateOverrides: { [C]: { code: returning("TIMESTAMP") } },
          calls: [{ to: C }],
        },
      ]);
      expect(blocks.map(({ number }) => Number(number))).to.eql([1, 2, 3, 4, 5]);
      expect(blocks.map(({ timestamp }) => Number(timestamp) - GENESIS_TIMESTAMP)).to.eql([1, 2, 100, 101, 102]);
      expect(blocks[4]!.calls[0]!.returnData).to.equal(word(GENESIS_TIMESTAMP + 102));
      expect(blocks.slice(1).map(({ parentHash }) => parentHash)).to.eql(blocks.slice(0, 4).map(({ hash }) => hash));
    });

    it("must be in order, and may share a second", async () => {
      const numbers = await refusal([{ blockOverrides: { number: "0x9a" } }, { blockOverrides: { number: "0x90" } }]);
      expect(numbers).to.eql({ code: -38020, message: "block numbers must be in order: 144 <= 154" });
      expect((await refusal([{ blockOverrides: { number: "0x0" } }]))?.code).to.equal(-38020);
      const [later, earlier] = [hex(GENESIS_TIMESTAMP + 9), hex(GENESIS_TIMESTAMP + 8)];
      const times = await refusal([{ blockOverrides: { time: later } }, { blockOverrides: { time: earlier } }]);
      expect(times?.code).to.equal(-38021);
      expect(times?.message).to.match(/^block timestamps must be in order: \d+ < \d+$/);
      const [first, second] = await simulate([
        { blockOverrides: { time: later } },
        { blockOverrides: { time: later } },
      ]);
      expect([first!["timestamp"], second!["timestamp"]]).to.eql([later, later]);
    });

    it("show their overrides in the header and to code", async () => {
      const seen = ["COINBASE", "PREVRANDAO", "GASLIMIT", "BASEFEE", "BLOBBASEFEE", "NUMBER", "TIMESTAMP"];
      const values = [BigInt(B), 77n, 1_000_000n, 9n, 5n, 1n, BigInt(GENESIS_TIMESTAMP + 50)];
      const accounts = seen.map((_, index): Hex => `0x${"d0".repeat(19)}0${index}`);
      const blockOverrides = {
        number: "0x1",
        time: hex(GENESIS_TIMESTAMP + 50),
        gasLimit: hex(1_000_000),
        feeRecipient: B,
        prevRandao: word(77),
        baseFeePerGas: "0x9",
        blobBaseFee: "0x5",
        withdrawals: [],
      };
      const [block] = await simulate([
        {
          blockOverrides,
          stateOverrides: Object.fromEntries(
            accounts.map((account, index) => [account, { code: returning(seen[index]!) }]),
          ),
          calls: accounts.map((to) => ({ to, gas: hex(50_000) })),
        },
      ]);
      expect(block!.calls.map(({ returnData }) => BigInt(returnData))).to.eql(values);
      expect(block).to.include({
        miner: B,
        mixHash: word(77),
        gasLimit: hex(1_000_000),
        baseFeePerGas: "0x9",
        timestamp: hex(GENESIS_TIMESTAMP + 50),
      });
    });

    it("refuse what no block of this chain has", async () => {
      const withdrawal = { index: "0x0", validatorIndex: "0x0", address: A, amount: "0x1" };
      const cases: readonly (readonly [object, string])[] = [
        [
          { blockOverrides: { withdrawals: [withdrawal] } },
          "at blockStateCalls.0.blockOverrides.withdrawals: expected no withdrawals",
        ],
        [{ blockOverrides: { beaconRoot: word(1) } }, "expected a beacon root of zero"],
        [{ blockOverrides: { difficulty: "0x1" } }, "expected 0x0"],
        [{ blockOverrides: { extraData: "0x" } }, "field extraData is not supported"],
        [{ overrides: {} }, "field overrides is not supported, expected blockOverrides, stateOverrides, calls"],
      ];
      for (const [block, message] of cases) {
        const error = await refusal([block]);
        expect(error?.code).to.equal(-32602);
        expect(error?.message).to.include(message);
      }
      expect((await refusal([{}], { traceTransfer: true }))?.message).to.include(
        "field traceTransfer is not supported",
      );
      await simulate([{ blockOverrides: { beaconRoot: word(0), withdrawals: [], difficulty: "0x0" } }]);
    });
  });

  describe("of state", () => {
    it("carries it from call to call and from block to block", async () => {
      // Adds one to slot 0 and returns what it was.
      const counter = { [C]: { code: code("0 SLOAD DUP1 1 ADD 0 SSTORE 0 MSTORE 32 0 RETURN") } };
      const blocks = await simulate([
        { stateOverrides: counter, calls: [{ to: C }, { to: C }] },
        { calls: [{ to: C }] },
        { stateOverrides: { [C]: { stateDiff: { [word(0)]: word(40) } } }, calls: [{ to: C }, { to: C }] },
        { stateOverrides: { [C]: { state: {} } }, calls: [{ to: C }] },
      ]);
      const seen = blocks.map(({ calls }) => calls.map(({ returnData }) => Number(returnData)));
      expect(seen).to.eql([[0, 1], [2], [40, 41], [0]]);
    });

    it("carries balances, nonces and new contracts", async () => {
      const contract = createAddress(A, 0n);
      const runtime = assemble(`${A} BALANCE 0 MSTORE 32 0 RETURN`);
      const initcode = code(`${runtime.length} 10 0 CODECOPY ${runtime.length} 0 RETURN`, runtime);
      expect((initcode.length - 2) / 2 - runtime.length).to.equal(10);
      const [first, second] = await simulate([
        {
          stateOverrides: RICH,
          calls: [
            { from: A, input: initcode },
            { from: A, to: B, value: "0x3" },
            { from: B, to: C, value: "0x2" },
          ],
        },
        { calls: [{ from: C, to: B, value: "0x2" }, { to: contract }, { from: A, to: B, nonce: "0x2" }] },
      ]);
      expect([...first!.calls, ...second!.calls].map(({ status }) => status)).to.eql(Array(6).fill("0x1"));
      expect(first!.calls[0]!.returnData).to.equal(bytesToHex(runtime));
      expect(BigInt(second!.calls[1]!.returnData)).to.equal(ETHER - 3n);
      const nonce = await refusal(
        [
          {
            stateOverrides: RICH,
            calls: [{ from: A, to: B, maxFeePerGas: hex(GWEI), gas: hex(30_000), nonce: "0x1" }],
          },
        ],
        { validation: true },
      );
      expect(nonce).to.eql({
        code: -38011,
        message: "blockStateCalls[0].calls[0]: nonce too high: expected 0, got 1",
      });
    });

    it("takes precompiles away, or moves them, for one block", async () => {
      const moved = { [SHA256]: { movePrecompileToAddress: C, code: returning("42") } };
      const calls = [{ to: SHA256 }, { to: C }];
      const [first, second, third] = await simulate([{ calls }, { stateOverrides: moved, calls }, { calls }]);
      const hashOfNothing = first!.calls[0]!.returnData;
      expect(hashOfNothing).to.equal("0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
      const seen = (block: Block | undefined) => block!.calls.map(({ returnData }) => returnData);
      expect(seen(first)).to.eql([hashOfNothing, "0x"]);
      expect(seen(second)).to.eql([word(42), hashOfNothing]);
      expect(seen(third)).to.eql([hashOfNothing, "0x"]);
      expect(await refusal([{}, { stateOverrides: { [C]: { movePrecompileToAddress: B } } }])).to.eql({
        code: -32000,
        message: `account ${C} is not a precompile`,
      });
    });

    it("pays tips to the fee recipient and base fees to the vault, and only what was paid", async () => {
      const price = { maxFeePerGas: "0xf", maxPriorityFeePerGas: "0x4" };
      const reader = (account: Hex) => ({ code: returning(`${account} BALANCE`) });
      const vault = await result<Hex>(node, "eth_getBalance", FEE_VAULT_ADDRESS, "latest");
      const [, second] = await simulate([
        {
          blockOverrides: { baseFeePerGas: "0xa", feeRecipient: B },
          stateOverrides: { ...RICH, [B]: { balance: "0x0" } },
          calls: [
            { from: A, to: A, ...price },
            { from: A, to: A },
          ],
        },
        {
          stateOverrides: { [C]: reader(B), [ETHER_TOKEN]: reader(FEE_VAULT_ADDRESS) },
          calls: [{ to: C }, { to: ETHER_TOKEN }],
        },
      ]);
      const [tips, fees] = second!.calls.map(({ returnData }) => BigInt(returnData));
      expect(tips).to.equal(21_000n * 4n);
      expect(fees! - BigInt(vault)).to.equal(21_000n * 10n);
    });
  });

  describe("of calls", () => {
    it("tells reverts and halts from successes, and goes on", async () => {
      const reverting = { [B]: { code: code("170 0 MSTORE8 1 0 REVERT") }, [C]: { code: code("INVALID") } };
      const [block] = await simulate([
        { stateOverrides: reverting, calls: [{ to: B, gas: hex(50_000) }, { to: C, gas: hex(60_000) }, { to: A }] },
      ]);
      const [reverted, halted, succeeded] = block!.calls;
      expect(reverted).to.deep.include({ status: "0x0", returnData: "0xaa", logs: [] });
      expect(reverted!.error).to.eql({ code: 3, message: "execution reverted", data: "0xaa" });
      expect(halted).to.deep.include({ status: "0x0", returnData: "0x", gasUsed: hex(60_000) });
      expect(halted!.error?.code).to.equal(-32015);
      expect(halted!.error?.message).to.match(/invalid/);
      expect(succeeded).to.eql({
        returnData: "0x",
        logs: [],
        gasUsed: "0x5208",
        maxUsedGas: "0x5208",
        status: "0x1",
      });
      expect(BigInt(block!["gasUsed"]!)).to.equal(block!.calls.reduce((sum, { gasUsed }) => sum + BigInt(gasUsed), 0n));
    });

    it("tells the gas before refunds", async () => {
      const clearing = { [C]: { code: code("0 0 SSTORE"), stateDiff: { [word(0)]: word(1) } } };
      const { gasUsed, maxUsedGas } = await only({ stateOverrides: clearing, calls: [{ to: C }] });
      expect(BigInt(maxUsedGas) - BigInt(gasUsed)).to.equal(4_800n);
    });

    it("without validation needs neither fees nor the right nonce, nor an account without code", async () => {
      const calls = [
        { from: B, to: A, nonce: "0x64" },
        { from: B, to: A, maxFeePerGas: "0x0", maxPriorityFeePerGas: "0x0" },
        { from: C, to: A },
        { from: SHA256, to: A },
      ];
      const [block] = await simulate([
        { blockOverrides: { baseFeePerGas: "0xa" }, stateOverrides: { [C]: { code: "0x00" } }, calls },
      ]);
      expect(block!.calls.map(({ status }) => status)).to.eql(Array(4).fill("0x1"));
      expect((await simulate([{ calls: [{ from: B, to: A }] }]))[0]!["baseFeePerGas"]).to.equal("0x0");
    });

    it("are refused by the codes of execution-apis if they could be no transactions", async () => {
      const validation = { validation: true };
      const fees = { maxFeePerGas: hex(GWEI), gas: hex(30_000) };
      const cases: readonly (readonly [number, object, object, string?])[] = [
        [
          -38010,
          {
            stateOverrides: { [A]: { balance: hex(ETHER), nonce: "0xa" } },
            calls: [{ from: A, to: B, ...fees, nonce: "0x0" }],
          },
          validation,
          "nonce too low",
        ],
        [
          -38011,
          { stateOverrides: RICH, calls: [{ from: A, to: B, ...fees, nonce: "0x64" }] },
          validation,
          "nonce too high",
        ],
        [
          -38012,
          { blockOverrides: { baseFeePerGas: "0xa" }, calls: [{ from: A, to: B, maxFeePerGas: "0x0" }] },
          validation,
          "max fee per gas less than block base fee",
        ],
        [-38012, { blockOverrides: { baseFeePerGas: "0xa" }, calls: [{ from: A, to: B, gasPrice: "0x9" }] }, {}],
        [-38012, { calls: [{ from: A, to: B, value: "0x3e8" }] }, validation],
        [-38013, { calls: [{ from: A, to: B, gas: "0x0" }] }, {}, "intrinsic gas too low: have 0, want 21000"],
        [-38014, { calls: [{ from: A, to: B, value: "0x3e8" }] }, {}, "insufficient funds for gas * price + value"],
        [-38014, { calls: [{ from: A, to: B, ...fees }] }, validation],
        [
          -38015,
          { blockOverrides: { gasLimit: "0x7530" }, calls: [{ to: B, gas: "0x7531" }] },
          {},
          "block gas limit reached: remaining: 30000, required: 30001",
        ],
        [-38025, { calls: [{ from: A, data: `0x${"00".repeat(49_153)}` }] }, {}, "max initcode size exceeded"],
        [
          -32603,
          { stateOverrides: { [A]: { nonce: "0xffffffffffffffff" } }, calls: [{ from: A, to: B }] },
          {},
          "nonce has max value",
        ],
        [
          -32602,
          { calls: [{ maxFeePerGas: "0x1", maxPriorityFeePerGas: "0x2" }] },
          {},
          "max priority fee per gas higher than max fee per gas",
        ],
        [-32602, { calls: [{ data: "0x00", input: "0x01" }] }, {}, 'both "data" and "input" are set'],
        [
          -32602,
          { calls: [{ to: B, blobVersionedHashes: [word(1)] }] },
          {},
          "at blockStateCalls.1.calls.0.blobVersionedHashes: expected no blobs",
        ],
        [-32602, { calls: [{ to: B, gasPrice: "0x0", maxFeePerGas: "0x1" }] }, {}, "has no maxFeePerGas"],
        [-32602, { calls: [{ to: B, type: "0x2", gasPrice: "0x0" }] }, {}, "a transaction of type 2 has no gasPrice"],
        [-32602, { calls: [{ to: B, authorizationList: [] }] }, {}, "expected an authorization"],
        [-32602, { calls: [{ authorizationList: [] }] }, {}, "cannot create a contract"],
        [-32000, { calls: [{ chainId: "0x1" }] }, {}, "chainId does not match node's"],
      ];
      for (const [expected, block, options, message = ""] of cases) {
        const error = await refusal([{}, block], options);
        expect(error?.code, JSON.stringify([block, error])).to.equal(expected);
        expect(error?.message).to.include(message);
      }
    });

    it("have what gas the block has left, and the node's cap says so", async () => {
      const burner = { [C]: { code: code("JUMPDEST 0 JUMP") } };
      const [block] = await simulate([
        { blockOverrides: { gasLimit: hex(100_000) }, stateOverrides: burner, calls: [{ to: B }, { to: C }] },
      ]);
      expect(block!.calls[1]).to.deep.include({ gasUsed: hex(79_000), error: { code: -32015, message: "out of gas" } });
      const capped = await only({ stateOverrides: burner, calls: [{ to: C }] });
      expect(capped.gasUsed).to.equal(hex(2n ** 24n));
      expect(capped.error?.message).to.equal("out of gas (gas limit was capped by the RPC server's global gas cap)");
    });

    it("together have no more gas than the node gives a simulation", async () => {
      const burner = { [C]: { code: code("JUMPDEST 0 JUMP") } };
      const gas = hex(2n ** 24n);
      const blocks = [0, 1, 2].map((index) => ({
        ...(index === 0 ? { stateOverrides: burner } : {}),
        blockOverrides: { gasLimit: hex(30_000_000) },
        calls: [{ to: C, gas }],
      }));
      const answers = await simulate(blocks);
      expect(BigInt(answers[2]!.calls[0]!.gasUsed)).to.equal(50_000_000n - 2n ** 25n);
      expect((await refusal([...blocks, { calls: [{ to: B }] }]))?.code).to.equal(-38013);
    });

    it("stand in the block as transactions, by hash or whole", async () => {
      const calls = [
        { from: A, to: B, value: "0x1" },
        { from: A, to: B, gasPrice: "0x0", data: "0x01" },
        { from: A, to: B, gasPrice: "0x0", accessList: [{ address: B, storageKeys: [word(0)] }] },
      ];
      const request = [{ stateOverrides: RICH, calls }];
      const [hashes] = await simulate(request);
      const [whole] = await simulate(request, { returnFullTransactions: true });
      expect(whole!.transactions.map(({ hash }) => hash)).to.eql(hashes!.transactions);
      expect(whole!.transactions.map(({ type, from, to, nonce, r, s }) => [type, from, to, nonce, r, s])).to.eql(
        ["0x2", "0x0", "0x1"].map((type, index) => [type, A, B, hex(index), "0x0", "0x0"]),
      );
      expect(whole!.transactions[0]).to.include({ blockHash: whole!["hash"], value: "0x1", chainId: hex(CHAIN_ID) });
      // As go-ethereum has them: the keccak of the encoding with an empty signature.
      expect(new Set(hashes!.transactions).size).to.equal(3);
    });
  });

  describe("of logs", () => {
    const topic = (account: Hex) => word(account);
    const transfer = (from: Hex, to: Hex, value: number) => ({
      address: ETHER_TOKEN,
      topics: [TRANSFER, topic(from), topic(to)],
      data: word(value),
    });
    const logsOf = ({ logs }: Call) => logs.map(({ address, topics, data }) => ({ address, topics, data }));
    const tracing = { traceTransfers: true };
    /** Logs topic 1, sends 2 wei to B, logs topic 3. */
    const sender = code(`1 0 0 LOG1 0 0 0 0 2 ${B} GAS CALL POP 3 0 0 LOG1`);

    it("are numbered through the block, and name their block and transaction", async () => {
      const logger = { [C]: { code: code("CALLER 0 0 LOG1") }, [B]: { code: code("CALLER 0 0 LOG1 0 0 REVERT") } };
      const [block] = await simulate([
        {
          stateOverrides: logger,
          calls: [
            { from: A, to: C },
            { from: A, to: B },
            { from: A, to: C },
          ],
        },
      ]);
      const logs = block!.calls.flatMap(({ logs }) => logs);
      expect(logs.map(({ logIndex, transactionIndex }) => [logIndex, transactionIndex])).to.eql([
        ["0x0", "0x0"],
        ["0x1", "0x2"],
      ]);
      expect(logs[1]).to.include({
        blockHash: block!["hash"],
        transactionHash: block!.transactions[2],
        blockTimestamp: block!["timestamp"],
      });
      expect(block!["logsBloom"]).to.match(/[1-9a-f]/);
    });

    it("show ETH that moves only if asked to", async () => {
      const block = { stateOverrides: RICH, calls: [{ from: A, to: B, value: "0x3e8" }] };
      expect((await only(block)).logs).to.eql([]);
      const [traced] = await simulate([block], tracing);
      expect(logsOf(traced!.calls[0]!)).to.eql([transfer(A, B, 1_000)]);
      // What is shown is none of the chain's logs.
      expect(traced!["logsBloom"]).to.match(/^0x0+$/);
    });

    it("show it among the others, each at its time", async () => {
      const stateOverrides = { ...RICH, [C]: { code: sender, balance: "0x5" } };
      const call = await only({ stateOverrides, calls: [{ from: A, to: C, value: "0x1" }] }, tracing);
      const log = (number: number) => ({ address: C, topics: [word(number)], data: "0x" });
      expect(logsOf(call)).to.eql([transfer(A, C, 1), log(1), transfer(C, B, 2), log(3)]);
      expect(call.logs.map(({ logIndex }) => Number(logIndex))).to.eql([0, 1, 2, 3]);
    });

    it("show none of a call that fails, or of calls below it", async () => {
      const failing = { [C]: { code: code(`0 0 0 0 2 ${B} GAS CALL POP 0 0 REVERT`), balance: "0x5" } };
      const call = await only(
        { stateOverrides: { ...RICH, ...failing }, calls: [{ from: A, to: C, value: "0x1" }] },
        tracing,
      );
      expect(call.logs).to.eql([]);
      const outer = { [SHA256]: { code: code(`0 0 0 0 1 ${C} GAS CALL POP STOP`), balance: "0x1" } };
      const survived = await only(
        { stateOverrides: { ...RICH, ...failing, ...outer }, calls: [{ from: A, to: SHA256, value: "0x1" }] },
        tracing,
      );
      expect(logsOf(survived)).to.eql([transfer(A, SHA256, 1)]);
    });

    it("show what creations and SELFDESTRUCT move, and nothing of delegated calls", async () => {
      const creator = { [C]: { code: code("0 0 4 CREATE STOP"), balance: "0x4" } };
      const created = await only({ stateOverrides: creator, calls: [{ from: A, to: C }] }, tracing);
      expect(logsOf(created)).to.eql([transfer(C, createAddress(C, 0n), 4)]);
      const top = await only({ stateOverrides: RICH, calls: [{ from: A, value: "0x6", data: "0x00" }] }, tracing);
      expect(logsOf(top)).to.eql([transfer(A, createAddress(A, 0n), 6)]);
      const ending = { [C]: { code: code(`${B} SELFDESTRUCT`), balance: "0x1e8480" } };
      const ended = await only({ stateOverrides: ending, calls: [{ from: A, to: C }] }, tracing);
      expect(logsOf(ended)).to.eql([transfer(C, B, 2_000_000)]);
      const delegating = {
        [C]: { code: code(`0 0 0 0 ${B} GAS DELEGATECALL POP 0 0 0 0 1 ${B} GAS CALLCODE POP STOP`) },
      };
      const delegated = await only(
        { stateOverrides: { ...RICH, ...delegating }, calls: [{ from: A, to: C, value: "0x8" }] },
        tracing,
      );
      expect(logsOf(delegated)).to.eql([transfer(A, C, 8)]);
    });
  });

  describe("bounds", () => {
    it("the number of blocks and calls, before it looks at them", async () => {
      expect(await refusal([])).to.eql({ code: -32602, message: "empty input: expected blockStateCalls" });
      expect((await refusal(Array(257).fill({})))?.code).to.equal(-38026);
      expect(await refusal([{ blockOverrides: { number: hex(257) } }])).to.eql({
        code: -38026,
        message: "too many blocks: 257 is more than 256 after 0",
      });
      expect(await simulate([{ blockOverrides: { number: hex(256) } }])).to.have.length(256);
      expect((await refusal([{ blockOverrides: { number: "0x1fffffffffffff" } }]))?.code).to.equal(-38026);
      const calls = (count: number) => ({ calls: Array(count).fill("garbage") });
      expect(await refusal([calls(5_001)])).to.eql({
        code: -38026,
        message: "too many calls in block: 5001 > 5000",
      });
      expect(await refusal([calls(5_000), calls(5_000), calls(1)])).to.eql({
        code: -38026,
        message: "too many calls: 10001 > 10000",
      });
    });

    it("the size of the answer", async () => {
      // Returns 262,144 bytes.
      const large = { [C]: { code: code("262144 0 RETURN") } };
      const error = await refusal([{ stateOverrides: large, calls: Array(60).fill({ to: C, gas: hex(300_000) }) }]);
      expect(error).to.eql({
        code: -32003,
        message: "blockStateCalls[0].calls[47]: response too large: simulate less, or calls that return less",
      });
    });

    it("what it is asked", async () => {
      const garbage = [
        null,
        1,
        "0x",
        [],
        {},
        { blockStateCalls: {} },
        { blockStateCalls: [null] },
        { blockStateCalls: [[]] },
        { blockStateCalls: [{ calls: {} }] },
        { blockStateCalls: [{ calls: [7] }] },
        { blockStateCalls: [{ stateOverrides: [] }] },
        { blockStateCalls: [{}], validation: "yes" },
      ];
      for (const payload of garbage) {
        const { error } = await ask(node, "eth_simulateV1", payload, "latest");
        expect(error?.code, JSON.stringify(payload)).to.equal(-32602);
      }
      expect((await ask(node, "eth_simulateV1", { blockStateCalls: [{}] }, "0xffff")).error?.message).to.include(
        "header not found",
      );
    });
  });
});
