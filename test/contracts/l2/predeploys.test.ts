import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Interface } from "ethers";
import type { InterfaceAbi, LogDescription } from "ethers";
import {
  EMPTY_APPEND_ONLY_MERKLE_TREE,
  appendLeaf,
  bytesToHex,
  hexToBytes,
  merkleProof,
  verifyMerkleProof,
} from "../../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../../src/primitives/index.ts";
import { FEE_VAULT_ADDRESS, L1_CONTEXT_ADDRESS, OUTBOX_ADDRESS, withdrawalHash } from "../../../src/rollup/index.ts";
import type { Receipt } from "../../../src/rollup/index.ts";
import { ETHER, account, createTestChain, hash, sign, wallet } from "../../execution/harness.ts";
import type { TestChain } from "../../execution/harness.ts";

function interfaceOf(name: string): Interface {
  const file = new URL(`../../../artifacts/contracts/l2/${name}.sol/${name}.json`, import.meta.url);
  return new Interface((JSON.parse(readFileSync(file, "utf8")) as { abi: InterfaceAbi }).abi);
}

const outbox = interfaceOf("Outbox");
const feeVault = interfaceOf("FeeVault");
const l1Context = interfaceOf("L1Context");
const alice = wallet(1);
const bob = wallet(2);

const newChain = () => createTestChain({ balances: { [alice.address]: 10n * ETHER } });

async function view(chain: TestChain, address: Address, contract: Interface, name: string): Promise<unknown> {
  const outcome = await chain.engine.call(
    {
      from: bob.address,
      to: address,
      data: hexToBytes(contract.encodeFunctionData(name)),
      value: 0n,
      gas: 1_000_000n,
      gasPrice: 0n,
    },
    { at: chain.latest().header },
  );
  if (outcome.kind !== "success") throw new Error(outcome.kind);
  return contract.decodeFunctionResult(name, outcome.output)[0];
}

function events(receipt: Receipt, address: Address, contract: Interface): LogDescription[] {
  return receipt.logs
    .filter((log) => log.address === address)
    .map((log) => contract.parseLog({ topics: [...log.topics], data: bytesToHex(log.data) }) as LogDescription);
}

describe("Outbox", () => {
  it("keeps the tree, root and events that the TypeScript tree gives, message after message", async () => {
    const chain = await newChain();
    let tree = EMPTY_APPEND_ONLY_MERKLE_TREE;
    const leaves: Hash[] = [];
    for (let index = 0; index < 9; index++) {
      const message = {
        index,
        sender: alice.address,
        target: account(index),
        value: BigInt(index),
        minimumGas: BigInt(1000 * index),
        data: new Uint8Array(index * 7).fill(index),
      };
      const data = outbox.encodeFunctionData("sendMessage", [message.target, message.minimumGas, message.data]) as Hex;
      const receipt = await chain.include(
        sign(alice, { nonce: BigInt(index), to: OUTBOX_ADDRESS, value: message.value, data, gasLimit: 500_000n }),
      );
      expect(receipt.status).to.equal(1);
      const leaf = withdrawalHash(message);
      leaves.push(leaf);
      tree = appendLeaf(tree, leaf);
      const [event] = events(receipt, OUTBOX_ADDRESS, outbox);
      expect(event?.name).to.equal("MessageSent");
      expect(event?.args.toArray().slice(3)).to.eql([
        message.value,
        message.minimumGas,
        bytesToHex(message.data),
        leaf,
      ]);
      expect(event?.args["index"]).to.equal(BigInt(index));
      expect(String(event?.args["sender"]).toLowerCase()).to.equal(alice.address);
      expect(String(event?.args["target"]).toLowerCase()).to.equal(message.target);

      expect(chain.latest().header.outboxRoot).to.equal(tree.root);
      expect(await view(chain, OUTBOX_ADDRESS, outbox, "root")).to.equal(tree.root);
      expect(await view(chain, OUTBOX_ADDRESS, outbox, "count")).to.equal(BigInt(tree.count));
      expect(await chain.slot(OUTBOX_ADDRESS, 0n)).to.equal(BigInt(tree.count));
      for (const [level, node] of tree.frontier.entries()) {
        if (Math.floor(tree.count / 2 ** level) % 2 === 1)
          expect(await chain.slot(OUTBOX_ADDRESS, 2n + BigInt(level))).to.equal(BigInt(node));
      }
    }
    for (let index = 0; index < 9; index++) {
      expect(
        verifyMerkleProof(
          chain.latest().header.outboxRoot,
          leaves[index] as Hash,
          index,
          9,
          merkleProof(leaves, index),
        ),
      ).to.equal(true);
    }
  });

  it("refuses what L1 could not execute, and says the bound", async () => {
    const chain = await newChain();
    const send = async (minimumGas: bigint, length: number) => {
      const data = hexToBytes(
        outbox.encodeFunctionData("sendMessage", [account(1), minimumGas, new Uint8Array(length)]),
      );
      const call = { from: alice.address, to: OUTBOX_ADDRESS, data, value: 0n, gas: 2n ** 24n, gasPrice: 0n };
      const outcome = await chain.engine.call(call, { at: chain.latest().header });
      if (outcome.kind !== "revert") return [outcome.kind];
      const error = outbox.parseError(outcome.output);
      return [error?.name, ...(error?.args ?? [])];
    };
    expect(await send(14_000_000n, 65_536)).to.eql(["success"]);
    expect(await send(14_000_001n, 0)).to.eql(["MinimumGasTooHigh", 14_000_001n, 14_000_000n]);
    expect(await send(2n ** 256n - 1n, 0)).to.eql(["MinimumGasTooHigh", 2n ** 256n - 1n, 14_000_000n]);
    expect(await send(0n, 65_537)).to.eql(["DataTooLong", 65_537n, 65_536n]);
  });

  it("cannot be filled: after 2^32 messages, and up to 2^64 - 1, it takes the next", async () => {
    const fill = async (count: bigint) => {
      const [slots, frontier] = [{ [hash(0)]: hash(count) }, 2n];
      const storage = Object.fromEntries(
        Array.from({ length: 64 }, (_, level) => [hash(frontier + BigInt(level)), hash(1_000n + BigInt(level))]),
      );
      const chain = await createTestChain({
        balances: { [alice.address]: 10n * ETHER },
        storage: { [OUTBOX_ADDRESS]: { ...storage, ...slots } },
      });
      const data = outbox.encodeFunctionData("sendMessage", [account(1), 0, "0x"]) as Hex;
      const receipt = await chain.include(sign(alice, { to: OUTBOX_ADDRESS, data, gasLimit: 500_000n }));
      return [receipt.status, await chain.slot(OUTBOX_ADDRESS, 0n)];
    };
    expect(await fill(2n ** 32n - 1n)).to.eql([1, 2n ** 32n]);
    expect(await fill(2n ** 64n - 2n)).to.eql([1, 2n ** 64n - 1n]);
  });

  it("keeps the ETH of messages for ever", async () => {
    const chain = await newChain();
    const data = outbox.encodeFunctionData("sendMessage", [account(1), 0, "0x"]) as Hex;
    await chain.include(sign(alice, { to: OUTBOX_ADDRESS, value: ETHER, data, gasLimit: 300_000n }));
    expect(await chain.balance(OUTBOX_ADDRESS)).to.equal(ETHER);
  });

  it("does not take ETH without a message", async () => {
    const chain = await newChain();
    const receipt = await chain.include(sign(alice, { to: OUTBOX_ADDRESS, value: 1n }));
    expect(receipt.status).to.equal(0);
  });

  it("of a reverted transaction knows nothing", async () => {
    // Forward their calldata to the Outbox; one of them then reverts.
    const forward = `36600060003760006000366000600073${OUTBOX_ADDRESS.slice(2)}5af150`;
    const [keeping, reverting] = [account(60), account(61)];
    const chain = await createTestChain({
      balances: { [alice.address]: ETHER },
      code: { [keeping]: `0x${forward}00`, [reverting]: `0x${forward}60006000fd` },
    });
    const data = outbox.encodeFunctionData("sendMessage", [account(1), 0, "0x"]) as Hex;
    const reverted = await chain.include(sign(alice, { to: reverting, data, gasLimit: 300_000n }));
    expect([reverted.status, chain.latest().header.outboxRoot, await chain.slot(OUTBOX_ADDRESS, 0n)]).to.eql([
      0,
      hash(0),
      0n,
    ]);
    const kept = await chain.include(sign(alice, { nonce: 1n, to: keeping, data, gasLimit: 300_000n }));
    expect([kept.status, await chain.slot(OUTBOX_ADDRESS, 0n)]).to.eql([1, 1n]);
  });
});

describe("FeeVault", () => {
  it("sends all it holds to the recipient on L1, whoever asks", async () => {
    const chain = await newChain();
    await chain.include(sign(alice, { to: bob.address, value: ETHER, maxPriorityFeePerGas: 5n }));
    const amount = await chain.balance(FEE_VAULT_ADDRESS);
    expect(amount > 0n).to.equal(true);
    const data = feeVault.encodeFunctionData("withdraw") as Hex;
    const receipt = await chain.include(sign(bob, { to: FEE_VAULT_ADDRESS, data, gasLimit: 300_000n }));
    const [sent] = events(receipt, OUTBOX_ADDRESS, outbox);
    expect([
      sent?.args["value"],
      String(sent?.args["target"]).toLowerCase(),
      String(sent?.args["sender"]).toLowerCase(),
    ]).to.eql([amount, wallet(999).address, FEE_VAULT_ADDRESS]);
    const [withdrawn] = events(receipt, FEE_VAULT_ADDRESS, feeVault);
    expect([
      String(withdrawn?.args["recipient"]).toLowerCase(),
      withdrawn?.args["amount"],
      withdrawn?.args["index"],
    ]).to.eql([wallet(999).address, amount, 0n]);
    // What is left came after: the base fee of this block.
    expect(await chain.balance(FEE_VAULT_ADDRESS)).to.equal(receipt.gasUsed * receipt.effectiveGasPrice);
    expect(String(await view(chain, FEE_VAULT_ADDRESS, feeVault, "recipient")).toLowerCase()).to.equal(
      wallet(999).address,
    );
  });

  it("reverts with NothingToWithdraw when empty", async () => {
    const chain = await newChain();
    const outcome = await chain.engine.call(
      {
        from: bob.address,
        to: FEE_VAULT_ADDRESS,
        data: hexToBytes(feeVault.encodeFunctionData("withdraw")),
        value: 0n,
        gas: 300_000n,
        gasPrice: 0n,
      },
      { at: chain.latest().header },
    );
    expect(outcome.kind === "revert" ? feeVault.parseError(outcome.output)?.name : outcome.kind).to.equal(
      "NothingToWithdraw",
    );
  });

  it("takes gifts", async () => {
    const chain = await newChain();
    expect((await chain.include(sign(alice, { to: FEE_VAULT_ADDRESS, value: 1n }))).status).to.equal(1);
  });
});

describe("L1Context", () => {
  it("shows contracts the values of the last context", async () => {
    const chain = await newChain();
    expect(await view(chain, L1_CONTEXT_ADDRESS, l1Context, "number")).to.equal(0n);
    await chain.block(async (execution) => {
      await execution.executeMessage(
        chain.context({ number: 11, timestamp: 12, baseFee: 13n, blobBaseFee: 14n, parentHash: hash(15) }),
      );
    });
    const names = ["number", "timestamp", "baseFee", "blobBaseFee", "parentHash"];
    const values = await Promise.all(names.map((name) => view(chain, L1_CONTEXT_ADDRESS, l1Context, name)));
    expect(values).to.eql([11n, 12n, 13n, 14n, hash(15)]);
  });
});
