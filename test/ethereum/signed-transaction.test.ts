import { createTx } from "@ethereumjs/tx";
import { RLP } from "@ethereumjs/rlp";
import { expect } from "chai";
import { Transaction, Wallet as EthersWallet } from "ethers";
import fc from "fast-check";
import { createOsakaCommon } from "../../src/reference/osaka-common.ts";
import {
  InvalidTransactionError,
  MAX_CHAIN_ID,
  calldataTokens,
  createSenderRecovery,
  decodeTransaction,
} from "../../src/ethereum/index.ts";
import { SECP256K1_ORDER } from "../../src/ethereum/secp256k1.ts";
import { bytesToHex, concatBytes, hexToBytes, keccak256 } from "../../src/primitives/index.ts";
import { CHAIN_ID, GWEI, account, instruments, signRaw, wallet } from "../execution/harness.ts";
import { encodeAgain } from "./transaction-bytes.ts";

const alice = wallet(1);
const authorization = { chainId: "0x0", address: account(1), nonce: "0x0", yParity: "0x0", r: "0x1", s: "0x1" };

/** Raw bytes of one transaction of every type. */
const everyType: readonly (readonly [name: string, raw: Uint8Array])[] = [
  ["legacy", signRaw(alice, { type: 0, to: account(1), data: "0x0001" })],
  [
    "access list",
    signRaw(alice, {
      type: 1,
      to: account(1),
      accessList: [{ address: account(2), storageKeys: [`0x${"01".repeat(32)}`] }],
    }),
  ],
  ["dynamic fee", signRaw(alice, { type: 2, data: "0x6000" })],
  ["set code", signRaw(alice, { type: 4, to: account(1), authorizationList: [authorization] })],
];

/** The fields of a legacy transaction, changed and encoded again. */
function withLegacyFields(raw: Uint8Array, change: (fields: Uint8Array[]) => void): Uint8Array {
  const fields = RLP.decode(raw) as Uint8Array[];
  change(fields);
  return RLP.encode(fields);
}

const numberBytes = (value: bigint) =>
  hexToBytes(`0x${value.toString(16).padStart(value.toString(16).length + (value.toString(16).length % 2), "0")}`);

function expectInvalid(raw: Uint8Array, message?: RegExp): void {
  expect(() => decodeTransaction(raw, CHAIN_ID)).to.throw(InvalidTransactionError, message ?? /./);
}

describe("decoding a transaction", () => {
  for (const [name, raw] of everyType) {
    it(`gives the sender, hash and fields of a ${name} transaction`, () => {
      const decoded = decodeTransaction(raw, CHAIN_ID);
      expect(decoded.sender).to.equal(alice.address);
      expect(decoded.hash).to.equal(keccak256(raw));
      expect(decoded.raw).to.equal(raw);
      expect(decoded.tokens).to.equal(calldataTokens(raw));
      expect(decoded.gasLimit).to.equal(100_000n);
      expect(decoded.maxFeePerGas).to.equal(GWEI);
      expect(bytesToHex(encodeAgain(decoded))).to.equal(bytesToHex(raw));
    });
  }

  it("takes a legacy transaction's gas price for both fees", () => {
    const decoded = decodeTransaction(signRaw(alice, { type: 0, to: account(1), gasPrice: 7n }), CHAIN_ID);
    expect([decoded.maxFeePerGas, decoded.maxPriorityFeePerGas]).to.eql([7n, 7n]);
  });

  it("accepts a legacy transaction on the highest chain id, whichever v it has", async () => {
    const { signingKey } = new EthersWallet(bytesToHex(alice.privateKey));
    const fields = { type: 0, to: account(1), gasPrice: 1, chainId: MAX_CHAIN_ID };
    const parities = new Set<number>();
    for (let nonce = 0; nonce < 16; nonce++) {
      const transaction = Transaction.from({ ...fields, gasLimit: 21_000, nonce });
      transaction.signature = signingKey.sign(transaction.unsignedHash);
      parities.add(transaction.signature.yParity);
      expect(decodeTransaction(hexToBytes(transaction.serialized), MAX_CHAIN_ID).sender).to.equal(alice.address);
    }
    expect(parities.size).to.equal(2);
  });

  it("accepts a legacy transaction from before EIP-155, without a chain id", async () => {
    const key = bytesToHex(alice.privateKey);
    const unsigned = Transaction.from({ type: 0, to: account(1), gasLimit: 21_000, gasPrice: 1, nonce: 0, chainId: 0 });
    unsigned.signature = new EthersWallet(key).signingKey.sign(unsigned.unsignedHash);
    expect(decodeTransaction(hexToBytes(unsigned.serialized), CHAIN_ID).sender).to.equal(alice.address);
  });

  it("agrees with ethers on sender and hash", async () => {
    for (const type of [0, 1, 2]) {
      const signer = new EthersWallet(bytesToHex(alice.privateKey));
      const fees = type === 2 ? { maxFeePerGas: 5, maxPriorityFeePerGas: 1 } : { gasPrice: 5 };
      const raw = await signer.signTransaction({
        type,
        chainId: CHAIN_ID,
        to: account(3),
        nonce: 9,
        gasLimit: 50_000,
        value: 11,
        ...fees,
      });
      const parsed = Transaction.from(raw);
      const decoded = decodeTransaction(hexToBytes(raw), CHAIN_ID);
      expect([decoded.sender, decoded.hash, decoded.nonce]).to.eql([parsed.from?.toLowerCase(), parsed.hash, 9n]);
    }
  });
});

describe("a transaction is rejected with InvalidTransactionError", () => {
  it("if it is a blob transaction", () => {
    expectInvalid(concatBytes([Uint8Array.of(3), RLP.encode([])]), /blob transactions/);
  });

  it("if its type is unknown", () => {
    for (const type of [0x00, 0x05, 0x7e, 0x7f, 0x80, 0xbf])
      expectInvalid(concatBytes([Uint8Array.of(type), RLP.encode([])]), /expected transaction type/);
  });

  it("if it is for another chain", () => {
    const common = createOsakaCommon(CHAIN_ID + 1);
    for (const type of [0, 1, 2]) {
      const raw = createTx({ type, to: account(1), gasLimit: 21_000n }, { common })
        .sign(alice.privateKey)
        .serialize();
      expectInvalid(raw, /chain/i);
    }
  });

  it("if it is not signed", () => {
    const common = createOsakaCommon(CHAIN_ID);
    for (const type of [0, 1, 2])
      expectInvalid(createTx({ type, to: account(1), gasLimit: 21_000n }, { common }).serialize());
  });

  it("if s is in the upper half of the group order", () => {
    const raw = everyType[0]?.[1] as Uint8Array;
    expectInvalid(
      withLegacyFields(raw, (fields) => {
        fields[8] = numberBytes(SECP256K1_ORDER - BigInt(bytesToHex(fields[8] as Uint8Array)));
        const parity = BigInt(bytesToHex(fields[6] as Uint8Array)) - 2n * BigInt(CHAIN_ID) - 35n;
        fields[6] = numberBytes(2n * BigInt(CHAIN_ID) + 36n - parity);
      }),
      /\bs\b/i,
    );
  });

  it("if r or s is zero or above the group order", () => {
    const raw = everyType[0]?.[1] as Uint8Array;
    for (const field of [7, 8]) {
      for (const value of [new Uint8Array(), numberBytes(SECP256K1_ORDER), numberBytes(2n ** 256n - 1n)]) {
        expectInvalid(withLegacyFields(raw, (fields) => (fields[field] = value)));
      }
    }
  });

  it("if no key can have made the signature", () => {
    // No curve point has x = 5.
    expectInvalid(
      withLegacyFields(everyType[0]?.[1] as Uint8Array, (fields) => (fields[7] = Uint8Array.of(5))),
      /no public key/,
    );
  });

  it("if it has trailing bytes, is cut short, or is not the canonical encoding", () => {
    for (const [, raw] of everyType) {
      expectInvalid(concatBytes([raw, Uint8Array.of(0)]));
      expectInvalid(raw.subarray(0, raw.length - 1));
    }
    expectInvalid(withLegacyFields(everyType[0]?.[1] as Uint8Array, (fields) => (fields[4] = Uint8Array.of(0))));
    const [, typed] = everyType[2] as readonly [string, Uint8Array];
    const fields = RLP.decode(typed.subarray(1)) as Uint8Array[];
    fields[0] = concatBytes([Uint8Array.of(0), fields[0] as Uint8Array]);
    expectInvalid(concatBytes([Uint8Array.of(2), RLP.encode(fields)]), /canonical|zero/i);
  });

  it("if it is empty or larger than 131,072 bytes, and not at exactly that size", () => {
    expectInvalid(new Uint8Array(), /65 to 131072 bytes, got 0/);
    // Signatures differ by a byte in length now and then, so several nonces are tried.
    const ofSize = (size: number): Uint8Array => {
      for (let nonce = 128n; nonce < 228n; nonce++) {
        const probe = signRaw(alice, { nonce, to: account(1), gasLimit: 16_777_216n, data: new Uint8Array(131_000) });
        const raw = signRaw(alice, {
          nonce,
          to: account(1),
          gasLimit: 16_777_216n,
          data: new Uint8Array(131_000 + size - probe.length),
        });
        if (raw.length === size) return raw;
      }
      throw new Error(`no transaction of ${size} bytes found`);
    };
    expect(decodeTransaction(ofSize(131_072), CHAIN_ID).raw.length).to.equal(131_072);
    expectInvalid(ofSize(131_073), /65 to 131072 bytes, got 131073/);
  });

  it("if it is as short as an inner node of the transactions tree, 64 bytes, and not if it is longer", () => {
    // Who made the signature r = s = 1 of anything is somebody, with a balance if he likes.
    const ofSize = (size: number): Uint8Array =>
      RLP.encode([1, 1, 21_000, "", "", new Uint8Array(size - 13), 27, 1, 1]);
    expect(ofSize(64).length).to.equal(64);
    expectInvalid(ofSize(64), /65 to 131072 bytes, got 64/);
    expect(decodeTransaction(ofSize(65), CHAIN_ID).raw.length).to.equal(65);
  });

  it("if its gas limit is above 2^24", () => {
    const raw = withLegacyFields(
      everyType[0]?.[1] as Uint8Array,
      (fields) => (fields[2] = numberBytes(2n ** 24n + 1n)),
    );
    expectInvalid(raw, /7825/);
  });

  it("if its initcode is larger than 49,152 bytes", () => {
    expectInvalid(
      withLegacyFields(signRaw(alice, { type: 0, data: "0x00" }), (fields) => (fields[5] = new Uint8Array(49_153))),
      /initcode/,
    );
  });

  it("if it sets code with no authorizations or without a recipient", () => {
    const [, raw] = everyType[3] as readonly [string, Uint8Array];
    for (const [field, value] of [
      [9, []],
      [5, new Uint8Array()],
    ] as const) {
      const fields = RLP.decode(raw.subarray(1)) as (Uint8Array | never[])[];
      fields[field] = value as Uint8Array;
      expectInvalid(concatBytes([Uint8Array.of(4), RLP.encode(fields)]));
    }
  });

  it("if its nonce is 2^64 - 1 (EIP-2681)", () => {
    expectInvalid(
      withLegacyFields(everyType[0]?.[1] as Uint8Array, (fields) => (fields[0] = numberBytes(2n ** 64n - 1n))),
    );
  });

  it("and with nothing else, whatever the bytes", () => {
    const isTotal = (raw: Uint8Array) => {
      try {
        const decoded = decodeTransaction(raw, CHAIN_ID);
        expect(bytesToHex(encodeAgain(decoded))).to.equal(bytesToHex(raw));
      } catch (error) {
        if (!(error instanceof InvalidTransactionError)) throw error;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), isTotal), { numRuns: 2_000 });
    const type = fc.constantFrom(1, 2, 4);
    const item: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
      item: fc.oneof(
        { depthSize: "small" },
        fc.uint8Array({ maxLength: 33 }),
        fc.array(tie("item"), { maxLength: 14 }),
      ),
    })).item;
    fc.assert(
      fc.property(fc.option(type), fc.array(item, { maxLength: 14 }), (prefix, fields) => {
        isTotal(concatBytes([Uint8Array.from(prefix === null ? [] : [prefix]), RLP.encode(fields as never)]));
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...everyType), fc.nat(), fc.nat(255), ([, raw], position, value) => {
        const damaged = Uint8Array.from(raw);
        damaged[position % raw.length] = value;
        isTotal(damaged);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("recovering senders on worker threads", () => {
  const recovery = createSenderRecovery({ chainId: CHAIN_ID, workers: 2 }, instruments());
  after(() => recovery.close());

  it("gives, in order, what decoding one by one gives, errors included", async () => {
    const raws = Array.from({ length: 60 }, (_, index) =>
      index % 7 === 3
        ? Uint8Array.of(3, index)
        : signRaw(wallet(index % 5), { nonce: BigInt(index), to: account(index) }),
    );
    // A signature that decodes but has no key.
    raws[10] = withLegacyFields(everyType[0]?.[1] as Uint8Array, (fields) => (fields[7] = Uint8Array.of(5)));
    const results = await recovery.recover(raws);
    expect(results.length).to.equal(raws.length);
    results.forEach((result, index) => {
      const raw = raws[index] as Uint8Array;
      if (result instanceof InvalidTransactionError) {
        expect(() => decodeTransaction(raw, CHAIN_ID)).to.throw(InvalidTransactionError, result.message);
      } else {
        expect(result).to.eql(decodeTransaction(raw, CHAIN_ID));
      }
    });
  });

  it("keeps overlapping calls apart", async () => {
    const calls = Array.from({ length: 8 }, (_, index) => [signRaw(wallet(index), { to: account(1) })]);
    const results = await Promise.all(calls.map((raws) => recovery.recover(raws)));
    expect(results.map(([result]) => (result as { sender: string }).sender)).to.eql(
      calls.map((_, index) => wallet(index).address),
    );
  });

  it("gives nothing for nothing", async () => {
    expect(await recovery.recover([])).to.eql([]);
  });

  it("rejects after it was closed", async () => {
    const closed = createSenderRecovery({ chainId: CHAIN_ID, workers: 1 }, instruments());
    await closed.recover([signRaw(alice, { to: account(1) })]);
    await closed.close();
    const error = await closed.recover([]).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.message).to.equal("sender recovery is closed");
  });
});
