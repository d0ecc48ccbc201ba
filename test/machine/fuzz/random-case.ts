import {
  BLOCK_HASH_HISTORY_ADDRESS,
  create2Address,
  createAddress,
  intrinsicGas,
  loadPrecompiles,
} from "../../../src/ethereum/index.ts";
import { calldataTokens } from "../../../src/ethereum/intrinsic-gas.ts";
import { bytesToHex, concatBytes, hexToBytes, toAddress } from "../../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../../src/primitives/index.ts";
import { dataGas } from "../../../src/rollup/index.ts";
import { createRandomness } from "../../contracts/machine/soundness/randomness.ts";
import type { Randomness } from "../../contracts/machine/soundness/randomness.ts";
import { designator } from "../../contracts/machine/soundness/transactions.ts";
import { CHAIN_ID, hash, wallet } from "../../execution/harness.ts";
import { assemble } from "../assemble.ts";
import { addressOfPrecompile, validPrecompileInputs } from "../precompile-inputs.ts";
import { joined, rawOf } from "./fuzz-case.ts";
import type { Damage, FuzzAccount, FuzzAuthorization, FuzzBlock, FuzzCase, FuzzTransaction } from "./fuzz-case.ts";
import { CHANGING, FORWARDERS, INITCODES, precompileInput, randomCode, randomInitcode } from "./random-code.ts";
import type { Surroundings } from "./random-code.ts";

interface CaseSize {
  readonly transactions: number;
  /** Pieces of a program. */
  readonly pieces: number;
  /** Gas of most transactions beyond what they need at least. */
  readonly gas: number;
}

const SIZES = {
  /** Some hundred steps a transaction. */
  small: { transactions: 2, pieces: 7, gas: 120_000 },
  /** Some thousand, now and then many more. */
  large: { transactions: 6, pieces: 14, gas: 2_500_000 },
} as const satisfies Record<string, CaseSize>;

/** Says all of a case: how large it is, and a name for what is random about it. */
export type Seed = `${keyof typeof SIZES}-${string}`;

/** Throws a RangeError if `text` is none. */
export function parseSeed(text: string): Seed {
  if (/^(small|large)-./.test(text)) return text as Seed;
  throw new RangeError(`expected a seed like small-1-17 or large-1-17, got ${text}`);
}

const repeated = (byte: number): Address => `0x${byte.toString(16).padStart(2, "0").repeat(20)}`;
const hex = (value: bigint | number): Hex => `0x${value.toString(16)}`;

const CONTRACTS = [0xc1, 0xc2, 0xc3, 0xc4].map(repeated);
const ECHO = repeated(0xe1);
const REVERTS = repeated(0xe2);
const BOMB = repeated(0xe3);
const FACTORY = repeated(0xe4);
const NAMED_HALT = repeated(0xe7);
const DRIVER = repeated(0xe8);
const [STORES_AT_ONCE, STORES, DESTROYS] = CHANGING;
const RICH = repeated(0xb1);
const NOBODY = repeated(0xb2);
const TO_CONTRACT = repeated(0xd1);
const TO_PRECOMPILE = repeated(0xd2);
const TO_ITSELF = repeated(0xd3);
const TO_DELEGATED = repeated(0xd4);
const TO_NOBODY = repeated(0xd5);
/** Wallets: the first is rich, the second delegates, the third is poor, the fourth is new, the fifth has code. */
const WALLETS = [1, 2, 3, 4, 5] as const;
const RICH_WALLETS = [1, 2] as const;
const WALLET_WITH_CODE = 5;
const MAXIMUM_NONCE = 2n ** 64n - 1n;

const precompiles = await loadPrecompiles();
const precompileInputs = validPrecompileInputs(precompiles);

/** The case of a seed, always the same. */
export function randomCase(seed: Seed): FuzzCase {
  const size = seed.startsWith("large") ? SIZES.large : SIZES.small;
  const random = createRandomness(seed);
  const { below } = random;
  const wallets = WALLETS.map((index) => wallet(index).address);
  // What may come to be there, in an earlier transaction or in the same.
  const created = [
    ...[...CONTRACTS, FACTORY].map((creator) => createAddress(creator, 1n)),
    ...[0n, 1n, 2n].map((nonce) => createAddress(wallet(1).address, nonce)),
    ...[...CONTRACTS, FACTORY].map((creator) => create2Address(creator, hash(0), random.pick(INITCODES))),
  ];
  const addresses = [
    ...[
      ...CONTRACTS,
      ...CONTRACTS,
      ...CONTRACTS,
      ECHO,
      REVERTS,
      BOMB,
      FACTORY,
      STORES,
      DESTROYS,
      NAMED_HALT,
      STORES_AT_ONCE,
      RICH,
      NOBODY,
    ],
    ...[TO_CONTRACT, TO_PRECOMPILE, TO_ITSELF, TO_DELEGATED, TO_NOBODY, BLOCK_HASH_HISTORY_ADDRESS],
    ...[1, 2, 4, 9, 0, 0x12].map(addressOfPrecompile),
    ...[...wallets, ...created],
  ];
  const surroundings: Surroundings = { random, addresses, precompileInputs };
  const block = randomBlock(random, [...CONTRACTS, ...wallets, addressOfPrecompile(4), NOBODY, repeated(0xc0)]);
  const accounts = randomAccounts(surroundings, size);
  const count = 1 + below(size.transactions);
  const nonces = new Map(
    WALLETS.map((index) => [index, BigInt(accounts[wallet(index).address]?.nonce ?? "0x0")] as const),
  );
  const transactions: FuzzTransaction[] = [];
  for (let index = 0; index < count; index++) {
    // A third does the same once more, on what is left of it.
    const last = below(3) === 0 ? transactions.at(-1) : undefined;
    transactions.push(randomTransaction(surroundings, size, block, nonces, last));
  }
  // Sometimes the address that a transaction creates at is taken.
  if (below(12) === 0)
    accounts[createAddress(wallet(1).address, BigInt(accounts[wallet(1).address]?.nonce ?? "0x0"))] = occupant(random);
  return { block, accounts, transactions };
}

function randomBlock({ below, pick, bytes }: Randomness, coinbases: readonly Address[]): FuzzBlock {
  const baseFee = pick([7n, 10n ** 9n, 10n ** 9n, 10_000_000n]);
  const dataPrice = below(2) === 0 ? 0n : pick([1n, 7n, baseFee / 3n, 2n * baseFee, 64n * baseFee]);
  const transactionCount = pick([0, 0, 1, 2, 3, 5, 8]);
  return {
    number: pick([1_000, 1_000, 1_000, 1, 256, 8_191, 20_000]),
    timestamp: 1_800_000_000 + below(1_000),
    coinbase: pick(coinbases),
    gasLimit: hex(below(12) > 0 ? 60_000_000n : 200_000 + below(400_000)),
    baseFee: hex(baseFee),
    prevRandao: bytesToHex(bytes(32)),
    dataPrice: hex(dataPrice),
    gasUsed: hex(transactionCount * 21_000),
    transactionCount,
  };
}

const SPECIAL: Readonly<Record<Address, Uint8Array>> = {
  [ECHO]: assemble("CALLDATASIZE", 0, 0, "CALLDATACOPY", "CALLDATASIZE", 0, "RETURN"),
  [REVERTS]: assemble("CALLDATASIZE", 0, 0, "CALLDATACOPY", "CALLDATASIZE", 0, "REVERT"),
  // Returns 40,000 bytes, one of which is not 0.
  [BOMB]: assemble(7, 33_333, "MSTORE8", 40_000, 0, "RETURN"),
  // Creates with its calldata as initcode, calls what it made, returns its address.
  [FACTORY]: assemble(
    ...["CALLDATASIZE", 0, 0, "CALLDATACOPY", 0, "CALLDATASIZE", 0, "CALLVALUE", "CREATE2", "DUP1", 0, "MSTORE"],
    ...[0, 0, 0, 0, 0, "SWAP5", "GAS", "CALL", 1, "SSTORE", "CALLDATASIZE", 32, "MSTORE", 64, 0, "RETURN"],
  ),
  // Keeps and gives the sum of what it has been called with, in storage and transient storage.
  [STORES]: assemble(
    ...[0, "CALLDATALOAD", 0, "SLOAD", "ADD", "DUP1", 0, "SSTORE", 0, "TLOAD", 1, "ADD", "DUP1", 0, "TSTORE"],
    ...[1, "SSTORE", 0, "MSTORE", "CALLER", "CALLVALUE", 32, 0, "LOG2", 32, 0, "RETURN"],
  ),
  [DESTROYS]: assemble("CALLER", "SELFDESTRUCT"),
  [STORES_AT_ONCE]: assemble(5, 0, "SSTORE"),
  // Call what the first word says with the second, and give the result.
  ...Object.fromEntries(FORWARDERS.map((address, index) => [address, forwarder(index)])),
  [NAMED_HALT]: assemble("INVALID"),
};

function forwarder(index: number): Uint8Array {
  const call = index === 0 ? [0, 0, "CALLDATALOAD", "GAS", "CALL"] : [0, "CALLDATALOAD", "GAS", "DELEGATECALL"];
  return assemble(
    ...["CALLDATASIZE", 0, 0, "CALLDATACOPY", 32, 0, 32, 32, ...call],
    ...[32, "MSTORE", 64, 0, "RETURN"],
  );
}

function randomAccounts(surroundings: Surroundings, size: CaseSize): Record<Address, FuzzAccount> {
  const { random } = surroundings;
  const { below, pick, bytes } = random;
  const accounts: Record<Address, FuzzAccount> = {};
  const add = (address: Address, account: Partial<FuzzAccount>) => {
    accounts[address] = { nonce: "0x1", balance: "0x0", code: [], storage: {}, ...account };
  };
  for (const address of CONTRACTS) {
    const code = randomCode(surroundings, { pieces: 1 + below(size.pieces), depth: 2 }).map(bytesToHex);
    const nonce = below(25) === 0 ? pick([MAXIMUM_NONCE, MAXIMUM_NONCE - 1n, 0n]) : 1n;
    add(address, {
      nonce: hex(nonce),
      balance: hex(below(3) === 0 ? 0 : below(100)),
      code,
      storage: randomStorage(random),
    });
  }
  for (const [address, code] of Object.entries(SPECIAL)) {
    if (below(8) > 0)
      add(toAddress(address), { balance: hex(below(5)), code: [bytesToHex(code)], storage: { "0x0": "0x5" } });
  }
  add(DRIVER, { balance: "0x64", code: driver(random).map(bytesToHex) });
  const delegate = (address: Address, target: Address) =>
    add(address, { nonce: hex(below(3)), balance: hex(below(9)), code: [bytesToHex(designator(target))] });
  if (below(2) === 0) delegate(TO_CONTRACT, pick(CONTRACTS));
  if (below(3) === 0) delegate(TO_PRECOMPILE, addressOfPrecompile(pick([1, 2, 4])));
  if (below(3) === 0) delegate(TO_ITSELF, TO_ITSELF);
  if (below(3) === 0) delegate(TO_DELEGATED, TO_CONTRACT);
  if (below(3) === 0) delegate(TO_NOBODY, NOBODY);
  if (below(2) === 0) add(RICH, { nonce: "0x0", balance: hex(10n ** 19n) });
  if (below(3) === 0)
    add(BLOCK_HASH_HISTORY_ADDRESS, {
      code: ["0x00"],
      storage: Object.fromEntries([0, 1, 255, 744, 745, 999, 8_190].map((slot) => [hex(slot), bytesToHex(bytes(32))])),
    });

  add(wallet(1).address, { nonce: hex(below(3)), balance: hex(10n ** 20n) });
  add(wallet(2).address, {
    nonce: hex(below(3)),
    balance: hex(10n ** 19n),
    ...(below(2) === 0 ? { code: [bytesToHex(designator(pick([...CONTRACTS, TO_CONTRACT, NOBODY])))] } : {}),
  });
  add(wallet(3).address, {
    nonce: hex(pick([0n, 0n, MAXIMUM_NONCE])),
    balance: hex(pick([0n, 10n ** 5n, 10n ** 14n, 10n ** 19n])),
  });
  if (below(2) === 0) add(wallet(WALLET_WITH_CODE).address, { balance: hex(10n ** 18n), code: ["0x5b00"] });

  for (const creator of CONTRACTS) {
    if (below(12) === 0) accounts[createAddress(creator, 1n)] = occupant(random);
    if (below(8) === 0) accounts[create2Address(creator, hash(below(3)), pick(INITCODES))] = occupant(random);
  }
  return accounts;
}

/** Calls contracts one after the other and keeps what comes of it, so that no failure of one hides what the next does. */
function driver({ below, pick }: Randomness): Uint8Array[] {
  const calls = Array.from({ length: 1 + below(5) }, (_, index) =>
    assemble(
      ...[64, 0, 32, 0, index % 2, BigInt(pick([...CONTRACTS, TO_CONTRACT])), pick([400_000, 30_000, 3_000])],
      ...["CALL", 100 + index, "SSTORE", "RETURNDATASIZE", 110 + index, "SSTORE", "GAS", 120 + index, "SSTORE"],
    ),
  );
  return [...calls, assemble(64, 0, "RETURN")];
}

/** Something that is in the way of a creation, or only looks so. */
function occupant({ pick }: Randomness): FuzzAccount {
  const nothing = { nonce: "0x0", balance: "0x0", code: [], storage: {} } as const;
  return pick<FuzzAccount>([
    { ...nothing, nonce: "0x1" },
    { ...nothing, code: ["0x00"] },
    { ...nothing, balance: "0x1", storage: { "0x1": "0x1" } },
    { ...nothing, balance: "0x9" },
  ]);
}

function randomStorage({ below, pick }: Randomness): Record<Hex, Hex> {
  const slots = Array.from({ length: below(6) }, () => below(6));
  return Object.fromEntries(slots.map((slot) => [hex(slot), hex(pick([1n, 1n, 2n, 2n ** 255n, 2n ** 64n + 1n]))]));
}

/** The nonce each wallet has if all goes as expected. */
type Nonces = Map<number, bigint>;

function randomTransaction(
  surroundings: Surroundings,
  size: CaseSize,
  block: FuzzBlock,
  nonces: Nonces,
  last: FuzzTransaction | undefined,
): FuzzTransaction {
  const { random, addresses } = surroundings;
  const { below, pick } = random;
  const type = pick([0, 1, 2, 2, 4, 4] as const);
  const from = below(8) === 0 ? pick(WALLETS) : pick(RICH_WALLETS);
  const isCreation = type !== 4 && below(6) === 0;
  const expected = nonces.get(from) ?? 0n;
  const isOdd = below(8) === 0;
  const after = new Map(nonces).set(from, expected + 1n);
  const authorizations = type === 4 ? randomAuthorizations(surroundings, after) : [];
  const baseFee = BigInt(block.baseFee);
  const maximum = baseFee + pick([0n, 0n, 1n, baseFee, 3n, 2n]);
  const fields: FuzzTransaction = {
    type,
    from,
    nonce: hex(expected),
    fees: [hex(pick([0n, 1n, baseFee, maximum])), hex(maximum)],
    gas: "0x100000",
    to: isCreation
      ? null
      : below(4) === 0
        ? pick(addresses)
        : pick([...CONTRACTS, DRIVER, DRIVER, TO_CONTRACT, wallet(2).address]),
    value: hex(pick([0n, 0n, 0n, 1n, 7n, below(10) === 0 ? 10n ** 19n : 2n])),
    data: isCreation ? initcodePieces(surroundings) : randomData(surroundings),
    accessList: type === 0 ? [] : randomAccessList(surroundings),
    authorizations,
    ...(last !== undefined && (type !== 4 || last.to !== null) && { to: last.to, data: last.data, value: last.value }),
  };
  const least = leastGas(fields, block);
  if (isOdd) return oddTransaction(random, fields, least, block);
  for (const [wallet, nonce] of after) nonces.set(wallet, nonce);
  return { ...fields, gas: hex(least + extraGas(random, size)) };
}

/** Something is wrong with it, most of the time. */
function oddTransaction(
  random: Randomness,
  fields: FuzzTransaction,
  least: bigint,
  { baseFee }: FuzzBlock,
): FuzzTransaction {
  const { below, pick } = random;
  const nonce = BigInt(fields.nonce);
  const [priority, maximum] = fields.fees;
  const transaction = { ...fields, gas: hex(least + 50_000n) };
  switch (below(8)) {
    case 0:
      return { ...transaction, nonce: hex(pick([nonce + 1n, nonce > 0n ? nonce - 1n : 5n, MAXIMUM_NONCE])) };
    case 1:
      return { ...transaction, fees: [hex(BigInt(maximum) + 1n), maximum] };
    case 2:
      return { ...transaction, fees: [priority === maximum ? "0x0" : priority, hex(BigInt(baseFee) - 1n)] };
    case 3:
      // As much gas as possible only where it is not used: millions of steps find no more than thousands.
      return { ...transaction, to: NOBODY, gas: hex(pick([2n ** 24n, 2n ** 24n + 1n, 2n ** 64n - 1n])) };
    case 4:
      return { ...transaction, gas: hex(pick([least - 1n, least - 300n, 20_999n])) };
    case 5:
      return { ...transaction, value: hex(pick([10n ** 20n, 2n ** 256n - 1n, 2n ** 128n])) };
    default:
      return { ...transaction, damage: randomDamage(random) };
  }
}

/** Gas a transaction needs to be valid. */
function leastGas(transaction: FuzzTransaction, { dataPrice, baseFee }: FuzzBlock): bigint {
  const { intrinsic, floor } = intrinsicGas({
    isCreation: transaction.to === null,
    data: hexToBytes(joined(transaction.data)),
    accessListAddresses: transaction.accessList.length,
    accessListSlots: transaction.accessList.reduce((sum, [, slots]) => sum + slots.length, 0),
    authorizations: transaction.authorizations.length,
  });
  const least = intrinsic > floor ? intrinsic : floor;
  if (dataPrice === "0x0") return least;
  // The gas limit is itself part of the data that is paid for: near enough.
  const tokens = calldataTokens(rawOf({ ...transaction, gas: hex(least) }));
  return least + dataGas(tokens, BigInt(dataPrice), BigInt(baseFee));
}

function extraGas({ below, pick }: Randomness, { gas }: CaseSize): bigint {
  const kind = below(10);
  if (kind === 0) return BigInt(pick([0, 0, 1, 2, 100]));
  if (kind === 1) return BigInt(below(5_000));
  if (kind < 5) return BigInt(below(50_000));
  return BigInt(below(gas));
}

function initcodePieces(surroundings: Surroundings): Hex[] {
  const { below } = surroundings.random;
  const padding = below(25) === 0 ? ([49_152, 49_153, 30_000][below(3)] ?? 0) : 0;
  if (below(3) > 0) return randomCode(surroundings, { pieces: 1 + below(6), depth: 1 }).map(bytesToHex);
  const initcode = randomInitcode(surroundings, 1);
  return [bytesToHex(concatBytes([initcode, new Uint8Array(Math.max(0, padding - initcode.length))]))];
}

function randomData(surroundings: Surroundings): Hex[] {
  const { random } = surroundings;
  const { below, bytes, pick } = random;
  const kind = below(12);
  if (kind < 4) return [];
  if (kind < 7) return [bytesToHex(bytes(below(100)))];
  if (kind < 8) return [bytesToHex(new Uint8Array(below(300)))];
  if (kind < 10) return [bytesToHex(precompileInput(surroundings)[1])];
  if (kind < 11 || below(6) > 0) return [bytesToHex(randomInitcode(surroundings, 0))];
  return [bytesToHex(new Uint8Array(pick([9_000, 40_000, 66_000])).fill(below(2)))];
}

function randomAccessList({ random, addresses }: Surroundings): FuzzTransaction["accessList"] {
  const { below, pick } = random;
  if (below(3) === 0) return [];
  return Array.from({ length: below(4) }, () => {
    const slots = Array.from({ length: below(4) }, (): Hash => hash(below(20) === 0 ? 2n ** 256n - 1n : below(6)));
    return [pick(below(2) === 0 ? CONTRACTS : addresses), slots] as const;
  });
}

/** Of a transaction after which, and after the authorizations, the wallets have the nonces that `nonces` then has. */
function randomAuthorizations({ random, addresses }: Surroundings, nonces: Nonces): FuzzAuthorization[] {
  const { below, pick } = random;
  const count = below(30) === 0 ? 0 : 1 + below(3);
  return Array.from({ length: count }, () => {
    const from = pick(WALLETS);
    const expected = nonces.get(from) ?? 0n;
    const nonce = below(6) === 0 ? pick([expected + 1n, 0n, MAXIMUM_NONCE]) : expected;
    const isForeign = below(8) === 0;
    const damage = below(10) === 0 ? pick(["high s", "other parity", "parity 2", "no r"] as const) : undefined;
    if (nonce === expected && !isForeign && damage === undefined && from !== WALLET_WITH_CODE)
      nonces.set(from, expected + 1n);
    const chainId = isForeign ? pick([1n, 2n ** 255n]) : pick([0n, BigInt(CHAIN_ID)]);
    const address = pick([pick(CONTRACTS), pick(addresses), repeated(0)]);
    return { from, chainId: hex(chainId), address, nonce: hex(nonce), ...(damage && { damage }) };
  });
}

function randomDamage({ below, pick }: Randomness): Damage {
  const kind = below(4);
  if (kind === 0) return { kind: "byte", position: below(400), value: below(256) };
  if (kind === 1) return { kind: "length", length: pick([64, 65, 100, 131_072, 131_073, below(300)]) };
  return { kind: "item", position: below(40), replacement: below(12), isSigned: below(4) > 0 };
}
