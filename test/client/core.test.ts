import { expect } from "chai";
import { readFileSync } from "node:fs";
import { decodeFunctionData, encodeErrorResult, encodeEventTopics, encodeAbiParameters, getAddress } from "viem";
import type { Address, Hash } from "viem";
import { erc20BridgeAbi, inboxAbi, portalAbi } from "../../src/client/abi.ts";
import { FINALIZATION_GAS } from "../../src/client/costs.ts";
import { findRevert } from "../../src/client/failure.ts";
import {
  L2_BRIDGE_ADDRESSES,
  OnestepError,
  claimsToConfirm,
  decodeMessages,
  depositCall,
  executionTime,
  forceIncludeCall,
  messageCall,
  onestepChain,
  parseRollup,
  transferCall,
  withDepositGas,
  withdrawalCall,
} from "../../src/client/index.ts";
import type { Claim, WithdrawalStatus } from "../../src/client/index.ts";
import { bytesToHex, hexToBytes } from "../../src/primitives/index.ts";
import { contextBodyHash, depositBodyHash, messageHash } from "../../src/rollup/index.ts";

const address = (digit: string): Address => `0x${digit.repeat(40)}`;
const hash = (digit: string): Hash => `0x${digit.repeat(64)}`;

const configuration = {
  l1ChainId: 31337,
  l1StartBlock: 5,
  contracts: {
    rollup: address("1"),
    inbox: address("2"),
    stateCommitmentChain: address("3"),
    challengeGame: address("4"),
    portal: address("5"),
    prover: address("6"),
  },
  parameters: {
    operator: address("7"),
    forceInclusionDelay: 60,
    selfSequencingDelay: 300,
    challengePeriod: 120,
    claimBond: "100",
    unitBond: "50",
  },
  genesis: {
    chainId: 7302757,
    alloc: Object.fromEntries(
      Object.values(L2_BRIDGE_ADDRESSES).map((predeploy, index) => [
        predeploy,
        { storage: { [hash("0")]: `0x${"00".repeat(12)}${address(String(index + 1)).slice(2)}` } },
      ]),
    ),
  },
  genesisHash: hash("8"),
};
const rollup = parseRollup(configuration);
const me = address("a");

/** The kind of problem that a call throws. */
function problemOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof OnestepError) return error.problem.kind;
    throw error;
  }
  return "none";
}

describe("The client's core", () => {
  describe("the one clock of withdrawals", () => {
    const claim: Claim = {
      id: hash("c"),
      parentId: hash("0"),
      stateHash: hash("1"),
      traceRoot: hash("2"),
      blockHash: hash("3"),
      outboxRoot: hash("4"),
      batchCount: 1,
      messageCount: 1,
      proposedAt: 1_000,
      confirmableAt: 1_120,
      status: "pending",
    };
    const base = {
      l1Timestamp: 1_050,
      blockNumber: 3,
      transactionHash: hash("9"),
      withdrawal: { index: 0, sender: me, target: me, value: 1n, minimumGas: 0n, data: "0x" },
    } as const;
    const claimed = { ...base, claim, unconfirmed: [claim], executableAt: 1_120 };
    const statuses: Readonly<Record<WithdrawalStatus["status"], WithdrawalStatus>> = {
      sent: { ...base, status: "sent", executableAt: 1_170 },
      safe: { ...base, status: "safe", executableAt: 1_170 },
      claimed: { ...claimed, status: "claimed" },
      disputed: { ...claimed, status: "disputed", decidedBy: 1_240 },
      confirmable: { ...claimed, status: "confirmable", executableAt: 1_050 },
      executable: { ...base, status: "executable", claim },
      executed: { ...base, status: "executed" },
    };
    const now = new Date("2026-01-01T00:00:00Z");

    it("waits on the caller's clock for what is left by L1's, however far the two are apart", () => {
      expect(executionTime(statuses.claimed, now)).to.eql({
        kind: "at",
        l1Timestamp: 1_120,
        seconds: 70,
        estimatedAt: new Date("2026-01-01T00:01:10Z"),
      });
    });

    it("says 'not before' where a batch, a claim or a decision has to come first", () => {
      for (const status of [statuses.sent, statuses.safe]) {
        expect(executionTime(status, now)).to.deep.include({ kind: "not-before", l1Timestamp: 1_170, seconds: 120 });
      }
      expect(executionTime(statuses.disputed, now)).to.deep.include({
        kind: "not-before",
        seconds: 70,
        decidedBy: 1_240,
      });
    });

    it("is never negative: a dispute may go on beyond its claim's own time", () => {
      const late = { ...statuses.disputed, l1Timestamp: 5_000 };
      expect(executionTime(late, now)).to.deep.include({ seconds: 0, estimatedAt: now });
    });

    it("says how many claims are to be confirmed, and which, in order", () => {
      expect(executionTime(statuses.confirmable, now)).to.eql({ kind: "now", confirmations: 1 });
      expect(executionTime(statuses.executable, now)).to.eql({ kind: "now", confirmations: 0 });
      expect(executionTime(statuses.executed, now)).to.eql({ kind: "past" });
      expect(claimsToConfirm(statuses.confirmable)).to.eql([claim]);
      expect(claimsToConfirm(statuses.executable)).to.eql([]);
      for (const early of ["sent", "safe", "claimed", "disputed"] as const) {
        expect(
          problemOf(() => claimsToConfirm(statuses[early])),
          early,
        ).to.equal("not-executable");
      }
      expect(problemOf(() => claimsToConfirm(statuses.executed))).to.equal("already-executed");
    });
  });

  describe("messages to L2", () => {
    const deposit = {
      sender: me,
      to: address("b"),
      mint: 5n,
      value: 3n,
      gasLimit: 21_000n,
      refundTo: address("c"),
      data: "0x1234",
    } as const;

    it("are read from the Inbox's events with the opening that forceInclude takes, as the node hashes it", () => {
      const bodyHash = depositBodyHash({ ...deposit, data: hexToBytes(deposit.data) });
      const own = messageHash(7, 1_000, "deposit", bodyHash);
      const context = { number: 9n, timestamp: 1_001n, baseFee: 7n, blobBaseFee: 1n, parentHash: hash("d") };
      const contextBody = contextBodyHash({ ...context, number: 9, timestamp: 1_001 });
      const logs = [
        {
          address: rollup.contracts.inbox,
          topics: encodeEventTopics({
            abi: inboxAbi,
            eventName: "DepositEnqueued",
            args: { index: 7n, sender: deposit.sender, to: deposit.to },
          }) as [Hash],
          data: encodeAbiParameters(
            ["bytes32", "uint256", "uint256", "uint256", "uint256", "address", "bytes"].map((type) => ({ type })),
            [own, 1_000n, deposit.mint, deposit.value, deposit.gasLimit, deposit.refundTo, deposit.data],
          ),
        },
        {
          address: rollup.contracts.inbox,
          topics: encodeEventTopics({ abi: inboxAbi, eventName: "ContextEnqueued", args: { index: 8n } }) as [Hash],
          data: encodeAbiParameters(
            ["bytes32", "uint256", "uint256", "uint256", "uint256", "bytes32"].map((type) => ({ type })),
            [hash("e"), context.number, context.timestamp, context.baseFee, context.blobBaseFee, context.parentHash],
          ),
        },
        { address: rollup.contracts.inbox, topics: [hash("f")] as [Hash], data: "0x" as const },
      ];
      const messages = decodeMessages([...logs, { ...logs[0]!, address: address("9") }], rollup.contracts.inbox);
      expect(messages).to.eql([
        { index: 7, hash: own, enqueuedAt: 1_000, kind: "deposit", opening: { enqueuedAt: 1_000n, kind: 0, bodyHash } },
        {
          index: 8,
          hash: hash("e"),
          enqueuedAt: 1_001,
          kind: "context",
          opening: { enqueuedAt: 1_001n, kind: 1, bodyHash: contextBody },
        },
      ]);
      const { functionName, args } = decodeFunctionData({
        abi: inboxAbi,
        data: forceIncludeCall(rollup, messages[0]!).data,
      });
      expect([functionName, args]).to.eql(["forceInclude", [7n, messages[0]!.opening]]);
    });

    it("mint what they carry and refund the sender unless told otherwise", () => {
      const call = messageCall(rollup, me, { to: address("b"), value: 3n, gasLimit: 21_000n });
      expect(call).to.include({ to: rollup.contracts.inbox, value: 3n });
      expect(decodeFunctionData({ abi: inboxAbi, data: call.data }).args).to.eql([
        getAddress(address("b")),
        3n,
        21_000n,
        "0x",
        getAddress(me),
      ]);
    });

    it("are given the gas they may have to burn for, and never more than a transaction may have", () => {
      expect(withDepositGas(60_000n, 100_000n)).to.equal(160_000n);
      expect(withDepositGas(60_000n, 1n << 24n)).to.equal(1n << 24n);
    });

    it("are refused before they are sent where the Inbox would refuse them, or worse, would not", () => {
      const refused = [
        () => depositCall(rollup, { to: `0x${"00".repeat(20)}`, value: 1n }),
        () => depositCall(rollup, { to: "0x12", value: 1n }),
        () => depositCall(rollup, { to: me, value: -1n }),
        () => depositCall(rollup, { to: me, value: 0.1 as unknown as bigint }),
        () => depositCall(rollup, { to: me, value: 1n << 128n }),
        () => messageCall(rollup, me, { to: me, gasLimit: (1n << 24n) + 1n }),
        () => messageCall(rollup, me, { to: me, gasLimit: 1n, data: "0x1" }),
        () => messageCall(rollup, me, { to: me, gasLimit: 1n, data: bytesToHex(new Uint8Array(65_537)) }),
        () => messageCall(rollup, me, { to: me, gasLimit: 1n, refundTo: `0x${"00".repeat(20)}` }),
        () => withdrawalCall(rollup, { target: "me" as Address, value: 1n }),
      ];
      for (const call of refused) expect(problemOf(call), String(call)).to.equal("invalid-argument");
    });
  });

  it("refuses a withdrawal to a contract that the Portal never calls", () => {
    const { portal, inbox, stateCommitmentChain, challengeGame } = rollup.contracts;
    for (const target of [portal, inbox, stateCommitmentChain]) {
      expect(problemOf(() => withdrawalCall(rollup, { target, value: 1n }))).to.equal("forbidden-target");
    }
    expect(problemOf(() => withdrawalCall(rollup, { target: challengeGame, value: 1n }))).to.equal("none");
  });

  it("takes a rollup from its configuration, and nothing else for one", () => {
    expect(rollup).to.deep.include({ l1ChainId: 31337, l2ChainId: 7302757, genesisHash: hash("8") });
    expect(onestepChain(rollup, { rpcUrl: "http://l2" })).to.include({ id: 7302757, sourceId: 31337 });
    for (const other of [
      undefined,
      {},
      { ...configuration, contracts: { ...configuration.contracts, inbox: "0x12" } },
    ]) {
      expect(problemOf(() => parseRollup(other))).to.equal("invalid-argument");
    }
  });

  it("finds the contract's error in what viem, ethers and nodes make of it", () => {
    const data = encodeErrorResult({ abi: portalAbi, errorName: "AlreadyExecuted", args: [3n] });
    const nested = Object.assign(new Error("outer"), { cause: { data: { message: "reverted", data } } });
    const ofEthers = Object.assign(new Error("could not coalesce error"), { code: "UNKNOWN_ERROR", error: { data } });
    const deeper = Object.assign(new Error("x"), { info: { error: { data } } });
    for (const error of [{ data }, nested, ofEthers, deeper]) {
      expect(findRevert(error)).to.eql({ errorName: "AlreadyExecuted", args: [3n], reason: "AlreadyExecuted(3)" });
    }
    expect(findRevert(new Error("execution reverted"))).to.deep.include({ errorName: undefined });
    expect(findRevert(new Error("connection refused"))).to.equal(undefined);
  });

  it("estimates what a withdrawal takes on L1 by what was measured", () => {
    const { measurements } = JSON.parse(readFileSync("benchmarks/gas.json", "utf8")) as {
      measurements: readonly { operation: string; gas: number }[];
    };
    const measured = (wanted: string): number => measurements.find(({ operation }) => operation === wanted)!.gas;
    const dearest = measured("withdraw to a fresh recipient, ETH still in the Inbox, new bitmap word");
    expect(Number(FINALIZATION_GAS.execute)).to.be.within(dearest, 1.02 * dearest);
    const confirm = measured("confirm a claim");
    expect(Number(FINALIZATION_GAS.confirm)).to.be.within(confirm, 1.02 * confirm);
  });

  describe("transfers of tokens", () => {
    it("know the bridges on L1 by the genesis, and refuse a configuration whose predeploys know none", () => {
      expect(rollup.l1Bridges).to.eql({
        messenger: address("1"),
        erc20Bridge: address("2"),
        erc721Bridge: address("3"),
        erc1155Bridge: address("4"),
      });
      const genesis = { ...configuration.genesis, alloc: {} };
      expect(problemOf(() => parseRollup({ ...configuration, genesis }))).to.equal("invalid-argument");
    });

    it("carry the value and the fee, and go to the sender's account unless another is given", () => {
      const token = address("c");
      const call = transferCall(address("2"), me, { standard: "erc20", token, amount: 5n, value: 7n }, 11n);
      expect([call.to, call.value]).to.eql([address("2"), 18n]);
      const { args } = decodeFunctionData({ abi: erc20BridgeAbi, data: call.data });
      const delivery = { recipient: getAddress(me), value: 7n, data: "0x", minimumGas: 0n, refundTo: getAddress(me) };
      expect(args).to.eql([getAddress(token), 5n, delivery]);
    });
  });
});
