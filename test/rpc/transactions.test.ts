import { expect } from "chai";
import { SigningKey, computeAddress, getAddress } from "ethers";
import fc from "fast-check";
import { decodeTransaction } from "../../src/ethereum/index.ts";
import { bytesToHex, hexToBytes, toAddress, ZERO_ADDRESS, ZERO_HASH } from "../../src/primitives/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import type { Block } from "../../src/rollup/index.ts";
import { checkAnswerSize, formatPooledTransaction } from "../../src/rpc/format/transaction.ts";
import { CHAIN_ID, GWEI, privateKey, result, startNode } from "./node-fixture.ts";
import type { TestNode } from "./node-fixture.ts";
import { signFields } from "./signing.ts";
import type { SignedFields, TransactionFields } from "./signing.ts";

const addressOf = (name: string): Address => toAddress(computeAddress(new SigningKey(privateKey(name)).publicKey));
const quantity = (value: bigint | number): string => `0x${value.toString(16)}`;

/** What go-ethereum answers for a transaction, by what was signed; `block` is where it is, if in any. */
function expected({ fields, hash, v, r, s }: SignedFields, sender: Address, block?: Block): object {
  const { type, chainId, maxFeePerGas, maxPriorityFeePerGas } = fields;
  const index = block?.transactions.findIndex((transaction) => transaction.hash === hash) ?? 0;
  const price = block === undefined ? maxFeePerGas : block.header.baseFeePerGas + maxPriorityFeePerGas;
  return {
    blockHash: block?.hash ?? null,
    blockNumber: block === undefined ? null : quantity(block.header.number),
    transactionIndex: block === undefined ? null : quantity(index),
    ...(block === undefined ? {} : { blockTimestamp: quantity(block.header.timestamp) }),
    hash,
    type: quantity(type),
    from: sender,
    to: fields.to ?? null,
    gas: quantity(fields.gas),
    value: quantity(fields.value),
    nonce: quantity(fields.nonce),
    input: fields.data,
    gasPrice: quantity(type < 2 || price > maxFeePerGas ? maxFeePerGas : price),
    v: quantity(v),
    r: quantity(r),
    s: quantity(s),
    ...(type > 0 || fields.isProtected ? { chainId: quantity(chainId) } : {}),
    ...(type > 0 ? { yParity: quantity(v), accessList: fields.accessList } : {}),
    ...(type > 1 ? { maxFeePerGas: quantity(maxFeePerGas), maxPriorityFeePerGas: quantity(maxPriorityFeePerGas) } : {}),
    ...(type === 4
      ? {
          authorizationList: fields.authorizationList.map((item) => ({
            chainId: quantity(item.chainId),
            address: item.address,
            nonce: quantity(item.nonce),
            yParity: quantity(item.yParity),
            r: quantity(item.r),
            s: quantity(item.s),
          })),
        }
      : {}),
  };
}

const upTo = (bits: number): fc.Arbitrary<bigint> =>
  fc.oneof(
    fc.constantFrom(0n, 1n, 0x7fn, 0x80n, 2n ** BigInt(bits) - 1n, 2n ** BigInt(bits - 8)),
    fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }),
  );
const bytes = (length: number): fc.Arbitrary<`0x${string}`> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map(bytesToHex);
const address = fc.oneof(
  fc.constantFrom<Address>(ZERO_ADDRESS, `0x${"ff".repeat(20)}`, `0x00${"ab".repeat(19)}`),
  bytes(20),
);
const hash = fc.oneof(fc.constantFrom<Hash>(ZERO_HASH, `0x${"ff".repeat(32)}`), bytes(32));
const accessList = fc.array(fc.record({ address, storageKeys: fc.array(hash, { maxLength: 3 }) }), { maxLength: 3 });
const authorization = fc.record({
  chainId: upTo(256),
  address,
  nonce: upTo(64),
  yParity: upTo(8),
  r: upTo(256),
  s: upTo(256),
});
const content = {
  type: fc.constantFrom(0, 1, 2, 4),
  isProtected: fc.boolean(),
  value: fc.constantFrom(0n, 1n, 10n ** 15n),
  data: fc.uint8Array({ maxLength: 40 }).map(bytesToHex),
  accessList,
  authorizationList: fc.array(authorization, { minLength: 1, maxLength: 3 }),
} as const;

describe("A transaction in answers", function () {
  this.timeout(60_000);
  let node: TestNode;
  const nonces = { alice: 0n, bob: 0n, carol: 0n, dave: 0n, erin: 0n };

  before(async () => {
    node = await startNode({ sequencing: false });
  });
  after(() => node.close());

  const sign = (from: keyof typeof nonces, changes: Partial<TransactionFields>): SignedFields =>
    signFields(from, { nonce: nonces[from]++, ...changes });
  const execute = (...transactions: readonly SignedFields[]): Promise<Block> =>
    node.chain.exclusive((writer) =>
      writer.execute({
        timestamp: node.chain.latest().header.timestamp + 1,
        messages: [],
        transactions: transactions.map(({ raw }) => hexToBytes(raw)),
      }),
    );

  /** The answers of everything that shows transactions of a block. */
  async function shown(block: Block, index: number): Promise<object[]> {
    const { hash: blockHash, header } = block;
    const [number, at] = [quantity(header.number), quantity(index)];
    const full = await Promise.all([
      result<{ transactions: object[] }>(node, "eth_getBlockByNumber", number, true),
      result<{ transactions: object[] }>(node, "eth_getBlockByHash", blockHash, true),
    ]);
    return [
      await result(node, "eth_getTransactionByHash", block.transactions[index]!.hash),
      await result(node, "eth_getTransactionByBlockNumberAndIndex", number, at),
      await result(node, "eth_getTransactionByBlockHashAndIndex", blockHash, at),
      ...full.map(({ transactions }) => transactions[index]!),
    ];
  }

  /** The answers of everything that shows transactions of the pool. */
  async function shownOfPool(sender: Address, wanted: SignedFields): Promise<object[]> {
    const nonce = wanted.fields.nonce.toString();
    type Content = Record<"pending" | "queued", Record<string, Record<string, object>>>;
    const all = await result<Content>(node, "txpool_content");
    const own = await result<Record<"pending" | "queued", Record<string, object>>>(node, "txpool_contentFrom", sender);
    return [
      await result(node, "eth_getTransactionByHash", wanted.hash),
      ...Object.values({ ...all.pending, ...all.queued }).flatMap((byNonce) => byNonce[nonce] ?? []),
      { ...own.queued, ...own.pending }[nonce]!,
    ];
  }

  it("has 0x0 for chain id, nonce and yParity of an authorization that are zero, in a block and in the pool", async () => {
    const zero = { chainId: 0n, address: ZERO_ADDRESS, nonce: 0n, yParity: 0n, r: 0n, s: 0n };
    const mined = sign("alice", { type: 4, authorizationList: [zero] });
    const block = await execute(mined);
    for (const answer of await shown(block, 0)) expect(answer).to.eql(expected(mined, addressOf("alice"), block));
    expect(expected(mined, addressOf("alice"), block)).to.have.nested.property("authorizationList[0].yParity", "0x0");

    const pooled = sign("carol", { type: 4, authorizationList: [zero], nonce: 0n });
    await result(node, "eth_sendRawTransaction", pooled.raw);
    const answers = await shownOfPool(addressOf("carol"), pooled);
    expect(answers).to.have.length(3);
    for (const answer of answers) expect(answer).to.eql(expected(pooled, addressOf("carol")));
  });

  it("of any type is what was signed, with zeros and the greatest values in every field", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ ...content, to: address, maxPriorityFeePerGas: fc.constantFrom(0n, 1n, GWEI) }), {
          minLength: 1,
          maxLength: 6,
        }),
        async (cases) => {
          const signed = cases.map((changes) => sign("alice", changes));
          const block = await execute(...signed);
          expect(block.transactions).to.have.length(signed.length);
          for (const [index, transaction] of signed.entries()) {
            for (const answer of await shown(block, index))
              expect(answer).to.eql(expected(transaction, addressOf("alice"), block));
            const receipt = await result<object>(node, "eth_getTransactionReceipt", transaction.hash);
            expect(receipt).to.include({ from: addressOf("alice"), to: transaction.fields.to, status: "0x1" });
            expect(await result(node, "eth_getRawTransactionByHash", transaction.hash)).to.equal(transaction.raw);
          }
        },
      ),
      { numRuns: 8 },
    );
  });

  it("that creates a contract has a null recipient", async () => {
    const creations = ([0, 1, 2] as const).map((type) => sign("bob", { type, to: undefined, data: "0x00" }));
    const block = await execute(...creations);
    for (const [index, creation] of creations.entries()) {
      for (const answer of await shown(block, index))
        expect(answer).to.eql(expected(creation, addressOf("bob"), block));
      expect(await result(node, "eth_getTransactionReceipt", creation.hash)).to.include({ to: null });
    }
  });

  it("of the pool stands under the checksum address of its sender and its nonce", async () => {
    const first = sign("dave", { value: 1n });
    const queued = sign("erin", { nonce: 5n, to: undefined, data: "0x00" });
    for (const { raw } of [first, queued]) await result(node, "eth_sendRawTransaction", raw);
    const [dave, erin] = [getAddress(addressOf("dave")), getAddress(addressOf("erin"))];
    expect([dave, erin]).to.not.eql([addressOf("dave"), addressOf("erin")]);
    type Content<T> = Record<"pending" | "queued", Record<string, Record<string, T>>>;
    const content = await result<Content<object>>(node, "txpool_content");
    expect(content.pending[dave]).to.eql({ "0": expected(first, addressOf("dave")) });
    expect(content.queued[erin]).to.eql({ "5": expected(queued, addressOf("erin")) });
    const senders = [...Object.keys(content.pending), ...Object.keys(content.queued)];
    expect(senders).to.eql(senders.map((sender) => getAddress(sender)));
    const inspected = await result<Content<string>>(node, "txpool_inspect");
    expect(inspected.pending[dave]).to.eql({
      "0": `${getAddress(first.fields.to!)}: 1 wei + 2000000 gas × ${10n * GWEI} wei`,
    });
    expect(inspected.queued[erin]).to.eql({
      "5": `contract creation: 0 wei + 2000000 gas × ${10n * GWEI} wei`,
    });
    for (const spelling of [addressOf("dave"), dave])
      expect(await result(node, "txpool_contentFrom", spelling)).to.eql({
        pending: { "0": expected(first, addressOf("dave")) },
        queued: {},
      });
    expect(await result(node, "txpool_contentFrom", ZERO_ADDRESS)).to.eql({ pending: {}, queued: {} });
  });

  it("of the pool is formatted whatever its fields are: fees, gas, values, nonces and signatures of any size", () => {
    let shortest = 2n ** 256n;
    fc.assert(
      fc.property(
        fc.record({
          ...content,
          to: address,
          nonce: upTo(64).filter((nonce) => nonce < 2n ** 64n - 1n),
          maxFeePerGas: upTo(200),
          value: upTo(256),
          gas: fc.bigInt({ min: 0n, max: 2n ** 24n }),
        }),
        (changes) => {
          const signed = signFields("alice", { ...changes, maxPriorityFeePerGas: changes.maxFeePerGas });
          if (signed.r < shortest) shortest = signed.r;
          const decoded = decodeTransaction(hexToBytes(signed.raw), CHAIN_ID);
          const formatted = formatPooledTransaction(decoded);
          expect(formatted).to.eql(expected(signed, addressOf("alice")));
          // What would certainly not fit into an answer is refused unformatted, and nothing that would.
          const { length } = JSON.stringify(formatted);
          expect(() => checkAnswerSize([decoded], length)).to.not.throw();
          expect(() => checkAnswerSize([decoded, decoded], decoded.raw.length * 4 + 399)).to.throw(
            "response too large",
          );
        },
      ),
      { numRuns: 300 },
    );
    // Among the signatures was one with a leading zero byte, which RLP leaves out.
    for (let value = 0n; shortest >= 2n ** 248n; value++) {
      const signed = signFields("alice", { value });
      shortest = signed.r < shortest ? signed.r : shortest;
      expect(formatPooledTransaction(decodeTransaction(hexToBytes(signed.raw), CHAIN_ID))).to.eql(
        expected(signed, addressOf("alice")),
      );
    }
  });
});
