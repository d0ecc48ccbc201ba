import { mkdtemp, mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { BLOCK_HASH_HISTORY_ADDRESS, MAX_CHAIN_ID } from "../../src/ethereum/index.ts";
import { ZERO_HASH, bytesToHex, hexToBytes, keccak256 } from "../../src/primitives/index.ts";
import {
  BLOCK_HASH_HISTORY_CODE,
  DETERMINISTIC_DEPLOYER_ADDRESS,
  DETERMINISTIC_DEPLOYER_CODE,
  FEE_VAULT_ADDRESS,
  L1_CONTEXT_ADDRESS,
  MINIMUM_BASE_FEE,
  OUTBOX_ADDRESS,
  createGenesis,
  genesisBlock,
  genesisSchema,
  headerHash,
  loadPredeployCode,
} from "../../src/rollup/index.ts";
import type { Genesis } from "../../src/rollup/index.ts";
import {
  CHAIN_ID,
  ETHER,
  GENESIS_TIMESTAMP,
  account,
  createTestChain,
  hash,
  sign,
  wallet,
} from "../execution/harness.ts";
import { IDLE_PREDEPLOYS, L1_BRIDGES } from "../predeploys.ts";

const predeployCode = { ...IDLE_PREDEPLOYS, l1Context: "0x01", outbox: "0x02", feeVault: "0x03" } as const;
const options = {
  chainId: CHAIN_ID,
  timestamp: GENESIS_TIMESTAMP,
  gasPerSecond: 5_000_000n,
  feeRecipient: account(1),
  l1Bridges: L1_BRIDGES,
  predeployCode,
};

describe("genesis", () => {
  it("has the code of Ethereum's block hash history and of the deterministic deployer", () => {
    expect(keccak256(hexToBytes(BLOCK_HASH_HISTORY_CODE))).to.equal(
      "0x6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d",
    );
    expect(keccak256(hexToBytes(DETERMINISTIC_DEPLOYER_CODE))).to.equal(
      "0x2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989",
    );
  });

  it("puts all predeploys into the state, and the fee recipient into slot 0 of the FeeVault", async () => {
    const chain = await createTestChain();
    const root = chain.latest().header.stateRoot;
    const code = await loadPredeployCode();
    for (const [address, expected] of [
      [L1_CONTEXT_ADDRESS, code.l1Context],
      [OUTBOX_ADDRESS, code.outbox],
      [FEE_VAULT_ADDRESS, code.feeVault],
      [BLOCK_HASH_HISTORY_ADDRESS, BLOCK_HASH_HISTORY_CODE],
      [DETERMINISTIC_DEPLOYER_ADDRESS, DETERMINISTIC_DEPLOYER_CODE],
    ] as const) {
      expect(bytesToHex(await chain.engine.getCode(root, address))).to.equal(expected);
    }
    expect(await chain.slot(FEE_VAULT_ADDRESS, 0n)).to.equal(BigInt(wallet(999).address));
  });

  it("is block 0 with the constants of the specification", () => {
    const { block } = { block: genesisBlock(createGenesis(options)) };
    expect(block.hash).to.equal(headerHash(block.header));
    expect([block.header.number, block.header.parentHash, block.header.timestamp]).to.eql([
      0,
      ZERO_HASH,
      GENESIS_TIMESTAMP,
    ]);
    expect([block.header.gasLimit, block.header.baseFeePerGas]).to.eql([60_000_000n, MINIMUM_BASE_FEE]);
    expect([block.header.outboxRoot, block.header.transactionsRoot, block.nextMessage]).to.eql([
      ZERO_HASH,
      ZERO_HASH,
      0,
    ]);
  });

  it("gives another block for another recipient, timestamp or balance", () => {
    const hashes = [
      options,
      { ...options, feeRecipient: account(2) },
      { ...options, timestamp: 1 },
      { ...options, balances: { [account(3)]: 1n } },
    ].map((each) => genesisBlock(createGenesis(each)).hash);
    expect(new Set(hashes).size).to.equal(4);
  });

  it("survives JSON", () => {
    const genesis = createGenesis({ ...options, balances: { [account(3)]: ETHER } });
    const json = JSON.stringify(genesis, (_key, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value,
    );
    expect(genesisBlock(genesisSchema.parse(JSON.parse(json)))).to.eql(genesisBlock(genesis));
  });

  it("is refused without a predeploy, with too much ETH or a speed that cannot be", () => {
    const genesis = createGenesis(options);
    const { [OUTBOX_ADDRESS]: outbox, ...rest } = genesis.alloc;
    expect(outbox).to.not.equal(undefined);
    expect(() => genesisBlock({ ...genesis, alloc: rest })).to.throw(RangeError, OUTBOX_ADDRESS);
    expect(() => genesisBlock(createGenesis({ ...options, balances: { [account(3)]: 2n ** 128n + 1n } }))).to.throw(
      RangeError,
      "wei in the genesis state",
    );
    for (const gasPerSecond of [0n, 1n, 2n ** 40n + 1n])
      expect(() => genesisBlock({ ...genesis, gasPerSecond })).to.throw(RangeError, `got ${gasPerSecond}`);
  });

  it("is refused with a code longer than a step on L1 can open, 24,576 bytes (EIP-170)", () => {
    const genesis = createGenesis(options);
    const withCode = (length: number) => ({
      ...genesis,
      alloc: { ...genesis.alloc, [account(3)]: { code: bytesToHex(new Uint8Array(length)) } },
    });
    expect(() => genesisBlock(withCode(24_577))).to.throw(RangeError, "got 24577");
    expect(genesisBlock(withCode(24_576)).header.number).to.equal(0);
  });

  it("is refused with a block too small for the largest deposit", () => {
    const genesis = createGenesis(options);
    expect(() => genesisBlock({ ...genesis, gasLimit: 2n ** 24n - 1n })).to.throw(RangeError, "got 16777215");
    expect(genesisBlock({ ...genesis, gasLimit: 2n ** 24n }).header.gasLimit).to.equal(2n ** 24n);
  });

  it("is refused with an empty account, or storage without code", () => {
    const genesis = createGenesis(options);
    const address = account(50);
    const allocated = (fields: Genesis["alloc"][typeof address]) => () =>
      genesisBlock({ ...genesis, alloc: { ...genesis.alloc, [address]: fields } });
    expect(allocated({})).to.throw(RangeError, `a balance at ${address}`);
    expect(allocated({ balance: 1n, storage: { [hash(1)]: hash(2) } })).to.throw(RangeError, "no storage without code");
    expect(allocated({ balance: 1n })().header.number).to.equal(0);
  });

  it("is refused for chain 0, whose signatures would be those of every chain", () => {
    expect(() => genesisBlock(createGenesis({ ...options, chainId: 0 }))).to.throw(RangeError, "chain id");
  });

  it("is refused for a chain whose v (EIP-155) is no exact number in JavaScript", () => {
    const refused = () => genesisBlock(createGenesis({ ...options, chainId: MAX_CHAIN_ID + 1 }));
    expect(refused).to.throw(RangeError, "from 1 to 4503599627370477, got 4503599627370478");
    expect(genesisBlock(createGenesis({ ...options, chainId: MAX_CHAIN_ID })).header.number).to.equal(0);
  });

  it("runs the deterministic deployer: same code and salt, same address as on every chain", async () => {
    const alice = wallet(1);
    const chain = await createTestChain({ balances: { [alice.address]: ETHER } });
    const initcode = "60016000f3";
    await chain.include(
      sign(alice, { to: DETERMINISTIC_DEPLOYER_ADDRESS, data: `${hash(7)}${initcode}`, gasLimit: 200_000n }),
    );
    const preimage = hexToBytes(
      `0xff${DETERMINISTIC_DEPLOYER_ADDRESS.slice(2)}${hash(7).slice(2)}${keccak256(hexToBytes(`0x${initcode}`)).slice(2)}`,
    );
    const created = `0x${keccak256(preimage).slice(26)}` as const;
    expect(await chain.engine.getCode(chain.latest().header.stateRoot, created)).to.have.length(1);
  });
});

describe("loading predeploy code", () => {
  it("says to build the contracts if there are no artifacts", async () => {
    const folder = await mkdtemp(join(tmpdir(), "onestep-"));
    const error = await loadPredeployCode(pathToFileURL(`${folder}/`)).catch((reason: Error) => reason.message);
    expect(error).to.match(/expected the compiled contract (L1Context|Outbox|FeeVault) at .*build the contracts first/);
  });

  it("refuses artifacts without code and contracts with immutables", async () => {
    const folder = await mkdtemp(join(tmpdir(), "onestep-"));
    const write = async (artifact: object) => {
      for (const name of [
        ...["L1Context", "Outbox", "FeeVault", "L2Messenger"],
        ...["L2ERC20Bridge", "L2ERC721Bridge", "L2ERC1155Bridge", "WrappedEther"],
      ]) {
        await mkdir(join(folder, `${name}.sol`), { recursive: true });
        await writeFile(join(folder, `${name}.sol`, `${name}.json`), JSON.stringify(artifact));
      }
      return loadPredeployCode(pathToFileURL(`${folder}/`)).catch((reason: Error) => reason.message);
    };
    expect(await write({ deployedBytecode: "0x" })).to.match(/expected runtime code/);
    expect(await write({ deployedBytecode: "0x00", immutableReferences: { 1: [] } })).to.match(/no immutables/);
    expect(await write({ deployedBytecode: "0x00", immutableReferences: {} })).to.eql(IDLE_PREDEPLOYS);
  });
});
