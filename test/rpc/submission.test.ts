import { RLP } from "@ethereumjs/rlp";
import { expect } from "chai";
import fc from "fast-check";
import { bytesToHex, concatBytes, hexToBytes, type Hex } from "../../src/primitives/index.ts";
import { ask, CHAIN_ID, result, startNode, type TestNode } from "./node-fixture.ts";
import { signFields, type TransactionFields } from "./signing.ts";

const AUTHORIZATION = { chainId: 0n, address: `0x${"11".repeat(20)}`, nonce: 0n, yParity: 0n, r: 1n, s: 1n } as const;
const TYPES = [0, 1, 2, 4] as const;

describe("A raw transaction that is none of this chain", function () {
  this.timeout(60_000);
  let node: TestNode;

  before(async () => {
    node = await startNode({ sequencing: false });
  });
  after(() => node.close());

  const messageOf = async (raw: Hex) => {
    const { error } = await ask(node, "eth_sendRawTransaction", raw);
    if (error !== undefined) expect(error.code, `${raw} ${error.message}`).to.equal(-32000);
    return error?.message;
  };

  it("but of another's is answered as go-ethereum answers it, with the chain id it has and the one it wants", async () => {
    for (const type of TYPES)
      for (const chainId of [0n, 1n, 4243n, 2n ** 200n]) {
        const { raw } = signFields("alice", { type, chainId, authorizationList: [AUTHORIZATION] });
        expect(await messageOf(raw)).to.equal(
          `invalid transaction: invalid chain id for signer: have ${chainId} want ${CHAIN_ID}`,
        );
      }
  });

  it("is refused with what was expected and the offending value", async () => {
    const cases: readonly (readonly [Partial<TransactionFields>, string])[] = [
      [{ type: 4 }, "set code tx must have at least one authorization tuple"],
      [
        { type: 4, to: undefined, authorizationList: [AUTHORIZATION] },
        "EIP-7702 transaction cannot be used to create contract",
      ],
      [
        { maxPriorityFeePerGas: 2n ** 60n, maxFeePerGas: 5n },
        "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: 1152921504606846976, maxFeePerGas: 5",
      ],
      [{ nonce: 2n ** 64n - 1n }, "nonce has max value: 18446744073709551615 (EIP-2681)"],
      [{ nonce: 2n ** 64n }, "expected at most 8 bytes without leading zeros as nonce, got 0x010000000000000000"],
      [{ gas: 2n ** 25n }, "transaction gas limit too high (cap: 16777216, tx: 33554432) (EIP-7825)"],
      [{ to: "0x1234" }, "expected a 20-byte address or none as to, got 0x1234"],
      [
        { to: undefined, data: `0x${"00".repeat(50_000)}` },
        "max initcode size exceeded: code size 50000, limit 49152 (EIP-3860)",
      ],
      [{ value: 2n ** 256n }, `expected at most 32 bytes without leading zeros as value, got 0x01${"00".repeat(32)}`],
      [
        { type: 1, maxFeePerGas: 2n ** 255n, gas: 2n ** 24n },
        `gas limit 16777216 at ${2n ** 255n} wei costs more than 2^256 - 1 wei`,
      ],
      [
        { accessList: [{ address: "0x12", storageKeys: [] }] },
        "expected an access list of [20-byte address, [32-byte slot, …]] (EIP-2930)",
      ],
      [
        { type: 4, authorizationList: [{ ...AUTHORIZATION, yParity: 256n }] },
        "expected an authorization list of [chain id, 20-byte address, nonce, yParity, r, s] (EIP-7702)",
      ],
    ];
    for (const [changes, message] of cases)
      expect(await messageOf(signFields("alice", changes).raw)).to.equal(`invalid transaction: ${message}`);
  });

  /** Every way a message of this node begins, and what it may say then; nothing of a library is among them. */
  const OURS = [
    /^invalid transaction: invalid chain id for signer: have \d+ want 4242$/,
    /^invalid transaction: expected transaction type 0, 1, 2 or 4, got first byte 0x[0-9a-f]+$/,
    /^invalid transaction: blob transactions \(type 3\) do not exist on this chain$/,
    /^invalid transaction: expected 65 to 131072 bytes, got \d+$/,
    /^invalid transaction: expected the RLP list of a transaction of type \d, got 0x[0-9a-f]*(… \(\d+ bytes\))?$/,
    /^invalid transaction: expected (9|11|12|13) fields in a transaction of type \d, got \d+$/,
    /^invalid transaction: expected at most (8|32) bytes without leading zeros as \w+, got 0x[0-9a-f]*(… \(\d+ bytes\))?$/,
    /^invalid transaction: expected bytes as \w+, got a list$/,
    /^invalid transaction: expected a 20-byte address or none as to, got 0x[0-9a-f]+(… \(\d+ bytes\))?$/,
    /^invalid transaction: expected an access list of \[20-byte address, \[32-byte slot, …\]\] \(EIP-2930\)$/,
    /^invalid transaction: expected an authorization list of \[chain id, [^\]]+\] \(EIP-7702\)$/,
    /^invalid transaction: expected (v|yParity) to be .+, got \d+$/,
    /^invalid transaction: set code tx must have at least one authorization tuple$/,
    /^invalid transaction: EIP-7702 transaction cannot be used to create contract$/,
    /^invalid transaction: max priority fee per gas higher than max fee per gas: [\w:, ]+$/,
    /^invalid transaction: nonce has max value: \d+ \(EIP-2681\)$/,
    /^invalid transaction: transaction gas limit too high \(cap: 16777216, tx: \d+\) \(EIP-7825\)$/,
    /^invalid transaction: gas limit \d+ at \d+ wei costs more than 2\^256 - 1 wei$/,
    /^invalid transaction: the encoding of a transaction of type \d is not canonical$/,
    /^invalid transaction: an item of the encoding ends after the list it is in$/,
    /^invalid transaction: lists nest deeper than 4 in the encoding$/,
    /^invalid transaction: signature [rs] is out of range: \d+$/,
    /^invalid transaction: the transaction is not signed$/,
    /^invalid transaction: no public key gives this signature$/,
    /^typed transaction too short: /,
    /^insufficient funds for gas \* price \+ value: /,
    /^intrinsic gas too low: /,
    /^max fee per gas less than block base fee: /,
    /^nonce too (low|high): /,
    /^exceeds block gas limit: /,
    /^already known$/,
    /^replacement transaction underpriced: /,
    /^account limit exceeded: /,
  ];

  type Item = Uint8Array | Item[];
  const number = fc.oneof(
    fc.constantFrom<readonly number[]>([], [0], [1], [27], [255], [0, 1]).map((bytes) => Uint8Array.from(bytes)),
    fc.uint8Array({ maxLength: 40 }),
  );
  const { item } = fc.letrec<{ item: Item }>((tie) => ({
    item: fc.oneof({ depthSize: "small" }, number, fc.array(tie("item"), { maxLength: 4 })),
  }));

  it("of any broken structure is refused in words of this node, which are short", async () => {
    const mutation = fc.record({
      type: fc.constantFrom(...TYPES),
      first: fc.constantFrom(...TYPES, 3, 5, 0x7f, 0x80, 0xbf, 0xff),
      keepType: fc.boolean(),
      edits: fc.array(
        fc.record({
          at: fc.nat(12),
          what: fc.constantFrom("replace", "remove", "insert"),
          item,
        }),
        { minLength: 1, maxLength: 3 },
      ),
      padding: fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ maxLength: 3 })),
    });
    await fc.assert(
      fc.asyncProperty(mutation, async ({ type, first, keepType, edits, padding }) => {
        const { raw } = signFields("bob", { type, authorizationList: [AUTHORIZATION], data: `0x${"ab".repeat(60)}` });
        const items = RLP.decode(hexToBytes(raw).subarray(type === 0 ? 0 : 1)) as Item[];
        for (const { at, what, item: inserted } of edits)
          items.splice(at, what === "insert" ? 0 : 1, ...(what === "remove" ? [] : [inserted]));
        const encoded = RLP.encode(items);
        const prefix = keepType ? type : first;
        const mutated = bytesToHex(
          concatBytes([prefix === 0 ? new Uint8Array() : Uint8Array.of(prefix), encoded, padding]),
        );
        const message = await messageOf(mutated);
        if (message === undefined) return;
        expect(message.length, message).to.be.lessThan(300);
        expect(
          OURS.some((pattern) => pattern.test(message)),
          `${mutated}: ${message}`,
        ).to.equal(true);
      }),
      { numRuns: 600 },
    );
  });

  it("or any bytes at all are refused so too", async () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.constantFrom(...TYPES), fc.uint8Array({ minLength: 64, maxLength: 200 }))
        .map(([type, rest]) => concatBytes([Uint8Array.of(type), rest])),
      fc.uint8Array({ minLength: 70, maxLength: 120 }).map((bytes) => RLP.encode(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(garbage, async (bytes) => {
        const message = (await messageOf(bytesToHex(bytes))) ?? "";
        expect(
          OURS.some((pattern) => pattern.test(message)),
          `${bytesToHex(bytes)}: ${message}`,
        ).to.equal(true);
      }),
      { numRuns: 300 },
    );
    expect(await result(node, "eth_chainId")).to.equal("0x1092");
  });
});
