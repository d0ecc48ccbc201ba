import { expect } from "chai";
import { concatHex, encodeDeployData } from "viem";
import {
  DEPLOYMENT_PRESETS,
  VERIFIERS,
  differencesOf,
  genesisStateHash,
  parametersOf,
  verifyRollup,
} from "../../src/deployment/index.ts";
import { immutableValues } from "../../src/deployment/l1-contracts.ts";
import type { L1ContractKey } from "../../src/deployment/index.ts";
import { createAddress } from "../../src/ethereum/index.ts";
import {
  challengeGameImmutables,
  inboxImmutables,
  inboxRuntimeCode,
  oneStepProverImmutables,
  rollupAbi,
  rollupBytecode,
} from "../../src/l1/index.ts";
import { ZERO_ADDRESS, ZERO_HASH, toAddress } from "../../src/primitives/index.ts";
import type { Address, Hex } from "../../src/primitives/index.ts";
import { OUTBOX_ADDRESS, claimId, genesisBlock, l1BridgesOf, loadPredeployCode } from "../../src/rollup/index.ts";
import type { RollupConfig } from "../../src/rollup/index.ts";
import { OPERATOR, deployToNetwork, genesisWith } from "./deployed-rollup.ts";
import type { DeployedRollup } from "./deployed-rollup.ts";

const OTHER: Address = "0x00000000000000000000000000000000000000a1";

/** Code with its last byte, which is of the compiler's version and never runs, replaced. */
function withChangedByte(code: Hex): Hex {
  return `${code.slice(0, -2)}${code.endsWith("00") ? "01" : "00"}` as Hex;
}

function withBytes(code: Hex, position: number, bytes: string): Hex {
  const at = 2 + 2 * position;
  return `${code.slice(0, at)}${bytes}${code.slice(at + bytes.length)}` as Hex;
}

const wordOf = (address: Address): string => address.slice(2).padStart(64, "0");

describe("verification of a rollup", () => {
  let rollup: DeployedRollup;
  before(async () => {
    rollup = await deployToNetwork();
  });

  /** What differs, with the configuration or without. */
  async function differences(of: Address | RollupConfig = rollup.config): Promise<readonly string[]> {
    return differencesOf((await verifyRollup(rollup.client, of)).subjects);
  }

  /** The names of what differs: contract or other subject, and what of it. */
  const named = (lines: readonly string[]): string[] => lines.map((line) => line.split(":")[0]!);

  /** What differs besides the bridges, which a Rollup that a test has created does not have. */
  const withoutBridges = (lines: readonly string[]): readonly string[] => {
    const isMissing = (line: string): boolean => /^L1\w+ code: .* is none$/.test(line);
    expect(lines.filter(isMissing)).to.have.length(4);
    return lines.filter((line) => !isMissing(line));
  };

  async function codeOf(key: L1ContractKey): Promise<Hex> {
    return (await rollup.client.getCode({ address: rollup.config.contracts[key] })) as Hex;
  }

  /** Runs with other code in place of a contract's. */
  async function withCode<T>(key: L1ContractKey, code: Hex, run: () => Promise<T>): Promise<T> {
    const address = rollup.config.contracts[key];
    const own = await codeOf(key);
    await rollup.connection.networkHelpers.setCode(address, code);
    try {
      return await run();
    } finally {
      await rollup.connection.networkHelpers.setCode(address, own);
    }
  }

  describe("of this build", () => {
    it("finds no difference, with the configuration or with the address alone", async () => {
      const { config, client } = rollup;
      const { subjects, l1ChainId, creation } = await verifyRollup(client, config);
      expect(differencesOf(subjects)).to.eql([]);
      expect(l1ChainId).to.equal(31337);
      expect((await client.getTransactionReceipt({ hash: creation as Hex })).contractAddress).to.equal(
        config.contracts.rollup,
      );
      expect(await differences(config.contracts.rollup)).to.eql([]);
    });

    it("has compared every contract, and every immutable in it", async () => {
      const { subjects } = await verifyRollup(rollup.client, rollup.config);
      const checked = new Map(subjects.map(({ subject, checks }) => [subject, checks.map(({ what }) => what)]));
      expect(checked.get("Rollup")).to.eql([
        ...["creation code", "code"],
        ...["INBOX", "STATE_COMMITMENT_CHAIN", "CHALLENGE_GAME", "PORTAL", "DEPLOYMENT_BLOCK", "_GENESIS_STATE_HASH"],
      ]);
      expect(checked.get("Inbox")).to.eql(["code", ...Object.keys(inboxImmutables)]);
      expect(checked.get("StateCommitmentChain")).to.eql([
        ...["genesis claim status", "genesis claim nextBatchCount", "genesis claim proposer", "code"],
        ...["INBOX", "CHALLENGE_GAME", "CHALLENGE_PERIOD", "CLAIM_BOND", "CLAIM_TRACE_HEIGHT", "GENESIS_CLAIM"],
      ]);
      expect(checked.get("ChallengeGame")).to.have.members(["code", ...Object.keys(challengeGameImmutables)]);
      expect(checked.get("OneStepProver")).to.have.members(["code", ...Object.keys(oneStepProverImmutables)]);
      for (const { name } of VERIFIERS) expect(checked.get(name), name).to.eql(["code"]);
      expect(checked.get("L1Messenger")).to.eql(["code", "INBOX", "PORTAL"]);
      for (const bridge of ["L1ERC20Bridge", "L1ERC721Bridge", "L1ERC1155Bridge"]) {
        expect(checked.get(bridge), bridge).to.eql(["code", "_MESSENGER"]);
      }
      expect(checked.get("Portal")).to.eql(["code", "INBOX", "STATE_COMMITMENT_CHAIN"]);
      expect([...checked.keys()]).to.include.members(["configuration", "genesis", "L1Context", "Outbox", "FeeVault"]);
    });

    it("still finds none once the rollup has been used", async () => {
      const { connection, config, client } = await deployToNetwork();
      const { networkHelpers, ethers } = connection;
      const [user] = await ethers.getSigners();
      await user!.sendTransaction({ to: config.contracts.inbox, value: 1n });
      await networkHelpers.mine(3);
      expect(differencesOf((await verifyRollup(client, config)).subjects)).to.eql([]);
    });
  });

  describe("finds", () => {
    for (const [key, name] of [
      ["rollup", "Rollup"],
      ["inbox", "Inbox"],
      ["stateCommitmentChain", "StateCommitmentChain"],
      ["challengeGame", "ChallengeGame"],
      ["portal", "Portal"],
      ["prover", "OneStepProver"],
    ] as const) {
      it(`one changed byte in the code of ${name}, and says which contract it is and both hashes`, async () => {
        const changed = withChangedByte(await codeOf(key));
        await withCode(key, changed, async () => {
          for (const target of [rollup.config, rollup.config.contracts.rollup]) {
            const found = await differences(target);
            expect(found).to.have.length(1);
            expect(found[0]).to.match(new RegExp(`^${name} code: expected 0x[0-9a-f]{64}, is 0x[0-9a-f]{64}$`));
          }
        });
      });
    }

    it("a contract that is gone", async () => {
      await withCode("portal", "0x", async () => {
        const [found] = await differences();
        expect(found).to.match(/^Portal code: expected 0x[0-9a-f]{64}, is none$/);
      });
    });

    it("an immutable that is another, in all places where it stands or in one of them", async () => {
      const places = inboxImmutables.OPERATOR;
      expect(places.length).to.be.greaterThan(1);
      const own = await codeOf("inbox");
      const everywhere = places.reduce((code, place) => withBytes(code, place, wordOf(OTHER)), own);
      await withCode("inbox", everywhere, async () => {
        expect(await differences()).to.eql([`Inbox OPERATOR: expected ${OPERATOR}, is ${OTHER}`]);
      });
      await withCode("inbox", withBytes(own, places[1] as number, wordOf(OTHER)), async () => {
        expect(await differences()).to.eql([`Inbox OPERATOR: expected ${OPERATOR}, is ${OPERATOR} and ${OTHER}`]);
      });
    });

    it("one changed byte in the code of any verifier, of those that this prover asks", async () => {
      const { client, connection, config } = rollup;
      const code = await codeOf("prover");
      for (const { name, immutable } of VERIFIERS) {
        const [word] = immutableValues(code, oneStepProverImmutables[immutable]);
        const address = toAddress(`0x${word!.slice(26)}`);
        const own = (await client.getCode({ address })) as Hex;
        await connection.networkHelpers.setCode(address, withChangedByte(own));
        for (const target of [config, config.contracts.rollup]) {
          expect(named(await differences(target))).to.eql([`${name} code`]);
        }
        await connection.networkHelpers.setCode(address, own);
      }
    });

    it("a prover that asks no contract, another, or two in the place of one verifier", async () => {
      const places = oneStepProverImmutables.INFLATE;
      const own = await codeOf("prover");
      const elsewhere = places.reduce((code, place) => withBytes(code, place, wordOf(OTHER)), own);
      await withCode("prover", elsewhere, async () => {
        const [found, ...others] = await differences();
        expect(found).to.match(/^InflateVerifier code: expected 0x[0-9a-f]{64}, is none$/);
        expect(others).to.eql([]);
      });
      const [block] = immutableValues(own, oneStepProverImmutables.BLOCK);
      const swapped = places.reduce((code, place) => withBytes(code, place, block!.slice(2)), own);
      await withCode("prover", swapped, async () => {
        expect(named(await differences())).to.eql(["InflateVerifier code"]);
      });
      const dirty = places.reduce((code, place) => withBytes(code, place, "ff"), own);
      await withCode("prover", dirty, async () => {
        expect(named(await differences())).to.eql(["OneStepProver INFLATE"]);
      });
    });

    it("traces too low for what can be posted, whatever the configuration says", async () => {
      const preset = { ...DEPLOYMENT_PRESETS.production, claimTraceHeight: 31, unitTraceHeight: 24 };
      const { prover } = rollup.config.contracts;
      const low = await deployToNetwork({ preset, prover }, undefined, rollup.connection);
      for (const target of [low.config, low.config.contracts.rollup]) {
        const { subjects } = await verifyRollup(low.client, target);
        expect(differencesOf(subjects)).to.eql([
          "traces height of a claim: expected 32, is 31",
          "traces height of a unit: expected 25, is 24",
        ]);
      }
    });

    for (const [parameter, ...immutables] of [
      ["forceInclusionDelay", "Inbox FORCE_INCLUSION_DELAY"],
      ["selfSequencingDelay", "Inbox SELF_SEQUENCING_DELAY"],
      ["contextInterval", "Inbox CONTEXT_INTERVAL"],
      ["depositGasCapacity", "Inbox DEPOSIT_GAS_CAPACITY"],
      ["depositGasPerSecond", "Inbox DEPOSIT_GAS_PER_SECOND"],
      ["challengePeriod", "StateCommitmentChain CHALLENGE_PERIOD", "ChallengeGame CHALLENGE_PERIOD"],
      ["minimumResponseTime", "ChallengeGame MINIMUM_RESPONSE_TIME"],
      ["claimBond", "StateCommitmentChain CLAIM_BOND", "ChallengeGame CLAIM_BOND"],
      ["unitBond", "ChallengeGame UNIT_BOND"],
      ["claimTraceHeight", "StateCommitmentChain CLAIM_TRACE_HEIGHT", "ChallengeGame CLAIM_TRACE_HEIGHT"],
      ["unitTraceHeight", "ChallengeGame UNIT_TRACE_HEIGHT"],
    ] as const) {
      it(`another ${parameter} in the configuration`, async () => {
        const { parameters } = rollup.config;
        const actual = parameters[parameter];
        const expected = typeof actual === "bigint" ? actual + 1n : actual + 1;
        const found = await differences({ ...rollup.config, parameters: { ...parameters, [parameter]: expected } });
        const [, ...others] = found;
        expect(others).to.eql(immutables.map((name) => `${name}: expected ${expected}, is ${actual}`));
        expect(named(found)).to.eql(["Rollup creation code", ...immutables]);
      });
    }

    it("another operator, start block, L1 or contract address in the configuration", async () => {
      const { config } = rollup;
      const { parameters, contracts } = config;
      const operator = await differences({ ...config, parameters: { ...parameters, operator: OTHER } });
      expect(named(operator)).to.eql(["Rollup creation code", "Inbox OPERATOR"]);
      expect(named(await differences({ ...config, l1StartBlock: 7 }))).to.eql(["Rollup DEPLOYMENT_BLOCK"]);
      expect(named(await differences({ ...config, l1ChainId: 1 }))).to.eql(["configuration l1ChainId"]);
      for (const key of ["inbox", "stateCommitmentChain", "challengeGame", "portal"] as const) {
        const elsewhere = await differences({ ...config, contracts: { ...contracts, [key]: OTHER } });
        expect(elsewhere).to.eql([`configuration contracts.${key}: expected ${OTHER}, is ${contracts[key]}`]);
      }
    });

    it("another genesis, whose state hash it computes itself", async () => {
      const genesis = { ...rollup.config.genesis, timestamp: 1_700_000_001 };
      const { hash } = genesisBlock(genesis);
      const found = await differences({ ...rollup.config, genesis, genesisHash: hash });
      expect(named(found)).to.eql([
        "Rollup creation code",
        "Rollup _GENESIS_STATE_HASH",
        "StateCommitmentChain GENESIS_CLAIM",
      ]);
      const own = genesisStateHash(rollup.config.genesisHash);
      expect(found[1]).to.contain(`expected ${genesisStateHash(hash)}, is ${own}`);
      expect(found[2]).to.contain(`is ${claimId(ZERO_HASH, own, ZERO_HASH)}`);
      const lying = await differences({ ...rollup.config, genesis });
      expect(named(lying)).to.include.members(["Rollup _GENESIS_STATE_HASH", "genesis block hash"]);
    });

    it("another chain id of L2, which is in the Inbox and in the genesis", async () => {
      const found = await differences({ ...rollup.config, genesis: { ...rollup.config.genesis, chainId: 43 } });
      expect(found).to.include("Inbox L2_CHAIN_ID: expected 43, is 42");
    });

    it("deposits that have more gas a second than the chain", async () => {
      const { config } = rollup;
      const { depositGasPerSecond } = config.parameters;
      const genesis = { ...config.genesis, gasPerSecond: depositGasPerSecond - 1n };
      const found = await differences({ ...config, genesis });
      expect(found).to.include(
        `genesis gas of deposits a second: expected at most ${depositGasPerSecond - 1n}, is ${depositGasPerSecond}`,
      );
    });

    it("a genesis with predeploys of another build, though L1 has its hash", async () => {
      const predeployCode = await loadPredeployCode();
      const other = { ...predeployCode, outbox: withChangedByte(predeployCode.outbox) };
      const { client, config } = await deployToNetwork({
        genesis: (l1Bridges) => genesisWith(l1Bridges, { predeployCode: other }),
      });
      const { subjects } = await verifyRollup(client, config);
      expect(named(differencesOf(subjects))).to.eql(["Outbox code"]);
      expect(subjects.find(({ subject }) => subject === "Outbox")?.address).to.equal(OUTBOX_ADDRESS);
    });

    it("wei and accounts in a genesis that nothing on L1 backs", async () => {
      const { client, config } = await deployToNetwork({
        genesis: (l1Bridges) => {
          const own = genesisWith(l1Bridges);
          const outbox = { ...own.alloc[OUTBOX_ADDRESS], balance: 7n };
          return { ...own, alloc: { ...own.alloc, [OTHER]: { balance: 5n }, [OUTBOX_ADDRESS]: outbox } };
        },
      });
      expect(differencesOf((await verifyRollup(client, config)).subjects)).to.eql([
        `genesis accounts besides the predeploys: expected none, is ${OTHER}`,
        "Outbox balance: expected 0, is 7",
      ]);
    });

    it("a messenger or a token bridge that is not this build's, or is not there", async () => {
      const { client, config, connection } = await deployToNetwork();
      const bridges = l1BridgesOf(config.genesis);
      const own = (await client.getCode({ address: bridges.erc20Bridge })) as Hex;
      await connection.networkHelpers.setCode(bridges.erc20Bridge, withChangedByte(own));
      await connection.networkHelpers.setCode(bridges.messenger, "0x");
      const { subjects } = await verifyRollup(client, config);
      expect(named(differencesOf(subjects))).to.eql(["L1Messenger code", "L1ERC20Bridge code"]);
    });

    it("a genesis whose predeploys believe another messenger", async () => {
      const { client, config } = await deployToNetwork({
        genesis: (l1Bridges) => genesisWith({ ...l1Bridges, messenger: OTHER }),
      });
      expect(named(differencesOf((await verifyRollup(client, config)).subjects))).to.eql(["L2Messenger storage"]);
    });

    it("another prover than the configuration's, and one that is not this build's", async () => {
      const game = await rollup.connection.ethers.deployContract("ScriptedAccount", [ZERO_ADDRESS, "0x"]);
      const prover = toAddress(await game.getAddress());
      const other = await deployer().created(await deployer().deploy(creationData({ prover })));
      const found = await differences(other);
      expect(named(withoutBridges(found))).to.eql(["OneStepProver code"]);
      const { config } = rollup;
      const contracts = { ...config.contracts, rollup: other };
      const l1StartBlock = Number(await rollup.client.getBlockNumber());
      expect(await differences({ ...config, contracts, l1StartBlock })).to.include(
        `ChallengeGame PROVER: expected ${config.contracts.prover}, is ${prover}`,
      );
    });

    // Code that is this build's can have been given any storage by a constructor that is not.
    it("a Rollup of this build's code that another constructor made, or that a contract created", async () => {
      const own = creationData({});
      const longer = await differences(await deployer().created(await deployer().deploy(concatHex([own, "0x00"]))));
      expect(named(withoutBridges(longer))).to.eql(["Rollup creation code"]);
      const factory = await deployer().created(await deployer().deploy(creatorOf(own)));
      const created = withoutBridges(await differences(createAddress(factory, 1n)));
      expect(created).to.have.length(1);
      expect(created[0]).to.match(
        /^Rollup creation code: expected 0x[0-9a-f]{64}, is none: no transaction of block \d+ creates it$/,
      );
    });
  });

  describe("refuses", () => {
    it("an address without a contract, and names it", async () => {
      const error = await verifyRollup(rollup.client, OTHER).then(() => "none", String);
      expect(error).to.contain(`expected a Rollup at ${OTHER}, there is no contract`);
    });

    it("a contract that does not answer as a Rollup, and says what code it has", async () => {
      const { portal } = rollup.config.contracts;
      const error = await verifyRollup(rollup.client, portal).then(() => "none", String);
      expect(error).to.match(
        /expected a Rollup at 0x[0-9a-f]{40}, of code 0x[0-9a-f]{64}, there is a contract of code 0x/,
      );
    });
  });

  /** Creation code of a Rollup, with the parameters of the one deployed. */
  function creationData(overrides: Partial<ReturnType<typeof parametersOf>>): Hex {
    const parameters = { ...parametersOf(rollup.config, rollup.config.contracts.prover), ...overrides };
    return encodeDeployData({ abi: rollupAbi, bytecode: rollupBytecode, args: [parameters] });
  }

  /** The first account, which creates contracts of any creation code. */
  function deployer() {
    return {
      deploy: async (data: Hex): Promise<Hex> => {
        const [account] = await rollup.connection.ethers.getSigners();
        return (await account!.sendTransaction({ data, gasLimit: 16_000_000n })).hash as Hex;
      },
      created: async (hash: Hex): Promise<Address> => {
        const { contractAddress } = await rollup.client.waitForTransactionReceipt({ hash });
        return toAddress(contractAddress as string);
      },
    };
  }

  /** Creation code that creates a contract of the creation code behind it, and becomes its address. */
  function creatorOf(creation: Hex): Hex {
    const size = ((creation.length - 2) / 2).toString(16).padStart(6, "0");
    // CODECOPY(0, 30, size); MSTORE(0, CREATE(0, 0, size)); RETURN(0, 32)
    const code: Hex = `0x62${size}601e5f3962${size}5f5ff05f5260205ff3`;
    return concatHex([`0x${code.slice(2).padEnd(60, "0")}`, creation]);
  }
});

describe("what is deployed", () => {
  const rejection = async (tamper: (method: string, answer: unknown) => unknown) =>
    deployToNetwork({}, tamper).then(() => "none", String);

  it("must have the code of this build, or the deployment fails and names the contract and both hashes", async () => {
    const error = await rejection((method, answer) =>
      method === "eth_getCode" && (answer as Hex).length === inboxRuntimeCode.length
        ? withChangedByte(answer as Hex)
        : answer,
    );
    expect(error).to.match(/the rollup deployed at 0x[0-9a-f]{40} is not what was to be deployed/);
    expect(error).to.match(/: Inbox code: expected 0x[0-9a-f]{64}, is 0x[0-9a-f]{64}$/);
  });

  it("must hold the genesis state hash of the configuration", async () => {
    // On a network of its own, where the Rollup has the same address each time.
    const own = genesisStateHash((await deployToNetwork()).config.genesisHash);
    const other: Hex = `0x${"ab".repeat(32)}`;
    const error = await rejection((method, answer) =>
      method === "eth_getCode" ? (answer as Hex).replace(own.slice(2), other.slice(2)) : answer,
    );
    expect(error).to.contain(`Rollup _GENESIS_STATE_HASH: expected ${own}, is ${other}`);
  });
});
