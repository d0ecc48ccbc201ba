import type { Hash } from "../primitives/index.ts";
import type { RunningNode } from "../roles/index.ts";
import type { Block } from "../rollup/index.ts";
import type { L1Requests } from "./l1-requests.ts";
import type { RestartableRoles } from "./restartable-roles.ts";

/** Both layers as they were at a moment. Memory: the unsafe blocks, and what waits in the pool. */
interface Snapshot {
  readonly id: bigint;
  /** L1's name of its own snapshot. */
  readonly l1Snapshot: unknown;
  /** The safe block, which derivation gives again, and the blocks after it, which only this node had. */
  readonly safe: { readonly number: number; readonly hash: Hash };
  readonly unsafe: readonly Block[];
  /** What the roles had on disk, by namespace. */
  readonly records: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  readonly plannedTimestamp: number | undefined;
}

export interface Snapshots {
  take(): Promise<bigint>;
  /** False if there is no such snapshot (any more), on either layer. */
  revert(id: bigint): Promise<boolean>;
}

/**
 * What roles remember of L1 transactions and of the pool. It has to go back with L1: a role that knew of a transaction which L1
 * forgot would send it again. All other records follow L1's reorganisations by themselves.
 */
const ROLE_RECORDS = [
  "mempool",
  "batcher",
  "batcher/l1-transactions",
  "proposer",
  "proposer/l1-transactions",
  "challenger/l1-transactions",
] as const;

/** Attempts to read L1 right after it was taken back: a look that had begun before may end with what was there then. */
const READ_ATTEMPTS = 5;
const MAXIMUM_SNAPSHOTS = 1_000;

/**
 * Snapshots of both layers. L1 goes back by its own snapshot, which the node takes for a reorganisation, as it is one; then the
 * roles start anew on their records of that time, and the chain is cut after the last block of that time. So nothing is there
 * that could not have come from the reverted L1 and the sequencer's own blocks, and other nodes follow as they follow any
 * reorganisation.
 */
export function createSnapshots(node: RunningNode, roles: RestartableRoles, l1: L1Requests): Snapshots {
  const { chain, database } = node;
  const { store } = chain;
  let snapshots: Snapshot[] = [];
  let taken = 0n;

  function readRecords(): Snapshot["records"] {
    return new Map(
      ROLE_RECORDS.map((namespace) => [namespace, new Map(database.records(namespace).entries<unknown>(""))]),
    );
  }

  async function restoreRecords(records: Snapshot["records"]): Promise<void> {
    for (const [namespace, wanted] of records) {
      const store = database.records(namespace);
      const gone = [...store.entries<unknown>("")].flatMap(([key]) =>
        wanted.has(key) ? [] : [[key, undefined] as const],
      );
      await store.write([...gone, ...wanted]);
    }
  }

  function readUnsafe(): readonly Block[] {
    const { safe, latest } = store.getHeads();
    return Array.from({ length: latest - safe }, (_, offset) => {
      const block = store.getBlock(safe + 1 + offset);
      if (block === undefined) throw new Error(`corrupt database: block ${safe + 1 + offset} is missing`);
      return block;
    });
  }

  /** Makes the chain end with the last block of the snapshot, once L1 is as it was. */
  async function restoreChain({ safe, unsafe }: Snapshot): Promise<void> {
    await chain.exclusive(async (writer) => {
      // Derivation decides about what is safe; what L1 says otherwise now, it said then too.
      if (store.getBlockHash(safe.number) !== safe.hash) return;
      const differing = unsafe.findIndex(({ header, hash }) => store.getBlockHash(header.number) !== hash);
      const kept = differing < 0 ? unsafe.length : differing;
      await writer.rewindTo(safe.number + kept);
      for (const block of unsafe.slice(kept)) await writer.append(block);
    });
  }

  async function readL1(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await node.syncOnce();
        return;
      } catch (error) {
        if (attempt >= READ_ATTEMPTS) throw error;
      }
    }
  }

  return {
    take: () =>
      // No block is made meanwhile. What a role sends to L1 meanwhile is in L1's snapshot, as if the role had been killed then.
      chain.exclusive(async () => {
        const { safe } = store.getHeads();
        const hash = store.getBlockHash(safe);
        if (hash === undefined) throw new Error(`corrupt database: block ${safe} is missing`);
        const state = {
          safe: { number: safe, hash },
          unsafe: readUnsafe(),
          records: readRecords(),
          plannedTimestamp: roles.current().sequencer.plannedTimestamp,
        };
        const l1Snapshot = await l1.send("evm_snapshot", []);
        const id = ++taken;
        snapshots = [...snapshots.slice(1 - MAXIMUM_SNAPSHOTS), { id, l1Snapshot, ...state }];
        return id;
      }),
    async revert(id) {
      const snapshot = snapshots.find((candidate) => candidate.id === id);
      if (snapshot === undefined) return false;
      snapshots = snapshots.filter((candidate) => candidate.id < id);
      const { mode } = roles.current().sequencer;
      let { plannedTimestamp } = roles.current().sequencer;
      await roles.stop();
      try {
        if ((await l1.send("evm_revert", [snapshot.l1Snapshot])) !== true) return false;
        await readL1();
        await restoreChain(snapshot);
        await restoreRecords(snapshot.records);
        ({ plannedTimestamp } = snapshot);
        return true;
      } finally {
        await roles.start(({ sequencer }) => {
          sequencer.mode = mode;
          sequencer.plannedTimestamp = plannedTimestamp;
        });
      }
    },
  };
}
