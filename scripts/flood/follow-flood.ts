import { setImmediate as nextTurn } from "node:timers/promises";
import { openFollowedChain } from "../../benchmarks/worst-case/follower.ts";
import type { FollowedChain } from "../../benchmarks/worst-case/follower.ts";
import { contractAt, writeLargeState } from "../../benchmarks/worst-case/large-state.ts";
import { SENDER } from "../../benchmarks/worst-case/workloads.ts";
import { BLOB_SIZE } from "../../src/batch/index.ts";
import { DEPLOYMENT_PRESETS } from "../../src/deployment/index.ts";
import type { BlobSource } from "../../src/l1/index.ts";
import { blobVersionedHash, loadKzg } from "../../src/primitives/index.ts";
import type { Address, Kzg } from "../../src/primitives/index.ts";
import type { Flood } from "./floods.ts";
import type { PostingCosts } from "./posting-costs.ts";

/** What following one L1 block took. */
export interface FollowedBlock {
  readonly units: number;
  /** L1 gas, and blobs beside it. */
  readonly gas: number;
  readonly blobs: number;
  /** Of all threads of the process while it read the block, with its blobs, and while it derived from it. */
  readonly readSeconds: number;
  readonly deriveSeconds: number;
  /** Of the wall's clock, for both. */
  readonly wallSeconds: number;
  readonly l2Blocks: number;
  readonly l2Gas: number;
  /** Bytes by which the database grew. */
  readonly growth: number;
}

/** A node of the production preset's speed that follows floods, one after the other. */
export interface FloodedNode {
  /** Fills an L1 block with the flood and follows it. */
  follow(flood: Flood): Promise<FollowedBlock>;
  close(): Promise<void>;
}

export interface FloodedNodeOptions {
  readonly costs: PostingCosts;
  readonly codes: Readonly<Record<Address, Uint8Array>>;
  /** Accounts of the state that it begins with. */
  readonly accounts: number;
  /** Gas of an L1 block. */
  readonly gas: number;
}

const BALANCE = 10n ** 37n;

export async function openFloodedNode({ costs, codes, accounts, gas }: FloodedNodeOptions): Promise<FloodedNode> {
  const kzg = await loadKzg();
  // The first commitment takes seconds of preparation.
  await kzg.blobToCommitment(new Uint8Array(BLOB_SIZE));
  const chain = await openFollowedChain({
    balances: { [SENDER]: BALANCE },
    codes,
    gasPerSecond: DEPLOYMENT_PRESETS.production.gasPerSecond,
    wrapBlobs: (blobs) => verified(blobs, kzg),
    writeState: (database, root) =>
      writeLargeState({
        database,
        root,
        accounts,
        slots: 0,
        holder: { address: contractAt(0), code: new Uint8Array(1) },
        contracts: 0,
        codeOf: () => new Uint8Array(),
      }),
  });
  let run = 0;
  let nonce = 0;
  return {
    async follow(flood) {
      const block = await flood.post({ costs, gas, run: run++, messages: chain.l1.messages().length, nonce });
      chain.l1.mine(...block.actions);
      const before = { number: chain.latest().header.number, size: chain.size() };
      globalThis.gc?.();
      await nextTurn();
      const read = await measure(() => chain.read());
      const derive = await measure(() => chain.follow());
      const made = blocksAfter(chain, before.number);
      nonce += made.reduce((sum, { transactions }) => sum + transactions.filter(isSigned).length, 0);
      return {
        units: block.units,
        gas: block.gas,
        blobs: block.blobs,
        readSeconds: read.cpuSeconds,
        deriveSeconds: derive.cpuSeconds,
        wallSeconds: read.seconds + derive.seconds,
        l2Blocks: made.length,
        l2Gas: made.reduce((sum, { header }) => sum + Number(header.gasUsed), 0),
        growth: chain.size() - before.size,
      };
    },
    close: () => chain.close(),
  };
}

/** Checks each blob against its commitment, as a node does with those of a beacon API. */
function verified(blobs: BlobSource, kzg: Kzg): BlobSource {
  return {
    getBlobs: async (request) => {
      const found = await blobs.getBlobs(request);
      for (const blob of new Set(found)) await blobVersionedHash(kzg, blob);
      return found;
    },
  };
}

function blocksAfter(chain: FollowedChain, number: number) {
  const last = chain.latest().header.number;
  return Array.from({ length: last - number }, (_, index) => chain.block(number + 1 + index));
}

const isSigned = ({ kind }: { readonly kind: string }): boolean => kind === "signed";

async function measure(work: () => Promise<void>): Promise<{ readonly seconds: number; readonly cpuSeconds: number }> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1_000, cpuSeconds: (user + system) / 1e6 };
}
