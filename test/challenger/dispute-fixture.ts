import { encodeDeployData, encodeFunctionData, numberToHex, pad } from "viem";
import {
  createTransactionManager,
  challengeGameAbi,
  inboxAbi,
  rollupAbi,
  rollupBytecode,
  stateCommitmentChainAbi,
} from "../../src/l1/index.ts";
import type { TransactionManager } from "../../src/l1/index.ts";
import { ZERO_HASH, toAddress } from "../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import type { ChainState } from "../../src/rollup/index.ts";
import { createChallenger } from "../../src/challenger/index.ts";
import type { Challenger, ChallengerOptions, DisputeContracts, DisputeParameters } from "../../src/challenger/index.ts";
import { addressOf, createL1Fixture, createTestInstruments, KEYS } from "../l1-transactions/l1-fixture.ts";
import type { L1Fixture } from "../l1-transactions/l1-fixture.ts";
import { createTestDisk } from "../l1-transactions/memory-record-store.ts";
import { hashOf, scriptClaim, treeOf } from "./scripted-traces.ts";
import type { Divergence, ScriptedClaim } from "./scripted-traces.ts";

const OPERATOR_KEY = KEYS[0]!;
const PROVER: Address = "0x00000000000000000000000000000000000000f0";
/** Gives for a state what its storage holds at that key: PUSH1 4, CALLDATALOAD, SLOAD, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN. */
const PROVER_CODE = "0x600435545f5260205ff3";

/** The claimed states: those of liars differ in the block. */
export function stateAt(batchCount: number, name = "right"): ChainState {
  return { blockHash: hashOf(`block ${batchCount} ${name}`), outboxRoot: ZERO_HASH, batchCount, messageCount: 0 };
}

export interface Player {
  readonly account: Address;
  readonly transactions: TransactionManager;
  readonly challenger: Challenger;
  /** A step, and what it sent is mined. Gives the kind of the step. */
  step(): Promise<string>;
  /** Steps until nothing is sent. Gives all that was done. */
  run(): Promise<string[]>;
}

/** The contracts of a rollup on an L1 in this process, whose machine does what a script says. */
export interface DisputeFixture {
  readonly l1: L1Fixture;
  readonly contracts: DisputeContracts;
  readonly parameters: DisputeParameters;
  readonly genesis: { readonly claimId: Hash; readonly stateHash: Hash };
  /** The right claim on genesis. */
  readonly right: ScriptedClaim;
  /** A wrong one. */
  wrong(divergence: Divergence): ScriptedClaim;
  propose(key: Hex, claim: ScriptedClaim, name?: string): Promise<void>;
  /** A challenger with a transaction manager that is the key's, or a new one with an empty folder. */
  open(
    key: Hex,
    options: Pick<ChallengerOptions, "own"> & Partial<ChallengerOptions>,
    folder?: { readonly isNew: boolean },
  ): Promise<Player>;
  send(key: Hex, to: Address, data: Hex, value?: bigint): Promise<Hash>;
  winner(): Promise<Hash>;
  /** Has the prover lead from one state to another. */
  script(before: Hash, after: Hash): Promise<void>;
  close(): Promise<void>;
}

export async function createDisputeFixture(chosen: Partial<DisputeParameters> = {}): Promise<DisputeFixture> {
  const l1 = await createL1Fixture();
  const parameters: DisputeParameters = {
    challengePeriod: 1_000,
    minimumResponseTime: 10,
    claimBond: 10n ** 18n,
    unitBond: 10n ** 17n,
    claimTraceHeight: 2,
    unitTraceHeight: 2,
    ...chosen,
  };
  await l1.rpc("hardhat_setCode", PROVER, PROVER_CODE);
  const genesisStateHash = stateHash(stateAt(0));
  const managers = new Map<Hex, TransactionManager>();

  async function managerOf(key: Hex): Promise<TransactionManager> {
    const known = managers.get(key);
    if (known !== undefined) return known;
    const manager = await createTransactionManager(
      {
        client: l1.client,
        chainId: 31337,
        privateKey: key,
        records: createTestDisk().open(),
        abis: [challengeGameAbi, stateCommitmentChainAbi, inboxAbi],
      },
      createTestInstruments(),
    );
    managers.set(key, manager);
    return manager;
  }

  async function send(key: Hex, to: Address | undefined, data: Hex, value = 0n): Promise<Hash> {
    const from = addressOf(key);
    const call = { from, data, value: numberToHex(value), gas: numberToHex(16_000_000) };
    return l1.rpc<Hash>("eth_sendTransaction", to === undefined ? call : { ...call, to });
  }

  const deployment = await send(
    OPERATOR_KEY,
    undefined,
    encodeDeployData({
      abi: rollupAbi,
      bytecode: rollupBytecode,
      args: [
        {
          l2ChainId: 42n,
          operator: addressOf(OPERATOR_KEY),
          forceInclusionDelay: 43_200n,
          selfSequencingDelay: 86_400n,
          contextInterval: 3_600n,
          depositGasCapacity: 60_000_000n,
          depositGasPerSecond: 1_250_000n,
          genesisStateHash,
          prover: PROVER,
          dispute: {
            ...parameters,
            challengePeriod: BigInt(parameters.challengePeriod),
            minimumResponseTime: BigInt(parameters.minimumResponseTime),
          },
        },
      ],
    }),
  );
  const receipt = await l1.client.getTransactionReceipt({ hash: deployment });
  const address = toAddress(receipt.contractAddress!);
  const read = async (functionName: "INBOX" | "STATE_COMMITMENT_CHAIN" | "CHALLENGE_GAME"): Promise<Address> =>
    toAddress(await l1.client.readContract({ address, abi: rollupAbi, functionName }));
  const inbox = await read("INBOX");
  const contracts = {
    stateCommitmentChain: await read("STATE_COMMITMENT_CHAIN"),
    challengeGame: await read("CHALLENGE_GAME"),
  };
  const genesisClaim = await l1.client.readContract({
    address: contracts.stateCommitmentChain,
    abi: stateCommitmentChainAbi,
    functionName: "GENESIS_CLAIM",
  });
  await postBatch();

  async function postBatch(): Promise<void> {
    const messages = await l1.client.readContract({ address: inbox, abi: inboxAbi, functionName: "messageCount" });
    await send(
      OPERATOR_KEY,
      inbox,
      encodeFunctionData({ abi: inboxAbi, functionName: "postBatch", args: [messages, "0x"] }),
    );
  }

  const right = scriptClaim(parameters, genesisStateHash, stateHash(stateAt(1)));
  async function script(before: Hash, after: Hash): Promise<void> {
    await l1.rpc("hardhat_setStorageAt", PROVER, before, pad(after));
  }
  let before = right.before;
  for (const unit of right.units.keys()) {
    for (const after of right.steps(unit)) {
      await script(before, after);
      before = after;
    }
  }

  return {
    l1,
    contracts,
    parameters,
    genesis: { claimId: genesisClaim, stateHash: genesisStateHash },
    right,
    wrong: (divergence) =>
      scriptClaim(
        parameters,
        genesisStateHash,
        stateHash(stateAt(1, divergence.rightEnd === true ? "right" : divergence.name)),
        divergence,
      ),
    async propose(key, claim, name = "right") {
      const unitCount = 2 ** parameters.claimTraceHeight;
      const tree = treeOf(claim.before, claim.units);
      await l1.mine();
      const head = await l1.client.getBlock();
      await send(
        key,
        contracts.stateCommitmentChain,
        encodeFunctionData({
          abi: stateCommitmentChainAbi,
          functionName: "propose",
          args: [
            genesisClaim,
            { ...stateAt(1, name), batchCount: 1n, messageCount: 0n },
            tree.proof(unitCount - 1, parameters.claimTraceHeight),
            head.number - 1n,
            head.parentHash,
          ],
        }),
        parameters.claimBond,
      );
    },
    async open(key, options, folder) {
      if (folder?.isNew === true) managers.delete(key);
      const transactions = await managerOf(key);
      const challenger = createChallenger(
        { client: l1.client, contracts, parameters, startBlock: Number(receipt.blockNumber), transactions, ...options },
        createTestInstruments(),
      );
      const step = async (): Promise<string> => {
        const { kind } = await challenger.step();
        await transactions.step();
        await l1.mine();
        return kind;
      };
      return {
        account: addressOf(key),
        transactions,
        challenger,
        step,
        async run() {
          const done: string[] = [];
          for (;;) {
            const outcome = await challenger.step();
            await transactions.step();
            await l1.mine();
            if (outcome.kind === "played") done.push(...outcome.actions);
            else if (outcome.kind !== "waiting-for-transaction") return done;
          }
        },
      };
    },
    send: (key, to, data, value) => send(key, to, data, value),
    winner: () =>
      l1.client.readContract({
        address: contracts.challengeGame,
        abi: challengeGameAbi,
        functionName: "winner",
        args: [genesisClaim],
      }),
    script,
    close: () => l1.close(),
  };
}
