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
import type { TestDisk } from "../l1-transactions/memory-record-store.ts";
import { hashOf, scriptClaim, treeOf } from "./scripted-traces.ts";
import type { Divergence, ScriptedClaim } from "./scripted-traces.ts";
import { claimIdOf } from "../disputes/positions.ts";

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

/** What a claim stands on. */
export interface ParentClaim {
  readonly claimId: Hash;
  readonly batchCount: number;
}

/** A claim whose state is `stateAt(parent.batchCount + 1, name)`. */
export interface Proposal {
  readonly claim: ScriptedClaim;
  readonly name?: string;
  /** Default: genesis. */
  readonly parent?: ParentClaim;
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
  /** A claim on another than genesis; right unless it diverges. */
  claimAfter(parent: ParentClaim & { readonly stateHash: Hash }, divergence?: Divergence): ScriptedClaim;
  propose(key: Hex, claim: ScriptedClaim, name?: string, parent?: ParentClaim, bond?: bigint): Promise<Hash>;
  /** The call that proposes bound to the parent of L1's head. */
  proposalCall(proposal: Proposal): Promise<{ readonly to: Address; readonly data: Hex; readonly value: bigint }>;
  /** A challenger with the transaction manager of the key, or one of another process on this folder. */
  open(
    key: Hex,
    options: Pick<ChallengerOptions, "own"> & Partial<ChallengerOptions>,
    folder?: TestDisk,
  ): Promise<Player>;
  /** What transaction managers wait for to fill a gap of nonces, or to raise fees; L1's time stands still. */
  passWallClock(seconds: number): void;
  /** A batch more in the Inbox. */
  postBatch(payload?: Hex): Promise<void>;
  send(key: Hex, to: Address, data: Hex, value?: bigint): Promise<Hash>;
  /** Among the children of genesis unless another claim is named. */
  winner(parentId?: Hash): Promise<Hash>;
  /** As a child of genesis unless another claim is named. */
  claimIdOf(claim: ScriptedClaim, parentId?: Hash): Hash;
  /** Has the prover lead from one state to another. */
  script(before: Hash, after: Hash): Promise<void>;
  /** Has the prover take all the steps of a claim. */
  scriptSteps(claim: ScriptedClaim): Promise<void>;
  close(): Promise<void>;
}

/** @param batches how many the Inbox has at first */
export async function createDisputeFixture(
  chosen: Partial<DisputeParameters> = {},
  batches = 1,
): Promise<DisputeFixture> {
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
  let milliseconds = 0;

  async function managerOf(key: Hex, folder: TestDisk | undefined): Promise<TransactionManager> {
    const known = folder === undefined ? managers.get(key) : undefined;
    if (known !== undefined) return known;
    const manager = await createTransactionManager(
      {
        client: l1.client,
        chainId: 31337,
        privateKey: key,
        records: (folder ?? createTestDisk()).open(),
        abis: [challengeGameAbi, stateCommitmentChainAbi, inboxAbi],
        now: () => Date.now() + milliseconds,
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
  for (let index = 0; index < batches; index++) await postBatch();

  async function postBatch(payload: Hex = "0x"): Promise<void> {
    const messages = await l1.client.readContract({ address: inbox, abi: inboxAbi, functionName: "messageCount" });
    await send(
      OPERATOR_KEY,
      inbox,
      encodeFunctionData({ abi: inboxAbi, functionName: "postBatch", args: [messages, payload] }),
    );
  }

  const right = scriptClaim(parameters, genesisStateHash, stateHash(stateAt(1)));
  async function script(before: Hash, after: Hash): Promise<void> {
    await l1.rpc("hardhat_setStorageAt", PROVER, before, pad(after));
  }
  async function scriptSteps(claim: ScriptedClaim): Promise<void> {
    let { before } = claim;
    for (const unit of claim.units.keys()) {
      for (const after of claim.steps(unit)) {
        await script(before, after);
        before = after;
      }
    }
  }
  await scriptSteps(right);

  async function proposalCall({ claim, name = "right", parent }: Proposal) {
    const { claimId, batchCount } = parent ?? { claimId: genesisClaim, batchCount: 0 };
    const unitCount = 2 ** parameters.claimTraceHeight;
    const siblings = treeOf(claim.before, claim.units).proof(unitCount - 1, parameters.claimTraceHeight);
    const state = { ...stateAt(batchCount + 1, name), batchCount: BigInt(batchCount + 1), messageCount: 0n };
    const head = await l1.client.getBlock();
    const data = encodeFunctionData({
      abi: stateCommitmentChainAbi,
      functionName: "propose",
      args: [claimId, state, siblings, head.number - 1n, head.parentHash],
    });
    return { to: contracts.stateCommitmentChain, data, value: parameters.claimBond };
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
    claimAfter: ({ batchCount, stateHash: parentStateHash }, divergence) => {
      const name = divergence === undefined || divergence.rightEnd === true ? "right" : divergence.name;
      return scriptClaim(parameters, parentStateHash, stateHash(stateAt(batchCount + 1, name)), divergence);
    },
    async propose(key, claim, name = "right", parent, bond = parameters.claimBond) {
      await l1.mine();
      const { to, data } = await proposalCall({ claim, name, ...(parent === undefined ? {} : { parent }) });
      return send(key, to, data, bond);
    },
    proposalCall,
    async open(key, options, folder) {
      const transactions = await managerOf(key, folder);
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
    postBatch,
    passWallClock(seconds) {
      milliseconds += 1_000 * seconds;
    },
    winner: (parentId = genesisClaim) =>
      l1.client.readContract({
        address: contracts.challengeGame,
        abi: challengeGameAbi,
        functionName: "winner",
        args: [parentId],
      }),
    claimIdOf: ({ stateHash: claimed, traceRoot }, parentId = genesisClaim) =>
      claimIdOf({ parentId, stateHash: claimed, traceRoot }),
    script,
    scriptSteps,
    close: () => l1.close(),
  };
}
