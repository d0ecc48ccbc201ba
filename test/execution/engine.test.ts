import { RLP } from "@ethereumjs/rlp";
import { fromMerkleStateProof, verifyMerkleStateProof } from "@ethereumjs/statemanager";
import { expect } from "chai";
import fc from "fast-check";
import { logsBloom } from "../../src/ethereum/index.ts";
import type { StateDatabase } from "../../src/ethereum/index.ts";
import { executeBlock } from "../../src/execution/index.ts";
import { bytesToBigint, bytesToHex, hexToBytes, keccak256, merkleRoot } from "../../src/primitives/index.ts";
import type { Hash, Hex } from "../../src/primitives/index.ts";
import { OUTBOX_ADDRESS, OUTBOX_SLOTS, genesisBlock, headerHash, receiptHash } from "../../src/rollup/index.ts";
import type { Block, BlockInput } from "../../src/rollup/index.ts";
import { createTestEngine } from "../engine.ts";
import {
  CHAIN_ID,
  ETHER,
  GWEI,
  PROGRAMS,
  account,
  createTestChain,
  hash,
  instruments,
  sign,
  signRaw,
  wallet,
} from "./harness.ts";
import type { TestChain } from "./harness.ts";

const wallets = [wallet(1), wallet(2), wallet(3)];
const [alice, bob] = wallets as [ReturnType<typeof wallet>, ReturnType<typeof wallet>];
const CONTRACTS: Record<Hex, Hex> = {
  [account(60)]: PROGRAMS.remember,
  [account(61)]: PROGRAMS.storeAndRevert,
  [account(62)]: PROGRAMS.selfDestruct,
  [account(63)]: PROGRAMS.count,
  [account(64)]: PROGRAMS.invalid,
  [account(65)]: PROGRAMS.log,
};
const balances = Object.fromEntries(wallets.map(({ address }) => [address, ETHER]));

/** Sum of all balances of a state, found by walking its trie. */
function totalSupply(state: StateDatabase, root: Hash): bigint {
  const walk = (node: unknown): bigint => {
    if (node instanceof Uint8Array) {
      return node.length === 0 ? 0n : walk(RLP.decode(state.get(node)));
    }
    const items = node as (Uint8Array | unknown[])[];
    if (items.length === 17) return items.slice(0, 16).reduce((sum, child) => sum + walk(child), 0n);
    const [path, value] = items as [Uint8Array, Uint8Array];
    if ((path[0] as number) >> 4 < 2) return walk(value);
    const [, balance] = RLP.decode(value) as [Uint8Array, Uint8Array];
    return bytesToBigint(balance);
  };
  return walk(hexToBytes(root));
}

type Action =
  | {
      readonly kind: "deposit";
      readonly from: number;
      readonly to: number;
      readonly mint: bigint;
      readonly value: bigint;
      readonly gasLimit: bigint;
      readonly refund: boolean;
    }
  | { readonly kind: "context"; readonly baseFee: bigint; readonly blobBaseFee: bigint }
  | {
      readonly kind: "transaction";
      readonly from: number;
      readonly to: number;
      readonly value: bigint;
      readonly gasLimit: bigint;
      readonly nonceGap: boolean;
    }
  | { readonly kind: "creation"; readonly from: number; readonly value: bigint; readonly initcode: Hex };

const amount = fc.oneof(fc.constant(0n), fc.bigInt(0n, 10n), fc.bigInt(0n, 2n * ETHER));
const gasLimit = fc.oneof(fc.constant(0n), fc.bigInt(20_000n, 200_000n), fc.bigInt(20_000n, 16_777_216n));
const party = fc.nat(9);
const deposit = fc.record({
  kind: fc.constant("deposit" as const),
  from: fc.nat(2),
  to: party,
  mint: amount,
  value: amount,
  gasLimit,
  refund: fc.boolean(),
});
const context = fc.record({
  kind: fc.constant("context" as const),
  baseFee: fc.bigInt(0n, 100n * GWEI),
  blobBaseFee: fc.bigInt(0n, 1_000n * GWEI),
});
const transaction = fc.record({
  kind: fc.constant("transaction" as const),
  from: fc.nat(2),
  to: party,
  value: amount,
  gasLimit,
  nonceGap: fc.boolean(),
});
const initcode = fc.constantFrom<Hex>("0x60016000f3", "0xfe", "0x60006000fd", "0x33ff", "0x60016000556001600155");
const creation = fc.record({ kind: fc.constant("creation" as const), from: fc.nat(2), value: amount, initcode });
const blocks = fc.array(
  fc.record({
    messages: fc.array(fc.oneof(deposit, context), { maxLength: 4 }),
    transactions: fc.array(fc.oneof(transaction, creation), { maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 4 },
);

function partyAddress(index: number): Hex {
  return index < 3
    ? (wallets[index] as (typeof wallets)[number]).address
    : index < 9
      ? account(57 + index)
      : account(99);
}

/** Executes blocks of actions one after the other; gives the blocks and the inputs that made them. */
async function play(
  chain: TestChain,
  plan: readonly { messages: readonly Action[]; transactions: readonly Action[] }[],
) {
  const played: Block[] = [];
  const inputs: BlockInput[] = [];
  let parent = chain.latest();
  const nonces = [0n, 0n, 0n];
  for (const { messages, transactions } of plan) {
    const input: BlockInput = {
      timestamp: parent.header.timestamp + 1,
      messages: messages.map((action, offset) => {
        const index = parent.nextMessage + offset;
        if (action.kind === "context")
          return chain.context({
            index,
            number: index + 1,
            baseFee: action.baseFee,
            blobBaseFee: action.blobBaseFee,
            parentHash: hash(index),
          });
        if (action.kind !== "deposit") throw new Error("not a message");
        const sender = partyAddress(action.from);
        return chain.deposit({
          index,
          sender,
          to: partyAddress(action.to),
          mint: action.mint,
          value: action.value,
          gasLimit: action.gasLimit,
          refundTo: action.refund ? account(98) : sender,
        });
      }),
      transactions: transactions.map((action) => {
        if (action.kind !== "transaction" && action.kind !== "creation") throw new Error("not a transaction");
        const from = wallets[action.from] as (typeof wallets)[number];
        const nonce = nonces[action.from] as bigint;
        nonces[action.from] = nonce + 1n;
        if (action.kind === "creation")
          return signRaw(from, {
            nonce,
            value: action.value,
            data: action.initcode,
            gasLimit: 200_000n,
            maxPriorityFeePerGas: 1n,
          });
        const word = `0x${bob.address.slice(2).padStart(64, "0")}` as const;
        return signRaw(from, {
          nonce: action.nonceGap ? nonce + 5n : nonce,
          to: partyAddress(action.to),
          value: action.value,
          gasLimit: action.gasLimit,
          data: word,
          maxPriorityFeePerGas: 2n,
        });
      }),
    };
    const { block } = await executeBlock(chain.engine, parent, input, CHAIN_ID);
    for (const [index, { address }] of wallets.entries()) {
      nonces[index] = (await chain.engine.getAccount(block.header.stateRoot, address))?.nonce ?? 0n;
    }
    played.push(block);
    inputs.push(input);
    parent = block;
  }
  return { played, inputs };
}

describe("blocks of random messages and transactions", function () {
  this.timeout(120_000);

  it("conserve ETH: all balances together are the genesis supply and all mints", async () => {
    await fc.assert(
      fc.asyncProperty(blocks, async (plan) => {
        const chain = await createTestChain({ balances, code: CONTRACTS });
        const { played, inputs } = await play(chain, plan);
        let expected = 3n * ETHER;
        for (const [index, block] of played.entries()) {
          for (const message of (inputs[index] as BlockInput).messages)
            if (message.kind === "deposit") expected += message.mint;
          expect(totalSupply(chain.state, block.header.stateRoot)).to.equal(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("have headers whose every field follows from the block", async () => {
    await fc.assert(
      fc.asyncProperty(blocks, async (plan) => {
        const chain = await createTestChain({ balances, code: CONTRACTS });
        let parent = chain.latest();
        for (const block of (await play(chain, plan)).played) {
          const { header, receipts, transactions } = block;
          expect(block.hash).to.equal(headerHash(header));
          expect(header.parentHash).to.equal(parent.hash);
          expect(header.number).to.equal(parent.header.number + 1);
          expect(header.transactionsRoot).to.equal(merkleRoot(transactions.map((each) => each.hash)));
          expect(header.receiptsRoot).to.equal(merkleRoot(receipts.map(receiptHash)));
          expect(header.logsBloom).to.equal(bytesToHex(logsBloom(receipts.flatMap(({ logs }) => logs))));
          expect(receipts.length).to.equal(transactions.length);
          let cumulative = 0n;
          receipts.forEach((receipt, index) => {
            cumulative += receipt.gasUsed;
            expect(receipt.cumulativeGasUsed).to.equal(cumulative);
            expect(receipt.transactionHash).to.equal(transactions[index]?.hash);
          });
          expect(header.gasUsed).to.equal(cumulative);
          expect(header.gasUsed <= header.gasLimit).to.equal(true);
          parent = block;
        }
      }),
      { numRuns: 30 },
    );
  });

  it("come out the same from another engine, and from two engines at once over one database", async () => {
    await fc.assert(
      fc.asyncProperty(blocks, async (plan) => {
        const chain = await createTestChain({ balances, code: CONTRACTS });
        const { played, inputs } = await play(chain, plan);
        const replayed = async () => {
          const engine = createTestEngine({ chainId: CHAIN_ID, state: chain.state }, instruments());
          const result: Block[] = [];
          let parent = genesisBlock(chain.genesis);
          for (const input of inputs)
            result.push((parent = (await executeBlock(engine, parent, input, CHAIN_ID)).block));
          return result;
        };
        const [first, second] = await Promise.all([replayed(), replayed()]);
        expect(first).to.eql(played);
        expect(second).to.eql(played);
      }),
      { numRuns: 30 },
    );
  });

  it("come out the same when executed again in an interleaved block that is given up", async () => {
    await fc.assert(
      fc.asyncProperty(blocks, async (plan) => {
        const chain = await createTestChain({ balances, code: CONTRACTS });
        const { played, inputs } = await play(chain, plan);
        let parent = genesisBlock(chain.genesis);
        for (const [index, input] of inputs.entries()) {
          const abandoned = await chain.engine.openBlock(parent, { timestamp: input.timestamp });
          const again = executeBlock(chain.engine, parent, input, CHAIN_ID);
          for (const message of input.messages) await abandoned.executeMessage(message);
          parent = (await again).block;
          expect(parent).to.eql(played[index]);
          // The abandoned block still stands on its own parent, though the engine has moved on.
          expect((await abandoned.seal()).header.number).to.equal(parent.header.number);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("an engine", () => {
  it("executes a thousand transfers in one block", async () => {
    const chain = await createTestChain({ balances });
    const block = await chain.block(async (execution) => {
      for (let nonce = 0n; nonce < 1_000n; nonce++) {
        const outcome = await execution.executeTransaction(
          sign(alice, { nonce, to: account(Number(nonce)), value: 1n }),
        );
        expect(outcome.kind).to.equal("included");
      }
    });
    expect(block.header.gasUsed).to.equal(21_000_000n);
    expect(await chain.balance(account(999))).to.equal(1n);
  });

  it("refuses a timestamp before the parent's", async () => {
    const chain = await createTestChain();
    const error = await chain.engine.openBlock(chain.latest(), { timestamp: 5 }).catch((reason: Error) => reason);
    expect((error as Error).message).to.match(/expected a timestamp of at least the parent's \d+, got 5/);
  });

  it("refuses calls on a block that overlap or come after its seal", async () => {
    const chain = await createTestChain({ balances });
    const execution = await chain.open();
    const [first, second] = await Promise.allSettled([
      execution.executeTransaction(sign(alice, { to: account(1) })),
      execution.executeTransaction(sign(bob, { to: account(1) })),
    ]);
    expect([first?.status, second?.status]).to.eql(["fulfilled", "rejected"]);
    await execution.seal();
    expect(await execution.seal().catch((error: Error) => error.message)).to.match(/is sealed/);
  });

  it("refuses to go on with a block after the database failed in it, however deep in a call", async () => {
    // The outer contract stores 5 in slot 5 and calls the inner one, whose code cannot be read once.
    const [outer, inner] = [account(70), account(71)];
    const innerCode: Hex = "0x6001600155";
    const chain = await createTestChain({
      balances,
      code: { [outer]: `0x600560055560006000600060006000${`73${inner.slice(2)}`}5af100`, [inner]: innerCode },
    });
    const innerHash = keccak256(hexToBytes(innerCode));
    let failures = 0;
    const flaky: StateDatabase = {
      ...chain.state,
      get: (key) => {
        if (failures === 0 && bytesToHex(key) === innerHash) {
          failures++;
          throw new Error("the disk failed");
        }
        return chain.state.get(key);
      },
    };
    const engine = createTestEngine({ chainId: CHAIN_ID, state: flaky }, instruments());
    const message = (promise: Promise<unknown>) =>
      promise.then(
        () => "fulfilled",
        (error: Error) => error.message,
      );
    const call = { to: outer, gasLimit: 200_000n } as const;
    const open = () => engine.openBlock(chain.latest(), { timestamp: chain.latest().header.timestamp + 2 });

    const execution = await open();
    expect(await message(execution.executeTransaction(sign(alice, call)))).to.equal("the disk failed");
    expect(await message(execution.executeTransaction(sign(bob, call)))).to.match(/is failed/);
    expect(await message(execution.executeMessage(chain.deposit({ mint: ETHER })))).to.match(/is failed/);
    expect(await message(execution.seal())).to.match(/is failed/);

    failures = 0;
    const withDeposit = await open();
    const deposit = chain.deposit({ mint: ETHER, gasLimit: 200_000n, to: outer });
    expect(await message(withDeposit.executeMessage(deposit))).to.equal("the disk failed");
    expect(await message(withDeposit.executeMessage(deposit))).to.match(/is failed/);

    // Nothing of them is left in the engine: the next block is what an engine that saw no failure makes.
    const [again, expected] = [await open(), await chain.open()];
    for (const each of [again, expected]) await each.executeTransaction(sign(alice, call));
    expect(await again.seal()).to.eql(await expected.seal());
  });

  it("reads any stored state root, however old, beside an open block", async () => {
    const chain = await createTestChain({ balances, code: CONTRACTS });
    const roots = [chain.latest().header.stateRoot];
    for (let nonce = 0n; nonce < 5n; nonce++) {
      await chain.include(sign(alice, { nonce, to: account(63), value: 1n }));
      roots.push(chain.latest().header.stateRoot);
    }
    const execution = await chain.open();
    await execution.executeTransaction(sign(alice, { nonce: 5n, to: account(63), value: 1n }));
    for (const [count, root] of roots.entries()) {
      expect(await chain.engine.getStorageAt(root, account(63), hash(0))).to.equal(hash(count));
      expect((await chain.engine.getAccount(root, account(63)))?.balance).to.equal(BigInt(count));
      expect(bytesToHex(await chain.engine.getCode(root, account(63)))).to.equal(PROGRAMS.count);
    }
    const sealed = await execution.seal();
    expect(await chain.engine.getStorageAt(sealed.header.stateRoot, account(63), hash(0))).to.equal(hash(6));
  });

  it("rejects a state root it does not have", async () => {
    const chain = await createTestChain();
    const error = await chain.engine.getAccount(hash(1), alice.address).catch((reason: Error) => reason);
    expect((error as Error).name).to.equal("MissingTrieNodeError");
  });

  it("proves accounts and slots, present and absent, to an independent verifier", async () => {
    const chain = await createTestChain({ balances, code: CONTRACTS });
    await chain.include(sign(alice, { to: account(60), value: 3n, gasLimit: 200_000n }));
    const root = chain.latest().header.stateRoot;
    for (const address of [account(60), alice.address, account(77)]) {
      const slots = [hash(0), hash(2), hash(9)];
      const proof = await chain.engine.getProof(root, address, slots);
      const values = await Promise.all(slots.map((slot) => chain.engine.getStorageAt(root, address, slot)));
      proof.storageProof.forEach(({ key, value }, index) => {
        expect(key).to.equal(slots[index]);
        expect(value).to.equal(BigInt(values[index] as Hash));
      });
      expect(keccak256(hexToBytes(proof.accountProof[0] as Hex))).to.equal(root);
      const asJson = {
        address,
        balance: `0x${proof.account.balance.toString(16)}`,
        nonce: `0x${proof.account.nonce.toString(16)}`,
        codeHash: proof.account.codeHash,
        storageHash: proof.account.storageRoot,
        accountProof: proof.accountProof,
        storageProof: proof.storageProof.map(({ key, value, proof: path }) => ({
          key,
          value: `0x${value.toString(16)}`,
          proof: path,
        })),
      } as Parameters<typeof verifyMerkleStateProof>[1];
      expect(await verifyWith(asJson)).to.equal(true);
    }
  });

  it("carries the Outbox root in the header", async () => {
    // Stores calldata word 0 in the slot of the root, in place of the Outbox.
    const chain = await createTestChain({ balances, code: { [OUTBOX_ADDRESS]: "0x60003560015500" } });
    await chain.include(sign(alice, { to: OUTBOX_ADDRESS, data: hash(1234) }));
    expect(OUTBOX_SLOTS.root).to.equal(1n);
    expect(chain.latest().header.outboxRoot).to.equal(hash(1234));
  });
});

async function verifyWith(proof: Parameters<typeof verifyMerkleStateProof>[1]): Promise<boolean> {
  // Proofs of slots of an account without storage are empty, which the verifier takes for missing.
  const storageProof = proof.storageProof.filter((each) => each.proof.length > 0);
  const manager = await fromMerkleStateProof({ ...proof, storageProof }, true);
  return verifyMerkleStateProof(manager, { ...proof, storageProof });
}
