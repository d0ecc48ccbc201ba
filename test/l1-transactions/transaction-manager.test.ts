import { expect } from "chai";
import { parseAbi, parseGwei } from "viem";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { blobBaseFeeOf } from "../../src/l1/blob-base-fee.ts";
import { createTransactionManager } from "../../src/l1/index.ts";
import { L1TransactionError } from "../../src/l1/index.ts";
import type { L1TransactionRequest, TransactionManager, TransactionManagerOptions } from "../../src/l1/index.ts";
import { addressOf, createL1Fixture, createTestInstruments, KEYS } from "./l1-fixture.ts";
import type { L1Fixture } from "./l1-fixture.ts";
import { createTestDisk, Killed } from "./memory-record-store.ts";
import type { TestDisk } from "./memory-record-store.ts";

const KEY = KEYS[0]!;
const ACCOUNT = addressOf(KEY);
const RECIPIENT = "0x00000000000000000000000000000000000000aa";

function rpcError(code: number, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** The refusal of an L1 node that cannot be reached. */
class ConnectionLost extends Error {}

describe("L1 transaction manager", () => {
  let l1: L1Fixture;
  let disk: TestDisk;
  let clock: number;

  beforeEach(async () => {
    l1 = await createL1Fixture();
    disk = createTestDisk();
    clock = 1_000_000;
  });

  afterEach(async () => {
    await l1.close();
  });

  const open = (
    options: Partial<TransactionManagerOptions> = {},
    kill?: Parameters<TestDisk["open"]>[0],
  ): Promise<TransactionManager> =>
    createTransactionManager(
      {
        client: l1.client,
        chainId: 31337,
        privateKey: KEY,
        records: disk.open(kill),
        now: () => clock,
        feeBumpInterval: 60,
        ...options,
      },
      createTestInstruments(),
    );

  const payment = (purpose: string, value = 1n): L1TransactionRequest => ({
    purpose,
    to: RECIPIENT,
    data: new Uint8Array(),
    value,
  });

  const balance = () => l1.client.getBalance({ address: RECIPIENT });
  const nonce = () => l1.client.getTransactionCount({ address: ACCOUNT, blockTag: "latest" });

  /** Sends by the same key past the manager. */
  const sendForeign = async (fields: { nonce: number; maxFeePerGas?: bigint; to?: Hex }): Promise<Hex> =>
    l1.rpc(
      "eth_sendRawTransaction",
      await privateKeyToAccount(KEY).signTransaction({
        type: "eip1559",
        chainId: 31337,
        to: fields.to ?? ACCOUNT,
        gas: 21_000n,
        maxPriorityFeePerGas: parseGwei("2"),
        maxFeePerGas: fields.maxFeePerGas ?? parseGwei("10"),
        nonce: fields.nonce,
      }),
    );

  describe("sending", () => {
    it("sends a transaction and reports where it was mined", async () => {
      const manager = await open();
      const mined: string[] = [];
      manager.onMined((status) => mined.push(status.kind));
      await manager.submit(payment("a", 5n));
      await manager.step();
      const status = manager.status("a");
      expect(status).to.include({ kind: "succeeded", nonce: 0, confirmed: true });
      expect(mined).to.eql(["succeeded"]);
      expect(await balance()).to.equal(5n);
    });

    it("sends a purpose once however often it is asked", async () => {
      const manager = await open();
      await Promise.all([manager.submit(payment("a")), manager.submit(payment("a")), manager.submit(payment("a"))]);
      await manager.step();
      await manager.submit(payment("a"));
      await manager.step();
      expect(await balance()).to.equal(1n);
      expect(await nonce()).to.equal(1);
    });

    it("gives nonces in the order of submission and has several under way", async () => {
      await l1.setAutomine(false);
      const manager = await open();
      const statuses = await Promise.all(["a", "b", "c"].map((purpose) => manager.submit(payment(purpose))));
      expect(statuses.map((status) => status.nonce)).to.eql([0, 1, 2]);
      await l1.mine();
      await manager.step();
      expect(manager.statuses().map((status) => status.kind)).to.eql(["succeeded", "succeeded", "succeeded"]);
    });

    it("waits for as many confirmations as configured", async () => {
      const manager = await open({ confirmations: 3 });
      await manager.submit(payment("a"));
      await manager.step();
      expect(manager.status("a")).to.include({ kind: "succeeded", confirmed: false });
      await l1.mine(2);
      await manager.step();
      expect(manager.status("a")).to.include({ kind: "succeeded", confirmed: true });
    });

    it("resolves a wait when the loop sees the transaction mined", async () => {
      const manager = await open({ pollingInterval: 0.01 });
      manager.start();
      await manager.submit(payment("a"));
      expect(await manager.wait("a", { confirmed: true })).to.include({ kind: "succeeded" });
      await manager.stop();
    });

    it("rejects a wait whose signal is aborted, and one for an unknown purpose", async () => {
      await l1.setAutomine(false);
      const manager = await open();
      await manager.submit(payment("a"));
      const controller = new AbortController();
      const waiting = manager.wait("a", { signal: controller.signal }).catch((error: unknown) => error);
      controller.abort(new Error("enough"));
      expect(await waiting).to.have.property("message", "enough");
      expect(await manager.wait("z").catch((error: unknown) => error)).to.be.instanceOf(L1TransactionError);
    });

    it("refuses a gas limit above 2^24 and more than six blobs", async () => {
      const manager = await open();
      for (const request of [
        { ...payment("a"), gasLimit: 2n ** 24n + 1n },
        { ...payment("a"), blobs: Array.from({ length: 7 }, () => new Uint8Array(131_072)) },
      ]) {
        const error = (await manager.submit(request).catch((reason: unknown) => reason)) as L1TransactionError;
        expect(error.reason.kind).to.equal("invalid-request");
      }
    });

    it("refuses records of another account and an L1 of another chain", async () => {
      await open();
      const foreign = (await open({ privateKey: KEYS[1]! }).catch((reason: unknown) => reason)) as L1TransactionError;
      expect(foreign.reason.kind).to.equal("foreign-records");
      disk = createTestDisk();
      const manager = await open({ chainId: 1 });
      const wrong = (await manager.submit(payment("a")).catch((reason: unknown) => reason)) as L1TransactionError;
      expect(wrong.reason).to.eql({ kind: "wrong-chain", expected: 1, actual: 31337 });
    });
  });

  describe("reverts", () => {
    /** Runtime code that reverts with `Nope(7)`: selector and argument are returned from memory. */
    const ABI = parseAbi(["error Nope(uint256 reason)"]);
    const REVERTER = "0x00000000000000000000000000000000000000bb";

    it("are reported with their custom error decoded, before a nonce is spent if gas has to be estimated", async () => {
      const { encodeErrorResult } = await import("viem");
      const data = encodeErrorResult({ abi: ABI, errorName: "Nope", args: [7n] });
      // PUSH4 selector, PUSH1 0xe0, SHL, PUSH0, MSTORE; PUSH1 7, PUSH1 4, MSTORE; PUSH1 36, PUSH0, REVERT.
      await l1.rpc("hardhat_setCode", REVERTER, `0x63${data.slice(2, 10)}60e01b5f52600760045260245ffd`);
      const manager = await open({ abis: [ABI] });
      const request = { purpose: "a", to: REVERTER, data: new Uint8Array() } as const;
      const error = (await manager.submit(request).catch((reason: unknown) => reason)) as L1TransactionError;
      expect(error.reason.kind).to.equal("would-revert");
      expect(error.message).to.contain("Nope(7)");
      expect(manager.status("a")).to.equal(undefined);
      await manager.submit({ ...request, gasLimit: 100_000n });
      await manager.step();
      const status = manager.status("a");
      expect(status?.kind).to.equal("reverted");
      expect(status?.kind === "reverted" && status.revert.errorName).to.equal("Nope");
    });
  });

  describe("fees", () => {
    const pendingFee = async (): Promise<bigint> => {
      const block = await l1.rpc<{ transactions: { maxFeePerGas: Hex }[] }>("eth_getBlockByNumber", "pending", true);
      return BigInt(block.transactions[0]?.maxFeePerGas ?? 0);
    };

    it("raises those of a stuck transaction by at least a tenth, until it is mined once", async () => {
      await l1.setAutomine(false);
      const manager = await open();
      await manager.submit(payment("a"));
      const first = await pendingFee();
      // The market outruns the offer.
      await l1.rpc("hardhat_setNextBlockBaseFeePerGas", "0x2540be400");
      await l1.mine();
      await manager.step();
      expect(manager.status("a")).to.have.property("kind", "pending");
      clock += 61_000;
      await manager.step();
      const status = manager.status("a");
      expect(status?.kind === "pending" && status.hashes.length).to.equal(2);
      const second = await pendingFee();
      expect(second >= (first * 110n) / 100n).to.equal(true);
      await l1.mine();
      await manager.step();
      expect(manager.status("a")).to.have.property("kind", "succeeded");
      expect(await balance()).to.equal(1n);
    });

    it("raises at once those of a transaction the node finds too cheap", async () => {
      const manager = await open();
      let refused = false;
      l1.intercept(async (method, _params, next) => {
        if (method !== "eth_sendRawTransaction" || refused) return next();
        refused = true;
        throw Object.assign(new Error("replacement transaction underpriced"), { code: -32000 });
      });
      await manager.submit(payment("a"));
      expect(manager.status("a")).to.have.nested.property("trouble.kind", "rejected");
      await manager.step();
      await manager.step();
      expect(manager.status("a")).to.have.property("kind", "succeeded");
      expect(await balance()).to.equal(1n);
    });

    it("are never above the configured maximum, which is reported", async () => {
      const manager = await open({ maximumFeePerGas: 10n });
      await manager.submit(payment("a"));
      const status = manager.status("a");
      expect(status).to.have.nested.property("trouble.kind", "fee-cap");
      expect(l1.calls.some((call) => call.method === "eth_sendRawTransaction")).to.equal(false);
    });

    it("that the account cannot pay are reported with what is missing, and paid once the account is funded", async () => {
      const manager = await open();
      await l1.rpc("hardhat_setBalance", ACCOUNT, "0x64");
      await manager.submit({ ...payment("a"), gasLimit: 21_000n });
      const status = manager.status("a");
      expect(status).to.have.nested.property("trouble.kind", "insufficient-funds");
      expect(status).to.have.nested.property("trouble.balance", 100n);
      await l1.rpc("hardhat_setBalance", ACCOUNT, "0xde0b6b3a7640000");
      await manager.step();
      await manager.step();
      expect(manager.status("a")).to.have.property("kind", "succeeded");
    });
  });

  describe("kills", () => {
    /** Runs until the kill, then as a new process until everything is mined. */
    async function killAndResume(kill: Parameters<TestDisk["open"]>[0]): Promise<boolean> {
      let killed = false;
      try {
        const manager = await open({}, kill);
        await manager.submit(payment("a", 1n));
        await manager.step();
        await manager.submit(payment("b", 10n));
        await manager.step();
        await manager.forget("a");
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        killed = true;
      }
      const resumed = await open();
      // What a role does after a restart: asks again for what it wants done.
      await resumed.step();
      if (resumed.status("b") === undefined) await resumed.submit(payment("a", 1n));
      await resumed.submit(payment("b", 10n));
      await resumed.step();
      await resumed.step();
      expect(await balance()).to.equal(11n);
      expect(await nonce()).to.equal(2);
      return killed;
    }

    for (const automine of [true, false]) {
      for (const when of ["before", "after"] as const) {
        it(`${when} any write lose and repeat nothing (${automine ? "mined at once" : "mined later"})`, async () => {
          let kills = 0;
          for (let atWrite = 1; ; atWrite++) {
            const fresh = await createL1Fixture();
            await l1.close();
            l1 = fresh;
            disk = createTestDisk();
            if (!automine) {
              await l1.setAutomine(false);
              // Blocks come between the manager's questions.
              l1.intercept(async (method, _params, next) => {
                if (method === "eth_getBlockByNumber") await l1.mine();
                return next();
              });
            }
            if (!(await killAndResume({ atWrite, when }))) break;
            kills++;
          }
          expect(kills).to.be.greaterThan(7);
        });
      }
    }

    for (const when of ["before", "after"] as const) {
      it(`${when} the node takes a broadcast lose and repeat nothing`, async () => {
        const doomed = await open();
        l1.intercept(async (method, _params, next) => {
          if (method !== "eth_sendRawTransaction") return next();
          if (when === "after") await next();
          throw new Killed();
        });
        await doomed.submit(payment("a"));
        l1.intercept(undefined);
        const resumed = await open();
        expect(resumed.status("a")).to.have.property("kind", "pending");
        await resumed.submit(payment("a"));
        await resumed.step();
        await resumed.step();
        expect(resumed.status("a")).to.have.property("kind", "succeeded");
        expect(await balance()).to.equal(1n);
        expect(await nonce()).to.equal(1);
      });
    }

    it("leave a fee raise recognisable, whichever of the two transactions is mined", async () => {
      await l1.setAutomine(false);
      const doomed = await open();
      await doomed.submit(payment("a"));
      // The raise is on disk, but its broadcast never happened.
      l1.intercept(async (method, _params, next) => {
        if (method === "eth_sendRawTransaction") throw new Killed();
        return next();
      });
      clock += 61_000;
      await doomed.step().catch(() => undefined);
      l1.intercept(undefined);
      await l1.mine();
      const resumed = await open();
      await resumed.step();
      expect(resumed.status("a")).to.have.property("kind", "succeeded");
      expect(await balance()).to.equal(1n);
    });
  });

  describe("L1 reorgs", () => {
    it("that take a mined transaction have it sent again", async () => {
      const manager = await open({ confirmations: 5 });
      const snapshot = await l1.snapshot();
      await manager.submit(payment("a"));
      await manager.step();
      expect(manager.status("a")).to.include({ kind: "succeeded", confirmed: false });
      await l1.revertTo(snapshot);
      await l1.mine();
      expect(await balance()).to.equal(0n);
      await manager.step();
      await l1.mine(5);
      await manager.step();
      expect(manager.status("a")).to.include({ kind: "succeeded", confirmed: true });
      expect(await balance()).to.equal(1n);
    });

    it("deeper than the confirmations still have it sent again while it is remembered", async () => {
      const manager = await open({ confirmations: 1 });
      const snapshot = await l1.snapshot();
      await manager.submit(payment("a"));
      await manager.step();
      expect(manager.status("a")).to.include({ confirmed: true });
      await l1.revertTo(snapshot);
      await manager.step();
      await manager.step();
      expect(manager.status("a")).to.include({ kind: "succeeded", confirmed: true });
      expect(await balance()).to.equal(1n);
    });

    it("that leave a nonce to nobody have it filled, so that later ones move", async () => {
      const manager = await open();
      const snapshot = await l1.snapshot();
      await manager.submit(payment("a", 1n));
      await manager.step();
      await manager.forget("a");
      await l1.setAutomine(false);
      await manager.submit(payment("b", 10n));
      await l1.revertTo(snapshot);
      await l1.setAutomine(true);
      await manager.step();
      clock += 61_000;
      await manager.step();
      await manager.step();
      await manager.step();
      expect(manager.status("b")).to.have.property("kind", "succeeded");
      expect(await balance()).to.equal(10n);
    });
  });

  describe("another program with the same key", () => {
    it("that takes a nonce for good has the deed done under the next, once", async () => {
      await l1.setAutomine(false);
      const manager = await open({ confirmations: 2 });
      await manager.submit(payment("a"));
      await sendForeign({ nonce: 0, maxFeePerGas: parseGwei("100") });
      await l1.mine();
      await manager.step();
      // Not deep enough: a reorg could still give the nonce back.
      expect(manager.status("a")).to.include({ kind: "pending", nonce: 0 });
      await l1.mine();
      await manager.step();
      expect(manager.status("a")).to.include({ kind: "pending", nonce: 1 });
      await l1.mine();
      await manager.step();
      expect(manager.status("a")).to.include({ kind: "succeeded", nonce: 1 });
      expect(await balance()).to.equal(1n);
    });

    it("does not make a transaction move whose receipt the node merely withholds", async () => {
      const manager = await open();
      l1.intercept(async (method, _params, next) => (method === "eth_getTransactionReceipt" ? null : next()));
      await manager.submit(payment("a"));
      for (let i = 0; i < 3; i++) {
        await l1.mine(3);
        await manager.step();
      }
      l1.intercept(undefined);
      await manager.step();
      expect(manager.status("a")).to.include({ kind: "succeeded", nonce: 0 });
      expect(await nonce()).to.equal(1);
    });

    for (const [name, answer] of [
      ["null", () => Promise.resolve(null)],
      ["an error", () => Promise.reject(rpcError(-32000, "transaction indexing is in progress"))],
    ] as const) {
      it(`finds its receipts in their blocks where the node answers ${name} to their hash`, async () => {
        const manager = await open();
        l1.intercept(async (method, params, next) => {
          if (method === "eth_getTransactionReceipt") return answer();
          if (method !== "eth_getBlockReceipts") return next();
          const { transactions } = await l1.rpc<{ transactions: Hex[] }>("eth_getBlockByHash", params[0], false);
          return Promise.all(transactions.map((hash) => l1.rpc("eth_getTransactionReceipt", hash)));
        });
        await manager.submit(payment("a"));
        await manager.step();
        const status = manager.status("a");
        expect(status).to.include({ kind: "succeeded", nonce: 0, confirmed: true });
        expect(l1.calls.filter(({ method }) => method === "eth_getTransactionReceipt")).not.to.be.empty;
      });
    }

    it("does not take for lost what it knew to be mined, while its block is there", async () => {
      const manager = await open({ confirmations: 3 });
      await manager.submit(payment("a"));
      await manager.step();
      expect(manager.status("a")).to.include({ kind: "succeeded", confirmed: false });
      l1.intercept(async (method, _params, next) => (method === "eth_getTransactionReceipt" ? null : next()));
      await l1.mine(2);
      await manager.step();
      expect(manager.status("a")).to.include({ kind: "succeeded", confirmed: true });
    });

    it("goes on with other transactions where it may not ask for old nonces", async () => {
      const manager = await open();
      await manager.submit(payment("a"));
      await l1.mine(300);
      l1.intercept(async (method, params, next) => {
        if (method === "eth_getTransactionReceipt") return null;
        if (method === "eth_getTransactionCount" && String(params[1]).startsWith("0x"))
          throw rpcError(-32000, "missing trie node");
        return next();
      });
      await manager.submit(payment("b"));
      await manager.step();
      l1.intercept(undefined);
      await manager.step();
      expect([manager.status("a")?.kind, manager.status("b")?.kind]).to.eql(["succeeded", "succeeded"]);
    });

    it("sends from where there is no pending block", async () => {
      const manager = await open();
      l1.intercept(async (_method, params, next) => {
        if (params.includes("pending")) throw rpcError(-32602, "pending block is not available");
        return next();
      });
      await manager.submit(payment("a"));
      await manager.submit(payment("b"));
      await manager.step();
      expect([manager.status("a")?.kind, manager.status("b")?.kind]).to.eql(["succeeded", "succeeded"]);
    });

    it("with a pending transaction is not replaced", async () => {
      await l1.setAutomine(false);
      await sendForeign({ nonce: 0 });
      const manager = await open();
      expect(await manager.submit(payment("a"))).to.include({ nonce: 1 });
      await l1.mine();
      await manager.step();
      expect(manager.status("a")).to.have.property("kind", "succeeded");
      expect(await nonce()).to.equal(2);
    });
  });

  describe("cancellation", () => {
    it("gives the nonce to an empty transaction", async () => {
      await l1.setAutomine(false);
      const manager = await open();
      await manager.submit(payment("a", 1n));
      await manager.submit(payment("b", 10n));
      await manager.cancel("a");
      await l1.mine();
      await manager.step();
      expect(manager.status("a")).to.have.property("kind", "cancelled");
      expect(manager.status("b")).to.have.property("kind", "succeeded");
      expect(await balance()).to.equal(10n);
    });

    it("that comes too late says so", async () => {
      await l1.setAutomine(false);
      const manager = await open();
      await manager.submit(payment("a"));
      l1.intercept(async (method, _params, next) => {
        if (method === "eth_sendRawTransaction") await l1.mine();
        return next();
      });
      await manager.cancel("a");
      await manager.step();
      expect(manager.status("a")).to.have.property("kind", "succeeded");
    });

    it("survives a kill", async () => {
      await l1.setAutomine(false);
      const manager = await open();
      await manager.submit(payment("a"));
      l1.intercept(async (method, _params, next) => {
        if (method === "eth_sendRawTransaction") throw new ConnectionLost("lost");
        return next();
      });
      await manager.cancel("a");
      l1.intercept(undefined);
      const resumed = await open();
      await resumed.step();
      await l1.mine();
      await resumed.step();
      expect(resumed.status("a")).to.have.property("kind", "cancelled");
      expect(await balance()).to.equal(0n);
    });
  });

  describe("an L1 node that fails", () => {
    it("at three calls in ten, before or after doing its work, delays but does not repeat anything", async () => {
      const manager = await open();
      let random = 1;
      l1.intercept(async (_method, _params, next) => {
        random = (random * 16_807) % 2_147_483_647;
        if (random % 20 < 3) throw new ConnectionLost("lost");
        const answer = await next();
        if (random % 20 < 6) throw new ConnectionLost("lost");
        return answer;
      });
      for (let i = 0; i < 40 && manager.status("a")?.kind !== "succeeded"; i++) {
        await manager.submit(payment("a")).catch(() => undefined);
        await manager.step().catch(() => undefined);
      }
      l1.intercept(undefined);
      await manager.step();
      expect(manager.status("a")).to.have.property("kind", "succeeded");
      expect(await balance()).to.equal(1n);
      expect(await nonce()).to.equal(1);
    });

    it("does not end the loop", async () => {
      const manager = await open({ pollingInterval: 0.01 });
      let failures = 0;
      l1.intercept(async (method, _params, next) => {
        if (method === "eth_getBlockByNumber" && failures < 3) {
          failures++;
          throw new ConnectionLost("lost");
        }
        return next();
      });
      manager.start();
      await manager.submit(payment("a"));
      expect(await manager.wait("a")).to.have.property("kind", "succeeded");
      expect(failures).to.equal(3);
      await manager.stop();
    });
  });

  describe("blobs", () => {
    const blobs = [new Uint8Array(131_072).fill(1, 1, 32)];
    const posting = (purpose: string): L1TransactionRequest => ({ ...payment(purpose), gasLimit: 50_000n, blobs });

    it("are sent with their proofs in the form the node reads", async () => {
      const manager = await open();
      await manager.submit(posting("a"));
      await manager.step();
      const status = manager.status("a");
      expect(status?.kind).to.equal("succeeded");
      const transaction = await l1.client.getTransaction({ hash: status?.kind === "succeeded" ? status.hash : "0x" });
      expect(transaction.type).to.equal("eip4844");
    });

    for (const [name, missing, price] of [
      ["the fee history", ["eth_blobBaseFee"], "baseFeePerBlobGas"],
      ["the header", ["eth_blobBaseFee", "eth_feeHistory"], "excessBlobGas"],
    ] as const) {
      it(`are priced by ${name} where the node does not tell their price, nor its name`, async () => {
        const manager = await open();
        l1.intercept(async (method, _params, next) => {
          if (method === "web3_clientVersion" || (missing as readonly string[]).includes(method))
            throw rpcError(-32601, `the method ${method} does not exist`);
          if (method === "eth_feeHistory")
            return { oldestBlock: "0x0", baseFeePerGas: [], [price]: ["0x1", "0x2540be400"] };
          if (method !== "eth_getBlockByNumber" || price !== "excessBlobGas") return next();
          return { ...((await next()) as object), excessBlobGas: "0x100cc550" };
        });
        await manager.submit(posting("a"));
        await manager.step();
        await manager.step();
        const status = manager.status("a");
        if (status?.kind !== "succeeded") expect.fail(`the transaction is ${status?.kind ?? "unknown"}`);
        const { maxFeePerBlobGas } = await l1.client.getTransaction({ hash: status.hash });
        // Twice the price: 10 gwei; e^(269,272,400 / 11,684,671) wei.
        expect(maxFeePerBlobGas).to.equal(
          price === "excessBlobGas" ? 2n * blobBaseFeeOf(0x100cc550n) : 20_000_000_000n,
        );
      });
    }

    it("without any price are said to be, and keep nothing else from being sent", async () => {
      const manager = await open();
      l1.intercept(async (method, _params, next) => {
        if (["eth_blobBaseFee", "eth_feeHistory"].includes(method)) throw rpcError(-32601, "no such method");
        if (method !== "eth_getBlockByNumber") return next();
        return { ...((await next()) as object), excessBlobGas: undefined };
      });
      await manager.submit(payment("a"));
      await manager.submit(posting("b"));
      await manager.step();
      await manager.step();
      expect(manager.status("a")).to.have.property("kind", "succeeded");
      expect(manager.status("b")).to.have.nested.property("trouble.message").that.contains("tells no price of blobs");
      await manager.cancel("b");
      await manager.step();
      expect(manager.status("b")).to.have.property("kind", "cancelled");
    });

    it("wait for other transactions of the account, which pools keep apart", async () => {
      await l1.setAutomine(false);
      const manager = await open();
      await manager.submit(payment("a"));
      await manager.submit(posting("b"));
      expect(manager.status("b")).to.have.nested.property("trouble.kind", "behind-other-kind");
      await l1.mine();
      await l1.setAutomine(true);
      await manager.step();
      await manager.step();
      expect(manager.status("b")).to.have.property("kind", "succeeded");
    });

    it("that no node took are cancelled without blobs", async () => {
      // This L1 takes blobs only while it mines at once.
      await l1.setAutomine(false);
      const manager = await open();
      await manager.submit(posting("a"));
      expect(manager.status("a")).to.have.nested.property("trouble.kind", "rejected");
      await manager.cancel("a");
      await l1.mine();
      await manager.step();
      expect(manager.status("a")).to.have.property("kind", "cancelled");
    });
  });
});
